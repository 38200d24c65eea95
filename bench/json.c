/*
 * Unary JSON over HTTP/1.1 keep-alive, 64 connections: the server on one core, the load on the
 * other; beside it, the same load at a bare epoll loop that parses nothing and writes an answer of
 * the same length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/server.h"
#include "bench/wire.h"
#include "err/err.h"

#define CONNECTIONS 64
#define SECONDS     2.0

static const char request[] = "POST /usher.v1.TicketService/GetPerformance HTTP/1.1\r\n"
                              "host: bench\r\ncontent-type: application/json\r\n"
                              "content-length: 19\r\n\r\n{\"performanceId\":1}";

/* One real answer, for the bare loop to give. Returns its length, 0 where there is none. */
static size_t learn_answer(uint16_t port, char *buffer, size_t size)
{
    const int fd = wire_connect(port);
    if (fd < 0)
        return 0;
    const bool sent = wire_send(fd, view_str(request));
    const ssize_t n = sent ? read(fd, buffer, size) : 0;
    close(fd);
    return n > 0 ? (size_t)n : 0;
}

/* Where the load is slower than the server, rates say too little: CPU of the server tells then. */
struct asked {
    double rate;
    double cpu_us; /* of the server, an answer */
};

static struct asked ask(uint16_t port, pid_t pid)
{
    struct asked asked;
    const int64_t cpu_ns = bench_cpu_ns(pid);
    asked.rate = wire_ask(port, view_str(request), CONNECTIONS, SECONDS);
    asked.cpu_us = (double)(bench_cpu_ns(pid) - cpu_ns) / 1000 / (asked.rate * SECONDS);
    return asked;
}

int bench_json(bench_row_fn *row, void *state)
{
    static char answer[8192];
    struct bench_server server;
    uint16_t bare_port;
    pid_t bare;
    int err = bench_server_start(2000, "1", 1, &server);
    if (err != 0)
        return err;
    bench_stay_on(0);
    const size_t len = learn_answer(server.port, answer, sizeof(answer));
    err = len > 0 ? wire_responder(view_of(answer, len), 1, &bare_port, &bare) : ERR_IO;
    if (err == 0) {
        const struct asked limit = ask(bare_port, bare);
        const struct asked ours = ask(server.port, server.pid);
        wire_end(bare);
        if (limit.rate > 0 && ours.rate > 0) {
            row(state, "json: unary answers, 64 connections", ours.rate, "/s");
            row(state, "json: the limit, a bare epoll responder", limit.rate, "/s");
            row(state, "json: of the limit", 100 * ours.rate / limit.rate, "%");
            row(state, "json: CPU an answer", ours.cpu_us, "us");
            row(state, "json: CPU an answer of the bare responder's", limit.cpu_us, "us");
            row(state, "json: of the limit, by CPU", 100 * limit.cpu_us / ours.cpu_us, "%");
        } else {
            err = ERR_IO;
        }
    }
    const int stopped = bench_server_stop(&server);
    return err != 0 ? err : stopped;
}
