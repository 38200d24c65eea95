#include "sim/truth.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/sha256.h"
#include "sale/payment.h"

#define wrong truth_wrong

bool truth_wrong(struct truth *truth, const char *format, ...)
{
    if (truth->error[0] != '\0')
        return false;
    int used =
        snprintf(truth->error, sizeof(truth->error), "ledger row %" PRIu64 ": ", truth->tail.seq);
    va_list args;
    va_start(args, format);
    vsnprintf(truth->error + used, sizeof(truth->error) - (size_t)used, format, args);
    va_end(args);
    return false;
}

void truth_init(struct truth *truth, const struct stage *stage)
{
    *truth = (struct truth){
        .store = stage->mem,
        .hall = stage->hall,
        .performance_id = stage->performance_id,
        .places_max = stage->options.places_max,
        .hold_ttl_ms = stage->options.hold_ttl_ms,
        .rest_ms = stage->options.rest_ms,
        .by_person = stage->options.by_person,
        .sale_state = stage->options.sale_state,
    };
    arena_init(&truth->arena, 64u << 20);
    truth->holds = calloc(TRUTH_HOLDS_MAX, sizeof(*truth->holds));
    truth->claims = calloc(stage->hall->place_count, sizeof(*truth->claims));
    truth->rests = calloc(stage->hall->place_count, sizeof(*truth->rests));
    truth->lists = calloc(PRICE_LISTS_MAX + 1, sizeof(*truth->lists));
    truth->plans = calloc(TRUTH_PLANS_MAX, sizeof(*truth->plans));
    assert(truth->lists && truth->plans);
    truth->list_count = 1;
    truth->lists[0].category_count = STAGE_CATEGORIES;
    memcpy(truth->lists[0].amounts, stage->prices, sizeof(stage->prices));
    truth->blocks = calloc(stage->hall->place_count, sizeof(*truth->blocks));
    truth->block_ends = calloc(stage->hall->place_count, sizeof(*truth->block_ends));
    truth->wishes = calloc(TRUTH_WISHES_MAX, sizeof(*truth->wishes));
    assert(truth->blocks && truth->block_ends && truth->wishes);
    truth->marks = calloc(TRUTH_VERSIONS_MAX, sizeof(*truth->marks));
    assert(truth->holds && truth->claims && truth->rests && truth->marks);
    int err = table_init(&truth->places, TRUTH_HOLDS_MAX, 0);
    assert(err == 0);
    err = table_init(&truth->keys, 2 * TRUTH_HOLDS_MAX, 0);
    assert(err == 0);
    struct store_performance row;
    err = truth->store->ops->performance_get(truth->store, truth->performance_id, &truth->arena,
                                             &row, DEADLINE_NEVER);
    assert(err == 0);
    memcpy(truth->tail.hash, row.head_hash, sizeof(truth->tail.hash)); /* the genesis hash */
}

void truth_release(struct truth *truth)
{
    free(truth->holds);
    free(truth->claims);
    free(truth->rests);
    free(truth->lists);
    free(truth->plans);
    free(truth->wishes);
    free(truth->blocks);
    free(truth->block_ends);
    free(truth->marks);
    table_release(&truth->places);
    table_release(&truth->keys);
    arena_release(&truth->arena);
}

/* ---- looking ---- */

struct truth_hold *truth_find(struct truth *truth, struct id hold_id)
{
    uint32_t place;
    return table_get(&truth->places, hold_id, &place) ? &truth->holds[place] : NULL;
}

enum seats_state truth_state(const struct truth *truth, uint32_t seat)
{
    if (!id_is_zero(truth->blocks[seat]))
        return SEATS_BLOCKED;
    if (truth->claims[seat] == 0)
        return truth->rests[seat] != 0 ? SEATS_RESTING : SEATS_FREE;
    const struct truth_hold *known = &truth->holds[truth->claims[seat] - 1];
    return known->fate == TRUTH_SOLD         ? SEATS_SOLD
           : id_is_zero(known->hold.wish_id) ? SEATS_HELD
                                             : SEATS_OFFERED;
}

