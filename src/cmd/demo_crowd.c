/*
 * The demo's crowd: a few people who come, wait in line, choose, and buy or leave, so that whoever
 * looks at the demo does not look at an empty house. It ends with the process.
 *
 *     away ──▶ joins ──▶ waits ──▶ enters ──▶ holds ──▶ orders, gives back, or just goes ──▶ away
 *                          └── loses patience ─────────────────────────────────────────────▶
 */
#include <stdlib.h>

#include "call/client.h"
#include "call/local.h"
#include "chance/chance.h"
#include "cmd/demo.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"

#define PEOPLE       24     /* at once */
#define FIRST        75     /* of 100 come to the sale that is open, the others to the newest */
#define AWAY_MS      30000  /* between two visits, at most */
#define LOOK_MS      2000   /* how often a waiting person looks */
#define PATIENCE_MS  240000 /* nobody waits for longer */
#define CHOOSE_MS    6000   /* a person inside thinks before each step, at most … */
#define DECIDE_MS    20000  /* … and over what is held */
#define PARTY_MAX    4
#define PLACES_LEFT  50 /* percent of the hall: with fewer nobody buys, so that some stay */
#define PERSON_ARENA (256u << 10)
#define IMPATIENT    10 /* of 100 give up while they wait */
#define BUYERS       55 /* of 100 inside buy … */
#define GIVERS       80 /* … and from there to here give back; the others just go */
#define HUNDRED      100

struct demo_crowd {
    struct channel *channel; /* owned */
    struct routes routes;
    struct scope scope;
};

/* ---- a person ---- */

struct person {
    struct demo_crowd *crowd;
    struct chance *chance;
    struct arena arena;
    struct client tickets, lines;
    struct identity identity;
    uint32_t sale_id, performance_id;
};

static uint32_t below(struct person *p, uint32_t n)
{
    return (uint32_t)chance_below(p->chance, n);
}

/* False: the process ends. */
static bool wait_up_to(struct person *p, uint32_t ms)
{
    return fiber_sleep_until(deadline_after_ms(fiber_now_ns(), 1 + (int64_t)below(p, ms))) == 0 &&
           !fiber_cancelled();
}

/* A sale of the demo, and a performance of it. False: there is none. */
static bool choose_sale(struct person *p)
{
    Usher__V1__ListSalesRequest look = USHER__V1__LIST_SALES_REQUEST__INIT;
    const Usher__V1__ListSalesResponse *answer;
    if (client_call(&p->lines, Usher__V1__WaitroomService, list_sales, &look, &answer) != 0 ||
        answer->n_sales == 0)
        return false;
    const bool first = below(p, HUNDRED) < FIRST;
    const Usher__V1__Sale *sale = answer->sales[first ? 0 : answer->n_sales - 1];
    p->sale_id = sale->sale_id;
    p->performance_id = sale->n_performance_ids > 0 ? sale->performance_ids[0] : 0;
    return p->performance_id != 0;
}

/* Joins, and waits for its turn; a draw is waited for too. False: it was none of it. */
static bool wait_in_line(struct person *p)
{
    Usher__V1__JoinRequest join = USHER__V1__JOIN_REQUEST__INIT;
    Usher__V1__GetPlaceRequest look = USHER__V1__GET_PLACE_REQUEST__INIT;
    const Usher__V1__Place *place;
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), PATIENCE_MS);
    const bool impatient = below(p, HUNDRED) < IMPATIENT;
    join.sale_id = look.sale_id = p->sale_id;
    int err = client_call(&p->lines, Usher__V1__WaitroomService, join, &join, &place);
    while (err == 0 && (place->state == USHER__V1__PLACE_STATE__PLACE_STATE_IN_DRAW ||
                        place->state == USHER__V1__PLACE_STATE__PLACE_STATE_WAITING)) {
        const bool gives_up = impatient && below(p, HUNDRED) < IMPATIENT;
        if (fiber_now_ns() >= until_ns || gives_up || !wait_up_to(p, 2 * LOOK_MS))
            return false;
        arena_reset(&p->arena);
        err = client_call(&p->lines, Usher__V1__WaitroomService, get_place, &look, &place);
    }
    return err == 0 && place->state == USHER__V1__PLACE_STATE__PLACE_STATE_SERVED;
}

/* Whether so many places are free that some are left for whoever looks at the demo. */
static bool may_buy(struct person *p)
{
    Usher__V1__GetPerformanceRequest look = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *told;
    look.performance_id = p->performance_id;
    return client_call(&p->tickets, Usher__V1__TicketService, get_performance, &look, &told) == 0 &&
           told->counts && told->hall &&
           (uint64_t)told->counts->free * HUNDRED > (uint64_t)told->hall->place_count * PLACES_LEFT;
}

