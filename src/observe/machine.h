/*
 * machine: what this process and its machine use, for /metrics, from Linux's /proc.
 *
 * Names of the process's figures are those of Prometheus' own clients, so that ready-made
 * dashboards work. A figure that this kernel does not tell is left out. Reading costs tens of
 * microseconds, and some milliseconds with ten thousand files open.
 */
#ifndef USHER_OBSERVE_MACHINE_H
#define USHER_OBSERVE_MACHINE_H

#include <stdint.h>

struct exposition;

/* −1: this kernel does not tell. */
struct machine {
    int64_t started_s; /* Unix time */
    int64_t cpu_us;    /* CPU time of this process */
    int64_t resident_bytes;
    int64_t threads;
    int64_t open_files, max_files;
    int64_t host_cpu_us[6]; /* CPU time of all cores, user, nice, system, idle, iowait, steal */
    int64_t memory_bytes, memory_free_bytes;
    int64_t disk_bytes, disk_free_bytes;
    int64_t received_bytes, sent_bytes; /* of all interfaces but loopback */
};
#define MACHINE_CPU_IDLE   3
#define MACHINE_CPU_IOWAIT 4

/* data: the folder whose disk is told, or NULL. */
void machine_read(const char *data, struct machine *ret_machine);
/* The same from a folder that looks like /proc, for tests. */
void machine_read_from(const char *proc, const char *data, struct machine *ret_machine);

/* Appends process_… and usher_host_… samples in Prometheus' text format. data: the folder whose
 * disk is told, or NULL. As metrics_render. */
int machine_render(struct exposition *page, const char *data);

/* The same from a folder that looks like /proc, for tests. */
int machine_render_from(struct exposition *page, const char *proc, const char *data);

#endif
