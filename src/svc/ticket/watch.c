/* WatchSeats and GetSaleReport: what is seen of a sale. */
#include "sale/currency.h"
#include "svc/ticket/bills.h"
#include "svc/ticket/blocks.h"

int ticket_watch_seats(struct call *call, const void *request, void *response)
{
    const Usher__V1__WatchSeatsRequest *wish = request;
    const struct catalog_performance *performance = desk_shown(call, wish->performance_id);
    if (!performance)
        return ERR_NOT_FOUND;
    int err = feed_watch(performance->feed, call);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

/* Counts by category, from the public state; what they cost is the owner's to know. */
static void count_categories(const struct catalog_performance *performance, const uint8_t *states,
                             const struct store_block *blocks, size_t block_count,
                             Usher__V1__SaleReport *report)
{
    const struct hall *hall = performance->hall->hall;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        Usher__V1__CategoryReport *category = report->categories[hall->seats[i].category];
        switch (states[i / 4] >> 2 * (i % 4) & 3) {
        case SEATS_FREE:
            category->counts->free++;
            break;
        case SEATS_HELD:
            category->counts->held++;
            break;
        case SEATS_RESTING:
            category->counts->resting++;
            break;
        default:
            category->counts->sold++;
            break;
        }
    }
    /* What is kept back is told as sold. */
    for (size_t i = 0; i < block_count; i++) {
        const uint32_t seat = blocks[i].seat;
        if (seat >= hall->place_count || (states[seat / 4] >> 2 * (seat % 4) & 3) != SEATS_SOLD)
            continue;
        Usher__V1__CategoryReport *category = report->categories[hall->seats[seat].category];
        category->counts->sold--;
        category->counts->blocked++;
    }
    for (size_t i = 0; i < report->n_categories; i++) {
        report->counts->blocked += report->categories[i]->counts->blocked;
        report->counts->free += report->categories[i]->counts->free;
        report->counts->held += report->categories[i]->counts->held;
        report->counts->sold += report->categories[i]->counts->sold;
        report->counts->resting += report->categories[i]->counts->resting;
    }
}

/* What is offered is told as held; the owner knows how much that is. */
static void count_offered(const struct owner_figures *figures, Usher__V1__SaleReport *report)
{
    const uint32_t offered = figures->counts.offered;
    report->counts->offered = offered < report->counts->held ? offered : report->counts->held;
    report->counts->held -= report->counts->offered;
}

/* What was paid for, and by how many. */
static void fill_figures(const struct owner_figures *figures, Usher__V1__SaleReport *report)
{
    report->sale_state = (Usher__V1__SaleState)figures->sale_state;
    report->order_count = figures->orders_confirmed;
    report->cancelled_count = figures->orders_cancelled;
    report->keys_refused = figures->keys_refused;
    report->comps = figures->comps;
    report->to_collect = figures->to_collect;
    for (size_t i = 0; i < report->n_categories; i++) {
        report->categories[i]->sold_total = figures->sold_totals[i];
        report->sold_total += figures->sold_totals[i];
    }
}

/* What was sold by price type: of those that are in force, and of others that were. */
static int fill_types(const struct catalog_performance *performance,
                      const struct owner_figures *figures, struct arena *arena,
                      Usher__V1__SaleReport *report)
{
    const struct price_list *valid = catalog_price_list(performance, figures->price_list);
    Usher__V1__TypeReport *rows = arena_alloc(arena, PRICE_NUMBERS * sizeof(*rows));
    report->types = arena_alloc(arena, PRICE_NUMBERS * sizeof(*report->types));
    if (!rows || !report->types)
        return ERR_NO_MEMORY;
    bool typed = valid && valid->type_count > 0;
    for (uint32_t i = 1; i < PRICE_NUMBERS; i++)
        typed = typed || figures->type_counts[i] > 0;
    for (uint32_t i = 0; typed && i < PRICE_NUMBERS; i++) {
        const struct price_type *type = catalog_price_type(performance, figures->price_list, i);
        if (figures->type_counts[i] == 0 && !(valid && price_list_type(valid, i)))
            continue;
        usher__v1__type_report__init(&rows[i]);
        rows[i].number = i;
        if (type) {
            rows[i].korean = (char *)type->korean;
            rows[i].english = (char *)type->english;
        }
        rows[i].sold = figures->type_counts[i];
        rows[i].sold_total = figures->type_totals[i];
        report->types[report->n_types++] = &rows[i];
    }
    return 0;
}

/* The outlets lag by up to FEED_EVERY_MS; a report is not older than what its asker was told. */
static const uint8_t *states_since(struct call *call, const struct catalog_performance *performance,
                                   uint64_t since_version, uint64_t *ret_version)
{
    for (;;) {
        const uint8_t *states = feed_states(performance->feed, ret_version);
        const int64_t now_ns = fiber_now_ns();
        if (!states || *ret_version >= since_version)
            return states;
        if (now_ns >= call_deadline_ns(call) ||
            fiber_sleep_until(deadline_after_ms(now_ns, TICKET_BEGIN_POLL_MS)) != 0)
            return NULL;
    }
}

int ticket_get_sale_report(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetSaleReportRequest *wish = request;
    Usher__V1__SaleReport *report = response;
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    if (!performance || desk_check_event(call, performance->event) != 0)
        return ERR_NOT_FOUND;
    const struct hall *hall = performance->hall->hall;
    struct owner_figures figures;
    uint64_t version;
    desk_figures(call_state(call), performance, &figures, call_deadline_ns(call));
    struct store_block *blocks = NULL;
    size_t block_count = 0;
    int err = figures.counts.blocked > 0
                  ? desk_blocks(call, performance->performance_id, &blocks, &block_count)
                  : 0;
    if (err != 0)
        return desk_store_failed(call, err);
    const uint8_t *states = states_since(call, performance, figures.version, &version);
    if (!states)
        return desk_store_failed(call, ERR_UNAVAILABLE);
    report->categories = arena_alloc(arena, hall->category_count * sizeof(*report->categories));
    Usher__V1__CategoryReport *rows = arena_alloc(arena, hall->category_count * sizeof(*rows));
    Usher__V1__Counts *counts = arena_alloc(arena, (hall->category_count + 1) * sizeof(*counts));
    if (!report->categories || !rows || !counts)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (uint32_t i = 0; i < hall->category_count; i++) {
        usher__v1__category_report__init(&rows[i]);
        usher__v1__counts__init(&counts[i]);
        rows[i].category = i;
        rows[i].name = arena_copy(arena, hall->categories[i].name);
        rows[i].counts = &counts[i];
        if (!rows[i].name)
            return desk_store_failed(call, ERR_NO_MEMORY);
        report->categories[i] = &rows[i];
    }
    report->n_categories = hall->category_count;
    usher__v1__counts__init(&counts[hall->category_count]);
    report->counts = &counts[hall->category_count];
    count_categories(performance, states, blocks, block_count, report);

    desk_figures(call_state(call), performance, &figures,
                 call_deadline_ns(call)); /* again: it may have waited */
    report->performance_id = performance->performance_id;
    report->currency = (char *)performance->currency;
    report->currency_digits = currency_digits(view_str(performance->currency));
    fill_figures(&figures, report);
    count_offered(&figures, report);
    report->version = version;
    err = fill_types(performance, &figures, arena, report);
    return err == 0 ? 0 : desk_store_failed(call, err);
}
