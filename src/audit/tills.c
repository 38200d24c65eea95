#include "audit/tills.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "clock/clock.h"
#include "sale/payment.h"
#include "store/payments.h"
#include "store/tills.h"

#define PAGE      TILL_PAGE_MAX
#define ARENA_MAX (16u << 20)

struct tills_audit {
    struct store *store;
    struct audit_report *report;
    struct audit_tills *tills;
    struct arena page;  /* of tills, payments or orders */
    struct arena arena; /* of what is looked up about one */
};

static void find(struct tills_audit *a, uint32_t performance_id, const char *what, struct id id,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void find(struct tills_audit *a, uint32_t performance_id, const char *what, struct id id,
                 const char *format, ...)
{
    char text[160], name[ID_TEXT_CHARS + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (a->report->finding_count++ >= AUDIT_FINDINGS_MAX)
        return;
    struct audit_finding *finding = &a->report->findings[a->report->finding_count - 1];
    id_format(id, name);
    *finding = (struct audit_finding){.performance_id = performance_id};
    snprintf(finding->text, sizeof(finding->text), "%s %s: %s", what, name, text);
}

/* ---- what a till says ---- */

/* A payment that this entry is about, or about whose refund it is. */
static void check_money(struct tills_audit *a, const struct till *t, const struct till_entry *e,
                        const struct payment *p, int64_t amount)
{
    if (!view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE)) || p->organiser_id != t->organiser_id ||
        !view_eq(p->currency, t->currency) || p->performance_id != e->performance_id)
        find(a, e->performance_id, "till", t->till_id,
             "entry %" PRIu32 " is of money of another organiser, currency or performance, or of "
             "no box office's",
             e->number);
    if (amount != e->amount)
        find(a, e->performance_id, "till", t->till_id,
             "entry %" PRIu32 " is of %" PRId64 ", and the books have %" PRId64, e->number,
             e->amount, amount);
}

static int check_sale(struct tills_audit *a, const struct till *t, const struct till_entry *e)
{
    struct payment p;
    int err = payment_get(a->store->sql, e->about, &a->arena, &p, DEADLINE_NEVER);
    if (err == 0)
        check_money(a, t, e, &p, p.books.captured);
    return err;
}

static int check_refund(struct tills_audit *a, const struct till *t, const struct till_entry *e)
{
    struct refund r;
    struct payment p;
    int err = refund_get(a->store->sql, e->about, &a->arena, &r, DEADLINE_NEVER);
    if (err == 0)
        err = payment_get(a->store->sql, r.payment_id, &a->arena, &p, DEADLINE_NEVER);
    if (err == 0)
        check_money(a, t, e, &p, r.amount);
    if (err == 0 && r.state == REFUND_FAILED)
        find(a, e->performance_id, "till", t->till_id,
             "entry %" PRIu32 " hands out what was refused", e->number);
    return err;
}

static int check_comp(struct tills_audit *a, const struct till *t, const struct till_entry *e)
{
    struct store_order order;
    int err = a->store->ops->order_get(a->store, e->about, &a->arena, &order, DEADLINE_NEVER);
    a->tills->comps += e->state == TILL_DONE;
    if (err == ERR_NOT_FOUND && e->state != TILL_DONE)
        return 0;
    if (err != 0)
        return err;
    if (e->state == TILL_VOID || e->amount != 0 || !payment_is_comp(order.payment_method) ||
        order.performance_id != e->performance_id)
        find(a, e->performance_id, "till", t->till_id,
             "entry %" PRIu32 " is of a comp that was given otherwise", e->number);
    return 0;
}

