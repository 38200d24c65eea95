/*
 * ExportOrders: orders, tickets or money of a performance or an event, as a file for a spreadsheet.
 *
 * Orders are read page by page and leave as they come, so that a file of any length takes the
 * memory of a page; its rows are written away from the loop. Who may not see who bought gets the
 * same file without names, addresses and telephone numbers. Each export is an act.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "call/client.h"
#include "sale/order_number.h"
#include "store/acts.h"
#include "store/payments.h"
#include "svc/door/lobby.h"
#include "svc/door/sheet.h"

#define EXPORTS_MAX     4           /* at once */
#define EXPORT_PAGE     100         /* orders, or payments, that are looked at in one go */
#define EXPORT_ARENA    (16u << 20) /* of a page */
#define EXPORT_TEXT_MAX (4u << 20)  /* of a page's CSV */
#define EXPORT_CHUNK    (64u << 10) /* bytes of a message */
#define EXPORT_STEP_MS  10000
#define EXPORT_SEND_MS  60000 /* that a reader may take for a chunk */
#define DATES_MAX       1000  /* performances of an event */

static _Atomic uint32_t exports_now;

struct export
{
    struct call *call;
    struct door *door;
    struct sql_job job;
    Usher__V1__ExportKind kind;
    bool korean, personal;
    struct sheet_out sheet;
    uint32_t columns;
    const Usher__V1__Performance *performance; /* whose turn it is */
    int32_t offset_minutes;
    uint64_t sent;
    /* of a page */
    struct arena *arena;
    const Usher__V1__ListPerformanceOrdersResponse *page;
    struct contact *contacts; /* by the page's orders */
    struct scan_seat *inside;
    size_t inside_count;
    struct cell *cells;
    size_t row_count;
    FILE *file;
    char chunk[EXPORT_CHUNK];
    size_t chunk_len;
    int err; /* of what is done away from the loop */
};

    /* ---- columns ---- */

#define PERSONAL 3 /* the last columns of each kind but the money's */
struct columns {
    size_t count;
    const char *names[SHEET_COLUMNS_MAX][2];
};
static const struct columns kinds[] = {
    [USHER__V1__EXPORT_KIND__EXPORT_KIND_ORDERS] = {.count = 12,
                                                    .names = {{"Order", "예매번호"},
                                                              {"State", "상태"},
                                                              {"Event", "공연"},
                                                              {"Date", "공연 일시"},
                                                              {"Ordered", "예매 일시"},
                                                              {"Places", "매수"},
                                                              {"Total", "금액"},
                                                              {"Currency", "통화"},
                                                              {"Paid by", "결제 수단"},
                                                              {"Name", "이름"},
                                                              {"E-mail", "이메일"},
                                                              {"Telephone", "전화번호"}}},
    [USHER__V1__EXPORT_KIND__EXPORT_KIND_TICKETS] = {.count = 15,
                                                     .names = {{"Order", "예매번호"},
                                                               {"Event", "공연"},
                                                               {"Date", "공연 일시"},
                                                               {"Section", "구역"},
                                                               {"Row", "열"},
                                                               {"Seat", "번호"},
                                                               {"Grade", "등급"},
                                                               {"Type", "권종"},
                                                               {"Price", "가격"},
                                                               {"Currency", "통화"},
                                                               {"Inside", "입장"},
                                                               {"Passed on to", "양도받은 사람"},
                                                               {"Name", "이름"},
                                                               {"E-mail", "이메일"},
                                                               {"Telephone", "전화번호"}}},
    [USHER__V1__EXPORT_KIND__EXPORT_KIND_SETTLEMENT] =
        {.count = 13,
         .names = {{"Order", "예매번호"},
                   {"Event", "공연"},
                   {"Date", "공연 일시"},
                   {"Begun", "결제 일시"},
                   {"Paid by", "결제 수단"},
                   {"State", "상태"},
                   {"Currency", "통화"},
                   {"To pay", "결제 금액"},
                   {"Of it fees", "수수료"},
                   {"Received", "수납"},
                   {"Given back", "환불"},
                   {"Kept of refunds", "취소 수수료"},
                   {"On its way back", "환불 진행 중"}}},
};

