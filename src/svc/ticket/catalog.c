#include "svc/ticket/catalog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define CATALOG_ARENA_MAX   (256u << 20)
#define CATALOG_CHANGES_MAX 10000 /* of bills and dates, until the next start */

/* Pointers by id; 0 is not used. */
struct slots {
    _Atomic(void *) at[STORE_PERFORMANCES_MAX + 1];
    _Atomic uint32_t last;
};
_Static_assert(STORE_HALLS_MAX <= STORE_PERFORMANCES_MAX &&
                   STORE_EVENTS_MAX <= STORE_PERFORMANCES_MAX,
               "one size holds all");

struct catalog {
    pthread_mutex_t adding; /* guards the arena and the order of additions */
    struct arena arena;
    struct slots halls;
    struct slots events;
    struct slots performances;
    _Atomic uint32_t changes; /* of bills and dates */
};

int catalog_new(struct catalog **ret_catalog)
{
    struct catalog *catalog = calloc(1, sizeof(*catalog));
    if (!catalog)
        return ERR_NO_MEMORY;
    pthread_mutex_init(&catalog->adding, NULL);
    arena_init(&catalog->arena, CATALOG_ARENA_MAX);
    *ret_catalog = catalog;
    return 0;
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    for (uint32_t i = 1; i <= STORE_PERFORMANCES_MAX; i++) {
        struct catalog_performance *performance = catalog->performances.at[i];
        struct catalog_hall *hall = catalog->halls.at[i];
        if (performance)
            feed_free(performance->feed);
        if (hall) {
            usher__v1__seat_map__free_unpacked(hall->seat_map, NULL);
            hall_free(hall->hall);
        }
    }
    arena_release(&catalog->arena);
    pthread_mutex_destroy(&catalog->adding);
    free(catalog);
}

static const void *slots_get(struct slots *slots, uint32_t id)
{
    return id <= STORE_PERFORMANCES_MAX ? atomic_load_explicit(&slots->at[id], memory_order_acquire)
                                        : NULL;
}

static int slots_put(struct slots *slots, uint32_t id, void *entry)
{
    if (id == 0 || id > STORE_PERFORMANCES_MAX)
        return ERR_FULL;
    atomic_store_explicit(&slots->at[id], entry, memory_order_release);
    /* Another thread may add a higher id at this moment. */
    uint32_t last = atomic_load(&slots->last);
    while (id > last && !atomic_compare_exchange_weak(&slots->last, &last, id))
        ;
    return 0;
}

/* A zeroed piece of the catalog's arena; it lives as long as the catalog. */
static void *keep(struct catalog *catalog, const void *bytes, size_t len)
{
    pthread_mutex_lock(&catalog->adding);
    void *kept = arena_alloc(&catalog->arena, len + 1);
    pthread_mutex_unlock(&catalog->adding);
    if (kept && len > 0)
        memcpy(kept, bytes, len);
    return kept;
}

int catalog_add_hall(struct catalog *catalog, uint32_t hall_id, struct hall *hall,
                     const struct catalog_hall **ret_hall)
{
    const struct catalog_hall *there = slots_get(&catalog->halls, hall_id);
    if (there) {
        hall_free(hall);
        *ret_hall = there;
        return 0;
    }
    struct catalog_hall entry = {.hall_id = hall_id, .hall = hall};
    for (size_t i = 0; i < sizeof(hall->hash); i++)
        snprintf(entry.layout_hash + 2 * i, 3, "%02x", hall->hash[i]);
    entry.seat_map =
        usher__v1__seat_map__unpack(NULL, hall->layout.len, (const uint8_t *)hall->layout.at);
    struct catalog_hall *kept = entry.seat_map ? keep(catalog, &entry, sizeof(entry)) : NULL;
    int err = kept ? 0 : ERR_NO_MEMORY;
    if (err == 0) {
        pthread_mutex_lock(&catalog->adding);
        /* Two requests may have put the same plan at once: the first one stays. */
        there = slots_get(&catalog->halls, hall_id);
        err = there ? 0 : slots_put(&catalog->halls, hall_id, kept);
        pthread_mutex_unlock(&catalog->adding);
    }
    if (err != 0 || there) {
        if (entry.seat_map)
            usher__v1__seat_map__free_unpacked(entry.seat_map, NULL);
        hall_free(hall);
    }
    if (err == 0)
        *ret_hall = there ? there : kept;
    return err;
}

