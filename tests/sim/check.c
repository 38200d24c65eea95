/* What must be so: at every answer, and at the end. Names P1 … P11 are the contract's. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "owner/state.h"
#include "sim/world.h"

static int64_t keep_ms(const struct world *world)
{
    return world->stage.options.hold_ttl_ms + OWNER_KEY_KEEP_MS;
}

static bool same_hold(const struct seats_hold *a, const struct seats_hold *b)
{
    return id_eq(a->hold_id, b->hold_id) && id_eq(a->account_id, b->account_id) &&
           a->count == b->count && memcmp(a->seats, b->seats, a->count * sizeof(*a->seats)) == 0;
}

/* The seats are those asked for, and no others. */
static bool as_asked(const struct world *world, const struct owner_ask *ask)
{
    const struct hall *hall = world->stage.hall;
    const struct seats_hold *hold = &ask->hold;
    if (ask->verb == OWNER_HOLD_BEST) {
        bool fits = hold->count == ask->best.party;
        for (uint32_t i = 0; i < hold->count; i++)
            fits = fits && (ask->best.category < 0 ||
                            hall->seats[hold->seats[i]].category == ask->best.category);
        return fits;
    }
    uint32_t found = 0, wanted = ask->seat_count;
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        for (uint32_t k = 0; k < hold->count; k++)
            found += hold->seats[k] == ask->seats[i];
    }
    for (uint32_t i = 0; i < ask->area_count; i++) {
        uint32_t in_area = 0;
        for (uint32_t k = 0; k < hold->count; k++)
            in_area += hall->seats[hold->seats[k]].section == ask->areas[i].section;
        if (in_area != ask->areas[i].quantity)
            return false;
        wanted += in_area;
        found += in_area;
    }
    return found == wanted && hold->count == wanted;
}

static void check_hold(struct world *world, const struct owner_ask *ask)
{
    const struct truth_hold *known = truth_find(&world->truth, ask->hold.hold_id);
    if (!known)
        world_fail(world, "P2, P10: a hold was granted that is not in the ledger");
    else if (!id_eq(known->hold.account_id, ask->account_id))
        world_fail(world, "P1: somebody else's hold was granted");
    else if (!same_hold(&known->hold, &ask->hold))
        world_fail(world, "P3: a hold was granted with other seats than the ledger's");
    else if (!as_asked(world, ask))
        world_fail(world, "P3: a hold was granted that is not what was asked for");
    else if (known->held_total != ask->total || known->held_at_ms != ask->at_ms ||
             known->granted_until_ms != ask->hold.expires_at_ms)
        world_fail(world, "P5: a hold was granted with another price or time than the ledger's");
    else if (ask->version < known->held_version || ask->version > world->truth.tail.version)
        world_fail(world, "P9: a hold of version %" PRIu64 " was answered with %" PRIu64,
                   known->held_version, ask->version);
}

static void check_order(struct world *world, const struct owner_ask *ask)
{
    struct store *mem = world->stage.mem;
    struct truth_hold *known = truth_find(&world->truth, ask->hold_id);
    struct store_order order;
    struct arena arena;
    arena_init(&arena, 65536);
    int err = mem->ops->order_get(mem, ask->hold_id, &arena, &order, DEADLINE_NEVER);
    if (err != 0 || !known || known->sold_version == 0)
        world_fail(world, "P2, P10: an order was granted that is not in the store");
    else if (!id_eq(order.account_id, ask->account_id))
        world_fail(world, "P1: an order was granted to another account than the hold's");
    else if (ask->as_stored || ask->verb == OWNER_KEEP_KEY)
        assert(ask->hold.count == 0 ||
               same_hold(&known->hold, &ask->hold)); /* the store has the rest */
    else if (!same_hold(&known->hold, &ask->hold))
        world_fail(world, "P3: an order was granted with other seats than its hold's");
    else if (order.total != ask->total || order.placed_at_ms != ask->at_ms)
        world_fail(world, "P5: an order was granted with another price or time than the store's");
    else if (ask->version < known->sold_version)
        world_fail(world, "P9: an order was answered with a version before it");
    arena_release(&arena);
}

