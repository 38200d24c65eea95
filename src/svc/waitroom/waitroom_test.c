/*
 * The waiting room over tables in memory, beside a ticket service that does as it is told: what
 * happens when a commit fails, when a sale opens, and when nothing is left.
 */
#include "svc/waitroom/waitroom.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "call/call.h"
#include "call/client.h"
#include "call/local.h"
#include "err/err.h"
#include "observe/log.h"
#include "store/line.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"

#define WAIT_MS      5000
#define STARTS_AT_MS INT64_C(4000000000000)
#define ORGANISER    7

/* ---- a ticket service ---- */

static _Atomic uint32_t opened, refusals_left, places_free, places_held;
static _Atomic bool is_open;
static _Atomic Usher__V1__EventState event_state = USHER__V1__EVENT_STATE__EVENT_STATE_PUBLISHED;

static int get_performance(struct call *call, const void *request, void *response)
{
    Usher__V1__Performance *answer = response;
    answer->performance_id = ((const Usher__V1__GetPerformanceRequest *)request)->performance_id;
    answer->starts_at_ms = STARTS_AT_MS;
    answer->organiser_id = ORGANISER;
    return 0;
}

static int open_sale(struct call *call, const void *request, void *response)
{
    if (atomic_load(&refusals_left) > 0) {
        atomic_fetch_sub(&refusals_left, 1);
        return call_fail(call, CODE_UNAVAILABLE, NULL, "not now");
    }
    atomic_fetch_add(&opened, 1);
    atomic_store(&is_open, true);
    return 0;
}

static int get_sale_load(struct call *call, const void *request, void *response)
{
    Usher__V1__SaleLoad *answer = response;
    answer->counts = arena_alloc(call_arena(call), sizeof(*answer->counts));
    usher__v1__counts__init(answer->counts);
    answer->counts->free = atomic_load(&places_free);
    answer->counts->held = atomic_load(&places_held);
    answer->organiser_id = ORGANISER;
    answer->starts_at_ms = STARTS_AT_MS;
    answer->event_state = atomic_load(&event_state);
    answer->sale_state = atomic_load(&is_open) ? USHER__V1__SALE_STATE__SALE_STATE_OPEN
                                               : USHER__V1__SALE_STATE__SALE_STATE_DRAFT;
    return 0;
}

static int nothing(struct call *call, const void *request, void *response)
{
    return 0;
}

/* ---- the room ---- */

static struct sql *sql;
static struct worker *worker;
static struct worker *elsewhere; /* no line lives there */
static struct offload *offload;
static struct waitroom *room;
static struct service tickets, lines;
static struct routes ticket_routes, line_routes;
static struct channel *to_tickets, *to_lines;
static struct arena arena;
static struct call_status status; /* of the last call */

static const struct {
    const char *name;
    int (*handle)(struct call *call, const void *request, void *response);
} answers[] = {
    {"GetPerformance", get_performance}, {"OpenSale", open_sale}, {"GetSaleLoad", get_sale_load}};

static void make_tickets(void)
{
    const ProtobufCServiceDescriptor *descriptor = &usher__v1__ticket_service__descriptor;
    struct method *methods = calloc(descriptor->n_methods, sizeof(*methods));
    assert_non_null(methods);
    for (unsigned i = 0; i < descriptor->n_methods; i++) {
        const bool streams = strncmp(descriptor->methods[i].name, "Watch", 5) == 0;
        methods[i] = (struct method){.name = descriptor->methods[i].name,
                                     .kind = streams ? METHOD_SERVER_STREAM : METHOD_UNARY,
                                     .handle = nothing};
        for (size_t k = 0; k < sizeof(answers) / sizeof(answers[0]); k++) {
            if (strcmp(answers[k].name, methods[i].name) == 0)
                methods[i].handle = answers[k].handle;
        }
    }
    tickets = (struct service){
        .descriptor = descriptor, .methods = methods, .method_count = descriptor->n_methods};
}