static struct cell text(const char *said)
{
    return (struct cell){.kind = CELL_TEXT, .text = view_str(said ? said : "")};
}

static struct cell number(int64_t n)
{
    return (struct cell){.kind = CELL_NUMBER, .number = n};
}

static struct cell amount(const struct export *x, int64_t n)
{
    return (struct cell){
        .kind = CELL_AMOUNT, .number = n, .digits = x->performance->currency_digits};
}

static struct cell moment(const struct export *x, int64_t ms)
{
    return (struct cell){.kind = CELL_TIME, .number = ms, .offset_minutes = x->offset_minutes};
}

static struct cell word(const struct export *x, const char *en, const char *ko)
{
    return text(x->korean ? ko : en);
}

/* Takes the head of the file, whose texts are static. */
static int write_head(struct export *x)
{
    const struct columns *c = &kinds[x->kind];
    struct cell head[SHEET_COLUMNS_MAX];
    const bool money = x->kind == USHER__V1__EXPORT_KIND__EXPORT_KIND_SETTLEMENT;
    /* Whom a ticket was passed on to is a person too. */
    x->columns = (uint32_t)(c->count - (money || x->personal ? 0 : PERSONAL));
    for (size_t i = 0; i < x->columns; i++)
        head[i] = text(c->names[i][x->korean]);
    return sheet_row(&x->sheet, head, x->columns);
}

/* ---- rows ---- */

static struct cell *next_row(struct export *x)
{
    return &x->cells[x->row_count++ * SHEET_COLUMNS_MAX];
}

static struct cell paid_by(const struct export *x, uint32_t method)
{
    switch (method) {
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_CARD:
        return word(x, "card", "카드");
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_DEPOSIT:
        return word(x, "deposit", "무통장 입금");
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COMP:
        return word(x, "comp", "초대권");
    case USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED:
        return word(x, "collected", "현장 수납");
    default:
        return word(x, "box office", "현장");
    }
}

static void put_person(const struct export *x, const struct contact *contact, struct cell *cells)
{
    if (!x->personal)
        return;
    cells[0] = (struct cell){.kind = CELL_TEXT, .text = contact->name};
    cells[1] = (struct cell){.kind = CELL_TEXT, .text = contact->email};
    cells[2] = (struct cell){.kind = CELL_TEXT, .text = contact->phone};
}

static void put_order(struct export *x, const Usher__V1__Order *order,
                      const struct contact *contact)
{
    struct cell *row = next_row(x);
    const bool cancelled = order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED;
    row[0] = text(order->order_number);
    row[1] = cancelled ? word(x, "cancelled", "취소") : word(x, "confirmed", "확정");
    row[2] = text(order->event_name);
    row[3] = moment(x, order->starts_at_ms);
    row[4] = moment(x, order->placed_at_ms);
    row[5] = number((int64_t)order->n_tickets);
    row[6] = amount(x, order->total);
    row[7] = text(order->currency);
    row[8] = paid_by(x, order->payment_method);
    put_person(x, contact, row + 9);
}

static bool is_inside(const struct export *x, struct id order_id, uint32_t seat)
{
    for (size_t i = 0; i < x->inside_count; i++) {
        if (id_eq(x->inside[i].order_id, order_id) && x->inside[i].seat == seat)
            return true;
    }
    return false;
}

static void put_ticket(struct export *x, const Usher__V1__Order *order, struct id order_id,
                       const Usher__V1__Ticket *ticket, const struct contact *contact)
{
    struct cell *row = next_row(x);
    row[0] = text(order->order_number);
    row[1] = text(order->event_name);
    row[2] = moment(x, order->starts_at_ms);
    row[3] = text(ticket->section);
    row[4] = text(ticket->row);
    row[5] = text(ticket->number);
    row[6] = text(ticket->category_name);
    const Usher__V1__PriceType *type = ticket->price_type;
    row[7] = type ? word(x, type->english, type->korean) : text("");
    row[8] = amount(x, ticket->amount);
    row[9] = text(order->currency);
    row[10] = is_inside(x, order_id, ticket->seat) ? word(x, "yes", "예") : text("");
    row[11] = text(x->personal ? ticket->passed_to : ticket->passed_to[0] ? "…" : "");
    put_person(x, contact, row + 12);
}

