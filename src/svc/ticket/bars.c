/* BarBuyer, EndBar, ListBarred: whom an organiser does not sell to; and who is refused so. */
#include "svc/ticket/bars.h"

#include "mem/utf8.h"
#include "net/range.h"
#include "svc/ticket/waiting.h"
#include "token/roles.h"

#define ADDRESS VIEW_LIT("usher-address")

static int64_t wall_ms(void)
{
    return clock_wall_ms(loop_clock(sched_loop(sched_current())));
}

/* ---- refusing ---- */

bool desk_bars(struct ticket *ticket, const struct catalog_performance *performance,
               struct id account_id, struct view address)
{
    return bar_list_has(&ticket->bars, performance->event->organiser_id, account_id, address,
                        wall_ms());
}

int desk_refuse_barred(struct call *call)
{
    return desk_fail(call, CODE_PERMISSION_DENIED, "BARRED", NULL,
                     "the organiser does not sell to this account, or from this address");
}

int desk_check_bar(struct call *call, const struct catalog_performance *performance,
                   struct id account_id)
{
    const bool barred =
        !identity_has(call_identity(call), ROLE_PEER) &&
        desk_bars(call_state(call), performance, account_id, call_metadata(call, ADDRESS));
    return barred ? desk_refuse_barred(call) : 0;
}

struct act desk_act(struct call *call, const char *what, const char *about)
{
    return (struct act){.at_ms = wall_ms(),
                        .what = view_str(what),
                        .account_id = call_identity(call)->account_id,
                        .address = call_metadata(call, ADDRESS),
                        .about = view_str(about)};
}

/* ---- the organiser's calls ---- */

/* An address as what stands for its caller, a network as it is: its one spelling, in the arena.
 * Of IPv6 that is a /64, for whoever has one address has all of it. */
static int read_network(struct call *call, struct view value, struct view *ret_subject)
{
    struct net_range range;
    char *text = arena_alloc(call_arena(call), NET_RANGE_CHARS + 1);
    const bool is_network = value.len > 0 && memchr(value.at, '/', value.len);
    if (!text)
        return desk_store_failed(call, ERR_NO_MEMORY);
    if (net_range_read(value, &range) != 0 || net_range_is_local(&range.prefix))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "value",
                         "an address, as in 192.0.2.7 or 2001:db8::1, or a network, as in "
                         "192.0.2.0/24; not this machine's own");
    if (!is_network && !net_range_is4(&range.prefix)) {
        net_range_cut_host(&range.prefix);
        range.bits = 64;
    }
    net_range_write(&range, false, text);
    *ret_subject = view_str(text);
    return 0;
}

static int read_account(struct call *call, struct view value, struct view *ret_subject)
{
    struct id account_id;
    if (id_parse(value, &account_id) != 0 || id_is_zero(account_id))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "value",
                         "the id of an account, as ListHolders tells it");
    *ret_subject = view_str(desk_id(call_arena(call), account_id));
    return ret_subject->at ? 0 : desk_store_failed(call, ERR_NO_MEMORY);
}

static int read_bar(struct call *call, const Usher__V1__BarBuyerRequest *wish, struct bar *ret_bar)
{
    const struct view value = view_str(wish->value), reason = view_str(wish->reason);
    ret_bar->reason = reason;
    if (reason.len == 0 || reason.len > BAR_REASON_MAX || !utf8_line(reason) ||
        !utf8_visible(reason))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "reason",
                         "a bar has a reason, one line of 1 to %d bytes", BAR_REASON_MAX);
    if (wish->until_ms != 0 && wish->until_ms <= ret_bar->created_at_ms)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "until_ms",
                         "a bar ends by itself in the future, or with 0 never");
    switch (wish->kind) {
    case USHER__V1__BAR_KIND__BAR_KIND_ACCOUNT:
        ret_bar->kind = BAR_ACCOUNT;
        return read_account(call, value, &ret_bar->subject);
    case USHER__V1__BAR_KIND__BAR_KIND_ADDRESS:
        ret_bar->kind = BAR_NETWORK;
        return read_network(call, value, &ret_bar->subject);
    default:
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "kind", "ACCOUNT or ADDRESS");
    }
}

