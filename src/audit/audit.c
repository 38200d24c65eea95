#include "audit/audit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "audit/line.h"
#include "audit/prices.h"
#include "audit/replay.h"
#include "audit/waiting.h"
#include "clock/clock.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "store/payment_rules.h"
#include "store/playbill.h"
#include "usher/v1/hall.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define PAGE_ROWS   256
#define PAGE_ORDERS 1000
#define ARENA_MAX   ((size_t)256 << 20)

struct audit {
    struct store *store;
    const struct audit_options *options;
    struct audit_report *report;
    struct arena page; /* what was read last */
    struct arena body; /* what was unpacked last */
    struct arena list; /* the catalog, for as long as the audit lasts */
    struct store_performance *performances;
    size_t performance_count;
    struct store_event *events;
    size_t event_count;
    uint64_t rows_total;
};

/* Data that cannot be read for being damaged are a finding, and no reason to stop. */
static int mind_damage(struct audit_replay *r, int rc, const char *what)
{
    if (rc != ERR_CORRUPT)
        return rc;
    audit_find(r, "%s cannot be read: the data are damaged", what);
    return 0;
}

/* The hall says how many places there are and their categories (to be freed; may be NULL), and its
 * hash stands in the genesis. */
static int check_hall(struct audit *a, struct audit_replay *r, const char *whose, uint32_t hall_id,
                      struct store_hall *ret_hall, uint32_t **ret_categories)
{
    uint8_t hash[STORE_HASH_BYTES];
    arena_reset(&a->page);
    int rc = a->store->ops->hall_get(a->store, hall_id, &a->page, ret_hall, DEADLINE_NEVER);
    if (rc == ERR_NOT_FOUND || rc == ERR_CORRUPT) {
        audit_find(r, "%s %" PRIu32 " is missing or damaged", whose, hall_id);
        return ERR_CORRUPT;
    }
    if (rc < 0)
        return rc;
    sha256(ret_hall->layout, hash);
    if (memcmp(hash, ret_hall->layout_hash, STORE_HASH_BYTES) != 0)
        audit_find(r, "the layout of %s %" PRIu32 " is not the one that its hash names", whose,
                   hall_id);
    Usher__V1__SeatMap *map = usher__v1__seat_map__unpack(NULL, ret_hall->layout.len,
                                                          (const uint8_t *)ret_hall->layout.at);
    if (!map || map->place_count != ret_hall->place_count)
        audit_find(r, "%s %" PRIu32 " does not have the places that its layout has", whose,
                   hall_id);
    if (map)
        ret_hall->place_count = map->place_count; /* the layout is what the hash is of */
    const bool fits = ret_hall->place_count <= (1u << 24);
    if (ret_categories && fits)
        *ret_categories = map ? audit_categories(map)
                              : calloc((size_t)ret_hall->place_count + 1, sizeof(uint32_t));
    usher__v1__seat_map__free_unpacked(map, NULL);
    if (!fits) {
        audit_find(r, "%s %" PRIu32 " has more places than a hall may have", whose, hall_id);
        return ERR_CORRUPT;
    }
    return ret_categories && !*ret_categories ? ERR_NO_MEMORY : 0;
}

static int replay_body(struct audit *a, struct audit_replay *r, const struct ledger_row *row)
{
    struct change *changes;
    size_t count;
    arena_reset(&a->body);
    int rc = ledger_unpack(row->body, &a->body, &changes, &count);
    if (rc < 0)
        return mind_damage(r, rc, "its body");
    if (count != row->version - row->version_before)
        audit_find(r, "it has %zu entries, but its versions say %" PRIu64, count,
                   row->version - row->version_before);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        r->entry = (uint32_t)i + 1;
        if (changes[i].kind == CHANGE_CLOCK && count > 1)
            audit_find(r, "a clock change is not alone in its row");
        r->version = row->version_before + 1 + i;
        rc = audit_replay_entry(r, &changes[i]);
    }
    if (rc == 0 && r->at_ms > row->at_ms)
        audit_find(r, "its time is after the row's");
    r->entry = 0;
    return rc;
}

