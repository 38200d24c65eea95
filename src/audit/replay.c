#include "audit/replay.h"
#include "audit/extend.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/codes.h"
#include "audit/moves.h"
#include "audit/prices.h"
#include "audit/waiting.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "sale/payment.h"
#include "usher/v1/ticket.pb-c.h"

void audit_find(struct audit_replay *r, const char *format, ...)
{
    struct audit_report *report = r->report;
    if (report->finding_count++ >= AUDIT_FINDINGS_MAX)
        return;
    struct audit_finding *finding = &report->findings[report->finding_count - 1];
    finding->performance_id = r->performance ? r->performance->performance_id : 0;
    finding->seq = r->seq;
    finding->entry = r->entry;
    int len = 0;
    if (finding->performance_id && r->seq && r->entry)
        len = snprintf(finding->text, AUDIT_TEXT_BYTES,
                       "performance %" PRIu32 ", row %" PRIu64 ", entry %" PRIu32 ": ",
                       finding->performance_id, r->seq, r->entry);
    else if (finding->performance_id && r->seq)
        len =
            snprintf(finding->text, AUDIT_TEXT_BYTES, "performance %" PRIu32 ", row %" PRIu64 ": ",
                     finding->performance_id, r->seq);
    else if (finding->performance_id)
        len = snprintf(finding->text, AUDIT_TEXT_BYTES, "performance %" PRIu32 ": ",
                       finding->performance_id);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text + len, AUDIT_TEXT_BYTES - (size_t)len, format, arguments);
    va_end(arguments);
}

const char *audit_id(struct id id, struct audit_id *buffer)
{
    id_format(id, buffer->text);
    return buffer->text;
}

#define AUDIT_REASONS_MAX (256u << 20) /* bytes of all reasons that were ever written */

/* a - b, at the ends of the range where that is too far: times may be anything in a forged row. */
static int64_t ms_between(int64_t a, int64_t b)
{
    int64_t span;
    if (__builtin_sub_overflow(a, b, &span))
        return a > b ? INT64_MAX : INT64_MIN;
    return span;
}

void *audit_list_add(struct audit_list *list, size_t size)
{
    if (list->count == list->cap) {
        uint32_t cap = list->cap ? 2 * list->cap : 64;
        void *items = cap > list->cap ? reallocarray(list->items, cap, size) : NULL;
        if (!items)
            return NULL;
        list->items = items;
        list->cap = cap;
    }
    void *item = (char *)list->items + (size_t)list->count++ * size;
    memset(item, 0, size);
    return item;
}

uint32_t audit_place(const struct table *table, struct id id)
{
    uint32_t place = AUDIT_NONE;
    return table_get(table, id, &place) ? place : AUDIT_NONE;
}

/* Remembers an id; the zero id is none and stays unknown. */
static int put_place(struct table *table, struct id id, uint32_t place)
{
    if (id_is_zero(id))
        return 0;
    int rc = table_reserve(table, table->count + 1);
    return rc < 0 ? rc : table_put(table, id, place);
}

static bool is_known(const struct table *table, struct id id)
{
    uint32_t place;
    return table_get(table, id, &place);
}

int audit_replay_init(struct audit_replay *r, struct audit_report *report,
                      const struct store_performance *performance, uint32_t place_count,
                      const uint32_t *categories)
{
    *r = (struct audit_replay){.report = report,
                               .performance = performance,
                               .place_count = place_count,
                               .categories = categories,
                               .at_ms = INT64_MIN,
                               .due = AUDIT_NONE,
                               .sale_state = performance->first_sale_state};
    r->hold_of_seat = malloc(((size_t)place_count + 1) * sizeof(uint32_t));
    r->order_of_seat = malloc(((size_t)place_count + 1) * sizeof(uint32_t));
    r->rest_of_seat = calloc((size_t)place_count + 1, sizeof(*r->rest_of_seat));
    arena_init(&r->reasons, AUDIT_REASONS_MAX);
    r->block_of_seat = calloc((size_t)place_count + 1, sizeof(*r->block_of_seat));
    if (!r->hold_of_seat || !r->order_of_seat || !r->rest_of_seat || !r->block_of_seat ||
        audit_first_prices(r) != 0) {
        audit_replay_release(r);
        return ERR_NO_MEMORY;
    }
    for (uint32_t seat = 0; seat < place_count; seat++)
        r->hold_of_seat[seat] = r->order_of_seat[seat] = AUDIT_NONE;
    return 0;
}