/* The store would take a commit of this owner: nobody has claimed after it. */
static bool is_newest(struct world *world, const struct post *post)
{
    if (post->process) /* which one answered cannot be told, before there is only one */
        return world->calm;
    struct store *mem = world->stage.mem;
    struct store_performance row = {0};
    struct arena arena;
    arena_init(&arena, 65536);
    int err =
        mem->ops->performance_get(mem, world->stage.performance_id, &arena, &row, DEADLINE_NEVER);
    assert(err == 0);
    arena_release(&arena);
    return !post->gone && row.epoch == post->owner->epoch;
}

/* A no to an order, release or cancellation must be so. One who was fenced and does not know it yet
 * may say no wrongly, which costs time; only his yes would cost a seat. What came after the ask may
 * have come too late for it. */
static void check_not_found(struct world *world, struct post *post, const struct owner_ask *ask,
                            uint64_t asked_version)
{
    const struct truth_hold *known = truth_find(&world->truth, ask->hold_id);
    if (!known || !is_newest(world, post) || !id_eq(known->hold.account_id, ask->account_id))
        return;
    const enum truth_fate fate = ask->verb == OWNER_CANCEL ? TRUTH_SOLD : TRUTH_HELD;
    const uint64_t since = fate == TRUTH_SOLD ? known->sold_version : known->held_version;
    if (known->reduced ||
        known->move_count > 0) /* it was asked with seats that the order has no more */
        return;
    if (known->fate == fate && since <= asked_version)
        world_fail(world, "owner %u does not find a %s that is there", post->number,
                   fate == TRUTH_SOLD ? "sold order" : "live hold");
}

static void check_refusal(struct world *world, const struct owner_ask *ask)
{
    const struct seats_refusal *r = &ask->refusal;
    const struct truth_hold *known = truth_find(&world->truth, ask->hold_id);
    if (ask->verb == OWNER_COLLECT && (!known || (!known->paid && !known->comp)))
        world_fail(world, "P6: an order was called paid, and is not");
    if (ask->verb != OWNER_HOLD || ask->seat_count == 0)
        return;
    for (uint32_t i = 0; i < r->taken_count; i++) {
        bool asked = false;
        for (uint32_t k = 0; k < ask->seat_count; k++)
            asked = asked || ask->seats[k] == r->taken[i];
        if (!asked && ask->area_count == 0)
            world_fail(world, "a refusal names a seat that was not asked for");
        for (uint32_t k = 0; k < r->nearest_count; k++) {
            if (r->nearest[k] == r->taken[i])
                world_fail(world, "a refusal offers a seat that is taken");
        }
    }
}

/* The first answer under a key is the answer. */
static void check_key(struct world *world, struct post *post, const struct owner_ask *ask,
                      struct receipt *receipt)
{
    if (receipt->reused)
        return;
    if (receipt->answered && same_hold(&receipt->hold, &ask->hold)) {
        world->coverage->by_key++;
        if (receipt->total != ask->total || receipt->at_ms != ask->at_ms)
            world_fail(world, "P5: the same key, another total or time");
        return;
    }
    if (receipt->answered && post_now_ms(post) - receipt->at_ms < keep_ms(world)) {
        world_fail(world, "P5: the same key, another answer");
        return;
    }
    world->coverage->forgotten += receipt->answered;
    receipt->answered = true;
    receipt->hold = ask->hold;
    receipt->total = ask->total;
    receipt->at_ms = ask->at_ms;
}

static void check_prices(struct world *world, const struct owner_ask *ask)
{
    const struct truth *truth = &world->truth;
    struct price_list wanted;
    struct arena arena;
    arena_init(&arena, 65536);
    if (ask->hold.price_list >= truth->list_count ||
        price_list_read(ask->list, 0, STAGE_CATEGORIES, &arena, &wanted) != 0 ||
        !price_list_same(&wanted, &truth->lists[ask->hold.price_list]))
        world_fail(world, "P2: prices were set, the ledger says otherwise");
    arena_release(&arena);
}

