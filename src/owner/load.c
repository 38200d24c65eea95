/*
 * How an owner takes over and learns what is so: the epoch, the orders, and the ledger's rows that
 * are younger than the longest hold. The store is asked in pages; whatever does not fit together is
 * ERR_CORRUPT, and nothing is sold then.
 */
#include <stdlib.h>

#include "mem/table.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "owner/state.h"
#include "sale/ledger.h"
#include "store/playbill.h"
#include "usher/v1/ticket.pb-c.h"

METRIC_HISTOGRAM(load_time, "usher_load_seconds",
                 "From an owner's claim until it knows what its store has.", "");

#define LOAD_STEP_MAX_MS 10000
#define LOAD_PAGE        1000
#define LOAD_NEAR        16 /* rows too many that are read rather than looked for */
#define LOAD_ARENA_MAX   (64u << 20)
/* An ended hold's entry is stamped at most this much after its end: ten times OWNER_LATE_MS. */
#define LOAD_SLACK_MS 600000

/* Holds of the window that nothing has ended yet. */
struct open_holds {
    struct table by_id; /* hold id → place in holds */
    struct seats_hold *holds;
    uint32_t count;
    uint32_t max;
};

struct load {
    struct owner *owner;
    struct store *store;
    struct arena arena; /* of one page */
    struct open_holds open;
    int64_t *rests; /* a place: until when it rests; 0: it does not */
    struct owner_figures figures;
    struct store_performance head;
    uint32_t sold_by_orders;
    uint32_t later_ms; /* the longest that a hold to be paid later may have lasted */
    int64_t
        normal_until_ms; /* until then a hold may end that began before the rows that are read */
    bool late;           /* one did later: what was read does not tell of all live holds */
};

static int64_t step_deadline(void)
{
    return deadline_after_ms(fiber_now_ns(), LOAD_STEP_MAX_MS);
}

/* ---- orders, and the proof that nothing is sold twice ---- */

static int restore_order(struct load *load, const struct store_order *order)
{
    struct owner *owner = load->owner;
    if (order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED) {
        load->figures.orders_cancelled++;
        return 0;
    }
    uint32_t seats[SEATS_PARTY_MAX];
    const uint32_t count = (uint32_t)store_seat_count(order->seats);
    uint32_t code_index;
    const uint32_t code = store_amounts_code(order->amounts, &code_index);
    if (count == 0 || count > SEATS_PARTY_MAX || order->seats.len % STORE_SEAT_BYTES != 0)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < count; i++) {
        seats[i] = store_seat_at(order->seats, i);
        if (seats[i] >= owner->options.hall->place_count)
            return ERR_CORRUPT;
        const uint32_t category = owner->options.hall->seats[seats[i]].category;
        int64_t amount = price_list_amount(owner->lists[0], category);
        const uint32_t type = store_amounts_type(order->amounts, seats[i]);
        if (order->amounts.len > 0 && !store_amounts_find(order->amounts, seats[i], &amount))
            return ERR_CORRUPT;
        if (type >= PRICE_NUMBERS)
            return ERR_CORRUPT;
        owner->sold[seats[i]] = (struct owner_sold){.order_id = order->order_id,
                                                    .account_id = order->account_id,
                                                    .placed_at_ms = order->placed_at_ms,
                                                    .place_count = count,
                                                    .type = (uint8_t)type,
                                                    .code = code,
                                                    .code_index = code_index,
                                                    .method = (uint8_t)order->payment_method,
                                                    .amount = amount};
        load->figures.sold_totals[category] += amount;
        load->figures.to_collect += payment_is_owed(order->payment_method) ? amount : 0;
        load->figures.type_totals[type] += amount;
        load->figures.type_counts[type]++;
    }
    const struct seats_hold hold = {.account_id = order->account_id,
                                    .person_id = order->person_id,
                                    .code = code,
                                    .code_index = code_index};
    if (code != 0 && owner_uses_ready(owner) != 0)
        return ERR_NO_MEMORY;
    owner_use(owner, &hold, (int32_t)count);
    load->figures.orders_confirmed++;
    load->figures.comps += payment_is_comp(order->payment_method) ? count : 0;
    load->sold_by_orders += count;
    int err = seats_restore_sold(owner->seats, seats_counted(&hold), seats, count);
    return err == ERR_NO_MEMORY ? err : err != 0 ? ERR_CORRUPT : 0;
}

