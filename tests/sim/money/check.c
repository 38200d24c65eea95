/* Rest, and what must hold then. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/line.h"
#include "audit/money.h"
#include "err/err.h"
#include "sim/money/money.h"
#include "store/contacts.h"
#include "store/mails.h"
#include "store/payments.h"

#define ARENA_MAX (64u << 20)
#define ROWS_MAX  1000
#define FAR_MS    (INT64_MAX / 4)

/* ---- rest ---- */

static size_t still_due(struct money_world *world, struct arena *arena, struct id *ret_first)
{
    struct id *ids;
    struct id *refunds;
    size_t payments, count;
    int err = payments_due(world->sql, (struct view){0}, FAR_MS, ROWS_MAX, arena, &ids, &payments,
                           DEADLINE_NEVER);
    assert(err == 0);
    err = refunds_due(world->sql, (struct view){0}, FAR_MS, ROWS_MAX, arena, &refunds, &count,
                      DEADLINE_NEVER);
    assert(err == 0);
    if (payments > 0)
        *ret_first = ids[0];
    else if (count > 0)
        *ret_first = refunds[0];
    return payments + count;
}

/* Those whose turn it is or comes, and those who are inside: their times end. */
static uint32_t people_left(struct money_world *world)
{
    if (!world->has_line)
        return 0;
    follow_read(&world->line);
    const struct line *line = &world->line.line;
    return line->called + line->inside + (line->state == LINE_OVER ? 0 : line->waiting);
}

bool check_rest(struct money_world *world, char *ret_what, size_t size)
{
    struct arena arena;
    struct mail *mails;
    struct store_outbox_row *rows;
    struct id first = {0};
    char text[ID_TEXT_CHARS + 1];
    size_t mail_count, row_count;
    arena_init(&arena, ARENA_MAX);
    const size_t due = still_due(world, &arena, &first);
    int err =
        mail_due(world->sql, FAR_MS, MAIL_PAGE_MAX, &arena, &mails, &mail_count, DEADLINE_NEVER);
    assert(err == 0);
    err = world->stage.mem->ops->outbox_read(world->stage.mem, 16, &arena, &rows, &row_count,
                                             DEADLINE_NEVER);
    assert(err == 0);
    id_format(first, text);
    const uint32_t people = people_left(world);
    snprintf(ret_what, size,
             "%zu payments and refunds due, first %s; %zu mails, %zu outbox rows, %u in the line",
             due, text, mail_count, row_count, people);
    arena_release(&arena);
    return due + mail_count + row_count + people == 0;
}

/* ---- the books of both ---- */

void check_books(struct money_world *world)
{
    static struct audit_report report;
    struct audit_money money;
    struct store *mem = world->stage.mem;
    int err = audit_run(mem, &(struct audit_options){0}, &report);
    mem->sql = world->sql;
    if (err == 0)
        err = audit_money(mem, 0, world->ledger_path, &report, &money);
    mem->sql = NULL;
    if (err == 0)
        err = audit_lines(world->sql, &report);
    if (err != 0)
        money_fail(world, "the books cannot be checked: %s", err_text(err));
    else if (report.finding_count > 0)
        money_fail(world, "audit: %s", report.findings[0].text);
    else if (money.unsettled > 0)
        money_fail(world, "%" PRIu64 " payments are not settled, and nothing is due",
                   money.unsettled);
    else if (world->has_line && report.counts.sales != 1)
        money_fail(world, "the line was not audited");
}

/* ---- the provider's ledger: never two charges at once for one hold ---- */

static const char *text(const json_t *line, const char *name)
{
    const char *value = json_string_value(json_object_get(line, name));
    return value ? value : "";
}

/* The hold that a payment at the provider is for. */
static const char *hold_of(struct money_world *world, const json_t *line, json_t *holds,
                           struct arena *arena)
{
    struct id id;
    struct payment p;
    char hold[ID_TEXT_CHARS + 1];
    if (strcmp(text(line, "kind"), "open") != 0)
        return text(holds, text(line, "payment"));
    if (id_parse(view_str(text(line, "order")), &id) != 0 ||
        payment_get(world->sql, id, arena, &p, DEADLINE_NEVER) != 0)
        return ""; /* told to Stripe by a process that died before it wrote it down */
    id_format(p.hold_id, hold);
    json_object_set_new(holds, text(line, "payment"), json_string(hold));
    return hold[0] ? text(holds, text(line, "payment")) : "";
}

