#include "script.h"
#include "codec/sha256.h"
#include "sale/price_list.h"

#include <stdlib.h>

#include "clock/clock.h"
#include "usher/v1/hall.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define SCRIPT_ARENA_MAX (64u << 20)

/* A layout of one standing area. */
static struct view pack_layout(struct arena *arena, uint32_t place_count)
{
    Usher__V1__Section section = USHER__V1__SECTION__INIT, *sections[] = {&section};
    section.name = (char *)"Floor";
    section.kind = USHER__V1__SECTION_KIND__SECTION_KIND_STANDING;
    section.place_count = place_count;
    Usher__V1__SeatMap map = USHER__V1__SEAT_MAP__INIT;
    map.name = (char *)"Test hall";
    map.n_sections = 1;
    map.sections = sections;
    map.place_count = place_count;
    size_t len = usher__v1__seat_map__get_packed_size(&map);
    uint8_t *bytes = arena_alloc(arena, len);
    assert(bytes);
    usher__v1__seat_map__pack(&map, bytes);
    return view_of(bytes, len);
}

uint32_t script_performance(struct store *store, uint32_t place_count, uint32_t places_max)
{
    return script_performance_by(store, place_count, places_max, 0);
}

uint32_t script_performance_by(struct store *store, uint32_t place_count, uint32_t places_max,
                               uint32_t person_rule)
{
    struct arena arena;
    uint32_t hall_id = 0, event_id = 0, performance_id = 0;
    static const uint8_t prices[16] = {0xe8, 3, 0, 0, 0, 0, 0, 0, 0xd0, 7};
    arena_init(&arena, SCRIPT_ARENA_MAX);
    struct store_hall hall = {.name = VIEW_LIT("Test hall"),
                              .place_count = place_count,
                              .section_count = 1,
                              .layout = pack_layout(&arena, place_count)};
    sha256(hall.layout, hall.layout_hash);
    int rc = store->ops->hall_put(store, &hall, &hall_id, DEADLINE_NEVER);
    assert(rc == 0);
    struct store_event event = {.name = VIEW_LIT("Test event"),
                                .description = VIEW_LIT("An evening"),
                                .created_at_ms = SCRIPT_START_MS};
    rc = store->ops->event_put(store, &event, NULL, &event_id, NULL, DEADLINE_NEVER);
    assert(rc == 0);
    struct store_performance performance = {
        .event_id = event_id,
        .hall_id = hall_id,
        .starts_at_ms = SCRIPT_START_MS + 1000000,
        .utc_offset_known = true,
        .utc_offset_minutes = -300,
        .hold_ttl_ms = SCRIPT_TTL_MS,
        .places_max = places_max,
        .rest_ms = SCRIPT_REST_MS,
        .covers_names = true,
        .person_rule = person_rule,
        .currency = VIEW_LIT("KRW"),
        .prices = view_of(prices, sizeof(prices)),
        .sale_state = USHER__V1__SALE_STATE__SALE_STATE_DRAFT,
    };
    rc = store->ops->performance_put(store, &performance, &performance_id, DEADLINE_NEVER);
    assert(rc == 0);
    arena_release(&arena);
    return performance_id;
}

struct script *script_new(struct store *store, uint32_t performance_id)
{
    struct script *s = calloc(1, sizeof(*s));
    assert(s);
    s->store = store;
    s->performance_id = performance_id;
    s->now_ms = SCRIPT_START_MS;
    arena_init(&s->arena, SCRIPT_ARENA_MAX);
    int rc = store->ops->claim(store, performance_id, &s->arena, &s->head, DEADLINE_NEVER);
    assert(rc == 0);
    s->sale_state = s->head.sale_state;
    script_drop(s);
    return s;
}

void script_free(struct script *s)
{
    arena_release(&s->arena);
    free(s);
}

static void *take(struct script *s, size_t size)
{
    void *bytes = arena_alloc(&s->arena, size);
    assert(bytes);
    return bytes;
}