/* Money of an order that no payment of ours is about. */
static void put_box_office(struct export *x, const Usher__V1__Order *order)
{
    struct cell *row = next_row(x);
    const bool cancelled = order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED;
    row[0] = text(order->order_number);
    row[1] = text(order->event_name);
    row[2] = moment(x, order->starts_at_ms);
    row[3] = moment(x, order->placed_at_ms);
    row[4] = paid_by(x, order->payment_method);
    row[5] = cancelled ? word(x, "cancelled", "취소") : word(x, "at the counter", "현장 수납");
    row[6] = text(order->currency);
    row[7] = amount(x, cancelled ? 0 : order->total);
    for (int i = 8; i < 13; i++)
        row[i] = text("");
}

static void put_payment(struct export *x, const struct payment *p, const char *number_of)
{
    struct cell *row = next_row(x);
    const struct payment_books *b = &p->books;
    row[0] = text(number_of);
    row[1] = text(x->performance->event_name);
    row[2] = moment(x, x->performance->starts_at_ms);
    row[3] = moment(x, p->created_at_ms);
    row[4] = (struct cell){.kind = CELL_TEXT, .text = p->provider};
    row[5] = text(payment_state_word(p->state));
    row[6] = (struct cell){.kind = CELL_TEXT, .text = p->currency};
    row[7] = amount(x, b->amount);
    row[8] = amount(x, p->fee);
    row[9] = amount(x, b->captured);
    row[10] = amount(x, b->refunded);
    row[11] = amount(x, b->kept);
    row[12] = amount(x, b->pending);
}

/* ---- leaving the house ---- */

static void write_rows(void *arg)
{
    struct export *x = arg;
    x->err = 0;
    for (size_t i = 0; x->err == 0 && i < x->row_count; i++)
        x->err = sheet_row(&x->sheet, x->cells + i * SHEET_COLUMNS_MAX, x->columns);
}

static void finish_book(void *arg)
{
    struct export *x = arg;
    x->err = sheet_finish(&x->sheet, &x->file);
}

static void read_chunk(void *arg)
{
    struct export *x = arg;
    x->chunk_len = fread(x->chunk, 1, sizeof(x->chunk), x->file);
    x->err = ferror(x->file) ? ERR_IO : 0;
}

/* Does a job of the export in the pool; what it left in err. */
static int away(struct export *x, void (*job)(void *arg))
{
    const int err = offload_run(x->door->options.offload, job, x);
    return err == 0 ? x->err : err;
}

static int send_piece(struct export *x, const char *bytes, size_t len, bool done)
{
    Usher__V1__ExportChunk chunk = USHER__V1__EXPORT_CHUNK__INIT;
    chunk.data = (ProtobufCBinaryData){.len = len, .data = (uint8_t *)bytes};
    chunk.done = done;
    chunk.rows = x->sent;
    return call_send(x->call, &chunk.base, deadline_after_ms(fiber_now_ns(), EXPORT_SEND_MS));
}

static int send_text(struct export *x)
{
    const struct view all = buf_view(&x->sheet.text);
    int err = 0;
    for (size_t at = 0; err == 0 && at < all.len; at += EXPORT_CHUNK)
        err = send_piece(x, all.at + at, all.len - at < EXPORT_CHUNK ? all.len - at : EXPORT_CHUNK,
                         false);
    buf_clear(&x->sheet.text);
    return err;
}

static int send_book(struct export *x)
{
    int err = away(x, finish_book);
    while (err == 0 && (err = away(x, read_chunk)) == 0 && x->chunk_len > 0)
        err = send_piece(x, x->chunk, x->chunk_len, false);
    if (x->file)
        fclose(x->file);
    return err;
}

