#include "svc/monitor/board.h"

#include <inttypes.h>
#include <stdlib.h>

#include "call/client.h"
#include "codec/proto.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/monitor/board_parts.h"
#include "svc/monitor/state.h"
#include "usher/v1/payment.pb-c.h"

#define BOARD_ARENA_MAX (48u << 20)

METRIC_GAUGE(claims_failed, "usher_monitor_claims_failed",
             "Claims about sales that are found to be false.", "");

void board_init(struct board *board)
{
    pthread_mutex_init(&board->mutex, NULL);
    buf_init(&board->packed, BOARD_BYTES_MAX);
}

void board_close(struct board *board)
{
    channel_free(board->tickets);
    channel_free(board->waitroom);
    channel_free(board->payment);
}

void board_release(struct board *board)
{
    for (size_t i = 0; i < BOARD_PERFORMANCES; i++)
        proof_release(&board->proofs[i].proof);
    buf_release(&board->packed);
    pthread_mutex_destroy(&board->mutex);
}

/* ---- one round ---- */

static bool on_sale(const Usher__V1__Performance *p)
{
    return p->sale_state == USHER__V1__SALE_STATE__SALE_STATE_OPEN ||
           p->sale_state == USHER__V1__SALE_STATE__SALE_STATE_PAUSED;
}

/* Its owner has not told its state: it may not load, because its ledger is damaged, and that is
 * what is to be found. */
static bool is_silent(const Usher__V1__Performance *p)
{
    return p->sale_state == USHER__V1__SALE_STATE__SALE_STATE_UNSPECIFIED;
}

static size_t add(const Usher__V1__ListEventsResponse *events,
                  bool (*is_looked_at)(const Usher__V1__Performance *p),
                  const Usher__V1__Performance *ret[BOARD_PERFORMANCES], size_t count)
{
    for (size_t i = 0; i < events->n_events; i++) {
        for (size_t k = 0; k < events->events[i]->n_performances; k++) {
            const Usher__V1__Performance *p = events->events[i]->performances[k];
            if (is_looked_at(p) && count < BOARD_PERFORMANCES)
                ret[count++] = p;
        }
    }
    return count;
}

/* The performances that are looked at: on sale, by their number; then those that do not tell. */
static size_t choose(const Usher__V1__ListEventsResponse *events,
                     const Usher__V1__Performance *ret[BOARD_PERFORMANCES])
{
    return add(events, is_silent, ret, add(events, on_sale, ret, 0));
}

/* The proof of a performance; a place of one that is not looked at any more is used again. */
static struct board_proof *proof_of(struct board *board, const Usher__V1__Performance *const *list,
                                    size_t count, uint32_t performance_id)
{
    struct board_proof *spare = NULL;
    for (size_t i = 0; i < BOARD_PERFORMANCES; i++) {
        const uint32_t id = board->proofs[i].proof.performance_id;
        bool listed = false;
        if (id == performance_id)
            return &board->proofs[i];
        for (size_t k = 0; k < count && !listed; k++)
            listed = list[k]->performance_id == id;
        if (!listed && !spare)
            spare = &board->proofs[i];
    }
    assert(spare); /* there are as many places as are listed at most */
    proof_release(&spare->proof);
    *spare = (struct board_proof){.first_ms = clock_wall_ms(clock_system())};
    proof_init(&spare->proof, performance_id);
    return spare;
}

static void tell(const struct proof *proof)
{
    for (int k = 0; k < PROOF_KINDS; k++) {
        if (proof->findings[k].found && !proof->findings[k].told)
            log_event(LOG_ERROR, "monitor.claim",
                      log_int("usher.performance", proof->performance_id),
                      log_str("error.message", proof->findings[k].text));
    }
}

static void tell_once(struct proof *proof)
{
    tell(proof);
    for (int k = 0; k < PROOF_KINDS; k++)
        proof->findings[k].told = proof->findings[k].found;
}

/* Some rows of one ledger. *ret_rows: how many; 0 at its end. */
static int read_on(struct client *tickets, struct board_proof *at, uint32_t rows_max,
                   size_t *ret_rows)
{
    Usher__V1__ReadLedgerRequest wish = USHER__V1__READ_LEDGER_REQUEST__INIT;
    const Usher__V1__ReadLedgerResponse *answer;
    const int64_t now_ms = clock_wall_ms(clock_system());
    wish.performance_id = at->proof.performance_id;
    wish.from_seq = at->proof.tail.seq + 1;
    wish.rows_max = rows_max;
    int err = client_call(tickets, Usher__V1__TicketService, read_ledger, &wish, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_rows; i++) {
        const Usher__V1__LedgerRow *r = answer->rows[i];
        struct ledger_row row = {.seq = r->seq,
                                 .epoch = r->epoch,
                                 .version_before = r->version_before,
                                 .version = r->version,
                                 .at_ms = r->at_ms,
                                 .body = view_of(r->body.data, r->body.len)};
        if (r->prev_hash.len == LEDGER_HASH_BYTES && r->hash.len == LEDGER_HASH_BYTES) {
            memcpy(row.prev_hash, r->prev_hash.data, LEDGER_HASH_BYTES);
            memcpy(row.hash, r->hash.data, LEDGER_HASH_BYTES);
        }
        err = proof_row(&at->proof, &row, tickets->arena, now_ms);
    }
    tell_once(&at->proof);
    *ret_rows = err == 0 ? answer->n_rows : 0;
    return err;
}

