#include "audit/money.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock/clock.h"
#include "codec/tree.h"
#include "sale/refund_rule.h"
#include "store/payments.h"
#include "usher/v1/ticket.pb-c.h"

#define PAGE      100
#define ARENA_MAX (64u << 20)

struct money_audit {
    struct store *store;
    struct audit_report *report;
    struct audit_money *money;
    json_t *charges; /* of the provider's ledger, by our attempt's id; NULL: none was given */
    struct arena arena;
    uint32_t performance_id;
};

static void find(struct money_audit *a, const struct payment *p, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void find(struct money_audit *a, const struct payment *p, const char *format, ...)
{
    struct audit_report *report = a->report;
    char what[160], id[ID_TEXT_CHARS + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (report->finding_count++ >= AUDIT_FINDINGS_MAX)
        return;
    struct audit_finding *finding = &report->findings[report->finding_count - 1];
    id_format(p->payment_id, id);
    *finding = (struct audit_finding){.performance_id = p->performance_id};
    snprintf(finding->text, sizeof(finding->text), "performance %" PRIu32 ", payment %s: %s",
             p->performance_id, id, what);
}

/* ---- ours ---- */

static struct audit_money_row *row_of(struct audit_money *money, const struct payment *p)
{
    for (size_t i = 0; i < money->row_count; i++) {
        struct audit_money_row *row = &money->rows[i];
        if (view_eq(view_str(row->provider), p->provider) &&
            view_eq(view_str(row->currency), p->currency))
            return row;
    }
    if (money->row_count == AUDIT_MONEY_ROWS)
        return NULL;
    struct audit_money_row *row = &money->rows[money->row_count++];
    snprintf(row->provider, sizeof(row->provider), "%.*s", VIEW_ARG(p->provider));
    snprintf(row->currency, sizeof(row->currency), "%.*s", VIEW_ARG(p->currency));
    return row;
}

static void add(struct money_audit *a, const struct payment *p)
{
    struct audit_money_row *row = row_of(a->money, p);
    struct refund_ladder ladder;
    const char *why;
    if (p->refund_rule.len > 0 && refund_rule_read(p->refund_rule, &ladder, &why) != 0)
        find(a, p, "its refund rule is none: %s", why);
    a->money->attempts++;
    a->money->unsettled += p->state == PAYMENT_CONFIRMING || p->state == PAYMENT_UNCLEAR ||
                           p->state == PAYMENT_CAPTURED || p->state == PAYMENT_REFUNDING;
    if (!row) {
        find(a, p, "more providers and currencies than are known");
        return;
    }
    row->books.amount += p->books.amount;
    row->books.captured += p->books.captured;
    row->books.sold += p->books.sold;
    row->books.kept += p->books.kept;
    row->books.refunded += p->books.refunded;
    row->books.pending += p->books.pending;
}

/* What a person has to see to, for nothing goes on by itself: what a provider tells otherwise, and
 * what it would not give back. What is to be handed out at the box office waits there. */
static int check_waits(struct money_audit *a, const struct payment *p)
{
    static const char *const words[] = {"TAKEN_BACK", "MONEY_GONE", "WRONG_AMOUNT",
                                        "REFUND_UNDONE"};
    struct refund *refunds;
    size_t count = 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (view_eq(p->contradiction, view_str(words[i])))
            find(a, p, "its provider tells otherwise: %s, %" PRId64 ": a person has to act",
                 words[i], p->contradicted);
    }
    if (p->books.pending == 0 || view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE)))
        return 0;
    int err = refunds_of(a->store->sql, p->payment_id, &a->arena, &refunds, &count, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (refunds[i].state == REFUND_FAILED)
            find(a, p,
                 "%" PRId64 " to be given back were not, and are not asked for any more: "
                 "a person has to act",
                 refunds[i].amount - refunds[i].taken);
    }
    return err;
}

/* A seat is either sold, or its money is back, on its way, or was refused. */
static int check_seats(struct money_audit *a, const struct payment *p,
                       const struct store_order *order)
{
    struct refund *refunds;
    size_t count;
    int err = refunds_of(a->store->sql, p->payment_id, &a->arena, &refunds, &count, DEADLINE_NEVER);
    for (uint32_t i = 0; err == 0 && i < p->seat_count; i++) {
        const uint32_t seat = store_amounts_follow(order->amounts, p->seats[i]);
        const bool sold = store_seats_have(order->seats, seat);
        bool back = false, asked = false;
        for (size_t k = 0; k < count; k++) {
            const bool about = refund_has_seat(&refunds[k], seat);
            back = back || (about && refunds[k].state == REFUND_DONE);
            asked = asked || about;
        }
        if (sold && back)
            find(a, p, "the money for seat %" PRIu32 " is back, and it is sold still", seat);
        if (!sold && !asked)
            find(a, p, "seat %" PRIu32 " was given back, and its money was not", seat);
    }
    return err;
}