static int replay_row(struct audit *a, struct audit_replay *r, const struct ledger_row *row,
                      struct ledger_tail *tail)
{
    r->seq = row->seq;
    a->report->counts.rows++;
    const enum ledger_break broken = ledger_follow(r->performance->performance_id, row, tail);
    if (broken != LEDGER_OK)
        audit_find(r, "the chain is broken: %s", ledger_break_text(broken));
    if (row->seq > r->performance->seq)
        audit_find(r, "it is beyond the ledger's head, row %" PRIu64, r->performance->seq);
    return replay_body(a, r, row);
}

/* Row by row to the end, and what the end must be. */
static int replay_ledger(struct audit *a, struct audit_replay *r, struct ledger_tail *tail)
{
    const struct store_performance *p = r->performance;
    struct ledger_row *rows;
    size_t count = 1;
    uint64_t from_seq = 0;
    while (count > 0) {
        arena_reset(&a->page);
        int rc = a->store->ops->ledger_read(a->store, p->performance_id, from_seq, PAGE_ROWS,
                                            &a->page, &rows, &count, DEADLINE_NEVER);
        for (size_t i = 0; rc == 0 && i < count; i++)
            rc = replay_row(a, r, &rows[i], tail);
        r->seq = 0;
        if (rc < 0)
            return mind_damage(r, rc, "its ledger");
        if (count > 0)
            from_seq = rows[count - 1].seq + 1;
        if (a->options->progress)
            a->options->progress(a->options->state, a->report->counts.rows, a->rows_total);
    }
    if (tail->seq != p->seq || tail->version != p->version)
        audit_find(r,
                   "the ledger ends at row %" PRIu64 ", version %" PRIu64 ", the head says %" PRIu64
                   ", %" PRIu64,
                   tail->seq, tail->version, p->seq, p->version);
    if (memcmp(tail->hash, p->head_hash, LEDGER_HASH_BYTES) != 0)
        audit_find(r, "the head's hash is not that of the ledger's end");
    if (p->epoch >= INT64_MAX)
        audit_find(r, "the head's epoch is none: the next owner's would not be one more");
    if (tail->epoch > p->epoch)
        audit_find(r, "the ledger's epoch %" PRIu64 " is beyond the head's %" PRIu64, tail->epoch,
                   p->epoch);
    if (r->sale_state != p->sale_state)
        audit_find(r, "the sale's state is %" PRIu32 ", the ledger says %" PRIu32, p->sale_state,
                   r->sale_state);
    return 0;
}

/* The table that forbids selling a seat twice says what the ledger says. */
static int compare_sold(struct audit *a, struct audit_replay *r)
{
    struct audit_id text;
    struct store_sale *sales;
    size_t count, at = 0;
    arena_reset(&a->page);
    int rc = a->store->ops->sold_list(a->store, r->performance->performance_id, &a->page, &sales,
                                      &count, DEADLINE_NEVER);
    if (rc < 0)
        return mind_damage(r, rc, "its sold seats");
    for (uint32_t seat = 0; seat < r->place_count; seat++) {
        uint32_t place = r->order_of_seat[seat];
        while (at < count && sales[at].seat < seat)
            at++;
        const struct store_sale *sale = at < count && sales[at].seat == seat ? &sales[at] : NULL;
        a->report->counts.sold += place != AUDIT_NONE;
        a->report->counts.held += audit_is_held(r, seat, false);
        a->report->counts.offered += audit_is_held(r, seat, true);
        a->report->counts.resting += r->rest_of_seat[seat] != 0;
        if (place == AUDIT_NONE && sale)
            audit_find(r, "seat %" PRIu32 " is in the table of sold seats, but is not sold", seat);
        else if (place != AUDIT_NONE && !sale)
            audit_find(r, "seat %" PRIu32 " is sold, but is not in the table of sold seats", seat);
        else if (sale && !id_eq(sale->order_id, audit_order_at(r, place)->row.order_id))
            audit_find(r, "seat %" PRIu32 " is in the table of sold seats for order %s", seat,
                       audit_id(sale->order_id, &text));
    }
    for (size_t i = 0; i < count; i++)
        if (sales[i].seat >= r->place_count)
            audit_find(r, "seat %" PRIu32 " is in the table of sold seats, but not in the hall",
                       sales[i].seat);
    return 0;
}

