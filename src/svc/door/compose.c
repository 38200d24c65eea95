/* From a mail's row to the mail: order, contact, letter, files. */
#include <jansson.h>
#include <stdio.h>

#include "call/client.h"
#include "clock/clock.h"
#include "codec/tree.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "paper/calendar.h"
#include "paper/letter.h"
#include "paper/mime.h"
#include "paper/page.h"
#include "paper/words.h"
#include "store/messages.h"
#include "svc/door/lobby.h"

METRIC_COUNTER(missing_glyphs, "usher_paper_missing_glyphs_total",
               "Characters of tickets that no font of this machine has.", "");

#define VALUES_MAX 16 /* of a letter */

/* What is drawn away from the loop. */
struct drawing {
    const struct mail *mail;
    const struct door_options *options;
    struct view message_id;
    const struct paper_order *order; /* NULL: the letter is about none */
    const struct letter_value *values;
    size_t value_count;
    struct arena *arena;
    struct composed *out;
    int err;
};

/* ---- files ---- */

struct file {
    Usher__V1__TicketFormat format;
    const struct paper_order *order;
    const struct wallet_signer *wallet;
    struct buf *out;
    int err;
};

static int draw(Usher__V1__TicketFormat format, const struct paper_order *order,
                const struct wallet_signer *wallet, struct buf *out)
{
    int missing = 0;
    if (format == USHER__V1__TICKET_FORMAT__TICKET_FORMAT_CALENDAR)
        return calendar_write(order, false, out);
    if (format == USHER__V1__TICKET_FORMAT__TICKET_FORMAT_PKPASS)
        return wallet_write(order, wallet, out);
    int err = page_write(order, out, &missing);
    if (err == 0 && missing > 0) {
        metric_add(&missing_glyphs, missing);
        log_event(LOG_WARN, "paper.glyphs", log_view("usher.order_number", order->order_number),
                  log_int("usher.characters", missing),
                  log_text("no font has some characters of a ticket: install fonts-noto-cjk"));
    }
    return err;
}

static void draw_file(void *arg)
{
    struct file *file = arg;
    file->err = draw(file->format, file->order, file->wallet, file->out);
}

int lobby_draw(struct door *door, Usher__V1__TicketFormat format, const struct paper_order *order,
               struct buf *out)
{
    struct file file = {
        .format = format, .order = order, .wallet = door->options.wallet, .out = out};
    int err = offload_run(door->options.offload, draw_file, &file);
    return err == 0 ? file.err : err;
}

/* ---- mails ---- */

/* What goes with a mail; empty: it does not. */
struct attached {
    struct buf pages;
    struct buf passes;
    struct buf entry;
};

/* The kinds of the files; names and types that are made for this order are the arena's. */
static int attach(struct arena *arena, const struct paper_order *order,
                  const struct attached *attached, struct mime_message *message)
{
    if (attached->pages.len > 0) {
        const char *name = arena_printf(arena, "tickets-%.*s.pdf", VIEW_ARG(order->order_number));
        if (!name)
            return ERR_NO_MEMORY;
        message->parts[message->part_count++] =
            (struct mime_part){name, "application/pdf", buf_view(&attached->pages)};
    }
    if (attached->passes.len > 0) {
        const bool one = order->ticket_count == 1;
        message->parts[message->part_count++] = (struct mime_part){
            one ? "tickets.pkpass" : "tickets.pkpasses",
            one ? WALLET_PASS_TYPE : WALLET_PASSES_TYPE, buf_view(&attached->passes)};
    }
    if (attached->entry.len > 0)
        message->parts[message->part_count++] = (struct mime_part){
            "event.ics",
            order->ticket_count == 0 ? "text/calendar; charset=utf-8; method=CANCEL"
                                     : "text/calendar; charset=utf-8; method=PUBLISH",
            buf_view(&attached->entry)};
    return 0;
}

static int write_message(const struct drawing *d, const struct letter *letter,
                         const struct attached *attached)
{
    const bool korean = paper_language_of(d->mail->language) == PAPER_KOREAN;
    struct mime_message message = {
        .from = view_str(d->options->mail.from),
        .from_name = view_str(d->options->mail.name),
        .to = d->mail->to,
        .to_name = d->order ? d->order->name : (struct view){0},
        .subject = buf_view(&letter->subject),
        .message_id = d->message_id,
        .date_ms = d->mail->created_at_ms,
        .language = korean ? "ko" : "en",
        .text = buf_view(&letter->text),
        .html = buf_view(&letter->html),
    };
    int err = d->order ? attach(d->arena, d->order, attached, &message) : 0;
    return err == 0 ? mime_write(&message, &d->out->message) : err;
}