static struct view pack_seats(struct script *s, const struct script_seats *seats)
{
    uint8_t *bytes = take(s, 4 * seats->count);
    for (size_t i = 0; i < 4 * seats->count; i++)
        bytes[i] = (uint8_t)(seats->at[i / 4] >> (8 * (i % 4)));
    return view_of(bytes, 4 * seats->count);
}

struct change *script_change(struct script *s, const struct change *change)
{
    assert(s->entry_count < SCRIPT_ENTRIES_MAX);
    struct change *entry = &s->entries[s->entry_count++];
    *entry = *change;
    entry->at_ms = s->now_ms;
    return entry;
}

static void set_seats(struct change *change, const struct script_seats *seats)
{
    change->seat_count = (uint32_t)seats->count;
    memcpy(change->seats, seats->at, sizeof(seats->at));
}

static void set_key(struct change *change, const char *text)
{
    if (!text)
        return;
    change->key_len = (uint32_t)strlen(text);
    memcpy(change->key, text, change->key_len);
}

void script_state(struct script *s, uint32_t sale_state)
{
    script_change(s, &(struct change){.kind = CHANGE_SALE_STATE, .state = sale_state});
    s->sale_state = sale_state;
}

void script_hold(struct script *s, uint64_t hold, uint64_t account, struct script_seats seats,
                 const char *key)
{
    struct change change = {.kind = CHANGE_HOLD,
                            .hold_id = script_id(hold),
                            .account_id = script_id(account),
                            .expires_at_ms = s->now_ms + SCRIPT_TTL_MS};
    set_seats(&change, &seats);
    set_key(&change, key);
    script_change(s, &change);
}

void script_release(struct script *s, uint64_t hold)
{
    script_change(s, &(struct change){.kind = CHANGE_RELEASE, .hold_id = script_id(hold)});
}

void script_expire(struct script *s, uint64_t hold)
{
    script_change(s, &(struct change){.kind = CHANGE_EXPIRY, .hold_id = script_id(hold)});
}

void script_extend(struct script *s, uint64_t hold, uint64_t account, struct script_seats seats,
                   int64_t more_ms)
{
    struct change change = {.kind = CHANGE_EXTEND,
                            .hold_id = script_id(hold),
                            .account_id = script_id(account),
                            .expires_at_ms = s->now_ms + SCRIPT_TTL_MS + more_ms};
    set_seats(&change, &seats);
    script_change(s, &change);
}

void script_sell(struct script *s, uint64_t order, uint64_t hold, uint64_t account,
                 struct script_seats seats, const char *key)
{
    struct change change = {.kind = CHANGE_SALE,
                            .order_id = script_id(order),
                            .hold_id = script_id(hold),
                            .account_id = script_id(account),
                            .total = 1000 * (int64_t)seats.count,
                            .payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE};
    set_seats(&change, &seats);
    set_key(&change, key);
    script_change(s, &change);
    s->orders[s->order_count++] = (struct store_order){
        .order_id = script_id(order),
        .account_id = script_id(account),
        .hold_id = script_id(hold),
        .performance_id = s->performance_id,
        .state = USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED,
        .payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE,
        .placed_at_ms = s->now_ms,
        .total = change.total,
        .seats = pack_seats(s, &seats),
    };
    for (size_t i = 0; i < seats.count; i++)
        s->sales[s->sale_count++] = (struct store_sale){seats.at[i], script_id(order)};
}

void script_amounts(struct script *s, uint32_t price_list, int64_t amount)
{
    struct change *change = script_last(s);
    struct store_order *order = &s->orders[s->order_count - 1];
    change->price_list = price_list;
    change->amount_count = change->seat_count;
    change->total = order->total = amount * change->seat_count;
    for (uint32_t i = 0; i < change->seat_count; i++)
        change->amounts[i] = amount;
    order->amounts = store_amounts_write(price_list, change->seats, change->amounts,
                                         change->type_count > 0 ? change->types : NULL,
                                         change->seat_count, change->code, change->code_index,
                                         take(s, store_amounts_len(change->seat_count)));
}

