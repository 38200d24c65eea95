/*
 * catalog: halls, events and performances as all workers read them.
 *
 * Everything here is written once, when it is loaded or created, and then only read; entries never
 * move or go before catalog_free. Lists are arrays of atomic pointers by id, so a reader takes no
 * lock. Whoever adds waits for the store first.
 */
#ifndef USHER_SVC_TICKET_CATALOG_H
#define USHER_SVC_TICKET_CATALOG_H

#include "feed/feed.h"
#include "hall/hall.h"
#include "owner/owner.h"
#include "store/store.h"
#include "usher/v1/ticket.pb-c.h"

struct catalog_hall {
    uint32_t hall_id;
    struct hall *hall; /* owned */
    char layout_hash[2 * HALL_HASH_BYTES + 1];
    Usher__V1__SeatMap *seat_map; /* owned; the layout as an answer */
};

struct catalog_event {
    uint32_t event_id;
    uint32_t organiser_id;
    struct view name; /* in the catalog's arena, as below */
    struct view description;
};

struct catalog_performance {
    uint32_t performance_id;
    const struct catalog_event *event;
    const struct catalog_hall *hall;
    int64_t starts_at_ms;
    bool utc_offset_known;
    int32_t utc_offset_minutes;
    uint32_t hold_ttl_ms;
    uint32_t places_max;
    const char *currency;
    const int64_t *prices; /* one a category */
    struct worker *home;   /* where the owner lives */
    struct owner *owner;
    struct feed *feed;
};

struct catalog;

int catalog_new(struct catalog **ret_catalog);
/* Frees halls and feeds; owners are stopped already. */
void catalog_free(struct catalog *catalog);

/* Takes over hall (also when it fails). ERR_NO_MEMORY. */
int catalog_add_hall(struct catalog *catalog, uint32_t hall_id, struct hall *hall,
                     const struct catalog_hall **ret_hall);
/* Or finds it. ERR_FULL, ERR_NO_MEMORY. */
int catalog_add_event(struct catalog *catalog, const struct store_event *event,
                      const struct catalog_event **ret_event);
/* A performance whose owner and feed are there: *performance is copied, its currency and prices
 * too. Visible to all workers when this returns. */
int catalog_add_performance(struct catalog *catalog, const struct catalog_performance *performance);

/* NULL where there is none. */
const struct catalog_hall *catalog_hall(struct catalog *catalog, uint32_t hall_id);
const struct catalog_hall *catalog_hall_by_hash(struct catalog *catalog, const char *layout_hash);
const struct catalog_event *catalog_event(struct catalog *catalog, uint32_t event_id);
const struct catalog_performance *catalog_performance(struct catalog *catalog,
                                                      uint32_t performance_id);
/* Ids run from 1 to this. */
uint32_t catalog_hall_last(const struct catalog *catalog);
uint32_t catalog_event_last(const struct catalog *catalog);
uint32_t catalog_performance_last(const struct catalog *catalog);

#endif