struct seats_counts truth_counts(const struct truth *truth)
{
    struct seats_counts counts = {0};
    for (uint32_t seat = 0; seat < truth->hall->place_count; seat++) {
        const enum seats_state state = truth_state(truth, seat);
        counts.free += state == SEATS_FREE;
        counts.held += state == SEATS_HELD;
        counts.sold += state == SEATS_SOLD;
        counts.resting += state == SEATS_RESTING;
        counts.blocked += state == SEATS_BLOCKED;
        counts.offered += state == SEATS_OFFERED;
    }
    return counts;
}

uint32_t truth_count_fate(const struct truth *truth, enum truth_fate fate)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < truth->hold_count; i++)
        count += truth->holds[i].fate == fate;
    return count;
}

uint64_t truth_mark_of(uint32_t seat, enum seats_state state)
{
    if (state == SEATS_FREE)
        return 0;
    /* SplitMix64's finaliser (Steele, Lea, Flood 2014) */
    uint64_t x = (4 * (uint64_t)seat + (uint64_t)state) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t truth_mark_snapshot(const uint8_t *states, uint32_t place_count)
{
    uint64_t mark = 0;
    for (uint32_t seat = 0; seat < place_count; seat++)
        mark ^= truth_mark_of(seat, (enum seats_state)(states[seat / 4] >> 2 * (seat % 4) & 3));
    return mark;
}

/* ---- following ---- */

uint64_t truth_mark_of_hold(const struct seats_hold *hold, enum seats_state state)
{
    uint64_t mark = 0;
    for (uint32_t i = 0; i < hold->count; i++)
        mark ^= truth_mark_of(hold->seats[i], state);
    return mark;
}

/* The code of an entry, for its hold: of its list, good then or the hold's already, with places. */
static bool follow_code(struct truth *truth, const struct change *change, struct truth_hold *known)
{
    const struct price_list *list = &truth->lists[known->hold.price_list];
    const bool same =
        known->hold.code == change->code && known->hold.code_index == change->code_index;
    const struct price_code *code = price_list_code(list, change->code);
    const uint64_t opens = code ? code->opens : 0;
    uint32_t all = 0, by_whose = 0;
    known->hold.code = change->code;
    known->hold.code_index = change->code_index;
    if (code)
        truth_uses(truth, known, &all, &by_whose);
    if (change->code != 0 && !code)
        return wrong(truth, "a code that the list does not have");
    if (code && (change->code_index >= (code->count > 0 ? code->count : 1) ||
                 (!same && (change->at_ms < code->from_ms ||
                            (code->until_ms != 0 && change->at_ms >= code->until_ms)))))
        return wrong(truth, "a code out of its time, or that was never generated");
    if (code &&
        ((code->places != 0 && all + known->hold.count > code->places) ||
         (code->places_account != 0 && by_whose + known->hold.count > code->places_account)))
        return wrong(truth, "a code is overdrawn");
    truth->code_count += code != NULL;
    for (uint32_t i = 0; i < known->hold.count; i++) {
        const uint32_t category = truth->hall->seats[known->hold.seats[i]].category;
        if ((list->hidden & ~opens) >> category & 1)
            return wrong(truth, "a hidden place is held without a code");
    }
    return true;
}

/* The types of an entry, for its hold: of its list, to be had, and not more than may be. */
static bool follow_types(struct truth *truth, const struct change *change, struct truth_hold *known)
{
    const struct price_list *list = &truth->lists[known->hold.price_list];
    uint32_t wheelchairs = 0, companions = 0;
    if (!follow_code(truth, change, known))
        return false;
    for (uint32_t i = 0; i < known->hold.count; i++) {
        known->hold.types[i] = change->type_count > 0 ? (uint8_t)change->types[i] : 0;
        if (truth_amount(truth, known, known->hold.seats[i]) < 0)
            return wrong(truth, "seat %u has a price type that it cannot have",
                         known->hold.seats[i]);
        wheelchairs += truth->hall->seats[known->hold.seats[i]].kind == HALL_WHEELCHAIR;
    }
    for (uint32_t t = 0; t < list->type_count; t++) {
        uint32_t same = 0;
        for (uint32_t i = 0; i < known->hold.count; i++)
            same += known->hold.types[i] == list->types[t].number;
        companions += list->types[t].companion ? same : 0;
        if (list->types[t].most != 0 && same > list->types[t].most)
            return wrong(truth, "more places of a price type than may be");
    }
    return companions <= wheelchairs || wrong(truth, "companions of nobody");
}

static bool same_types(const struct truth_hold *known, const struct change *change)
{
    if (known->hold.code != change->code || known->hold.code_index != change->code_index)
        return false;
    for (uint32_t i = 0; i < known->hold.count; i++) {
        if (known->hold.types[i] != (change->type_count > 0 ? change->types[i] : 0))
            return false;
    }
    return true;
}

static int64_t price_of(const struct truth *truth, const struct truth_hold *known)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < known->hold.count; i++)
        total += truth_amount(truth, known, known->hold.seats[i]);
    return total;
}

