/* How a stored performance comes to life: an owner and a feed on one of the workers. */
#include <stdlib.h>

#include "svc/ticket/desk.h"

struct beginning {
    struct ticket *ticket;
    uint32_t worker_index;
    struct owner_options options;
    struct owner *owner;
    int result;
};

/* In a fiber of the owner's worker. */
static void begin_owner(void *arg)
{
    struct beginning *beginning = arg;
    beginning->result =
        owner_start(&beginning->options, &beginning->ticket->scopes[beginning->worker_index],
                    &beginning->owner);
}

static void end_owner(void *arg)
{
    owner_stop(arg);
}

/* When a performance begins, as it is told now; one that is not told yet does not. */
static int64_t begins_ms(void *arg, uint32_t performance_id)
{
    struct catalog *catalog = arg;
    const struct catalog_performance *performance = catalog_performance(catalog, performance_id);
    return performance ? catalog_date(performance)->starts_at_ms : INT64_MAX;
}

/* A feed, and price lists, hear what becomes durable. */
static struct owner_listener listener_of(struct ticket *ticket,
                                         const struct catalog_performance *entry)
{
    struct owner_listener listener = feed_listener(entry->feed);
    listener.priced = catalog_priced;
    listener.prices_state = entry->lists;
    listener.begins_ms = begins_ms;
    listener.begins_state = ticket->catalog;
    return listener;
}

static void end_feed(struct feed *feed)
{
    if (feed_stop(feed) == 0) /* else it stays: its timers may fire */
        feed_free(feed);
}

static int begin_performance(struct ticket *ticket, const struct store_performance *stored)
{
    const struct catalog_hall *hall = catalog_hall(ticket->catalog, stored->hall_id);
    const struct catalog_event *event = catalog_event(ticket->catalog, stored->event_id);
    const uint32_t index = stored->performance_id % ticket->options.worker_count;
    struct worker *home = ticket->options.workers[index];
    struct price_list first;
    char currency[4] = {0};
    if (!hall || !event || price_list_first(stored->prices, &first) != 0 ||
        first.category_count != hall->hall->category_count || stored->currency.len != 3)
        return ERR_CORRUPT;
    memcpy(currency, stored->currency.at, 3);
    const struct playbill_performance date = {
        .performance_id = stored->performance_id,
        .starts_at_ms = stored->starts_at_ms,
        .utc_offset_known = stored->utc_offset_known,
        .utc_offset_minutes = stored->utc_offset_minutes,
        .time_zone = VIEW_LIT(""),
        .gate = VIEW_LIT(""),
        .address = VIEW_LIT(""),
    };
    struct catalog_performance entry = {
        .performance_id = stored->performance_id,
        .event = event,
        .hall = hall,
        .date = &date,
        .hold_ttl_ms = stored->hold_ttl_ms,
        .places_max = stored->places_max,
        .rest_ms = stored->rest_ms,
        .person_rule = stored->person_rule,
        .currency = currency,
        .home = home,
    };
    int err = catalog_new_lists(ticket->catalog, &first, &entry.lists);
    if (err == 0)
        err = feed_new(hall->hall, ticket->options.workers, ticket->options.worker_count, home,
                       &entry.feed);
    if (err != 0)
        return err;
    struct beginning beginning = {
        .ticket = ticket,
        .worker_index = index,
        .options = {.performance_id = stored->performance_id,
                    .hall = hall->hall,
                    .store = ticket->options.store,
                    .loop = worker_loop(home),
                    .chance = ticket->options.chance,
                    .prices = first.amounts,
                    .hold_ttl_ms = stored->hold_ttl_ms,
                    .places_max = stored->places_max,
                    .rest_ms = stored->rest_ms,
                    .by_person = stored->person_rule != 0,
                    .listener = listener_of(ticket, &entry)},
    };
    if (ticket->elsewhere)
        beginning.options.gate = tenure_gate(ticket, stored->performance_id);
    err = worker_call(home, begin_owner, &beginning);
    err = err != 0 ? err : beginning.result;
    if (err != 0) {
        end_feed(entry.feed);
        return err;
    }
    entry.owner = beginning.owner;
    err = catalog_add_performance(ticket->catalog, &entry);
    if (err == 0 && ticket->elsewhere)
        return elsewhere_mirror(ticket->elsewhere,
                                catalog_performance(ticket->catalog, entry.performance_id));
    if (err != 0 && worker_call(home, end_owner, entry.owner) == 0)
        end_feed(entry.feed);
    return err;
}

int desk_begin_performance(struct ticket *ticket, const struct store_performance *stored)
{
    if (stored->performance_id == 0 || stored->performance_id > STORE_PERFORMANCES_MAX)
        return ERR_FULL;
    /* Two owners in one process would fence each other off for ever. */
    atomic_bool *begun = &ticket->begun[stored->performance_id];
    if (atomic_exchange(begun, true))
        return 0;
    int err = begin_performance(ticket, stored);
    if (err != 0)
        atomic_store(begun, false);
    return err;
}
