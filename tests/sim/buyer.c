/* What buyers do, and what they should not. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/world.h"

static bool is_hold(const struct owner_ask *ask)
{
    return ask->verb == OWNER_HOLD || ask->verb == OWNER_HOLD_BEST;
}

/* A fresh key of the buyer's, or NULL. */
static struct receipt *new_key(struct buyer *buyer, struct owner_ask *ask)
{
    struct world *world = buyer->world;
    if (world->receipt_count == WORLD_RECEIPTS_MAX)
        return NULL;
    struct receipt *receipt = &world->receipts[world->receipt_count++];
    *receipt = (struct receipt){
        .account_id = buyer->account_id, .number = world->receipt_count, .verb = ask->verb};
    memcpy(receipt->request_hash, &receipt->number, sizeof(receipt->number));
    memcpy(ask->request_hash, receipt->request_hash, sizeof(ask->request_hash));
    receipt->ask = *ask;
    return receipt;
}

static void keep(struct buyer *buyer, const struct owner_ask *ask)
{
    for (uint32_t i = 0; i < buyer->belonging_count; i++) {
        if (id_eq(buyer->belongings[i].hold_id, ask->hold.hold_id))
            return;
    }
    buyer->granted++;
    if (buyer->belonging_count == WORLD_BELONGS_MAX) /* walked away from */
        buyer->belongings[0] = buyer->belongings[--buyer->belonging_count];
    struct belonging *mine = &buyer->belongings[buyer->belonging_count++];
    *mine = (struct belonging){.hold_id = ask->hold.hold_id,
                               .expires_at_ms = ask->hold.expires_at_ms,
                               .seat_count = ask->hold.count};
    memcpy(mine->seats, ask->hold.seats, sizeof(mine->seats));
}

/* Asks until the answer is one, or patience ends. Without a key a hold is asked for once: again, it
 * would be another. */
static int insist(struct buyer *buyer, struct owner_ask *ask, bool with_key)
{
    struct world *world = buyer->world;
    struct receipt *receipt = with_key ? new_key(buyer, ask) : NULL;
    const struct owner_ask wish = *ask;
    const uint32_t tries = receipt || !is_hold(ask) ? 1 + world_below(world, 6) : 1;
    bool uncertain = false;
    for (uint32_t i = 0; i < tries && !world->tale.failed; i++) {
        *ask = wish;
        const int result = world_ask(world, buyer, ask, receipt);
        uncertain = uncertain || result == ERR_UNAVAILABLE;
        const bool lost = result == 0 && world_odds(world, 8); /* the answer, on its way */
        if (lost && is_hold(ask))
            keep(buyer, ask);
        if (result != ERR_UNAVAILABLE && !lost)
            break;
        world_wait(world, world_odds(world, 50) ? 20 : 1500);
    }
    if (is_hold(ask) && ask->result == 0)
        keep(buyer, ask);
    if (is_hold(ask) && (ask->result != 0 || world->jumped))
        buyer->uncertain += uncertain;
    return ask->result;
}

/* ---- holding ---- */

static void wish_seats(struct buyer *buyer, struct owner_ask *ask)
{
    struct world *world = buyer->world;
    const struct hall *hall = world->stage.hall;
    const uint32_t places = hall->sections[0].place_count; /* seated, but in one of the halls */
    const bool hot = world_odds(world, 60);
    const uint32_t range = hot && places > 6 ? 6 : places;
    ask->verb = OWNER_HOLD;
    ask->seat_count = 1 + world_below(world, world_odds(world, 80) ? 3 : SEATS_PARTY_MAX);
    const uint32_t from = world_below(world, range);
    const bool clumsy = world_odds(world, 5); /* one twice: ERR_INVALID */
    for (uint32_t i = 0; i < ask->seat_count; i++)
        ask->seats[i] = clumsy ? world_below(world, range) : (from + i) % places;
    if (world_odds(world, 2))
        ask->seats[0] = hall->place_count + world_below(world, 3);
}

static void wish_standing(struct buyer *buyer, struct owner_ask *ask)
{
    struct world *world = buyer->world;
    const struct hall *hall = world->stage.hall;
    ask->verb = OWNER_HOLD;
    ask->area_count = 1;
    ask->areas[0].section = hall->section_count - 1; /* seated in some halls: ERR_INVALID */
    ask->areas[0].quantity = world_below(world, 6);
    if (world_odds(world, 30)) {
        ask->seat_count = 1;
        ask->seats[0] = world_below(world, hall->place_count);
    }
}

static void wish_best(struct buyer *buyer, struct owner_ask *ask)
{
    struct world *world = buyer->world;
    ask->verb = OWNER_HOLD_BEST;
    ask->best = (struct seats_best){
        .party = 1 + world_below(world, 5),
        .category = world_odds(world, 30) ? (int32_t)world_below(world, STAGE_CATEGORIES) : -1,
        .section = -1,
        .apart = world_odds(world, 40),
    };
}