struct truth_plan *truth_plan(const struct truth *truth, struct id plan_id)
{
    for (uint32_t i = 0; i < truth->plan_count; i++) {
        if (!truth->plans[i].over && id_eq(truth->plans[i].plan_id, plan_id))
            return &truth->plans[i];
    }
    return NULL;
}

static bool follow_plan(struct truth *truth, const struct change *change)
{
    struct truth_plan *plan = &truth->plans[truth->plan_count];
    assert(truth->plan_count < TRUTH_PLANS_MAX);
    if (change->from_ms <= change->at_ms || truth_plan(truth, change->plan_id))
        return wrong(truth, "prices wait for a time that is over, or twice");
    *plan = (struct truth_plan){.plan_id = change->plan_id, .from_ms = change->from_ms};
    if (price_list_read_plan(change->list, STAGE_CATEGORIES, &truth->arena, &plan->list) != 0)
        return wrong(truth, "prices wait that are none");
    truth->plan_count++;
    return true;
}

static bool follow_plan_end(struct truth *truth, const struct change *change)
{
    struct truth_plan *plan = truth_plan(truth, change->plan_id);
    if (!plan)
        return wrong(truth, "prices are taken back that do not wait");
    plan->over = true;
    truth->plans_ended++;
    return true;
}

/* Once, not before its time, and nothing but what was planned. */
static bool follow_plan_valid(struct truth *truth, const struct change *change)
{
    struct truth_plan *plan = truth_plan(truth, change->plan_id);
    struct price_list should = truth->lists[truth->list_count - 1];
    if (!plan)
        return wrong(truth, "prices become valid that do not wait");
    price_list_merge(&should, &plan->list);
    if (change->at_ms < plan->from_ms ||
        !price_list_same(&should, &truth->lists[truth->list_count]))
        return wrong(truth, "prices become valid before their time, or others than planned");
    plan->over = true;
    truth->plans_begun++;
    return true;
}

static bool follow_prices(struct truth *truth, const struct change *change)
{
    if (change->number != truth->list_count || truth->list_count > PRICE_LISTS_MAX)
        return wrong(truth, "price list %u follows list %u", change->number, truth->list_count - 1);
    if (price_list_read(change->list, change->number, STAGE_CATEGORIES, &truth->arena,
                        &truth->lists[truth->list_count]) != 0)
        return wrong(truth, "price list %u is none", change->number);
    if (!id_is_zero(change->plan_id) && !follow_plan_valid(truth, change))
        return false;
    truth->list_count++;
    return true;
}

uint32_t truth_places_of(const struct truth *truth, struct id whose)
{
    uint32_t places = 0;
    for (uint32_t seat = 0; seat < truth->hall->place_count; seat++)
        places += truth->claims[seat] != 0 &&
                  id_eq(seats_counted(&truth->holds[truth->claims[seat] - 1].hold), whose);
    return places;
}

static void give_back(struct truth *truth, struct truth_hold *known, enum truth_fate fate,
                      uint64_t version)
{
    const struct seats_hold *has = known->fate == TRUTH_SOLD ? &known->order : &known->hold;
    for (uint32_t i = 0; i < has->count; i++)
        truth->claims[has->seats[i]] = 0;
    known->fate = fate;
    known->ended_version = version;
}

/* What a change has freed rests, for a time within the stated one, where there is one. */
bool truth_follow_rest(struct truth *truth, const struct change *change,
                       const struct seats_hold *freed, uint64_t version)
{
    const int64_t rest_ms = change->rest_until_ms - change->at_ms;
    if (truth->rest_ms == 0)
        return change->rest_until_ms == 0 || wrong(truth, "P7: a rest in a sale without");
    if (rest_ms <= 0 || rest_ms > truth->rest_ms)
        return wrong(truth, "P7: a rest of %" PRId64 " ms, of at most %u", rest_ms, truth->rest_ms);
    for (uint32_t i = 0; i < freed->count; i++)
        truth->rests[freed->seats[i]] = change->rest_until_ms;
    truth->marks[version] ^= truth_mark_of_hold(freed, SEATS_RESTING);
    return true;
}

