#include "line/line.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>

#include "err/err.h"
#include "line/draw.h"

void line_init(struct line *line, const struct line_rules *rules)
{
    *line = (struct line){.rules = *rules, .state = LINE_ANNOUNCED, .claim_next = 1};
}

static uint32_t chunks_of(uint32_t count)
{
    return (count + LINE_CHUNK - 1) / LINE_CHUNK;
}

void line_release(struct line *line)
{
    for (uint32_t i = 0; i < chunks_of(line->count); i++)
        free(line->chunks[i]);
    free(line->chunks);
    table_release(&line->accounts);
    *line = (struct line){0};
}

struct person *line_person(const struct line *line, uint32_t number)
{
    assert(number >= 1 && number <= line->count);
    return &line->chunks[(number - 1) / LINE_CHUNK][(number - 1) % LINE_CHUNK];
}

uint32_t line_find(const struct line *line, struct id account_id)
{
    uint32_t number = 0;
    table_get(&line->accounts, account_id, &number);
    return number;
}

void line_entrants(const struct line *line, struct id *ret_accounts)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i <= line->count; i++) {
        const struct person *person = line_person(line, i);
        if (person->state == PERSON_IN_DRAW)
            ret_accounts[found++] = person->account_id;
    }
    assert(found == line->entrants);
}

/* ---- waits ---- */

int64_t line_run_ms(const struct line *line, int64_t at_ms)
{
    return (line->stopped ? line->stopped_at_ms : at_ms) - line->stood_ms;
}

uint32_t line_wait_class(int64_t wait_ms)
{
    if (wait_ms <= 1)
        return 0;
    const uint32_t class = (uint32_t)ceil(4 * log2((double)wait_ms));
    return class < LINE_WAITS * 2 ? class / 2 : LINE_WAITS - 1;
}

int64_t line_wait_of(uint32_t class)
{
    return (int64_t)exp2((double)(2 * class + 1) / 4);
}

int64_t line_wait_percentile(const struct line *line, double part)
{
    uint64_t all = 0, seen = 0;
    for (uint32_t i = 0; i < LINE_WAITS; i++)
        all += line->waits[i];
    for (uint32_t i = 0; i < LINE_WAITS && all > 0; i++) {
        seen += line->waits[i];
        if ((double)seen >= part * (double)all)
            return line_wait_of(i);
    }
    return 0;
}

/* ---- people ---- */

static int add_person(struct line *line, struct id account_id, int64_t at_ms,
                      enum person_state state)
{
    if (line->count == LINE_PEOPLE_MAX)
        return ERR_FULL;
    if (line->count % LINE_CHUNK == 0) {
        const uint32_t chunks = chunks_of(line->count);
        struct person **list = realloc(line->chunks, (chunks + 1) * sizeof(*list));
        if (!list)
            return ERR_NO_MEMORY;
        line->chunks = list;
        list[chunks] = malloc(LINE_CHUNK * sizeof(**list));
        if (!list[chunks])
            return ERR_NO_MEMORY;
    }
    if (line->accounts.count == line->accounts.max) {
        const uint32_t more = line->accounts.max < 256 ? 256 : line->accounts.max / 2;
        if (table_reserve(&line->accounts, line->accounts.max + more) != 0) {
            if (line->count % LINE_CHUNK == 0)
                free(line->chunks[chunks_of(line->count)]);
            return ERR_NO_MEMORY;
        }
    }
    const int err = table_put(&line->accounts, account_id, ++line->count);
    assert(err == 0);
    *line_person(line, line->count) = (struct person){.account_id = account_id,
                                                      .joined_at_ms = at_ms,
                                                      .since_ms = line_run_ms(line, at_ms),
                                                      .state = (uint8_t)state};
    return 0;
}

/* The counter of a state; ENDED is counted by how. */
static uint32_t *counter(struct line *line, uint8_t state)
{
    switch ((enum person_state)state) {
    case PERSON_IN_DRAW:
        return &line->entrants;
    case PERSON_WAITING:
        return &line->waiting;
    case PERSON_CALLED:
        return &line->called;
    case PERSON_INSIDE:
        return &line->inside;
    case PERSON_ENDED:
        break;
    }
    assert(!"a state that is counted");
    return NULL;
}

static void move(struct line *line, struct person *person, enum person_state to, int64_t at_ms)
{
    (*counter(line, person->state))--;
    if (to != PERSON_ENDED)
        (*counter(line, (uint8_t)to))++;
    person->state = (uint8_t)to;
    person->since_ms = line_run_ms(line, at_ms);
}

static void end(struct line *line, struct person *person, enum line_end how, int64_t at_ms)
{
    move(line, person, PERSON_ENDED, at_ms);
    person->how = (uint8_t)how;
    line->ended[how]++;
}

