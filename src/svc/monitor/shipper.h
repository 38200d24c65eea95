/*
 * shipper: the fiber that takes what waits in the window to a target: Elasticsearch, OpenSearch or
 * Logstash.
 *
 *   PREPARE ──templates are there──▶ SHIP ◀──nothing lost──┐
 *      ▲ │ not there: wait longer      │ └─answer was lost──▶ FIND (which are there already?)
 *      └─┘                             └──no──▶ wait longer, from 1 s to 60 s, and go on
 *
 * Everything arrives at least once, and stands there once. A batch whose answer was lost is looked
 * for before it is sent again; so are the first after a start. A record that will never be taken is
 * kept in the window with its reason, counted and logged. A batch that is too large for the target
 * (413) goes in halves; one record that is too large alone will never be taken. After a failure, or
 * a minute without a batch, everything is prepared anew: the server may have lost its data.
 *
 * There are two shipments. While one is in the server's hands, the other is filled with what
 * follows. What became of some batches is noted in the window together, since a synced write for
 * each would hold up a server on the same disk; at once where one was refused, and where no more
 * waits:
 *
 *     ship 1 ──▶ ship 2 ──▶ ship 3 ──▶ … ship 5 ──▶
 *     read 2     read 3     read 4       note 1 to 4
 *                                        read 6
 */
#ifndef USHER_SVC_MONITOR_SHIPPER_H
#define USHER_SVC_MONITOR_SHIPPER_H

#include <stdatomic.h>

#include "svc/monitor/target.h"

#define SHIPPER_WAIT_MIN_MS 1000
#define SHIPPER_WAIT_MAX_MS 60000
#define SHIPPER_IDLE_MS     250   /* between looks at an empty window */
#define SHIPPER_CALL_MS     30000 /* for one call */
#define SHIPPER_TRUST_MS    60000 /* silence, after which the server may be another */
#define SHIPPER_GROW        32    /* batches that are taken before larger ones are tried again */

#define SHIPPER_UNNOTED 4 /* batches whose outcomes are noted together */
/* Batches that may be there although the window does not know it: one is behind those, and one is
 * with the server. */
#define SHIPPER_IN_DOUBT  (SHIPPER_UNNOTED + 2)
#define SHIPPER_NOTES_MAX (SHIPPER_IN_DOUBT * SHIP_BATCH_MAX)

struct shipment {
    struct arena arena; /* of its records, and of why some were refused */
    struct record *records;
    size_t count;   /* 0: it is empty */
    uint64_t after; /* it was read behind this number */
    int err;        /* of noting and reading */
};

struct shipper {
    struct window *window;        /* borrowed */
    struct ship_target *target;   /* borrowed */
    int64_t wait_ms;              /* what the next failure waits */
    int doubtful;                 /* so many of the next batches may be there already */
    size_t batch;                 /* records in one, at most; fewer where they are too large */
    int whole;                    /* batches that were taken since that was changed */
    int64_t heard_ns;             /* when it last did what was asked */
    bool told_ready;              /* monitor.ready was logged */
    bool too_large;               /* the last batch was: its halves go at once */
    struct shipment shipments[2]; /* the next to go, and the other */
    int turn;                     /* which goes next */
    struct window_outcome notes[SHIPPER_NOTES_MAX]; /* to be noted */
    size_t note_count;
    bool note_now;   /* a reason among them is its shipment's */
    const char *why; /* of the last failure, in why_text */
    char why_text[400];
    _Atomic bool reached;      /* the last call was answered */
    _Atomic int64_t behind_ms; /* age of the oldest record that waits; 0: none waits */
};

/* Of a zeroed one with its window and target set. shipper_release frees what it took. */
void shipper_init(struct shipper *s);
void shipper_release(struct shipper *s);
/* Runs until the fiber is cancelled; arg is a struct shipper. */
void shipper_run(void *arg);
/* One batch: 1: something was shipped or refused; 0: nothing waits; an err code: to be tried again
 * later. In a fiber. For tests, and for the end of a process. */
int shipper_step(struct shipper *s, int64_t now_wall_ms);

#endif