void script_seat_amount(struct script *s, uint32_t place, int64_t amount)
{
    struct change *change = script_last(s);
    struct store_order *order = &s->orders[s->order_count - 1];
    change->total = order->total = change->total + amount - change->amounts[place];
    change->amounts[place] = amount;
    order->amounts = store_amounts_write(change->price_list, change->seats, change->amounts,
                                         change->type_count > 0 ? change->types : NULL,
                                         change->seat_count, change->code, change->code_index,
                                         take(s, store_amounts_len(change->seat_count)));
}

void script_prices(struct script *s, uint32_t number, int64_t amount)
{
    const struct price_list list = {.category_count = 2, .amounts = {amount, 2000}};
    struct change change = {.kind = CHANGE_PRICES, .number = number};
    int rc = price_list_write(&list, &s->arena, &change.list);
    assert(rc == 0);
    script_change(s, &change);
}

void script_types(struct script *s, uint32_t number, int64_t child)
{
    const struct price_list list = {.category_count = 2,
                                    .amounts = {1500, 2000},
                                    .type_count = 3,
                                    .types = {{.korean = "어른", .english = "Adult"},
                                              {.number = 1,
                                               .most = 1,
                                               .proof = true,
                                               .korean = "어린이",
                                               .english = "Child",
                                               .amounts = {child, PRICE_NONE}},
                                              {.number = 4,
                                               .companion = true,
                                               .korean = "동반자",
                                               .english = "Companion",
                                               .amounts = {0, 0}}}};
    struct change change = {.kind = CHANGE_PRICES, .number = number};
    int rc = price_list_write(&list, &s->arena, &change.list);
    assert(rc == 0);
    script_change(s, &change);
}

void script_codes(struct script *s, uint32_t number, uint64_t hidden)
{
    const struct price_list list = {
        .category_count = 2,
        .amounts = {1500, 2000},
        .hidden = hidden,
        .code_count = 2,
        .codes = {{.number = 3,
                   .word = "FANCLUB",
                   .opens = 1,
                   .off_permille = 100,
                   .off_amount = 50,
                   .until_ms = s->now_ms + SCRIPT_TTL_MS,
                   .places = 3,
                   .places_account = 2},
                  {.number = 7, .count = 10, .off_amount = 5000, .places = 1}}};
    struct change change = {.kind = CHANGE_PRICES, .number = number};
    int rc = price_list_write(&list, &s->arena, &change.list);
    assert(rc == 0);
    script_change(s, &change);
}

void script_choose(struct script *s, uint64_t hold, uint64_t account, struct script_seats seats,
                   uint32_t type)
{
    struct change change = {.kind = CHANGE_CHOOSE,
                            .hold_id = script_id(hold),
                            .account_id = script_id(account),
                            .expires_at_ms = s->now_ms + SCRIPT_TTL_MS,
                            .type_count = (uint32_t)seats.count,
                            .types = {type}};
    set_seats(&change, &seats);
    script_change(s, &change);
}

void script_plan(struct script *s, uint64_t plan, int64_t from_ms, int64_t amount)
{
    const struct price_list list = {.category_count = 2, .amounts = {amount, PRICE_STAYS}};
    struct change change = {
        .kind = CHANGE_PRICE_PLAN, .plan_id = script_id(plan), .from_ms = from_ms};
    int rc = price_list_write(&list, &s->arena, &change.list);
    assert(rc == 0);
    script_change(s, &change);
}

void script_plan_end(struct script *s, uint64_t plan)
{
    script_change(s, &(struct change){.kind = CHANGE_PRICE_PLAN_END, .plan_id = script_id(plan)});
}

