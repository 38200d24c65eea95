#include "svc/monitor/board_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "err/err.h"
#include "token/roles.h"

int board_draft_init(struct board_draft *draft, struct arena *arena, int64_t now_ms)
{
    *draft = (struct board_draft){.arena = arena};
    usher__v1__board__init(&draft->board);
    draft->board.at_ms = now_ms;
    draft->board.performances =
        arena_alloc(arena, BOARD_PERFORMANCES * sizeof(*draft->board.performances));
    draft->board.lines = arena_alloc(arena, BOARD_LINES * sizeof(*draft->board.lines));
    draft->board.claims = arena_alloc(arena, BOARD_CLAIMS * sizeof(*draft->board.claims));
    return draft->board.performances && draft->board.lines && draft->board.claims ? 0
                                                                                  : ERR_NO_MEMORY;
}

int board_add_performance(struct board_draft *draft, const Usher__V1__Performance *performance,
                          const Usher__V1__SaleReport *report)
{
    Usher__V1__BoardPerformance *row = arena_alloc(draft->arena, sizeof(*row));
    if (!row)
        return ERR_NO_MEMORY;
    assert(draft->board.n_performances < BOARD_PERFORMANCES);
    usher__v1__board_performance__init(row);
    row->performance_id = performance->performance_id;
    row->organiser_id = performance->organiser_id;
    row->event_name = performance->event_name;
    row->starts_at_ms = performance->starts_at_ms;
    row->sale_state = report->sale_state;
    row->counts = report->counts;
    row->version = report->version;
    row->sold_total = report->sold_total;
    row->currency = report->currency;
    row->currency_digits = report->currency_digits;
    row->order_count = report->order_count;
    row->cancelled_count = report->cancelled_count;
    draft->board.performances[draft->board.n_performances++] = row;
    return 0;
}

/* ---- claims ---- */

static int add_claim(struct board_draft *draft, Usher__V1__BoardClaimKind kind,
                     const struct proof_finding *finding, int64_t first_ms,
                     Usher__V1__BoardClaim **ret_claim)
{
    Usher__V1__BoardClaim *claim = arena_alloc(draft->arena, sizeof(*claim));
    if (!claim)
        return ERR_NO_MEMORY;
    assert(draft->board.n_claims < BOARD_CLAIMS);
    usher__v1__board_claim__init(claim);
    claim->kind = kind;
    claim->holds = !finding->found;
    claim->since_ms = finding->found ? finding->since_ms : first_ms;
    claim->found = (char *)finding->text; /* packed before it changes */
    draft->failed += finding->found;
    draft->board.claims[draft->board.n_claims++] = claim;
    *ret_claim = claim;
    return 0;
}

int board_add_proof(struct board_draft *draft, const Usher__V1__Performance *performance,
                    const struct board_proof *at)
{
    static const Usher__V1__BoardClaimKind kinds[PROOF_KINDS] = {
        [PROOF_CLAIMS] = USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_ONE_CLAIM,
        [PROOF_CHAIN] = USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_LEDGER,
        [PROOF_COUNTS] = USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_ALL_COUNTED,
    };
    int err = 0;
    for (int k = 0; k < PROOF_KINDS && err == 0; k++) {
        Usher__V1__BoardClaim *claim;
        err = add_claim(draft, kinds[k], &at->proof.findings[k], at->first_ms, &claim);
        if (err != 0)
            return err;
        claim->performance_id = performance->performance_id;
        claim->organiser_id = performance->organiser_id;
        claim->checked = at->proof.entries;
        claim->behind =
            at->version > at->proof.tail.version ? at->version - at->proof.tail.version : 0;
    }
    return err;
}

int board_add_books(struct board_draft *draft, const Usher__V1__Performance *performance,
                    const struct board_claim *claim)
{
    Usher__V1__BoardClaim *row;
    int err = add_claim(draft, USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_BOOKS, &claim->finding,
                        claim->first_ms, &row);
    if (err != 0)
        return err;
    row->performance_id = performance->performance_id;
    row->organiser_id = performance->organiser_id;
    row->checked = claim->looks;
    return 0;
}

int board_add_line(struct board_draft *draft, const Usher__V1__Sale *sale, uint32_t organiser_id,
                   const struct board_claim *claim)
{
    Usher__V1__BoardLine *line = arena_alloc(draft->arena, sizeof(*line));
    Usher__V1__BoardClaim *row;
    if (!line)
        return ERR_NO_MEMORY;
    assert(draft->board.n_lines < BOARD_LINES);
    usher__v1__board_line__init(line);
    line->sale_id = sale->sale_id;
    line->organiser_id = organiser_id;
    line->name = sale->name;
    line->status = sale->status;
    draft->board.lines[draft->board.n_lines++] = line;
    int err = add_claim(draft, USHER__V1__BOARD_CLAIM_KIND__BOARD_CLAIM_KIND_ADMISSION,
                        &claim->finding, claim->first_ms, &row);
    if (err != 0)
        return err;
    row->sale_id = sale->sale_id;
    row->organiser_id = organiser_id;
    row->checked = claim->looks;
    return 0;
}

static bool is_listed(const uint32_t *ids, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id)
            return true;
    }
    return false;
}