static void open_room(void)
{
    static const uint8_t master[KEY_BYTES] = {5};
    const struct waitroom_options options = {.sql = sql,
                                             .workers = &worker,
                                             .worker_count = 1,
                                             .chance = chance_system(),
                                             .offload = offload,
                                             .master = master,
                                             .tickets = &to_tickets};
    assert_int_equal(waitroom_start(&options, &room), 0);
    lines = waitroom_service(room);
    assert_int_equal(routes_init(&line_routes, &lines, 1), 0);
    assert_int_equal(local_new(&line_routes, &(struct identity){0}, &to_lines), 0);
}

static void close_room(void)
{
    channel_free(to_lines);
    routes_release(&line_routes);
    waitroom_stop(room);
}

struct asking {
    struct client client;
    struct identity who;
    unsigned method;
    const ProtobufCMessage *request;
    const ProtobufCMessage **ret_response;
};

static void run_asking(void *arg)
{
    struct asking *asking = arg;
    client_call_index(&asking->client, asking->method, asking->request, asking->ret_response);
}

static enum code ask_index(struct identity who, unsigned method, const ProtobufCMessage *request,
                           const ProtobufCMessage **ret_response)
{
    struct asking asking = {
        .who = who, .method = method, .request = request, .ret_response = ret_response};
    client_init(&asking.client, to_lines, &usher__v1__waitroom_service__descriptor, &arena);
    asking.client.identity = &asking.who;
    asking.client.timeout_ms = WAIT_MS;
    assert_int_equal(worker_call(worker, run_asking, &asking), 0);
    status = asking.client.status;
    return status.code;
}

#define ask(who, method, request, ret_response)                                                    \
    ask_index((who), CLIENT_INDEX(Usher__V1__WaitroomService, method),                             \
              CLIENT_CHECKED(Usher__V1__WaitroomService, method, request, ret_response),           \
              (const ProtobufCMessage **)(ret_response))

static struct identity organiser(void)
{
    return (struct identity){.roles = ROLE_OPERATOR};
}

static struct identity guest(uint64_t n)
{
    return (struct identity){.roles = ROLE_GUEST, .account_id = {3, n}};
}

/* A sale for a performance of that number, which opens at once. */
static uint32_t create_sale(uint32_t performance_id)
{
    Usher__V1__CreateSaleRequest wish = USHER__V1__CREATE_SALE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    wish.name = (char *)"Night";
    wish.performance_ids = &performance_id;
    wish.n_performance_ids = 1;
    wish.guests = true;
    wish.capacity_min = wish.capacity_max = 1;
    assert_int_equal(ask(organiser(), create_sale, &wish, &sale), CODE_OK);
    return sale->sale_id;
}

/* Joins; returns the number, 0 where it was refused. */
static uint64_t join(uint32_t sale_id, uint64_t n)
{
    Usher__V1__JoinRequest wish = USHER__V1__JOIN_REQUEST__INIT;
    const Usher__V1__Place *place;
    wish.sale_id = sale_id;
    return ask(guest(n), join, &wish, &place) == CODE_OK ? place->number : 0;
}

/* Forgets the answers before it: it is asked in a loop. */
static Usher__V1__LineState state_of(uint32_t sale_id)
{
    arena_reset(&arena);
    Usher__V1__GetLineReportRequest wish = USHER__V1__GET_LINE_REPORT_REQUEST__INIT;
    const Usher__V1__LineReport *report;
    wish.sale_id = sale_id;
    return ask(organiser(), get_line_report, &wish, &report) == CODE_OK
               ? report->status->state
               : USHER__V1__LINE_STATE__LINE_STATE_UNSPECIFIED;
}

static void await(uint32_t sale_id, Usher__V1__LineState state)
{
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), WAIT_MS);
    while (state_of(sale_id) != state && clock_mono_ns(clock_system()) < until_ns)
        sched_yield();
    assert_int_equal(state_of(sale_id), state);
}

