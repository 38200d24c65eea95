/*
 * Seats are rows that are there from the beginning. A hold and an order each take the seat's lock,
 * read its row FOR UPDATE, change it, and commit; the order has a row of its own, and a unique key
 * for its seat. A hold's id tells its seat, so that nothing has to be asked to know what to lock.
 * Of accounts there is nothing: a token is an id.
 *
 *     FREE (or held, and its time is over) ──HoldSeats──▶ HELD ──PlaceOrder──▶ SOLD
 */
#include "bench/peers/seed.h"

#include <stdio.h>

#include "bench/peers/seat_lock.h"
#include "chance/chance.h"
#include "db/mariadb.h"
#include "db/sql.h"
#include "db/url.h"
#include "err/err.h"
#include "mem/buf.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define HOLD_MS    480000
#define PRICE      1000
#define SEAT_BITS  32
#define ROWS_ONCE  1000
#define TEXT_MAX   (1u << 20)
#define LAYOUT     "seed"
#define ANSWER_MS  1000 /* of a call's time is left when the lock is given up */
#define STATE_FREE 0
#define STATE_HELD 1
#define STATE_SOLD 2

struct seed {
    struct sql *sql;
    struct seat_locks *locks;
    uint32_t places;
};

/* ---- transactions ---- */

struct row {
    int64_t state, expires_at_ms;
    struct id hold_id, account_id;
};

struct deal {
    struct sql_job job;
    struct id account_id, hold_id;
    uint32_t seat;
    int64_t now_ms;
};

static int read_row(struct sql_txn *txn, uint32_t seat, struct row *ret_row)
{
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT state, expires_at_ms, hold_id, account_id FROM seats WHERE "
                        "performance_id = 1 AND seat = ? FOR UPDATE",
                        SQL(sql_int(seat)), &rows);
    if (err)
        return err;
    err = sql_next(rows);
    if (err != 1)
        return err ? err : ERR_NOT_FOUND;
    *ret_row = (struct row){.state = sql_get_int(rows, 0), .expires_at_ms = sql_get_int(rows, 1)};
    err = ret_row->state == STATE_FREE ? 0 : sql_get_id(rows, 2, &ret_row->hold_id);
    if (err == 0 && ret_row->state != STATE_FREE)
        err = sql_get_id(rows, 3, &ret_row->account_id);
    sql_done(rows);
    return err;
}

static int run_hold(struct sql_job *job, struct sql_txn *txn)
{
    const struct deal *deal = (struct deal *)job;
    struct row row;
    int err = read_row(txn, deal->seat, &row);
    if (err == 0 &&
        (row.state == STATE_SOLD || (row.state == STATE_HELD && row.expires_at_ms > deal->now_ms)))
        err = ERR_EXISTS;
    if (err)
        return err;
    return sql_run(txn,
                   "UPDATE seats SET state = 1, account_id = ?, hold_id = ?, expires_at_ms = ? "
                   "WHERE performance_id = 1 AND seat = ?",
                   SQL(sql_id(deal->account_id), sql_id(deal->hold_id),
                       sql_int(deal->now_ms + HOLD_MS), sql_int(deal->seat)),
                   NULL);
}

static int run_order(struct sql_job *job, struct sql_txn *txn)
{
    const struct deal *deal = (struct deal *)job;
    struct row row;
    int err = read_row(txn, deal->seat, &row);
    if (err)
        return err;
    if (row.state != STATE_HELD || row.expires_at_ms <= deal->now_ms ||
        !id_eq(row.hold_id, deal->hold_id) || !id_eq(row.account_id, deal->account_id))
        return ERR_NOT_FOUND;
    err = sql_run(txn, "UPDATE seats SET state = 2 WHERE performance_id = 1 AND seat = ?",
                  SQL(sql_int(deal->seat)), NULL);
    if (err)
        return err;
    return sql_run(txn,
                   "INSERT INTO orders (order_id, account_id, performance_id, seat, placed_at_ms, "
                   "total) VALUES (?, ?, 1, ?, ?, ?)",
                   SQL(sql_id(deal->hold_id), sql_id(deal->account_id), sql_int(deal->seat),
                       sql_int(deal->now_ms), sql_int(PRICE)),
                   NULL);
}