/* A copy of a text in the catalog's arena; at NULL: no memory. */
static struct view keep_text(struct catalog *catalog, struct view text)
{
    return view_of(keep(catalog, text.at, text.len), text.len);
}

static const struct playbill_event *keep_bill(struct catalog *catalog,
                                              const struct playbill_event *bill)
{
    struct playbill_event copy = *bill;
    copy.name = keep_text(catalog, bill->name);
    copy.description = keep_text(catalog, bill->description);
    copy.poster = keep_text(catalog, bill->poster);
    return copy.name.at && copy.description.at && copy.poster.at
               ? keep(catalog, &copy, sizeof(copy))
               : NULL;
}

static const struct playbill_performance *keep_date(struct catalog *catalog,
                                                    const struct playbill_performance *date)
{
    struct playbill_performance copy = *date;
    copy.time_zone = keep_text(catalog, date->time_zone);
    copy.gate = keep_text(catalog, date->gate);
    copy.address = keep_text(catalog, date->address);
    return copy.time_zone.at && copy.gate.at && copy.address.at ? keep(catalog, &copy, sizeof(copy))
                                                                : NULL;
}

int catalog_add_event(struct catalog *catalog, const struct store_event *event, uint32_t state,
                      const struct catalog_event **ret_event)
{
    const struct catalog_event *there = slots_get(&catalog->events, event->event_id);
    if (there) {
        *ret_event = there;
        return 0;
    }
    const struct playbill_event bill = {.event_id = event->event_id,
                                        .state = state,
                                        .name = event->name,
                                        .description = event->description};
    const struct catalog_event entry = {.event_id = event->event_id,
                                        .organiser_id = event->organiser_id,
                                        .bill = keep_bill(catalog, &bill)};
    struct catalog_event *kept = entry.bill ? keep(catalog, &entry, sizeof(entry)) : NULL;
    if (!kept)
        return ERR_NO_MEMORY;
    pthread_mutex_lock(&catalog->adding);
    /* Who made it and who follows the store may both add it: the first one stays. */
    there = slots_get(&catalog->events, event->event_id);
    int err = there ? 0 : slots_put(&catalog->events, event->event_id, kept);
    pthread_mutex_unlock(&catalog->adding);
    if (err == 0)
        *ret_event = there ? there : kept;
    return err;
}

/* Counts one change more. ERR_FULL. */
static int count_change(struct catalog *catalog)
{
    return atomic_fetch_add(&catalog->changes, 1) < CATALOG_CHANGES_MAX ? 0 : ERR_FULL;
}

int catalog_set_bill(struct catalog *catalog, const struct playbill_event *bill)
{
    struct catalog_event *event =
        bill->event_id <= STORE_EVENTS_MAX ? catalog->events.at[bill->event_id] : NULL;
    const struct playbill_event *kept, *now = event ? event->bill : NULL;
    if (!event || (now->state == bill->state && now->published_at_ms == bill->published_at_ms &&
                   view_eq(now->name, bill->name) && view_eq(now->poster, bill->poster) &&
                   view_eq(now->description, bill->description)))
        return 0;
    int err = count_change(catalog);
    if (err == 0 && !(kept = keep_bill(catalog, bill)))
        err = ERR_NO_MEMORY;
    if (err == 0)
        event->bill = kept;
    return err;
}

int catalog_set_date(struct catalog *catalog, const struct playbill_performance *date)
{
    struct catalog_performance *performance = date->performance_id <= STORE_PERFORMANCES_MAX
                                                  ? catalog->performances.at[date->performance_id]
                                                  : NULL;
    const struct playbill_performance *kept, *now = performance ? performance->date : NULL;
    if (!performance || (now->starts_at_ms == date->starts_at_ms &&
                         now->utc_offset_known == date->utc_offset_known &&
                         now->utc_offset_minutes == date->utc_offset_minutes &&
                         now->doors_at_ms == date->doors_at_ms && now->later_ms == date->later_ms &&
                         now->payment_required == date->payment_required &&
                         view_eq(now->time_zone, date->time_zone) &&
                         view_eq(now->gate, date->gate) && view_eq(now->address, date->address)))
        return 0;
    int err = count_change(catalog);
    if (err == 0 && !(kept = keep_date(catalog, date)))
        err = ERR_NO_MEMORY;
    if (err == 0)
        performance->date = kept;
    return err;
}

