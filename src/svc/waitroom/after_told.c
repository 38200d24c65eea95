/* What the report after a sale has that is in no ledger: who was refused and why, how fast holds
 * were answered, who was barred, and by whom. All of it is stored, so it is told the same again. */
#include "err/err.h"
#include "observe/log.h"
#include "svc/waitroom/desk.h"
#include "token/roles.h"

void room_keep_counts(struct waitroom *room)
{
    const int err = tally_keep(&room->tally, room->options.sql,
                               clock_wall_ms(loop_clock(sched_loop(sched_current()))),
                               deadline_after_ms(fiber_now_ns(), 10 * TALLY_KEEP_MS));
    if (err != 0)
        log_event(LOG_WARN, "refusals.keep", log_err(err));
}

static int fill_refusals(const struct refusals *refusals, struct arena *arena,
                         Usher__V1__AfterReport *report)
{
    Usher__V1__AfterRefusal *rows = arena_alloc(arena, refusals->sum_count * sizeof(*rows));
    report->refusals = arena_alloc(arena, refusals->sum_count * sizeof(*report->refusals));
    if (!rows || !report->refusals)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < refusals->sum_count; i++) {
        const struct refusal_sum *sum = &refusals->sums[i];
        usher__v1__after_refusal__init(&rows[i]);
        rows[i].reason = (char *)sum->reason.at;
        rows[i].count = sum->count;
        rows[i].first_ms = sum->first_ms;
        rows[i].last_ms = sum->last_ms;
        report->refusals[report->n_refusals++] = &rows[i];
    }
    return 0;
}

static int fill_answers(const struct refusals *refusals, struct arena *arena,
                        Usher__V1__AfterReport *report)
{
    const uint32_t count =
        refusals->slow_count < REFUSAL_SLOW_MAX ? refusals->slow_count : REFUSAL_SLOW_MAX;
    Usher__V1__AfterAnswers *answers = arena_alloc(arena, sizeof(*answers));
    Usher__V1__AfterSlowMinute *minutes = arena_alloc(arena, count * sizeof(*minutes));
    if (!answers || !minutes)
        return ERR_NO_MEMORY;
    usher__v1__after_answers__init(answers);
    answers->slow = arena_alloc(arena, count * sizeof(*answers->slow));
    if (!answers->slow)
        return ERR_NO_MEMORY;
    answers->holds = refusals->answered;
    answers->p50_ms = refusals->p50_ms;
    answers->p95_ms = refusals->p95_ms;
    answers->p99_ms = refusals->p99_ms;
    answers->slow_count = refusals->slow_count;
    for (uint32_t i = 0; i < count; i++) {
        usher__v1__after_slow_minute__init(&minutes[i]);
        minutes[i].at_ms = refusals->slow[i].at_ms;
        minutes[i].p95_ms = refusals->slow[i].p95_ms;
        answers->slow[answers->n_slow++] = &minutes[i];
    }
    report->answers = refusals->answered > 0 ? answers : NULL;
    return 0;
}

static int fill_bar(const struct bar_made *made, struct arena *arena,
                    Usher__V1__AfterReport *report)
{
    char by[ID_TEXT_CHARS + 1] = "";
    Usher__V1__AfterBar *bar = arena_alloc(arena, sizeof(*bar));
    if (!bar)
        return ERR_NO_MEMORY;
    usher__v1__after_bar__init(bar);
    if (!id_is_zero(made->account_id))
        id_format(made->account_id, by);
    bar->at_ms = made->at_ms;
    bar->value = (char *)made->subject.at;
    bar->reason = (char *)made->reason.at;
    bar->made_by = arena_copy(arena, view_str(by));
    bar->ended_at_ms = made->ended_at_ms;
    bar->block = made->by_operator;
    report->bars[report->n_bars++] = bar;
    return bar->made_by ? 0 : ERR_NO_MEMORY;
}

static int fill_bars(struct call *call, const struct waitroom *room, uint32_t organiser_id,
                     Usher__V1__AfterReport *report)
{
    struct arena *arena = call_arena(call);
    const bool blocks = identity_has(call_identity(call), ROLE_OPERATOR);
    struct bar_made *made;
    size_t count = 0;
    int err = bars_made(room->options.sql, organiser_id, blocks, report->from_ms, report->to_ms,
                        arena, &made, &count, call_deadline_ns(call));
    report->bars = err ? NULL : arena_alloc(arena, count * sizeof(*report->bars));
    if (!err && !report->bars)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; i < count && !err; i++)
        err = fill_bar(&made[i], arena, report);
    return err;
}

int room_fill_told(struct call *call, struct waitroom *room, uint32_t organiser_id,
                   const struct line_sale *sale, Usher__V1__AfterReport *report)
{
    struct refusals refusals;
    room_keep_counts(room);
    int err = refusals_read(room->options.sql, sale->sale_id, sale->performance_ids,
                            sale->performance_count, report->from_ms, report->to_ms,
                            call_arena(call), &refusals, call_deadline_ns(call));
    if (!err)
        err = fill_refusals(&refusals, call_arena(call), report);
    if (!err)
        err = fill_answers(&refusals, call_arena(call), report);
    return err || organiser_id == 0 ? err : fill_bars(call, room, organiser_id, report);
}
