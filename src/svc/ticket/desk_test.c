#include "svc/ticket/desk_test.h"

#include <fcntl.h>
#include <sched.h>

#include "call/local.h"
#include "err/err.h"
#include "observe/log.h"
#include "store/wrap/fault.h"

void desk_start(struct desk *desk)
{
    static const uint8_t master[KEY_BYTES];
    static struct code_keys codes;
    static const struct sched_limits limits = {.fibers_max = 64, .stack_bytes = 65536};
    code_keys_derive(master, &codes);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_setup(&(struct log_options){.level = LOG_ERROR, .fd = null, .clock = clock_system()});
    *desk = (struct desk){.caller = {.roles = ROLE_OPERATOR}};
    arena_init(&desk->arena, 64u << 20);
    assert_int_equal(store_mem_new(&desk->inner), 0);
    assert_int_equal(store_fault_new(desk->inner, NULL, &desk->store), 0);
    assert_int_equal(worker_start(0, &limits, &desk->worker), 0);
    assert_int_equal(offload_new(1, 4, &desk->offload), 0);
    const struct ticket_options ticket = {.store = desk->store,
                                          .workers = &desk->worker,
                                          .worker_count = 1,
                                          .chance = chance_system(),
                                          .offload = desk->offload,
                                          .rest_ms = 3000,
                                          .codes = &codes};
    assert_int_equal(ticket_start(&ticket, &desk->ticket), 0);
    desk->service = ticket_service(desk->ticket);
    assert_int_equal(routes_init(&desk->routes, &desk->service, 1), 0);
    assert_int_equal(local_new(&desk->routes, &(struct identity){0}, &desk->channel), 0);
}

void desk_stop(struct desk *desk)
{
    channel_free(desk->channel);
    routes_release(&desk->routes);
    ticket_stop(desk->ticket);
    offload_free(desk->offload);
    worker_stop(desk->worker);
    store_free(desk->store);
    store_free(desk->inner);
    arena_release(&desk->arena);
}

struct asking {
    struct client client;
    unsigned method;
    const ProtobufCMessage *request;
    const ProtobufCMessage **ret_response;
};

static void run_asking(void *arg)
{
    struct asking *asking = arg;
    client_call_index(&asking->client, asking->method, asking->request, asking->ret_response);
}

enum code desk_call_index(struct desk *desk, unsigned method, const ProtobufCMessage *request,
                          const ProtobufCMessage **ret_response)
{
    struct asking asking = {.method = method, .request = request, .ret_response = ret_response};
    client_init(&asking.client, desk->channel, &usher__v1__ticket_service__descriptor,
                &desk->arena);
    asking.client.identity = &desk->caller;
    asking.client.timeout_ms = 5000;
    assert_int_equal(worker_call(desk->worker, run_asking, &asking), 0);
    desk->status = asking.client.status;
    return desk->status.code;
}

void desk_await_owners(struct desk *desk)
{
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), 5000);
    while (!ticket_ready(desk->ticket) && clock_mono_ns(clock_system()) < until_ns)
        sched_yield();
}

uint32_t desk_put_on_sale(struct desk *desk)
{
    Usher__V1__GenerateHallRequest shape = USHER__V1__GENERATE_HALL_REQUEST__INIT;
    Usher__V1__CreateEventRequest wish = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    Usher__V1__CreatePerformanceRequest first = USHER__V1__CREATE_PERFORMANCE_REQUEST__INIT;
    Usher__V1__OpenSaleRequest opening = USHER__V1__OPEN_SALE_REQUEST__INIT;
    Usher__V1__Price prices[8], *list[8];
    const Usher__V1__Hall *hall;
    const Usher__V1__Event *event;
    const Usher__V1__Performance *performance;
    shape.name = "Hall";
    shape.capacity = 500;
    assert_int_equal(desk_call(desk, generate_hall, &shape, &hall), CODE_OK);
    assert_in_range(hall->n_categories, 1, 8);
    for (uint32_t i = 0; i < hall->n_categories; i++) {
        usher__v1__price__init(&prices[i]);
        prices[i].category = i;
        prices[i].amount = 1000;
        list[i] = &prices[i];
    }
    first.hall_id = hall->hall_id;
    first.starts_at_ms = INT64_C(1800000000000);
    first.prices = list;
    first.n_prices = hall->n_categories;
    wish.name = "Event";
    wish.performance = &first;
    assert_int_equal(desk_call(desk, create_event, &wish, &event), CODE_OK);
    desk_await_owners(desk);
    opening.performance_id = event->performances[0]->performance_id;
    assert_int_equal(desk_call(desk, open_sale, &opening, &performance), CODE_OK);
    return opening.performance_id;
}