static int load_orders(struct load *load)
{
    struct id after = {0};
    for (;;) {
        struct store_order *orders;
        size_t count;
        arena_reset(&load->arena);
        int err =
            load->store->ops->order_scan(load->store, load->owner->options.performance_id, after,
                                         LOAD_PAGE, &load->arena, &orders, &count, step_deadline());
        if (err != 0)
            return err;
        for (size_t i = 0; i < count; i++) {
            err = restore_order(load, &orders[i]);
            if (err != 0)
                return err;
        }
        if (count < LOAD_PAGE)
            return 0;
        after = orders[count - 1].order_id;
    }
}

/* The table that forbids selling a seat twice must say the same as the orders. */
static int compare_sold(struct load *load)
{
    struct store_sale *sales;
    size_t count;
    arena_reset(&load->arena);
    int err = load->store->ops->sold_list(load->store, load->owner->options.performance_id,
                                          &load->arena, &sales, &count, step_deadline());
    if (err != 0)
        return err;
    if (count != load->sold_by_orders)
        return ERR_CORRUPT;
    for (size_t i = 0; i < count; i++) {
        if (sales[i].seat >= load->owner->options.hall->place_count ||
            !id_eq(load->owner->sold[sales[i].seat].order_id, sales[i].order_id))
            return ERR_CORRUPT;
    }
    return 0;
}

/* What is kept back may be so for longer than the rows that are read reach. */
static int load_blocks(struct load *load)
{
    struct store_block *blocks;
    size_t count;
    arena_reset(&load->arena);
    owner_forget_blocks(load->owner);
    int err = load->store->ops->block_list(load->store, load->owner->options.performance_id,
                                           &load->arena, &blocks, &count, step_deadline());
    for (size_t i = 0; err == 0 && i < count; i++) {
        const struct owner_block block = {.block_id = blocks[i].block_id,
                                          .until_ms = blocks[i].until_ms};
        if (blocks[i].seat >= load->owner->options.hall->place_count || blocks[i].until_ms < 0)
            return ERR_CORRUPT;
        err = owner_put_block(load->owner, blocks[i].seat, &block);
    }
    return err == ERR_INVALID ? ERR_CORRUPT : err;
}

/* ---- the ledger's recent rows ---- */

/* Gives the hold that ended; without seats where its beginning was not read. */
static struct seats_hold close_hold(struct load *load, struct id hold_id, int64_t at_ms)
{
    struct open_holds *open = &load->open;
    uint32_t place;
    if (!table_get(&open->by_id, hold_id, &place)) {
        load->late |= at_ms > load->normal_until_ms;
        return (struct seats_hold){0};
    }
    const struct seats_hold ended = open->holds[place];
    table_remove(&open->by_id, hold_id);
    const uint32_t last = --open->count;
    if (place != last) {
        open->holds[place] = open->holds[last];
        int err = table_put(&open->by_id, open->holds[place].hold_id, place);
        assert(err == 0);
    }
    return ended;
}

/* What was answered under the key of a change. */
static int remember_key(struct load *load, const struct change *change,
                        const struct seats_hold *hold)
{
    struct keys *keys = load->owner->keys;
    const struct view name = view_of(change->key, change->key_len);
    int64_t amounts[SEATS_PARTY_MAX];
    struct keys_answer answer = {.hold = *hold,
                                 .as_stored = change->kind == CHANGE_ORDER_KEY,
                                 .total = change->kind == CHANGE_HOLD
                                              ? owner_price(load->owner, hold, amounts)
                                              : change->total,
                                 .at_ms = change->at_ms};
    if (change->key_len == 0)
        return 0;
    memcpy(answer.request_hash, change->request_hash, sizeof(answer.request_hash));
    /* One that was forgotten by then may have been used anew. */
    (void)keys_room(keys, answer.at_ms);
    if (keys_find(keys, change->account_id, name))
        return ERR_CORRUPT;
    /* Where it came from is not in the ledger, which has nothing of persons. */
    const struct keys_of of = {.account_id = change->account_id};
    return keys_put(keys, of, name, &answer, answer.at_ms);
}