static int flush_rows(struct export *x)
{
    int err = x->row_count > 0 ? away(x, write_rows) : 0;
    x->sent += err == 0 ? x->row_count : 0;
    x->row_count = 0;
    return err == 0 && !x->sheet.xlsx ? send_text(x) : err;
}

/* ---- pages of orders ---- */

static int read_orders(struct export *x, char *token)
{
    Usher__V1__ListPerformanceOrdersRequest request =
        USHER__V1__LIST_PERFORMANCE_ORDERS_REQUEST__INIT;
    struct client tickets;
    request.performance_id = x->performance->performance_id;
    request.page_size = EXPORT_PAGE;
    request.page_token = token;
    client_init(&tickets, x->door->options.tickets, &usher__v1__ticket_service__descriptor,
                x->arena);
    tickets.deadline_ns = deadline_after_ms(fiber_now_ns(), EXPORT_STEP_MS);
    return client_call(&tickets, Usher__V1__TicketService, list_performance_orders, &request,
                       &x->page);
}

static int run_contacts(struct sql_job *base, struct sql_txn *txn)
{
    struct export *x = list_of(base, struct export, job);
    int err = 0;
    for (size_t i = 0; err == 0 && i < x->page->n_orders; i++) {
        const Usher__V1__Order *order = x->page->orders[i];
        struct id order_id, account_id;
        x->contacts[i] = (struct contact){0};
        if (id_parse(view_str(order->order_id), &order_id) ||
            id_parse(view_str(order->account_id), &account_id))
            return ERR_CORRUPT;
        err = contact_read(txn, order_id, account_id, x->arena, &x->contacts[i]);
        err = err == ERR_NOT_FOUND ? 0 : err;
    }
    return err;
}

/* Who bought, and who is inside. */
static int read_people(struct export *x)
{
    struct sql *sql = x->door->options.sql;
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), EXPORT_STEP_MS);
    const size_t count = x->page->n_orders;
    struct id *ids = arena_alloc(x->arena, (count + 1) * sizeof(*ids));
    x->contacts = arena_alloc(x->arena, (count + 1) * sizeof(*x->contacts));
    if (!ids || !x->contacts)
        return ERR_NO_MEMORY;
    memset(x->contacts, 0, (count + 1) * sizeof(*x->contacts));
    for (size_t i = 0; i < count; i++) {
        if (id_parse(view_str(x->page->orders[i]->order_id), &ids[i]))
            return ERR_CORRUPT;
    }
    x->job = (struct sql_job){.run = run_contacts, .loose = true};
    int err = x->personal ? sql_read(sql, &x->job, deadline_ns) : 0;
    x->inside_count = 0;
    return err == 0 && x->kind == USHER__V1__EXPORT_KIND__EXPORT_KIND_TICKETS
               ? scan_inside(sql, ids, count, x->arena, &x->inside, &x->inside_count, deadline_ns)
               : err;
}

static int make_rows(struct export *x)
{
    size_t rows = 0;
    for (size_t i = 0; i < x->page->n_orders; i++)
        rows += 1 + x->page->orders[i]->n_tickets;
    x->cells = arena_alloc(x->arena, (rows + 1) * SHEET_COLUMNS_MAX * sizeof(*x->cells));
    if (!x->cells)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < x->page->n_orders; i++) {
        const Usher__V1__Order *order = x->page->orders[i];
        struct id order_id;
        int err = id_parse(view_str(order->order_id), &order_id);
        assert(err == 0);
        if (x->kind == USHER__V1__EXPORT_KIND__EXPORT_KIND_ORDERS)
            put_order(x, order, &x->contacts[i]);
        else if (x->kind == USHER__V1__EXPORT_KIND__EXPORT_KIND_SETTLEMENT &&
                 order->payment_method == USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE)
            put_box_office(x, order);
        for (size_t k = 0;
             x->kind == USHER__V1__EXPORT_KIND__EXPORT_KIND_TICKETS && k < order->n_tickets; k++)
            put_ticket(x, order, order_id, order->tickets[k], &x->contacts[i]);
    }
    return 0;
}