void script_cancel(struct script *s, uint64_t order, uint64_t account, struct script_seats seats)
{
    struct change change = {
        .kind = CHANGE_CANCEL, .order_id = script_id(order), .account_id = script_id(account)};
    set_seats(&change, &seats);
    script_change(s, &change);
    s->cancels[s->cancel_count++] =
        (struct store_cancel){.order_id = script_id(order), .seats = pack_seats(s, &seats)};
}

void script_give_back(struct script *s, uint64_t order, uint64_t account, struct script_seats seats,
                      struct script_seats left)
{
    struct change change = {
        .kind = CHANGE_GIVE_BACK, .order_id = script_id(order), .account_id = script_id(account)};
    struct store_batch batch = {0};
    set_seats(&change, &seats);
    memcpy(change.left, left.at, left.count * sizeof(*change.left));
    change.left_count = (uint32_t)left.count;
    script_change(s, &change);
    int rc = store_batch_fill(&change, 1, &s->arena, &batch);
    assert(rc == 0 && batch.cancel_count == 1);
    s->cancels[s->cancel_count++] = batch.cancels[0];
}

struct view script_amounts_of(struct script *s, uint32_t price_list, struct script_seats seats,
                              int64_t amount)
{
    int64_t each[CHANGE_SEATS_MAX];
    for (size_t i = 0; i < seats.count; i++)
        each[i] = amount;
    return store_amounts_write(price_list, seats.at, each, NULL, seats.count, 0, 0,
                               take(s, store_amounts_len(seats.count)));
}

struct change *script_move(struct script *s, uint64_t order, uint64_t account,
                           struct script_seats seats, struct script_seats to,
                           struct script_seats left, struct view was)
{
    struct store_batch batch = {0};
    struct change change = {
        .kind = CHANGE_MOVE, .order_id = script_id(order), .account_id = script_id(account)};
    set_seats(&change, &seats);
    memcpy(change.left, left.at, sizeof(change.left));
    memcpy(change.to, to.at, sizeof(change.to));
    change.left_count = (uint32_t)left.count;
    int rc = store_amounts_move(was, seats.at, to.at, seats.count, take(s, STORE_MOVED_MAX),
                                &change.record);
    assert(rc == 0);
    struct change *written = script_change(s, &change);
    rc = store_batch_fill(written, 1, &s->arena, &batch);
    assert(rc == 0 && batch.cancel_count == 1);
    s->cancels[s->cancel_count++] = batch.cancels[0];
    return written;
}

struct change *script_collect(struct script *s, uint64_t order, uint64_t account, int64_t total)
{
    s->collects[s->collect_count++] =
        (struct store_order){.order_id = script_id(order), .payment_method = 3, .total = total};
    return script_change(s, &(struct change){.kind = CHANGE_COLLECT,
                                             .order_id = script_id(order),
                                             .account_id = script_id(account),
                                             .total = total,
                                             .payment_method = 3,
                                             .payment_id = script_id(9000 + order)});
}

void script_order_key(struct script *s, uint64_t order, uint64_t account, const char *key)
{
    struct change change = {
        .kind = CHANGE_ORDER_KEY, .order_id = script_id(order), .account_id = script_id(account)};
    set_key(&change, key);
    script_change(s, &change);
}

void script_block(struct script *s, uint64_t block, struct script_seats seats, int64_t until_ms)
{
    static const char reason[] = "Presse \xed\x95\x9c";
    struct change change = {.kind = CHANGE_BLOCK,
                            .block_id = script_id(block),
                            .account_id = script_id(90),
                            .expires_at_ms = until_ms,
                            .reason_len = sizeof(reason) - 1};
    memcpy(change.reason, reason, sizeof(reason) - 1);
    set_seats(&change, &seats);
    script_change(s, &change);
}

void script_unblock(struct script *s, uint64_t block, struct script_seats seats, bool by_time)
{
    struct change change = {
        .kind = CHANGE_UNBLOCK, .block_id = script_id(block), .by_time = by_time};
    set_seats(&change, &seats);
    script_change(s, &change);
}

