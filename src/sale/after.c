#include "sale/after.h"

#include <math.h>
#include <stdlib.h>

#define ROOM_FIRST 256

enum { JOINED = 1, CALLED = 2, CAME_IN = 4, HELD = 8, ORDERED = 16 };

void after_init(struct after *after, const struct line_rules *rules)
{
    *after = (struct after){.step_ms = 1000};
    line_init(&after->line, rules);
}

void after_release(struct after *after)
{
    line_release(&after->line);
    table_release(&after->accounts);
    table_release(&after->holds);
    free(after->people);
    free(after->buyers);
    *after = (struct after){0};
}

/* ---- the curve ---- */

/* Twice as long steps, half as many. */
static void halve(struct after *after)
{
    for (uint32_t i = 0; i < AFTER_STEPS_MAX; i++) {
        const struct after_step step = after->steps[i];
        after->steps[i] = (struct after_step){0};
        struct after_step *into = &after->steps[i / 2];
        into->joined += step.joined;
        into->called += step.called;
        into->came_in += step.came_in;
        into->held += step.held;
        into->sold += step.sold;
        into->given_back += step.given_back;
        into->taken += step.taken;
    }
    after->step_ms *= 2;
    after->step_count = (after->step_count + 1) / 2;
}

/* The step of that time; what came before the line's first entry is in the first. */
static struct after_step *step_at(struct after *after, int64_t at_ms)
{
    if (after->first_ms == 0)
        after->first_ms = at_ms;
    const int64_t since_ms = at_ms > after->first_ms ? at_ms - after->first_ms : 0;
    while (since_ms / after->step_ms >= AFTER_STEPS_MAX)
        halve(after);
    const uint32_t at = (uint32_t)(since_ms / after->step_ms);
    if (at >= after->step_count)
        after->step_count = at + 1;
    return &after->steps[at];
}

/* ---- accounts ---- */

/* NULL: no memory. */
static struct after_account *account_of(struct after *after, struct id account_id)
{
    uint32_t at;
    if (table_get(&after->accounts, account_id, &at))
        return &after->buyers[at];
    if (after->buyers_count == after->buyers_room) {
        const uint32_t room = after->buyers_room ? 2 * after->buyers_room : ROOM_FIRST;
        struct after_account *buyers = realloc(after->buyers, room * sizeof(*buyers));
        if (!buyers)
            return NULL;
        after->buyers = buyers;
        after->buyers_room = room;
    }
    at = after->buyers_count;
    if (table_reserve(&after->accounts, at + 1) || table_put(&after->accounts, account_id, at))
        return NULL;
    after->buyers[after->buyers_count++] = (struct after_account){0};
    return &after->buyers[at];
}

static int mark(struct after *after, struct id account_id, uint8_t marks)
{
    struct after_account *account = id_is_zero(account_id) ? NULL : account_of(after, account_id);
    if (account)
        account->marks |= marks;
    return account || id_is_zero(account_id) ? 0 : ERR_NO_MEMORY;
}

/* ---- the line ---- */

static int make_room(struct after *after)
{
    if (after->line.count > AFTER_PEOPLE_MAX)
        return ERR_FULL;
    if (after->line.count <= after->people_room)
        return 0;
    uint32_t room = after->people_room ? 2 * after->people_room : ROOM_FIRST;
    while (room < after->line.count)
        room *= 2;
    struct after_person *people = realloc(after->people, room * sizeof(*people));
    if (!people)
        return ERR_NO_MEMORY;
    for (uint32_t i = after->people_room; i < room; i++)
        people[i] = (struct after_person){0};
    after->people = people;
    after->people_room = room;
    return 0;
}

/* What a person is told of his wait at that moment. */
static void tell(struct after *after, uint32_t number, int64_t at_ms)
{
    const struct line *line = &after->line;
    struct after_person *person = &after->people[number - 1];
    if (person->told_at_ms || line->state != LINE_OPEN || number <= line->serving)
        return;
    person->waits_from_ms = at_ms;
    person->ahead = number - line->serving - 1;
    pace_estimate(&line->pace, at_ms, number - line->serving - 1, line->capacity,
                  line->rules.pass_ms, &person->told_min_ms, &person->told_max_ms);
    if (person->told_max_ms > 0)
        person->told_at_ms = at_ms;
}

