/*
 * catalog: halls, events and performances as all workers read them.
 *
 * Everything here is written once, when it is loaded or created, and then only read; entries never
 * move or go before catalog_free. What may change, the bill of an event and the date of a
 * performance, is written anew and put in the place of the one before, which stays too: whoever
 * reads it takes no lock, and reads all of it at one moment. Lists are arrays of atomic pointers by
 * id, so a reader takes no lock. Whoever adds waits for the store first.
 */
#ifndef USHER_SVC_TICKET_CATALOG_H
#define USHER_SVC_TICKET_CATALOG_H

#include "feed/feed.h"
#include "hall/hall.h"
#include "owner/owner.h"
#include "store/playbill.h"
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
    _Atomic(const struct playbill_event *) bill; /* in the catalog's arena, as below */
};

/* A price list that this process has heard of. */
struct catalog_prices {
    struct price_list list;
    const struct catalog_prices *before; /* of a lower number; NULL: this is list 0 */
};

/* All price lists of a performance, the newest first. */
struct catalog_lists {
    struct catalog *catalog;
    _Atomic(const struct catalog_prices *) newest;
};

struct catalog_performance {
    uint32_t performance_id;
    const struct catalog_event *event;
    const struct catalog_hall *hall;
    _Atomic(const struct playbill_performance *) date;
    uint32_t hold_ttl_ms;
    uint32_t places_max;
    uint32_t rest_ms;
    uint32_t person_rule; /* usher.v1.PersonRule */
    const char *currency;
    struct catalog_lists *lists; /* of its own, and there before it is */
    struct worker *home;         /* where the owner lives */
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
/* Or finds it. Its bill is that of the row, in that state. ERR_FULL, ERR_NO_MEMORY. */
int catalog_add_event(struct catalog *catalog, const struct store_event *event, uint32_t state,
                      const struct catalog_event **ret_event);
/* What is told of an event, or a performance, from now on; copied. An id that is not there is
 * passed over. ERR_FULL: as many changes as a process keeps; ERR_NO_MEMORY. */
int catalog_set_bill(struct catalog *catalog, const struct playbill_event *bill);
int catalog_set_date(struct catalog *catalog, const struct playbill_performance *date);
/* What the performance's price lists are kept in, with list 0. ERR_NO_MEMORY. */
int catalog_new_lists(struct catalog *catalog, const struct price_list *first,
                      struct catalog_lists **ret_lists);
/* An owner_listener's priced, whose state is a struct catalog_lists: a list that is known from now
 * on; one that is known already is passed over. Without memory it is not, and readers say so. */
void catalog_priced(void *lists, const struct price_list *list);
/* The list of that number; NULL: it is not known here. */
const struct price_list *catalog_price_list(const struct catalog_performance *performance,
                                            uint32_t number);
/* The lowest number of a code that no list has had. */
uint32_t catalog_next_code(const struct catalog_performance *performance);
/* What the type of that number is, by list number or the last before it that has it; NULL: none. */
const struct price_type *catalog_price_type(const struct catalog_performance *performance,
                                            uint32_t number, uint32_t type);
/* A performance whose owner and feed are there: *performance is copied, its currency and date too.
 * Visible to all workers when this returns. */
int catalog_add_performance(struct catalog *catalog, const struct catalog_performance *performance);

static inline const struct playbill_event *catalog_bill(const struct catalog_event *event)
{
    return event->bill;
}
static inline const struct playbill_performance *
catalog_date(const struct catalog_performance *performance)
{
    return performance->date;
}

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
