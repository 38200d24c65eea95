/* Who makes it hard: processes that die, stop and come back; and then who waits for rest. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/money/money.h"
#include "store/selling.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"

#define REST_MAX_MS     (2 * 3600000) /* who is not at rest then never is */
#define REST_LOOK_MS    1000
#define LATER_TRIES_MAX 40

static void restart_usher(struct money_world *world, bool crash)
{
    struct usher *usher = world->usher;
    *(crash ? &world->coverage->usher_crashes : &world->coverage->usher_stops) += 1;
    usher_close(usher, crash);
    money_wait(world, money_below(world, 4) == 0 ? 20000 : 500);
    usher_open(world);
}

static void restart_psp(struct money_world *world)
{
    world->coverage->psp_crashes++;
    psp_crash(world);
    money_wait(world, 5000);
    psp_open(world);
}

static void restart_room(struct money_world *world, bool crash)
{
    *(crash ? &world->coverage->room_crashes : &world->coverage->room_stops) += 1;
    room_close(world->room, crash);
    money_wait(world, money_below(world, 4) == 0 ? 8000 : 300);
    (void)room_open(world);
}

/* As where both are one process. */
static void restart_both(struct money_world *world)
{
    world->usher->party.dead = world->room->party.dead = true;
    restart_room(world, true);
    restart_usher(world, true);
}

/* The crash that a step was planned to be. */
static void clear_up(struct money_world *world)
{
    if (!world->crash_due)
        return;
    world->crash_due = false;
    if (world->crash_of == MONEY_PSP)
        restart_psp(world);
    else if (world->crash_of == MONEY_USHER)
        restart_usher(world, true);
    else if (world->has_line)
        restart_room(world, true);
}

static void make_trouble(struct money_world *world)
{
    const uint32_t act = money_below(world, 100);
    if (act < 3)
        restart_usher(world, true);
    else if (act < 4)
        restart_usher(world, false);
    else if (act < 6)
        restart_psp(world);
    else if (world->has_line && act < 8)
        restart_room(world, true);
    else if (world->has_line && act < 9)
        restart_room(world, false);
    else if (world->has_line && act < 10)
        restart_both(world);
}

static void calm_down(struct money_world *world)
{
    money_say(world, "calm");
    world->calm = true;
    psp_weather(world, "{\"latency_ms\":5}");
    usher_weather(world->usher, &(struct money_weather){0});
    if (world->has_line)
        world->room->party.stormy = false;
}

static void await_rest(struct money_world *world)
{
    char what[512];
    const int64_t began_ns = fiber_now_ns();
    while (!check_rest(world, what, sizeof(what))) {
        clear_up(world);
        stage_sleep(REST_LOOK_MS);
        if (fiber_now_ns() - began_ns > REST_MAX_MS * NS_PER_MS) {
            money_fail(world, "it never comes to rest: %s", what);
            return;
        }
    }
    const int64_t took_ms = (fiber_now_ns() - began_ns) / NS_PER_MS;
    if (took_ms > world->coverage->settled_max_ms)
        world->coverage->settled_max_ms = took_ms;
}

/* In two worlds of three there is something to pay beside the price, and it goes back by the rule,
 * always or never. */
static void set_fees(struct money_world *world)
{
    const uint32_t back = money_below(world, 3);
    const struct selling_terms terms = {
        .since_ms = 1,
        .fee_currency = VIEW_LIT("KRW"),
        .fee = {.ticket = 70, .permille = 15, .order = 90, .back = back + 1},
        .price_vat_permille = 100,
        .fee_vat_permille = 100,
    };
    if (money_below(world, 3) == 0)
        return;
    int err = selling_put(world->sql, &terms, DEADLINE_NEVER);
    assert(err == 0);
    world->coverage->fees++;
}

/* In half of the worlds a buyer may pay later, to a bank's account. */
static void let_pay_later(struct money_world *world)
{
    static const struct identity operator_ = {.roles = ROLE_OPERATOR};
    const Usher__V1__Performance *now;
    Usher__V1__UpdatePerformanceRequest wish = USHER__V1__UPDATE_PERFORMANCE_REQUEST__INIT;
    wish.performance_id = world->stage.performance_id;
    wish.pay_later_choice_case =
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__PAY_LATER_CHOICE_PAY_LATER_MS;
    wish.pay_later_ms = 4000 + 1000 * money_below(world, 26);
    if (world->still || money_below(world, 2) == 0)
        return;
    for (int i = 0; i < LATER_TRIES_MAX && !world->later; i++) {
        struct arena arena;
        struct client client;
        arena_init(&arena, 1u << 20);
        client_init(&client, world->usher->tickets, &usher__v1__ticket_service__descriptor, &arena);
        client.identity = &operator_;
        world->later =
            client_call(&client, Usher__V1__TicketService, update_performance, &wish, &now) == 0;
        if (!world->later)
            stage_sleep(500);
        arena_release(&arena);
    }
    money_say(world, "it may be paid later: %d", world->later);
}

void money_director_run(void *arg)
{
    struct money_world *world = arg;
    const bool trouble = !world->still && money_below(world, 4) > 0;
    world->flawless = world->flawless && !trouble;
    psp_open(world);
    if (world->has_line)
        (void)room_open(world);
    usher_open(world);
    set_fees(world);
    let_pay_later(world);
    for (uint32_t i = 0; i < world->buyer_count; i++) {
        int err = fiber_spawn(&world->stage.scope, money_buyer_run, &world->buyers[i]);
        assert(err == 0);
    }
    while (world->buyers_left > 0) {
        money_wait(world, world->still ? 20 : 1000);
        clear_up(world);
        if (trouble && !world->tale.failed)
            make_trouble(world);
    }
    clear_up(world);
    calm_down(world);
    await_rest(world);
    /* Once more, by a process that knows nothing. */
    usher_close(world->usher, false);
    if (world->has_line)
        restart_room(world, false);
    usher_open(world);
    await_rest(world);
    stage_sleep(5000);
    usher_close(world->usher, false);
    if (world->has_line)
        room_close(world->room, false);
    psp_crash(world);
    scope_close(&world->net);
    world->ended = true;
}