void audit_replay_release(struct audit_replay *r)
{
    free(r->hold_of_seat);
    free(r->order_of_seat);
    free(r->rest_of_seat);
    free(r->block_of_seat);
    arena_release(&r->reasons);
    free(r->lists.items);
    free(r->plans.items);
    free(r->wishes.items);
    free(r->holds.items);
    free(r->free_holds.items);
    free(r->orders.items);
    free(r->accounts.items);
    free(r->keys.items);
    table_release(&r->hold_places);
    table_release(&r->order_places);
    table_release(&r->account_places);
    table_release(&r->key_places);
    table_release(&r->uses);
    table_release(&r->wish_places);
    *r = (struct audit_replay){0};
}

static struct audit_hold *hold_at(const struct audit_replay *r, uint32_t place)
{
    return (struct audit_hold *)r->holds.items + place;
}

static uint32_t *places_of(const struct audit_replay *r, uint32_t account)
{
    return (uint32_t *)r->accounts.items + account;
}

int audit_find_account(struct audit_replay *r, struct id account_id, uint32_t *ret_account)
{
    uint32_t account = audit_place(&r->account_places, account_id);
    if (account == AUDIT_NONE) {
        account = r->accounts.count;
        if (!audit_list_add(&r->accounts, sizeof(uint32_t)))
            return ERR_NO_MEMORY;
        int rc = put_place(&r->account_places, account_id, account);
        if (rc < 0)
            return rc;
    }
    *ret_account = account;
    return 0;
}

bool audit_is_held(const struct audit_replay *r, uint32_t seat, bool offered)
{
    const uint32_t place = r->hold_of_seat[seat];
    return place != AUDIT_NONE && !id_is_zero(hold_at(r, place)->wish_id) == offered;
}

uint32_t audit_places_of(const struct audit_replay *r, uint32_t account)
{
    return *places_of(r, account);
}

/* A key names one request of an account for as long as it is kept (P5). */
static int use_key(struct audit_replay *r, const struct change *change)
{
    uint8_t bytes[ID_BYTES + CHANGE_KEY_MAX], hash[LEDGER_HASH_BYTES];
    struct id name;
    if (change->key_len == 0)
        return 0;
    id_to_bytes(change->account_id, bytes);
    memcpy(bytes + ID_BYTES, change->key, change->key_len);
    sha256(view_of(bytes, ID_BYTES + change->key_len), hash);
    int rc = id_from_bytes(view_of(hash, ID_BYTES), &name);
    assert(rc == 0);
    uint32_t place = audit_place(&r->key_places, name);
    int64_t keep_ms = (int64_t)r->performance->hold_ttl_ms + LEDGER_KEY_KEEP_MS;
    if (place == AUDIT_NONE) {
        place = r->keys.count;
        if (!audit_list_add(&r->keys, sizeof(int64_t)))
            return ERR_NO_MEMORY;
        rc = put_place(&r->key_places, name, place);
    } else {
        const int64_t age_ms = ms_between(change->at_ms, ((int64_t *)r->keys.items)[place]);
        if (age_ms < keep_ms)
            audit_find(r, "an idempotency key of the account was used before, %" PRId64 " ms ago",
                       age_ms);
    }
    ((int64_t *)r->keys.items)[place] = change->at_ms;
    return rc;
}

/* Finds what is wrong with claiming these seats; true where all are in the hall. */
static bool check_seats(struct audit_replay *r, const struct change *change)
{
    bool inside = true;
    for (uint32_t i = 0; i < change->seat_count; i++)
        if (change->seats[i] >= r->place_count) {
            audit_find(r, "seat %" PRIu32 " is not in the hall of %" PRIu32 " places",
                       change->seats[i], r->place_count);
            inside = false;
        }
    return inside;
}