/* Money and seats end in step (P6). */
static int check_order(struct money_audit *a, const struct payment *p)
{
    struct store_order order;
    if (id_is_zero(p->order_id)) {
        if (p->books.sold > 0)
            find(a, p, "money for an order that is not named");
        return 0;
    }
    int err = a->store->ops->order_get(a->store, p->order_id, &a->arena, &order, DEADLINE_NEVER);
    if (err == ERR_NOT_FOUND) {
        find(a, p, "its order does not exist");
        return 0;
    }
    if (err != 0)
        return err;
    const bool confirmed = order.state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED;
    if (!payment_backs(order.payment_method) || order.performance_id != p->performance_id ||
        !id_eq(order.account_id, p->account_id))
        find(a, p, "its order is another's, or is not paid by a payment");
    if (order.total != p->books.captured - p->fee)
        find(a, p, "captured %" PRId64 " with a fee of %" PRId64 ", and the order costs %" PRId64,
             p->books.captured, p->fee, order.total);
    if (p->books.sold > 0 && !confirmed)
        find(a, p, "%" PRId64 " for places that are not sold any more", p->books.sold);
    if (p->books.sold == 0 && p->books.pending == 0 && confirmed)
        find(a, p, "the money is back, and the tickets are good still");
    return confirmed ? check_seats(a, p, &order) : 0;
}

/* ---- the provider's ---- */

static int64_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void check_charge(struct money_audit *a, const struct payment *p)
{
    char id[ID_TEXT_CHARS + 1];
    id_format(p->payment_id, id);
    json_t *charge = json_object_get(a->charges, id);
    const int64_t charged = number(charge, "charged"), cancelled = number(charge, "cancelled");
    json_object_set_new(charge, "seen", json_true());
    /* Taken back before we knew of it: it never was in our books. */
    if (p->books.captured == 0 && charged == cancelled)
        return;
    if (charged != p->books.captured)
        find(a, p, "the provider charged %" PRId64 ", our books have %" PRId64, charged,
             p->books.captured);
    if (cancelled < p->books.refunded || cancelled > p->books.refunded + p->books.pending)
        find(a, p, "the provider gave back %" PRId64 ", our books have %" PRId64, cancelled,
             p->books.refunded);
}

static void check_strangers(struct money_audit *a)
{
    const char *id;
    json_t *charge;
    json_object_foreach(a->charges, id, charge)
    {
        struct payment nobody = {0};
        id_parse(view_str(id), &nobody.payment_id);
        if (!json_object_get(charge, "seen") && number(charge, "charged") > 0)
            find(a, &nobody, "the provider charged %" PRId64 " for what we know nothing of",
                 number(charge, "charged"));
    }
}

/* A net-cancel, or a cancel of what was not the attempt's, leaves no charge behind: it never was
 * in our books. */
static bool is_undone(const json_t *line)
{
    const char *kind = json_string_value(json_object_get(line, "kind"));
    const char *reason = json_string_value(json_object_get(line, "reason"));
    return strcmp(kind, "cancel") == 0 && reason &&
           (strcmp(reason, "netcancel") == 0 || strcmp(reason, "of another order") == 0);
}

static void count(json_t *charges, json_t *orders, json_t *undone, const json_t *line)
{
    const char *kind = json_string_value(json_object_get(line, "kind"));
    const char *key = json_string_value(json_object_get(line, "payment"));
    const char *order = json_string_value(json_object_get(line, "order"));
    if (!kind || !key)
        return;
    if (strcmp(kind, "open") == 0 && order) {
        json_object_set_new(orders, key, json_string(order));
        if (!json_object_get(charges, order))
            json_object_set_new(charges, order, json_object());
        return;
    }
    /* A deposit that the bank takes back, or that is paid again then; a dispute that is lost. */
    const bool again = strcmp(kind, "charge") == 0 && json_object_get(undone, key);
    const char *status = json_string_value(json_object_get(line, "status"));
    const char *field = strcmp(kind, "undo") == 0 || again ? "cancelled"
                        : strcmp(kind, "dispute") == 0 && status && strcmp(status, "lost") == 0
                            ? "cancelled"
                        : strcmp(kind, "charge") == 0 ? "charged"
                        : strcmp(kind, "cancel") == 0 ? "cancelled"
                                                      : NULL;
    order = json_string_value(json_object_get(orders, key));
    json_t *charge = order ? json_object_get(charges, order) : NULL;
    if (field && charge && is_undone(line))
        json_object_set_new(charge, "charged",
                            json_integer(number(charge, "charged") - number(line, "amount")));
    else if (field && charge)
        json_object_set_new(charge, field,
                            json_integer(number(charge, field) + (again ? -number(line, "amount")
                                                                        : number(line, "amount"))));
    if (strcmp(kind, "undo") == 0)
        json_object_set_new(undone, key, json_true());
    else if (again)
        json_object_del(undone, key);
}

