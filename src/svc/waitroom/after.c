/* GetAfterReport: how a sale went, out of its ledgers. */
#include <string.h>

#include "call/client.h"
#include "err/err.h"
#include "sale/after.h"
#include "sale/ledger.h"
#include "svc/waitroom/desk.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"

#define AFTER_ARENA_MAX (64u << 20) /* of some rows */
#define AFTER_ROWS      200         /* of a performance's ledger in one answer */

CALL_HANDLER(waitroom_get_after_report);

/* A piece of work for the pool: rows are added up beside the loop. */
struct adding {
    struct after *after;
    const struct line_row *line_rows; /* or … */
    const Usher__V1__ReadLedgerResponse *rows;
    size_t count;
    int err;
};

static void add_line_rows(void *arg)
{
    struct adding *adding = arg;
    for (size_t i = 0; i < adding->count && !adding->err; i++)
        adding->err = after_add_line(adding->after, adding->line_rows[i].body);
}

static int add_row(struct after *after, const Usher__V1__LedgerRow *row)
{
    struct arena arena;
    struct change *changes;
    size_t count = 0;
    arena_init(&arena, AFTER_ARENA_MAX);
    int err = ledger_unpack(view_of(row->body.data, row->body.len), &arena, &changes, &count);
    for (size_t i = 0; i < count && !err; i++)
        err = after_add_change(after, &changes[i], row->at_ms);
    arena_release(&arena);
    return err;
}

static void add_rows(void *arg)
{
    struct adding *adding = arg;
    for (size_t i = 0; i < adding->rows->n_rows && !adding->err; i++)
        adding->err = add_row(adding->after, adding->rows->rows[i]);
}

static int add_beside(const struct waitroom *room, void (*add)(void *arg), struct adding *adding)
{
    int err = offload_run(room->options.offload, add, adding);
    return err ? err : adding->err;
}

/* ---- reading ---- */

static Usher__V1__AfterLedger *new_ledger(struct call *call, Usher__V1__AfterReport *report)
{
    Usher__V1__AfterLedger *ledger = arena_alloc(call_arena(call), sizeof(*ledger));
    if (!ledger)
        return NULL;
    usher__v1__after_ledger__init(ledger);
    ledger->hash.data = arena_alloc(call_arena(call), LEDGER_HASH_BYTES);
    if (!ledger->hash.data)
        return NULL;
    report->ledgers[report->n_ledgers++] = ledger;
    return ledger;
}

static void note_end(Usher__V1__AfterLedger *ledger, uint64_t rows, const uint8_t *hash)
{
    ledger->rows = rows;
    ledger->hash.len = LEDGER_HASH_BYTES;
    memcpy(ledger->hash.data, hash, LEDGER_HASH_BYTES);
}