static void check_free(struct audit_replay *r, const struct change *change)
{
    struct audit_id id;
    for (uint32_t i = 0; i < change->seat_count; i++) {
        uint32_t order = r->order_of_seat[change->seats[i]],
                 hold = r->hold_of_seat[change->seats[i]];
        if (order != AUDIT_NONE)
            audit_find(r, "seat %" PRIu32 " is held while it is sold to order %s", change->seats[i],
                       audit_id(audit_order_at(r, order)->row.order_id, &id));
        if (hold != AUDIT_NONE)
            audit_find(r, "seat %" PRIu32 " is held twice: hold %s has it", change->seats[i],
                       audit_id(hold_at(r, hold)->hold_id, &id));
        if (r->rest_of_seat[change->seats[i]] != 0)
            audit_find(r, "seat %" PRIu32 " is held while it rests", change->seats[i]);
        if (!id_is_zero(r->block_of_seat[change->seats[i]].block_id))
            audit_find(r, "seat %" PRIu32 " is held while it is kept back", change->seats[i]);
    }
}

void audit_begin_rest(struct audit_replay *r, const struct change *change, const uint32_t *seats,
                      uint32_t count)
{
    const int64_t rest_ms = ms_between(change->rest_until_ms, change->at_ms);
    if (change->rest_until_ms == 0)
        return;
    if (rest_ms <= 0 || rest_ms > (int64_t)r->performance->rest_ms)
        audit_find(r, "a rest of %" PRId64 " ms, where the performance says %" PRIu32 " at most",
                   rest_ms, r->performance->rest_ms);
    for (uint32_t i = 0; i < count; i++)
        if (seats[i] < r->place_count)
            r->rest_of_seat[seats[i]] = change->rest_until_ms;
}

static void replay_rested(struct audit_replay *r, const struct change *change)
{
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t seat = change->seats[i];
        if (seat >= r->place_count || r->rest_of_seat[seat] == 0) {
            audit_find(r, "seat %" PRIu32 " has rested, but did not rest", seat);
            continue;
        }
        if (change->at_ms < r->rest_of_seat[seat])
            audit_find(r, "seat %" PRIu32 " has rested %" PRId64 " ms before its time", seat,
                       ms_between(r->rest_of_seat[seat], change->at_ms));
        r->rest_of_seat[seat] = 0;
    }
}

static void check_unused(struct audit_replay *r, uint32_t seat)
{
    struct audit_id id;
    const uint32_t order = r->order_of_seat[seat], hold = r->hold_of_seat[seat];
    if (order != AUDIT_NONE)
        audit_find(r, "seat %" PRIu32 " is kept back while order %s has it", seat,
                   audit_id(audit_order_at(r, order)->row.order_id, &id));
    if (hold != AUDIT_NONE)
        audit_find(r, "seat %" PRIu32 " is kept back while hold %s has it", seat,
                   audit_id(hold_at(r, hold)->hold_id, &id));
    if (r->rest_of_seat[seat] != 0)
        audit_find(r, "seat %" PRIu32 " is kept back while it rests", seat);
    if (!id_is_zero(r->block_of_seat[seat].block_id))
        audit_find(r, "seat %" PRIu32 " is kept back twice", seat);
}

/* Places are kept back that nobody has, until a time that is not over (P7). */
static int replay_block(struct audit_replay *r, const struct change *change)
{
    if (!check_seats(r, change))
        return 0;
    const char *reason = arena_copy(&r->reasons, view_of(change->reason, change->reason_len));
    if (!reason)
        return ERR_NO_MEMORY;
    if (change->expires_at_ms != 0 && change->expires_at_ms <= change->at_ms)
        audit_find(r, "places are kept back until a time that is over");
    for (uint32_t i = 0; i < change->seat_count; i++)
        check_unused(r, change->seats[i]);
    for (uint32_t i = 0; i < change->seat_count; i++)
        r->block_of_seat[change->seats[i]] =
            (struct store_block){.seat = change->seats[i],
                                 .block_id = change->block_id,
                                 .account_id = change->account_id,
                                 .until_ms = change->expires_at_ms,
                                 .reason = view_of(reason, change->reason_len)};
    return 0;
}