/* The numbers from the last one served on, up to the line's. */
static int note_calls(struct after *after, uint32_t served, int64_t at_ms)
{
    for (uint32_t number = served + 1; number <= after->line.serving; number++) {
        const struct person *person = line_person(&after->line, number);
        struct after_person *told = &after->people[number - 1];
        if (person->state != PERSON_CALLED)
            continue;
        told->called = true;
        step_at(after, at_ms)->called++;
        int err = mark(after, person->account_id, CALLED);
        if (err)
            return err;
        const int64_t wait_ms = at_ms - (told->told_at_ms ? told->told_at_ms : at_ms);
        if (wait_ms > after->longest_ms)
            after->longest_ms = wait_ms;
        if (!told->told_at_ms)
            continue;
        after->told++;
        after->shorter += wait_ms < told->told_min_ms;
        after->longer += wait_ms > told->told_max_ms;
        after->within += wait_ms >= told->told_min_ms && wait_ms <= told->told_max_ms;
    }
    return 0;
}

/* entered: the accounts in the order in which they entered. */
static void judge_draw(struct after *after, const struct id *entered, uint32_t count)
{
    const double n = count;
    const uint32_t half = count / 2;
    double squares = 0;
    uint32_t early = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t number = line_find(&after->line, entered[i]);
        const double apart = (double)(i + 1) - (double)number;
        squares += apart * apart;
        early += i < half && number <= half;
    }
    after->drawn = true;
    after->entrants = count;
    if (half == 0)
        return;
    after->correlation = (int32_t)lround(1000 * (1 - 6 * squares / (n * (n * n - 1))));
    after->by_chance = (uint32_t)lround(1000 * fmin(1, 1.96 / sqrt(n - 1)));
    after->first_half = early * 1000u / half;
}

static int add_draw(struct after *after, const struct line_entry *entry)
{
    const uint32_t count = after->line.entrants;
    struct id *entered = malloc((count + 1) * sizeof(*entered));
    if (!entered)
        return ERR_NO_MEMORY;
    line_entrants(&after->line, entered);
    int err = line_apply(&after->line, entry);
    if (!err)
        err = make_room(after);
    if (!err)
        judge_draw(after, entered, count);
    free(entered);
    return err;
}

static void note_slow(struct after *after, const struct line_entry *entry)
{
    if (after->slow_count < AFTER_SLOW_MAX)
        after->slow[after->slow_count] = *entry;
    after->slow_count++;
}

/* What an entry that was applied means; before: how the line was. */
static int note_entry(struct after *after, const struct line_entry *entry, uint32_t served,
                      uint32_t capacity)
{
    const struct line *line = &after->line;
    switch (entry->kind) {
    case LINE_ENTERED_DRAW:
    case LINE_JOINED:
        step_at(after, entry->at_ms)->joined++;
        if (entry->kind == LINE_JOINED)
            tell(after, entry->number, entry->at_ms);
        return mark(after, entry->account_id, JOINED);
    case LINE_OPENED:
        for (uint32_t number = 1; number <= line->count; number++)
            tell(after, number, entry->at_ms);
        return 0;
    case LINE_CALLED_UP_TO:
        return note_calls(after, served, entry->at_ms);
    case LINE_CAME_IN:
        if (entry->other > 1)
            return 0; /* a newer pass */
        step_at(after, entry->at_ms)->came_in++;
        return mark(after, line_person(line, entry->number)->account_id, CAME_IN);
    case LINE_CAPACITY:
        if (line->capacity < capacity)
            note_slow(after, entry);
        return 0;
    case LINE_HALTED:
    case LINE_STOPPED:
        note_slow(after, entry);
        return 0;
    case LINE_DRAW_OPENED:
    case LINE_LEFT_DRAW:
    case LINE_DRAWN:
    case LINE_ENDED:
    case LINE_LIMITS:
    case LINE_RESUMED:
    case LINE_CLOSED:
    case LINE_BEACON_NAMED:
    case LINE_BEACON_GIVEN:
        return 0;
    }
    return ERR_CORRUPT;
}

int after_add_line(struct after *after, struct view body)
{
    int err = 0;
    while (body.len > 0 && !err) {
        struct line_entry entry;
        const uint32_t served = after->line.serving, capacity = after->line.capacity;
        err = line_entry_read(&body, &entry);
        if (err)
            return err;
        if (after->first_ms == 0)
            after->first_ms = entry.at_ms;
        err = entry.kind == LINE_DRAWN ? add_draw(after, &entry) : line_apply(&after->line, &entry);
        if (!err)
            err = make_room(after);
        if (!err)
            err = note_entry(after, &entry, served, capacity);
    }
    return err;
}

/* ---- the performances ---- */

static int add_order(struct after *after, const struct change *change)
{
    struct after_account *account = account_of(after, change->account_id);
    if (!account)
        return ERR_NO_MEMORY;
    account->marks |= ORDERED;
    account->places += change->seat_count;
    after->orders++;
    after->places_sold += change->seat_count;
    return 0;
}

/* So many places went, or came back. */
static void take(struct after *after, int64_t count, int64_t at_ms)
{
    if (at_ms < after->first_ms)
        after->taken_before += count;
    else
        step_at(after, at_ms)->taken += count;
}

