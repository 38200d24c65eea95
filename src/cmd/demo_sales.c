/*
 * The demo's lines: one sale that is open behind a short line of people who were there before, and
 * one whose draw and opening are minutes away, also where an older one is over.
 */
#include <string.h>

#include "call/client.h"
#include "chance/chance.h"
#include "cmd/demo.h"
#include "err/err.h"
#include "observe/log.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"

#define SALES_ARENA    (8u << 20)
#define SALES_PRICES   5
#define PEOPLE         30     /* before whoever looks at the demo */
#define CAPACITY       10     /* so many of them come at a time … */
#define CLAIM_MS       15000  /* … and give up their turn after this */
#define DRAWS_AFTER_MS 60000  /* the other sale: its draw … */
#define OPENS_AFTER_MS 300000 /* … and its opening */
#define GALAS_MAX      20     /* a demo that is started each day stays small */

/* One more performance in the demo's hall, as an event of its own. */
static int add_event(struct client *tickets, const Usher__V1__Hall *hall, const char *name,
                     const char *description, uint32_t *ret_performance_id)
{
    Usher__V1__Price prices[SALES_PRICES], *list[SALES_PRICES];
    Usher__V1__CreatePerformanceRequest performance = USHER__V1__CREATE_PERFORMANCE_REQUEST__INIT;
    Usher__V1__CreateEventRequest wish = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    const Usher__V1__Event *event;
    const int64_t day_ms = 86400000;
    performance.hall_id = hall->hall_id;
    performance.starts_at_ms =
        (clock_wall_ms(clock_system()) / day_ms + 40) * day_ms + 10 * 3600000; /* 19:00 in Seoul */
    performance.time_zone = (char *)"Asia/Seoul";
    performance.prices = list;
    for (; performance.n_prices < hall->n_categories && performance.n_prices < SALES_PRICES;
         performance.n_prices++) {
        const size_t i = performance.n_prices;
        usher__v1__price__init(&prices[i]);
        prices[i].category = (uint32_t)i;
        prices[i].amount = 132000 - 22000 * (int64_t)i;
        list[i] = &prices[i];
    }
    wish.name = (char *)name;
    wish.description = (char *)description;
    wish.performance = &performance;
    int err = client_call(tickets, Usher__V1__TicketService, create_event, &wish, &event);
    if (demo_check(tickets, "CreateEvent", err))
        return err;
    Usher__V1__PublishEventRequest publish = USHER__V1__PUBLISH_EVENT_REQUEST__INIT;
    publish.event_id = event->event_id;
    *ret_performance_id = event->performances[0]->performance_id;
    err = client_call(tickets, Usher__V1__TicketService, publish_event, &publish, &event);
    return demo_check(tickets, "PublishEvent", err);
}

/* Accounts that nobody has: they wait, are called, and do not come. */
static int add_people(struct client *lines, uint32_t sale_id)
{
    int err = 0;
    for (uint64_t i = 1; i <= PEOPLE && err == 0; i++) {
        const struct identity person = {.roles = ROLE_GUEST,
                                        .account_id = chance_id(chance_system())};
        Usher__V1__JoinRequest join = USHER__V1__JOIN_REQUEST__INIT;
        const Usher__V1__Place *place;
        join.sale_id = sale_id;
        lines->identity = &person;
        err = client_call(lines, Usher__V1__WaitroomService, join, &join, &place);
    }
    lines->identity = NULL;
    return demo_check(lines, "Join", err);
}

static int add_open_sale(struct client *tickets, struct client *lines, const Usher__V1__Hall *hall)
{
    Usher__V1__CreateSaleRequest wish = USHER__V1__CREATE_SALE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    uint32_t performance_id;
    int err = add_event(tickets, hall, "Second Night", "On sale behind a line.", &performance_id);
    if (err)
        return err;
    wish.name = (char *)"Second Night";
    wish.performance_ids = &performance_id;
    wish.n_performance_ids = 1;
    wish.time_zone = (char *)"Asia/Seoul";
    wish.guests = true;
    wish.capacity_min = wish.capacity_max = CAPACITY;
    wish.claim_ms = CLAIM_MS;
    err = client_call(lines, Usher__V1__WaitroomService, create_sale, &wish, &sale);
    if (demo_check(lines, "CreateSale", err))
        return err;
    return add_people(lines, sale->sale_id);
}

static int add_drawn_sale(struct client *tickets, struct client *lines, const Usher__V1__Hall *hall)
{
    Usher__V1__CreateSaleRequest wish = USHER__V1__CREATE_SALE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    uint32_t performance_id;
    int err = add_event(tickets, hall, "Gala", "A draw, and an opening in a few minutes.",
                        &performance_id);
    if (err)
        return err;
    const int64_t now_ms = clock_wall_ms(clock_system());
    wish.draw_opens_at_ms = now_ms + DRAWS_AFTER_MS;
    wish.opens_at_ms = now_ms + OPENS_AFTER_MS;
    wish.name = (char *)"Gala";
    wish.performance_ids = &performance_id;
    wish.n_performance_ids = 1;
    wish.time_zone = (char *)"Asia/Seoul";
    wish.guests = true;
    err = client_call(lines, Usher__V1__WaitroomService, create_sale, &wish, &sale);
    return demo_check(lines, "CreateSale", err);
}

/* Whether one is still to open, or there are as many as a demo has. */
static bool has_coming(const Usher__V1__ListSalesResponse *sales)
{
    const int64_t now_ms = clock_wall_ms(clock_system());
    for (size_t i = 0; i < sales->n_sales; i++) {
        if (sales->sales[i]->opens_at_ms > now_ms)
            return true;
    }
    return sales->n_sales > GALAS_MAX;
}

int demo_create_sales(struct channel *channel)
{
    struct client tickets, lines;
    struct arena arena;
    Usher__V1__ListSalesRequest look = USHER__V1__LIST_SALES_REQUEST__INIT;
    Usher__V1__ListHallsRequest halls = USHER__V1__LIST_HALLS_REQUEST__INIT;
    const Usher__V1__ListSalesResponse *sales;
    const Usher__V1__ListHallsResponse *there;
    arena_init(&arena, SALES_ARENA);
    client_init(&tickets, channel, &usher__v1__ticket_service__descriptor, &arena);
    client_init(&lines, channel, &usher__v1__waitroom_service__descriptor, &arena);
    int err = client_call(&lines, Usher__V1__WaitroomService, list_sales, &look, &sales);
    demo_check(&lines, "ListSales", err);
    if (err == 0 && !has_coming(sales)) {
        const bool is_first = sales->n_sales == 0;
        err = client_call(&tickets, Usher__V1__TicketService, list_halls, &halls, &there);
        demo_check(&tickets, "ListHalls", err);
        if (err == 0 && there->n_halls > 0 && is_first)
            err = add_open_sale(&tickets, &lines, there->halls[0]);
        if (err == 0 && there->n_halls > 0)
            err = add_drawn_sale(&tickets, &lines, there->halls[0]);
    }
    arena_release(&arena);
    return err;
}