/* The files of the order: pages and passes while it has tickets, and the calendar entry. */
static int draw_attached(const struct drawing *d, struct attached *attached)
{
    const struct wallet_signer *wallet = d->options->wallet;
    const bool has_tickets = d->order && d->order->ticket_count > 0;
    int err = 0;
    if (has_tickets)
        err = draw(USHER__V1__TICKET_FORMAT__TICKET_FORMAT_PDF, d->order, NULL, &attached->pages);
    if (err == 0 && has_tickets && wallet)
        err = wallet_write(d->order, wallet, &attached->passes);
    if (err == 0 && d->order)
        err = calendar_write(d->order, !has_tickets, &attached->entry);
    return err;
}

static int put_together(const struct drawing *d)
{
    struct letter letter;
    struct attached attached;
    int err = letter_write(d->mail->template, paper_language_of(d->mail->language), d->values,
                           d->value_count, &letter);
    if (err != 0)
        return err == ERR_NOT_FOUND ? ERR_INVALID : err;
    buf_init(&attached.pages, PAPER_FILE_MAX);
    buf_init(&attached.passes, PAPER_FILE_MAX);
    buf_init(&attached.entry, PAPER_FILE_MAX);
    err = d->options->mail.bare ? 0 : draw_attached(d, &attached);
    if (err == 0)
        err = write_message(d, &letter, &attached);
    if (err == 0)
        err = buf_append_view(&d->out->text, buf_view(&letter.text));
    if (err == 0)
        err = buf_append_view(&d->out->subject, buf_view(&letter.subject));
    buf_release(&attached.pages);
    buf_release(&attached.passes);
    buf_release(&attached.entry);
    letter_release(&letter);
    return err;
}

static void draw_mail(void *arg)
{
    struct drawing *d = arg;
    d->err = put_together(d);
}