static int open_hold(struct open_holds *open, const struct seats_hold *hold, int64_t at_ms)
{
    if (at_ms < 0 || hold->expires_at_ms <= at_ms)
        return ERR_CORRUPT; /* it ends before it begins */
    if (open->count == open->max)
        return ERR_CORRUPT; /* more holds than places */
    int err = table_put(&open->by_id, hold->hold_id, open->count);
    if (err == 0)
        open->holds[open->count++] = *hold;
    return err;
}

/* Nothing that was read so far tells of live holds or keys. */
static void forget_recent(struct load *load)
{
    load->open.count = 0;
    load->late = false;
    load->normal_until_ms = INT64_MAX;
    table_clear(&load->open.by_id);
    memset(load->rests, 0, load->open.max * sizeof(*load->rests));
    keys_clear(load->owner->keys);
    if (load->owner->habits)
        habits_clear(load->owner->habits);
}

/* Who used his hold, and who did not. Where its beginning was not read, nobody is blamed. */
static void learn_habit(struct load *load, const struct change *change,
                        const struct seats_hold *ended)
{
    struct habits *habits = load->owner->habits;
    if (!habits || ended->count == 0 || !id_is_zero(ended->wish_id))
        return;
    if (change_rule(change->kind)->seats_to == CHANGE_SEATS_SOLD)
        habits_used(habits, ended->hold_id, ended->account_id);
    else
        habits_unused(habits, ended->hold_id, ended->account_id, change->kind == CHANGE_EXPIRY,
                      change->at_ms - owner_made_ms(ended->hold_id), change->at_ms);
}

/* What a change leaves behind: live holds, rests, and keys. Orders and the sale's state have
 * rows of their own. */
static int replay_change(struct load *load, const struct change *change)
{
    const struct change_rule *rule = change_rule(change->kind);
    /* The order that a key is of has its hold's id. */
    struct seats_hold hold = {.hold_id =
                                  id_is_zero(change->hold_id) ? change->order_id : change->hold_id,
                              .account_id = change->account_id,
                              .person_id = change->person_id,
                              .wish_id = change->wish_id,
                              .prolonged = change->kind == CHANGE_EXTEND,
                              .paying = change->stage == CHANGE_STAGE_PAYING,
                              .expires_at_ms = change->expires_at_ms,
                              .count = change->seat_count,
                              .price_list = change->price_list};
    if (hold.price_list >= load->owner->list_count)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < hold.count; i++) {
        hold.seats[i] = change->seats[i];
        if (hold.seats[i] >= load->owner->options.hall->place_count)
            return ERR_CORRUPT;
        hold.types[i] = (uint8_t)change_type(change, i);
    }
    hold.code = change->code;
    hold.code_index = change->code_index;
    enum owner_why why;
    if (rule->seats_from != CHANGE_SEATS_BLOCKED && rule->seats_to != CHANGE_SEATS_BLOCKED &&
        rule->seats_from != CHANGE_SEATS_SOLD && rule->seats_from != CHANGE_SEATS_RESTING &&
        !owner_types_fit(load->owner, &hold, &why))
        return ERR_CORRUPT;
    struct seats_hold gone = hold; /* whose seats the change frees, if it does */
    int err = 0;
    if (change->kind == CHANGE_CLOCK)
        forget_recent(load);
    if (rule->seats_from == CHANGE_SEATS_HELD) {
        gone = close_hold(load, hold.hold_id, change->at_ms);
        if (rule->seats_to != CHANGE_SEATS_HELD)
            learn_habit(load, change, &gone);
        hold.wish_id = gone.wish_id;
        hold.prolonged |= gone.prolonged;
        hold.paying |= gone.paying;
    }
    if (rule->seats_to == CHANGE_SEATS_FREE) {
        for (uint32_t i = 0; i < gone.count; i++)
            load->rests[gone.seats[i]] = change->rest_until_ms;
    }
    if (rule->seats_to == CHANGE_SEATS_HELD)
        err = open_hold(&load->open, &hold, change->at_ms);
    return err == 0 ? remember_key(load, change, &hold) : err;
}