static int read_line(struct call *call, const struct waitroom *room, uint32_t sale_id,
                     struct after *after, Usher__V1__AfterReport *report)
{
    Usher__V1__AfterLedger *ledger = new_ledger(call, report);
    struct arena arena;
    int err = ledger ? 0 : ERR_NO_MEMORY;
    size_t count = 1;
    arena_init(&arena, AFTER_ARENA_MAX);
    while (!err && count > 0) {
        struct line_row *rows;
        err = line_read(room->options.sql, sale_id, ledger->rows + 1, &arena, &rows, &count,
                        call_deadline_ns(call));
        struct adding adding = {.after = after, .line_rows = rows, .count = count};
        if (!err && count > 0)
            err = add_beside(room, add_line_rows, &adding);
        if (!err && count > 0)
            note_end(ledger, rows[count - 1].seq, rows[count - 1].hash);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return err;
}

/* How many places it has, whoever has them. */
static int count_places(struct client *client, uint32_t performance_id, int64_t *places)
{
    Usher__V1__GetPerformanceRequest wish = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    wish.performance_id = performance_id;
    int err = client_call(client, Usher__V1__TicketService, get_performance, &wish, &performance);
    if (!err && performance->hall)
        *places += performance->hall->place_count;
    return err;
}

static int read_performance(struct call *call, const struct waitroom *room, uint32_t performance_id,
                            struct after *after, Usher__V1__AfterReport *report)
{
    Usher__V1__AfterLedger *ledger = new_ledger(call, report);
    Usher__V1__ReadLedgerRequest wish = USHER__V1__READ_LEDGER_REQUEST__INIT;
    struct arena arena;
    struct client client;
    size_t count = 1;
    int err = ledger ? 0 : ERR_NO_MEMORY;
    arena_init(&arena, AFTER_ARENA_MAX);
    client_init(&client, room_tickets(room), &usher__v1__ticket_service__descriptor, &arena);
    client.deadline_ns = call_deadline_ns(call);
    wish.performance_id = performance_id;
    wish.rows_max = AFTER_ROWS;
    if (!err)
        err = count_places(&client, performance_id, &after->places);
    while (!err && count > 0) {
        const Usher__V1__ReadLedgerResponse *answer;
        wish.from_seq = ledger->rows + 1;
        err = client_call(&client, Usher__V1__TicketService, read_ledger, &wish, &answer);
        struct adding adding = {.after = after, .rows = answer};
        count = err ? 0 : answer->n_rows;
        if (count > 0)
            err = add_beside(room, add_rows, &adding);
        if (!err && count > 0 && answer->rows[count - 1]->hash.len == LEDGER_HASH_BYTES)
            note_end(ledger, answer->rows[count - 1]->seq, answer->rows[count - 1]->hash.data);
        else if (!err && count > 0)
            err = ERR_CORRUPT;
        arena_reset(&arena);
    }
    if (ledger)
        ledger->performance_id = performance_id;
    arena_release(&arena);
    return err;
}

/* ---- the answer ---- */

static int fill_curve(const struct after *after, struct arena *arena,
                      Usher__V1__AfterReport *report)
{
    Usher__V1__AfterStep *steps = arena_alloc(arena, after->step_count * sizeof(*steps));
    report->curve = arena_alloc(arena, after->step_count * sizeof(*report->curve));
    if (!steps || !report->curve)
        return ERR_NO_MEMORY;
    report->step_ms = after->step_ms;
    for (uint32_t i = 0; i < after->step_count; i++) {
        const struct after_step *step = &after->steps[i];
        usher__v1__after_step__init(&steps[i]);
        steps[i].at_ms = after->first_ms + i * after->step_ms;
        steps[i].joined = step->joined;
        steps[i].called = step->called;
        steps[i].came_in = step->came_in;
        steps[i].held = step->held;
        steps[i].sold = step->sold;
        steps[i].given_back = step->given_back;
        report->curve[report->n_curve++] = &steps[i];
    }
    return 0;
}

static int fill_people(const struct after *after, struct arena *arena,
                       Usher__V1__AfterReport *report)
{
    struct after_funnel f;
    Usher__V1__AfterFunnel *funnel = arena_alloc(arena, sizeof(*funnel));
    Usher__V1__AfterDraw *draw = arena_alloc(arena, sizeof(*draw));
    Usher__V1__AfterWaits *waits = arena_alloc(arena, sizeof(*waits));
    Usher__V1__AfterPlaces *places = arena_alloc(arena, sizeof(*places));
    Usher__V1__AfterOdds *odds = arena_alloc(arena, sizeof(*odds));
    struct after_odds o;
    if (!funnel || !draw || !waits || !places || !odds)
        return ERR_NO_MEMORY;
    after_count(after, &f);
    after_judge_odds(after, &o);
    usher__v1__after_odds__init(odds);
    odds->likely = o.likely;
    odds->likely_called = o.likely_called;
    odds->unlikely = o.unlikely;
    odds->unlikely_called = o.unlikely_called;
    odds->none = o.none;
    odds->none_called = o.none_called;
    usher__v1__after_funnel__init(funnel);
    funnel->joined = f.joined;
    funnel->called = f.called;
    funnel->came_in = f.came_in;
    funnel->held = f.held;
    funnel->ordered = f.ordered;
    funnel->ordered_otherwise = f.ordered_otherwise;
    usher__v1__after_draw__init(draw);
    draw->entrants = after->entrants;
    draw->correlation = after->correlation;
    draw->by_chance = after->by_chance;
    draw->first_half = after->first_half;
    usher__v1__after_waits__init(waits);
    waits->p50_ms = line_wait_percentile(&after->line, 0.50);
    waits->p95_ms = line_wait_percentile(&after->line, 0.95);
    waits->longest_ms = after->longest_ms;
    waits->told = (uint32_t)after->told;
    waits->within = (uint32_t)after->within;
    waits->shorter = (uint32_t)after->shorter;
    waits->longer = (uint32_t)after->longer;
    usher__v1__after_places__init(places);
    places->holds = after->hold_count;
    places->holds_unused = after->holds_unused;
    places->orders = after->orders;
    places->places_sold = after->places_sold;
    places->places_given_back = after->places_given_back;
    places->buyers = f.buyers;
    places->most_places = f.most_places;
    report->funnel = funnel;
    report->draw = after->drawn && after->entrants > 0 ? draw : NULL;
    report->waits = waits;
    report->places = places;
    report->odds = odds;
    return 0;
}

static int fill_slow(const struct after *after, struct arena *arena, Usher__V1__AfterReport *report)
{
    const uint32_t count = after->slow_count < AFTER_SLOW_MAX ? after->slow_count : AFTER_SLOW_MAX;
    Usher__V1__AfterSlow *slow = arena_alloc(arena, count * sizeof(*slow));
    report->slow = arena_alloc(arena, count * sizeof(*report->slow));
    if (!slow || !report->slow)
        return ERR_NO_MEMORY;
    report->slow_count = after->slow_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct line_entry *entry = &after->slow[i];
        usher__v1__after_slow__init(&slow[i]);
        slow[i].at_ms = entry->at_ms;
        slow[i].capacity = entry->kind == LINE_CAPACITY ? entry->number : 0;
        slow[i].reason = entry->kind == LINE_CAPACITY ? keeper_why(arena, entry)
                                                      : (char *)"the organiser paused the line";
        if (!slow[i].reason)
            return ERR_NO_MEMORY;
        report->slow[report->n_slow++] = &slow[i];
    }
    return 0;
}