struct board_claim *board_claim_of(struct board_claim claims[BOARD_CLAIMS_KEPT],
                                   const uint32_t *ids, size_t count, uint32_t id, int64_t now_ms)
{
    struct board_claim *spare = NULL;
    assert(count <= BOARD_CLAIMS_KEPT && is_listed(ids, count, id));
    for (size_t i = 0; i < BOARD_CLAIMS_KEPT; i++) {
        if (claims[i].id == id)
            return &claims[i];
        if (!spare && !is_listed(ids, count, claims[i].id))
            spare = &claims[i];
    }
    assert(spare); /* there are as many places as are listed at most */
    *spare = (struct board_claim){.id = id, .first_ms = now_ms};
    return spare;
}

static void find(struct board_claim *claim, int64_t now_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void find(struct board_claim *claim, int64_t now_ms, const char *format, ...)
{
    va_list args;
    if (claim->finding.found)
        return;
    claim->finding = (struct proof_finding){.found = true, .since_ms = now_ms};
    va_start(args, format);
    vsnprintf(claim->finding.text, sizeof(claim->finding.text), format, args);
    va_end(args);
}

void board_check_books(struct board_claim *claim, const Usher__V1__Books *books, int64_t now_ms)
{
    claim->looks++;
    for (size_t i = 0; i < books->n_rows; i++) {
        const Usher__V1__BooksRow *row = books->rows[i];
        const int64_t known = row->sold + row->charges + row->refunded + row->pending;
        if (row->captured != known)
            find(claim, now_ms,
                 "%s, %s: captured %" PRId64
                 ", but sold, charges, refunded and pending are %" PRId64,
                 row->provider, row->currency, row->captured, known);
    }
}

void board_check_line(struct board_claim *claim, const Usher__V1__Sale *sale, int64_t now_ms)
{
    const Usher__V1__SaleStatus *status = sale->status;
    claim->looks++;
    if (status->inside > sale->capacity_max)
        find(claim, now_ms, "%" PRIu32 " are inside, of %" PRIu32 " at most", status->inside,
             sale->capacity_max);
    if (status->serving > status->last)
        find(claim, now_ms, "number %" PRIu64 " is called, but the last that was given is %" PRIu64,
             status->serving, status->last);
    if (status->serving < claim->serving || status->last < claim->last)
        find(claim, now_ms,
             "serving and last went back, from %" PRIu64 " and %" PRIu64 " to %" PRIu64
             " and %" PRIu64,
             claim->serving, claim->last, status->serving, status->last);
    claim->serving = status->serving;
    claim->last = status->last;
}

uint32_t board_organiser_of(const Usher__V1__Sale *sale, const Usher__V1__Performance *const *list,
                            size_t count)
{
    for (size_t i = 0; i < sale->n_performance_ids; i++) {
        for (size_t k = 0; k < count; k++) {
            if (list[k]->performance_id == sale->performance_ids[i])
                return list[k]->organiser_id;
        }
    }
    return 0;
}

/* ---- calls ---- */

int board_add_calls(struct board_draft *draft,
                    void (*calls)(void *state, struct monitor_calls *ret_calls), void *state)
{
    struct monitor_calls sum = {0};
    Usher__V1__BoardCalls *row = arena_alloc(draft->arena, sizeof(*row));
    uint64_t *bounds = arena_alloc(draft->arena, METRIC_BUCKETS * sizeof(*bounds));
    uint64_t *buckets = arena_alloc(draft->arena, (METRIC_BUCKETS + 1) * sizeof(*buckets));
    if (!row || !bounds || !buckets)
        return ERR_NO_MEMORY;
    calls(state, &sum);
    usher__v1__board_calls__init(row);
    row->total = sum.total;
    row->failures = sum.failures;
    row->limited = sum.limited;
    row->holds = sum.holds;
    row->conflicts = sum.conflicts;
    row->orders = sum.orders;
    for (int i = 0; i <= METRIC_BUCKETS; i++)
        buckets[i] = sum.hold_buckets[i];
    for (int i = 0; i < METRIC_BUCKETS; i++)
        bounds[i] = (uint64_t)metric_bounds_ns[i] / 1000;
    row->n_bounds_us = METRIC_BUCKETS;
    row->bounds_us = bounds;
    row->n_hold_buckets = METRIC_BUCKETS + 1;
    row->hold_buckets = buckets;
    draft->board.calls = row;
    return 0;
}

/* ---- whose it is ---- */

void board_keep_own(Usher__V1__Board *board, const struct identity *identity)
{
    size_t count = 0;
    if (identity_has(identity, ROLE_OPERATOR))
        return;
    board->calls = NULL;
    board->n_processes = 0;
    for (size_t i = 0; i < board->n_performances; i++) {
        if (identity_has_for(identity, board->performances[i]->organiser_id, ROLES_MANAGE))
            board->performances[count++] = board->performances[i];
    }
    board->n_performances = count;
    count = 0;
    for (size_t i = 0; i < board->n_lines; i++) {
        if (identity_has_for(identity, board->lines[i]->organiser_id, ROLES_MANAGE))
            board->lines[count++] = board->lines[i];
    }
    board->n_lines = count;
    count = 0;
    for (size_t i = 0; i < board->n_claims; i++) {
        if (identity_has_for(identity, board->claims[i]->organiser_id, ROLES_MANAGE))
            board->claims[count++] = board->claims[i];
    }
    board->n_claims = count;
}