static void replay_unblock(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    if (!check_seats(r, change))
        return;
    for (uint32_t i = 0; i < change->seat_count; i++) {
        struct store_block *block = &r->block_of_seat[change->seats[i]];
        if (!id_eq(block->block_id, change->block_id)) {
            audit_find(r, "seat %" PRIu32 " is not kept back by block %s, which ends",
                       change->seats[i], audit_id(change->block_id, &text));
            continue;
        }
        if (change->by_time != 0 && (block->until_ms == 0 || change->at_ms < block->until_ms))
            audit_find(r, "block %s ends by its time, which is not over",
                       audit_id(change->block_id, &text));
        *block = (struct store_block){0};
    }
    audit_begin_rest(r, change, change->seats, change->seat_count);
}

static struct audit_hold *take_hold(struct audit_replay *r, uint32_t *ret_place)
{
    if (r->free_holds.count > 0) {
        *ret_place = ((uint32_t *)r->free_holds.items)[--r->free_holds.count];
        return hold_at(r, *ret_place);
    }
    *ret_place = r->holds.count;
    return audit_list_add(&r->holds, sizeof(struct audit_hold));
}

static void check_hold(struct audit_replay *r, const struct change *change)
{
    const uint32_t most_ms =
        change->kind == CHANGE_OFFER ? r->offer_ms : r->performance->hold_ttl_ms;
    if (change->expires_at_ms <= change->at_ms)
        audit_find(r, "a hold that has expired when it is made");
    else if (ms_between(change->expires_at_ms, change->at_ms) > (int64_t)most_ms)
        audit_find(r, "a hold of %" PRId64 " ms, longer than the performance's %" PRIu32,
                   ms_between(change->expires_at_ms, change->at_ms), most_ms);
    check_free(r, change);
}

/* Whom the places of a change count for. */
static struct id counted(const struct change *change)
{
    return id_is_zero(change->person_id) ? change->account_id : change->person_id;
}

/* A performance that counts persons knows whose every hold is; another knows of nobody's. */
static void check_person(struct audit_replay *r, const struct change *change)
{
    if (r->performance->person_rule != 0 && id_is_zero(change->person_id))
        audit_find(r, "a hold of nobody, where places are counted by person");
    if (r->performance->person_rule == 0 && !id_is_zero(change->person_id))
        audit_find(r, "a hold of a person, where places are counted by account");
}

static int replay_hold(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct id hold_id = change->hold_id;
    uint32_t account = 0, place = 0;
    r->report->counts.holds++;
    if (id_is_zero(hold_id) || is_known(&r->hold_places, hold_id)) {
        audit_find(r, "hold %s was made before", audit_id(hold_id, &text));
        return 0;
    }
    if (!check_seats(r, change))
        return 0;
    check_hold(r, change);
    check_person(r, change);
    audit_check_promise(r, change);
    if (change->kind == CHANGE_OFFER)
        audit_check_offer(r, change);
    int rc = audit_find_account(r, counted(change), &account);
    if (rc == 0)
        rc = use_key(r, change);
    if (rc < 0)
        return rc;
    audit_check_code(r, change, account, NULL);
    rc = audit_use_code(r, (struct price_use){change->code, change->code_index}, account,
                        change->seat_count);
    if (rc < 0)
        return rc;
    struct audit_hold *hold = take_hold(r, &place);
    if (!hold)
        return ERR_NO_MEMORY;
    *hold = (struct audit_hold){.hold_id = hold_id,
                                .account_id = change->account_id,
                                .account = account,
                                .made_at_ms = change->at_ms,
                                .expires_at_ms = change->expires_at_ms,
                                .price_list = change->price_list,
                                .wish_id = change->wish_id,
                                .use = {change->code, change->code_index},
                                .count = (uint32_t)change->seat_count};
    for (uint32_t i = 0; i < hold->count; i++) {
        hold->seats[i] = change->seats[i];
        hold->types[i] = change_type(change, i);
        r->hold_of_seat[change->seats[i]] = place;
    }
    *places_of(r, account) += hold->count;
    if (*places_of(r, account) > r->performance->places_max)
        audit_find(r, "%s %s has %" PRIu32 " places, more than the %" PRIu32 " it may",
                   id_is_zero(change->person_id) ? "account" : "person",
                   audit_id(counted(change), &text), *places_of(r, account),
                   r->performance->places_max);
    return put_place(&r->hold_places, hold_id, place);
}

