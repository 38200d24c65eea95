/*
 * Paying by card at a provider that takes 50 ms a call: orders a second beside the box office's,
 * what an attempt costs whose buyer does not come back, and a night that is given back.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/server.h"
#include "call/client.h"
#include "call/remote.h"
#include "clock/clock.h"
#include "crowd/crowd.h"
#include "db/http.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define LATENCY      "50ms"
#define CARD_PEOPLE  3000
#define NIGHT_PLACES 20000
#define NIGHT_PARTY  4
#define ATTEMPTS     16000
#define BUYERS       128
#define CALL_MS      60000
#define LOOK_MS      50
#define PACE_S       8    /* how long a refund is watched */
#define SILENCE_MS   2000 /* of somebody who does not answer */

/* ---- a crowd that pays ---- */

static int sell(const struct bench_server *server, uint32_t people, uint32_t party, bool card,
                double *ret_orders_s)
{
    struct crowd crowd = {0};
    const struct crowd_options wish = {
        .url = server->url,
        .performance_id = 1,
        .users = people,
        .within_ns = NS_PER_MS,
        .seats = {.kind = WISH_BEST},
        .party = {party, party},
        .apart = true,
        .order = true,
        .card = card,
        .provider = "",
        .tries = 3,
        .connections = 64,
        .threads = 1,
        .seed = 1,
        .timeout_ms = CALL_MS,
        .quiet = true,
    };
    int err = crowd_run(&crowd, &wish);
    if (err != 0 && crowd.error[0])
        fprintf(stderr, "usher-bench: money: %s\n", crowd.error);
    const uint32_t ordered = crowd.outcomes[CROWD_ORDERED];
    if (err == 0 && (!crowd_proved(&crowd) || ordered != people)) {
        fprintf(stderr, "usher-bench: money: %u of %u people have their order\n", ordered, people);
        for (uint32_t i = 0; i < crowd.reason_count; i++)
            fprintf(stderr, "usher-bench: money: %s: %u\n", crowd.reasons[i].name,
                    crowd.reasons[i].count);
        err = ERR_CORRUPT;
    }
    *ret_orders_s = err == 0 ? ordered / ((double)crowd.rush_ns / NS_PER_S) : 0;
    crowd_release(&crowd);
    return err;
}

static int sell_apart(bool card, double *ret_orders_s)
{
    struct bench_server server;
    int err = bench_server_start(CARD_PEOPLE + 500, "0", -1, &server);
    if (err != 0)
        return err;
    err = sell(&server, CARD_PEOPLE, 1, card, ret_orders_s);
    if (err == 0)
        err = bench_server_audit(&server);
    const int stopped = bench_server_stop(&server);
    return err != 0 ? err : stopped;
}

static int measure_orders(bench_row_fn *row, void *state)
{
    double desk_s, card_s;
    int err = sell_apart(false, &desk_s);
    if (err == 0)
        err = sell_apart(true, &card_s);
    if (err != 0)
        return err;
    row(state, "money: orders at the box office, all at once", desk_s, "/s");
    row(state, "money: orders by card, all at once", card_s, "/s");
    row(state, "money: orders by card, times those of the box office", card_s / desk_s, "x");
    return 0;
}

/* ---- fibers with a client each ---- */

struct till {
    struct bench_server server;
    struct channel *channel;
    struct scope buyers;
    uint32_t next_seat;
    uint32_t waiting; /* attempts */
    double held_bytes, waiting_bytes;
    double dry_s, begun_s;
    double pace; /* of the provider's own */
    int err;     /* the first; 0 */
};

static bool went(struct till *till, const struct client *client, const char *method, int err)
{
    if (err != 0 && till->err == 0) {
        till->err = err;
        fprintf(stderr, "usher-bench: money: %s: %s: %s\n", method, code_name(client->status.code),
                client->status.message);
    }
    return err == 0;
}

static int become_guest(struct till *till, struct client *client, char ret_text[600])
{
    Usher__V1__CreateGuestRequest wish = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    const Usher__V1__CreateGuestResponse *account;
    client->service = &usher__v1__auth_service__descriptor;
    const int err = client_call(client, Usher__V1__AuthService, create_guest, &wish, &account);
    if (went(till, client, "CreateGuest", err))
        snprintf(ret_text, 600, "Bearer %s", account->token);
    return err;
}

static int hold(struct till *till, struct client *client, uint32_t seat, char ret_hold[64])
{
    Usher__V1__HoldSeatsRequest wish = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    const Usher__V1__Hold *held;
    client->service = &usher__v1__ticket_service__descriptor;
    wish.performance_id = 1;
    wish.seats = &seat;
    wish.n_seats = 1;
    const int err = client_call(client, Usher__V1__TicketService, hold_seats, &wish, &held);
    if (went(till, client, "HoldSeats", err))
        snprintf(ret_hold, 64, "%s", held->hold_id);
    return err;
}