/* Says who some of the seats are for; now and then somebody that no list knows. */
static void wish_types(struct buyer *buyer, struct owner_ask *ask)
{
    struct world *world = buyer->world;
    ask->type_count = ask->seat_count;
    for (uint32_t i = 0; i < ask->seat_count; i++)
        ask->types[i] = world_below(world, world_odds(world, 5) ? PRICE_NUMBERS + 1 : 4);
}

/* With a code, mostly one that there is, and of those generated together mostly the same. */
static void wish_code(struct world *world, struct owner_ask *ask)
{
    const struct price_list *valid = &world->truth.lists[world->truth.list_count - 1];
    ask->code = world_below(world, 5);
    if (valid->code_count > 0 && world_odds(world, 80))
        ask->code = valid->codes[world_below(world, valid->code_count)].number;
    ask->code_index = ask->code > 0 && world_odds(world, 20) ? world_below(world, 4) : 0;
}

static void take(struct buyer *buyer)
{
    static void (*const wishes[])(struct buyer *, struct owner_ask *) = {wish_seats, wish_seats,
                                                                         wish_best, wish_standing};
    struct owner_ask ask = {.account_id = buyer->account_id};
    wishes[world_below(buyer->world, 4)](buyer, &ask);
    if (ask.seat_count > 0 && ask.area_count == 0 && world_odds(buyer->world, 20))
        wish_types(buyer, &ask);
    if (world_odds(buyer->world, 50))
        wish_code(buyer->world, &ask);
    insist(buyer, &ask, world_odds(buyer->world, 60));
}

/* ---- waiting ---- */

static void join(struct buyer *buyer)
{
    struct world *world = buyer->world;
    const uint32_t party = 1 + world_below(world, 3);
    struct owner_ask ask = {
        .verb = OWNER_JOIN,
        .account_id = buyer->account_id,
        .best = {.party = party,
                 .category =
                     world_odds(world, 40) ? (int32_t)world_below(world, STAGE_CATEGORIES) : -1,
                 .section = world_odds(world, 20)
                                ? (int32_t)world_below(world, world->stage.hall->section_count)
                                : -1},
        .fewest = 1 + world_below(world, party)};
    if (world_odds(world, 20))
        ask.best.wheelchairs = 1;
    insist(buyer, &ask, false);
}

/* Looks what became of its wishes; takes what is offered for its own, or leaves. */
static void look(struct buyer *buyer)
{
    struct world *world = buyer->world;
    struct owner_wish wishes[OWNER_WISHES_ACCOUNT];
    struct owner_ask ask = {.verb = OWNER_WISHES,
                            .account_id = buyer->account_id,
                            .wishes = wishes,
                            .wishes_max = OWNER_WISHES_ACCOUNT};
    if (world_ask(world, buyer, &ask, NULL) != 0 || ask.wish_count == 0)
        return;
    const struct owner_wish *wish = &wishes[world_below(world, ask.wish_count)];
    const struct truth_hold *offered = truth_find(&world->truth, wish->hold_id);
    if (offered && !id_is_zero(wish->hold_id)) {
        ask.hold = offered->hold;
        keep(buyer, &ask);
    } else if (world_odds(world, 20)) {
        struct owner_ask leave = {
            .verb = OWNER_LEAVE, .account_id = buyer->account_id, .hold_id = wish->wish_id};
        insist(buyer, &leave, false);
    }
}

/* ---- what one has ---- */

static void drop(struct buyer *buyer, struct belonging *mine)
{
    *mine = buyer->belongings[--buyer->belonging_count];
}

static struct belonging *pick(struct buyer *buyer, bool ordered)
{
    if (buyer->belonging_count == 0)
        return NULL;
    const uint32_t from = world_below(buyer->world, buyer->belonging_count);
    for (uint32_t i = 0; i < buyer->belonging_count; i++) {
        struct belonging *mine = &buyer->belongings[(from + i) % buyer->belonging_count];
        if (mine->ordered == ordered)
            return mine;
    }
    return NULL;
}

static void give_back(struct buyer *buyer)
{
    struct belonging *mine = pick(buyer, false);
    if (!mine)
        return;
    struct owner_ask ask = {
        .verb = OWNER_RELEASE, .account_id = buyer->account_id, .hold_id = mine->hold_id};
    truth_find(&buyer->world->truth, mine->hold_id)->release_asked = true;
    if (insist(buyer, &ask, false) != ERR_UNAVAILABLE)
        drop(buyer, mine);
}

