#include "cmd/demo.h"

#include <stdio.h>
#include <time.h>

#include "err/err.h"
#include "observe/log.h"
#include "rpc/channel.h"
#include "usher/v1/ticket.pb-c.h"

#define DEMO_STEP_MS  30000
#define DEMO_ARENA    (8u << 20)
#define DEMO_CAPACITY 2000

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

static int create(struct demo *demo)
{
    Usher__V1__ListEventsRequest list = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *there =
        ask(demo, "ListEvents", &list.base, &usher__v1__list_events_response__descriptor);
    if (!there)
        return ERR_UNAVAILABLE;
    if (there->n_events > 0)
        return 0;

    Usher__V1__GenerateHallRequest shape = USHER__V1__GENERATE_HALL_REQUEST__INIT;
    shape.name = (char *)"Demo Hall";
    shape.capacity = DEMO_CAPACITY;
    const Usher__V1__Hall *hall =
        ask(demo, "GenerateHall", &shape.base, &usher__v1__hall__descriptor);
    if (!hall)
        return ERR_UNAVAILABLE;

    Usher__V1__CreateEventRequest event_wish = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    event_wish.name = (char *)"Opening Night";
    event_wish.description =
        (char *)"A demo on-sale: hold seats, order, and watch others do the same.";
    const Usher__V1__Event *event =
        ask(demo, "CreateEvent", &event_wish.base, &usher__v1__event__descriptor);
    if (!event)
        return ERR_UNAVAILABLE;

    static const int64_t amounts[] = {165000, 143000, 121000, 99000, 77000};
    Usher__V1__Price prices[5];
    Usher__V1__Price *price_list[5];
    const size_t count = hall->n_categories < 5 ? hall->n_categories : 5;
    for (size_t i = 0; i < count; i++) {
        usher__v1__price__init(&prices[i]);
        prices[i].category = (uint32_t)i;
        prices[i].amount = amounts[i];
        price_list[i] = &prices[i];
    }
    Usher__V1__CreatePerformanceRequest wish = USHER__V1__CREATE_PERFORMANCE_REQUEST__INIT;
    const int64_t now_ms = clock_wall_ms(clock_system());
    const int64_t day_ms = 86400000;
    wish.event_id = event->event_id;
    wish.hall_id = hall->hall_id;
    wish.starts_at_ms = (now_ms / day_ms + 30) * day_ms + 10 * 3600000; /* 19:00 in Seoul */
    wish.prices = price_list;
    wish.n_prices = count;
    const Usher__V1__Performance *performance =
        ask(demo, "CreatePerformance", &wish.base, &usher__v1__performance__descriptor);
    if (!performance)
        return ERR_UNAVAILABLE;

    Usher__V1__OpenSaleRequest open = USHER__V1__OPEN_SALE_REQUEST__INIT;
    open.performance_id = performance->performance_id;
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
    err = create(&demo);
    arena_release(&demo.arena);
    rpc_channel_close(demo.channel);
    return err;
}