/* What is kept back is what the ledger says, as the owner will load it. */
static int compare_blocks(struct audit *a, struct audit_replay *r)
{
    struct store_block *blocks;
    size_t count, at = 0;
    arena_reset(&a->page);
    int rc = a->store->ops->block_list(a->store, r->performance->performance_id, &a->page, &blocks,
                                       &count, DEADLINE_NEVER);
    if (rc < 0)
        return mind_damage(r, rc, "its places that are kept back");
    for (uint32_t seat = 0; seat < r->place_count; seat++) {
        const struct store_block *known = &r->block_of_seat[seat];
        const bool kept = !id_is_zero(known->block_id);
        while (at < count && blocks[at].seat < seat)
            at++;
        const struct store_block *block =
            at < count && blocks[at].seat == seat ? &blocks[at] : NULL;
        a->report->counts.blocked += kept;
        if (kept != (block != NULL))
            audit_find(r, "seat %" PRIu32 " is %s, but the table of blocks says otherwise", seat,
                       kept ? "kept back" : "not kept back");
        else if (block &&
                 (!id_eq(block->block_id, known->block_id) ||
                  !id_eq(block->account_id, known->account_id) ||
                  block->until_ms != known->until_ms || !view_eq(block->reason, known->reason)))
            audit_find(r, "seat %" PRIu32 " is kept back otherwise than the ledger says", seat);
    }
    for (size_t i = 0; i < count; i++)
        if (blocks[i].seat >= r->place_count)
            audit_find(r, "seat %" PRIu32 " is in the table of blocks, but not in the hall",
                       blocks[i].seat);
    return 0;
}

static void compare_order(struct audit_replay *r, const struct store_order *order)
{
    struct audit_id text;
    uint32_t place = audit_place(&r->order_places, order->order_id);
    if (place == AUDIT_NONE) {
        audit_find(r, "order %s is not in the ledger", audit_id(order->order_id, &text));
        return;
    }
    struct audit_order *known = audit_order_at(r, place);
    const struct store_order *should = &known->row;
    const char *what = NULL;
    known->seen = true;
    if (!id_eq(order->account_id, should->account_id))
        what = "account";
    else if (!id_eq(order->person_id, should->person_id))
        what = "person";
    else if (!id_eq(order->hold_id, should->hold_id))
        what = "hold";
    else if (order->state != should->state)
        what = "state";
    else if (order->payment_method != should->payment_method)
        what = "payment method";
    else if (order->placed_at_ms != should->placed_at_ms)
        what = "time";
    else if (order->total != should->total)
        what = "total";
    else if (!view_eq(order->seats, view_of(known->seat_bytes, should->seats.len)))
        what = "seats";
    else if (!view_eq(order->amounts, audit_order_amounts(known)))
        what = "price by place";
    if (what)
        audit_find(r, "order %s: its %s is not what the ledger says",
                   audit_id(order->order_id, &text), what);
}

static int compare_orders(struct audit *a, struct audit_replay *r)
{
    struct audit_id text;
    struct id after = {0};
    struct store_order *orders;
    size_t count = PAGE_ORDERS;
    while (count == PAGE_ORDERS) {
        arena_reset(&a->page);
        int rc = a->store->ops->order_scan(a->store, r->performance->performance_id, after,
                                           PAGE_ORDERS, &a->page, &orders, &count, DEADLINE_NEVER);
        if (rc < 0)
            return mind_damage(r, rc, "its orders");
        for (size_t i = 0; i < count; i++)
            compare_order(r, &orders[i]);
        if (count > 0)
            after = orders[count - 1].order_id;
    }
    for (uint32_t i = 0; i < r->orders.count; i++) {
        const struct audit_order *order = audit_order_at(r, i);
        a->report->counts.orders++;
        a->report->counts.cancelled +=
            order->row.state == USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED;
        if (!order->seen)
            audit_find(r, "order %s is in the ledger, but not among the orders",
                       audit_id(order->row.order_id, &text));
    }
    return 0;
}