struct change *script_last(struct script *s)
{
    assert(s->entry_count > 0);
    return &s->entries[s->entry_count - 1];
}

static int sale_by_seat(const void *a, const void *b)
{
    const struct store_sale *x = a, *y = b;
    return x->seat < y->seat ? -1 : x->seat > y->seat;
}

/* What the tables say of the blocks, price lists and wishes among the entries. */
static void put_others(struct script *s, struct store_batch *batch)
{
    struct store_batch filled = {.row.version_before = batch->row.version_before};
    bool any = false;
    for (size_t i = 0; i < s->entry_count; i++)
        any = any || s->entries[i].kind == CHANGE_BLOCK || s->entries[i].kind == CHANGE_UNBLOCK ||
              s->entries[i].kind == CHANGE_PRICES || s->entries[i].kind == CHANGE_PRICE_PLAN ||
              s->entries[i].kind == CHANGE_PRICE_PLAN_END || s->entries[i].kind == CHANGE_WAITING ||
              s->entries[i].kind == CHANGE_WISH || s->entries[i].kind == CHANGE_WISH_END;
    if (!any)
        return;
    int rc = store_batch_fill(s->entries, s->entry_count, &s->arena, &filled);
    assert(rc == 0);
    if (!s->hide_prices) {
        batch->prices = filled.prices;
        batch->prices_count = filled.prices_count;
        batch->plans = filled.plans;
        batch->plan_count = filled.plan_count;
        batch->plan_ends = filled.plan_ends;
        batch->plan_end_count = filled.plan_end_count;
    }
    if (!s->hide_wishes) {
        batch->wishes = filled.wishes;
        batch->wish_count = filled.wish_count;
        batch->waiting_set = filled.waiting_set;
        batch->offer_ms = filled.offer_ms;
    }
    if (s->hide_blocks)
        return;
    batch->blocks = filled.blocks;
    batch->block_count = filled.block_count;
    batch->unblocks = filled.unblocks;
    batch->unblock_count = filled.unblock_count;
}

struct store_batch script_batch(struct script *s)
{
    qsort(s->sales, s->sale_count, sizeof(s->sales[0]), sale_by_seat);
    struct store_batch batch = {
        .performance_id = s->performance_id,
        .epoch = s->head.epoch,
        .row = {.seq = s->head.seq + 1,
                .epoch = s->head.epoch,
                .version_before = s->head.version,
                .version = s->head.version + s->entry_count,
                .at_ms = s->now_ms},
        .sale_state = s->sale_state,
        .sales = s->sales,
        .sale_count = s->sale_count,
        .orders = s->orders,
        .order_count = s->order_count,
        .cancels = s->cancels,
        .cancel_count = s->cancel_count,
        .collects = s->collects,
        .collect_count = s->collect_count,
    };
    put_others(s, &batch);
    memcpy(batch.row.prev_hash, s->head.head_hash, STORE_HASH_BYTES);
    int rc = ledger_pack(s->entries, s->entry_count, &s->arena, &batch.row.body);
    assert(rc == 0);
    ledger_seal(s->performance_id, &batch.row);
    batch.outbox = s->order_count ? VIEW_LIT("outbox of a batch") : (struct view){0};
    return batch;
}

int script_commit(struct script *s)
{
    struct store_batch batch = script_batch(s);
    int rc = s->store->ops->commit(s->store, &batch, DEADLINE_NEVER);
    if (rc == 0) {
        s->head.seq = batch.row.seq;
        s->head.version = batch.row.version;
        s->head.sale_state = batch.sale_state;
        memcpy(s->head.head_hash, batch.row.hash, STORE_HASH_BYTES);
    }
    script_drop(s);
    return rc;
}

void script_drop(struct script *s)
{
    s->entry_count = s->sale_count = s->order_count = s->cancel_count = s->collect_count = 0;
    s->sale_state = s->head.sale_state;
    s->head.currency = s->head.prices = (struct view){0}; /* they went with the arena */
    arena_reset(&s->arena);
}