/* Those who are no longer waited for leave the front of both rows at once. */
static void pass_over(struct line *line)
{
    while (line->claim_next <= line->serving &&
           line_person(line, line->claim_next)->state != PERSON_CALLED)
        line->claim_next++;
    while (line->inside_first != 0 &&
           line_person(line, line->inside_first)->state == PERSON_ENDED) {
        line->inside_first = line_person(line, line->inside_first)->next;
        if (line->inside_first == 0)
            line->inside_last = 0;
    }
}

/* ---- the kinds: each checks its rules, then changes the line ---- */

static bool may_join(const struct line *line, struct id account_id)
{
    const uint32_t number = line_find(line, account_id);
    return number == 0 || line_person(line, number)->state == PERSON_ENDED;
}

static int enter_draw(struct line *line, const struct line_entry *entry)
{
    if (line->state != LINE_DRAW || line->beacon.given || !may_join(line, entry->account_id))
        return ERR_CORRUPT;
    const int err = add_person(line, entry->account_id, entry->at_ms, PERSON_IN_DRAW);
    line->entrants += err == 0;
    return err;
}

static int leave_draw(struct line *line, const struct line_entry *entry)
{
    const uint32_t place = line_find(line, entry->account_id);
    if (line->state != LINE_DRAW || place == 0 || line_person(line, place)->state != PERSON_IN_DRAW)
        return ERR_CORRUPT;
    end(line, line_person(line, place), LINE_END_LEFT, entry->at_ms);
    return 0;
}

static int join(struct line *line, const struct line_entry *entry)
{
    const bool open = line->state == LINE_OPEN || (line->state == LINE_PAUSED && line->opened);
    if (!open || entry->number != line->count + 1 || !may_join(line, entry->account_id))
        return ERR_CORRUPT;
    const int err = add_person(line, entry->account_id, entry->at_ms, PERSON_WAITING);
    line->waiting += err == 0;
    line->joined += err == 0;
    return err;
}

static int call_up_to(struct line *line, const struct line_entry *entry)
{
    uint32_t calls = 0;
    if (line->state != LINE_OPEN || entry->number <= line->serving || entry->number > line->count)
        return ERR_CORRUPT;
    for (uint32_t i = line->serving + 1; i <= entry->number; i++)
        calls += line_person(line, i)->state == PERSON_WAITING;
    if ((uint64_t)line->called + line->inside + calls > line->capacity)
        return ERR_CORRUPT; /* more than may be inside */
    for (uint32_t i = line->serving + 1; i <= entry->number; i++) {
        struct person *person = line_person(line, i);
        if (person->state != PERSON_WAITING)
            continue;
        const int64_t from_ms =
            person->joined_at_ms > line->opened_at_ms ? person->joined_at_ms : line->opened_at_ms;
        line->waits[line_wait_class(entry->at_ms - from_ms)]++;
        move(line, person, PERSON_CALLED, entry->at_ms);
    }
    pace_note(&line->pace, entry->at_ms, calls);
    line->admitted += calls;
    line->serving = entry->number;
    pass_over(line);
    return 0;
}

static int come_in(struct line *line, const struct line_entry *entry)
{
    if (!line->opened || entry->number < 1 || entry->number > line->serving)
        return ERR_CORRUPT;
    struct person *person = line_person(line, entry->number);
    if ((person->state != PERSON_CALLED && person->state != PERSON_INSIDE) ||
        entry->other != person->serial + 1u || entry->other > UINT16_MAX)
        return ERR_CORRUPT;
    person->serial = (uint16_t)entry->other;
    if (person->state == PERSON_INSIDE)
        return 0; /* a newer pass, with the old one's end */
    move(line, person, PERSON_INSIDE, entry->at_ms);
    if (line->inside_last != 0)
        line_person(line, line->inside_last)->next = entry->number;
    else
        line->inside_first = entry->number;
    line->inside_last = entry->number;
    pass_over(line);
    return 0;
}

static int end_number(struct line *line, const struct line_entry *entry)
{
    if (!line->drawn || entry->number < 1 || entry->number > line->count)
        return ERR_CORRUPT;
    struct person *person = line_person(line, entry->number);
    const int64_t here_ms = line_run_ms(line, entry->at_ms) - person->since_ms;
    bool fits = false;
    switch ((enum line_end)entry->how) {
    case LINE_END_LEFT:
        fits = person->state == PERSON_WAITING || person->state == PERSON_CALLED ||
               person->state == PERSON_INSIDE;
        break;
    case LINE_END_PAID:
        fits = person->state == PERSON_INSIDE;
        break;
    case LINE_END_TIME:
        fits = person->state == PERSON_INSIDE && here_ms >= line->rules.pass_ms;
        break;
    case LINE_END_SKIPPED:
        fits = person->state == PERSON_CALLED && here_ms >= line->rules.claim_ms;
        break;
    }
    if (!fits)
        return ERR_CORRUPT;
    end(line, person, (enum line_end)entry->how, entry->at_ms);
    pass_over(line);
    return 0;
}

