/*
 * MessageBuyers, ListBuyerMessages: what an organiser has to say to who bought tickets.
 *
 * The call counts the addresses and keeps the words; the fiber that tells of moves (moves.c) makes
 * the mails, page by page of the orders. A mail has the message and the hash of its address as its
 * key: an address gets one, whatever it ordered and whoever died meanwhile.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "call/client.h"
#include "codec/sha256.h"
#include "mem/buf.h"
#include "mem/utf8.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "store/messages.h"
#include "svc/door/lobby.h"

#define COUNT_PAGE    1000        /* orders looked at in one go by a call */
#define COUNT_ARENA   (32u << 20) /* of a page */
#define ADDRESSES_MAX 4000000     /* that are counted */
#define ADDRESS_KEY   16          /* bytes of a hash by which an address is known */

METRIC_COUNTER(messages_sent, "usher_buyer_messages_total",
               "Messages of organisers to buyers that were taken on.", "");
METRIC_COUNTER(messages_mailed, "usher_buyer_messages_mailed_total",
               "Mails written of messages to buyers, of announcements too.", "");

/* ---- which orders ---- */

/* A page of a performance's orders, and the contacts of those that a message goes to. */
struct choosing {
    struct sql_job job;
    struct door *door;
    struct arena *arena;
    int64_t deadline_ns;
    const struct buyer_message *message;
    const Usher__V1__ListPerformanceOrdersResponse *page;
    struct contact *contacts;
    size_t count;
};

static int read_page(struct choosing *c, const char *token, uint32_t page_size)
{
    Usher__V1__ListPerformanceOrdersRequest request =
        USHER__V1__LIST_PERFORMANCE_ORDERS_REQUEST__INIT;
    struct client tickets;
    request.performance_id = c->message->performance_id;
    request.page_size = page_size;
    request.page_token = (char *)token;
    client_init(&tickets, c->door->options.tickets, &usher__v1__ticket_service__descriptor,
                c->arena);
    tickets.deadline_ns = c->deadline_ns;
    return client_call(&tickets, Usher__V1__TicketService, list_performance_orders, &request,
                       &c->page);
}

static bool is_of_category(const Usher__V1__Order *order, int64_t category)
{
    bool is = false;
    for (size_t i = 0; i < order->n_tickets; i++)
        is = is || category == MESSAGE_EVERY_CATEGORY || order->tickets[i]->category == category;
    return is;
}

/* 1: it goes to this order's contact; 0: not, or nobody said where; or an error. */
static int choose(const struct choosing *c, struct sql_txn *txn, const Usher__V1__Order *order,
                  struct contact *contact)
{
    struct id order_id, account_id;
    if (order->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED ||
        !is_of_category(order, c->message->category))
        return 0;
    if (id_parse(view_str(order->order_id), &order_id) ||
        id_parse(view_str(order->account_id), &account_id))
        return ERR_CORRUPT;
    const int came = c->message->absent ? scan_came_in(txn, order_id) : 0;
    if (came != 0)
        return came < 0 ? came : 0;
    const int err = contact_read(txn, order_id, account_id, c->arena, contact);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    return contact->email.len > 0;
}

static int run_choose(struct sql_job *base, struct sql_txn *txn)
{
    struct choosing *c = (struct choosing *)base;
    c->count = 0;
    for (size_t i = 0; i < c->page->n_orders; i++) {
        const int goes = choose(c, txn, c->page->orders[i], &c->contacts[c->count]);
        if (goes < 0)
            return goes;
        c->count += goes;
    }
    return 0;
}

/* The page after token. The channel's and the store's errors. */
static int choose_page(struct choosing *c, const char *token, uint32_t page_size)
{
    int err = read_page(c, token, page_size);
    if (err != 0)
        return err;
    c->contacts = arena_alloc(c->arena, (c->page->n_orders + 1) * sizeof(*c->contacts));
    c->job.run = run_choose;
    return c->contacts ? sql_read(c->door->options.sql, &c->job, c->deadline_ns) : ERR_NO_MEMORY;
}