/* Under the seat's lock. */
static int make_deal(struct call *call, struct deal *deal)
{
    struct seed *seed = call_state(call);
    const struct id token = chance_id(chance_system());
    const int64_t deadline_ns = call_deadline_ns(call);
    int err = seat_lock(seed->locks, deal->seat, token, deadline_ns - ANSWER_MS * NS_PER_MS);
    if (err)
        return err;
    deal->now_ms = clock_wall_ms(clock_system());
    deal->account_id = call_identity(call)->account_id;
    err = sql_write(seed->sql, &deal->job, deadline_ns);
    const int unlocked = seat_unlock(seed->locks, deal->seat, token, deadline_ns);
    return err ? err : unlocked;
}

/* ---- what can be asked ---- */

static char *text_of(struct call *call, struct id id)
{
    char *text = arena_alloc(call_arena(call), ID_TEXT_CHARS + 1);
    if (text)
        id_format(id, text);
    return text;
}

static int create_guest(struct call *call, const void *request, void *response)
{
    Usher__V1__CreateGuestResponse *guest = response;
    guest->account_id = guest->token = text_of(call, chance_id(chance_system()));
    return guest->token ? 0 : ERR_NO_MEMORY;
}

static int refuse_taken(struct call *call, uint32_t seat)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = "SEATS_TAKEN";
    detail.seats = &seat;
    detail.n_seats = 1;
    return call_fail(call, CODE_ABORTED, &detail, "the seat is taken");
}

static int hold_seats(struct call *call, const void *request, void *response)
{
    const Usher__V1__HoldSeatsRequest *wish = request;
    const struct seed *seed = call_state(call);
    Usher__V1__Hold *hold = response;
    if (wish->performance_id != 1 || wish->n_seats != 1 || wish->seats[0] >= seed->places)
        return call_fail(call, CODE_INVALID_ARGUMENT, NULL, "one seat of performance 1");
    struct deal deal = {
        .job.run = run_hold, .hold_id = chance_id(chance_system()), .seat = wish->seats[0]};
    deal.hold_id.lo = deal.hold_id.lo << SEAT_BITS | deal.seat;
    const int err = make_deal(call, &deal);
    if (err)
        return err == ERR_EXISTS ? refuse_taken(call, deal.seat) : err;
    Usher__V1__HeldSeat *seat = arena_alloc(call_arena(call), sizeof(*seat));
    hold->seats = arena_alloc(call_arena(call), sizeof(*hold->seats));
    hold->hold_id = text_of(call, deal.hold_id);
    if (!seat || !hold->seats || !hold->hold_id)
        return ERR_NO_MEMORY;
    usher__v1__held_seat__init(seat);
    seat->seat = deal.seat;
    seat->label = arena_printf(call_arena(call), "Seat %u", deal.seat + 1);
    seat->amount = hold->total = PRICE;
    hold->seats[0] = seat;
    hold->n_seats = 1;
    hold->performance_id = 1;
    hold->expires_at_ms = deal.now_ms + HOLD_MS;
    hold->expires_in_ms = HOLD_MS;
    hold->currency = "KRW";
    return 0;
}

static int fill_order(struct call *call, struct id order_id, int64_t placed_at_ms,
                      Usher__V1__Order *ret_order)
{
    Usher__V1__Ticket *ticket = arena_alloc(call_arena(call), sizeof(*ticket));
    ret_order->tickets = arena_alloc(call_arena(call), sizeof(*ret_order->tickets));
    ret_order->order_id = text_of(call, order_id);
    ret_order->account_id = text_of(call, call_identity(call)->account_id);
    if (!ticket || !ret_order->tickets || !ret_order->order_id || !ret_order->account_id)
        return ERR_NO_MEMORY;
    usher__v1__ticket__init(ticket);
    ticket->seat = (uint32_t)order_id.lo;
    ticket->label = arena_printf(call_arena(call), "Seat %u", ticket->seat + 1);
    ticket->amount = ret_order->total = PRICE;
    ret_order->tickets[0] = ticket;
    ret_order->n_tickets = 1;
    ret_order->performance_id = 1;
    ret_order->state = USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED;
    ret_order->payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE;
    ret_order->placed_at_ms = placed_at_ms;
    ret_order->currency = "KRW";
    return 0;
}

