/*
 * bench_front: our gRPC front (src/wire) in a process of its own, with handlers that are not ours:
 * so that a peer is measured behind the same front as usher.
 */
#ifndef USHER_BENCH_PEERS_FRONT_H
#define USHER_BENCH_PEERS_FRONT_H

#include <sys/types.h>

#include "call/call.h"
#include "fiber/worker.h"

#define FRONT_WORKERS_MAX  64
#define FRONT_SERVICES_MAX 2
#define FRONT_BUYER        1u /* the role of whoever shows a token: there is no other */

/* A service of which only some methods are there; the others answer UNIMPLEMENTED. */
struct front_service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct method *methods; /* those that are there; count of them */
    size_t count;
};

struct front_wish {
    struct front_service services[FRONT_SERVICES_MAX];
    uint32_t service_count;
    uint32_t workers; /* 0: one a core, as `usher serve` has */
    /* In the new process, before it listens: makes the state of all calls. May be NULL. 0, or an
     * error, after having said on stderr why. */
    int (*open)(void *wish, struct worker *const *workers, uint32_t worker_count, void **ret_state);
    void *open_wish;
};

struct front {
    pid_t pid;
    char url[64];
};

/* Starts it. Whoever calls says who he is: the token is his
 * account's id, and is believed. From a process with one thread; wire_end(front.pid) ends it, as
 * does the end of this process. ERR_IO, ERR_UNAVAILABLE: it did not start. */
int front_start(const struct front_wish *wish, struct front *ret_front);

#endif