/* One row: its hash, and its place after the one before where that was read too. */
static int replay_row(struct load *load, const struct ledger_row *row, struct ledger_tail *tail,
                      bool first)
{
    if (first)
        *tail = (struct ledger_tail){.seq = row->seq - 1,
                                     .epoch = row->epoch,
                                     .version = row->version_before,
                                     .at_ms = row->at_ms};
    if (first)
        memcpy(tail->hash, row->prev_hash, sizeof(tail->hash));
    int err = ledger_follow(load->owner->options.performance_id, row, tail) == LEDGER_OK
                  ? 0
                  : ERR_CORRUPT;
    struct arena arena;
    arena_init(&arena, LOAD_ARENA_MAX);
    struct change *changes;
    size_t count = 0;
    if (err == 0)
        err = ledger_unpack(row->body, &arena, &changes, &count);
    for (size_t i = 0; err == 0 && i < count; i++)
        err = replay_change(load, &changes[i]);
    arena_release(&arena);
    return err;
}

/* The time of one row. */
static int row_ms(struct load *load, uint64_t seq, int64_t *ret_at_ms)
{
    struct ledger_row *rows;
    size_t count;
    arena_reset(&load->arena);
    int err = load->store->ops->ledger_read(load->store, load->owner->options.performance_id, seq,
                                            1, &load->arena, &rows, &count, step_deadline());
    if (err == 0 && (count != 1 || rows[0].seq != seq))
        err = ERR_CORRUPT;
    if (err == 0)
        *ret_at_ms = rows[0].at_ms;
    return err;
}

/* The row to begin with: all that are not before from_ms are at or behind it. Looks back from the
 * end in steps that double, then between the last two, so a ledger costs its window's length and a
 * few rows more, however long it is. */
static int find_start(struct load *load, int64_t from_ms, uint64_t *ret_seq)
{
    uint64_t before = load->head.seq, start = load->head.seq + 1; /* before: too old, once found */
    int64_t at_ms = INT64_MAX;
    for (uint64_t step = LOAD_PAGE; before > 0; step *= 2) {
        before = before > step ? before - step : 0;
        int err = before > 0 ? row_ms(load, before, &at_ms) : 0;
        if (err != 0)
            return err;
        if (at_ms < from_ms)
            break;
        start = before;
    }
    while (start - before > LOAD_NEAR) {
        const uint64_t middle = before + (start - before) / 2;
        int err = row_ms(load, middle, &at_ms);
        if (err != 0)
            return err;
        if (at_ms < from_ms)
            before = middle;
        else
            start = middle;
    }
    *ret_seq = before + 1;
    return 0;
}

/* How long a hold lives at most: it may be extended while its buyer pays, or to pay later. */
static int64_t longest_hold_ms(const struct load *load)
{
    uint32_t for_ms = load->owner->options.hold_ttl_ms > load->later_ms
                          ? load->owner->options.hold_ttl_ms
                          : load->later_ms;
    if (load->owner->has_waited && for_ms < LEDGER_OFFER_MAX_MS)
        for_ms = LEDGER_OFFER_MAX_MS;
    return (int64_t)for_ms + LEDGER_EXTEND_MAX_MS;
}

