#include "audit/papers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "clock/clock.h"
#include "store/doors.h"
#include "store/generations.h"
#include "store/receipts.h"
#include "store/scans.h"
#include "usher/v1/ticket.pb-c.h"

#define PAGE      100
#define ARENA_MAX (64u << 20)

struct papers_audit {
    struct store *store;
    struct audit_report *report;
    struct audit_papers *papers;
    struct arena arena;
    uint32_t performance_id;
};

static void find(struct papers_audit *a, uint32_t performance_id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void find(struct papers_audit *a, uint32_t performance_id, const char *format, ...)
{
    va_list args;
    if (a->report->finding_count++ >= AUDIT_FINDINGS_MAX)
        return;
    struct audit_finding *finding = &a->report->findings[a->report->finding_count - 1];
    *finding = (struct audit_finding){.performance_id = performance_id};
    va_start(args, format);
    vsnprintf(finding->text, sizeof(finding->text), format, args);
    va_end(args);
}

/* ---- receipts ---- */

static void find_payment(struct papers_audit *a, const struct payment *p, const char *what)
{
    char id[ID_TEXT_CHARS + 1];
    id_format(p->payment_id, id);
    find(a, p->performance_id, "performance %" PRIu32 ", payment %s: %s", p->performance_id, id,
         what);
}

/* Exactly one paper about that capture or refund, of its amount. */
static void check_paper(struct papers_audit *a, const struct payment *p,
                        const struct receipt *receipts, size_t count, uint32_t kind,
                        struct id about, int64_t total, int64_t fee)
{
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (receipts[i].kind != kind || !id_eq(receipts[i].about, about))
            continue;
        found++;
        if (receipts[i].total != total || receipts[i].fee != fee ||
            receipts[i].organiser_id != p->organiser_id || receipts[i].terms_id != p->terms_id)
            find_payment(a, p, "a receipt or credit note says another amount, fee or seller");
    }
    if (found != 1)
        find_payment(a, p,
                     kind == RECEIPT_PAID ? "its money came, and it has not one receipt"
                                          : "its money is back, and it has not one credit "
                                            "note");
}

static int check_payment(struct papers_audit *a, const struct payment *p)
{
    struct receipt *receipts;
    struct refund *refunds;
    size_t count, refund_count, papers = 0;
    int64_t fee = p->fee_sold;
    struct sql *sql = a->store->sql;
    int err = receipts_of(sql, p->payment_id, &a->arena, &receipts, &count, DEADLINE_NEVER);
    if (err == 0)
        err = refunds_of(sql, p->payment_id, &a->arena, &refunds, &refund_count, DEADLINE_NEVER);
    if (err != 0)
        return err;
    if (p->books.captured > 0) {
        check_paper(a, p, receipts, count, RECEIPT_PAID, p->payment_id, p->books.captured, p->fee);
        papers++;
        a->papers->receipts++;
    }
    for (size_t i = 0; i < refund_count; i++) {
        fee += refunds[i].fee + refunds[i].fee_kept;
        if (refunds[i].state != REFUND_DONE)
            continue;
        check_paper(a, p, receipts, count, RECEIPT_CREDIT, refunds[i].refund_id, refunds[i].amount,
                    refunds[i].fee);
        papers++;
        a->papers->credit_notes++;
    }
    if (papers != count)
        find_payment(a, p, "a receipt or credit note about nothing");
    if (p->books.sold + p->books.kept + p->books.refunded + p->books.pending > 0 && fee != p->fee)
        find_payment(a, p, "its fee is not what is sold, given back and kept of it");
    return 0;
}

static int check_payments(struct papers_audit *a)
{
    struct payment *payments;
    struct id after = {0};
    size_t rows = PAGE;
    while (rows == PAGE) {
        arena_reset(&a->arena);
        int err = payment_list(a->store->sql, a->performance_id, 0, after, PAGE, &a->arena,
                               &payments, &rows, DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < rows; i++) {
            if (payments[i].organiser_id > 0) /* else of before there were receipts */
                err = check_payment(a, &payments[i]);
        }
        if (err != 0)
            return err;
        if (rows > 0)
            after = payments[rows - 1].payment_id;
    }
    return 0;
}

static int check_numbers(struct papers_audit *a)
{
    struct receipt_span *spans;
    size_t count;
    arena_reset(&a->arena);
    int err = receipts_spans(a->store->sql, &a->arena, &spans, &count, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++) {
        const struct receipt_span *s = &spans[i];
        if (s->first != 1 || s->count != s->last || s->counted != s->last)
            find(a, 0,
                 "organiser %" PRIu32 ": receipts %" PRIu64 " to %" PRIu64 " are %" PRIu64
                 ", counted %" PRIu64,
                 s->organiser_id, s->first, s->last, s->count, s->counted);
    }
    return err;
}

/* ---- tickets ---- */

static void stray(void *state, struct id order_id, uint32_t seat, uint32_t performance_id,
                  const char *what)
{
    struct papers_audit *a = state;
    char id[ID_TEXT_CHARS + 1];
    id_format(order_id, id);
    find(a, performance_id, "performance %" PRIu32 ", order %s, ticket of seat %" PRIu32 ": %s",
         performance_id, id, seat, what);
}