int catalog_new_lists(struct catalog *catalog, const struct price_list *first,
                      struct catalog_lists **ret_lists)
{
    const struct catalog_prices entry = {.list = *first};
    const struct catalog_prices *kept = keep(catalog, &entry, sizeof(entry));
    const struct catalog_lists lists = {.catalog = catalog, .newest = kept};
    *ret_lists = kept ? keep(catalog, &lists, sizeof(lists)) : NULL;
    return *ret_lists ? 0 : ERR_NO_MEMORY;
}

void catalog_priced(void *arg, const struct price_list *list)
{
    struct catalog_lists *lists = arg;
    /* The owner's thread alone comes here, as the owner or as one that is shown another's. */
    const struct catalog_prices *newest = lists->newest;
    if (list->number <= newest->list.number)
        return;
    const struct catalog_prices entry = {.list = *list, .before = newest};
    const struct catalog_prices *kept = keep(lists->catalog, &entry, sizeof(entry));
    if (kept)
        lists->newest = kept;
}

uint32_t catalog_next_code(const struct catalog_performance *performance)
{
    uint32_t last = 0;
    const struct catalog_prices *prices = performance->lists->newest;
    for (; prices; prices = prices->before) {
        const uint32_t count = prices->list.code_count;
        if (count > 0 && prices->list.codes[count - 1].number > last)
            last = prices->list.codes[count - 1].number;
    }
    return last + 1;
}

const struct price_type *catalog_price_type(const struct catalog_performance *performance,
                                            uint32_t number, uint32_t type)
{
    const struct catalog_prices *prices = performance->lists->newest;
    for (; prices; prices = prices->before) {
        const struct price_type *known =
            prices->list.number <= number ? price_list_type(&prices->list, type) : NULL;
        if (known)
            return known;
    }
    return NULL;
}

const struct price_list *catalog_price_list(const struct catalog_performance *performance,
                                            uint32_t number)
{
    const struct catalog_prices *prices = performance->lists->newest;
    while (prices && prices->list.number != number)
        prices = prices->before;
    return prices ? &prices->list : NULL;
}

int catalog_add_performance(struct catalog *catalog, const struct catalog_performance *performance)
{
    struct catalog_performance entry = *performance;
    entry.date = keep_date(catalog, performance->date);
    entry.currency = keep(catalog, performance->currency, strlen(performance->currency));
    struct catalog_performance *kept = keep(catalog, &entry, sizeof(entry));
    if (!kept || !entry.date || !entry.currency)
        return ERR_NO_MEMORY;
    return slots_put(&catalog->performances, performance->performance_id, kept);
}

const struct catalog_hall *catalog_hall(struct catalog *catalog, uint32_t hall_id)
{
    return slots_get(&catalog->halls, hall_id);
}

const struct catalog_hall *catalog_hall_by_hash(struct catalog *catalog, const char *layout_hash)
{
    for (uint32_t i = 1; i <= catalog->halls.last; i++) {
        const struct catalog_hall *hall = slots_get(&catalog->halls, i);
        if (hall && strcmp(hall->layout_hash, layout_hash) == 0)
            return hall;
    }
    return NULL;
}

const struct catalog_event *catalog_event(struct catalog *catalog, uint32_t event_id)
{
    return slots_get(&catalog->events, event_id);
}

const struct catalog_performance *catalog_performance(struct catalog *catalog,
                                                      uint32_t performance_id)
{
    return slots_get(&catalog->performances, performance_id);
}

uint32_t catalog_hall_last(const struct catalog *catalog)
{
    return catalog->halls.last;
}

uint32_t catalog_event_last(const struct catalog *catalog)
{
    return catalog->events.last;
}

uint32_t catalog_performance_last(const struct catalog *catalog)
{
    return catalog->performances.last;
}
