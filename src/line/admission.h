/*
 * admission: how many may be inside at once.
 *
 * The capacity begins at its floor. While holds are quick and the places inside are taken, it grows
 * by a tenth a step; when holds become slow, or too much waits to be committed, or nothing is heard
 * of the seats, it shrinks by a quarter: additive as long as it is small, and quick to give way, as
 * congestion control is (Chiu and Jain 1989). It never leaves the organiser's limits, and nobody
 * who is inside is sent away.
 */
#ifndef USHER_LINE_ADMISSION_H
#define USHER_LINE_ADMISSION_H

#include "line/line.h"

#define ADMISSION_STEP_MS   2000  /* between two changes */
#define ADMISSION_QUICK_MS  100   /* holds up to this are quick … */
#define ADMISSION_SLOW_MS   300   /* … and from this on slow */
#define ADMISSION_QUEUE_MAX 2048  /* asks that wait for a commit: from here on, too much */
#define ADMISSION_SILENT_MS 10000 /* nothing heard for so long */

/* What was heard of the seats last. */
struct admission_news {
    int64_t at_ms;    /* 0: never */
    uint32_t hold_ms; /* the 95th percentile of the last seconds */
    uint32_t queued;  /* asks that wait for a commit */
};

/* A change of capacity that is due: as the functions of line/decide.h. */
int line_decide_capacity(const struct line *line, const struct admission_news *news, int64_t now_ms,
                         struct line_entry *ret_entry);
/* New limits of the organiser; a capacity beyond them follows by line_decide_capacity. ERR_INVALID:
 * 0 or not in order. ERR_BUSY: the line is over. */
int line_decide_limits(const struct line *line, uint32_t capacity_min, uint32_t capacity_max,
                       int64_t now_ms, struct line_entry *ret_entry);

#endif
