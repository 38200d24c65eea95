/*
 * bench_wire: bare sockets: the load for a comparison, and the bare servers that are its limits.
 */
#ifndef USHER_BENCH_WIRE_H
#define USHER_BENCH_WIRE_H

#include <stdint.h>
#include <sys/types.h>

#include "mem/view.h"

/* A connection to 127.0.0.1:port, TCP_NODELAY. -1 and errno. */
int wire_connect(uint16_t port);
/* All of it, on a blocking socket. False when the other side is gone. */
bool wire_send(int fd, struct view bytes);

/* connections keep-alive connections, one request each under way, for seconds; each answer is as
 * long as the first one. How many were answered a second; 0 where it failed. */
double wire_ask(uint16_t port, struct view request, uint32_t connections, double seconds);

/* A process that answers every read with `answer`, or with NULL a broadcaster that writes
 * `frame` to all its connections every_ms: epoll and nothing else. Stays on cpu. 0, ERR_IO. */
int wire_responder(struct view answer, int cpu, uint16_t *ret_port, pid_t *ret_pid);
int wire_broadcaster(struct view frame, int every_ms, int cpu, uint16_t *ret_port, pid_t *ret_pid);
/* Ends one of those. */
void wire_end(pid_t pid);

#endif
