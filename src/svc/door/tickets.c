/* GetTicketFile, ResendTickets, GetTicketCodes, RenewTicket, GetCheckKey: what the owner of tickets
 * gets. TicketService says whose an order is. */
#include <stdio.h>

#include "store/generations.h"
#include "svc/door/lobby.h"

static int no_tickets(struct call *call)
{
    return lobby_fail(call, CODE_FAILED_PRECONDITION, "ORDER_CANCELLED", "order_id",
                      "this order has no tickets: it is cancelled, or all were passed on");
}

/* The order, if it has tickets: the caller's own, or, for_counter, of a performance that he sells
 * at the box office. NULL after call_fail. */
static const Usher__V1__Order *find_live(struct call *call, const char *order_id, bool for_counter)
{
    const Usher__V1__Order *order = NULL;
    const int err = (for_counter ? lobby_order_run : lobby_order)(call, order_id, &order);
    if (err != 0 || !order)
        return NULL;
    if (order->n_tickets == 0) {
        no_tickets(call);
        return NULL;
    }
    return order;
}

static const Usher__V1__Order *live_order(struct call *call, const char *order_id)
{
    return find_live(call, order_id, false);
}

/* ---- files ---- */

/* How a file of that kind is called, and what it is. */
static void describe(Usher__V1__TicketFormat format, const struct paper_order *order,
                     const char **ret_end, const char **ret_media_type)
{
    const bool one = order->ticket_count == 1;
    switch (format) {
    case USHER__V1__TICKET_FORMAT__TICKET_FORMAT_CALENDAR:
        *ret_end = "ics";
        *ret_media_type = "text/calendar; charset=utf-8";
        break;
    case USHER__V1__TICKET_FORMAT__TICKET_FORMAT_PKPASS:
        *ret_end = one ? "pkpass" : "pkpasses";
        *ret_media_type = one ? WALLET_PASS_TYPE : WALLET_PASSES_TYPE;
        break;
    default:
        *ret_end = "pdf";
        *ret_media_type = "application/pdf";
    }
}

static int fill_file(struct call *call, Usher__V1__TicketFormat format,
                     const struct paper_order *order, const struct buf *content,
                     Usher__V1__TicketFile *answer)
{
    struct arena *arena = call_arena(call);
    const char *bytes = arena_copy(arena, buf_view(content));
    const char *end, *media_type;
    describe(format, order, &end, &media_type);
    answer->name = arena_printf(arena, "tickets-%.*s.%s", VIEW_ARG(order->order_number), end);
    answer->media_type = (char *)media_type;
    if (!bytes || !answer->name)
        return ERR_NO_MEMORY;
    answer->content = (ProtobufCBinaryData){.len = content->len, .data = (uint8_t *)bytes};
    return 0;
}

int door_get_ticket_file(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetTicketFileRequest *wish = request;
    struct door *door = call_state(call);
    const struct contact *contact;
    struct paper_order paper;
    struct buf content;
    const bool pass = wish->format == USHER__V1__TICKET_FORMAT__TICKET_FORMAT_PKPASS;
    if (wish->format > USHER__V1__TICKET_FORMAT__TICKET_FORMAT_PKPASS ||
        (pass && !door->options.wallet))
        return lobby_fail(call, CODE_FAILED_PRECONDITION, "NOT_OFFERED", "format",
                          "this server makes PDF files and calendar entries%s",
                          door->options.wallet ? " and wallet passes" : "");
    const Usher__V1__Order *order = find_live(call, wish->order_id, true);
    if (!order)
        return ERR_INVALID;
    buf_init(&content, PAPER_FILE_MAX);
    int err = lobby_contact(door, order, call_arena(call), call_deadline_ns(call), &contact);
    if (err == 0)
        err = lobby_paper_order(door, order, contact, LOBBY_OWN_SEATS, call_arena(call), &paper);
    if (err == 0 && paper.ticket_count == 0) {
        buf_release(&content);
        return no_tickets(call);
    }
    if (err == 0)
        err = lobby_draw(door, wish->format, &paper, &content);
    if (err == 0)
        err = fill_file(call, wish->format, &paper, &content, response);
    buf_release(&content);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* ---- links ---- */

struct linking {
    const struct google_signer *signer;
    const struct paper_order *order;
    int64_t now_ms;
    struct buf *links; /* one a ticket */
    int err;
};

static void write_links(void *arg)
{
    struct linking *l = arg;
    for (size_t i = 0; l->err == 0 && i < l->order->ticket_count; i++)
        l->err = google_write(l->order, i, l->now_ms, l->signer, &l->links[i]);
}

/* Of the tickets that were not passed on, which are those of the paper, in its order. */
static int fill_links(struct arena *arena, const Usher__V1__Order *order, const struct buf *links,
                      size_t count, Usher__V1__WalletLinks *answer)
{
    Usher__V1__WalletLink *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->links = arena_alloc(arena, count * sizeof(*answer->links));
    if (!rows || !answer->links)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < order->n_tickets && answer->n_links < count; i++) {
        Usher__V1__WalletLink *row = &rows[answer->n_links];
        if (order->tickets[i]->passed_to[0])
            continue;
        usher__v1__wallet_link__init(row);
        row->seat = order->tickets[i]->seat;
        row->label = order->tickets[i]->label;
        row->url = arena_copy(arena, buf_view(&links[answer->n_links]));
        if (!row->url)
            return ERR_NO_MEMORY;
        answer->links[answer->n_links++] = row;
    }
    return 0;
}