static void check_plan(struct world *world, struct post *post, const struct owner_ask *ask)
{
    const bool waits = truth_plan(&world->truth, ask->hold_id) != NULL;
    if (ask->verb == OWNER_END_PLAN && waits)
        world_fail(world, "P2: a plan was taken back, the ledger says otherwise");
    if (ask->verb == OWNER_PLAN_PRICES && is_newest(world, post) && !waits &&
        post_now_ms(post) < ask->until_ms)
        world_fail(world, "P2: prices were planned, the ledger says otherwise");
}

static void check_extended(struct world *world, const struct owner_ask *ask,
                           const struct truth_hold *known)
{
    if (ask->verb == OWNER_COLLECT && (!known || !known->paid))
        world_fail(world, "P2: an order was paid, the ledger says otherwise");
    if (!known || (ask->verb == OWNER_EXTEND && known->fate == TRUTH_HELD &&
                   known->hold.expires_at_ms < ask->hold.expires_at_ms))
        world_fail(world, "P2: a hold was extended, the ledger says otherwise");
}

static void check_choice(struct world *world, struct post *post, const struct owner_ask *ask,
                         const struct truth_hold *known)
{
    if (!known || (is_newest(world, post) && known->fate == TRUTH_HELD &&
                   (!same_hold(&known->hold, &ask->hold) || known->total != ask->total)))
        world_fail(world, "P2: price types were chosen, the ledger says otherwise");
}

static void check_holdings(struct world *world, const struct owner_ask *ask)
{
    for (uint32_t i = 0; i < ask->holding_count; i++) {
        if (!truth_find(&world->truth, ask->holdings[i].hold.hold_id))
            world_fail(world, "a hold was told of that the ledger does not have");
    }
}

/* What is told of wishes is what the ledger has. */
static void check_wishes(struct world *world, struct post *post, const struct owner_ask *ask)
{
    for (uint32_t i = 0; is_newest(world, post) && i < ask->wish_count; i++) {
        const struct owner_wish *told = &ask->wishes[i];
        const struct truth_wish *known = truth_find_wish(&world->truth, told->wish_id);
        if (known && (known->party != told->party || known->fewest != told->fewest ||
                      !id_eq(known->account_id, ask->account_id)))
            world_fail(world, "a wish was told of that the ledger has otherwise");
        if (!id_is_zero(told->hold_id) && !truth_find(&world->truth, told->hold_id))
            world_fail(world, "P2: an offer was told of that the ledger does not have");
    }
}

static void check_waiting(struct world *world, struct post *post, const struct owner_ask *ask)
{
    bool joined = ask->verb != OWNER_JOIN;
    for (uint32_t i = 0; i < world->truth.wish_count; i++)
        joined = joined || id_eq(world->truth.wishes[i].wish_id, ask->hold.hold_id);
    if (!joined)
        world_fail(world, "P2: a wish has joined that is not in the ledger");
    if (!is_newest(world, post))
        return;
    if (ask->verb == OWNER_SET_WAITING && world->truth.offer_ms != ask->offer_ms)
        world_fail(world, "P2: the waiting list was set, the ledger says otherwise");
    if (ask->verb == OWNER_LEAVE && truth_find_wish(&world->truth, ask->hold_id))
        world_fail(world, "P2: a wish has left, the ledger says otherwise");
}

static void check_blocked(struct world *world, struct post *post, const struct owner_ask *ask)
{
    for (uint32_t i = 0; i < ask->hold.count; i++) {
        const uint32_t seat = ask->hold.seats[i];
        const bool kept = id_eq(world->truth.blocks[seat], ask->hold_id);
        /* It may be over again already, by its time. */
        const bool may_be_over =
            ask->until_ms != 0 && world->truth.block_ends[seat] != ask->until_ms;
        if (ask->verb == OWNER_BLOCK && is_newest(world, post) && !kept && !may_be_over)
            world_fail(world, "P2: seat %u was kept back, the ledger says otherwise", seat);
        if (ask->verb == OWNER_UNBLOCK && kept)
            world_fail(world, "P2: a seat left its block, the ledger says otherwise");
    }
}

