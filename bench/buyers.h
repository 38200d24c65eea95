/*
 * bench_buyers: buyers who hold a seat and order it, one seat after the other, through gRPC: a
 * closed loop, each waits for its answer. Whatever answers is a server of TicketService.
 */
#ifndef USHER_BENCH_BUYERS_H
#define USHER_BENCH_BUYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BUYERS_SERVERS_MAX 4

struct buyers_wish {
    const char *url;
    uint32_t buyers;
    uint32_t places; /* seats 0 … places - 1 of performance 1 are bought in order */
    double seconds;  /* how long they buy; 0: until all places are sold */
    bool dressed;    /* the sale has everything (bench_server_dress) */
    pid_t servers[BUYERS_SERVERS_MAX]; /* whose CPU counts; the rest 0 */
};

struct buyers_figures {
    uint32_t pairs;
    double pairs_s, p50_ms, p99_ms;
    double cpu_us; /* of all the servers, a pair, from the first hold on */
};

/* All of them become guests first; then they buy. ERR_UNAVAILABLE: a call failed, and the first one
 * that did is told on stderr; ERR_NO_MEMORY, ERR_IO. From a process with one thread. */
int buyers_run(const struct buyers_wish *wish, struct buyers_figures *ret_figures);

#endif