/* An address whatever its letters' case is. */
static void hash_address(struct view email, uint8_t ret_key[ADDRESS_KEY])
{
    char small[CONTACT_EMAIL_MAX];
    uint8_t hash[SHA256_BYTES];
    const size_t len = email.len < sizeof(small) ? email.len : sizeof(small);
    for (size_t i = 0; i < len; i++)
        small[i] = (char)tolower((unsigned char)email.at[i]);
    sha256(view_of(small, len), hash);
    memcpy(ret_key, hash, ADDRESS_KEY);
}

/* ---- how many ---- */

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, ADDRESS_KEY);
}

static int gather_page(const struct choosing *c, struct buf *keys)
{
    uint8_t key[ADDRESS_KEY];
    int err = 0;
    for (size_t i = 0; err == 0 && i < c->count; i++) {
        hash_address(c->contacts[i].email, key);
        err = buf_append(keys, (const char *)key, sizeof(key));
    }
    return err;
}

/* The keys of all addresses that a message goes to, some of them several times. */
static int gather(struct door *door, const struct buyer_message *message, struct buf *keys,
                  int64_t deadline_ns)
{
    char token[256] = "";
    int err;
    do {
        struct arena arena;
        struct choosing c = {
            .door = door, .arena = &arena, .deadline_ns = deadline_ns, .message = message};
        arena_init(&arena, COUNT_ARENA);
        err = choose_page(&c, token, COUNT_PAGE);
        if (err == 0)
            err = gather_page(&c, keys);
        if (err == 0 && strlen(c.page->next_page_token) >= sizeof(token))
            err = ERR_INVALID;
        if (err == 0)
            snprintf(token, sizeof(token), "%s", c.page->next_page_token);
        arena_release(&arena);
    } while (err == 0 && token[0]);
    return err;
}

static int count_addresses(struct door *door, const struct buyer_message *message,
                           int64_t deadline_ns, uint32_t *ret_count)
{
    struct buf keys;
    uint32_t count = 0;
    buf_init(&keys, (size_t)ADDRESSES_MAX * ADDRESS_KEY);
    int err = gather(door, message, &keys, deadline_ns);
    const size_t all = keys.len / ADDRESS_KEY;
    char *at = (char *)buf_view(&keys).at;
    if (all > 1)
        qsort(at, all, ADDRESS_KEY, compare_keys);
    for (size_t i = 0; i < all; i++)
        count +=
            i == 0 || memcmp(at + i * ADDRESS_KEY, at + (i - 1) * ADDRESS_KEY, ADDRESS_KEY) != 0;
    buf_release(&keys);
    *ret_count = count;
    return err;
}

/* ---- the calls ---- */

static int fill_words(struct arena *arena, const struct buyer_message *message, int language,
                      Usher__V1__MessageWords **ret_words)
{
    Usher__V1__MessageWords *words = arena_alloc(arena, sizeof(*words));
    if (!words)
        return ERR_NO_MEMORY;
    usher__v1__message_words__init(words);
    words->subject = arena_copy(arena, message->subject[language]);
    words->text = arena_copy(arena, message->text[language]);
    *ret_words = words;
    return words->subject && words->text ? 0 : ERR_NO_MEMORY;
}

static int fill_message(struct arena *arena, const struct buyer_message *message,
                        Usher__V1__BuyerMessage *answer)
{
    answer->message_id = message->message_id;
    answer->performance_id = message->performance_id;
    answer->created_at_ms = message->created_at_ms;
    if (message->category != MESSAGE_EVERY_CATEGORY) {
        answer->category_choice_case = USHER__V1__BUYER_MESSAGE__CATEGORY_CHOICE_CATEGORY;
        answer->category = (uint32_t)message->category;
    }
    answer->absent = message->absent;
    answer->addresses = message->addresses;
    answer->mails = message->mails;
    answer->done = message->done;
    int err = message->message_id ? fill_words(arena, message, 0, &answer->english) : 0;
    return err == 0 && message->message_id ? fill_words(arena, message, 1, &answer->korean) : err;
}