static void check_moved(struct world *world, struct post *post, const struct owner_ask *ask,
                        const struct truth_hold *known)
{
    if (!known || (known->fate != TRUTH_SOLD && known->fate != TRUTH_CANCELLED))
        world_fail(world, "P2: tickets moved of what is no order");
    for (uint32_t i = 0; known && i < ask->hold.count; i++) {
        bool moved = false;
        for (uint32_t k = 0; k < known->move_count; k++)
            moved = moved || known->moves[k].from == ask->hold.seats[i];
        if (!moved && is_newest(world, post))
            world_fail(world, "P2: seat %u was left, the ledger says otherwise",
                       ask->hold.seats[i]);
    }
}

static void check_granted(struct world *world, struct post *post, struct owner_ask *ask)
{
    struct truth_hold *known = truth_find(&world->truth, ask->hold_id);
    switch (ask->verb) {
    case OWNER_HOLD:
    case OWNER_HOLD_BEST:
        check_hold(world, ask);
        break;
    case OWNER_RELEASE:
    case OWNER_END_HOLD:
        if (!known || known->fate == TRUTH_HELD || known->fate == TRUTH_SOLD)
            world_fail(world, "P2: a hold was given back, the ledger says otherwise");
        else if (ask->verb == OWNER_RELEASE && !id_eq(known->hold.account_id, ask->account_id))
            world_fail(world, "P1: somebody gave back the hold of another account");
        break;
    case OWNER_ORDER:
    case OWNER_KEEP_KEY:
        check_order(world, ask);
        break;
    case OWNER_CANCEL:
        if (!known || (ask->left_count == 0 && known->fate != TRUTH_CANCELLED))
            world_fail(world, "P2: an order was cancelled, the ledger says otherwise");
        for (uint32_t i = 0; known && known->fate == TRUTH_SOLD && i < known->order.count; i++) {
            for (uint32_t k = 0; k < ask->hold.count; k++) {
                if (known->order.seats[i] == ask->hold.seats[k])
                    world_fail(world, "P2: seats were given back, the ledger says otherwise");
            }
        }
        world->coverage->reduced += ask->left_count > 0;
        break;
    case OWNER_MOVE:
        check_moved(world, post, ask, known);
        break;
    case OWNER_COLLECT:
    case OWNER_EXTEND:
        check_extended(world, ask, known);
        break;
    case OWNER_CHOOSE:
        check_choice(world, post, ask, known);
        break;
    case OWNER_BLOCK:
    case OWNER_UNBLOCK:
        check_blocked(world, post, ask);
        break;
    case OWNER_USES:
    case OWNER_HOLDINGS:
        check_holdings(world, ask);
        break;
    case OWNER_PRICES:
        check_prices(world, ask);
        break;
    case OWNER_PLAN_PRICES:
    case OWNER_END_PLAN:
        check_plan(world, post, ask);
        break;
    case OWNER_SET_WAITING:
    case OWNER_JOIN:
    case OWNER_LEAVE:
        check_waiting(world, post, ask);
        break;
    case OWNER_WISHES:
        check_wishes(world, post, ask);
        break;
    case OWNER_SET_SALE:
        if (is_newest(world, post) && world->truth.sale_state != ask->sale_state)
            world_fail(world, "P2: the sale's state was set, the ledger says otherwise");
        break;
    }
}