/* Reads every ledger on, a step each, until all are at their end or the next snapshot is due. One
 * that cannot be read holds up no other; the board says how far behind it is. */
static void follow(struct monitor *monitor, const Usher__V1__Performance *const *list, size_t count)
{
    struct board *board = &monitor->board;
    struct arena arena;
    struct client tickets;
    bool more = true;
    arena_init(&arena, BOARD_ARENA_MAX);
    int err = monitor_client(monitor, "ticket", &board->tickets,
                             &usher__v1__ticket_service__descriptor, &arena, &tickets);
    while (err == 0 && more && fiber_now_ns() < board->next_ns && !fiber_cancelled()) {
        more = false;
        for (size_t i = 0; i < count && !fiber_cancelled(); i++) {
            struct board_proof *at = proof_of(board, list, count, list[i]->performance_id);
            const uint32_t rows = pace_step(&board->pace, fiber_now_ns(), clock_cpu_ns());
            size_t some;
            read_on(&tickets, at, rows, &some); /* in vain: it is asked for again */
            arena_reset(&arena);
            more |= some > 0;
            const int64_t rest_ms =
                pace_rest_ms(&board->pace, some, fiber_now_ns(), clock_cpu_ns());
            if (some > 0)
                fiber_sleep_until(deadline_after_ms(fiber_now_ns(), rest_ms));
        }
    }
    if (!more)
        pace_end(&board->pace);
    arena_release(&arena);
}

/* ---- the snapshot ---- */

static int add_performances(struct board *board, struct board_draft *draft, struct client *tickets,
                            const Usher__V1__Performance *const *list, size_t count)
{
    int err = 0;
    for (size_t i = 0; i < count && err != ERR_NO_MEMORY; i++) {
        Usher__V1__GetSaleReportRequest wish = USHER__V1__GET_SALE_REPORT_REQUEST__INIT;
        const Usher__V1__SaleReport *report;
        struct board_proof *at = proof_of(board, list, count, list[i]->performance_id);
        wish.performance_id = list[i]->performance_id;
        err = client_call(tickets, Usher__V1__TicketService, get_sale_report, &wish, &report);
        if (err != 0) { /* what its ledger proved is told, and so are the others */
            err = board_add_proof(draft, list[i], at);
            continue;
        }
        const struct proof_counts counts = {.version = report->version,
                                            .held = report->counts->held + report->counts->offered,
                                            .sold = report->counts->sold,
                                            .resting = report->counts->resting};
        at->version = report->version;
        proof_compare(&at->proof, &counts, fiber_now_ns(), draft->board.at_ms);
        tell_once(&at->proof);
        err = board_add_performance(draft, list[i], report);
        if (err == 0)
            err = board_add_proof(draft, list[i], at);
    }
    return err == ERR_NO_MEMORY ? err : 0;
}

static int add_books(struct monitor *monitor, struct board_draft *draft,
                     const Usher__V1__Performance *const *list, size_t count)
{
    struct board *board = &monitor->board;
    struct client payment;
    const bool due = fiber_now_ns() >= board->books_ns;
    int err = monitor_client(monitor, "payment", &board->payment,
                             &usher__v1__payment_service__descriptor, draft->arena, &payment);
    if (err != 0)
        return 0; /* an installation without payments has no books */
    uint32_t ids[BOARD_PERFORMANCES];
    for (size_t i = 0; i < count; i++)
        ids[i] = list[i]->performance_id;
    for (size_t i = 0; i < count && err != ERR_NO_MEMORY; i++) {
        Usher__V1__GetBooksRequest wish = USHER__V1__GET_BOOKS_REQUEST__INIT;
        const Usher__V1__Books *books;
        struct board_claim *claim =
            board_claim_of(board->books, ids, count, ids[i], draft->board.at_ms);
        wish.performance_id = list[i]->performance_id;
        err = due ? client_call(&payment, Usher__V1__PaymentService, get_books, &wish, &books) : 0;
        if (due && err == 0)
            board_check_books(claim, books, draft->board.at_ms);
        if (claim->looks > 0)
            err = board_add_books(draft, list[i], claim);
    }
    if (due)
        board->books_ns = deadline_after_ms(fiber_now_ns(), BOARD_BOOKS_MS);
    return err == ERR_NO_MEMORY ? err : 0;
}

