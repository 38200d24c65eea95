/*
 * The relay: reads the sale's outbox and makes mails of it. A mail and the position behind what it
 * tells of are written in one transaction, and a mail has its order's key: read twice, an event
 * makes one mail. Contacts are looked up before, on a reader, so that the one writer is held up by
 * little; a contact is there before its order is.
 */
#include <stdio.h>

#include "call/client.h"
#include "observe/log.h"
#include "observe/spans.h"
#include "sale/payment.h"
#include "store/accounts.h"
#include "store/hooks.h"
#include "store/positions.h"
#include "svc/door/lobby.h"
#include "usher/v1/ledger.pb-c.h"

#define READER VIEW_LIT("mails")

/* An event somebody is to be told of. */
struct told {
    const Usher__V1__OutboxEvent *event;
    uint32_t performance_id;
    struct id order_id, account_id; /* zero: it is about the sale */
    bool confirmed;
    bool reduced; /* a part of it is given back */
    bool moved;   /* tickets of it are for other places */
    struct contact contact;
    bool wanted; /* a mail: there is a contact */
};

struct round {
    struct sql_job job;
    struct arena *arena;
    struct told *told;
    size_t count;
    uint64_t from, to;
    int64_t now_ms;
    bool sweep;
    size_t mails;
};

/* ---- reading ---- */

static int read_outbox(struct door *door, uint64_t after, struct arena *arena, int64_t deadline_ns,
                       const Usher__V1__ReadOutboxResponse **ret_answer)
{
    Usher__V1__ReadOutboxRequest request = USHER__V1__READ_OUTBOX_REQUEST__INIT;
    struct client tickets;
    request.after = after;
    client_init(&tickets, door->options.tickets, &usher__v1__ticket_service__descriptor, arena);
    tickets.deadline_ns = deadline_ns;
    return client_call(&tickets, Usher__V1__TicketService, read_outbox, &request, ret_answer);
}

static void log_told(uint32_t performance_id, const struct told *told,
                     const Usher__V1__OutboxEvent *event)
{
    if (told->moved)
        log_event(LOG_DEBUG, "order.moved", log_uint("usher.performance", performance_id),
                  log_id("usher.order", told->order_id), log_id("usher.account", told->account_id),
                  log_uint("usher.places", event->place_count));
    else if (told->reduced)
        log_event(LOG_DEBUG, "order.reduced", log_uint("usher.performance", performance_id),
                  log_id("usher.order", told->order_id), log_id("usher.account", told->account_id),
                  log_uint("usher.places", event->place_count));
    else if (told->confirmed)
        log_event(LOG_DEBUG, "order.confirmed", log_uint("usher.performance", performance_id),
                  log_id("usher.order", told->order_id), log_id("usher.account", told->account_id),
                  log_uint("usher.places", event->place_count),
                  log_int("usher.total", event->total));
    else
        log_event(LOG_DEBUG, "order.cancelled", log_uint("usher.performance", performance_id),
                  log_id("usher.order", told->order_id), log_id("usher.account", told->account_id),
                  log_uint("usher.places", event->place_count),
                  log_int("usher.total", event->total));
}

static bool is_of_order(const struct told *told)
{
    return told->event->sale_state == 0 && told->event->offered_until_ms == 0;
}

static bool is_offer(const struct told *told)
{
    return told->event->offered_until_ms != 0;
}

static int read_event(struct told *told, const Usher__V1__OutboxEvent *event,
                      uint32_t performance_id)
{
    *told = (struct told){.event = event, .performance_id = performance_id};
    if (!is_of_order(told) && !is_offer(told))
        return 0;
    if (id_from_bytes(view_of(event->order_id.data, event->order_id.len), &told->order_id) ||
        id_from_bytes(view_of(event->account_id.data, event->account_id.len), &told->account_id))
        return ERR_CORRUPT;
    told->confirmed = event->kind == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED;
    told->reduced = event->reduced;
    told->moved = event->moved;
    if (is_offer(told))
        log_event(LOG_DEBUG, "offer.made", log_uint("usher.performance", performance_id),
                  log_id("usher.account", told->account_id),
                  log_uint("usher.places", event->place_count));
    else
        log_told(performance_id, told, event);
    return 0;
}