static int load_ledger(struct load *load, uint64_t from_seq)
{
    struct ledger_tail tail = {0};
    bool first = true;
    while (from_seq <= load->head.seq) {
        struct ledger_row *rows;
        size_t count;
        arena_reset(&load->arena);
        int err = load->store->ops->ledger_read(load->store, load->owner->options.performance_id,
                                                from_seq, LOAD_PAGE, &load->arena, &rows, &count,
                                                step_deadline());
        if (err == 0 && count == 0)
            err = ERR_CORRUPT; /* the head's own row is always within */
        if (err == 0 && first && from_seq > 1)
            load->normal_until_ms = rows[0].at_ms + longest_hold_ms(load) + LOAD_SLACK_MS;
        for (size_t i = 0; err == 0 && i < count; i++, first = false)
            err = replay_row(load, &rows[i], &tail, first);
        if (err != 0)
            return err;
        from_seq = tail.seq + 1;
    }
    const bool whole =
        load->head.seq == 0 || (tail.seq == load->head.seq && tail.version == load->head.version &&
                                memcmp(tail.hash, load->head.head_hash, sizeof(tail.hash)) == 0);
    return whole ? 0 : ERR_CORRUPT;
}

/* The holds and keys of the ledger's recent rows. A hold that began before them and ended later
 * than holds do may have had company whose end was never written: then all rows are read. */
static int load_recent(struct load *load, int64_t last_ms)
{
    const struct owner *owner = load->owner;
    uint64_t from_seq = 1;
    int err = load->store->sql
                  ? playbill_longest_later(load->store->sql, owner->options.performance_id,
                                           &load->later_ms, step_deadline())
                  : 0;
    if (err == 0)
        err = find_start(load, last_ms - longest_hold_ms(load) - OWNER_KEY_KEEP_MS - LOAD_SLACK_MS,
                         &from_seq);
    load->normal_until_ms = INT64_MAX;
    if (err == 0)
        err = load_ledger(load, from_seq);
    if (err != 0 || !load->late)
        return err;
    log_event(LOG_WARN, "owner.late_ends",
              log_uint("usher.performance", owner->options.performance_id));
    forget_recent(load);
    return load_ledger(load, 1);
}

/* ---- all of it ---- */

/* The owner's time from now on: never less than what it was, or than what is written. */
static void set_time(struct owner *owner, int64_t last_ms)
{
    int64_t now_ms = clock_wall_ms(loop_clock(owner->options.loop));
    if (now_ms < last_ms) {
        if (!owner->has_time)
            log_event(LOG_WARN, "owner.clock_behind",
                      log_uint("usher.performance", owner->options.performance_id),
                      log_int("usher.behind_ms", last_ms - now_ms));
        now_ms = last_ms;
    }
    if (owner->has_time && now_ms < owner_now_ms(owner))
        now_ms = owner_now_ms(owner);
    owner->base_wall_ms = now_ms;
    owner->base_mono_ns = loop_now_ns(owner->options.loop);
    owner->has_time = true;
}

