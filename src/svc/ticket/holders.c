/* ListHolders, EndHold: what an organiser does where places are hoarded. */
#include <stdlib.h>

#include "net/range.h"
#include "svc/ticket/bars.h"

#define HOLDS_PAGE 100

/* A performance that the caller manages. NULL after call_fail. */
static const struct catalog_performance *managed(struct call *call, uint32_t performance_id)
{
    const struct catalog_performance *performance = desk_performance(call, performance_id);
    return performance && desk_check_event(call, performance->event) == 0 ? performance : NULL;
}

/* Who has most comes first, an account's holds one after the other. */
static int by_places(const void *a, const void *b)
{
    const struct owner_holding *x = a, *y = b;
    const struct id i = x->hold.account_id, k = y->hold.account_id;
    if (x->places != y->places)
        return x->places > y->places ? -1 : 1;
    if (!id_eq(i, k))
        return i.hi < k.hi || (i.hi == k.hi && i.lo < k.lo) ? -1 : 1;
    return x->hold.expires_at_ms < y->hold.expires_at_ms ? -1 : 1;
}

/* In the arena; empty where it is not known. NULL: no memory. */
static char *write_origin(struct arena *arena, struct id origin)
{
    struct net_range range = {.bits = 128};
    char *text = arena_alloc(arena, NET_RANGE_CHARS + 1);
    if (!text)
        return NULL;
    text[0] = '\0';
    if (id_is_zero(origin))
        return text;
    id_to_bytes(origin, range.prefix.s6_addr);
    net_range_write(&range, false, text);
    return text;
}

static int fill_hold(struct arena *arena, const struct catalog_performance *performance,
                     const struct owner_holding *from, Usher__V1__HolderHold *to)
{
    const uint32_t count = from->hold.count;
    usher__v1__holder_hold__init(to);
    to->hold_id = desk_id(arena, from->hold.hold_id);
    to->address = write_origin(arena, from->origin);
    to->seats = arena_alloc(arena, count * sizeof(*to->seats));
    to->labels = arena_alloc(arena, count * sizeof(*to->labels));
    to->expires_at_ms = from->hold.expires_at_ms;
    if (!to->hold_id || !to->address || !to->seats || !to->labels)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        to->seats[to->n_seats++] = from->hold.seats[i];
        to->labels[i] = desk_label(arena, performance, from->hold.seats[i]);
        if (!to->labels[i])
            return ERR_NO_MEMORY;
        to->n_labels++;
    }
    return 0;
}

/* One account, whose holds are the first of those that are left. Returns how many they are. */
static int fill_holder(struct call *call, const struct catalog_performance *performance,
                       const struct owner_holding *from, size_t left, size_t *ret_count,
                       Usher__V1__Holder *to)
{
    struct arena *arena = call_arena(call);
    struct ticket *ticket = call_state(call);
    const struct id account_id = from->hold.account_id;
    size_t count = 1;
    while (count < left && id_eq(from[count].hold.account_id, account_id))
        count++;
    usher__v1__holder__init(to);
    Usher__V1__HolderHold *holds = arena_alloc(arena, count * sizeof(*holds));
    to->holds = arena_alloc(arena, count * sizeof(*to->holds));
    to->account_id = desk_id(arena, account_id);
    to->places = from->places;
    int err = holds && to->holds && to->account_id ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = fill_hold(arena, performance, &from[i], &holds[i]);
        to->holds[to->n_holds++] = &holds[i];
        to->held += from[i].hold.count;
        to->barred = to->barred || (err == 0 && desk_bars(ticket, performance, account_id,
                                                          view_str(holds[i].address)));
    }
    *ret_count = count;
    return err;
}

CALL_HANDLER(ticket_list_holders)
{
    const Usher__V1__ListHoldersRequest *wish = request;
    Usher__V1__ListHoldersResponse *answer = response;
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_HOLDINGS,
                            .holdings_max = wish->page_size ? wish->page_size : HOLDS_PAGE};
    struct owner_figures figures;
    if (!performance)
        return ERR_NOT_FOUND;
    if (wish->page_size > TICKET_HOLDINGS_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_size", "1 to %d holds",
                         TICKET_HOLDINGS_MAX);
    ask.holdings = arena_alloc(arena, ask.holdings_max * sizeof(*ask.holdings));
    if (!ask.holdings)
        return desk_store_failed(call, ERR_NO_MEMORY);
    if (desk_ask(call_state(call), performance, &ask, call_deadline_ns(call)) != 0)
        return desk_refused(call, &ask);
    desk_figures(call_state(call), performance, &figures, call_deadline_ns(call));
    qsort(ask.holdings, ask.holding_count, sizeof(*ask.holdings), by_places);
    Usher__V1__Holder *rows = arena_alloc(arena, (ask.holding_count + 1) * sizeof(*rows));
    answer->holders = arena_alloc(arena, (ask.holding_count + 1) * sizeof(*answer->holders));
    answer->counts = arena_alloc(arena, sizeof(*answer->counts));
    if (!rows || !answer->holders || !answer->counts)
        return desk_store_failed(call, ERR_NO_MEMORY);
    desk_fill_counts(&figures.counts, answer->counts);
    int err = 0;
    for (size_t at = 0, count; err == 0 && at < ask.holding_count; at += count) {
        Usher__V1__Holder *row = &rows[answer->n_holders];
        err =
            fill_holder(call, performance, &ask.holdings[at], ask.holding_count - at, &count, row);
        answer->holders[answer->n_holders++] = row;
    }
    return err == 0 ? 0 : desk_store_failed(call, err);
}

/* The act is written first: a hold that ended without a trace would be worse than a trace of one
 * that did not end. */
CALL_HANDLER(ticket_end_hold)
{
    const Usher__V1__EndHoldRequest *wish = request;
    Usher__V1__EndHoldResponse *answer = response;
    struct ticket *ticket = call_state(call);
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_END_HOLD, .account_id = call_identity(call)->account_id};
    if (!performance)
        return ERR_NOT_FOUND;
    if (id_parse(view_str(wish->hold_id), &ask.hold_id) != 0) {
        ask.result = ERR_NOT_FOUND;
        return desk_refused(call, &ask);
    }
    const char *about = arena_printf(call_arena(call), "performance %u: hold %s",
                                     wish->performance_id, wish->hold_id);
    const struct act act = desk_act(call, "hold.end", about);
    int err = about ? 0 : ERR_NO_MEMORY;
    if (err == 0 && ticket->options.store->sql)
        err = act_put(ticket->options.store->sql, &act, call_deadline_ns(call));
    if (err != 0)
        return desk_store_failed(call, err);
    if (desk_ask(ticket, performance, &ask, call_deadline_ns(call)) != 0)
        return desk_refused(call, &ask);
    answer->place_count = ask.hold.count;
    return 0;
}