static bool follow_rested(struct truth *truth, const struct change *change, uint64_t version)
{
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t seat = change->seats[i];
        if (seat >= truth->hall->place_count || truth->rests[seat] == 0)
            return wrong(truth, "P7: seat %u has rested, and did not rest", seat);
        if (change->at_ms < truth->rests[seat])
            return wrong(truth, "P7: seat %u is for sale before its rest is over", seat);
        truth->rests[seat] = 0;
        truth->marks[version] ^= truth_mark_of(seat, SEATS_RESTING);
    }
    truth->rest_count++;
    return true;
}

static bool follow_hold(struct truth *truth, const struct change *change, uint64_t version)
{
    struct truth_hold *known = &truth->holds[truth->hold_count];
    assert(truth->hold_count < TRUTH_HOLDS_MAX);
    *known = (struct truth_hold){.fate = TRUTH_HELD,
                                 .held_at_ms = change->at_ms,
                                 .granted_until_ms = change->expires_at_ms,
                                 .held_version = version,
                                 .hold = {.hold_id = change->hold_id,
                                          .account_id = change->account_id,
                                          .person_id = change->person_id,
                                          .wish_id = change->wish_id,
                                          .count = (uint32_t)change->seat_count,
                                          .price_list = change->price_list,
                                          .expires_at_ms = change->expires_at_ms}};
    if (truth_find(truth, known->hold.hold_id))
        return wrong(truth, "a hold id comes twice");
    if (change->expires_at_ms <= change->at_ms)
        return wrong(truth, "a hold that ends before it begins");
    if (!(change->kind == CHANGE_OFFER ? truth_check_offer : truth_check_public)(truth, change))
        return false;
    if (change->price_list != truth->list_count - 1)
        return wrong(truth, "a hold by price list %u, where %u is valid", change->price_list,
                     truth->list_count - 1);
    for (uint32_t i = 0; i < known->hold.count; i++) {
        const uint32_t seat = change->seats[i];
        if (seat >= truth->hall->place_count)
            return wrong(truth, "seat %u is not in the hall", seat);
        if (truth->claims[seat] != 0)
            return wrong(truth, "P1: seat %u is held while it is %s", seat,
                         truth_state(truth, seat) == SEATS_SOLD ? "sold" : "held");
        if (truth->rests[seat] != 0)
            return wrong(truth, "P7: seat %u is held while it rests", seat);
        if (!id_is_zero(truth->blocks[seat]))
            return wrong(truth, "P7: seat %u is held while it is kept back", seat);
        known->hold.seats[i] = seat;
    }
    if (!truth_check_rules(truth, change) || !follow_types(truth, change, known))
        return false;
    known->total = known->held_total = price_of(truth, known);
    int err = table_put(&truth->places, known->hold.hold_id, truth->hold_count++);
    assert(err == 0);
    for (uint32_t i = 0; i < known->hold.count; i++)
        truth->claims[known->hold.seats[i]] = truth->hold_count;
    if (truth->by_person == id_is_zero(known->hold.person_id))
        return wrong(truth, "a hold without its person, or with one where none is asked");
    if (truth_places_of(truth, seats_counted(&known->hold)) > truth->places_max)
        return wrong(truth, "an account, or a person, has more places than it may");
    truth->marks[version] ^= truth_mark_of_hold(&known->hold, SEATS_HELD);
    return true;
}

static bool follow_block(struct truth *truth, const struct change *change, uint64_t version)
{
    if (change->expires_at_ms != 0 && change->expires_at_ms <= change->at_ms)
        return wrong(truth, "P7: a block that is over when it begins");
    if (change->reason_len == 0)
        return wrong(truth, "P7: a block without a reason");
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t seat = change->seats[i];
        if (seat >= truth->hall->place_count || truth_state(truth, seat) != SEATS_FREE)
            return wrong(truth, "P7: seat %u is kept back, and is not free", seat);
        truth->blocks[seat] = change->block_id;
        truth->block_ends[seat] = change->expires_at_ms;
        truth->marks[version] ^= truth_mark_of(seat, SEATS_SOLD); /* as it is told */
    }
    truth->block_count++;
    return true;
}

