/* Who makes it hard: faults, pauses, clock jumps, owners that stop, die, return and overlap. */
#include <stdio.h>

#include <inttypes.h>

#include "sim/world.h"

static struct post *any_post(struct world *world)
{
    const uint32_t from = world_below(world, world->posts_max);
    for (uint32_t i = 0; i < world->posts_max; i++) {
        struct post *post = world->posts[(from + i) % world->posts_max];
        if (post)
            return post;
    }
    return NULL;
}

void director_jump_clock(struct world *world)
{
    static const int32_t steps_ms[] = {-3600000, -60000, -3000, 1, 2500, 30000, 650000, 7200000};
    const int32_t step_ms = steps_ms[world_below(world, sizeof(steps_ms) / sizeof(steps_ms[0]))];
    loop_jump_wall(world->stage.loop, step_ms);
    world->coverage->jumps++;
    world->jumped = true;
    world_say(world, "the wall clock jumps by %d ms", step_ms);
}

static void set_sale(struct world *world, uint32_t state)
{
    struct buyer organiser = {.world = world};
    struct owner_ask ask = {.verb = OWNER_SET_SALE, .sale_state = state};
    for (int i = 0; i < 20 && !world->tale.failed; i++) {
        if (world_ask(world, &organiser, &ask, NULL) == 0)
            return;
        world_wait(world, 200);
    }
}

static void set_waiting(struct world *world, uint32_t offer_ms)
{
    struct buyer organiser = {.world = world};
    struct owner_ask ask = {.verb = OWNER_SET_WAITING, .offer_ms = offer_ms};
    for (int i = 0; i < 20 && !world->tale.failed; i++) {
        if (world_ask(world, &organiser, &ask, NULL) == 0)
            return;
        world_wait(world, 200);
    }
}

static void pause_sale(struct world *world)
{
    world->coverage->pauses++;
    set_sale(world, STAGE_PAUSED);
    world_wait(world, 1500);
    set_sale(world, STAGE_OPEN);
}

/* The organiser keeps some places back, for a while or until they are wanted again; what comes back
 * of an earlier block goes with it. */
static void keep_back(struct world *world)
{
    struct buyer organiser = {.world = world};
    const uint32_t places = world->stage.hall->place_count;
    struct owner_ask ask = {
        .verb = OWNER_BLOCK,
        .account_id = world_odds(world, 50) ? stage_id(4999) : (struct id){0},
        .hold_id = chance_id(world->chance),
        .reason = VIEW_LIT("sound desk"),
    };
    struct post *post = any_post(world);
    if (post && world_odds(world, 50))
        ask.until_ms = post_now_ms(post) + 1 + (int64_t)world_below(world, 20000);
    const uint32_t from = world_below(world, places);
    for (uint32_t seat = from; seat < places && ask.seat_count < 1 + from % SEATS_PARTY_MAX; seat++)
        ask.seats[ask.seat_count++] = seat;
    (void)world_ask(world, &organiser, &ask, NULL);
}

static void give_free(struct world *world)
{
    struct buyer organiser = {.world = world};
    const struct truth *truth = &world->truth;
    const uint32_t places = truth->hall->place_count, from = world_below(world, places);
    struct owner_ask ask = {.verb = OWNER_UNBLOCK};
    for (uint32_t i = 0; i < places && ask.seat_count < SEATS_PARTY_MAX; i++) {
        const uint32_t seat = from + i;
        if (seat >= places || id_is_zero(truth->blocks[seat]) ||
            (ask.seat_count > 0 && !id_eq(truth->blocks[seat], ask.hold_id)))
            continue;
        ask.hold_id = truth->blocks[seat];
        ask.seats[ask.seat_count++] = seat;
    }
    if (ask.seat_count > 0)
        (void)world_ask(world, &organiser, &ask, NULL);
}

/* An order that is good now, as the store has it; false: chance found none. */
static bool any_order(struct world *world, struct arena *arena, struct store_order *ret_order)
{
    struct truth *truth = &world->truth;
    struct store *mem = world->stage.mem;
    for (uint32_t i = 0; truth->hold_count > 0 && i < 30; i++) {
        struct truth_hold *known = &truth->holds[world_below(world, truth->hold_count)];
        if (known->fate != TRUTH_SOLD ||
            mem->ops->order_get(mem, known->hold.hold_id, arena, ret_order, DEADLINE_NEVER) != 0 ||
            ret_order->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED)
            continue;
        known->move_asked = true;
        return true;
    }
    return false;
}