/* Takes a live hold off its seats. Its account keeps the places: the caller says what becomes of
 * them. */
static int end_hold(struct audit_replay *r, uint32_t place)
{
    struct audit_hold *hold = hold_at(r, place);
    for (uint32_t i = 0; i < hold->count; i++)
        if (r->hold_of_seat[hold->seats[i]] == place)
            r->hold_of_seat[hold->seats[i]] = AUDIT_NONE;
    uint32_t *slot = audit_list_add(&r->free_holds, sizeof(*slot));
    if (!slot)
        return ERR_NO_MEMORY;
    *slot = place;
    return put_place(&r->hold_places, hold->hold_id, AUDIT_NONE);
}

static int replay_end(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    uint32_t place = audit_place(&r->hold_places, change->hold_id);
    if (place == AUDIT_NONE) {
        audit_find(r, "hold %s ends, but is not live", audit_id(change->hold_id, &text));
        return 0;
    }
    struct audit_hold *hold = hold_at(r, place);
    if (change->kind == CHANGE_EXPIRY && change->at_ms < hold->expires_at_ms)
        audit_find(r, "hold %s expires %" PRId64 " ms before its time",
                   audit_id(change->hold_id, &text),
                   ms_between(hold->expires_at_ms, change->at_ms));
    *places_of(r, hold->account) -= hold->count;
    audit_offer_ended(r, hold, false);
    audit_begin_rest(r, change, hold->seats, hold->count);
    int rc = audit_use_code(r, hold->use, hold->account, -(int64_t)hold->count);
    return rc == 0 ? end_hold(r, place) : rc;
}

static bool same_seats(const struct audit_hold *hold, const struct change *change)
{
    return hold->count == change->seat_count &&
           memcmp(hold->seats, change->seats, hold->count * sizeof(hold->seats[0])) == 0;
}

/* The hold's account, and its person where there is one. */
static bool same_person(const struct audit_replay *r, const struct audit_hold *hold,
                        const struct change *change)
{
    return id_eq(hold->account_id, change->account_id) &&
           hold->account == audit_place(&r->account_places, counted(change));
}

/* Of a live hold, what its places cost changes, and nothing else. */
static int replay_choose(struct audit_replay *r, const struct change *change)
{
    int rc = 0;
    struct audit_id text;
    const uint32_t place = audit_place(&r->hold_places, change->hold_id);
    audit_id(change->hold_id, &text);
    if (place == AUDIT_NONE) {
        audit_find(r, "types are chosen for hold %s, which is not live", text.text);
        return 0;
    }
    struct audit_hold *hold = hold_at(r, place);
    if (!same_seats(hold, change) || !same_person(r, hold, change))
        audit_find(r, "types are chosen for hold %s with another account or other seats",
                   text.text);
    else
        rc = audit_replay_types(r, change, hold);
    if (change->at_ms >= hold->expires_at_ms)
        audit_find(r, "types are chosen for hold %s after it has expired", text.text);
    if (change->expires_at_ms != hold->expires_at_ms)
        audit_find(r, "types are chosen for hold %s, and its time changes", text.text);
    return rc;
}

