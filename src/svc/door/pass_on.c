/* PassTicketOn: a ticket becomes a friend's. In one transaction the codes so far end and the mail
 * that brings the new one is written: no ticket is between two people. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem/utf8.h"
#include "paper/address.h"
#include "store/generations.h"
#include "svc/door/lobby.h"

struct pass_job {
    struct sql_job job;
    const Usher__V1__PassTicketOnRequest *wish;
    uint32_t performance_id;
    struct id order_id;
    struct view holder;
    struct view params; /* of the mail */
    int64_t now_ms;
};

/* What the mail is about, as JSON in the arena; empty: no memory. */
static struct view write_params(const Usher__V1__PassTicketOnRequest *wish, struct arena *arena)
{
    json_t *params =
        json_pack("{s:s, s:I, s:I, s:s}", "order", wish->order_id, "seat", (json_int_t)wish->seat,
                  "generation", (json_int_t)wish->generation + 1, "to", wish->name);
    char *text = params ? json_dumps(params, JSON_COMPACT) : NULL;
    const char *copy = text ? arena_copy(arena, view_str(text)) : NULL;
    free(text);
    json_decref(params);
    return copy ? view_str(copy) : (struct view){0};
}

static int run_pass(struct sql_job *base, struct sql_txn *txn)
{
    const struct pass_job *job = (const struct pass_job *)base;
    const Usher__V1__PassTicketOnRequest *wish = job->wish;
    char prefix[MAIL_KEY_MAX], key[MAIL_KEY_MAX];
    int64_t count = 0;
    snprintf(prefix, sizeof(prefix), "passed:%.26s:", wish->order_id);
    int err = mail_count(txn, view_str(prefix), &count);
    if (err == 0 && count >= LOBBY_PASSED_MAX)
        err = ERR_FULL;
    if (err == 0)
        err = generation_move(txn, job->performance_id, job->order_id, wish->seat, wish->generation,
                              job->holder, job->now_ms);
    if (err != 0)
        return err;
    snprintf(key, sizeof(key), "%.40s%u:%u", prefix, wish->seat, wish->generation + 1);
    const struct mail mail = {
        .to = view_str(wish->email),
        .template = VIEW_LIT("passed"),
        .language = strcmp(wish->language, "ko") == 0 ? VIEW_LIT("ko") : VIEW_LIT("en"),
        .params = job->params,
        .key = view_str(key),
        .created_at_ms = job->now_ms,
    };
    return mail_put(txn, &mail);
}

/* One line of UTF-8, without control characters. */
static bool is_name(struct view name)
{
    if (name.len == 0 || name.len > CONTACT_NAME_MAX || !utf8_valid(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.at[i] < ' ' || name.at[i] == 127)
            return false;
    }
    return true;
}

/* 0, or what a handler returns. */
static int check(struct call *call, const Usher__V1__PassTicketOnRequest *wish)
{
    if (!address_valid(view_str(wish->email)))
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "email",
                          "an address like kim@example.org is wanted: ASCII, one @");
    if (!is_name(view_str(wish->name)))
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                          "a name is one line of at most %d bytes", CONTACT_NAME_MAX);
    return 0;
}

static const Usher__V1__Ticket *find_ticket(const Usher__V1__Order *order, uint32_t seat)
{
    for (size_t i = 0; i < order->n_tickets; i++) {
        if (order->tickets[i]->seat == seat)
            return order->tickets[i];
    }
    return NULL;
}

static int failed(struct call *call, int err)
{
    if (err == ERR_FULL)
        return lobby_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                          "tickets of an order are passed on %d times at most", LOBBY_PASSED_MAX);
    if (err == ERR_CONFLICT)
        return lobby_fail(call, CODE_FAILED_PRECONDITION, "TICKET_MOVED", "generation",
                          "this ticket has changed meanwhile: look at the order again");
    return lobby_store_failed(call, err);
}

int door_pass_ticket_on(struct call *call, const void *request, void *response)
{
    const Usher__V1__PassTicketOnRequest *wish = request;
    Usher__V1__PassTicketOnResponse *answer = response;
    struct door *door = call_state(call);
    const Usher__V1__Order *order = NULL;
    struct id order_id;
    int err = check(call, wish);
    if (err == 0)
        err = lobby_order(call, wish->order_id, &order);
    if (err != 0)
        return err;
    const Usher__V1__Ticket *ticket = find_ticket(order, wish->seat);
    if (!ticket || id_parse(view_str(order->order_id), &order_id))
        return lobby_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "seat", "the order has no such seat");
    if (order->starts_at_ms <= lobby_now_ms())
        return lobby_fail(call, CODE_FAILED_PRECONDITION, "TOO_LATE", NULL,
                          "tickets are passed on until the performance starts");
    answer->to = lobby_mask(call_arena(call), view_str(wish->email));
    if (!answer->to)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    answer->generation = wish->generation + 1;
    /* Asked again: it is done. */
    if (ticket->generation == answer->generation && strcmp(ticket->passed_to, answer->to) == 0)
        return 0;
    struct view holder = view_str(answer->to);
    /* A domain may be longer than what is kept of it. */
    if (holder.len > GENERATION_HOLDER_MAX)
        holder.len = GENERATION_HOLDER_MAX;
    struct pass_job job = {.job.run = run_pass,
                           .wish = wish,
                           .performance_id = order->performance_id,
                           .order_id = order_id,
                           .holder = holder,
                           .params = write_params(wish, call_arena(call)),
                           .now_ms = lobby_now_ms()};
    if (job.params.len == 0)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    err = ticket->generation == wish->generation
              ? sql_write(door->options.sql, &job.job, call_deadline_ns(call))
              : ERR_CONFLICT;
    return err == 0 ? 0 : failed(call, err);
}