/* One page; *token goes on to the next, or is empty. */
static int export_page(struct export *x, char token[ID_TEXT_CHARS + 1])
{
    struct arena arena;
    arena_init(&arena, EXPORT_ARENA);
    x->arena = &arena;
    int err = read_orders(x, token);
    if (err == 0)
        err = read_people(x);
    if (err == 0)
        err = make_rows(x);
    if (err == 0)
        err = flush_rows(x);
    if (err == 0)
        snprintf(token, ID_TEXT_CHARS + 1, "%s", x->page->next_page_token);
    arena_release(&arena);
    return err;
}

static int export_orders(struct export *x)
{
    char token[ID_TEXT_CHARS + 1] = "";
    int err;
    do
        err = export_page(x, token);
    while (err == 0 && token[0]);
    return err;
}

/* ---- pages of payments ---- */

static int export_payments_page(struct export *x, struct id *after, bool *ret_more)
{
    struct arena arena;
    struct payment *payments;
    size_t count;
    arena_init(&arena, EXPORT_ARENA);
    x->arena = &arena;
    int err =
        payment_list(x->door->options.sql, x->performance->performance_id, 0, *after, EXPORT_PAGE,
                     &arena, &payments, &count, deadline_after_ms(fiber_now_ns(), EXPORT_STEP_MS));
    x->cells =
        err == 0 ? arena_alloc(&arena, (count + 1) * SHEET_COLUMNS_MAX * sizeof(*x->cells)) : NULL;
    if (err == 0 && !x->cells)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        char *number_of = arena_alloc(&arena, ORDER_NUMBER_CHARS + 1);
        if (!number_of) {
            err = ERR_NO_MEMORY;
            break;
        }
        order_number_write(id_is_zero(payments[i].order_id) ? payments[i].hold_id
                                                            : payments[i].order_id,
                           number_of);
        put_payment(x, &payments[i], number_of);
        *after = payments[i].payment_id;
    }
    if (err == 0)
        err = flush_rows(x);
    *ret_more = err == 0 && count == EXPORT_PAGE;
    arena_release(&arena);
    return err;
}

static int export_payments(struct export *x)
{
    struct id after = {0};
    bool more = true;
    int err = 0;
    while (err == 0 && more)
        err = export_payments_page(x, &after, &more);
    return err;
}

/* ---- the call ---- */

/* The performances that were asked for, in the call's arena. 0, or what a handler returns. */
static int find_dates(struct call *call, const Usher__V1__ExportOrdersRequest *wish,
                      const Usher__V1__Performance ***ret_dates, size_t *ret_count)
{
    const struct door *door = call_state(call);
    Usher__V1__ListEventsRequest request = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *answer;
    struct client tickets;
    size_t count = 0;
    client_init(&tickets, door->options.tickets, &usher__v1__ticket_service__descriptor,
                call_arena(call));
    tickets.deadline_ns = deadline_after_ms(fiber_now_ns(), EXPORT_STEP_MS);
    int err = client_call(&tickets, Usher__V1__TicketService, list_events, &request, &answer);
    const Usher__V1__Performance **dates =
        arena_alloc(call_arena(call), DATES_MAX * sizeof(*dates));
    if (err != 0 || !dates)
        return lobby_store_failed(call, err != 0 ? err : ERR_NO_MEMORY);
    for (size_t i = 0; i < answer->n_events; i++) {
        const Usher__V1__Event *event = answer->events[i];
        for (size_t k = 0; k < event->n_performances && count < DATES_MAX; k++) {
            if (event->event_id == wish->event_id ||
                event->performances[k]->performance_id == wish->performance_id)
                dates[count++] = event->performances[k];
        }
    }
    *ret_dates = dates;
    *ret_count = count;
    if (count == 0 || !identity_has_for(call_identity(call), dates[0]->organiser_id,
                                        ROLES_MANAGE | ROLE_BOX_OFFICE))
        return lobby_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "performance_id",
                          "the caller runs no such performance, and no such event");
    return 0;
}