/* A live hold goes on, of the same account and seats, and not for ever (P4). */
static void replay_extend(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    uint32_t place = audit_place(&r->hold_places, change->hold_id);
    audit_id(change->hold_id, &text);
    if (place == AUDIT_NONE) {
        audit_find(r, "hold %s is extended, but is not live", text.text);
        return;
    }
    struct audit_hold *hold = hold_at(r, place);
    const int64_t most_ms = audit_longest_ms(r, change, hold);
    if (!same_seats(hold, change) || !same_person(r, hold, change))
        audit_find(r, "hold %s is extended with another account or other seats", text.text);
    audit_check_kept(r, change, hold);
    if (change->at_ms >= hold->expires_at_ms)
        audit_find(r, "hold %s is extended after it has expired", text.text);
    if (change->expires_at_ms <= hold->expires_at_ms)
        audit_find(r, "hold %s is extended to an earlier time", text.text);
    if (ms_between(change->expires_at_ms, hold->made_at_ms) > most_ms)
        audit_find(r, "hold %s is extended to %" PRId64 " ms in all, longer than %" PRId64,
                   text.text, ms_between(change->expires_at_ms, hold->made_at_ms), most_ms);
    hold->expires_at_ms = change->expires_at_ms;
}

/* What a sale must be: of a live hold of the same account and seats, in time (P3, P4). */
static void check_sale(struct audit_replay *r, const struct change *change,
                       const struct audit_hold *hold)
{
    struct audit_id text;
    if (!hold) {
        audit_find(r, "sold without a live hold: %s is none", audit_id(change->hold_id, &text));
    } else {
        if (change->at_ms >= hold->expires_at_ms)
            audit_find(r, "sold from hold %s, which has expired", audit_id(hold->hold_id, &text));
        if (!same_person(r, hold, change))
            audit_find(r, "sold from hold %s, which is another account's",
                       audit_id(hold->hold_id, &text));
        if (!same_seats(hold, change))
            audit_find(r, "the seats sold are not those of hold %s",
                       audit_id(hold->hold_id, &text));
        audit_check_paid(r, change, hold);
    }
    for (size_t i = 0; i < change->seat_count; i++)
        if (r->order_of_seat[change->seats[i]] != AUDIT_NONE)
            audit_find(r, "seat %" PRIu32 " is sold twice", change->seats[i]);
        else if (!id_is_zero(r->block_of_seat[change->seats[i]].block_id))
            audit_find(r, "seat %" PRIu32 " is sold while it is kept back", change->seats[i]);
        else if (r->hold_of_seat[change->seats[i]] != AUDIT_NONE &&
                 hold_at(r, r->hold_of_seat[change->seats[i]]) != hold)
            audit_find(r, "seat %" PRIu32 " is sold while another hold has it", change->seats[i]);
}

static int add_order(struct audit_replay *r, const struct change *change, uint32_t account)
{
    uint32_t place = r->orders.count;
    struct audit_order *order = audit_list_add(&r->orders, sizeof(*order));
    if (!order)
        return ERR_NO_MEMORY;
    order->account = account;
    order->use = (struct price_use){change->code, change->code_index};
    order->row = (struct store_order){.order_id = change->order_id,
                                      .account_id = change->account_id,
                                      .person_id = change->person_id,
                                      .hold_id = change->hold_id,
                                      .performance_id = r->performance->performance_id,
                                      .state = USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED,
                                      .payment_method = change->payment_method,
                                      .placed_at_ms = change->at_ms,
                                      .total = change->total};
    for (size_t i = 0; i < change->seat_count; i++) {
        for (unsigned k = 0; k < 4; k++)
            order->seat_bytes[4 * i + k] = (uint8_t)(change->seats[i] >> (8 * k));
        r->order_of_seat[change->seats[i]] = place;
    }
    order->row.seats.len = 4 * change->seat_count;
    if (change->amount_count > 0)
        order->row.amounts.len =
            store_amounts_write(change->price_list, change->seats, change->amounts,
                                change->type_count > 0 ? change->types : NULL, change->seat_count,
                                change->code, change->code_index, order->amount_bytes)
                .len;
    return put_place(&r->order_places, order->row.order_id, place);
}