/* Waits until who has no part in it is, or is not, told of the sale. */
static void await_seen(uint32_t sale_id, enum code code)
{
    Usher__V1__GetSaleRequest look = USHER__V1__GET_SALE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), WAIT_MS);
    look.sale_id = sale_id;
    while (ask(guest(1), get_sale, &look, &sale) != code &&
           clock_mono_ns(clock_system()) < until_ns)
        arena_reset(&arena);
    assert_int_equal(status.code, code);
}

static void usurp(void *arg)
{
    uint64_t epoch;
    assert_int_equal(line_claim(sql, *(uint32_t *)arg, &epoch, DEADLINE_NEVER), 0);
}

/* ---- tests ---- */

/* A draft's sale is its organiser's team's alone to see and run; others do not learn of it. */
static void a_sale_is_seen_as_its_event_is(void **test)
{
    struct identity manager = {.roles = ROLE_BUYER,
                               .account_id = {9, 9},
                               .tenant_count = 1,
                               .tenants = {{ORGANISER, ROLE_MANAGER}}};
    Usher__V1__CreateSaleRequest wish = USHER__V1__CREATE_SALE_REQUEST__INIT;
    Usher__V1__ListSalesRequest list = USHER__V1__LIST_SALES_REQUEST__INIT;
    Usher__V1__PauseLineRequest pause = USHER__V1__PAUSE_LINE_REQUEST__INIT;
    const Usher__V1__ListSalesResponse *sales;
    const Usher__V1__Sale *sale;
    uint32_t performance_id = 77;
    atomic_store(&event_state, USHER__V1__EVENT_STATE__EVENT_STATE_DRAFT);
    wish.name = (char *)"Secret";
    wish.performance_ids = &performance_id;
    wish.n_performance_ids = 1;
    assert_int_equal(ask(guest(1), create_sale, &wish, &sale), CODE_PERMISSION_DENIED);
    assert_int_equal(ask(manager, create_sale, &wish, &sale), CODE_OK);
    const uint32_t sale_id = pause.sale_id = sale->sale_id;
    await_seen(sale_id, CODE_NOT_FOUND);
    assert_int_equal(join(sale_id, 1), 0);
    assert_int_equal(ask(guest(1), list_sales, &list, &sales), CODE_OK);
    for (size_t i = 0; i < sales->n_sales; i++)
        assert_int_not_equal(sales->sales[i]->sale_id, sale_id);
    await(sale_id, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    assert_int_equal(ask(manager, pause_line, &pause, &sale), CODE_OK);
    manager.tenants[0].tenant_id++;
    assert_int_equal(ask(manager, pause_line, &pause, &sale), CODE_NOT_FOUND);
    atomic_store(&event_state, USHER__V1__EVENT_STATE__EVENT_STATE_PUBLISHED);
    await_seen(sale_id, CODE_OK);
    assert_int_equal(ask(manager, pause_line, &pause, &sale), CODE_PERMISSION_DENIED);
}

static void what_was_not_durable_was_not_told(void **test)
{
    uint32_t sale = create_sale(1);
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    assert_int_equal(join(sale, 1), 1);
    /* Somebody else claims the line: the next commit of this one is fenced. */
    assert_int_equal(worker_call(worker, usurp, &sale), 0);
    assert_int_equal(join(sale, 2), 0);
    assert_int_equal(status.code, CODE_UNAVAILABLE);
    assert_string_equal(status.detail->reason, "LINE_UNAVAILABLE");
    /* It loads what is durable, and goes on: nobody got the number that was not told. */
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), WAIT_MS);
    uint64_t number = 0;
    while (number == 0 && clock_mono_ns(clock_system()) < until_ns)
        number = join(sale, 3);
    assert_int_equal(number, 2);
    assert_int_equal(join(sale, 1), 1);
    assert_int_equal(join(sale, 2), 3);
}

