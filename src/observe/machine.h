/*
 * machine: what this process and its machine use, for /metrics, from Linux's /proc.
 *
 * Names of the process's figures are those of Prometheus' own clients, so that ready-made
 * dashboards work. A figure that this kernel does not tell is left out. Reading costs tens of
 * microseconds, and some milliseconds with ten thousand files open.
 */
#ifndef USHER_OBSERVE_MACHINE_H
#define USHER_OBSERVE_MACHINE_H

struct exposition;

/* Appends process_… and usher_host_… samples in Prometheus' text format. data: the folder whose
 * disk is told, or NULL. As metrics_render. */
int machine_render(struct exposition *page, const char *data);

/* The same from a folder that looks like /proc, for tests. */
int machine_render_from(struct exposition *page, const char *proc, const char *data);

#endif