void check_answer(struct world *world, struct post *post, struct owner_ask *ask,
                  struct receipt *receipt, uint64_t asked_version)
{
    assert(ask->result <= 0 && -ask->result < WORLD_RESULTS);
    world->coverage->answers[ask->verb][-ask->result]++;
    if (!truth_follow(&world->truth)) {
        world_fail(world, "%s", world->truth.error);
        return;
    }
    const bool verb_finds = ask->verb == OWNER_RELEASE || ask->verb == OWNER_ORDER ||
                            ask->verb == OWNER_CANCEL || ask->verb == OWNER_EXTEND ||
                            ask->verb == OWNER_CHOOSE;
    switch (ask->result) {
    case 0:
        check_granted(world, post, ask);
        if (receipt)
            check_key(world, post, ask, receipt);
        break;
    case ERR_CONFLICT:
        check_refusal(world, ask);
        break;
    case ERR_NOT_FOUND:
        if (ask->verb == OWNER_UNBLOCK || ask->verb == OWNER_END_HOLD ||
            ask->verb == OWNER_END_PLAN || ask->verb == OWNER_LEAVE || ask->verb >= OWNER_MOVE)
            break; /* its time was over, or it was ended or changed before */
        if (verb_finds)
            check_not_found(world, post, ask, asked_version);
        else
            world_fail(world, "a hold was not found, before it was");
        break;
    case ERR_TIMEOUT: {
        const struct truth_hold *known = truth_find(&world->truth, ask->hold_id);
        if ((ask->verb != OWNER_ORDER && ask->verb != OWNER_EXTEND && ask->verb != OWNER_CHOOSE) ||
            (known && known->hold.expires_at_ms > post_now_ms(post)))
            world_fail(world, "P4: a hold was called expired before its time");
        break;
    }
    case ERR_EXISTS:
        if (ask->verb == OWNER_PRICES)
            break;
        if (!receipt ||
            (!receipt->reused && memcmp(receipt->request_hash, ask->request_hash, 32) == 0))
            world_fail(world, "P5: a key was called used by another request, and was not");
        break;
    case ERR_DENIED:
        if (!receipt && ask->verb != OWNER_JOIN && ask->verb != OWNER_MOVE)
            world_fail(world, "P5: an ask without a key was refused for its account's keys");
        break;
    case ERR_EARLY:
        if (ask->verb > OWNER_HOLD_BEST || world->stage.options.rest_ms == 0)
            world_fail(world, "a hold was called too early, and nobody forbade it");
        break;
    case ERR_LATE:
        if (ask->begins_ms == 0 || post_now_ms(post) < ask->begins_ms)
            world_fail(world, "a performance was called begun before its time");
        break;
    case ERR_UNSUPPORTED:
        if (ask->verb != OWNER_JOIN && ask->type_count == 0 && ask->code == 0 &&
            ask->why != OWNER_WHY_HIDDEN && ask->why != OWNER_WHY_ALONE &&
            ask->why != OWNER_WHY_CATEGORY && ask->why != OWNER_WHY_DIFFERENCE)
            world_fail(world, "price types were refused that nobody named");
        break;
    case ERR_FULL:
    case ERR_BUSY:
    case ERR_INVALID:
    case ERR_UNAVAILABLE:
        break;
    default:
        world_fail(world, "an answer that owner.h does not name: %s", err_name(ask->result));
    }
}

/* ---- when the faults have stopped ---- */