static void order(struct buyer *buyer)
{
    struct world *world = buyer->world;
    struct belonging *mine = pick(buyer, false);
    if (!mine)
        return;
    struct owner_ask ask = {.verb = OWNER_ORDER,
                            .account_id = buyer->account_id,
                            .hold_id = mine->hold_id,
                            .payment_method = world_odds(world, 10) ? 5 : 1}; /* some are given */
    truth_find(&world->truth, mine->hold_id)->order_asked = true;
    const int result = insist(buyer, &ask, world_odds(world, 50));
    const struct truth_hold *known = truth_find(&world->truth, mine->hold_id);
    if (result == 0 || (result == ERR_NOT_FOUND && known->fate == TRUTH_SOLD))
        mine->ordered = true;
    else if (result != ERR_UNAVAILABLE)
        drop(buyer, mine);
}

/* Orders once more what was ordered, under a key of its own: that key is used from then on. */
static void order_again(struct buyer *buyer)
{
    struct world *world = buyer->world;
    const struct belonging *mine = pick(buyer, true);
    if (!mine)
        return;
    struct owner_ask ask = {.verb = OWNER_ORDER,
                            .account_id = buyer->account_id,
                            .hold_id = mine->hold_id,
                            .payment_method = 1};
    struct receipt *receipt = new_key(buyer, &ask);
    if (!receipt || world_ask(world, buyer, &ask, receipt) != ERR_NOT_FOUND || world->tale.failed)
        return;
    ask = receipt->ask;
    if (truth_find(&world->truth, ask.hold_id)->sold_version == 0)
        return;
    ask.verb = OWNER_KEEP_KEY;
    world_ask(world, buyer, &ask, receipt);
}

/* All of the order, or, by chance, some of its seats: the last ones stay. */
static struct owner_ask cancelling(struct buyer *buyer, struct belonging *what)
{
    const struct truth_hold *known = truth_find(&buyer->world->truth, what->hold_id);
    if (known->move_count > 0 && known->fate == TRUTH_SOLD) { /* as he was told */
        what->seat_count = known->order.count;
        memcpy(what->seats, known->order.seats, sizeof(what->seats));
    }
    struct owner_ask ask = {.verb = OWNER_CANCEL,
                            .account_id = buyer->account_id,
                            .hold_id = what->hold_id,
                            .seat_count = what->seat_count};
    memcpy(ask.seats, what->seats, sizeof(ask.seats));
    if (what->seat_count > 1 && world_odds(buyer->world, 50))
        ask.left_count = 1 + (uint32_t)world_below(buyer->world, what->seat_count - 1);
    memcpy(ask.left, ask.seats + ask.seat_count - ask.left_count,
           ask.left_count * sizeof(ask.left[0]));
    truth_find(&buyer->world->truth, what->hold_id)->cancel_asked = true;
    return ask;
}

static void cancel(struct buyer *buyer)
{
    struct belonging *mine = pick(buyer, true);
    if (!mine)
        return;
    struct owner_ask ask = cancelling(buyer, mine);
    const int result = insist(buyer, &ask, false);
    if (result == 0 && ask.left_count > 0) {
        memcpy(mine->seats, ask.left, sizeof(ask.left));
        mine->seat_count = ask.left_count;
    } else if (result != ERR_UNAVAILABLE) {
        drop(buyer, mine);
    }
}

/* Asks for more time, as one who begins to pay does, or pays; sometimes for more than there is. */
static void extend(struct buyer *buyer)
{
    struct world *world = buyer->world;
    struct belonging *mine = pick(buyer, false);
    if (!mine)
        return;
    struct owner_ask ask = {.verb = OWNER_EXTEND,
                            .account_id = buyer->account_id,
                            .hold_id = mine->hold_id,
                            .starting = world_odds(world, 50),
                            .until_ms = mine->expires_at_ms + world_below(world, 1000000)};
    const int result = insist(buyer, &ask, false);
    const struct truth_hold *known = truth_find(&world->truth, mine->hold_id);
    if (result == 0 && known)
        mine->expires_at_ms = known->hold.expires_at_ms;
    else if (result != ERR_UNAVAILABLE && result != ERR_BUSY)
        drop(buyer, mine);
}

static void choose(struct buyer *buyer)
{
    struct belonging *mine = pick(buyer, false);
    if (!mine)
        return;
    struct owner_ask ask = {.verb = OWNER_CHOOSE,
                            .account_id = buyer->account_id,
                            .hold_id = mine->hold_id,
                            .seat_count = 1 + world_below(buyer->world, mine->seat_count)};
    memcpy(ask.seats, mine->seats, sizeof(mine->seats));
    wish_types(buyer, &ask);
    ask.keeps_code = world_odds(buyer->world, 60);
    if (!ask.keeps_code)
        wish_code(buyer->world, &ask);
    const int result = insist(buyer, &ask, false);
    if (result == ERR_NOT_FOUND || result == ERR_TIMEOUT)
        drop(buyer, mine);
}