int door_get_wallet_links(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetWalletLinksRequest *wish = request;
    struct door *door = call_state(call);
    const struct contact *contact;
    struct paper_order paper = {0};
    struct buf links[PAPER_LINKS_MAX];
    if (!door->options.google)
        return lobby_fail(call, CODE_FAILED_PRECONDITION, "NOT_OFFERED", NULL,
                          "this server makes no links for Google Wallet");
    const Usher__V1__Order *order = live_order(call, wish->order_id);
    if (!order)
        return ERR_INVALID;
    int err = lobby_contact(door, order, call_arena(call), call_deadline_ns(call), &contact);
    if (err == 0)
        err = lobby_paper_order(door, order, contact, LOBBY_OWN_SEATS, call_arena(call), &paper);
    if (paper.ticket_count > PAPER_LINKS_MAX)
        paper.ticket_count = PAPER_LINKS_MAX;
    for (size_t i = 0; i < paper.ticket_count; i++)
        buf_init(&links[i], PAPER_LINK_BYTES);
    struct linking linking = {
        .signer = door->options.google, .order = &paper, .now_ms = lobby_now_ms(), .links = links};
    if (err == 0)
        err = offload_run(door->options.offload, write_links, &linking);
    if (err == 0)
        err = linking.err;
    if (err == 0)
        err = fill_links(call_arena(call), order, links, paper.ticket_count, response);
    for (size_t i = 0; i < paper.ticket_count; i++)
        buf_release(&links[i]);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* ---- again ---- */

struct resend_job {
    struct sql_job job;
    const char *order_id;
    const struct contact *contact;
    int64_t now_ms;
};

static int run_resend(struct sql_job *base, struct sql_txn *txn)
{
    const struct resend_job *job = (const struct resend_job *)base;
    char prefix[MAIL_KEY_MAX], key[MAIL_KEY_MAX], params[64];
    int64_t count = 0;
    snprintf(prefix, sizeof(prefix), "again:%.26s:", job->order_id);
    int err = mail_count(txn, view_str(prefix), &count);
    if (err != 0)
        return err;
    if (count >= LOBBY_RESENDS_MAX)
        return ERR_FULL;
    snprintf(key, sizeof(key), "%.40s%d", prefix, (int)count + 1);
    snprintf(params, sizeof(params), "{\"order\":\"%.26s\"}", job->order_id);
    const struct mail mail = {.to = job->contact->email,
                              .template = VIEW_LIT("tickets"),
                              .language = job->contact->language,
                              .params = view_str(params),
                              .key = view_str(key),
                              .created_at_ms = job->now_ms};
    return mail_put(txn, &mail);
}

int door_resend_tickets(struct call *call, const void *request, void *response)
{
    const Usher__V1__ResendTicketsRequest *wish = request;
    Usher__V1__ResendTicketsResponse *answer = response;
    struct door *door = call_state(call);
    const struct contact *contact;
    const Usher__V1__Order *order = find_live(call, wish->order_id, true);
    if (!order)
        return ERR_INVALID;
    int err = lobby_contact(door, order, call_arena(call), call_deadline_ns(call), &contact);
    if (err == 0 && (!contact || contact->email.len == 0))
        return lobby_fail(call, CODE_FAILED_PRECONDITION, "NO_CONTACT", "order_id",
                          "no mail address was given with this order");
    struct resend_job job = {.job.run = run_resend,
                             .order_id = order->order_id,
                             .contact = contact,
                             .now_ms = lobby_now_ms()};
    if (err == 0)
        err = sql_write(door->options.sql, &job.job, call_deadline_ns(call));
    if (err == ERR_FULL || err == ERR_CONFLICT)
        return lobby_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                          "the tickets of an order are mailed again %d times at most",
                          LOBBY_RESENDS_MAX);
    if (err != 0)
        return lobby_store_failed(call, err);
    answer->to = lobby_mask(call_arena(call), contact->email);
    return answer->to ? 0 : lobby_store_failed(call, ERR_NO_MEMORY);
}