static int set_capacity(struct line *line, const struct line_entry *entry)
{
    if (entry->number < line->capacity_min || entry->number > line->capacity_max ||
        line->state == LINE_OVER)
        return ERR_CORRUPT;
    line->capacity = entry->number;
    line->changes[line->change_count++ % LINE_CHANGES_MAX] = *entry;
    return 0;
}

static int set_limits(struct line *line, const struct line_entry *entry)
{
    if (entry->number == 0 || entry->number > entry->other || line->state == LINE_OVER)
        return ERR_CORRUPT;
    line->capacity_min = entry->number;
    line->capacity_max = entry->other;
    return 0;
}

static int set_state(struct line *line, const struct line_entry *entry)
{
    enum line_state to = line->state;
    bool fits = false;
    switch (entry->kind) {
    case LINE_DRAW_OPENED:
        fits = line->state == LINE_ANNOUNCED;
        to = LINE_DRAW;
        break;
    case LINE_OPENED:
        fits = !line->opened &&
               (line->drawn ? line->state == LINE_DRAW : line->state == LINE_ANNOUNCED);
        to = LINE_OPEN;
        break;
    case LINE_HALTED:
        fits = line->state == LINE_OPEN;
        to = LINE_PAUSED;
        break;
    case LINE_STOPPED:
        fits = line->state == LINE_OPEN || (line->state == LINE_PAUSED && !line->stopped);
        to = LINE_PAUSED;
        break;
    case LINE_RESUMED:
        fits = line->state == LINE_PAUSED ||
               (line->state == LINE_OVER && line->over == LINE_OVER_SOLD_OUT);
        to = LINE_OPEN;
        break;
    case LINE_CLOSED:
        fits = line->state != LINE_OVER ||
               (line->over == LINE_OVER_SOLD_OUT && entry->how == LINE_OVER_TIME);
        to = LINE_OVER;
        break;
    default:
        break;
    }
    if (!fits)
        return ERR_CORRUPT;
    if (line->stopped) {
        line->stood_ms += entry->at_ms - line->stopped_at_ms;
        line->stopped = false;
    }
    if (entry->kind == LINE_STOPPED) {
        line->stopped = true;
        line->stopped_at_ms = entry->at_ms;
    }
    if (entry->kind == LINE_OPENED) {
        line->opened = line->drawn = true; /* without a draw it is an empty one */
        line->opened_at_ms = entry->at_ms;
    }
    line->state = to;
    line->over = entry->kind == LINE_CLOSED ? (enum line_over)entry->how : line->over;
    return 0;
}

/* ---- the draw ---- */

/* Named before anybody can come, given once, and then nobody comes any more. */
static int set_beacon(struct line *line, const struct line_entry *entry)
{
    struct line_beacon *beacon = &line->beacon;
    const bool names = entry->kind == LINE_BEACON_NAMED;
    const bool fits = names ? line->state == LINE_ANNOUNCED && !beacon->named
                            : line->state == LINE_DRAW && !line->drawn && beacon->named &&
                                  !beacon->given && entry->number == beacon->round;
    if (!fits || entry->number == 0)
        return ERR_CORRUPT;
    *(names ? &beacon->named : &beacon->given) = true;
    beacon->round = entry->number;
    memcpy(names ? beacon->chain : beacon->randomness, entry->root, LINE_HASH_BYTES);
    return 0;
}

void line_seed(const struct line *line, const uint8_t secret[LINE_HASH_BYTES],
               uint8_t ret_seed[LINE_HASH_BYTES])
{
    const struct line_beacon *beacon = &line->beacon;
    if (beacon->given)
        draw_mix(secret, beacon->chain, beacon->round, beacon->randomness, ret_seed);
    else
        memcpy(ret_seed, secret, LINE_HASH_BYTES);
}

/* People in the order of the draw, in pieces of their own. Entrants who left are forgotten. */
static int renumber(struct line *line, const struct id *order)
{
    struct line fresh = {0};
    for (uint32_t i = 0; i < line->entrants; i++) {
        const uint32_t place = line_find(line, order[i]);
        int err = place != 0 && line_person(line, place)->state == PERSON_IN_DRAW &&
                          line_find(&fresh, order[i]) == 0
                      ? add_person(&fresh, order[i], line_person(line, place)->joined_at_ms,
                                   PERSON_WAITING)
                      : ERR_CORRUPT;
        if (err != 0) {
            line_release(&fresh);
            return err;
        }
    }
    for (uint32_t i = 0; i < chunks_of(line->count); i++)
        free(line->chunks[i]);
    free(line->chunks);
    table_release(&line->accounts);
    line->chunks = fresh.chunks;
    line->accounts = fresh.accounts;
    line->count = fresh.count;
    return 0;
}