static int replay_sale(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct id order_id = change->order_id;
    uint32_t account = 0;
    if (id_is_zero(order_id) || is_known(&r->order_places, order_id)) {
        audit_find(r, "order %s was placed before", audit_id(order_id, &text));
        return 0;
    }
    if (!check_seats(r, change))
        return 0;
    const bool backed = payment_backs(change->payment_method);
    if (backed != !id_is_zero(change->payment_id))
        audit_find(r,
                   backed ? "order %s is paid without a payment"
                          : "order %s has a payment, but is not paid by one",
                   audit_id(order_id, &text));
    if (r->sells_paid && payment_is_owed(change->payment_method) && change->total > 0)
        audit_find(r, "order %s is unpaid, and such orders were never taken",
                   audit_id(order_id, &text));
    int rc = audit_find_account(r, counted(change), &account);
    if (rc == 0)
        rc = use_key(r, change);
    if (rc < 0)
        return rc;
    uint32_t place = audit_place(&r->hold_places, change->hold_id);
    struct audit_hold *hold = place == AUDIT_NONE ? NULL : hold_at(r, place);
    check_sale(r, change, hold);
    if (hold)
        audit_offer_ended(r, hold, true);
    if (hold)
        *places_of(r, hold->account) -= hold->count;
    *places_of(r, account) += (uint32_t)change->seat_count;
    if (hold)
        rc = end_hold(r, place);
    return rc < 0 ? rc : add_order(r, change, account);
}

static int replay_cancel(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct id order_id = change->order_id;
    uint32_t place = audit_place(&r->order_places, order_id);
    struct audit_order *order = place == AUDIT_NONE ? NULL : audit_order_at(r, place);
    if (!order || order->row.state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED) {
        audit_find(r, "order %s is cancelled, but is not confirmed", audit_id(order_id, &text));
        return 0;
    }
    if (!id_eq(order->row.account_id, change->account_id))
        audit_find(r, "order %s is cancelled by another account", audit_id(order_id, &text));
    size_t count = order->row.seats.len / 4;
    bool same = change->seat_count == count;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *b = order->seat_bytes + 4 * i;
        uint32_t seat =
            (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        same = same && change->seats[i] == seat;
        if (r->order_of_seat[seat] == place)
            r->order_of_seat[seat] = AUDIT_NONE;
    }
    if (!same)
        audit_find(r, "the seats cancelled are not those of order %s", audit_id(order_id, &text));
    audit_begin_rest(r, change, change->seats, change->seat_count);
    order->row.state = USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED;
    *places_of(r, order->account) -= (uint32_t)count;
    return audit_use_code(r, order->use, order->account, -(int64_t)count);
}

/* Seats leave an order that goes on with the others. */
static int replay_give_back(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    const uint32_t place = audit_place(&r->order_places, change->order_id);
    struct audit_order *order = place == AUDIT_NONE ? NULL : audit_order_at(r, place);
    audit_id(change->order_id, &text);
    if (!order || order->row.state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED) {
        audit_find(r, "seats of order %s are given back, but it is not confirmed", text.text);
        return 0;
    }
    if (!id_eq(order->row.account_id, change->account_id))
        audit_find(r, "seats of order %s are given back by another account", text.text);
    const struct view had = view_of(order->seat_bytes, order->row.seats.len);
    bool same = store_seat_count(had) == change->seat_count + change->left_count;
    for (uint32_t i = 0; i < change->left_count; i++)
        same = same && store_seats_have(had, change->left[i]);
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t seat = change->seats[i];
        same = same && store_seats_have(had, seat);
        for (uint32_t k = 0; k < change->left_count; k++)
            same = same && change->left[k] != seat;
        if (same && r->order_of_seat[seat] == place)
            r->order_of_seat[seat] = AUDIT_NONE;
    }
    if (!same) {
        audit_find(r, "the seats given back and left are not those of order %s", text.text);
        return 0;
    }
    order->row.seats.len =
        store_seats_write(change->left, change->left_count, order->seat_bytes).len;
    *places_of(r, order->account) -= change->seat_count;
    audit_begin_rest(r, change, change->seats, change->seat_count);
    return audit_use_code(r, order->use, order->account, -(int64_t)change->seat_count);
}