/* The events behind the position, in order. */
static int gather(struct round *round, const Usher__V1__ReadOutboxResponse *answer)
{
    size_t count = 0;
    for (size_t i = 0; i < answer->n_rows; i++)
        count += answer->rows[i]->n_events;
    round->told = arena_alloc(round->arena, count * sizeof(*round->told));
    if (!round->told)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < answer->n_rows; i++) {
        const Usher__V1__OutboxRow *row = answer->rows[i];
        if (row->outbox_id <= round->from)
            continue; /* dealt with, but not forgotten yet */
        for (size_t k = 0; k < row->n_events; k++) {
            int err = read_event(&round->told[round->count++], row->events[k], row->performance_id);
            if (err != 0)
                return err;
        }
        round->to = row->outbox_id;
    }
    return 0;
}

/* An offer goes to the address that its account has proved; of a guest, to the one that it has
 * said; who has said none looks. */
static int find_account(struct sql_txn *txn, const struct round *round, struct told *told)
{
    struct account account;
    int err = account_read(txn, told->account_id, round->arena, &account);
    if (err == 0)
        told->contact = (struct contact){.email = account.email, .language = account.language};
    else if (err == ERR_NOT_FOUND)
        err = contact_read_wish(txn, told->performance_id, told->account_id, round->arena,
                                &told->contact);
    told->wanted = err == 0;
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int run_contacts(struct sql_job *base, struct sql_txn *txn)
{
    struct round *round = (struct round *)base;
    round->mails = 0;
    const int any = contact_any(txn); /* a box office has none, and orders come in thousands */
    if (any < 0)
        return any;
    for (size_t i = 0; i < round->count; i++) {
        struct told *told = &round->told[i];
        if (is_offer(told) && find_account(txn, round, told) != 0)
            return ERR_UNAVAILABLE;
        round->mails += is_offer(told) && told->wanted;
        if (any == 0 || !is_of_order(told) ||
            told->reduced) /* whoever gives money back writes the mail */
            continue;
        int err = contact_read(txn, told->order_id, told->account_id, round->arena, &told->contact);
        if (err != 0 && err != ERR_NOT_FOUND)
            return err;
        told->wanted = err == 0;
        round->mails += told->wanted && told->contact.email.len > 0;
    }
    return 0;
}

/* ---- writing ---- */

static int put_mail(const struct round *round, const struct told *told, struct sql_txn *txn)
{
    const char *kind = is_offer(told)    ? "offer"
                       : told->moved     ? "seats"
                       : told->confirmed ? "tickets"
                                         : "cancelled";
    char order[ID_TEXT_CHARS + 1], key[MAIL_KEY_MAX], params[128];
    id_format(told->order_id, order);
    snprintf(key, sizeof(key), "%s:%s", kind, order);
    if (told->moved) /* it may move again */
        snprintf(key, sizeof(key), "%s:%s:%lld", kind, order, (long long)told->event->at_ms);
    if (is_offer(told))
        snprintf(params, sizeof(params), "{\"performance\":%u,\"until\":%lld,\"places\":%u}",
                 told->performance_id, (long long)told->event->offered_until_ms,
                 told->event->place_count);
    else
        snprintf(params, sizeof(params), "{\"order\":\"%s\"}", order);
    const struct mail mail = {.to = told->contact.email,
                              .template = view_str(kind),
                              .language = told->contact.language,
                              .params = view_str(params),
                              .key = view_str(key),
                              .trace = view_str(told->event->traceparent),
                              .created_at_ms = round->now_ms};
    /* Of who bought at the box office there is a number to find the order by, and no address. */
    int err = mail.to.len > 0 ? mail_put(txn, &mail) : 0;
    if (err == ERR_CONFLICT) /* it was made before */
        err = 0;
    return err == 0 && !is_offer(told) ? contact_order(txn, told->order_id, told->account_id) : err;
}

/* The same for those who are told by webhooks. An order that came with its money is two events. */
static int note_told(struct sql_txn *txn, const struct told *told)
{
    const Usher__V1__OutboxEvent *event = told->event;
    struct hook_event hook = {.type = HOOK_ORDER_MADE,
                              .at_ms = event->at_ms,
                              .performance_id = told->performance_id,
                              .order_id = told->order_id,
                              .seat = -1,
                              .places = event->place_count,
                              .amount = event->total};
    snprintf(hook.trace, sizeof(hook.trace), "%s", event->traceparent);
    if (!is_of_order(told))
        hook.type = event->sale_state == USHER__V1__SALE_STATE__SALE_STATE_OPEN ? HOOK_SALE_OPENED
                                                                                : HOOK_SALE_PAUSED;
    else if (told->moved)
        hook.type = HOOK_ORDER_MOVED;
    else if (told->reduced)
        hook.type = HOOK_ORDER_REDUCED;
    else if (!told->confirmed)
        hook.type = HOOK_ORDER_CANCELLED;
    int err = hook_note(txn, &hook);
    if (err != 0 || hook.type != HOOK_ORDER_MADE || !payment_backs(event->payment_method))
        return err;
    hook.type = HOOK_ORDER_PAID;
    return hook_note(txn, &hook);
}

static int run_keep(struct sql_job *base, struct sql_txn *txn)
{
    const struct round *round = (const struct round *)base;
    int err = round->to > round->from ? position_move(txn, READER, round->from, round->to) : 0;
    const int hooks = err == 0 && round->count > 0 ? hook_any(txn) : 0; /* asked once for all */
    err = hooks < 0 ? hooks : err;
    for (size_t i = 0; err == 0 && i < round->count; i++) {
        if (round->told[i].wanted)
            err = put_mail(round, &round->told[i], txn);
        if (err == 0 && hooks == 1 && !is_offer(&round->told[i]))
            err = note_told(txn, &round->told[i]);
    }
    if (err == 0 && round->sweep)
        err = contact_sweep(txn, round->now_ms);
    return err;
}

static int keep(struct door *door, struct round *round, int64_t deadline_ns)
{
    int err = 0;
    if (round->count > 0) {
        /* A contact is written before its order: each is there, whenever it is looked for. */
        round->job = (struct sql_job){.run = run_contacts, .loose = true};
        err = sql_read(door->options.sql, &round->job, deadline_ns);
    }
    if (err == 0 && (round->to > round->from || round->sweep)) {
        round->job.run = run_keep;
        err = sql_write(door->options.sql, &round->job, deadline_ns);
    }
    return err;
}

/* A span each of what was told, in the trace of what caused it. */
static void keep_spans(const struct round *round, int64_t began_ns)
{
    for (size_t i = 0; i < round->count && spans_are_open(); i++) {
        const struct told *told = &round->told[i];
        const struct span span = {.kind = SPAN_INTERNAL,
                                  .code = -1,
                                  .name = "outbox.relay",
                                  .facts = {{"usher.performance", told->performance_id}}};
        struct trace_work work;
        trace_work_begin(&work, view_str(told->event->traceparent), i);
        work.began_ns = began_ns;
        trace_work_end(&work, &span);
    }
}

/* ---- the fiber ---- */

/* One round. Moves *forgotten to what the outbox was told to forget, and *sweep_at_ms. 1: there are
 * perhaps many more; 0; or an error. */
static int relay(struct door *door, uint64_t *forgotten, int64_t *sweep_at_ms)
{
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), RELAY_STEP_MS);
    const int64_t began_ns = clock_mono_ns(clock_system());
    const Usher__V1__ReadOutboxResponse *answer;
    struct arena arena;
    arena_init(&arena, RELAY_ARENA_MAX);
    struct round round = {.arena = &arena, .now_ms = lobby_now_ms()};
    round.sweep = round.now_ms >= *sweep_at_ms;
    int err = position_get(door->options.sql, READER, &round.from, deadline_ns);
    const uint64_t forget = round.from > *forgotten ? round.from : 0;
    round.to = round.from;
    if (err == 0)
        err = read_outbox(door, forget, &arena, deadline_ns, &answer);
    if (err == 0)
        err = gather(&round, answer);
    if (err == 0)
        err = keep(door, &round, deadline_ns);
    if (err == 0) {
        keep_spans(&round, began_ns);
        *forgotten = round.from;
        if (round.sweep)
            *sweep_at_ms = round.now_ms + RELAY_SWEEP_MS;
        if (round.mails > 0)
            lobby_wake_post(door);
    }
    const bool many = err == 0 && round.to > round.from && answer->n_rows >= RELAY_MANY;
    arena_release(&arena);
    return err != 0 ? err : many;
}

void lobby_relay(void *arg)
{
    struct door *door = arg;
    uint64_t forgotten = 0;
    int64_t sweep_at_ms = 0;
    while (!fiber_cancelled()) {
        int more = relay(door, &forgotten, &sweep_at_ms);
        /* ERR_CONFLICT: a door in another process has read on. */
        if (more < 0 && more != ERR_CANCELLED && more != ERR_CONFLICT)
            log_event(LOG_WARN, "outbox.relay", log_err(more));
        if (more != 1)
            fiber_sleep_until(deadline_after_ms(fiber_now_ns(), RELAY_PAUSE_MS));
    }
}