static int take_held(struct after *after, const struct change *change, int64_t at_ms)
{
    after->hold_count++;
    step_at(after, at_ms)->held += change->seat_count;
    take(after, change->seat_count, at_ms);
    int err = table_reserve(&after->holds, after->holds.count + 1);
    if (!err)
        err = table_put(&after->holds, change->hold_id, change->seat_count);
    return err ? err : mark(after, change->account_id, HELD);
}

static void let_go(struct after *after, struct id hold_id, int64_t at_ms)
{
    uint32_t count;
    after->holds_unused++;
    if (!table_get(&after->holds, hold_id, &count))
        return;
    take(after, -(int64_t)count, at_ms);
    table_remove(&after->holds, hold_id);
}

int after_add_change(struct after *after, const struct change *change, int64_t at_ms)
{
    after->first_ms = after->first_ms == 0 ? at_ms : after->first_ms;
    after->last_ms = at_ms > after->last_ms ? at_ms : after->last_ms;
    switch (change->kind) {
    case CHANGE_HOLD:
    case CHANGE_OFFER:
        return take_held(after, change, at_ms);
    case CHANGE_SALE:
        table_remove(&after->holds, change->hold_id);
        step_at(after, at_ms)->sold += change->seat_count;
        return add_order(after, change);
    case CHANGE_RELEASE:
    case CHANGE_EXPIRY:
        let_go(after, change->hold_id, at_ms);
        return 0;
    case CHANGE_CANCEL:
    case CHANGE_GIVE_BACK:
        after->places_given_back += change->seat_count;
        step_at(after, at_ms)->given_back += change->seat_count;
        take(after, -(int64_t)change->seat_count, at_ms);
        return 0;
    case CHANGE_BLOCK:
    case CHANGE_UNBLOCK:
        take(after,
             change->kind == CHANGE_BLOCK ? change->seat_count : -(int64_t)change->seat_count,
             at_ms);
        return 0;
    case CHANGE_MOVE: /* as many as before */
    case CHANGE_RESTED:
    case CHANGE_SALE_STATE:
    case CHANGE_ORDER_KEY:
    case CHANGE_COLLECT:
    case CHANGE_EXTEND:
    case CHANGE_CHOOSE:
    case CHANGE_CLOCK:
    case CHANGE_PRICES:
    case CHANGE_PRICE_PLAN:
    case CHANGE_PRICE_PLAN_END:
    case CHANGE_WAITING:
    case CHANGE_WISH:
    case CHANGE_WISH_END:
        return 0;
    }
    return ERR_CORRUPT;
}

void after_count(const struct after *after, struct after_funnel *ret_funnel)
{
    struct after_funnel f = {0};
    for (uint32_t i = 0; i < after->buyers_count; i++) {
        const uint8_t marks = after->buyers[i].marks;
        f.joined += (marks & JOINED) != 0;
        f.called += (marks & CALLED) != 0;
        f.came_in += (marks & CAME_IN) != 0;
        f.held += (marks & (CAME_IN | HELD)) == (CAME_IN | HELD);
        f.ordered += (marks & (CAME_IN | ORDERED)) == (CAME_IN | ORDERED);
        f.ordered_otherwise += (marks & ORDERED) && !(marks & CAME_IN);
        f.buyers += (marks & ORDERED) != 0;
        if (after->buyers[i].places > f.most_places)
            f.most_places = after->buyers[i].places;
    }
    *ret_funnel = f;
}

void after_judge_odds(const struct after *after, struct after_odds *ret_odds)
{
    int64_t free[AFTER_STEPS_MAX], left = after->places - after->taken_before;
    for (uint32_t i = 0; i < after->step_count; i++) {
        free[i] = left;
        left -= after->steps[i].taken;
    }
    *ret_odds = (struct after_odds){0};
    for (uint32_t number = 1; number <= after->line.count; number++) {
        const struct after_person *person = &after->people[number - 1];
        const bool ended = line_person(&after->line, number)->state == PERSON_ENDED;
        if (!person->waits_from_ms || (ended && !person->called))
            continue;
        const int64_t step = (person->waits_from_ms - after->first_ms) / after->step_ms;
        const int64_t here = step < after->step_count ? free[step] : left;
        uint32_t *to = &ret_odds->none, *called = &ret_odds->none_called;
        if (here > 0 && here >= (int64_t)AFTER_PLACES_EACH * person->ahead) {
            to = &ret_odds->likely;
            called = &ret_odds->likely_called;
        } else if (here > 0) {
            to = &ret_odds->unlikely;
            called = &ret_odds->unlikely_called;
        }
        (*to)++;
        *called += person->called;
    }
}