static void check_figures(struct world *world, struct post *post)
{
    struct owner_figures figures;
    const struct seats_counts counts = truth_counts(&world->truth);
    owner_figures(post->owner, &figures);
    owner_check(post->owner);
    int64_t sold_totals[HALL_CATEGORIES_MAX] = {0}, type_totals[PRICE_NUMBERS] = {0};
    uint32_t type_counts[PRICE_NUMBERS] = {0}, comps = 0;
    int64_t to_collect = 0;
    for (uint32_t seat = 0; seat < world->stage.hall->place_count; seat++) {
        const uint32_t claim = world->truth.claims[seat];
        if (truth_state(&world->truth, seat) != SEATS_SOLD)
            continue;
        const struct truth_hold *known = &world->truth.holds[claim - 1];
        const uint32_t sold = truth_origin(known, seat);
        const int64_t amount = truth_amount(&world->truth, known, sold);
        uint32_t i = 0;
        while (known->hold.seats[i] != sold)
            i++;
        sold_totals[world->stage.hall->seats[seat].category] += amount;
        type_totals[known->hold.types[i]] += amount;
        type_counts[known->hold.types[i]]++;
        comps += known->comp;
        to_collect += known->comp || known->paid ? 0 : amount;
    }
    if (memcmp(&counts, &figures.counts, sizeof(counts)) != 0 ||
        memcmp(sold_totals, figures.sold_totals, sizeof(sold_totals)) != 0 ||
        memcmp(type_totals, figures.type_totals, sizeof(type_totals)) != 0 ||
        memcmp(type_counts, figures.type_counts, sizeof(type_counts)) != 0 ||
        comps != figures.comps || to_collect != figures.to_collect ||
        figures.price_list != world->truth.list_count - 1 ||
        figures.version != world->truth.tail.version ||
        figures.orders_confirmed != truth_count_fate(&world->truth, TRUTH_SOLD) ||
        figures.orders_cancelled != truth_count_fate(&world->truth, TRUTH_CANCELLED) ||
        figures.sale_state != world->truth.sale_state || !figures.serving)
        world_fail(world, "P7: the figures of owner %u are not the ledger's", post->number);
}

/* How long nothing can end: until just before the next hold's end, and at least 100 ms. */
static uint32_t quiet_ms(const struct truth *truth, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;
    for (uint32_t i = 0; i < truth->hold_count; i++) {
        const struct truth_hold *known = &truth->holds[i];
        if (known->fate == TRUTH_HELD && known->hold.expires_at_ms < next_ms)
            next_ms = known->hold.expires_at_ms;
    }
    return next_ms - now_ms > 200 && next_ms < INT64_MAX ? (uint32_t)(next_ms - now_ms) - 100 : 100;
}

/* Everything held ends in time. */
static void check_expiry(struct world *world, struct post *post)
{
    const struct truth *truth = &world->truth;
    uint32_t longest_ms = world->stage.options.hold_ttl_ms, step_ms;
    if (truth->offer_count > 0 && longest_ms < LEDGER_OFFER_MAX_MS)
        longest_ms = LEDGER_OFFER_MAX_MS;
    longest_ms += (uint32_t)LEDGER_EXTEND_MAX_MS + 1000;
    for (uint32_t waited_ms = 0;
         waited_ms <= longest_ms && truth_counts(truth).held + truth_counts(truth).offered > 0;
         waited_ms += step_ms) {
        step_ms = quiet_ms(truth, post_now_ms(post));
        stage_sleep(step_ms);
        if (!truth_follow(&world->truth))
            world_fail(world, "%s", truth->error);
        for (uint32_t i = 0; i < truth->hold_count && !world->tale.failed; i++) {
            const struct truth_hold *known = &truth->holds[i];
            if (known->fate == TRUTH_HELD && post_now_ms(post) - known->hold.expires_at_ms > 1000)
                world_fail(world, "P7: a seat is held more than a second after its hold's end");
        }
    }
    if (truth_counts(truth).held + truth_counts(truth).offered > 0)
        world_fail(world, "P7: seats are held after every hold's time");
}

/* Whether since_ms, and an end that is written, are more than a second ago. */
static bool is_overdue(int64_t ends_at_ms, int64_t since_ms, int64_t now_ms)
{
    return now_ms - (ends_at_ms > since_ms ? ends_at_ms : since_ms) > 1000;
}

/* Whether a seat rests, or is kept back until a time; neither may last a second longer than it is
 * written, once nothing has been wrong since since_ms: what a store that hung makes durable late
 * ends with the next commit. */