static int add_lines(struct monitor *monitor, struct board_draft *draft,
                     const Usher__V1__Performance *const *list, size_t count)
{
    struct board *board = &monitor->board;
    const Usher__V1__ListSalesRequest wish = USHER__V1__LIST_SALES_REQUEST__INIT;
    const Usher__V1__ListSalesResponse *sales;
    struct client waitroom;
    int err = monitor_client(monitor, "waitroom", &board->waitroom,
                             &usher__v1__waitroom_service__descriptor, draft->arena, &waitroom);
    if (err == 0)
        err = client_call(&waitroom, Usher__V1__WaitroomService, list_sales, &wish, &sales);
    if (err != 0)
        return 0; /* what else is known is told */
    const Usher__V1__Sale *chosen[BOARD_LINES];
    uint32_t ids[BOARD_LINES];
    size_t lines = 0;
    for (size_t i = 0; i < sales->n_sales && lines < BOARD_LINES; i++) {
        const Usher__V1__Sale *sale = sales->sales[i];
        if (!sale->status || board_organiser_of(sale, list, count) == 0)
            continue;
        ids[lines] = sale->sale_id;
        chosen[lines++] = sale;
    }
    for (size_t i = 0; i < lines && err == 0; i++) {
        struct board_claim *claim =
            board_claim_of(board->lines, ids, lines, ids[i], draft->board.at_ms);
        board_check_line(claim, chosen[i], draft->board.at_ms);
        err = board_add_line(draft, chosen[i], board_organiser_of(chosen[i], list, count), claim);
    }
    return err;
}

/* This one, as it is now, and the others, as they told. */
static int add_processes(struct monitor *monitor, struct board_draft *draft)
{
    Usher__V1__ProcessFigures own;
    vitals_measure(&monitor->vitals, fiber_now_ns(), &own);
    vitals_hear(&monitor->heard, own.node, &own, draft->board.at_ms);
    return vitals_list(&monitor->heard, draft->board.at_ms, draft->arena, &draft->board.processes,
                       &draft->board.n_processes);
}

static void keep(struct board *board, struct board_draft *draft)
{
    struct buf packed;
    buf_init(&packed, BOARD_BYTES_MAX);
    metric_set(&claims_failed, (int64_t)draft->failed);
    if (proto_pack(&draft->board.base, &packed) == 0) {
        pthread_mutex_lock(&board->mutex);
        struct buf old = board->packed;
        board->packed = packed;
        board->made_ns = fiber_now_ns();
        pthread_mutex_unlock(&board->mutex);
        packed = old;
    }
    buf_release(&packed);
}

static int gather(struct monitor *monitor, struct client *tickets,
                  const Usher__V1__Performance *const *list, size_t count)
{
    struct board_draft draft;
    int err = board_draft_init(&draft, tickets->arena, clock_wall_ms(clock_system()));
    if (err == 0)
        err = add_performances(&monitor->board, &draft, tickets, list, count);
    if (err == 0)
        err = add_books(monitor, &draft, list, count);
    if (err == 0)
        err = add_lines(monitor, &draft, list, count);
    if (err == 0 && monitor->options.calls)
        err = board_add_calls(&draft, monitor->options.calls, monitor->options.state);
    if (err == 0)
        err = add_processes(monitor, &draft);
    if (err == 0)
        keep(&monitor->board, &draft);
    return err;
}

static bool somebody_looks(struct board *board)
{
    const int64_t asked_ns = atomic_load(&board->asked_ns);
    return asked_ns != 0 && fiber_now_ns() - asked_ns < BOARD_LOOKS_MS * NS_PER_MS;
}

/* Waits until the next snapshot is due, or somebody looks. */
static void wait(struct board *board)
{
    const int64_t soonest_ns = deadline_after_ms(fiber_now_ns(), BOARD_EVERY_MS);
    const int64_t latest_ns = deadline_after_ms(fiber_now_ns(), BOARD_IDLE_MS);
    board->next_ns = somebody_looks(board) ? soonest_ns : latest_ns;
    while (fiber_now_ns() < board->next_ns && !fiber_cancelled()) {
        if (fiber_sleep_until(deadline_after_ms(fiber_now_ns(), BOARD_EVERY_MS / 5)) != 0)
            return;
        if (somebody_looks(board) && board->next_ns > soonest_ns)
            board->next_ns = soonest_ns;
    }
}

static int round_once(struct monitor *monitor, struct arena *arena)
{
    struct board *board = &monitor->board;
    const Usher__V1__ListEventsRequest all = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *events;
    const Usher__V1__Performance *list[BOARD_PERFORMANCES];
    struct client tickets;
    int err = monitor_client(monitor, "ticket", &board->tickets,
                             &usher__v1__ticket_service__descriptor, arena, &tickets);
    if (err == 0)
        err = client_call(&tickets, Usher__V1__TicketService, list_events, &all, &events);
    if (err != 0)
        return err;
    const size_t count = choose(events, list);
    board->next_ns = deadline_after_ms(fiber_now_ns(), BOARD_EVERY_MS);
    follow(monitor, list, count);
    return gather(monitor, &tickets, list, count);
}

void board_run(void *arg)
{
    struct monitor *monitor = arg;
    struct arena arena;
    arena_init(&arena, BOARD_ARENA_MAX);
    while (!fiber_cancelled()) {
        round_once(monitor, &arena); /* what fails now is asked again */
        arena_reset(&arena);
        wait(&monitor->board);
    }
    arena_release(&arena);
}