static bool follow_unblock(struct truth *truth, const struct change *change, uint64_t version)
{
    struct seats_hold freed = {.count = change->seat_count};
    memcpy(freed.seats, change->seats, sizeof(freed.seats));
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const uint32_t seat = change->seats[i];
        if (seat >= truth->hall->place_count || !id_eq(truth->blocks[seat], change->block_id))
            return wrong(truth, "P7: seat %u leaves a block that does not have it", seat);
        if (change->by_time &&
            (truth->block_ends[seat] == 0 || change->at_ms < truth->block_ends[seat]))
            return wrong(truth, "P7: seat %u leaves its block before the time", seat);
        truth->blocks[seat] = (struct id){0};
        truth->block_ends[seat] = 0;
        truth->marks[version] ^= truth_mark_of(seat, SEATS_SOLD);
    }
    truth->block_count++;
    truth->block_over += change->by_time;
    return truth_follow_rest(truth, change, &freed, version);
}

/* The hold that an entry ends, or NULL. */
static struct truth_hold *live(struct truth *truth, const struct change *change)
{
    struct truth_hold *known = truth_find(truth, change->hold_id);
    if (known && known->fate == TRUTH_HELD)
        return known;
    wrong(truth, "%s of a hold that %s", change_rule(change->kind)->name,
          known ? "has ended" : "never was");
    return NULL;
}

static bool follow_end(struct truth *truth, const struct change *change, uint64_t version)
{
    const bool expiry = change->kind == CHANGE_EXPIRY;
    struct truth_hold *known = live(truth, change);
    if (!known)
        return false;
    const int64_t late_ms = change->at_ms - known->hold.expires_at_ms;
    if (expiry && late_ms < 0)
        return wrong(truth, "a hold expires %" PRId64 " ms early", -late_ms);
    if (expiry && late_ms > truth->late_max_ms)
        truth->late_max_ms = late_ms;
    if (!expiry && !known->release_asked)
        return wrong(truth, "a release that its account did not ask for");
    truth->marks[version] ^= truth_mark_of_hold(&known->hold, SEATS_HELD);
    give_back(truth, known, expiry ? TRUTH_EXPIRED : TRUTH_RELEASED, version);
    truth_offer_ended(truth, known, false);
    return truth_follow_rest(truth, change, &known->hold, version);
}

static bool same_seats(const struct seats_hold *hold, const uint32_t *seats, size_t count)
{
    return hold->count == count && memcmp(hold->seats, seats, count * sizeof(*seats)) == 0;
}

static bool follow_extend(struct truth *truth, const struct change *change)
{
    struct truth_hold *known = live(truth, change);
    if (!known)
        return false;
    if (known->hold.expires_at_ms <= change->at_ms)
        return wrong(truth, "P4: an expired hold is extended");
    if (!id_eq(change->account_id, known->hold.account_id) ||
        !id_eq(change->person_id, known->hold.person_id) ||
        !same_seats(&known->hold, change->seats, change->seat_count))
        return wrong(truth, "an extension of another account or other seats");
    if (change->price_list != known->hold.price_list || !same_types(known, change))
        return wrong(truth, "an extension by another price list, or with other types");
    if (change->expires_at_ms <= known->hold.expires_at_ms)
        return wrong(truth, "a hold is extended to an earlier time");
    const bool paying = change->stage == CHANGE_STAGE_PAYING;
    const int64_t more_ms = change->expires_at_ms - known->held_at_ms - truth->hold_ttl_ms;
    const int64_t most_ms = paying ? LEDGER_EXTEND_MAX_MS : LEDGER_START_MAX_MS;
    if ((paying && known->hold.paying) || (id_is_zero(known->hold.wish_id) && more_ms > most_ms))
        return wrong(truth, "extended by %" PRId64 " ms at stage %u", more_ms, change->stage);
    known->hold.paying |= paying;
    known->hold.expires_at_ms = change->expires_at_ms;
    return true;
}