static int begin(struct till *till, struct client *client, char *hold_id)
{
    Usher__V1__BeginPaymentRequest wish = USHER__V1__BEGIN_PAYMENT_REQUEST__INIT;
    const Usher__V1__Payment *payment;
    client->service = &usher__v1__payment_service__descriptor;
    wish.performance_id = 1;
    wish.hold_id = hold_id;
    wish.idempotency_key = hold_id;
    wish.terms = true;
    const int err = client_call(client, Usher__V1__PaymentService, begin_payment, &wish, &payment);
    till->waiting += went(till, client, "BeginPayment", err);
    return err;
}

/* Everybody holds; then, when all do, everybody begins to pay, and does not come back. */
static void buyer_body(void *arg)
{
    struct till *till = arg;
    struct client client;
    struct arena arena;
    char authorization[600], holds[ATTEMPTS / BUYERS][64];
    uint32_t count = 0;
    arena_init(&arena, 1u << 20);
    client_init(&client, till->channel, NULL, &arena);
    client.timeout_ms = CALL_MS;
    int err = become_guest(till, &client, authorization);
    client.authorization = authorization;
    for (; err == 0 && count < ATTEMPTS / BUYERS; count++) {
        arena_reset(&arena);
        err = hold(till, &client, till->next_seat++, holds[count]);
    }
    while (err == 0 && till->err == 0 && till->next_seat < ATTEMPTS)
        err = fiber_sleep_until(fiber_now_ns() + LOOK_MS * NS_PER_MS);
    if (err == 0 && till->held_bytes == 0)
        till->held_bytes = (double)bench_resident_bytes(till->server.pid);
    for (uint32_t i = 0; err == 0 && i < count; i++) {
        arena_reset(&arena);
        err = begin(till, &client, holds[i]);
    }
    arena_release(&arena);
}

static int connect_to(struct till *till)
{
    const struct remote_options options = {.url = till->server.url, .links = 8, .tries = 1};
    return remote_new(&options, &till->channel);
}

static void keep_waiting(void *arg)
{
    struct till *till = arg;
    till->err = connect_to(till);
    if (till->err != 0)
        return;
    scope_init(&till->buyers);
    for (int i = 0; till->err == 0 && i < BUYERS; i++)
        till->err = fiber_spawn(&till->buyers, buyer_body, till);
    scope_join(&till->buyers, DEADLINE_NEVER);
    till->waiting_bytes = (double)bench_resident_bytes(till->server.pid);
    channel_free(till->channel);
}

static int run_till(uint32_t places, int (*before)(struct till *till), void (*body)(void *till),
                    struct till *ret)
{
    *ret = (struct till){0};
    int err = bench_server_start(places, "0", -1, &ret->server);
    if (err != 0)
        return err;
    err = before ? before(ret) : 0;
    if (err == 0)
        err = fiber_main(body, ret);
    err = err != 0 ? err : ret->err;
    const int stopped = bench_server_stop(&ret->server);
    return err != 0 ? err : stopped;
}

static int measure_attempts(bench_row_fn *row, void *state)
{
    struct till till;
    const int err = run_till(ATTEMPTS + 100, NULL, keep_waiting, &till);
    if (err != 0)
        return err;
    row(state, "money: memory of an attempt that waits",
        (till.waiting_bytes - till.held_bytes) / till.waiting, "B");
    return 0;
}

/* ---- a call in flight ---- */

struct flight {
    struct http *http;
    char url[64];
    double bytes;
};

static void call_in_vain(void *arg)
{
    struct flight *flight = arg;
    struct http_ask ask = {.method = "POST", .url = flight->url, .body = VIEW_LIT("{}")};
    struct http_answer answer;
    struct arena arena;
    arena_init(&arena, HTTP_ANSWER_MAX + HTTP_HEAD_MAX);
    http_call(flight->http, &ask, &arena, &answer, fiber_now_ns() + SILENCE_MS * NS_PER_MS);
    arena_release(&arena);
}

static void fly(void *arg)
{
    struct flight *flight = arg;
    struct http_client *client;
    struct scope calls;
    if (http_client_new(sched_loop(sched_current()), NULL, &client) != 0)
        return;
    flight->http = http_client(client);
    scope_init(&calls);
    const double before = (double)bench_resident_bytes(getpid());
    for (int i = 0; i < HTTP_CALLS_MAX; i++)
        fiber_spawn(&calls, call_in_vain, flight);
    fiber_sleep_until(fiber_now_ns() + SILENCE_MS / 2 * NS_PER_MS);
    flight->bytes = ((double)bench_resident_bytes(getpid()) - before) / HTTP_CALLS_MAX;
    scope_join(&calls, DEADLINE_NEVER);
    http_client_free(client);
}