/* Whom doors do not let in has a ticket of that performance, or had. */
static int check_blocks(struct papers_audit *a)
{
    struct door_block *blocks;
    size_t rows = DOOR_BLOCKS_PAGE;
    int err = doors_migrate(a->store->sql, true, 0);
    for (size_t skip = 0; err == 0 && rows == DOOR_BLOCKS_PAGE; skip += rows) {
        arena_reset(&a->arena);
        err = doors_blocked(a->store->sql, a->performance_id, skip, &a->arena, &blocks, &rows,
                            DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < rows; i++) {
            struct store_order order;
            const int found = a->store->ops->order_get(a->store, blocks[i].order_id, &a->arena,
                                                       &order, DEADLINE_NEVER);
            if (found == ERR_NOT_FOUND ||
                (found == 0 && order.performance_id != blocks[i].performance_id))
                stray(a, blocks[i].order_id, blocks[i].seat, blocks[i].performance_id,
                      "it is kept from the doors, and no order of the performance has it");
            else
                err = found;
        }
    }
    return err;
}

/* Of a ticket that was let in: nobody else has its place, or it is explained. */
static int check_used(struct papers_audit *a, const struct scan_ticket *t)
{
    struct store_order order;
    int err = a->store->ops->order_get(a->store, t->order_id, &a->arena, &order, DEADLINE_NEVER);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    const bool has = order.state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED &&
                     store_seats_have(order.seats, t->seat);
    if (has || !t->known || (a->performance_id != 0 && a->performance_id != order.performance_id))
        return 0;
    if (t->in_time && t->gone_at_ms == 0)
        stray(a, t->order_id, t->seat, order.performance_id,
              "it was let in, and was given back past the door");
    else if (t->in_time && !t->even_used)
        stray(a, t->order_id, t->seat, order.performance_id,
              "it was let in, and was given back as if it had not been used");
    else
        a->papers->used_back++;
    return 0;
}

static int check_tickets(struct papers_audit *a)
{
    struct scan_ticket *tickets;
    struct id order_id = {0};
    uint32_t seat = 0;
    size_t rows = PAGE;
    int err = scans_migrate(a->store->sql, true, 0);
    while (err == 0 && rows == PAGE) {
        arena_reset(&a->arena);
        err = scan_tickets(a->store->sql, order_id, seat, PAGE, &a->arena, &tickets, &rows,
                           DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < rows; i++) {
            order_id = tickets[i].order_id;
            seat = tickets[i].seat;
            err = check_used(a, &tickets[i]);
        }
    }
    return err;
}

/* ---- the playbill ---- */

static void untold(void *state, enum playbill_about about, uint32_t id, const char *what)
{
    const bool performance = about == PLAYBILL_PERFORMANCE || about == PLAYBILL_MADE;
    find(state, performance ? id : 0, "playbill, %s %" PRIu32 ": %s",
         performance              ? "performance"
         : about == PLAYBILL_HALL ? "hall"
                                  : "event",
         id, what);
}

static int check_playbill(struct papers_audit *a)
{
    arena_reset(&a->arena);
    uint32_t *ids;
    size_t count = 0;
    int err = playbill_migrate(a->store->sql, true, 0);
    if (err == 0)
        err = playbill_check(a->store->sql, &a->arena, untold, a, &a->papers->playbill,
                             DEADLINE_NEVER);
    if (err != 0 || a->papers->playbill.rows > 0)
        return err;
    /* The event of every performance was told of before it was made, or when the chain began. */
    err = a->store->ops->performance_ids(a->store, &a->arena, &ids, &count, DEADLINE_NEVER);
    if (err == 0 && count > 0)
        find(a, 0, "playbill: its chain is gone, and there are performances");
    return err;
}

/* ERR_UNSUPPORTED: a store that has never had such tables. */
static int or_nothing(int err)
{
    return err == ERR_UNSUPPORTED ? 0 : err;
}

int audit_papers(struct store *store, uint32_t performance_id, struct audit_report *report,
                 struct audit_papers *ret_papers)
{
    struct papers_audit a = {
        .store = store, .report = report, .papers = ret_papers, .performance_id = performance_id};
    *ret_papers = (struct audit_papers){0};
    arena_init(&a.arena, ARENA_MAX);
    int err = payments_migrate(store->sql, true, 0);
    if (err == 0)
        err = check_payments(&a);
    if (err == 0 && performance_id == 0)
        err = check_numbers(&a);
    err = or_nothing(err);
    if (err == 0)
        err = generations_migrate(store->sql, true, 0);
    if (err == 0)
        err = generations_check(store->sql, performance_id, stray, &a, DEADLINE_NEVER);
    err = or_nothing(err);
    if (err == 0)
        err = or_nothing(check_blocks(&a));
    if (err == 0)
        err = or_nothing(check_tickets(&a));
    if (err == 0 && performance_id == 0)
        err = check_playbill(&a);
    arena_release(&a.arena);
    return or_nothing(err);
}