static void a_sale_opens_once(void **test)
{
    atomic_store(&is_open, false);
    atomic_store(&refusals_left, 2);
    const uint32_t before = atomic_load(&opened);
    const uint32_t sale = create_sale(2);
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN); /* refused twice, tried again */
    assert_int_equal(atomic_load(&opened), before + 1);
    assert_int_equal(join(sale, 7), 1);
    /* The organiser pauses the performance; a restart does not open it again. */
    atomic_store(&is_open, false);
    close_room();
    open_room();
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    assert_int_equal(join(sale, 7), 1);
    assert_int_equal(join(sale, 8), 2);
    assert_int_equal(atomic_load(&opened), before + 1);
}

static void it_is_over_when_nothing_is_left(void **test)
{
    const uint32_t sale = create_sale(3);
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    assert_int_equal(join(sale, 1), 1);
    atomic_store(&places_free, 0);
    atomic_store(&places_held, 0);
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OVER);
    assert_int_equal(join(sale, 2), 0);
    assert_string_equal(status.detail->reason, "LINE_NOT_OPEN");
    atomic_store(&places_free, 5); /* an order was cancelled */
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    assert_int_equal(join(sale, 2), 2);
}

/* What the ticket service would ask. */
static enum code check(const char *pass, uint64_t n, uint32_t performance_id)
{
    Usher__V1__CheckPassRequest wish = USHER__V1__CHECK_PASS_REQUEST__INIT;
    const Usher__V1__CheckPassResponse *answer;
    char account[ID_TEXT_CHARS + 1];
    id_format(guest(n).account_id, account);
    wish.pass = (char *)pass;
    wish.account_id = account;
    wish.performance_id = performance_id;
    return ask((struct identity){.roles = ROLE_PEER}, check_pass, &wish, &answer);
}

static void a_pass_is_its_accounts_alone(void **test)
{
    const uint32_t sale = create_sale(4);
    Usher__V1__EnterRequest enter = USHER__V1__ENTER_REQUEST__INIT;
    Usher__V1__PassDoneRequest done = USHER__V1__PASS_DONE_REQUEST__INIT;
    const Usher__V1__Pass *first, *second;
    const Usher__V1__PassDoneResponse *heard;
    char account[ID_TEXT_CHARS + 1];
    enter.sale_id = sale;
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    assert_int_equal(join(sale, 1), 1);
    assert_int_equal(join(sale, 2), 2);
    assert_int_equal(ask(guest(2), enter, &enter, &first), CODE_FAILED_PRECONDITION);
    assert_int_equal(ask(guest(1), enter, &enter, &first), CODE_OK);
    for (int times = 0; times < 2; times++) { /* checked, then remembered */
        assert_int_equal(check(first->pass, 1, 4), CODE_OK);
        assert_int_equal(check(first->pass, 2, 4), CODE_PERMISSION_DENIED);
        assert_int_equal(check(first->pass, 1, 3), CODE_PERMISSION_DENIED);
    }
    assert_int_equal(check("", 1, 4), CODE_FAILED_PRECONDITION);
    assert_int_equal(check("", 1, 900), CODE_OK); /* in no sale */
    assert_int_equal(ask(guest(1), enter, &enter, &second), CODE_OK);
    assert_int_equal(check(first->pass, 1, 4), CODE_FAILED_PRECONDITION);
    assert_int_equal(check(second->pass, 1, 4), CODE_OK);
    id_format(guest(1).account_id, account);
    done.account_id = account;
    done.performance_id = 4;
    assert_int_equal(ask((struct identity){.roles = ROLE_PEER}, pass_done, &done, &heard), CODE_OK);
    assert_int_equal(check(second->pass, 1, 4), CODE_FAILED_PRECONDITION);
    assert_int_equal(ask(guest(2), enter, &enter, &first), CODE_OK); /* at once */
}