/* In a store that moves, the tables cannot be compared with a ledger read before. */
static int check_still(struct audit *a, const struct store_performance *p)
{
    struct store_performance now;
    arena_reset(&a->page);
    int rc =
        a->store->ops->performance_get(a->store, p->performance_id, &a->page, &now, DEADLINE_NEVER);
    if (rc < 0)
        return rc;
    bool same = now.seq == p->seq && now.epoch == p->epoch && now.version == p->version;
    return same ? 0 : ERR_BUSY;
}

/* The event's name, which tickets show. */
static struct view check_event(const struct audit *a, struct audit_replay *r)
{
    for (size_t i = 0; i < a->event_count; i++)
        if (a->events[i].event_id == r->performance->event_id)
            return a->events[i].name;
    audit_find(r, "its event %" PRIu32 " is missing", r->performance->event_id);
    return (struct view){0};
}

/* A store of before there was a playbill, or paying later, never had such a hold. */
static int read_later(struct store *store, uint32_t performance_id, uint32_t *ret_later_ms)
{
    int err = store->sql ? playbill_migrate(store->sql, true, 0) : ERR_UNSUPPORTED;
    if (err == 0)
        err = playbill_longest_later(store->sql, performance_id, ret_later_ms, DEADLINE_NEVER);
    return err == ERR_UNSUPPORTED ? 0 : err;
}

/* A store of before there was such a rule took all orders. */
static int read_payment_rule(struct store *store, uint32_t performance_id, bool *ret_sells_paid)
{
    bool took = true;
    int err = store->sql ? payment_rules_migrate(store->sql, true, 0) : ERR_UNSUPPORTED;
    if (err == 0)
        err = payment_rule_took_unpaid(store->sql, performance_id, &took, DEADLINE_NEVER);
    *ret_sells_paid = !took;
    return err == ERR_UNSUPPORTED ? 0 : err;
}

static int audit_performance(struct audit *a, const struct store_performance *p)
{
    struct audit_replay r = {.report = a->report, .performance = p};
    struct store_hall hall = {0};
    struct ledger_tail tail = {.at_ms = INT64_MIN};
    uint64_t before = a->report->finding_count;
    a->report->counts.performances++;
    const struct view event_name = check_event(a, &r);
    uint32_t *categories = NULL;
    int rc = check_hall(a, &r, "its hall", p->hall_id, &hall, &categories);
    if (rc == ERR_CORRUPT)
        return 0; /* said so; without a hall there is nothing to compare with */
    if (rc < 0)
        return rc;
    store_genesis_hash(p, &hall, event_name, tail.hash);
    rc = audit_replay_init(&r, a->report, p, hall.place_count, categories);
    if (rc < 0) {
        free(categories);
        return rc;
    }
    rc = read_later(a->store, p->performance_id, &r.later_ms);
    if (rc == 0)
        rc = read_payment_rule(a->store, p->performance_id, &r.sells_paid);
    if (rc == 0)
        rc = replay_ledger(a, &r, &tail);
    if (rc == 0)
        rc = compare_sold(a, &r);
    if (rc == 0)
        rc = compare_blocks(a, &r);
    arena_reset(&a->page);
    if (rc == 0)
        rc = audit_compare_prices(a->store, &r, &a->page);
    if (rc == 0)
        rc = audit_compare_waiting(a->store, &r, &a->page);
    if (rc == 0)
        rc = compare_orders(a, &r);
    if (rc == 0)
        rc = check_still(a, p);
    const int64_t to_collect = rc == 0 ? audit_to_collect(&r) : 0;
    audit_replay_release(&r);
    free(categories);
    if (rc == 0 && a->options->audited)
        a->options->audited(a->options->state, p, a->report->finding_count - before, to_collect);
    return rc;
}