static bool may_draw(const struct line *line, const struct line_entry *entry)
{
    uint8_t commitment[LINE_HASH_BYTES];
    draw_commit(entry->secret, commitment);
    return line->state == LINE_DRAW && !line->drawn && entry->number == line->entrants &&
           entry->at_ms >= line->at_ms &&
           memcmp(commitment, line->rules.commitment, LINE_HASH_BYTES) == 0;
}

int line_apply_draw(struct line *line, const struct line_entry *entry, const struct id *order)
{
    assert(entry->kind == LINE_DRAWN);
    const int err = may_draw(line, entry) ? renumber(line, order) : ERR_CORRUPT;
    if (err != 0)
        return err;
    memcpy(line->secret, entry->secret, LINE_HASH_BYTES);
    memcpy(line->root, entry->root, LINE_HASH_BYTES);
    line->drawn = true;
    line->waiting = line->entrants;
    line->joined = line->entrants;
    line->at_ms = entry->at_ms;
    line->entries++;
    return 0;
}

static int apply_draw(struct line *line, const struct line_entry *entry)
{
    struct draw_tree tree;
    uint8_t seed[LINE_HASH_BYTES];
    if (!may_draw(line, entry))
        return ERR_CORRUPT;
    struct id *order = calloc(line->entrants + 1, sizeof(*order));
    if (!order)
        return ERR_NO_MEMORY;
    line_entrants(line, order);
    line_seed(line, entry->secret, seed);
    int err = draw_order(seed, order, line->entrants);
    if (err == 0) {
        err = draw_tree_init(&tree, seed, order, line->entrants);
        if (err == 0 && memcmp(tree.root, entry->root, LINE_HASH_BYTES) != 0)
            err = ERR_CORRUPT;
        draw_tree_release(&tree);
    }
    if (err == 0)
        err = line_apply_draw(line, entry, order);
    free(order);
    return err;
}

static int apply(struct line *line, const struct line_entry *entry)
{
    switch (entry->kind) {
    case LINE_ENTERED_DRAW:
        return enter_draw(line, entry);
    case LINE_LEFT_DRAW:
        return leave_draw(line, entry);
    case LINE_JOINED:
        return join(line, entry);
    case LINE_CALLED_UP_TO:
        return call_up_to(line, entry);
    case LINE_CAME_IN:
        return come_in(line, entry);
    case LINE_ENDED:
        return end_number(line, entry);
    case LINE_LIMITS:
        return set_limits(line, entry);
    case LINE_CAPACITY:
        return set_capacity(line, entry);
    case LINE_BEACON_NAMED:
    case LINE_BEACON_GIVEN:
        return set_beacon(line, entry);
    default:
        return set_state(line, entry);
    }
}

int line_apply(struct line *line, const struct line_entry *entry)
{
    if (entry->at_ms < line->at_ms)
        return ERR_CORRUPT;
    if (entry->kind == LINE_DRAWN)
        return apply_draw(line, entry);
    const int err = apply(line, entry);
    if (err != 0)
        return err;
    line->at_ms = entry->at_ms;
    line->entries++;
    return 0;
}

/* ---- for reports and tests ---- */

size_t line_bytes(const struct line *line)
{
    return sizeof(*line) +
           chunks_of(line->count) * (sizeof(void *) + LINE_CHUNK * sizeof(struct person)) +
           (line->accounts.slots ? ((size_t)line->accounts.mask + 1) * sizeof(struct table_slot)
                                 : 0);
}

void line_check(const struct line *line)
{
    uint32_t counts[PERSON_ENDED + 1] = {0};
    for (uint32_t i = 1; i <= line->count; i++) {
        const struct person *person = line_person(line, i);
        counts[person->state]++;
        assert(person->since_ms <= line_run_ms(line, line->at_ms));
        assert(person->state == PERSON_ENDED || line_find(line, person->account_id) == i);
        assert(!line->drawn || person->state != PERSON_IN_DRAW);
        /* P8: whoever was called has a number up to serving, and whoever waits one above. */
        assert(person->state != PERSON_WAITING || i > line->serving);
        assert((person->state != PERSON_CALLED && person->state != PERSON_INSIDE) ||
               i <= line->serving);
        assert(person->state != PERSON_CALLED || i >= line->claim_next);
    }
    assert(counts[PERSON_WAITING] == line->waiting && counts[PERSON_CALLED] == line->called);
    assert(counts[PERSON_INSIDE] == line->inside);
    assert(line->drawn || counts[PERSON_IN_DRAW] == line->entrants);
    uint32_t in_row = 0;
    for (uint32_t i = line->inside_first; i != 0; i = line_person(line, i)->next)
        in_row += line_person(line, i)->state == PERSON_INSIDE;
    assert(in_row == line->inside);
}
