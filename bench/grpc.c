/*
 * Unary gRPC over HTTP/2, 64 connections with a call under way each: what a call costs the server
 * in CPU, beside a bare epoll loop that parses nothing and writes an answer of about as many bytes.
 * Rates say nothing here, for the client, which speaks whole HTTP/2, costs more than the server.
 */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/server.h"
#include "bench/wire.h"
#include "call/client.h"
#include "call/remote.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/ticket.pb-c.h"

#define CONNECTIONS 64
#define SECONDS     2.0
#define CALL_MS     20000

/* What the bare loop gives: head and body are as long as an answer's frames. */
static const char bare_request[] = "POST / HTTP/1.1\r\nhost: bench\r\ncontent-length: 0\r\n\r\n";
static const char bare_answer[] =
    "HTTP/1.1 200 OK\r\ncontent-length: 120\r\n\r\n"
    "....................................................................."
    "...................................................";

struct calls {
    const char *url;
    pid_t server;
    int64_t until_ns, cpu_ns, took_ns;
    uint64_t answered;
    int err;
};

/* One after the other, over a connection of its own. */
static void ask(void *arg)
{
    struct calls *calls = arg;
    const struct remote_options options = {.url = calls->url, .tries = 1};
    struct channel *channel = NULL;
    struct arena arena;
    struct client client;
    if (calls->err == 0)
        calls->err = remote_new(&options, &channel);
    arena_init(&arena, 1u << 20);
    client_init(&client, channel, &usher__v1__ticket_service__descriptor, &arena);
    client.timeout_ms = CALL_MS;
    while (calls->err == 0 && clock_mono_ns(clock_system()) < calls->until_ns) {
        Usher__V1__GetPerformanceRequest wish = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
        const Usher__V1__Performance *performance;
        wish.performance_id = 1;
        calls->err =
            client_call(&client, Usher__V1__TicketService, get_performance, &wish, &performance);
        calls->answered += calls->err == 0;
        arena_reset(&arena);
    }
    arena_release(&arena);
    channel_free(channel);
}

static void drive(void *arg)
{
    struct calls *calls = arg;
    struct scope scope;
    const int64_t began_ns = clock_mono_ns(clock_system());
    calls->until_ns = began_ns + (int64_t)(SECONDS * NS_PER_S);
    calls->cpu_ns = bench_cpu_ns(calls->server);
    scope_init(&scope);
    for (int i = 0; calls->err == 0 && i < CONNECTIONS; i++)
        calls->err = fiber_spawn(&scope, ask, calls);
    scope_join(&scope, DEADLINE_NEVER);
    calls->cpu_ns = bench_cpu_ns(calls->server) - calls->cpu_ns;
    calls->took_ns = clock_mono_ns(clock_system()) - began_ns;
}

/* CPU an answer of the bare loop, in microseconds. */
static int measure_bare(double *ret_us)
{
    uint16_t port;
    pid_t pid;
    int err = wire_responder(view_str(bare_answer), 1, &port, &pid);
    if (err != 0)
        return err;
    const int64_t cpu_ns = bench_cpu_ns(pid);
    const double rate = wire_ask(port, view_str(bare_request), CONNECTIONS, SECONDS);
    *ret_us = (double)(bench_cpu_ns(pid) - cpu_ns) / 1000 / (rate * SECONDS);
    wire_end(pid);
    return rate > 0 ? 0 : ERR_IO;
}

int bench_grpc(bench_row_fn *row, void *state)
{
    struct bench_server server;
    double bare_us = 0;
    int err = bench_server_start(2000, "1", 1, &server);
    if (err != 0)
        return err;
    struct calls calls = {.url = server.url, .server = server.pid};
    bench_stay_on(0);
    err = measure_bare(&bare_us);
    err = err ? err : fiber_main(drive, &calls);
    err = err ? err : calls.err;
    if (err == 0 && calls.answered == 0)
        err = ERR_IO;
    if (err == 0) {
        const double us = (double)calls.cpu_ns / 1000 / (double)calls.answered;
        row(state, "grpc: unary calls, 64 connections",
            (double)calls.answered * NS_PER_S / (double)calls.took_ns, "/s");
        row(state, "grpc: CPU of the server a call", us, "us");
        row(state, "grpc: CPU an answer of the bare responder's", bare_us, "us");
        row(state, "grpc: CPU a call, times the bare responder's", us / bare_us, "x");
    }
    const int stopped = bench_server_stop(&server);
    return err != 0 ? err : stopped;
}