static int fill(struct call *call, const struct keeper *keeper, const struct after *after,
                Usher__V1__AfterReport *report)
{
    struct arena *arena = call_arena(call);
    report->sale_id = keeper->sale.sale_id;
    report->name = arena_copy(arena, keeper->sale.name);
    report->from_ms = after->first_ms;
    report->to_ms = after->line.at_ms;
    report->opened_at_ms = after->line.opened_at_ms;
    report->sold_out = after->line.over == LINE_OVER_SOLD_OUT;
    report->skipped = (uint32_t)after->line.ended[LINE_END_SKIPPED];
    report->left = (uint32_t)after->line.ended[LINE_END_LEFT];
    int err = report->name ? fill_curve(after, arena, report) : ERR_NO_MEMORY;
    if (!err)
        err = fill_people(after, arena, report);
    if (!err)
        err = fill_slow(after, arena, report);
    return err ? err
               : room_fill_told(call, keeper->room, atomic_load(&keeper->organiser_id),
                                &keeper->sale, report);
}

/* ---- of a performance without a line ---- */

/* Its name and whose it is. Non-zero after call_fail. */
static int look(struct call *call, const struct waitroom *room, uint32_t performance_id,
                uint32_t *ret_organiser_id, char **ret_name)
{
    Usher__V1__GetSaleLoadRequest wish = USHER__V1__GET_SALE_LOAD_REQUEST__INIT;
    Usher__V1__GetPerformanceRequest named = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__SaleLoad *load;
    const Usher__V1__Performance *performance;
    struct client client;
    client_init(&client, room_tickets(room), &usher__v1__ticket_service__descriptor,
                call_arena(call));
    client.deadline_ns = call_deadline_ns(call);
    wish.performance_id = named.performance_id = performance_id;
    int err = client_call(&client, Usher__V1__TicketService, get_sale_load, &wish, &load);
    if (!err && !identity_has_for(call_identity(call), load->organiser_id, ROLES_MANAGE))
        err = ERR_NOT_FOUND; /* a stranger is not told that it is there */
    if (!err)
        err = client_call(&client, Usher__V1__TicketService, get_performance, &named, &performance);
    if (err == ERR_NOT_FOUND || client.status.code == CODE_NOT_FOUND)
        return room_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "performance_id", "no performance %u",
                         performance_id);
    if (err)
        return room_refused(call, ERR_UNAVAILABLE);
    *ret_organiser_id = load->organiser_id;
    *ret_name = performance->event_name;
    return 0;
}

