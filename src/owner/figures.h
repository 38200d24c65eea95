/*
 * figures: what there is to see of an owner's performance, for whoever asks.
 */
#ifndef USHER_OWNER_FIGURES_H
#define USHER_OWNER_FIGURES_H

#include "hall/hall.h"
#include "sale/price_list.h"
#include "seats/seats.h"

struct owner;

/* What is published, from any thread: consistent with each other. */
struct owner_figures {
    uint64_t version;
    uint32_t sale_state; /* 0 before the first load */
    struct seats_counts counts;
    uint32_t orders_confirmed;
    uint32_t orders_cancelled;
    uint32_t offer_ms;   /* how long the waiting list's offers last; 0: there is none */
    uint32_t price_list; /* the number of the one that is valid */
    int64_t sold_totals[HALL_CATEGORIES_MAX]; /* a category: what its sold places cost */
    int64_t type_totals[PRICE_NUMBERS];       /* a price type, likewise */
    uint32_t type_counts[PRICE_NUMBERS];      /* and how many of them there are */
    uint32_t comps;                           /* places of comps, of those that are sold */
    int64_t to_collect;                       /* of sold_totals, what was not paid yet */
    uint32_t queued; /* asks that had gathered while the last commit was on disk */
    bool serving;
    uint64_t keys_refused; /* asks that were refused for want of room for their key; for good */
};
void owner_figures(struct owner *owner, struct owner_figures *ret_figures);

#endif