static void who_joins_and_leaves_too_often_is_told_so(void **test)
{
    const uint32_t sale = create_sale(5);
    Usher__V1__LeaveRequest leave = USHER__V1__LEAVE_REQUEST__INIT;
    const Usher__V1__LeaveResponse *left;
    uint32_t times = 0;
    leave.sale_id = sale;
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    while (times < 100 && join(sale, 1) != 0 && ask(guest(1), leave, &leave, &left) == CODE_OK)
        times++;
    assert_in_range(times, 10, 15);
    assert_int_equal(status.code, CODE_RESOURCE_EXHAUSTED);
    assert_true(status.detail->retry_after_ms > 0);
    assert_int_not_equal(join(sale, 2), 0); /* others are not concerned */
}

/* ---- from another worker ---- */

#define TOGETHER 20

struct together {
    uint32_t sale_id;
    struct one {
        struct together *all;
        struct id account_id;
        uint64_t number;
        Usher__V1__PlaceState state;
        bool told_status;
    } one[TOGETHER];
};

static void join_without_status(void *arg)
{
    struct one *one = arg;
    struct client client;
    struct arena own;
    const struct identity who = {.roles = ROLE_GUEST, .account_id = one->account_id};
    Usher__V1__JoinRequest wish = USHER__V1__JOIN_REQUEST__INIT;
    const Usher__V1__Place *place;
    wish.sale_id = one->all->sale_id;
    wish.without_status = true;
    arena_init(&own, 1u << 20);
    client_init(&client, to_lines, &usher__v1__waitroom_service__descriptor, &own);
    client.identity = &who;
    client.timeout_ms = WAIT_MS;
    if (client_call(&client, Usher__V1__WaitroomService, join, &wish, &place) == 0) {
        one->number = place->number;
        one->state = place->state;
        one->told_status = place->status != NULL;
    }
    arena_release(&own);
}

static void join_together(void *arg)
{
    struct together *all = arg;
    struct scope scope;
    scope_init(&scope);
    for (int i = 0; i < TOGETHER; i++) {
        all->one[i].all = all;
        if (fiber_spawn(&scope, join_without_status, &all->one[i]) != 0)
            break;
    }
    (void)scope_join(&scope, DEADLINE_NEVER);
}

static void many_of_another_worker_are_answered_together(void **test)
{
    const uint32_t sale = create_sale(6);
    bool taken[TOGETHER + 1] = {false};
    struct together all = {.sale_id = sale};
    for (int i = 0; i < TOGETHER; i++)
        all.one[i].account_id = guest(100 + (uint64_t)i).account_id;
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    assert_int_equal(worker_call(elsewhere, join_together, &all), 0);
    for (int i = 0; i < TOGETHER; i++) {
        const uint64_t number = all.one[i].number;
        assert_in_range(number, 1, TOGETHER);
        assert_false(taken[number]);
        assert_false(all.one[i].told_status);
        taken[number] = true;
        assert_int_equal(join(sale, 100 + (uint64_t)i), number); /* durable, and from here too */
    }
}