static bool is_in_use(const struct audit *a, uint32_t hall_id)
{
    for (size_t i = 0; i < a->performance_count; i++)
        if (a->performances[i].hall_id == hall_id)
            return true;
    return false;
}

/* The server loads every hall, also one that no performance is in yet. */
static int check_unused_halls(struct audit *a)
{
    struct audit_replay r = {.report = a->report};
    struct store_hall *halls, hall;
    size_t count;
    int rc = a->store->ops->hall_list(a->store, &a->list, &halls, &count, DEADLINE_NEVER);
    if (rc < 0)
        return mind_damage(&r, rc, "the list of halls");
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (is_in_use(a, halls[i].hall_id))
            continue;
        rc = check_hall(a, &r, "the unused hall", halls[i].hall_id, &hall, NULL);
        if (rc == ERR_CORRUPT)
            rc = 0; /* said so */
    }
    return rc;
}

/* Rows of the ledger, of sold or of the orders that belong to no performance. */
static int check_strays(struct audit *a)
{
    struct audit_replay r = {.report = a->report};
    uint32_t *ids;
    size_t count, at = 0;
    arena_reset(&a->page);
    int rc = a->store->ops->performance_ids(a->store, &a->page, &ids, &count, DEADLINE_NEVER);
    if (rc < 0)
        return mind_damage(&r, rc, "the performances' ids");
    for (size_t i = 0; i < count; i++) {
        while (at < a->performance_count && a->performances[at].performance_id < ids[i])
            at++;
        if (at == a->performance_count || a->performances[at].performance_id != ids[i])
            audit_find(&r, "there are rows of performance %" PRIu32 ", but no such performance",
                       ids[i]);
    }
    return 0;
}

/* What the database itself finds wrong. */
static int check_database(struct audit *a)
{
    struct audit_replay r = {.report = a->report};
    struct view *texts;
    size_t count = 0;
    arena_reset(&a->page);
    int rc = a->store->ops->self_check(a->store, &a->page, &texts, &count, DEADLINE_NEVER);
    if (rc < 0)
        return mind_damage(&r, rc, "the database's own books");
    for (size_t i = 0; i < count; i++)
        audit_find(&r, "%.*s", VIEW_ARG(texts[i]));
    return 0;
}

static int audit_all(struct audit *a)
{
    struct audit_replay r = {.report = a->report};
    const uint32_t wanted = a->options->performance_id;
    bool found = wanted == 0;
    int rc = a->store->ops->performance_list(a->store, &a->list, &a->performances,
                                             &a->performance_count, DEADLINE_NEVER);
    if (rc < 0)
        return mind_damage(&r, rc, "the list of performances");
    rc = a->store->ops->event_list(a->store, &a->list, &a->events, &a->event_count, DEADLINE_NEVER);
    if (rc < 0)
        return mind_damage(&r, rc, "the list of events");
    for (size_t i = 0; i < a->performance_count; i++)
        if (wanted == 0 || wanted == a->performances[i].performance_id)
            a->rows_total += a->performances[i].seq;
    for (size_t i = 0; rc == 0 && i < a->performance_count; i++) {
        if (wanted != 0 && wanted != a->performances[i].performance_id)
            continue;
        found = true;
        rc = audit_performance(a, &a->performances[i]);
    }
    if (rc < 0)
        return rc;
    if (!found)
        return ERR_NOT_FOUND;
    if (wanted != 0)
        return 0;
    rc = check_unused_halls(a);
    if (rc == 0)
        rc = check_strays(a);
    if (rc == 0)
        rc = check_database(a);
    return rc == 0 ? audit_lines(a->store->sql, a->report) : rc;
}

int audit_run(struct store *store, const struct audit_options *options,
              struct audit_report *ret_report)
{
    struct audit a = {.store = store, .options = options, .report = ret_report};
    *ret_report = (struct audit_report){0};
    arena_init(&a.page, ARENA_MAX);
    arena_init(&a.body, ARENA_MAX);
    arena_init(&a.list, ARENA_MAX);
    int rc = audit_all(&a);
    arena_release(&a.page);
    arena_release(&a.body);
    arena_release(&a.list);
    return rc;
}