static int check_entry(struct tills_audit *a, const struct till *t, const struct till_entry *e,
                       uint32_t number)
{
    arena_reset(&a->arena);
    if (e->number != number)
        find(a, 0, "till", t->till_id, "entry %" PRIu32 " follows entry %" PRIu32, e->number,
             number - 1);
    if (e->at_ms < t->opened_at_ms || (t->closed_at_ms > 0 && e->state == TILL_BEGUN))
        find(a, 0, "till", t->till_id,
             "entry %" PRIu32 " is of before it was opened, or open still", e->number);
    int err = e->kind == TILL_SALE     ? check_sale(a, t, e)
              : e->kind == TILL_REFUND ? check_refund(a, t, e)
              : e->kind == TILL_GIVEN  ? check_comp(a, t, e)
                                       : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        find(a, e->performance_id, "till", t->till_id,
             "entry %" PRIu32 " is of what the books do not have", e->number);
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int check_till(struct tills_audit *a, const struct till *t)
{
    struct arena rows;
    struct till_entry *entries;
    struct till_sums sums;
    uint32_t last = 0;
    size_t count = PAGE;
    int err = till_sum(a->store->sql, t->till_id, &a->arena, &sums, DEADLINE_NEVER);
    arena_init(&rows, ARENA_MAX);
    while (err == 0 && count == PAGE) {
        arena_reset(&rows);
        err = till_entries(a->store->sql, t->till_id, last, PAGE, &rows, &entries, &count,
                           DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < count; i++) {
            err = check_entry(a, t, &entries[i], last + 1);
            last = entries[i].number;
        }
    }
    arena_release(&rows);
    a->tills->tills++;
    a->tills->open += t->closed_at_ms == 0;
    a->tills->entries += last;
    if (err == 0 && last != t->entries)
        find(a, 0, "till", t->till_id, "%" PRIu32 " entries, and it counts %" PRIu32, last,
             t->entries);
    if (err == 0 && t->closed_at_ms > 0 && t->expected != till_expected(t, &sums))
        find(a, 0, "till", t->till_id,
             "it should have had %" PRId64 ", and its entries say %" PRId64, t->expected,
             till_expected(t, &sums));
    return err;
}

static int check_tills(struct tills_audit *a)
{
    struct till *tills;
    struct id before = {0};
    size_t count = PAGE;
    while (count == PAGE) {
        arena_reset(&a->page);
        int err = till_list(a->store->sql, 0, NULL, before, PAGE, &a->page, &tills, &count,
                            DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < count; i++)
            err = check_till(a, &tills[i]);
        if (err != 0)
            return err;
        if (count > 0)
            before = tills[count - 1].till_id;
    }
    return 0;
}

/* ---- what the books say ---- */

/* ERR_NOT_FOUND: no till has it. */
static int has_entry(struct tills_audit *a, struct id about, uint32_t kind)
{
    struct till_entry entry;
    int err = till_entry_about(a->store->sql, about, &a->arena, &entry, DEADLINE_NEVER);
    return err == 0 && entry.kind != kind ? ERR_NOT_FOUND : err;
}

/* What a till took has gone back through one, too. What was to be paid later may have been
 * collected beside any till. */
static int check_payment(struct tills_audit *a, const struct payment *p)
{
    struct refund *refunds;
    size_t count = 0;
    arena_reset(&a->arena);
    int err = has_entry(a, p->payment_id, TILL_SALE);
    if (err == ERR_NOT_FOUND) {
        if (!p->later)
            find(a, p->performance_id, "payment", p->payment_id,
                 "the box office took its money, and no till has it");
        return 0;
    }
    if (err == 0)
        err = refunds_of(a->store->sql, p->payment_id, &a->arena, &refunds, &count, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (refunds[i].state != REFUND_DONE)
            continue;
        err = has_entry(a, refunds[i].refund_id, TILL_REFUND);
        if (err == ERR_NOT_FOUND) {
            find(a, p->performance_id, "payment", p->payment_id,
                 "money that a till took is back, and no till handed it out");
            err = 0;
        }
    }
    return err;
}

static int check_payments(struct tills_audit *a)
{
    struct payment *payments;
    struct id after = {0};
    size_t count = PAGE;
    while (count == PAGE) {
        arena_reset(&a->page);
        int err = payment_list(a->store->sql, 0, 0, after, PAGE, &a->page, &payments, &count,
                               DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < count; i++) {
            if (payments[i].books.captured > 0 &&
                view_eq(payments[i].provider, VIEW_LIT(PAYMENT_BOX_OFFICE)))
                err = check_payment(a, &payments[i]);
        }
        if (err != 0)
            return err;
        if (count > 0)
            after = payments[count - 1].payment_id;
    }
    return 0;
}

static int check_orders(struct tills_audit *a, uint32_t performance_id)
{
    struct store_order *orders;
    struct id after = {0};
    size_t count = PAGE;
    while (count == PAGE) {
        arena_reset(&a->page);
        int err = a->store->ops->order_scan(a->store, performance_id, after, PAGE, &a->page,
                                            &orders, &count, DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < count; i++) {
            if (!payment_is_comp(orders[i].payment_method))
                continue;
            arena_reset(&a->arena);
            err = has_entry(a, orders[i].order_id, TILL_GIVEN);
            if (err == ERR_NOT_FOUND) {
                find(a, performance_id, "order", orders[i].order_id,
                     "a comp that no till has given");
                err = 0;
            }
        }
        if (err != 0)
            return err;
        if (count > 0)
            after = orders[count - 1].order_id;
    }
    return 0;
}

static int check_comps(struct tills_audit *a)
{
    struct arena arena;
    uint32_t *ids;
    size_t count;
    arena_init(&arena, ARENA_MAX);
    int err = a->store->ops->performance_ids(a->store, &arena, &ids, &count, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++)
        err = check_orders(a, ids[i]);
    arena_release(&arena);
    return err;
}

int audit_tills(struct store *store, uint32_t performance_id, struct audit_report *report,
                struct audit_tills *ret_tills)
{
    struct tills_audit a = {.store = store, .report = report, .tills = ret_tills};
    *ret_tills = (struct audit_tills){0};
    if (performance_id != 0)
        return 0;
    int err = payments_migrate(store->sql, true, 0);
    if (err != 0)
        return err == ERR_UNSUPPORTED ? 0 : err; /* nobody has ever paid here */
    arena_init(&a.page, ARENA_MAX);
    arena_init(&a.arena, ARENA_MAX);
    err = check_tills(&a);
    if (err == 0)
        err = check_payments(&a);
    if (err == 0)
        err = check_comps(&a);
    arena_release(&a.page);
    arena_release(&a.arena);
    return err;
}