static void count_line(struct money_world *world, const json_t *line, json_t *holds,
                       json_t *charged, struct arena *arena)
{
    const char *kind = text(line, "kind");
    const char *hold = text(line, "payment")[0] ? hold_of(world, line, holds, arena) : "";
    const json_int_t amount = json_integer_value(json_object_get(line, "amount"));
    json_int_t now = json_integer_value(json_object_get(charged, hold));
    if (hold[0] == '\0')
        return;
    if (strcmp(kind, "charge") == 0 && now > 0)
        money_fail(world, "hold %s is charged for twice at once", hold);
    if (strcmp(kind, "charge") == 0)
        now += amount;
    else if (strcmp(kind, "cancel") == 0)
        now -= amount;
    if (now < 0)
        money_fail(world, "more is given back for hold %s than was charged", hold);
    json_object_set_new(charged, hold, json_integer(now));
}

void check_ledger(struct money_world *world)
{
    FILE *file = fopen(world->ledger_path, "re");
    char *line = NULL;
    size_t room = 0;
    json_t *holds = json_object(), *charged = json_object();
    struct arena arena;
    assert(file && holds && charged);
    arena_init(&arena, ARENA_MAX);
    while (getline(&line, &room, file) > 0) {
        json_t *read = json_loads(line, 0, NULL);
        if (read)
            count_line(world, read, holds, charged, &arena);
        else
            money_fail(world, "the provider's ledger has a line that is none");
        json_decref(read);
    }
    arena_release(&arena);
    free(line);
    fclose(file);
    json_decref(holds);
    json_decref(charged);
}

/* ---- who was told that he has paid ---- */

void check_promises(struct money_world *world)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    for (uint32_t i = 0; i < world->done_count; i++) {
        struct id id;
        struct payment p;
        int err = id_parse(view_str(world->dones[i].payment_id), &id);
        if (err == 0)
            err = payment_get(world->sql, id, &arena, &p, DEADLINE_NEVER);
        if (err != 0 || (p.state != PAYMENT_DONE && p.state != PAYMENT_REFUNDED))
            money_fail(world, "payment %s was told to be done, and is %s",
                       world->dones[i].payment_id,
                       err != 0 ? "not there" : payment_state_word(p.state));
    }
    arena_release(&arena);
}

/* ---- where nothing goes wrong ---- */

/* Nobody is charged for places that are somebody else's then: an attempt ends before its hold. */
void check_flawless(struct money_world *world)
{
    struct arena arena;
    struct payment *payments;
    size_t count;
    arena_init(&arena, ARENA_MAX);
    int err = payment_list(world->sql, 0, 0, (struct id){0}, PAYMENT_PAGE_MAX, &arena, &payments,
                           &count, DEADLINE_NEVER);
    assert(err == 0 && count < PAYMENT_PAGE_MAX);
    for (size_t i = 0; i < count; i++) {
        char id[ID_TEXT_CHARS + 1];
        id_format(payments[i].payment_id, id);
        if (!id_is_zero(payments[i].order_id) && !id_eq(payments[i].order_id, payments[i].hold_id))
            money_fail(world, "payment %s was charged when its hold had ended", id);
        if (view_eq(payments[i].reason, VIEW_LIT("SEATS_GONE")))
            money_fail(world, "payment %s was charged for places that were gone", id);
    }
    arena_release(&arena);
}

/* ---- mails ---- */

static void check_mail(struct money_world *world, const struct mail *mail, json_t *keys)
{
    uint32_t count = 0;
    char key[MAIL_KEY_MAX + 1];
    for (uint32_t i = 0; i < world->mail_count; i++) {
        if (view_eq(view_str(world->mails[i].message_id), mail->message_id))
            count = world->mails[i].count;
    }
    snprintf(key, sizeof(key), "%.*s", VIEW_ARG(mail->key));
    json_object_set_new(keys, key, json_integer(count));
    if (mail->state != MAIL_SENT && mail->state != MAIL_VOID)
        money_fail(world, "mail %s is in state %d", key, (int)mail->state);
    if (mail->state == MAIL_SENT && count == 0)
        money_fail(world, "mail %s is called sent, and nobody has it", key);
    if (count > mail->tries)
        money_fail(world, "mail %s was taken %u times of %u tries", key, count, mail->tries);
}