static bool anything_ends(struct world *world, int64_t since_ms)
{
    const struct truth *truth = &world->truth;
    const int64_t now_ms = post_now_ms(world->posts[0]);
    bool any = false;
    for (uint32_t seat = 0; seat < truth->hall->place_count; seat++) {
        any = any || truth->rests[seat] != 0 || truth->block_ends[seat] != 0;
        if (truth->rests[seat] != 0 && is_overdue(truth->rests[seat], since_ms, now_ms))
            world_fail(world, "P7: a seat rests for longer than it may");
        if (truth->block_ends[seat] != 0 && is_overdue(truth->block_ends[seat], since_ms, now_ms))
            world_fail(world, "P7: a seat is kept back after its block's time");
    }
    return any;
}

/* What was freed is for sale within the stated rest and a second, and so is what was kept back. */
static void check_rests(struct world *world)
{
    const int64_t since_ms = post_now_ms(world->posts[0]);
    while (anything_ends(world, since_ms) && !world->tale.failed) {
        stage_sleep(100);
        if (!truth_follow(&world->truth))
            world_fail(world, "%s", world->truth.error);
    }
}

/* A free seat can be had, a sold one cannot. */
static void check_seats(struct world *world)
{
    const struct hall *hall = world->stage.hall;
    for (uint32_t seat = 0; seat < hall->place_count && !world->tale.failed; seat++) {
        struct buyer probe = {.world = world, .account_id = stage_id(5000 + seat)};
        const enum seats_state state = truth_state(&world->truth, seat);
        struct owner_ask ask = {.verb = OWNER_HOLD, .account_id = probe.account_id};
        if (hall->sections[hall->seats[seat].section].kind == HALL_STANDING)
            continue;
        ask.seat_count = 1;
        ask.seats[0] = seat;
        const int result = world_ask(world, &probe, &ask, NULL);
        const struct price_list *valid = &world->truth.lists[world->truth.list_count - 1];
        const bool hidden = (valid->hidden >> hall->seats[seat].category & 1) != 0;
        if (hidden && result == ERR_UNSUPPORTED && ask.why == OWNER_WHY_HIDDEN)
            continue;
        if (valid->no_orphans && state == SEATS_FREE && result == ERR_UNSUPPORTED &&
            ask.why == OWNER_WHY_ALONE)
            continue;
        if (result != (state == SEATS_FREE ? 0 : ERR_CONFLICT))
            world_fail(world, "P7: seat %u is %s, but asking for it gives %s", seat,
                       state == SEATS_FREE ? "free" : "not free", err_name(result));
        if (result != 0)
            continue;
        truth_find(&world->truth, ask.hold.hold_id)->release_asked = true;
        struct owner_ask release = {
            .verb = OWNER_RELEASE, .account_id = probe.account_id, .hold_id = ask.hold.hold_id};
        if (world_ask(world, &probe, &release, NULL) != 0)
            world_fail(world, "P7: a fresh hold cannot be given back");
    }
}

/* Every key that is young enough gives its answer again. */
static void check_keys(struct world *world, struct post *post)
{
    for (uint32_t i = 0; i < world->receipt_count && !world->tale.failed; i++) {
        struct receipt *receipt = &world->receipts[i];
        if (!receipt->answered || receipt->reused ||
            post_now_ms(post) - receipt->at_ms >= keep_ms(world))
            continue;
        struct buyer again = {.world = world, .account_id = receipt->account_id};
        struct owner_ask ask = receipt->ask;
        const int result = world_ask(world, &again, &ask, receipt);
        if (result != 0)
            world_fail(world, "P5: an answered key gives %s", err_name(result));
        ask = receipt->ask;
        ask.request_hash[0] ^= 1;
        if (!world->tale.failed && world_ask(world, &again, &ask, receipt) != ERR_EXISTS)
            world_fail(world, "P5: an answered key is accepted with another request");
    }
}

