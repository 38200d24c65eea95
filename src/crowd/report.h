/*
 * report: what a stampede shows: figures of a crowd, as text, as JSON and as a page.
 */
#ifndef USHER_CROWD_REPORT_H
#define USHER_CROWD_REPORT_H

#include <stdio.h>

#include "crowd/crowd.h"
#include "crowd/heat.h"
#include "crowd/percentiles.h"

#define REPORT_BINS_MAX 240

/* Times in ns. */
struct report {
    const struct crowd *crowd;
    struct percentiles hold;   /* from the intended arrival to the hold's answer */
    struct percentiles order;  /* from the intended arrival to the order's answer */
    struct percentiles ticket; /* from the click on paying to the ticket; of those who paid */
    struct percentiles lag;    /* from the intended arrival to the generator's acting; who came */
    int64_t *hold_sorted;      /* owned; hold.count of them */
    int64_t *order_sorted;
    int64_t *lag_sorted;
    int64_t *ticket_sorted;
    uint32_t payments[CROWD_PAYMENTS]; /* people, by enum crowd_payment */
    double answers_per_s;              /* first arrival to last answer */
    double orders_per_s;
    int64_t bin_ns; /* 10 ms, or longer where the rush was */
    uint32_t bin_count;
    uint32_t arrived[REPORT_BINS_MAX];
    uint32_t answered[REPORT_BINS_MAX]; /* holds */
    uint32_t sold[REPORT_BINS_MAX];     /* places of acknowledged orders */
    struct heat *heat;                  /* owned */
};

/* ERR_NO_MEMORY */
int report_init(struct report *report, const struct crowd *crowd);
void report_release(struct report *report);

void report_text(const struct report *report, FILE *out);
/* To fd: the figures, or the page that draws them (crowd/page.h). As figures_write. */
int report_json(const struct report *report, int fd);
int report_page(const struct report *report, int fd);
/* Where nobody was sent: the same with nothing but why. */
int report_failure_json(const char *why, int fd);
int report_failure_page(const char *why, int fd);

/* The things that are claimed, in order; the last of a crowd that went through a line alone. */
#define REPORT_VERDICTS 4
struct report_verdict {
    bool ok;
    bool empty;       /* ok, but there was nothing that it could have been false of */
    const char *name; /* "answered", "apart", "there", "line" */
    const char *claim;
    char found[320];
};
/* Returns how many there are. */
int report_verdicts(const struct crowd *crowd, struct report_verdict ret[REPORT_VERDICTS]);

/* "3.1 ms", "870 µs", "2.4 s". */
#define REPORT_TIME_MAX 24
void report_time(int64_t ns, char ret_text[REPORT_TIME_MAX]);
/* "hot:10", "party 1-4"; of CROWD_NAME_MAX bytes. */
void report_wish(const struct crowd_options *options, char *ret_text, size_t size);

#endif
