/*
 * vitals: how processes and their machines are. Each measures itself; the monitor keeps what each
 * told last.
 */
#ifndef USHER_SVC_MONITOR_VITALS_H
#define USHER_SVC_MONITOR_VITALS_H

#include <pthread.h>

#include "mem/arena.h"
#include "observe/machine.h"
#include "usher/v1/monitor.pb-c.h"

#define VITALS_PROCESSES 64
#define VITALS_NAME_MAX  80
#define VITALS_ROLES_MAX 120
#define VITALS_KEPT_MS   300000 /* who was not heard of for longer is left out */

/* Of the process that measures itself. Its names are borrowed. */
struct vitals {
    const char *node, *roles, *version, *data; /* data: the folder whose disk is told, or NULL */
    struct machine last;
    int64_t last_ns; /* monotonic; 0: it is the first time */
};
/* Fills the figures; rates are of the time since the call before, −1 at the first. */
void vitals_measure(struct vitals *vitals, int64_t now_ns, Usher__V1__ProcessFigures *ret_figures);

/* What the monitor heard; any thread. */
struct vitals_heard {
    pthread_mutex_t mutex;
    struct vitals_row {
        char node[VITALS_NAME_MAX], roles[VITALS_ROLES_MAX], version[VITALS_NAME_MAX];
        Usher__V1__ProcessFigures figures; /* its texts are the three above; heard_ms 0: free */
    } rows[VITALS_PROCESSES];
};
void vitals_heard_init(struct vitals_heard *heard);
void vitals_heard_release(struct vitals_heard *heard);
/* The process of that name told this. Beyond VITALS_PROCESSES the one that was silent for longest
 * is forgotten. */
void vitals_hear(struct vitals_heard *heard, const char *node,
                 const Usher__V1__ProcessFigures *figures, int64_t now_ms);
/* Copies of all that are kept, by their names. ERR_NO_MEMORY. */
int vitals_list(struct vitals_heard *heard, int64_t now_ms, struct arena *arena,
                Usher__V1__ProcessFigures ***ret_list, size_t *ret_count);

#endif