/* What was charged and given back, by our attempt's id. */
static int read_ledger(const char *path, json_t **ret_charges)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    if (!file)
        return ERR_NOT_FOUND;
    json_t *charges = json_object(), *orders = json_object(), *undone = json_object();
    int err = charges && orders && undone ? 0 : ERR_NO_MEMORY;
    while (err == 0 && getline(&line, &room, file) > 0) {
        json_t *read = tree_read(view_str(line), 0, NULL);
        if (read)
            count(charges, orders, undone, read);
        else if (line[strlen(line) - 1] == '\n') /* else: cut off when the process died */
            err = ERR_INVALID;
        json_decref(read);
    }
    free(line);
    fclose(file);
    json_decref(orders);
    json_decref(undone);
    if (err != 0)
        json_decref(charges);
    else
        *ret_charges = charges;
    return err;
}

/* ---- all of it ---- */

static int check_payments(struct money_audit *a)
{
    struct payment *payments;
    struct id after = {0};
    size_t rows = PAGE;
    while (rows == PAGE) {
        arena_reset(&a->arena);
        int err = payment_list(a->store->sql, a->performance_id, 0, after, PAGE, &a->arena,
                               &payments, &rows, DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < rows; i++) {
            add(a, &payments[i]);
            if (!payment_books_hold(payments[i].state, &payments[i].books))
                find(a, &payments[i], "its books do not hold in state \"%s\"",
                     payment_state_word(payments[i].state));
            if (a->charges && !view_eq(payments[i].provider, VIEW_LIT(PAYMENT_BOX_OFFICE)))
                check_charge(a, &payments[i]);
            err = check_order(a, &payments[i]);
            if (err == 0)
                err = check_waits(a, &payments[i]);
        }
        if (err != 0)
            return err;
        if (rows > 0)
            after = payments[rows - 1].payment_id;
    }
    return 0;
}

/* An order that was paid by card and is good has exactly one payment that paid it. */
static int check_card_order(struct money_audit *a, const struct store_order *order)
{
    struct payment *payments;
    size_t rows, paying = 0;
    struct payment about = {.payment_id = order->order_id, .performance_id = order->performance_id};
    int err =
        payments_of(a->store->sql, order->order_id, &a->arena, &payments, &rows, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < rows; i++)
        paying += id_eq(payments[i].order_id, order->order_id);
    /* The order comes first, its payment's row a moment later. */
    for (size_t i = 0; err == 0 && i < rows && paying == 0; i++)
        paying += payments[i].state == PAYMENT_CAPTURED;
    if (err == 0 && paying != 1)
        find(a, &about, "an order paid by card has %zu payments", paying);
    return err;
}

static int check_orders(struct money_audit *a, uint32_t performance_id)
{
    struct store_order *orders;
    struct id after = {0};
    size_t rows = PAGE;
    while (rows == PAGE) {
        arena_reset(&a->arena);
        int err = a->store->ops->order_scan(a->store, performance_id, after, PAGE, &a->arena,
                                            &orders, &rows, DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < rows; i++) {
            if (payment_backs(orders[i].payment_method) &&
                orders[i].state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED)
                err = check_card_order(a, &orders[i]);
        }
        if (err != 0)
            return err;
        if (rows > 0)
            after = orders[rows - 1].order_id;
    }
    return 0;
}

static int check_all_orders(struct money_audit *a)
{
    struct arena arena;
    uint32_t *ids;
    size_t rows;
    arena_init(&arena, ARENA_MAX);
    int err = a->store->ops->performance_ids(a->store, &arena, &ids, &rows, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < rows; i++) {
        if (a->performance_id == 0 || ids[i] == a->performance_id)
            err = check_orders(a, ids[i]);
    }
    arena_release(&arena);
    return err;
}

int audit_money(struct store *store, uint32_t performance_id, const char *ledger_path,
                struct audit_report *report, struct audit_money *ret_money)
{
    struct money_audit a = {
        .store = store, .report = report, .money = ret_money, .performance_id = performance_id};
    *ret_money = (struct audit_money){0};
    int err = payments_migrate(store->sql, true, 0);
    if (err == ERR_UNSUPPORTED && !ledger_path)
        return 0; /* nobody has ever paid here */
    if (err == 0 && ledger_path)
        err = read_ledger(ledger_path, &a.charges);
    arena_init(&a.arena, ARENA_MAX);
    if (err == 0)
        err = check_payments(&a);
    if (err == 0)
        err = check_all_orders(&a);
    if (err == 0 && a.charges)
        check_strangers(&a);
    arena_release(&a.arena);
    json_decref(a.charges);
    return err;
}