static bool follow_choose(struct truth *truth, const struct change *change)
{
    struct truth_hold *known = live(truth, change);
    if (!known)
        return false;
    if (known->hold.expires_at_ms <= change->at_ms)
        return wrong(truth, "P4: types are chosen for an expired hold");
    if (!id_eq(change->account_id, known->hold.account_id) ||
        !id_eq(change->person_id, known->hold.person_id) ||
        !same_seats(&known->hold, change->seats, change->seat_count))
        return wrong(truth, "types of another account or other seats");
    if (change->price_list != known->hold.price_list ||
        change->expires_at_ms != known->hold.expires_at_ms)
        return wrong(truth, "types by another price list, or with another time");
    truth->choices++;
    if (!follow_types(truth, change, known))
        return false;
    known->total = price_of(truth, known);
    return true;
}

static bool follow_sale(struct truth *truth, const struct change *change, uint64_t version)
{
    struct truth_hold *known = live(truth, change);
    if (!known)
        return false;
    if (known->hold.expires_at_ms <= change->at_ms)
        return wrong(truth, "P4: an expired hold is sold");
    if (!id_eq(change->person_id, known->hold.person_id))
        return wrong(truth, "a sale to another person than held");
    if (!id_eq(change->account_id, known->hold.account_id) || !known->order_asked)
        return wrong(truth, "a sale that the hold's account did not ask for");
    if (!same_seats(&known->hold, change->seats, change->seat_count))
        return wrong(truth, "P3: the seats of a sale are not its hold's");
    if (payment_is_comp(change->payment_method)) /* from now on it costs nothing */
        known->comp = true, known->total = 0;
    if (change->total != known->total)
        return wrong(truth, "a sale at %" PRId64 ", not %" PRId64, change->total, known->total);
    if (change->price_list != known->hold.price_list || !same_types(known, change) ||
        change->amount_count != (change->price_list > 0 || known->comp ? change->seat_count : 0))
        return wrong(truth, "a sale by another price list, or without its amounts");
    for (uint32_t i = 0; i < change->amount_count; i++) {
        if (change->amounts[i] != truth_amount(truth, known, change->seats[i]))
            return wrong(truth, "seat %u is sold for another amount", change->seats[i]);
    }
    known->fate = TRUTH_SOLD;
    known->order = known->hold;
    known->sold_at_ms = change->at_ms;
    known->sold_version = version;
    truth_offer_ended(truth, known, true);
    truth->marks[version] ^=
        truth_mark_of_hold(&known->hold, SEATS_HELD) ^ truth_mark_of_hold(&known->hold, SEATS_SOLD);
    return true;
}

static bool follow_cancel(struct truth *truth, const struct change *change, uint64_t version)
{
    struct truth_hold *known = truth_find(truth, change->order_id);
    if (!known || known->fate != TRUTH_SOLD)
        return wrong(truth, "a cancellation of no order");
    if (!id_eq(change->account_id, known->hold.account_id) || !known->cancel_asked)
        return wrong(truth, "a cancellation that the order's account did not ask for");
    if (!same_seats(&known->order, change->seats, change->seat_count))
        return wrong(truth, "P3: the seats of a cancellation are not the order's");
    truth->marks[version] ^= truth_mark_of_hold(&known->order, SEATS_SOLD);
    give_back(truth, known, TRUTH_CANCELLED, version);
    return truth_follow_rest(truth, change, &known->order, version);
}

static bool follow_state(struct truth *truth, uint32_t to)
{
    const uint32_t from = truth->sale_state;
    truth->sale_state = to;
    return change_sale_may_go(from, to) ||
           wrong(truth, "the sale goes from state %u to %u", from, to);
}

static bool follow_order_key(struct truth *truth, const struct change *change)
{
    const struct truth_hold *known = truth_find(truth, change->order_id);
    if (!known || known->sold_version == 0)
        return wrong(truth, "a key of an order that was never placed");
    return id_eq(change->account_id, known->hold.account_id) ||
           wrong(truth, "a key of another account's order");
}