/* What the line's last row says: how many joined, and how many entries called somebody. */
static void count_last(uint32_t sale_id, uint32_t *ret_joins, uint32_t *ret_calls)
{
    struct line_row *rows;
    struct line_entry entry;
    size_t count = 0;
    *ret_joins = *ret_calls = 0;
    assert_int_equal(line_read(sql, sale_id, 1, &arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_true(count > 0);
    struct view body = rows[count - 1].body;
    while (body.len > 0 && line_entry_read(&body, &entry) == 0) {
        *ret_joins += entry.kind == LINE_JOINED;
        *ret_calls += entry.kind == LINE_CALLED_UP_TO;
    }
}

struct counting {
    uint32_t sale_id, joins, calls;
};

static void run_counting(void *arg)
{
    struct counting *counting = arg;
    count_last(counting->sale_id, &counting->joins, &counting->calls);
}

/* The room is given once for all of a commit, and each is told what that commit makes durable. */
static void who_joins_together_is_called_together(void **test)
{
    const uint32_t sale = create_sale(8);
    Usher__V1__SetAdmissionRequest wider = USHER__V1__SET_ADMISSION_REQUEST__INIT;
    const Usher__V1__Sale *changed;
    struct together all = {.sale_id = sale};
    struct counting counting = {.sale_id = sale};
    for (int i = 0; i < TOGETHER; i++)
        all.one[i].account_id = guest(200 + (uint64_t)i).account_id;
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    wider.sale_id = sale;
    wider.capacity_min = wider.capacity_max = TOGETHER - 1;
    assert_int_equal(ask(organiser(), set_admission, &wider, &changed), CODE_OK);
    assert_int_equal(worker_call(worker, join_together, &all), 0);
    for (int i = 0; i < TOGETHER; i++)
        assert_int_equal(all.one[i].state, all.one[i].number < TOGETHER
                                               ? USHER__V1__PLACE_STATE__PLACE_STATE_SERVED
                                               : USHER__V1__PLACE_STATE__PLACE_STATE_WAITING);
    assert_int_equal(worker_call(worker, run_counting, &counting), 0);
    assert_int_equal(counting.joins, TOGETHER);
    assert_int_equal(counting.calls, 1);
}

/* Whoever does not watch the line is told the status with the place. */
static void a_place_comes_with_the_status_or_without(void **test)
{
    const uint32_t sale = create_sale(7);
    Usher__V1__JoinRequest wish = USHER__V1__JOIN_REQUEST__INIT;
    const Usher__V1__Place *place;
    await(sale, USHER__V1__LINE_STATE__LINE_STATE_OPEN);
    wish.sale_id = sale;
    assert_int_equal(ask(guest(1), join, &wish, &place), CODE_OK);
    assert_non_null(place->status);
    assert_int_equal(place->status->sale_id, sale);
    wish.without_status = true;
    assert_int_equal(ask(guest(1), join, &wish, &place), CODE_OK);
    assert_null(place->status);
    assert_int_equal(place->number, 1);
    assert_string_not_equal(place->receipt, "");
}

static int setup(void **test)
{
    static const struct sched_limits limits = {.fibers_max = 64, .stack_bytes = 65536};
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_setup(&(struct log_options){.level = LOG_ERROR, .fd = null, .clock = clock_system()});
    arena_init(&arena, 64u << 20);
    atomic_store(&places_free, 100);
    make_tickets();
    return sodium_init() < 0 || sql_inline_new(&sql) != 0 || lines_migrate(sql, false, 1) != 0 ||
           worker_start(0, &limits, &worker) != 0 || worker_start(1, &limits, &elsewhere) != 0 ||
           offload_new(1, 4, &offload) != 0 || routes_init(&ticket_routes, &tickets, 1) != 0 ||
           local_new(&ticket_routes, &(struct identity){.roles = ROLE_PEER}, &to_tickets) != 0;
}

static int each(void **test)
{
    atomic_store(&places_free, 100);
    open_room();
    return 0;
}

static int after_each(void **test)
{
    close_room();
    return 0;
}

static int teardown(void **test)
{
    channel_free(to_tickets);
    routes_release(&ticket_routes);
    offload_free(offload);
    worker_stop(worker);
    worker_stop(elsewhere);
    sql_free(sql);
    arena_release(&arena);
    free((void *)tickets.methods);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_not_durable_was_not_told, each, after_each),
        cmocka_unit_test_setup_teardown(a_sale_is_seen_as_its_event_is, each, after_each),
        cmocka_unit_test_setup_teardown(a_sale_opens_once, each, after_each),
        cmocka_unit_test_setup_teardown(it_is_over_when_nothing_is_left, each, after_each),
        cmocka_unit_test_setup_teardown(a_pass_is_its_accounts_alone, each, after_each),
        cmocka_unit_test_setup_teardown(many_of_another_worker_are_answered_together, each,
                                        after_each),
        cmocka_unit_test_setup_teardown(who_joins_together_is_called_together, each, after_each),
        cmocka_unit_test_setup_teardown(a_place_comes_with_the_status_or_without, each, after_each),
        cmocka_unit_test_setup_teardown(who_joins_and_leaves_too_often_is_told_so, each,
                                        after_each),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