/* ---- codes ---- */

static int fill_code(const struct door *door, const Usher__V1__Order *order,
                     const Usher__V1__Ticket *ticket, struct id order_id, struct arena *arena,
                     Usher__V1__TicketCode *ret_code)
{
    const struct ticket_ref ref = {order_id, ticket->seat, (uint16_t)ticket->generation};
    char code[CODE_TEXT_MAX], stem[ROTATING_CODE_MAX];
    uint8_t *key = arena_alloc(arena, TOTP_KEY_BYTES);
    if (!key)
        return ERR_NO_MEMORY;
    usher__v1__ticket_code__init(ret_code);
    ret_code->seat = ticket->seat;
    ret_code->label = ticket->label;
    ret_code->generation = ticket->generation;
    if (ticket->passed_to[0])
        return 0; /* its codes are the friend's */
    signed_code_write(door->codes.secret_key, &ref, order->performance_id, code);
    rotating_code_stem(&ref, stem);
    rotating_code_key(door->codes.rotation_key, &ref, key);
    ret_code->signed_code = arena_copy(arena, view_str(code));
    ret_code->rotation_stem = arena_copy(arena, view_str(stem));
    ret_code->rotation_key = (ProtobufCBinaryData){.len = TOTP_KEY_BYTES, .data = key};
    return ret_code->signed_code && ret_code->rotation_stem ? 0 : ERR_NO_MEMORY;
}

static int fill_codes(struct call *call, const Usher__V1__Order *order,
                      Usher__V1__TicketCodes *answer)
{
    struct arena *arena = call_arena(call);
    const size_t count = order->n_tickets;
    Usher__V1__TicketCode *codes = arena_alloc(arena, count * sizeof(*codes));
    struct id order_id;
    answer->tickets = arena_alloc(arena, count * sizeof(*answer->tickets));
    if (!codes || !answer->tickets)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    int err = id_parse(view_str(order->order_id), &order_id) ? ERR_CORRUPT : 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = fill_code(call_state(call), order, order->tickets[i], order_id, arena, &codes[i]);
        answer->tickets[i] = &codes[i];
    }
    answer->n_tickets = count;
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

int door_get_ticket_codes(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetTicketCodesRequest *wish = request;
    const Usher__V1__Order *order = live_order(call, wish->order_id);
    return order ? fill_codes(call, order, response) : ERR_INVALID;
}

int door_renew_ticket(struct call *call, const void *request, void *response)
{
    const Usher__V1__RenewTicketRequest *wish = request;
    struct door *door = call_state(call);
    struct id order_id;
    size_t i = 0;
    const Usher__V1__Order *order = live_order(call, wish->order_id);
    if (!order)
        return ERR_INVALID;
    while (i < order->n_tickets && order->tickets[i]->seat != wish->seat)
        i++;
    if (i == order->n_tickets || id_parse(view_str(order->order_id), &order_id))
        return lobby_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "seat", "the order has no such seat");
    /* At another generation it was renewed already: the present codes are the answer. */
    if (order->tickets[i]->generation == wish->generation) {
        int err = generation_next(door->options.sql, order->performance_id, order_id, wish->seat,
                                  wish->generation, lobby_now_ms(), call_deadline_ns(call));
        if (err != 0 && err != ERR_CONFLICT)
            return lobby_store_failed(call, err);
        order = live_order(call, wish->order_id);
        if (!order)
            return ERR_INVALID;
    }
    return fill_codes(call, order, response);
}

int door_get_check_key(struct call *call, const void *request, void *response)
{
    Usher__V1__CheckKey *answer = response;
    struct door *door = call_state(call);
    answer->public_key =
        (ProtobufCBinaryData){.len = SIGNED_CODE_SHOW_BYTES, .data = door->codes.public_key};
    return 0;
}