/* Somebody brings what an order owes, or less; or what was paid before. */
static void collect(struct world *world)
{
    struct buyer counter = {.world = world};
    struct store_order order;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    if (any_order(world, &arena, &order)) {
        struct truth_hold *known = truth_find(&world->truth, order.order_id);
        struct owner_ask ask = {.verb = OWNER_COLLECT,
                                .account_id = order.account_id,
                                .hold_id = order.order_id,
                                .payment_method = 3,
                                .payment_id = order.order_id,
                                .paid =
                                    truth_order_cost(&world->truth, known) - world_odds(world, 10)};
        for (size_t i = 0; i < store_seat_count(order.seats); i++)
            ask.seats[ask.seat_count++] = store_seat_at(order.seats, i);
        known->collect_asked = true;
        (void)world_ask(world, &counter, &ask, NULL);
    }
    arena_release(&arena);
}

/* Tickets of an order move to whatever chance says, and the difference is waived, or not. */
static void move_tickets(struct world *world)
{
    struct buyer organiser = {.world = world};
    uint8_t record[STORE_MOVED_MAX];
    struct store_order order;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    if (any_order(world, &arena, &order)) {
        struct owner_ask ask = {.verb = OWNER_MOVE,
                                .account_id = order.account_id,
                                .person_id = order.person_id,
                                .hold_id = order.order_id,
                                .list = order.amounts,
                                .record = record};
        for (size_t i = 0; i < store_seat_count(order.seats); i++) {
            const uint32_t seat = store_seat_at(order.seats, i);
            ask.seats[ask.seat_count++] = seat;
            ask.left[ask.left_count++] =
                world_odds(world, 30) ? seat : world_below(world, world->stage.hall->place_count);
        }
        const struct owner_ask wish = ask;
        if (world_ask(world, &organiser, &ask, NULL) == ERR_UNSUPPORTED && !world->tale.failed) {
            const int64_t more = ask.total;
            ask = wish;
            ask.paid = more + world_odds(world, 10);
            (void)world_ask(world, &organiser, &ask, NULL);
        }
    }
    arena_release(&arena);
}

/* Who pays what, anew: some of three types, which are not to be had everywhere. */
static void make_types(struct world *world, struct price_list *list)
{
    list->type_count = 0;
    for (uint32_t number = 0; number < 4; number++) {
        struct price_type *type = &list->types[list->type_count];
        if (number > 0 && world_odds(world, 30))
            continue;
        *type = (struct price_type){.number = (uint8_t)number, .korean = "가", .english = "A"};
        list->type_count++;
        if (number == 0)
            continue;
        type->most = (uint8_t)world_below(world, 4);
        type->companion = world_odds(world, 20);
        for (uint32_t i = 0; i < list->category_count; i++)
            type->amounts[i] =
                world_odds(world, 20) ? PRICE_NONE : (int64_t)world_below(world, 100000);
        type->amounts[0] = world_below(world, 100000);
    }
}

/* Codes anew, few places each; now and then a category that needs one. */
static void make_codes(struct world *world, struct price_list *list)
{
    list->code_count = 0;
    for (uint32_t number = 1; number < 4; number++) {
        struct price_code *code = &list->codes[list->code_count];
        if (world_odds(world, 30))
            continue;
        *code = (struct price_code){.number = number,
                                    .opens = world_below(world, 1u << STAGE_CATEGORIES),
                                    .off_permille = world_below(world, 1001),
                                    .off_amount = world_below(world, 2) * 1000,
                                    .places = world_below(world, 6),
                                    .places_account = world_below(world, 4)};
        if (world_odds(world, 50))
            code->count = 3;
        else
            snprintf(code->word, sizeof(code->word), "WORD-%u", number);
        if (world_odds(world, 30))
            code->until_ms = world->latest_ms + 1 + world_below(world, 20000);
        list->code_count++;
    }
    list->hidden = world_odds(world, 30) ? world_below(world, 1u << STAGE_CATEGORIES) : 0;
}

/* The organiser changes what places cost; another may have done so since he looked. */
static void change_prices(struct world *world)
{
    struct buyer organiser = {.world = world};
    const struct truth *truth = &world->truth;
    const uint32_t valid = truth->list_count - 1;
    struct price_list list = truth->lists[valid];
    uint8_t bytes[4096];
    struct arena arena;
    struct owner_ask ask = {.verb = OWNER_PRICES, .price_list = valid};
    if (valid > 0 && world_odds(world, 10))
        ask.price_list--;
    const uint32_t category = world_below(world, list.category_count);
    list.amounts[category] = world_below(world, 100000);
    if (world_odds(world, 50))
        make_types(world, &list);
    if (world_odds(world, 70))
        make_codes(world, &list);
    if (world_odds(world, 40)) {
        list.no_orphans = world_odds(world, 50);
        for (uint32_t i = 0; i < list.category_count; i++)
            list.category_places[i] = world_odds(world, 30) ? 1 + world_below(world, 4) : 0;
    }
    arena_init(&arena, 65536);
    int err = price_list_write(&list, &arena, &ask.list);
    assert(err == 0 && ask.list.len <= sizeof(bytes));
    memcpy(bytes, ask.list.at, ask.list.len);
    ask.list = view_of(bytes, ask.list.len);
    arena_release(&arena);
    (void)world_ask(world, &organiser, &ask, NULL);
}