static int report_alone(struct call *call, uint32_t performance_id, Usher__V1__AfterReport *report)
{
    struct waitroom *room = call_state(call);
    const struct line_rules rules = {0};
    const struct line_sale sale = {.performance_count = 1, .performance_ids = {performance_id}};
    struct after after;
    uint32_t organiser_id = 0;
    int err = look(call, room, performance_id, &organiser_id, &report->name);
    if (err)
        return err;
    report->ledgers = arena_alloc(call_arena(call), sizeof(*report->ledgers));
    if (!report->ledgers)
        return room_refused(call, ERR_NO_MEMORY);
    after_init(&after, &rules);
    err = read_performance(call, room, performance_id, &after, report);
    report->performance_id = performance_id;
    report->from_ms = after.first_ms;
    report->to_ms = after.last_ms;
    if (!err)
        err = fill_curve(&after, call_arena(call), report);
    if (!err)
        err = fill_people(&after, call_arena(call), report);
    report->funnel = NULL;
    report->waits = NULL;
    report->odds = NULL;
    if (!err)
        err = room_fill_told(call, room, organiser_id, &sale, report);
    after_release(&after);
    return err ? room_refused(call, err) : 0;
}

int waitroom_get_after_report(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetAfterReportRequest *wish = request;
    Usher__V1__AfterReport *report = response;
    struct waitroom *here = call_state(call);
    uint32_t sale_id = wish->sale_id;
    if (sale_id == 0 && wish->performance_id > 0 && wish->performance_id <= STORE_PERFORMANCES_MAX)
        sale_id = atomic_load(&here->sale_of[wish->performance_id]);
    if (sale_id == 0 && wish->performance_id > 0)
        return report_alone(call, wish->performance_id, report);
    struct keeper *keeper = room_own_sale(call, sale_id);
    struct after after;
    if (!keeper)
        return ERR_NOT_FOUND;
    const struct line_sale *sale = &keeper->sale;
    const struct waitroom *room = keeper->room;
    report->ledgers =
        arena_alloc(call_arena(call), (1 + sale->performance_count) * sizeof(*report->ledgers));
    if (!report->ledgers)
        return room_refused(call, ERR_NO_MEMORY);
    after_init(&after, &keeper->line.rules);
    int err = read_line(call, room, sale->sale_id, &after, report);
    const bool over = after.line.state == LINE_OVER;
    for (uint32_t i = 0; i < sale->performance_count && !err && over; i++)
        err = read_performance(call, room, sale->performance_ids[i], &after, report);
    if (!err && over)
        err = fill(call, keeper, &after, report);
    after_release(&after);
    if (!err && !over)
        return room_fail(call, CODE_FAILED_PRECONDITION, "LINE_NOT_OVER", NULL,
                         "the report is made when the line is over");
    return err ? room_refused(call, err) : 0;
}