/* Every mail that went out is in the table: none was sent for what was never committed. */
static void read_mails(struct money_world *world, struct arena *arena, json_t *keys)
{
    struct mail *mails;
    size_t count = MAIL_PAGE_MAX;
    uint64_t before = 0;
    uint32_t known = 0;
    while (count == MAIL_PAGE_MAX) {
        int err = mail_list(world->sql, before, (struct view){0}, MAIL_PAGE_MAX, arena, &mails,
                            &count, DEADLINE_NEVER);
        assert(err == 0);
        for (size_t i = 0; i < count; i++) {
            check_mail(world, &mails[i], keys);
            for (uint32_t k = 0; k < world->mail_count; k++)
                known += view_eq(view_str(world->mails[k].message_id), mails[i].message_id);
        }
        before = count > 0 ? mails[count - 1].mail_id : 0;
    }
    if (known != world->mail_count)
        money_fail(world, "%u mails went out that nothing is known of", world->mail_count - known);
}

static void want(struct money_world *world, json_t *keys, const char *kind, struct id id)
{
    char key[MAIL_KEY_MAX], name[ID_TEXT_CHARS + 1];
    id_format(id, name);
    snprintf(key, sizeof(key), "%s:%s", kind, name);
    if (!json_object_get(keys, key))
        money_fail(world, "there is no mail %s", key);
}

static bool has_contact(struct money_world *world, struct id order_id, struct id account_id,
                        struct arena *arena)
{
    struct contact contact;
    return contact_get(world->sql, order_id, account_id, arena, &contact, DEADLINE_NEVER) == 0;
}

static void check_orders(struct money_world *world, struct arena *arena, json_t *keys)
{
    struct store_order *orders;
    size_t count;
    int err = world->stage.mem->ops->order_scan(world->stage.mem, world->stage.performance_id,
                                                (struct id){0}, ROWS_MAX, arena, &orders, &count,
                                                DEADLINE_NEVER);
    assert(err == 0 && count < ROWS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!has_contact(world, orders[i].order_id, orders[i].account_id, arena))
            continue;
        want(world, keys, "tickets", orders[i].order_id);
        if (orders[i].state == USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED)
            want(world, keys, "cancelled", orders[i].order_id);
    }
}

static void check_refunds(struct money_world *world, struct arena *arena, json_t *keys)
{
    struct payment *payments;
    struct refund *refunds;
    struct id after = {0};
    size_t count = PAYMENT_PAGE_MAX, refund_count;
    while (count == PAYMENT_PAGE_MAX) {
        int err = payment_list(world->sql, 0, 0, after, PAYMENT_PAGE_MAX, arena, &payments, &count,
                               DEADLINE_NEVER);
        assert(err == 0);
        for (size_t i = 0; i < count; i++) {
            const struct payment *p = &payments[i];
            after = p->payment_id;
            err = refunds_of(world->sql, p->payment_id, arena, &refunds, &refund_count,
                             DEADLINE_NEVER);
            assert(err == 0);
            for (size_t k = 0; k < refund_count; k++) {
                const struct id about =
                    id_is_zero(refunds[k].order_id) ? p->hold_id : refunds[k].order_id;
                if (refunds[k].state == REFUND_DONE &&
                    has_contact(world, about, p->account_id, arena))
                    want(world, keys, "refund", refunds[k].refund_id);
            }
        }
    }
}

void check_mails(struct money_world *world)
{
    struct arena arena;
    json_t *keys = json_object();
    assert(keys);
    arena_init(&arena, ARENA_MAX);
    read_mails(world, &arena, keys);
    check_orders(world, &arena, keys);
    check_refunds(world, &arena, keys);
    arena_release(&arena);
    json_decref(keys);
}