/* Orders a hold that may long be over. */
static void linger(struct buyer *buyer)
{
    if (!pick(buyer, false))
        return;
    world_wait(buyer->world, 3 * buyer->world->stage.options.hold_ttl_ms);
    order(buyer);
}

/* Orders at about the very moment that the hold ends. */
static void snipe(struct buyer *buyer)
{
    struct world *world = buyer->world;
    const struct belonging *mine = pick(buyer, false);
    struct post *post = world->posts[0];
    if (!mine || !post)
        return;
    const int64_t left_ms = mine->expires_at_ms - post_now_ms(post);
    if (left_ms <= 0 || left_ms > 60000)
        return;
    const int64_t around_ns = (int64_t)world_below(world, 2 * NS_PER_MS) - NS_PER_MS;
    int err = fiber_sleep_until(fiber_now_ns() + left_ms * NS_PER_MS + around_ns);
    assert(err == 0);
    order(buyer);
}

/* The same account elsewhere does something with what it has, at the same time. */
static void second_device(struct buyer *buyer)
{
    struct world *world = buyer->world;
    const struct buyer *other = &world->buyers[world_below(world, world->buyer_count)];
    if (other == buyer || !id_eq(other->account_id, buyer->account_id) ||
        other->belonging_count == 0)
        return;
    struct belonging theirs = other->belongings[world_below(world, other->belonging_count)];
    struct truth_hold *known = truth_find(&world->truth, theirs.hold_id);
    struct owner_ask ask = {.account_id = buyer->account_id, .hold_id = theirs.hold_id};
    if (world_odds(world, 50)) {
        known->order_asked = true;
        ask.verb = OWNER_ORDER;
        ask.payment_method = 1;
    } else if (world_odds(world, 50)) {
        known->release_asked = true;
        ask.verb = OWNER_RELEASE;
    } else {
        ask = cancelling(buyer, &theirs);
    }
    insist(buyer, &ask, false);
}

/* ---- what one should not ---- */

/* Another account's things. */
static void meddle(struct buyer *buyer)
{
    struct world *world = buyer->world;
    struct buyer *other = &world->buyers[world_below(world, world->buyer_count)];
    if (id_eq(other->account_id, buyer->account_id) || other->belonging_count == 0)
        return;
    const struct belonging *theirs = &other->belongings[world_below(world, other->belonging_count)];
    static const enum owner_verb verbs[] = {OWNER_RELEASE, OWNER_ORDER, OWNER_CANCEL};
    struct owner_ask ask = {.verb = verbs[world_below(world, 3)],
                            .account_id = buyer->account_id,
                            .hold_id = theirs->hold_id,
                            .seat_count = theirs->seat_count};
    memcpy(ask.seats, theirs->seats, sizeof(ask.seats));
    const int result = world_ask(world, buyer, &ask, NULL);
    if (result != ERR_NOT_FOUND && result != ERR_UNAVAILABLE)
        world_fail(world, "P1: meddling with another account's seats gives %s", err_name(result));
}

/* A key that was used before: the same request, or another. */
static void repeat(struct buyer *buyer)
{
    struct world *world = buyer->world;
    if (world->receipt_count == 0)
        return;
    struct receipt *receipt = &world->receipts[world_below(world, world->receipt_count)];
    if (!id_eq(receipt->account_id, buyer->account_id))
        return;
    struct owner_ask ask = receipt->ask;
    const bool other = receipt->answered && world_odds(world, 30);
    if (other)
        ask.request_hash[5] ^= 0xff;
    const int64_t at_ms = receipt->at_ms;
    const int result = world_ask(world, buyer, &ask, receipt);
    const bool forgotten = world->latest_ms - at_ms >= OWNER_KEY_KEEP_MS;
    if (other && result == 0 && !forgotten)
        world_fail(world, "P5: a key was accepted with another request");
    receipt->reused = receipt->reused || (other && forgotten);
    if (is_hold(&ask) && result == 0)
        keep(buyer, &ask);
    else if (is_hold(&ask) && result == ERR_UNAVAILABLE)
        buyer->uncertain++;
}

void buyer_run(void *arg)
{
    static void (*const acts[])(struct buyer *) = {
        take,        take,   take,   take,   order,  order,     order,         cancel,
        linger,      meddle, snipe,  repeat, repeat, give_back, second_device, second_device,
        order_again, extend, choose, choose, join,   look,      look};
    struct buyer *buyer = arg;
    struct world *world = buyer->world;
    world_wait(world, 1000);
    for (uint32_t i = 0; i < world->acts && !world->tale.failed; i++) {
        acts[world_below(world, sizeof(acts) / sizeof(acts[0]))](buyer);
        if (world_odds(world, 60))
            world_wait(world, 800);
    }
    world->buyers_left--;
}