static int fill_bar(struct arena *arena, const struct bar *bar, Usher__V1__Bar *ret_bar)
{
    ret_bar->bar_id = bar->bar_id;
    ret_bar->organiser_id = bar->organiser_id;
    ret_bar->kind = (Usher__V1__BarKind)bar->kind;
    ret_bar->value = arena_copy(arena, bar->subject);
    ret_bar->reason = arena_copy(arena, bar->reason);
    ret_bar->created_at_ms = bar->created_at_ms;
    ret_bar->until_ms = bar->ends_at_ms;
    return ret_bar->value && ret_bar->reason ? 0 : ERR_NO_MEMORY;
}

/* The database of a call about bars, and its organiser; NULL after call_fail. */
static struct sql *begin(struct call *call, uint32_t wanted, uint32_t *ret_organiser_id)
{
    const struct ticket *ticket = call_state(call);
    if (desk_organiser(call, wanted, ret_organiser_id) != 0)
        return NULL;
    if (!ticket->options.store->sql)
        desk_store_failed(call, ERR_UNSUPPORTED); /* the reference body has no other tables */
    return ticket->options.store->sql;
}

/* Read at once where it was written; other processes see it within a second (follow.c). */
static int follow(struct call *call, struct sql *sql)
{
    struct ticket *ticket = call_state(call);
    return bar_list_follow(&ticket->bars, sql, wall_ms(), call_deadline_ns(call));
}

CALL_HANDLER(ticket_bar_buyer)
{
    const Usher__V1__BarBuyerRequest *wish = request;
    struct bar bar = {.created_at_ms = wall_ms(), .ends_at_ms = wish->until_ms};
    struct sql *sql = begin(call, wish->organiser_id, &bar.organiser_id);
    if (!sql || read_bar(call, wish, &bar) != 0)
        return ERR_INVALID;
    const struct act act = desk_act(call, "bar", "");
    int err = bar_put(sql, &bar, &act, &bar.bar_id, call_deadline_ns(call));
    if (err == ERR_FULL)
        return desk_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "there are as many bars as there may be: bar networks instead");
    if (err == 0)
        err = follow(call, sql);
    if (err == 0 && bar.kind == BAR_ACCOUNT)
        desk_end_wishes(call, bar.organiser_id, bar.subject);
    if (err == 0)
        err = fill_bar(call_arena(call), &bar, response);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

CALL_HANDLER(ticket_end_bar)
{
    const Usher__V1__EndBarRequest *wish = request;
    uint32_t organiser_id;
    struct sql *sql = begin(call, wish->organiser_id, &organiser_id);
    if (!sql)
        return ERR_DENIED;
    const struct act act = desk_act(call, "bar.end", "");
    int err = bar_end(sql, organiser_id, wish->bar_id, &act, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "bar_id",
                         "there is no such bar, or none any more");
    if (err == 0)
        err = follow(call, sql);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

CALL_HANDLER(ticket_list_barred)
{
    const Usher__V1__ListBarredRequest *wish = request;
    Usher__V1__ListBarredResponse *answer = response;
    struct arena *arena = call_arena(call);
    uint32_t organiser_id;
    struct bar *bars;
    size_t count = 0;
    struct sql *sql = begin(call, wish->organiser_id, &organiser_id);
    if (!sql)
        return ERR_DENIED;
    int err = bar_read(sql, organiser_id, wall_ms(), arena, &bars, &count, call_deadline_ns(call));
    Usher__V1__Bar *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
    answer->bars = arena_alloc(arena, (count + 1) * sizeof(*answer->bars));
    if (err == 0 && (!rows || !answer->bars))
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        usher__v1__bar__init(&rows[i]);
        answer->bars[answer->n_bars++] = &rows[i];
        err = fill_bar(arena, &bars[i], &rows[i]);
    }
    return err == 0 ? 0 : desk_store_failed(call, err);
}