/* A parameter as text, in the arena; the empty view: it is not there. */
static struct view parameter(const json_t *params, const char *name, struct arena *arena)
{
    const json_t *value = json_object_get(params, name);
    if (json_is_integer(value))
        return view_str(arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
    return json_is_string(value) ? view_str(arena_copy(arena, view_of(json_string_value(value),
                                                                      json_string_length(value))))
                                 : (struct view){0};
}

/* A performance, and when it begins, in the mail's language. The channel's errors. */
static int read_performance(struct door *door, const struct mail *mail, uint32_t performance_id,
                            struct arena *arena, int64_t deadline_ns,
                            const Usher__V1__Performance **ret_performance,
                            struct paper_order *ret_when)
{
    Usher__V1__GetPerformanceRequest request = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    struct client tickets;
    request.performance_id = performance_id;
    client_init(&tickets, door->options.tickets, &usher__v1__ticket_service__descriptor, arena);
    tickets.deadline_ns = deadline_ns;
    int err =
        client_call(&tickets, Usher__V1__TicketService, get_performance, &request, &performance);
    if (err != 0)
        return err;
    *ret_performance = performance;
    *ret_when = (struct paper_order){.language = paper_language_of(mail->language),
                                     .starts_at_ms = performance->starts_at_ms,
                                     .utc_offset_known = performance->utc_offset_choice_case != 0,
                                     .utc_offset_minutes = performance->utc_offset_minutes};
    return 0;
}

/* The values of what an organiser has to say. ERR_NOT_FOUND: there is no such message. */
static int read_message(struct door *door, const struct mail *mail, const json_t *params,
                        struct arena *arena, int64_t deadline_ns, struct letter_value *values,
                        size_t *ret_count)
{
    const uint64_t id = (uint64_t)json_integer_value(json_object_get(params, "message"));
    const int language = paper_language_of(mail->language) == PAPER_KOREAN;
    const Usher__V1__Performance *performance = NULL;
    struct buyer_message message;
    struct paper_order when;
    char starts[PAPER_TEXT_MAX];
    int err = message_get(door->options.sql, id, arena, &message, deadline_ns);
    if (err == 0)
        err = read_performance(door, mail, message.performance_id, arena, deadline_ns, &performance,
                               &when);
    if (err != 0)
        return err;
    paper_start(&when, starts);
    const char *copy = arena_copy(arena, view_str(starts));
    *ret_count = 0;
    values[(*ret_count)++] = (struct letter_value){"event", view_str(performance->event_name)};
    values[(*ret_count)++] = (struct letter_value){"start", view_str(copy ? copy : "")};
    values[(*ret_count)++] = (struct letter_value){"subject", message.subject[language]};
    values[(*ret_count)++] = (struct letter_value){"text", message.text[language]};
    return copy ? 0 : ERR_NO_MEMORY;
}

/* The values of a letter about an offer. ERR_NOT_FOUND: it is over, or so is the performance. */
static int read_offer(struct door *door, const struct mail *mail, const json_t *params,
                      struct arena *arena, int64_t deadline_ns, struct letter_value *values,
                      size_t *ret_count)
{
    const Usher__V1__Performance *performance = NULL;
    struct paper_order when;
    char starts[PAPER_TEXT_MAX], until[PAPER_TEXT_MAX];
    const int64_t until_ms = json_integer_value(json_object_get(params, "until"));
    if (until_ms <= clock_wall_ms(clock_system()))
        return ERR_NOT_FOUND;
    int err = read_performance(door, mail,
                               (uint32_t)json_integer_value(json_object_get(params, "performance")),
                               arena, deadline_ns, &performance, &when);
    if (err != 0)
        return err;
    paper_start(&when, starts);
    when.starts_at_ms = until_ms;
    paper_start(&when, until);
    struct view site = view_str(door->options.mail.link);
    site.len -= site.len > 0 && site.at[site.len - 1] == '/';
    const char *link =
        arena_printf(arena, "%.*s/p/%u", VIEW_ARG(site), performance->performance_id);
    const char *copies[] = {arena_copy(arena, view_str(starts)), arena_copy(arena, view_str(until)),
                            link};
    if (!copies[0] || !copies[1] || !link)
        return ERR_NO_MEMORY;
    *ret_count = 0;
    values[(*ret_count)++] = (struct letter_value){"event", view_str(performance->event_name)};
    values[(*ret_count)++] = (struct letter_value){"start", view_str(copies[0])};
    values[(*ret_count)++] = (struct letter_value){"until", view_str(copies[1])};
    values[(*ret_count)++] = (struct letter_value){"link", view_str(link)};
    values[(*ret_count)++] = (struct letter_value){"count", parameter(params, "places", arena)};
    return values[4].text.at ? 0 : ERR_NO_MEMORY;
}

/* The parameters as values of a letter. */
static int read_values(const json_t *params, struct arena *arena, struct letter_value *values,
                       size_t *ret_count)
{
    const char *name;
    json_t *value;
    size_t count = 0;
    json_object_foreach((json_t *)params, name, value)
    {
        if (count == VALUES_MAX)
            return ERR_INVALID;
        values[count].name = arena_copy(arena, view_str(name));
        values[count].text = parameter(params, name, arena);
        if (!values[count].name || !values[count].text.at)
            return ERR_INVALID;
        count++;
    }
    *ret_count = count;
    return 0;
}

/* Which tickets a mail brings: all that are the owner's, or the one that was passed on. */
struct share {
    uint32_t seat;       /* or LOBBY_OWN_SEATS */
    uint32_t generation; /* of that seat's codes */
    struct view to;      /* the friend's name */
    uint32_t revision;   /* of the date that it tells of */
    int64_t was_ms;      /* of a performance that was moved: when it was to begin; or 0 */
};

static struct share read_share(const json_t *params, struct arena *arena)
{
    const json_t *seat = json_object_get(params, "seat");
    return (struct share){
        .seat = seat ? (uint32_t)json_integer_value(seat) : LOBBY_OWN_SEATS,
        .generation = (uint32_t)json_integer_value(json_object_get(params, "generation")),
        .to = parameter(params, "to", arena),
        .revision = (uint32_t)json_integer_value(json_object_get(params, "revision")),
        .was_ms = json_integer_value(json_object_get(params, "was")),
    };
}

/* A ticket that was taken back before its mail went out does not go out. */
static bool is_theirs(const Usher__V1__Order *order, const struct share *share)
{
    for (size_t i = 0; i < order->n_tickets; i++) {
        if (order->tickets[i]->seat == share->seat)
            return order->tickets[i]->generation == share->generation;
    }
    return share->seat == LOBBY_OWN_SEATS;
}

/* When a performance that was moved was to begin, by the hall's clock as it is at its new date. */
static int add_was(const struct paper_order *paper, int64_t was_ms, struct arena *arena,
                   struct letter_value *ret_value)
{
    struct paper_order before = *paper;
    char text[PAPER_TEXT_MAX];
    before.starts_at_ms = was_ms;
    paper_start(&before, text);
    ret_value->name = "was";
    ret_value->text = view_str(arena_copy(arena, view_str(text)));
    return ret_value->text.at ? 0 : ERR_NO_MEMORY;
}

/* The values of a letter about an order, and the order. */
static int read_order(struct door *door, const struct mail *mail, struct view id,
                      const struct share *share, struct arena *arena, int64_t deadline_ns,
                      struct paper_order *paper, struct letter_value *values, size_t *ret_count)
{
    const Usher__V1__Order *order;
    const struct contact *contact = NULL;
    const bool passed = share->seat != LOBBY_OWN_SEATS;
    int err = lobby_find_order(door, id.at, arena, deadline_ns, &order);
    if (err == 0 && !is_theirs(order, share))
        err = ERR_NOT_FOUND;
    if (err == 0)
        err = lobby_contact(door, order, arena, deadline_ns, &contact);
    if (err == 0)
        err = lobby_paper_order(door, order, contact, share->seat, arena, paper);
    if (err != 0)
        return err;
    /* Tickets that are void by now are not sent any more. */
    const bool brings = passed || share->was_ms != 0 ||
                        view_eq(mail->template, VIEW_LIT("tickets")) ||
                        view_eq(mail->template, VIEW_LIT("seats"));
    if (brings && paper->ticket_count == 0)
        return ERR_NOT_FOUND;
    paper->language = paper_language_of(mail->language);
    paper->revision = share->revision;
    if (passed && paper->name.len == 0)
        paper->name = paper->language == PAPER_KOREAN ? VIEW_LIT("지인") : VIEW_LIT("A friend");
    err = letter_order_values(paper, arena, values);
    *ret_count = LETTER_ORDER_VALUES;
    if (err == 0 && share->was_ms != 0)
        err = add_was(paper, share->was_ms, arena, &values[(*ret_count)++]);
    if (passed)
        paper->name = share->to;
    return err;
}

int lobby_compose(struct door *door, const struct mail *mail, struct view message_id,
                  struct arena *arena, int64_t deadline_ns, struct composed *ret_mail)
{
    const struct letter_template *template = letter_find(mail->template);
    struct letter_value values[VALUES_MAX];
    struct paper_order paper;
    struct composed composed = {.secret = template && template->secret};
    struct drawing drawing = {.mail = mail,
                              .options = &door->options,
                              .message_id = message_id,
                              .values = values,
                              .arena = arena,
                              .out = &composed};
    json_t *params = tree_read(mail->params, 0, NULL);
    const struct view order_id = params ? parameter(params, "order", arena) : (struct view){0};
    int err = params ? 0 : ERR_INVALID;
    if (err == 0 && order_id.len > 0) {
        const struct share share = read_share(params, arena);
        err = read_order(door, mail, order_id, &share, arena, deadline_ns, &paper, values,
                         &drawing.value_count);
        drawing.order = &paper;
    } else if (err == 0 && json_object_get(params, "message")) {
        err = read_message(door, mail, params, arena, deadline_ns, values, &drawing.value_count);
    } else if (err == 0 && json_object_get(params, "performance")) {
        err = read_offer(door, mail, params, arena, deadline_ns, values, &drawing.value_count);
    } else if (err == 0) {
        err = read_values(params, arena, values, &drawing.value_count);
    }
    json_decref(params);
    buf_init(&composed.message, MIME_MESSAGE_MAX);
    buf_init(&composed.text, LETTER_MAX);
    buf_init(&composed.subject, LETTER_MAX);
    if (err == 0)
        err = offload_run(door->options.offload, draw_mail, &drawing);
    if (err == 0)
        err = drawing.err;
    if (err == 0)
        *ret_mail = composed;
    else
        composed_release(&composed);
    return err;
}

void composed_release(struct composed *mail)
{
    buf_release(&mail->message);
    buf_release(&mail->text);
    buf_release(&mail->subject);
}
