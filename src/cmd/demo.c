#include "cmd/demo.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "err/err.h"
#include "observe/log.h"
#include "rpc/channel.h"
#include "usher/v1/ticket.pb-c.h"

#define DEMO_STEP_MS  30000
#define DEMO_ARENA    (8u << 20)
#define DEMO_CAPACITY 2000
#define DEMO_PRICES   5
#define DEMO_NAME     "Opening Night"

struct demo {
    struct rpc_channel *channel;
    struct arena arena;
};

/* One call; NULL after having logged why not. */
static const void *ask(struct demo *demo, const char *method, const ProtobufCMessage *request,
                       const ProtobufCMessageDescriptor *answer)
{
    const ProtobufCMessage *response;
    struct rpc_status status;
    char path[80];
    snprintf(path, sizeof(path), "/usher.v1.TicketService/%s", method);
    int err = rpc_channel_call(demo->channel, path, NULL, request, answer, &demo->arena, &response,
                               &status, deadline_after_ms(fiber_now_ns(), DEMO_STEP_MS));
    if (err == 0)
        return response;
    log_event(LOG_ERROR, "demo.create", log_str("rpc.method", method),
              log_str("error.message", status.message));
    return NULL;
}

/* What a ticket costs, dearest first, and when the curtain rises: about thirty days from now. */
static void fill_performance(const Usher__V1__Hall *hall, Usher__V1__Price *prices,
                             Usher__V1__Price **price_list,
                             Usher__V1__CreatePerformanceRequest *ret_wish)
{
    const int64_t day_ms = 86400000;
    usher__v1__create_performance_request__init(ret_wish);
    ret_wish->hall_id = hall->hall_id;
    ret_wish->starts_at_ms =
        (clock_wall_ms(clock_system()) / day_ms + 30) * day_ms + 10 * 3600000; /* 19:00 in Seoul */
    ret_wish->utc_offset_choice_case =
        USHER__V1__CREATE_PERFORMANCE_REQUEST__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
    ret_wish->utc_offset_minutes = 9 * 60;
    ret_wish->utc_offset_choice_case =
        USHER__V1__CREATE_PERFORMANCE_REQUEST__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
    ret_wish->utc_offset_minutes = 9 * 60;
    ret_wish->n_prices = hall->n_categories < DEMO_PRICES ? hall->n_categories : DEMO_PRICES;
    ret_wish->prices = price_list;
    for (size_t i = 0; i < ret_wish->n_prices; i++) {
        usher__v1__price__init(&prices[i]);
        prices[i].category = (uint32_t)i;
        prices[i].amount = 165000 - 22000 * (int64_t)i;
        price_list[i] = &prices[i];
    }
}

/* The event with its one performance, still a draft; NULL after having logged why not. */
static const Usher__V1__Event *create(struct demo *demo)
{
    Usher__V1__GenerateHallRequest shape = USHER__V1__GENERATE_HALL_REQUEST__INIT;
    shape.name = (char *)"Demo Hall";
    shape.capacity = DEMO_CAPACITY;
    const Usher__V1__Hall *hall =
        ask(demo, "GenerateHall", &shape.base, &usher__v1__hall__descriptor);
    if (!hall)
        return NULL;
    Usher__V1__Price prices[DEMO_PRICES], *price_list[DEMO_PRICES];
    Usher__V1__CreatePerformanceRequest performance;
    fill_performance(hall, prices, price_list, &performance);
    Usher__V1__CreateEventRequest wish = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    wish.name = (char *)DEMO_NAME;
    wish.description = (char *)"A demo on-sale: hold seats, order, and watch others do the same.";
    wish.performance = &performance;
    return ask(demo, "CreateEvent", &wish.base, &usher__v1__event__descriptor);
}

/* In an empty store, the demo, on sale. One that was cut off before it opened is opened. */
static int ensure(struct demo *demo)
{
    Usher__V1__ListEventsRequest list = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *there =
        ask(demo, "ListEvents", &list.base, &usher__v1__list_events_response__descriptor);
    if (!there)
        return ERR_UNAVAILABLE;
    const Usher__V1__Event *event = there->n_events == 0 ? create(demo) : there->events[0];
    if (!event)
        return ERR_UNAVAILABLE;
    if (strcmp(event->name, DEMO_NAME) != 0 || event->n_performances != 1 ||
        event->performances[0]->sale_state != USHER__V1__SALE_STATE__SALE_STATE_DRAFT)
        return 0; /* not ours, or open already */
    Usher__V1__OpenSaleRequest open = USHER__V1__OPEN_SALE_REQUEST__INIT;
    open.performance_id = event->performances[0]->performance_id;
    return ask(demo, "OpenSale", &open.base, &usher__v1__performance__descriptor) ? 0
                                                                                  : ERR_UNAVAILABLE;
}

int demo_create(const char *url, const uint8_t operator_key[KEY_BYTES])
{
    char key_text[KEY_TEXT_CHARS + 1];
    char authorization[sizeof("Bearer ") + KEY_TEXT_CHARS];
    struct demo demo = {0};
    key_format(operator_key, key_text);
    snprintf(authorization, sizeof(authorization), "Bearer %s", key_text);
    const struct rpc_channel_options options = {.url = url, .authorization = authorization};
    int err =
        rpc_channel_open(&options, deadline_after_ms(fiber_now_ns(), DEMO_STEP_MS), &demo.channel);
    if (err != 0) {
        log_event(LOG_ERROR, "demo.create", log_err(err));
        return err;
    }
    arena_init(&demo.arena, DEMO_ARENA);
    err = ensure(&demo);
    arena_release(&demo.arena);
    rpc_channel_close(demo.channel);
    return err;
}
