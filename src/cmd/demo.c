#include "cmd/demo.h"

#include <string.h>
#include <time.h>

#include "call/client.h"
#include "err/err.h"
#include "observe/log.h"
#include "sale/entry.h"
#include "usher/v1/door.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define DEMO_ARENA    (8u << 20)
#define DEMO_CAPACITY 2000
#define DEMO_PRICES   5
#define DEMO_DOORS_MS 3600000 /* people are let in so long before it begins */
#define DEMO_NAME     "Opening Night"

int demo_check(const struct client *client, const char *step, int err)
{
    if (err)
        log_event(LOG_ERROR, "demo.create", log_str("rpc.method", step),
                  log_str("error.message", client->status.message));
    return err;
}

/* When the curtain rises: about thirty days from now, at 19:00 in Seoul. */
static int64_t starts_ms(void)
{
    const int64_t day_ms = 86400000;
    return (clock_wall_ms(clock_system()) / day_ms + 30) * day_ms + 10 * 3600000;
}

/* What a ticket costs, dearest first, and when it begins. */
static void fill_performance(const Usher__V1__Hall *hall, Usher__V1__Price *prices,
                             Usher__V1__Price **price_list,
                             Usher__V1__CreatePerformanceRequest *ret_wish)
{
    usher__v1__create_performance_request__init(ret_wish);
    ret_wish->hall_id = hall->hall_id;
    ret_wish->starts_at_ms = starts_ms();
    ret_wish->time_zone = (char *)"Asia/Seoul";
    ret_wish->doors_at_ms = ret_wish->starts_at_ms - DEMO_DOORS_MS;
    ret_wish->gate = (char *)"3";
    ret_wish->venue_address = (char *)"서울특별시 중구 세종대로 110";
    ret_wish->n_prices = hall->n_categories < DEMO_PRICES ? hall->n_categories : DEMO_PRICES;
    ret_wish->prices = price_list;
    for (size_t i = 0; i < ret_wish->n_prices; i++) {
        usher__v1__price__init(&prices[i]);
        prices[i].category = (uint32_t)i;
        prices[i].amount = 165000 - 22000 * (int64_t)i;
        price_list[i] = &prices[i];
    }
}

/* The event with its one performance, still a draft. */
static int create(struct client *tickets, const Usher__V1__Event **ret_event)
{
    Usher__V1__GenerateHallRequest shape = USHER__V1__GENERATE_HALL_REQUEST__INIT;
    const Usher__V1__Hall *hall;
    shape.name = (char *)"Demo Hall";
    shape.capacity = DEMO_CAPACITY;
    int err = client_call(tickets, Usher__V1__TicketService, generate_hall, &shape, &hall);
    if (err)
        return demo_check(tickets, "GenerateHall", err);
    Usher__V1__Price prices[DEMO_PRICES], *price_list[DEMO_PRICES];
    Usher__V1__CreatePerformanceRequest performance;
    fill_performance(hall, prices, price_list, &performance);
    Usher__V1__CreateEventRequest wish = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    wish.name = (char *)DEMO_NAME;
    wish.description = (char *)"A demo on-sale: hold seats, order, and watch others do the same.";
    wish.performance = &performance;
    err = client_call(tickets, Usher__V1__TicketService, create_event, &wish, ret_event);
    return demo_check(tickets, "CreateEvent", err);
}

/* A demo that is kept for longer than a month sells on: what has begun sells nothing. */
static int move(struct client *tickets, const Usher__V1__Performance *performance)
{
    Usher__V1__UpdatePerformanceRequest wish = USHER__V1__UPDATE_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *moved;
    if (performance->starts_at_ms > clock_wall_ms(clock_system()))
        return 0;
    wish.performance_id = performance->performance_id;
    wish.starts_at_ms = starts_ms();
    wish.doors_choice_case = USHER__V1__UPDATE_PERFORMANCE_REQUEST__DOORS_CHOICE_DOORS_AT_MS;
    wish.doors_at_ms = wish.starts_at_ms - DEMO_DOORS_MS;
    const int err =
        client_call(tickets, Usher__V1__TicketService, update_performance, &wish, &moved);
    return demo_check(tickets, "UpdatePerformance", err);
}

/* Who looks at the demo tries its door now, not in thirty days. Without a door none is opened. */
static void open_doors(struct client *doors, uint32_t performance_id)
{
    Usher__V1__SetEntryTimesRequest wish = USHER__V1__SET_ENTRY_TIMES_REQUEST__INIT;
    const Usher__V1__EntryTimes *times;
    wish.performance_id = performance_id;
    wish.early_choice_case = USHER__V1__SET_ENTRY_TIMES_REQUEST__EARLY_CHOICE_EARLY_MINUTES;
    wish.early_minutes = ENTRY_MINUTES_MAX;
    const int err = client_call(doors, Usher__V1__DoorService, set_entry_times, &wish, &times);
    if (err && doors->status.code != CODE_UNIMPLEMENTED)
        demo_check(doors, "SetEntryTimes", err);
}

/* In an empty store, the demo, on sale. One that was cut off before it opened is opened. */
static int ensure(struct client *tickets, struct client *doors)
{
    Usher__V1__ListEventsRequest list = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *there;
    const Usher__V1__Event *event;
    int err = client_call(tickets, Usher__V1__TicketService, list_events, &list, &there);
    if (err)
        return demo_check(tickets, "ListEvents", err);
    if (there->n_events > 0)
        event = there->events[0];
    else
        err = create(tickets, &event);
    if (err)
        return err;
    if (strcmp(event->name, DEMO_NAME) != 0 || event->n_performances != 1)
        return 0; /* not ours */
    if (event->performances[0]->sale_state != USHER__V1__SALE_STATE__SALE_STATE_DRAFT)
        return move(tickets, event->performances[0]);
    Usher__V1__OpenSaleRequest open = USHER__V1__OPEN_SALE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    open.performance_id = event->performances[0]->performance_id;
    err = client_call(tickets, Usher__V1__TicketService, open_sale, &open, &performance);
    if (demo_check(tickets, "OpenSale", err) == 0)
        open_doors(doors, open.performance_id);
    return err;
}

int demo_create(struct channel *channel)
{
    struct client tickets, doors;
    struct arena arena;
    arena_init(&arena, DEMO_ARENA);
    client_init(&tickets, channel, &usher__v1__ticket_service__descriptor, &arena);
    client_init(&doors, channel, &usher__v1__door_service__descriptor, &arena);
    int err = ensure(&tickets, &doors);
    arena_release(&arena);
    return err;
}
