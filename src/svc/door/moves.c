/*
 * Moves: who has tickets of a performance that was moved to another date is told so by mail.
 *
 * The move is a row of the playbill, written with the new date. Its orders are read page by page;
 * the mails of a page and how far the telling has come are one transaction, and a mail has the
 * order's and the move's id as its key: whoever dies when, an order gets one mail of a move.
 * Where there is none to tell of, messages to buyers take their turn (messages.c).
 */
#include <inttypes.h>
#include <stdio.h>

#include "call/client.h"
#include "observe/log.h"
#include "store/playbill.h"
#include "svc/door/lobby.h"

struct telling {
    struct sql_job job;
    struct door *door;
    struct arena arena;
    int64_t deadline_ns;
    int64_t now_ms;
    struct playbill_move move;
    const Usher__V1__ListPerformanceOrdersResponse *page;
    struct mail *mails;
    size_t count;
};

static int read_page(struct telling *t)
{
    Usher__V1__ListPerformanceOrdersRequest request =
        USHER__V1__LIST_PERFORMANCE_ORDERS_REQUEST__INIT;
    struct client tickets;
    request.performance_id = t->move.performance_id;
    request.page_size = MOVES_PAGE;
    request.page_token = (char *)t->move.told_to.at;
    client_init(&tickets, t->door->options.tickets, &usher__v1__ticket_service__descriptor,
                &t->arena);
    tickets.deadline_ns = t->deadline_ns;
    return client_call(&tickets, Usher__V1__TicketService, list_performance_orders, &request,
                       &t->page);
}

/* The mail of one order. ERR_NOT_FOUND: nobody said where it should go. */
static int make_mail(struct telling *t, struct sql_txn *txn, const Usher__V1__Order *order,
                     struct mail *ret_mail)
{
    struct id order_id, account_id;
    struct contact contact;
    if (id_parse(view_str(order->order_id), &order_id) ||
        id_parse(view_str(order->account_id), &account_id))
        return ERR_CORRUPT;
    int err = contact_read(txn, order_id, account_id, &t->arena, &contact);
    if (err == 0 && contact.email.len == 0)
        err = ERR_NOT_FOUND;
    if (err != 0)
        return err;
    const char *params =
        arena_printf(&t->arena, "{\"order\":\"%s\",\"was\":%" PRId64 ",\"revision\":%" PRIu64 "}",
                     order->order_id, t->move.was_ms, t->move.move_id);
    const char *key =
        arena_printf(&t->arena, "moved:%s:%" PRIu64, order->order_id, t->move.move_id);
    if (!params || !key)
        return ERR_NO_MEMORY;
    *ret_mail = (struct mail){.to = contact.email,
                              .template = VIEW_LIT("moved"),
                              .language = contact.language,
                              .params = view_str(params),
                              .key = view_str(key),
                              .created_at_ms = t->now_ms};
    return 0;
}

static int run_contacts(struct sql_job *base, struct sql_txn *txn)
{
    struct telling *t = (struct telling *)base;
    t->count = 0;
    for (size_t i = 0; i < t->page->n_orders; i++) {
        const Usher__V1__Order *order = t->page->orders[i];
        if (order->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED)
            continue;
        const int err = make_mail(t, txn, order, &t->mails[t->count]);
        if (err != 0 && err != ERR_NOT_FOUND)
            return err;
        t->count += err == 0;
    }
    return 0;
}

static int run_keep(struct sql_job *base, struct sql_txn *txn)
{
    const struct telling *t = (const struct telling *)base;
    int err = playbill_told(txn, &t->move, view_str(t->page->next_page_token));
    for (size_t i = 0; err == 0 && i < t->count; i++) {
        err = mail_put(txn, &t->mails[i]);
        if (err == ERR_CONFLICT) /* it was written before */
            err = 0;
    }
    return err;
}

/* One page of the oldest move. 1: there may be more; 0; or an error. */
static int tell(struct telling *t)
{
    struct sql *sql = t->door->options.sql;
    int err = playbill_next_move(sql, &t->arena, &t->move, t->deadline_ns);
    if (err == ERR_NOT_FOUND)
        return 0;
    if (err == 0 && !lobby_post_is_free(t->door, &t->arena, t->deadline_ns))
        return 1;
    if (err == 0)
        err = read_page(t);
    if (err == 0 && !(t->mails = arena_alloc(&t->arena, t->page->n_orders * sizeof(*t->mails))))
        err = ERR_NO_MEMORY;
    t->job.run = run_contacts;
    if (err == 0)
        err = sql_read(sql, &t->job, t->deadline_ns);
    t->job.run = run_keep;
    if (err == 0)
        err = sql_write(sql, &t->job, t->deadline_ns);
    if (err == 0 && t->count > 0) {
        log_event(LOG_INFO, "moves.mailed", log_uint("usher.performance", t->move.performance_id),
                  log_uint("usher.mails", t->count));
        lobby_wake_post(t->door);
    }
    return err != 0 ? err : 1;
}

void lobby_tell_moves(void *arg)
{
    struct door *door = arg;
    while (!fiber_cancelled()) {
        struct telling t = {.door = door,
                            .deadline_ns = deadline_after_ms(fiber_now_ns(), RELAY_STEP_MS),
                            .now_ms = lobby_now_ms()};
        arena_init(&t.arena, MOVES_ARENA_MAX);
        int more = tell(&t);
        if (more == 0)
            more = lobby_mail_message(door, &t.arena, t.deadline_ns);
        arena_release(&t.arena);
        if (more < 0 && more != ERR_CANCELLED && more != ERR_CONFLICT)
            log_event(LOG_WARN, "moves.mail", log_err(more));
        fiber_sleep_until(
            deadline_after_ms(fiber_now_ns(), more == 1 ? REMIND_NEXT_MS : RELAY_PAUSE_MS));
    }
}
