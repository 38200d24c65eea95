/* What the store has done but not said is on sale all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>

#include "err/err.h"
#include "observe/log.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "store/wrap/fault.h"
#include "svc/ticket/ticket.h"
#include "usher/v1/ticket.pb-c.h"

#define TICKET "/usher.v1.TicketService/"

static struct {
    struct store *inner, *store;
    struct worker *worker;
    struct offload *offload;
    struct ticket *ticket;
    struct rpc_service service;
    struct rpc_server *server;
    char url[64];
} f;

static int identify(void *state, struct view authorization, struct rpc_identity *ret_identity)
{
    *ret_identity = (struct rpc_identity){.role = RPC_ORGANISER};
    return 0;
}

static int start(void **state)
{
    static const uint8_t key[KEY_BYTES];
    static const struct sched_limits limits = {.fibers_max = 64, .stack_bytes = 65536};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_setup(&(struct log_options){.level = LOG_ERROR, .fd = null, .clock = clock_system()});
    assert_int_equal(store_mem_new(&f.inner), 0);
    assert_int_equal(store_fault_new(f.inner, NULL, &f.store), 0);
    assert_int_equal(worker_start(0, &limits, &f.worker), 0);
    assert_int_equal(offload_new(1, 4, &f.offload), 0);
    const struct ticket_options ticket = {.store = f.store,
                                          .workers = &f.worker,
                                          .worker_count = 1,
                                          .chance = chance_system(),
                                          .offload = f.offload,
                                          .code_key = key};
    assert_int_equal(ticket_start(&ticket, &f.ticket), 0);
    f.service = ticket_service(f.ticket);
    const struct rpc_server_options server = {
        .listen = "127.0.0.1:0", .services = &f.service, .service_count = 1, .identify = identify};
    assert_int_equal(rpc_server_start(&f.worker, 1, &server, &f.server), 0);
    snprintf(f.url, sizeof(f.url), "http://127.0.0.1:%u", rpc_server_port(f.server));
    return 0;
}

static int stop(void **state)
{
    rpc_server_stop(f.server, 1000);
    ticket_stop(f.ticket);
    offload_free(f.offload);
    worker_stop(f.worker);
    store_free(f.store);
    store_free(f.inner);
    return 0;
}

/* ---- calls, from a fiber of the test's thread ---- */

struct asking {
    const char *method;
    const ProtobufCMessage *request;
    const ProtobufCMessageDescriptor *answers;
    struct arena *arena;
    const ProtobufCMessage *answer;
    enum rpc_code code;
};

static void run_asking(void *arg)
{
    struct asking *asking = arg;
    const struct rpc_channel_options options = {.url = f.url, .authorization = "Bearer key"};
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), 5000);
    struct rpc_channel *channel;
    struct rpc_status status = {.code = RPC_UNKNOWN};
    if (rpc_channel_open(&options, deadline_ns, &channel) != 0)
        return;
    (void)rpc_channel_call(channel, asking->method, NULL, asking->request, asking->answers,
                           asking->arena, &asking->answer, &status, deadline_ns);
    asking->code = status.code;
    rpc_channel_close(channel);
}

static const void *ask(const char *method, const ProtobufCMessage *request,
                       const ProtobufCMessageDescriptor *answers, struct arena *arena,
                       enum rpc_code wanted)
{
    struct asking asking = {method, request, answers, arena, NULL, RPC_UNKNOWN};
    assert_int_equal(fiber_main(run_asking, &asking), 0);
    assert_int_equal(asking.code, wanted);
    return asking.answer;
}

static uint32_t generate_hall(struct arena *arena)
{
    Usher__V1__GenerateHallRequest r = USHER__V1__GENERATE_HALL_REQUEST__INIT;
    r.name = "Hall";
    r.capacity = 500;
    const Usher__V1__Hall *hall =
        ask(TICKET "GenerateHall", &r.base, &usher__v1__hall__descriptor, arena, RPC_OK);
    assert_non_null(hall);
    return hall->hall_id;
}

/* Asks for the events until there is one, with the performance that came with it: a moment later,
 * for it is begun after its event is known. Five seconds at most. */
static const Usher__V1__ListEventsResponse *await_event(struct arena *arena)
{
    const Usher__V1__ListEventsRequest r = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), 5000);
    for (;;) {
        const Usher__V1__ListEventsResponse *list =
            ask(TICKET "ListEvents", &r.base, &usher__v1__list_events_response__descriptor, arena,
                RPC_OK);
        if ((list->n_events > 0 && list->events[0]->n_performances > 0) ||
            clock_mono_ns(clock_system()) > until_ns)
            return list;
    }
}

static void what_was_put_in_doubt_comes_on_sale(void **state)
{
    Usher__V1__CreateEventRequest r = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    Usher__V1__CreatePerformanceRequest first = USHER__V1__CREATE_PERFORMANCE_REQUEST__INIT;
    Usher__V1__Price prices[8], *list[8];
    struct chance_seeded chance;
    struct arena arena;
    chance_seed(&chance, 1);
    arena_init(&arena, 64u << 20);
    first.hall_id = generate_hall(&arena);
    const Usher__V1__ListHallsRequest halls_wish = USHER__V1__LIST_HALLS_REQUEST__INIT;
    const Usher__V1__ListHallsResponse *halls =
        ask(TICKET "ListHalls", &halls_wish.base, &usher__v1__list_halls_response__descriptor,
            &arena, RPC_OK);
    first.n_prices = halls->halls[0]->n_categories;
    assert_true(first.n_prices <= 8);
    for (uint32_t i = 0; i < first.n_prices; i++) {
        usher__v1__price__init(&prices[i]);
        prices[i].category = i;
        list[i] = &prices[i];
    }
    first.prices = list;
    first.starts_at_ms = INT64_C(1800000000000);
    r.name = "In doubt";
    r.performance = &first;
    /* Every write is done, and answered as if nobody knew. */
    store_fault_plan(f.store,
                     &(struct store_fault_plan){.chance = &chance.chance, .after_ppm = 1000000});
    ask(TICKET "CreateEvent", &r.base, &usher__v1__event__descriptor, &arena, RPC_UNAVAILABLE);
    store_fault_plan(f.store, &(struct store_fault_plan){0});
    const Usher__V1__ListEventsResponse *events = await_event(&arena);
    assert_int_equal(events->n_events, 1);
    assert_int_equal(events->events[0]->n_performances, 1);
    /* It sells, once its owner has loaded. */
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), 5000);
    while (!ticket_ready(f.ticket) && clock_mono_ns(clock_system()) < until_ns)
        sched_yield();
    Usher__V1__OpenSaleRequest open = USHER__V1__OPEN_SALE_REQUEST__INIT;
    open.performance_id = events->events[0]->performances[0]->performance_id;
    ask(TICKET "OpenSale", &open.base, &usher__v1__performance__descriptor, &arena, RPC_OK);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_in_doubt_comes_on_sale),
    };
    return cmocka_run_group_tests_name("svc/follow", tests, start, stop);
}
