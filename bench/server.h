/*
 * bench_server: a real `usher serve` as a child, in a folder of its own under TMPDIR (or /tmp).
 */
#ifndef USHER_BENCH_SERVER_H
#define USHER_BENCH_SERVER_H

#include <stdint.h>
#include <sys/types.h>

struct bench_server {
    pid_t pid;
    pid_t provider_pid; /* 0: without */
    char data[64];      /* the folder */
    const char *store;  /* a shared one; NULL: in the folder */
    char url[64];
    char host[40];
    uint16_t port;
};

/* Which usher is measured: path, or the one beside this program where path is NULL. Before anything
 * else of this header. ERR_NOT_FOUND: no such program. */
int bench_server_program(const char *path);

/* Which roles the next server has, with commas; NULL, as at first: all. The text lives on. */
void bench_server_roles(const char *names);

/* Whether the next server has a stand-in for a payment provider beside it, and how long a call to
 * that takes, "50ms"; NULL, as at first: it has none. The text lives on. */
void bench_server_provider(const char *latency);

/* Where the next servers have their store, and agree: mariadb://…, redis://…; NULL, as at first:
 * the embedded store, and alone. A lease lasts a second there. The texts live on. */
void bench_server_stores(const char *store, const char *coord);

/* Starts it with one performance on sale: performance 1 in a generated hall of places seats,
 * holds of ttl, 1,000 places an account. workers 0: one a core; cpu -1: any, otherwise the
 * server is kept on that one. ERR_IO, ERR_UNAVAILABLE. */
int bench_server_start(uint32_t places, const char *workers, int cpu,
                       struct bench_server *ret_server);
/* Starts one more process on the same store (bench_server_stores), with the same keys. */
int bench_server_start_beside(const struct bench_server *first, const char *workers,
                              struct bench_server *ret_server);
/* As bench_server_start, and the sale is not opened. */
int bench_server_prepare(uint32_t places, struct bench_server *ret_server);
/* SIGTERM, and waits; the folder and the keys stay. ERR_IO: it did not end with exit code 0. */
int bench_server_leave(struct bench_server *server);
/* Starts it again after that, on the same store. */
int bench_server_return(struct bench_server *server);
/* The value of a line of its /metrics, "usher_load_seconds_sum". ERR_NOT_FOUND; ERR_UNAVAILABLE. */
int bench_server_figure(const struct bench_server *server, const char *name, double *ret_value);
/* Puts an open line in front of the performance, sale 1: guests may join, and all are called at
 * once. ERR_UNAVAILABLE. */
int bench_server_line(const struct bench_server *server);
/* Gives the performance all that a sale may have: these places kept back, three price types, a code
 * FANCLUB that takes off 10 percent, and a waiting list. ERR_UNAVAILABLE. */
int bench_server_dress(const struct bench_server *server, uint32_t first_kept, uint32_t last_kept);
/* Pauses the performance's sale. ERR_UNAVAILABLE. */
int bench_server_pause(const struct bench_server *server);
/* SIGTERM, waits, removes the folder. ERR_IO: it did not end with exit code 0. */
int bench_server_stop(struct bench_server *server);
/* `usher audit` on its folder, or its shared store. ERR_CORRUPT: it is not clean. */
int bench_server_audit(const struct bench_server *server);

/* Makes a folder of its own under TMPDIR (or /tmp). ERR_IO. */
int bench_make_folder(char *ret_path, size_t path_bytes);
/* Removes the files in a folder, and then the folder. */
void bench_remove_folder(const char *path);

/* CPU time a process has used, and its resident memory. 0 where it is gone. */
int64_t bench_cpu_ns(pid_t pid);
int64_t bench_resident_bytes(pid_t pid);
/* Keeps the calling process on one core, where there are as many. */
void bench_stay_on(int cpu);

#endif