static int place_order(struct call *call, const void *request, void *response)
{
    const Usher__V1__PlaceOrderRequest *wish = request;
    const struct seed *seed = call_state(call);
    struct deal deal = {.job.run = run_order};
    if (id_parse(view_str(wish->hold_id), &deal.hold_id) ||
        (uint32_t)deal.hold_id.lo >= seed->places)
        return ERR_NOT_FOUND;
    deal.seat = (uint32_t)deal.hold_id.lo;
    const int err = make_deal(call, &deal);
    return err ? err : fill_order(call, deal.hold_id, deal.now_ms, response);
}

struct question {
    struct sql_job job;
    struct id order_id, account_id;
    int64_t placed_at_ms;
};

static int read_order(struct sql_job *job, struct sql_txn *txn)
{
    struct question *question = (struct question *)job;
    return sql_ask_int(txn, "SELECT placed_at_ms FROM orders WHERE order_id = ? AND account_id = ?",
                       SQL(sql_id(question->order_id), sql_id(question->account_id)),
                       &question->placed_at_ms);
}

static int get_order(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetOrderRequest *wish = request;
    const struct seed *seed = call_state(call);
    struct question question = {.job = {.run = read_order, .loose = true},
                                .account_id = call_identity(call)->account_id};
    int err = id_parse(view_str(wish->order_id), &question.order_id);
    err = err ? err : sql_read(seed->sql, &question.job, call_deadline_ns(call));
    return err ? err : fill_order(call, question.order_id, question.placed_at_ms, response);
}

/* ---- the hall, as the stampede asks for it: one section ---- */

static int count_sold(struct sql_job *job, struct sql_txn *txn)
{
    return sql_ask_int(txn, "SELECT count(*) FROM orders", SQL_NONE,
                       &((struct question *)job)->placed_at_ms);
}

static int get_performance(struct call *call, const void *request, void *response)
{
    const struct seed *seed = call_state(call);
    Usher__V1__Performance *performance = response;
    struct question question = {.job = {.run = count_sold, .loose = true}};
    int err = sql_read(seed->sql, &question.job, call_deadline_ns(call));
    if (err)
        return err;
    Usher__V1__Hall *hall = arena_alloc(call_arena(call), sizeof(*hall));
    Usher__V1__Counts *counts = arena_alloc(call_arena(call), sizeof(*counts));
    if (!hall || !counts)
        return ERR_NO_MEMORY;
    usher__v1__hall__init(hall);
    usher__v1__counts__init(counts);
    hall->name = performance->event_name = "The seed's way";
    hall->layout_hash = LAYOUT;
    hall->place_count = seed->places;
    counts->sold = (uint32_t)question.placed_at_ms;
    counts->free = seed->places - counts->sold;
    performance->performance_id = 1;
    performance->sale_state = USHER__V1__SALE_STATE__SALE_STATE_OPEN;
    performance->hall = hall;
    performance->counts = counts;
    return 0;
}

static int get_seat_map(struct call *call, const void *request, void *response)
{
    const struct seed *seed = call_state(call);
    Usher__V1__SeatMap *map = response;
    Usher__V1__Section *section = arena_alloc(call_arena(call), sizeof(*section));
    map->sections = arena_alloc(call_arena(call), sizeof(*map->sections));
    if (!section || !map->sections)
        return ERR_NO_MEMORY;
    usher__v1__section__init(section);
    section->kind = USHER__V1__SECTION_KIND__SECTION_KIND_SEATED;
    section->place_count = map->place_count = seed->places;
    map->sections[0] = section;
    map->n_sections = 1;
    return 0;
}