static int check_wish(struct call *call, const Usher__V1__ExportOrdersRequest *wish)
{
    if (wish->kind < USHER__V1__EXPORT_KIND__EXPORT_KIND_ORDERS ||
        wish->kind > USHER__V1__EXPORT_KIND__EXPORT_KIND_SETTLEMENT)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "kind",
                          "ORDERS, TICKETS or SETTLEMENT");
    if (wish->format < USHER__V1__EXPORT_FORMAT__EXPORT_FORMAT_CSV ||
        wish->format > USHER__V1__EXPORT_FORMAT__EXPORT_FORMAT_XLSX)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "format", "CSV or XLSX");
    if (!wish->performance_id == !wish->event_id)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "performance_id",
                          "a performance or an event, one of both");
    return 0;
}

static int put_act(const struct export *x, const Usher__V1__ExportOrdersRequest *wish)
{
    static const char *const names[] = {"", "orders", "tickets", "settlement"};
    const char *about = arena_printf(call_arena(x->call), "%s of %s %" PRIu32 ", %s, %s",
                                     names[wish->kind], wish->event_id ? "event" : "performance",
                                     wish->event_id ? wish->event_id : wish->performance_id,
                                     x->sheet.xlsx ? "xlsx" : "csv",
                                     x->personal ? "with who bought" : "without who bought");
    const struct act act = {.at_ms = lobby_now_ms(),
                            .what = VIEW_LIT("orders.export"),
                            .account_id = call_identity(x->call)->account_id,
                            .address = call_metadata(x->call, VIEW_LIT("usher-address")),
                            .about = about ? view_str(about) : (struct view){0}};
    return act_put(x->door->options.sql, &act, call_deadline_ns(x->call));
}

static int export_all(struct export *x, const Usher__V1__Performance **dates, size_t count)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        x->performance = dates[i];
        x->offset_minutes = dates[i]->utc_offset_minutes;
        if (x->kind == USHER__V1__EXPORT_KIND__EXPORT_KIND_SETTLEMENT)
            err = export_payments(x);
        if (err == 0)
            err = export_orders(x);
    }
    if (err == 0 && x->sheet.xlsx)
        err = send_book(x);
    return err == 0 ? send_piece(x, NULL, 0, true) : err;
}

static int run_export(struct call *call, const Usher__V1__ExportOrdersRequest *wish,
                      const Usher__V1__Performance **dates, size_t count)
{
    static const char *const titles[] = {"", "Orders", "Tickets", "Settlement"};
    assert(dates && count > 0);
    struct export *x = calloc(1, sizeof(*x));
    if (!x)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    *x = (struct export){
        .call = call,
        .door = call_state(call),
        .kind = wish->kind,
        .korean = strcmp(wish->language, "ko") == 0,
        .personal = identity_has_for(call_identity(call), dates[0]->organiser_id, ROLES_MANAGE),
    };
    int err = sheet_open(wish->format == USHER__V1__EXPORT_FORMAT__EXPORT_FORMAT_XLSX,
                         EXPORT_TEXT_MAX, titles[wish->kind], &x->sheet);
    if (err == 0)
        err = put_act(x, wish);
    if (err == 0)
        err = write_head(x);
    if (err == 0)
        err = export_all(x, dates, count);
    sheet_release_out(&x->sheet);
    free(x);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

CALL_HANDLER(door_export_orders)
{
    const Usher__V1__ExportOrdersRequest *wish = request;
    const Usher__V1__Performance **dates = NULL;
    size_t count = 0;
    int err = check_wish(call, wish);
    if (err == 0)
        err = find_dates(call, wish, &dates, &count);
    if (err != 0)
        return err;
    if (atomic_fetch_add(&exports_now, 1) >= EXPORTS_MAX)
        err = call_refuse(call, CODE_RESOURCE_EXHAUSTED, 1000, "TOO_MANY_REQUESTS", NULL,
                          "%d exports are under way already: try again in a moment", EXPORTS_MAX);
    else
        err = run_export(call, wish, dates, count);
    atomic_fetch_sub(&exports_now, 1);
    return err;
}