CALL_HANDLER(door_list_buyer_messages)
{
    const Usher__V1__ListBuyerMessagesRequest *wish = request;
    Usher__V1__ListBuyerMessagesResponse *answer = response;
    const struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    const Usher__V1__Performance *performance;
    struct buyer_message *messages;
    size_t count;
    int err = lobby_check_runs(call, wish->performance_id, ROLES_MANAGE, &performance);
    if (err != 0)
        return err;
    err = message_list(door->options.sql, wish->performance_id, arena, &messages, &count,
                       call_deadline_ns(call));
    if (err != 0)
        return lobby_store_failed(call, err);
    Usher__V1__BuyerMessage *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
    answer->messages = arena_alloc(arena, (count + 1) * sizeof(*answer->messages));
    if (!rows || !answer->messages)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; err == 0 && i < count; i++) {
        usher__v1__buyer_message__init(&rows[i]);
        err = fill_message(arena, &messages[i], &rows[i]);
        answer->messages[answer->n_messages++] = &rows[i];
    }
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* 0, or what a handler returns. */
static int read_words(struct call *call, const Usher__V1__MessageWords *words, const char *field,
                      int language, struct buyer_message *message)
{
    message->subject[language] = words ? view_str(words->subject) : (struct view){0};
    message->text[language] = words ? view_str(words->text) : (struct view){0};
    const struct view subject = message->subject[language];
    if (subject.len > MESSAGE_SUBJECT_MAX || !utf8_line(subject) ||
        !utf8_text(subject, MESSAGE_SUBJECT_CHARS_MAX))
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", field,
                          "a subject is one line of 1 to %d characters, %d bytes",
                          MESSAGE_SUBJECT_CHARS_MAX, MESSAGE_SUBJECT_MAX);
    if (!utf8_text(message->text[language], MESSAGE_TEXT_CHARS_MAX))
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", field,
                          "a text has 1 to %d characters", MESSAGE_TEXT_CHARS_MAX);
    return 0;
}

/* What is asked for, the words too where it is to be sent. 0, or what a handler returns. */
static int read_wish(struct call *call, const Usher__V1__MessageBuyersRequest *wish,
                     struct buyer_message *ret_message)
{
    const size_t nonce = strlen(wish->nonce);
    *ret_message = (struct buyer_message){.performance_id = wish->performance_id,
                                          .category = MESSAGE_EVERY_CATEGORY,
                                          .absent = wish->absent,
                                          .created_at_ms = lobby_now_ms()};
    if (wish->category_choice_case != USHER__V1__MESSAGE_BUYERS_REQUEST__CATEGORY_CHOICE__NOT_SET)
        ret_message->category = wish->category;
    if (wish->dry_run)
        return 0;
    int err = read_words(call, wish->english, "english", 0, ret_message);
    if (err == 0)
        err = read_words(call, wish->korean, "korean", 1, ret_message);
    if (err == 0 && (nonce == 0 || nonce > MESSAGE_NONCE_MAX))
        err = lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "nonce",
                         "1 to %d bytes, the same when it is asked again", MESSAGE_NONCE_MAX);
    return err;
}

static int send_message(struct call *call, const char *nonce, struct buyer_message *message)
{
    struct door *door = call_state(call);
    const char *about =
        arena_printf(call_arena(call), "performance %" PRIu32 ": %" PRIu32 " addresses",
                     message->performance_id, message->addresses);
    const struct act act = lobby_act(call, "message.send", about ? about : "");
    uint64_t id = 0;
    if (message->addresses == 0)
        return lobby_fail(call, CODE_FAILED_PRECONDITION, "NO_CONTACT", "performance_id",
                          "there is no address that this would go to");
    int err = about ? message_add(door->options.sql, message, view_str(nonce), &act, &id,
                                  call_deadline_ns(call))
                    : ERR_NO_MEMORY;
    if (err == ERR_FULL)
        return lobby_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                          "the buyers of a performance get at most %d messages a day",
                          MESSAGES_A_DAY);
    if (err == 0)
        err = message_get(door->options.sql, id, call_arena(call), message, call_deadline_ns(call));
    metric_add(&messages_sent, err == 0);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