/* Holds some places, thinks, and decides. */
static void shop(struct person *p)
{
    Usher__V1__HoldBestRequest best = USHER__V1__HOLD_BEST_REQUEST__INIT;
    const Usher__V1__Hold *hold;
    best.performance_id = p->performance_id;
    best.party = 1 + below(p, PARTY_MAX);
    best.apart = true;
    if (!wait_up_to(p, CHOOSE_MS) ||
        client_call(&p->tickets, Usher__V1__TicketService, hold_best, &best, &hold) != 0 ||
        !wait_up_to(p, DECIDE_MS))
        return;
    const uint32_t mood = below(p, HUNDRED);
    if (mood < BUYERS && may_buy(p)) {
        Usher__V1__PlaceOrderRequest wish = USHER__V1__PLACE_ORDER_REQUEST__INIT;
        const Usher__V1__Order *order;
        wish.performance_id = p->performance_id;
        wish.hold_id = hold->hold_id;
        wish.payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE;
        (void)client_call(&p->tickets, Usher__V1__TicketService, place_order, &wish, &order);
    } else if (mood < GIVERS) {
        Usher__V1__ReleaseHoldRequest wish = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
        const Usher__V1__ReleaseHoldResponse *released;
        wish.performance_id = p->performance_id;
        wish.hold_id = hold->hold_id;
        (void)client_call(&p->tickets, Usher__V1__TicketService, release_hold, &wish, &released);
    }
}

/* Through the door, with its pass, and out again. */
static void go_in(struct person *p)
{
    Usher__V1__EnterRequest wish = USHER__V1__ENTER_REQUEST__INIT;
    const Usher__V1__Pass *pass;
    struct metadata *shown = NULL;
    wish.sale_id = p->sale_id;
    if (!wait_up_to(p, CHOOSE_MS) ||
        client_call(&p->lines, Usher__V1__WaitroomService, enter, &wish, &pass) != 0 ||
        metadata_add(&shown, &p->arena, VIEW_LIT("usher-pass"), view_str(pass->pass)) != 0)
        return;
    p->tickets.metadata = shown;
    shop(p);
    p->tickets.metadata = NULL;
}

/* One visit, of an account that was never seen before. */
static void visit(struct person *p)
{
    Usher__V1__LeaveRequest leave = USHER__V1__LEAVE_REQUEST__INIT;
    const Usher__V1__LeaveResponse *left;
    p->identity = (struct identity){.roles = ROLE_GUEST, .account_id = chance_id(p->chance)};
    if (!choose_sale(p))
        return;
    if (wait_in_line(p))
        go_in(p);
    leave.sale_id = p->sale_id;
    arena_reset(&p->arena);
    if (!fiber_cancelled())
        (void)client_call(&p->lines, Usher__V1__WaitroomService, leave, &leave, &left);
}

static void live(void *arg)
{
    struct demo_crowd *crowd = arg;
    struct person p = {.crowd = crowd, .chance = chance_system()};
    arena_init(&p.arena, PERSON_ARENA);
    client_init(&p.tickets, crowd->channel, &usher__v1__ticket_service__descriptor, &p.arena);
    client_init(&p.lines, crowd->channel, &usher__v1__waitroom_service__descriptor, &p.arena);
    p.tickets.identity = p.lines.identity = &p.identity;
    while (wait_up_to(&p, AWAY_MS)) {
        visit(&p);
        arena_reset(&p.arena);
    }
    arena_release(&p.arena);
}

/* ---- the crowd ---- */

static void free_crowd(struct demo_crowd *crowd)
{
    if (crowd->channel)
        channel_free(crowd->channel);
    routes_release(&crowd->routes);
    free(crowd);
}

int demo_crowd_start(const struct service *services, size_t count, struct demo_crowd **ret_crowd)
{
    static const struct identity nobody = {.roles = ROLE_GUEST};
    struct demo_crowd *crowd = calloc(1, sizeof(*crowd));
    if (!crowd)
        return ERR_NO_MEMORY;
    scope_init(&crowd->scope);
    int err = routes_init(&crowd->routes, services, count);
    if (err != 0) {
        free(crowd);
        return err;
    }
    err = local_new(&crowd->routes, &nobody, &crowd->channel);
    for (int i = 0; err == 0 && i < PEOPLE; i++)
        err = fiber_spawn(&crowd->scope, live, crowd);
    if (err != 0) {
        scope_close(&crowd->scope);
        free_crowd(crowd);
        return err;
    }
    *ret_crowd = crowd;
    return 0;
}

void demo_crowd_stop(void *crowd)
{
    scope_close(&((struct demo_crowd *)crowd)->scope);
    free_crowd(crowd);
}