/* As many calls as may be, to somebody who takes connections and says nothing. */
static int measure_flight(bench_row_fn *row, void *state)
{
    struct flight flight = {0};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int err = ERR_IO;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
        listen(fd, 2 * HTTP_CALLS_MAX) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0) {
        snprintf(flight.url, sizeof(flight.url), "http://127.0.0.1:%u/", ntohs(at.sin_port));
        err = fiber_main(fly, &flight);
    }
    if (fd >= 0)
        close(fd);
    if (err == 0)
        row(state, "money: memory of a provider call in flight", flight.bytes / 1024, "KiB");
    return err;
}

/* ---- a night that is given back ---- */

static int sell_night(struct till *till)
{
    double orders_s;
    const int err = sell(&till->server, NIGHT_PLACES / NIGHT_PARTY, NIGHT_PARTY, true, &orders_s);
    return err == 0 ? bench_server_pause(&till->server) : err;
}

static int read_key(const struct till *till, char ret_text[128])
{
    char path[96], key[100];
    snprintf(path, sizeof(path), "%s/operator.key", till->server.data);
    FILE *file = fopen(path, "re");
    const bool there = file && fgets(key, sizeof(key), file);
    if (file)
        fclose(file);
    if (!there)
        return ERR_NOT_FOUND;
    key[strcspn(key, "\n")] = '\0';
    snprintf(ret_text, 128, "Bearer %s", key);
    return 0;
}

static double seconds_since(int64_t begin_ns)
{
    return (double)(clock_mono_ns(clock_system()) - begin_ns) / NS_PER_S;
}

static int refund_all(struct till *till, struct client *client)
{
    Usher__V1__BeginRefundJobRequest wish = USHER__V1__BEGIN_REFUND_JOB_REQUEST__INIT;
    Usher__V1__GetRefundJobRequest look = USHER__V1__GET_REFUND_JOB_REQUEST__INIT;
    const Usher__V1__RefundJob *job;
    char job_id[64];
    wish.performance_id = 1;
    wish.dry_run = true;
    int64_t begin_ns = clock_mono_ns(clock_system());
    int err = client_call(client, Usher__V1__PaymentService, begin_refund_job, &wish, &job);
    till->dry_s = seconds_since(begin_ns);
    wish.dry_run = false;
    begin_ns = clock_mono_ns(clock_system());
    if (err == 0)
        err = client_call(client, Usher__V1__PaymentService, begin_refund_job, &wish, &job);
    till->begun_s = seconds_since(begin_ns);
    if (err == 0)
        snprintf(job_id, sizeof(job_id), "%s", job->job_id);
    look.job_id = job_id;
    while (err == 0 && seconds_since(begin_ns) < PACE_S) {
        arena_reset(client->arena);
        err = fiber_sleep_until(fiber_now_ns() + LOOK_MS * NS_PER_MS);
        if (err == 0)
            err = client_call(client, Usher__V1__PaymentService, get_refund_job, &look, &job);
    }
    if (err == 0 && job->n_totals == 1)
        till->pace = (double)job->totals[0]->done_orders / seconds_since(begin_ns) * 60 /
                     job->totals[0]->refunds_per_minute;
    return err;
}

static void give_back(void *arg)
{
    struct till *till = arg;
    struct client client;
    struct arena arena;
    char authorization[128];
    till->err = read_key(till, authorization);
    if (till->err == 0)
        till->err = connect_to(till);
    if (till->err != 0)
        return;
    arena_init(&arena, 1u << 20);
    client_init(&client, till->channel, &usher__v1__payment_service__descriptor, &arena);
    client.authorization = authorization;
    client.timeout_ms = CALL_MS;
    const int err = refund_all(till, &client);
    went(till, &client, "RefundJob", err);
    arena_release(&arena);
    channel_free(till->channel);
}

static int measure_night(bench_row_fn *row, void *state)
{
    struct till till;
    const int err = run_till(NIGHT_PLACES, sell_night, give_back, &till);
    if (err != 0)
        return err;
    row(state, "money: a refund of 20,000 places, dry run", till.dry_s, "s");
    row(state, "money: a refund of 20,000 places prepared", till.begun_s, "s");
    row(state, "money: refunds, times the provider's pace", till.pace, "x");
    return 0;
}

int bench_money(bench_row_fn *row, void *state)
{
    bench_server_provider(LATENCY);
    int err = measure_orders(row, state);
    if (err == 0)
        err = measure_attempts(row, state);
    if (err == 0)
        err = measure_flight(row, state);
    if (err == 0)
        err = measure_night(row, state);
    bench_server_provider(NULL);
    return err;
}