/* A key that an order is answered under although another request placed it (P5). */
static int replay_order_key(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct id order_id = change->order_id, account_id = change->account_id;
    uint32_t place = audit_place(&r->order_places, order_id);
    if (place == AUDIT_NONE)
        audit_find(r, "a key of order %s, which was never placed", audit_id(order_id, &text));
    else if (!id_eq(audit_order_at(r, place)->row.account_id, account_id))
        audit_find(r, "a key of order %s, which is another account's", audit_id(order_id, &text));
    return use_key(r, change);
}

static void replay_sale_state(struct audit_replay *r, const struct change *change)
{
    if (!change_sale_may_go(r->sale_state, change->state))
        audit_find(r, "the sale goes from state %" PRIu32 " to %" PRIu32, r->sale_state,
                   change->state);
    r->sale_state = change->state;
}

/* Time runs anew: all live holds and rests are over, and no key is remembered. */
static int replay_clock(struct audit_replay *r, const struct change *change, int64_t before_ms)
{
    if (before_ms != INT64_MIN && change->before_ms != before_ms)
        audit_find(r, "the clock is set back from %" PRId64 ", which is not the time before",
                   change->before_ms);
    for (uint32_t seat = 0; seat < r->place_count; seat++) {
        const uint32_t place = r->hold_of_seat[seat];
        if (place == AUDIT_NONE)
            continue;
        struct audit_hold *hold = hold_at(r, place);
        *places_of(r, hold->account) -= hold->count;
        int rc = audit_use_code(r, hold->use, hold->account, -(int64_t)hold->count);
        if (rc == 0)
            rc = end_hold(r, place);
        if (rc < 0)
            return rc;
    }
    memset(r->rest_of_seat, 0, r->place_count * sizeof(*r->rest_of_seat));
    audit_offers_over(r);
    r->keys.count = 0;
    table_clear(&r->key_places);
    return 0;
}

int audit_replay_entry(struct audit_replay *r, const struct change *change)
{
    const int64_t before_ms = r->at_ms;
    r->report->counts.entries++;
    if (change->at_ms < r->at_ms && change->kind != CHANGE_CLOCK)
        audit_find(r, "its time is before the entry's before");
    r->at_ms = change->at_ms;
    audit_check_due(r, change);
    if (!change_fits_sale(change->kind, r->sale_state))
        audit_find(r, "a %s in a sale of state %" PRIu32, change_rule(change->kind)->name,
                   r->sale_state);
    switch (change->kind) {
    case CHANGE_HOLD:
    case CHANGE_OFFER:
        return replay_hold(r, change);
    case CHANGE_RELEASE:
    case CHANGE_EXPIRY:
        return replay_end(r, change);
    case CHANGE_SALE:
        return replay_sale(r, change);
    case CHANGE_CANCEL:
        return replay_cancel(r, change);
    case CHANGE_GIVE_BACK:
        return replay_give_back(r, change);
    case CHANGE_MOVE:
        return audit_replay_move(r, change);
    case CHANGE_RESTED:
        replay_rested(r, change);
        return 0;
    case CHANGE_SALE_STATE:
        replay_sale_state(r, change);
        return 0;
    case CHANGE_ORDER_KEY:
        return replay_order_key(r, change);
    case CHANGE_COLLECT:
        audit_replay_collect(r, change);
        return 0;
    case CHANGE_CLOCK:
        return replay_clock(r, change, before_ms);
    case CHANGE_EXTEND:
        replay_extend(r, change);
        return 0;
    case CHANGE_BLOCK:
        return replay_block(r, change);
    case CHANGE_UNBLOCK:
        replay_unblock(r, change);
        return 0;
    case CHANGE_PRICES:
        return audit_replay_prices(r, change);
    case CHANGE_PRICE_PLAN:
        return audit_replay_plan(r, change);
    case CHANGE_PRICE_PLAN_END:
        audit_replay_plan_end(r, change);
        return 0;
    case CHANGE_CHOOSE:
        return replay_choose(r, change);
    case CHANGE_WAITING:
        audit_replay_waiting(r, change);
        return 0;
    case CHANGE_WISH:
        return audit_replay_wish(r, change);
    case CHANGE_WISH_END:
        audit_replay_wish_end(r, change);
        return 0;
    }
    return 0; /* ledger_unpack gives none of another kind */
}