/* One snapshot of an empty hall: whoever asks has just begun. */
static int watch_seats(struct call *call, const void *request, void *response)
{
    const struct seed *seed = call_state(call);
    Usher__V1__SeatsUpdate update = USHER__V1__SEATS_UPDATE__INIT;
    Usher__V1__SeatsSnapshot snapshot = USHER__V1__SEATS_SNAPSHOT__INIT;
    const size_t bytes = (seed->places + 3) / 4;
    snapshot.place_count = seed->places;
    snapshot.states = (ProtobufCBinaryData){bytes, arena_alloc(call_arena(call), bytes)};
    if (!snapshot.states.data)
        return ERR_NO_MEMORY;
    memset(snapshot.states.data, 0x55 * USHER__V1__SEAT_STATE__SEAT_STATE_FREE, bytes);
    update.body_case = USHER__V1__SEATS_UPDATE__BODY_SNAPSHOT;
    update.snapshot = &snapshot;
    return call_send(call, &update.base, call_deadline_ns(call));
}

/* ---- opening ---- */

static const struct sql_step steps[] = {
    {"seats and orders",
     "CREATE TABLE seats (performance_id INT UNSIGNED NOT NULL, seat INT UNSIGNED NOT NULL,"
     " state TINYINT NOT NULL, account_id BINARY(16), hold_id BINARY(16),"
     " expires_at_ms BIGINT NOT NULL, PRIMARY KEY (performance_id, seat));"
     "CREATE TABLE orders (order_id BINARY(16) PRIMARY KEY, account_id BINARY(16) NOT NULL,"
     " performance_id INT UNSIGNED NOT NULL, seat INT UNSIGNED NOT NULL,"
     " placed_at_ms BIGINT NOT NULL, total BIGINT NOT NULL, UNIQUE (performance_id, seat))"},
};

static int fill_seats(struct mariadb *db, uint32_t places)
{
    struct mariadb_conn *conn;
    struct buf text;
    int err = mariadb_take(db, DEADLINE_NEVER, &conn);
    if (err)
        return err;
    buf_init(&text, TEXT_MAX);
    for (uint32_t seat = 0; err == 0 && seat < places; seat++) {
        const bool last = seat + 1 == places || (seat + 1) % ROWS_ONCE == 0;
        if (text.len == 0)
            err = buf_printf(&text, "INSERT INTO seats VALUES ");
        err = err ? err : buf_printf(&text, "(1,%u,0,NULL,NULL,0)%s", seat, last ? "" : ",");
        if (err == 0 && last) {
            err = mariadb_exec(conn, buf_view(&text), NULL);
            buf_consume(&text, text.len);
        }
    }
    buf_release(&text);
    mariadb_give(conn);
    return err;
}

static int open_seed(void *arg, struct worker *const *workers, uint32_t worker_count,
                     void **ret_state)
{
    static struct seed seed;
    const struct seed_wish *wish = arg;
    char why[URL_WHY_MAX];
    struct mariadb *db;
    struct redis *redis;
    seed.places = wish->places;
    int err = mariadb_new(wish->store, why, &db);
    err = err ? err : sql_over_mariadb(db, &seed.sql);
    err = err ? err : sql_migrate(seed.sql, "seed", steps, 1, false, 1);
    err = err ? err : fill_seats(db, wish->places);
    err = err ? err : redis_new(wish->coord, workers[0], why, &redis);
    err = err ? err : seat_locks_new(redis, wish->coord, workers[0], wish->places, &seed.locks);
    *ret_state = &seed;
    return err;
}

int seed_start(const struct seed_wish *wish, struct front *ret_front)
{
    static const struct method accounts[] = {{.name = "CreateGuest", .handle = create_guest}};
    static const struct method tickets[] = {
        {.name = "HoldSeats", .any_of = FRONT_BUYER, .handle = hold_seats},
        {.name = "PlaceOrder", .any_of = FRONT_BUYER, .handle = place_order},
        {.name = "GetOrder", .any_of = FRONT_BUYER, .safe = true, .handle = get_order},
        {.name = "GetPerformance", .safe = true, .handle = get_performance},
        {.name = "GetSeatMap", .safe = true, .handle = get_seat_map},
        {.name = "WatchSeats", .kind = METHOD_SERVER_STREAM, .handle = watch_seats},
    };
    const struct front_wish front = {
        .services = {{&usher__v1__auth_service__descriptor, accounts, 1},
                     {&usher__v1__ticket_service__descriptor, tickets,
                      sizeof(tickets) / sizeof(tickets[0])}},
        .service_count = 2,
        .open = open_seed,
        .open_wish = (void *)wish,
    };
    return front_start(&front, ret_front);
}
