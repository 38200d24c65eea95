/* What there is to see of all performances together. */
#include "observe/metrics.h"
#include "svc/ticket/desk.h"

struct stats {
    uint32_t performances, serving, watchers;
    uint64_t queued, free, held, sold, resting, blocked, offered, orders_confirmed,
        orders_cancelled;
};

static struct stats stats_of(struct ticket *ticket)
{
    struct stats stats = {0};
    for (uint32_t i = 1; i <= catalog_performance_last(ticket->catalog); i++) {
        const struct catalog_performance *entry = catalog_performance(ticket->catalog, i);
        struct owner_figures figures;
        if (!entry)
            continue;
        owner_figures(entry->owner, &figures);
        stats.performances++;
        char url[COORD_HOLDER_MAX + 1] = "";
        stats.serving +=
            figures.serving || (ticket->elsewhere && !tenure_find(ticket, i, url) && url[0]);
        stats.watchers += feed_watcher_count(entry->feed);
        stats.queued += figures.queued;
        stats.free += figures.counts.free;
        stats.held += figures.counts.held;
        stats.sold += figures.counts.sold;
        stats.resting += figures.counts.resting;
        stats.blocked += figures.counts.blocked;
        stats.offered += figures.counts.offered;
        stats.orders_confirmed += figures.orders_confirmed;
        stats.orders_cancelled += figures.orders_cancelled;
    }
    return stats;
}

bool ticket_ready(struct ticket *ticket)
{
    const struct stats stats = stats_of(ticket);
    return stats.serving == stats.performances;
}

int ticket_render(void *ticket, struct exposition *page)
{
    const struct stats stats = stats_of(ticket);
    const struct {
        const char *name, *help;
        uint64_t value;
    } gauges[] = {
        {"usher_performances", "Performances.", stats.performances},
        {"usher_performances_serving", "Performances whose owner has loaded.", stats.serving},
        {"usher_watchers", "Streams that watch seats.", stats.watchers},
        {"usher_asks_queued", "Asks that had gathered while the last commits were on disk.",
         stats.queued},
        {"usher_seats_free", "Places that are free.", stats.free},
        {"usher_seats_held", "Places that are held.", stats.held},
        {"usher_seats_sold", "Places that are sold.", stats.sold},
        {"usher_seats_resting", "Places that were freed a moment ago and are not for sale yet.",
         stats.resting},
        {"usher_seats_offered", "Places that are held for those of the waiting list.",
         stats.offered},
        {"usher_seats_blocked", "Places that organisers keep back.", stats.blocked},
        {"usher_orders_confirmed", "Orders that stand.", stats.orders_confirmed},
        {"usher_orders_cancelled", "Orders that were cancelled.", stats.orders_cancelled},
    };
    int err = 0;
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]) && !err; i++)
        err = metrics_render_one(page, METRIC_IS_GAUGE, gauges[i].name, gauges[i].help,
                                 (int64_t)gauges[i].value);
    return err;
}