CALL_HANDLER(door_message_buyers)
{
    const Usher__V1__MessageBuyersRequest *wish = request;
    struct door *door = call_state(call);
    const Usher__V1__Performance *performance;
    struct buyer_message message;
    int err = lobby_check_runs(call, wish->performance_id, ROLES_MANAGE, &performance);
    if (err == 0)
        err = read_wish(call, wish, &message);
    if (err != 0)
        return err;
    err = count_addresses(door, &message, call_deadline_ns(call), &message.addresses);
    if (err != 0)
        return lobby_store_failed(call, err);
    if (!wish->dry_run)
        err = send_message(call, wish->nonce, &message);
    if (err != 0)
        return err;
    err = fill_message(call_arena(call), &message, response);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* ---- the mails ---- */

struct mailing {
    struct sql_job job;
    const struct choosing *chosen;
    int64_t now_ms;
    size_t written;
};

static int put_mail(struct mailing *m, struct sql_txn *txn, const struct contact *contact)
{
    const uint64_t id = m->chosen->message->message_id;
    char params[64], key[MAIL_KEY_MAX];
    uint8_t hash[ADDRESS_KEY];
    hash_address(contact->email, hash);
    int len = snprintf(key, sizeof(key), "message:%" PRIu64 ":", id);
    for (size_t i = 0; i < ADDRESS_KEY && len + 2 < (int)sizeof(key); i++)
        len += snprintf(key + len, sizeof(key) - (size_t)len, "%02x", hash[i]);
    snprintf(params, sizeof(params), "{\"message\":%" PRIu64 "}", id);
    const struct mail mail = {.to = contact->email,
                              .template = VIEW_LIT("message"),
                              .language = contact->language,
                              .params = view_str(params),
                              .key = view_str(key),
                              .created_at_ms = m->now_ms};
    const int err = mail_put(txn, &mail);
    m->written += err == 0;
    return err == ERR_CONFLICT ? 0 : err; /* the address has it already */
}

static int run_mail(struct sql_job *base, struct sql_txn *txn)
{
    struct mailing *m = (struct mailing *)base;
    const struct choosing *c = m->chosen;
    int err = 0;
    m->written = 0;
    for (size_t i = 0; err == 0 && i < c->count; i++)
        err = put_mail(m, txn, &c->contacts[i]);
    return err == 0 ? message_told(txn, c->message, view_str(c->page->next_page_token), m->written)
                    : err;
}

int lobby_mail_message(struct door *door, struct arena *arena, int64_t deadline_ns)
{
    struct buyer_message message;
    struct choosing c = {
        .door = door, .arena = arena, .deadline_ns = deadline_ns, .message = &message};
    struct mailing m = {.job.run = run_mail, .chosen = &c, .now_ms = lobby_now_ms()};
    int err = message_next(door->options.sql, arena, &message, deadline_ns);
    if (err == ERR_NOT_FOUND)
        return 0;
    if (err == 0 && !lobby_post_is_free(door, arena, deadline_ns))
        return 1;
    if (err == 0)
        err = choose_page(&c, message.told_to.at, MOVES_PAGE);
    if (err == 0)
        err = sql_write(door->options.sql, &m.job, deadline_ns);
    if (err == 0 && m.written > 0) {
        metric_add(&messages_mailed, (int64_t)m.written);
        log_event(LOG_INFO, "messages.mailed",
                  log_uint("usher.performance", message.performance_id),
                  log_uint("usher.mails", m.written));
        lobby_wake_post(door);
    }
    return err != 0 ? err : 1;
}