/* Prices for a time to come, or no longer. */
static void plan_prices(struct world *world)
{
    struct buyer organiser = {.world = world};
    const struct truth *truth = &world->truth;
    struct price_list list = {.category_count = STAGE_CATEGORIES};
    uint8_t bytes[4096];
    struct arena arena;
    struct owner_ask ask = {.verb = OWNER_END_PLAN};
    struct post *post = any_post(world);
    if (!post)
        return;
    if (truth->plan_count > 0 && world_odds(world, 30)) {
        ask.hold_id = truth->plans[world_below(world, truth->plan_count)].plan_id;
        (void)world_ask(world, &organiser, &ask, NULL);
        return;
    }
    for (uint32_t i = 0; i < STAGE_CATEGORIES; i++)
        list.amounts[i] = PRICE_STAYS;
    list.amounts[world_below(world, STAGE_CATEGORIES)] = world_below(world, 100000);
    if (world_odds(world, 30))
        make_types(world, &list);
    ask.verb = OWNER_PLAN_PRICES;
    ask.hold_id = chance_id(world->chance);
    ask.until_ms = post_now_ms(post) + 1 + (int64_t)world_below(world, 20000);
    arena_init(&arena, 65536);
    int err = price_list_write(&list, &arena, &ask.list);
    assert(err == 0 && ask.list.len <= sizeof(bytes));
    memcpy(bytes, ask.list.at, ask.list.len);
    ask.list = view_of(bytes, ask.list.len);
    arena_release(&arena);
    (void)world_ask(world, &organiser, &ask, NULL);
}

/* The organiser looks who holds most, and ends one of the holds. */
static void end_hold(struct world *world)
{
    struct buyer organiser = {.world = world};
    struct owner_holding list[4];
    struct owner_ask look = {.verb = OWNER_HOLDINGS, .holdings = list, .holdings_max = 4};
    if (world_ask(world, &organiser, &look, NULL) != 0 || look.holding_count == 0)
        return;
    const struct id hold_id = list[world_below(world, look.holding_count)].hold.hold_id;
    struct owner_ask ask = {.verb = OWNER_END_HOLD, .hold_id = hold_id};
    struct truth_hold *known = truth_find(&world->truth, hold_id);
    if (!known)
        return; /* check_answer says so */
    known->release_asked = true;
    (void)world_ask(world, &organiser, &ask, NULL);
}

static void crash_store(struct world *world)
{
    struct post *post = any_post(world);
    if (!post)
        return;
    world->coverage->crashes++;
    world_say(world, "owner %u loses its store", post->number);
    store_fault_crash(post->store);
}

static void restart(struct world *world, bool kill)
{
    struct post *post = any_post(world);
    if (!post)
        return;
    *(kill ? &world->coverage->kills : &world->coverage->restarts) += 1;
    post_close(world, post, kill);
    if (world_posts(world) == 0) {
        world_wait(world, world_odds(world, 80) ? 300 : 2 * world->stage.options.hold_ttl_ms);
        post_open(world);
    }
}

/* After a power cut: nobody of before is there any more. */
static void come_back(struct world *world)
{
    if (!world->disk || body_cuts(world->stage.mem) == world->cuts)
        return;
    world->cuts = body_cuts(world->stage.mem);
    world_say(world, "the power was cut");
    check_kept(world);
    for (struct post *post = any_post(world); post; post = any_post(world))
        post_close(world, post, true);
    world_wait(world, 300);
    if (world_posts(world) == 0)
        post_open(world);
}

/* The power goes, for the disk and for all owners at once. In a world without a disk: as a kill. */
static void cut_power(struct world *world)
{
    if (!world->disk) {
        restart(world, true);
        return;
    }
    if (world_odds(world, 80)) {
        disk_cut_soon(1 + world_below(world, 60)); /* come_back sees to the rest */
        return;
    }
    body_cut_power(world->stage.mem);
    come_back(world);
}

static void stop_and_start(struct world *world)
{
    restart(world, false);
}

static void kill_and_start(struct world *world)
{
    restart(world, true);
}