static bool follow_entry(struct truth *truth, const struct change *change, uint64_t version)
{
    assert(version < TRUTH_VERSIONS_MAX);
    truth->marks[version] = truth->marks[version - 1];
    if (!change_fits_sale(change->kind, truth->sale_state))
        return wrong(truth, "a %s in a sale of state %u", change_rule(change->kind)->name,
                     truth->sale_state);
    if (!truth_check_due(truth, change))
        return false;
    switch (change->kind) {
    case CHANGE_HOLD:
    case CHANGE_OFFER:
        return follow_hold(truth, change, version);
    case CHANGE_RELEASE:
    case CHANGE_EXPIRY:
        return follow_end(truth, change, version);
    case CHANGE_SALE:
        return follow_sale(truth, change, version);
    case CHANGE_CANCEL:
        return follow_cancel(truth, change, version);
    case CHANGE_GIVE_BACK:
        return truth_follow_give_back(truth, change, version);
    case CHANGE_MOVE:
        return truth_follow_move(truth, change, version);
    case CHANGE_COLLECT:
        return truth_follow_collect(truth, change);
    case CHANGE_RESTED:
        return follow_rested(truth, change, version);
    case CHANGE_SALE_STATE:
        return follow_state(truth, change->state);
    case CHANGE_ORDER_KEY:
        return follow_order_key(truth, change);
    case CHANGE_EXTEND:
        return follow_extend(truth, change);
    case CHANGE_BLOCK:
        return follow_block(truth, change, version);
    case CHANGE_UNBLOCK:
        return follow_unblock(truth, change, version);
    case CHANGE_PRICES:
        return follow_prices(truth, change);
    case CHANGE_PRICE_PLAN:
        return follow_plan(truth, change);
    case CHANGE_PRICE_PLAN_END:
        return follow_plan_end(truth, change);
    case CHANGE_CHOOSE:
        return follow_choose(truth, change);
    case CHANGE_WAITING:
        return truth_follow_waiting(truth, change);
    case CHANGE_WISH:
        return truth_follow_wish(truth, change, version);
    case CHANGE_WISH_END:
        return truth_follow_wish_end(truth, change);
    case CHANGE_CLOCK:
        return wrong(truth, "a clock that nobody set");
    }
    return wrong(truth, "an entry of no kind");
}

/* The same key of an account again, within a row's reach of memory, would be two answers. */
static bool follow_key(struct truth *truth, const struct change *change)
{
    if (change->key_len == 0)
        return true;
    uint8_t text[ID_BYTES + CHANGE_KEY_MAX], hash[LEDGER_HASH_BYTES];
    id_to_bytes(change->account_id, text);
    memcpy(text + ID_BYTES, change->key, change->key_len);
    sha256(view_of(text, ID_BYTES + change->key_len), hash);
    struct id name;
    int err = id_from_bytes(view_of(hash, ID_BYTES), &name);
    assert(err == 0);
    uint32_t second = 0;
    const uint32_t now_s = (uint32_t)((change->at_ms - STAGE_WALL_MS + INT64_C(1000000000)) / 1000);
    if (table_get(&truth->keys, name, &second) && now_s - second < OWNER_KEY_KEEP_MS / 1000)
        return wrong(truth, "P5: a key is used twice within %u s", now_s - second);
    err = table_put(&truth->keys, name, now_s);
    assert(err == 0);
    return true;
}

static bool follow_row(struct truth *truth, const struct ledger_row *row, struct arena *arena)
{
    int64_t before_ms = truth->tail.at_ms;
    const enum ledger_break broken = ledger_follow(truth->performance_id, row, &truth->tail);
    if (broken != LEDGER_OK)
        return wrong(truth, "P11: %s", ledger_break_text(broken));
    struct change *changes;
    size_t count;
    int err = ledger_unpack(row->body, arena, &changes, &count);
    if (err != 0)
        return wrong(truth, "P11: the body is malformed");
    if (count != row->version - row->version_before)
        return wrong(truth, "P11: the versions are not the entries'");
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &changes[i];
        if (change->at_ms < before_ms || change->at_ms > row->at_ms)
            return wrong(truth, "P11: the time of an entry is out of order");
        before_ms = change->at_ms;
        if (!follow_entry(truth, change, row->version_before + 1 + i) || !follow_key(truth, change))
            return false;
    }
    return true;
}

bool truth_follow(struct truth *truth)
{
    struct ledger_row *rows;
    size_t count;
    arena_reset(&truth->arena);
    int err =
        truth->store->ops->ledger_read(truth->store, truth->performance_id, truth->tail.seq + 1,
                                       1000, &truth->arena, &rows, &count, DEADLINE_NEVER);
    assert(err == 0 && count < 1000);
    for (size_t i = 0; i < count && truth->error[0] == '\0'; i++)
        follow_row(truth, &rows[i], &truth->arena);
    return truth->error[0] == '\0';
}