/* Nobody has more holds in the ledger than it was given or may have been given. */
static void check_phantoms(struct world *world)
{
    for (uint32_t i = 0; i < world->buyer_count; i++) {
        const struct buyer *buyer = &world->buyers[i];
        uint32_t holds = 0, granted = 0;
        for (uint32_t k = 0; k < world->buyer_count; k++) {
            const struct buyer *other = &world->buyers[k];
            if (id_eq(other->account_id, buyer->account_id))
                granted += other->granted + other->uncertain;
        }
        for (uint32_t k = 0; k < world->truth.hold_count; k++)
            holds += id_eq(world->truth.holds[k].hold.account_id, buyer->account_id) &&
                     id_is_zero(world->truth.holds[k].hold.wish_id);
        if (holds > granted)
            world_fail(world, "P3: buyer %u has %u holds, but was given at most %u", i, holds,
                       granted);
    }
}

/* An owner that was fenced without noticing learns it by its first commit: then it loads again, and
 * the next must succeed. */
static void knock(struct world *world)
{
    static const uint32_t states[] = {STAGE_PAUSED, STAGE_OPEN};
    struct buyer organiser = {.world = world};
    uint32_t refused = 0;
    for (uint32_t i = world->truth.sale_state != STAGE_OPEN; i < 2 && refused < 2;) {
        struct owner_ask ask = {.verb = OWNER_SET_SALE, .sale_state = states[i]};
        const int result = world_ask(world, &organiser, &ask, NULL);
        i += result == 0;
        refused += result != 0;
        if (result != 0 &&
            world->posts[0]->store) /* a call that was under way may have taken the store down */
            store_fault_reset(world->posts[0]->store);
        if (result != 0 && result != ERR_UNAVAILABLE)
            world_fail(world, "setting the sale's state gives %s", err_name(result));
        if (result != 0 && !stage_serving(world->posts[0]->owner))
            world_fail(world, "a fenced owner does not come back");
    }
    if (refused == 2)
        world_fail(world, "the sale's state cannot be set");
}

void check_calm(struct world *world)
{
    struct post *post = world->posts[0];
    if (!stage_serving(post->owner)) {
        world_fail(world, "owner %u does not serve, though the store is well", post->number);
        return;
    }
    check_phantoms(world);
    if (!world->tale.failed)
        knock(world);
    if (!world->tale.failed)
        check_expiry(world, post);
    if (!world->tale.failed)
        check_rests(world);
    if (!world->tale.failed)
        check_seats(world);
    if (!world->tale.failed)
        check_rests(world);
    if (!world->tale.failed)
        check_keys(world, post);
    if (!world->tale.failed)
        check_figures(world, post);
}

void check_end(struct world *world)
{
    if (!truth_compare_tables(&world->truth))
        world_fail(world, "%s", world->truth.error);
}

/* The auditor that everybody can run agrees. */
void check_audit(struct world *world)
{
    static struct audit_report report;
    int err = audit_run(world->stage.mem, &(struct audit_options){0}, &report);
    if (err != 0)
        world_fail(world, "P11: the audit gives %s", err_name(err));
    else if (report.counts.entries != world->truth.tail.version)
        world_fail(world, "P11: the audit has not read it all");
    else if (report.finding_count > 0)
        world_fail(world, "P11: the audit finds: %s", report.findings[0].text);
}

void check_kept(struct world *world)
{
    struct store *store = world->stage.mem;
    const struct ledger_tail *tail = &world->truth.tail;
    struct ledger_row *rows;
    struct arena arena;
    size_t count = 0;
    if (tail->seq == 0)
        return;
    arena_init(&arena, 4u << 20);
    int err = store->ops->ledger_read(store, world->stage.performance_id, tail->seq, 1, &arena,
                                      &rows, &count, DEADLINE_NEVER);
    if (err != 0)
        world_fail(world, "P2: after a power cut the ledger gives %s", err_name(err));
    else if (count != 1 || memcmp(rows[0].hash, tail->hash, LEDGER_HASH_BYTES) != 0)
        world_fail(world, "P2: a power cut took row %" PRIu64 " of the ledger", tail->seq);
    arena_release(&arena);
}