/* Another owner takes over while the old one is alive, and perhaps paused. */
static void take_over(struct world *world)
{
    struct post *old = any_post(world);
    if (!old || world_posts(world) > 1)
        return;
    world->coverage->takeovers++;
    const bool paused = world_odds(world, 60);
    if (paused) {
        struct weather slow = world->weather;
        slow.delay_ppm = 1000000;
        slow.delay_max_ns = (int64_t)world_below(world, 12000) * NS_PER_MS;
        post_weather(old, &slow);
        world_say(world, "owner %u is paused", old->number);
        world_wait(world, 100);
    }
    post_open(world);
    world_wait(world, 3000);
    if (paused)
        post_weather(old, &world->weather);
    world_wait(world, 3000);
    if (world_posts(world) > 1)
        post_close(world, any_post(world), world_odds(world, 50));
}

/* A store that went down by itself comes back after a while. */
static void mend(struct world *world)
{
    for (uint32_t i = 0; i < WORLD_POSTS_MAX; i++) {
        struct post *post = world->posts[i];
        if (post && post->store && store_fault_is_down(post->store) && world_odds(world, 50)) {
            store_fault_reset(post->store);
            world_say(world, "owner %u has its store again", post->number);
        }
    }
}

static bool is_serving(const struct post *post)
{
    struct owner_figures figures;
    owner_figures(post->owner, &figures);
    return figures.serving;
}

static void calm_down(struct world *world)
{
    if (world->cluster) {
        cluster_settle(world);
        return;
    }
    if (world->disk)
        disk_cut_soon(0);
    come_back(world);
    world_say(world, "calm");
    world->calm = true;
    while (world_posts(world) > 1)
        post_close(world, any_post(world), false);
    if (world_posts(world) == 0)
        post_open(world);
    if (!world->posts[0]) {
        world->posts[0] = any_post(world);
        for (uint32_t i = 1; i < WORLD_POSTS_MAX; i++)
            world->posts[i] = NULL;
    }
    post_weather(world->posts[0], &(struct weather){0});
    if (world->disk)
        body_set_weather(world->stage.mem, &(struct disk_weather){0});
    /* A call that was under way may still take the store down. */
    for (int i = 0; i < 300 && !is_serving(world->posts[0]); i++) {
        store_fault_reset(world->posts[0]->store);
        stage_sleep(100);
    }
    store_fault_reset(world->posts[0]->store);
}

void director_run(void *arg)
{
    static void (*const acts[])(struct world *) = {
        director_jump_clock, pause_sale, crash_store, stop_and_start,
        kill_and_start,      take_over,  cut_power};
    struct world *world = arg;
    const uint32_t trouble = world_below(world, 4); /* 0: none in this world */
    if (world->cluster)
        cluster_start_redis(world->cluster);
    for (uint32_t i = 0; i < (world->cluster ? WORLD_POSTS_MAX : 1); i++)
        post_open(world);
    if (world->stage.options.sale_state == STAGE_DRAFT) {
        world_wait(world, 400);
        set_sale(world, STAGE_OPEN);
    }
    if (world_odds(world, 60))
        set_waiting(world, 1000 + world_below(world, 8000));
    while (world->buyers_left > 0 && !world->tale.failed) {
        world_wait(world, 400);
        mend(world);
        if (world_odds(world, 1))
            set_waiting(world, world_odds(world, 50) ? 0 : 1000 + world_below(world, 8000));
        come_back(world);
        if (world_odds(world, 12))
            keep_back(world);
        if (world_odds(world, 8))
            give_free(world);
        if (world_odds(world, 25))
            move_tickets(world);
        if (world_odds(world, 25))
            collect(world);
        if (world_odds(world, 4))
            end_hold(world);
        if (world_odds(world, 10))
            change_prices(world);
        if (world_odds(world, 8))
            plan_prices(world);
        if (world->cluster && world_below(world, 20) < trouble)
            cluster_act(world);
        else if (!world->cluster && trouble > 0 && world_below(world, 24) < trouble)
            acts[world_below(world, sizeof(acts) / sizeof(acts[0]))](world);
    }
    while (world->buyers_left > 0)
        stage_sleep(1000);
    calm_down(world);
    set_waiting(world, 0); /* what is offered now is not offered on and on */
    if (!world->tale.failed)
        check_calm(world);
    /* Once more, by an owner that knows nothing. */
    for (struct post *post = any_post(world); post; post = any_post(world))
        post_close(world, post, false);
    struct post *fresh = post_open(world);
    if (!stage_serving(fresh->owner))
        world_fail(world, "a fresh owner does not serve");
    if (!world->tale.failed)
        check_calm(world);
    post_close(world, fresh, false);
    check_end(world);
    world->ended = true;
}