/* ---- the tables beside the ledger ---- */

/* What each seat of it cost, where the first list does not say so. */
static bool amounts_are(const struct truth *truth, const struct truth_hold *known,
                        struct view amounts)
{
    if (known->move_count > 0)
        return truth_moved_amounts(truth, known, amounts);
    if (known->hold.price_list == 0 && !known->comp)
        return amounts.len == 0;
    for (uint32_t i = 0; i < known->hold.count; i++) {
        int64_t amount;
        uint32_t index;
        const uint32_t seat = known->hold.seats[i];
        if (!store_amounts_find(amounts, seat, &amount) ||
            store_amounts_type(amounts, seat) != known->hold.types[i] ||
            store_amounts_code(amounts, &index) != known->hold.code ||
            index != known->hold.code_index || amount != truth_amount(truth, known, seat))
            return false;
    }
    return true;
}

static bool compare_orders(struct truth *truth)
{
    struct store_order *orders;
    size_t count;
    int err = truth->store->ops->order_scan(truth->store, truth->performance_id, (struct id){0},
                                            TRUTH_HOLDS_MAX, &truth->arena, &orders, &count,
                                            DEADLINE_NEVER);
    assert(err == 0);
    for (size_t i = 0; i < count; i++) {
        const struct truth_hold *known = truth_find(truth, orders[i].order_id);
        const enum truth_fate fate =
            orders[i].state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED ? TRUTH_SOLD
                                                                             : TRUTH_CANCELLED;
        if (!known || known->fate != fate || known->total != orders[i].total ||
            orders[i].payment_method != (known->comp   ? 5u
                                         : known->paid ? 3u
                                                       : 1u) ||
            known->sold_at_ms != orders[i].placed_at_ms ||
            !id_eq(known->hold.account_id, orders[i].account_id) ||
            !id_eq(known->hold.person_id, orders[i].person_id) ||
            orders[i].seats.len != 4u * known->order.count ||
            !amounts_are(truth, known, orders[i].amounts))
            return wrong(truth, "P11: an order is not what the ledger says");
    }
    if (count != truth_count_fate(truth, TRUTH_SOLD) + truth_count_fate(truth, TRUTH_CANCELLED))
        return wrong(truth, "P2: %zu orders, not as many as the ledger's sales", count);
    return true;
}

static bool compare_blocks(struct truth *truth)
{
    struct store_block *blocks;
    size_t count;
    int err = truth->store->ops->block_list(truth->store, truth->performance_id, &truth->arena,
                                            &blocks, &count, DEADLINE_NEVER);
    assert(err == 0);
    for (size_t i = 0; i < count; i++) {
        const uint32_t seat = blocks[i].seat;
        if (!id_eq(truth->blocks[seat], blocks[i].block_id) ||
            truth->block_ends[seat] != blocks[i].until_ms)
            return wrong(truth, "P11: seat %u is kept back, but not by the ledger", seat);
    }
    if (count != truth_counts(truth).blocked)
        return wrong(truth, "P11: %zu seats kept back, %u by the ledger", count,
                     truth_counts(truth).blocked);
    return true;
}

bool truth_compare_tables(struct truth *truth)
{
    if (!truth_follow(truth))
        return false;
    arena_reset(&truth->arena);
    struct store_sale *sales;
    size_t count;
    int err = truth->store->ops->sold_list(truth->store, truth->performance_id, &truth->arena,
                                           &sales, &count, DEADLINE_NEVER);
    assert(err == 0);
    for (size_t i = 0; i < count; i++) {
        const uint32_t seat = sales[i].seat;
        if (truth_state(truth, seat) != SEATS_SOLD ||
            !id_eq(truth->holds[truth->claims[seat] - 1].hold.hold_id, sales[i].order_id))
            return wrong(truth, "P11: seat %u is sold, but not by the ledger", seat);
    }
    if (count != truth_counts(truth).sold)
        return wrong(truth, "P11: %zu seats in sold, %u by the ledger", count,
                     truth_counts(truth).sold);
    return compare_blocks(truth) && compare_orders(truth) && truth_compare_wishes(truth);
}