static int load_into(struct load *load)
{
    struct owner *owner = load->owner;
    const struct hall *hall = owner->options.hall;
    int err = load->store->ops->claim(load->store, owner->options.performance_id, &load->arena,
                                      &load->head, step_deadline());
    if (err != 0)
        return err;
    owner->epoch = load->head.epoch;
    owner->seq = load->head.seq;
    owner->version = owner->version_decided = load->head.version;
    owner->sale_state = owner->committed_sale_state = load->head.sale_state;
    memcpy(owner->head_hash, load->head.head_hash, sizeof(owner->head_hash));

    const struct seats_limits limits = {.places_max = owner->options.places_max,
                                        .accounts_max = hall->place_count};
    seats_free(owner->seats);
    owner->seats = NULL;
    memset(owner->sold, 0, hall->place_count * sizeof(*owner->sold));
    keys_clear(owner->keys);
    owner_uses_forget(owner);
    if (owner->habits)
        habits_clear(owner->habits);
    err = seats_new(hall, &limits, &owner->seats);
    if (err == 0)
        err = owner_load_prices(owner, &load->arena, step_deadline());
    if (err == 0)
        err = load_orders(load);
    if (err == 0)
        err = compare_sold(load);
    if (err == 0)
        err = load_blocks(load);
    if (err == 0) {
        arena_reset(&load->arena);
        err = owner_load_waiting(owner, &load->arena, step_deadline());
    }
    int64_t last_ms = 0;
    if (err == 0)
        err = load->head.seq > 0 ? row_ms(load, load->head.seq, &last_ms) : 0;
    if (err != 0)
        return err;

    if (last_ms < 0 || last_ms > INT64_MAX / 2)
        return ERR_CORRUPT; /* no time that an owner writes */
    owner->head_at_ms = last_ms;
    set_time(owner, last_ms);
    err = load_recent(load, last_ms);
    for (uint32_t i = 0; err == 0 && i < load->open.count; i++) {
        struct seats_hold *hold = &load->open.holds[i];
        struct seats_refusal refusal;
        err = seats_hold(owner->seats, hold, hold->expires_at_ms - 1, &refusal);
        if (err != 0)
            err = ERR_CORRUPT;
        if (err == 0 && hold->code != 0 && owner_uses_ready(owner) != 0)
            err = ERR_NO_MEMORY;
        if (err == 0)
            owner_use(owner, hold, (int32_t)hold->count);
        if (err == 0)
            owner_load_offer(owner, hold);
    }
    for (uint32_t seat = 0; err == 0 && seat < hall->place_count; seat++) {
        if (load->rests[seat] != 0 && seats_rest(owner->seats, &seat, 1, load->rests[seat]) != 0)
            err = ERR_CORRUPT;
    }
    return err;
}

/* What was read piece by piece is one state only if nobody else has claimed, and perhaps committed,
 * meanwhile. Otherwise it may look damaged, or whole, and be neither. */
static int check_epoch(struct load *load)
{
    struct store_performance head = {0};
    arena_reset(&load->arena);
    int err = load->store->ops->performance_get(load->store, load->owner->options.performance_id,
                                                &load->arena, &head, step_deadline());
    return err == 0 && head.epoch != load->head.epoch ? ERR_FENCED : err;
}

int owner_load(struct owner *owner)
{
    const uint32_t places = owner->options.hall->place_count;
    struct load load = {.owner = owner, .store = owner->options.store};
    const int64_t began_ns = fiber_now_ns();
    arena_init(&load.arena, LOAD_ARENA_MAX);
    load.open.max = places;
    load.open.holds = calloc(places, sizeof(*load.open.holds));
    load.rests = calloc(places, sizeof(*load.rests));
    uint8_t *states = calloc(1, (places + 3) / 4);
    int err = table_init(&load.open.by_id, places, 0);
    if (err == 0 && (!load.open.holds || !load.rests || !states))
        err = ERR_NO_MEMORY;
    if (err == 0)
        err = load_into(&load);
    const int fenced = err == 0 || err == ERR_CORRUPT ? check_epoch(&load) : 0;
    if (fenced != 0)
        err = fenced;
    if (err == 0) {
        seats_check(owner->seats);
        load.figures.counts = seats_counts(owner->seats);
        load.figures.sale_state = owner->sale_state;
        load.figures.price_list = owner->list_count - 1;
        load.figures.offer_ms = owner->offer_ms;
        owner_tell_prices(owner, 1);
        owner->told = true;
        owner->told_version = owner->version;
        owner_publish(owner, &load.figures);
        seats_snapshot(owner->seats, states);
        const struct owner_listener *listener = &owner->options.listener;
        if (listener->loaded)
            listener->loaded(listener->state,
                             &(struct owner_public){.version = owner->version,
                                                    .sale_state = owner->sale_state,
                                                    .price_list = owner->list_count - 1},
                             states);
        metric_observe_ns(&load_time, fiber_now_ns() - began_ns);
    }
    free(states);
    free(load.open.holds);
    free(load.rests);
    table_release(&load.open.by_id);
    arena_release(&load.arena);
    return err;
}
