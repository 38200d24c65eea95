#include "line/decide.h"

#include "err/err.h"

/* The account's newest person, or NULL. */
static const struct person *find(const struct line *line, struct id account_id,
                                 uint32_t *ret_number)
{
    *ret_number = line_find(line, account_id);
    return *ret_number ? line_person(line, *ret_number) : NULL;
}

static int64_t later(const struct line *line, int64_t now_ms)
{
    return now_ms > line->at_ms ? now_ms : line->at_ms;
}

/* Where the line's clock stands, an end is as far away as it was when it stopped. */
static int64_t end_ms(const struct line *line, const struct person *person, uint32_t lasts_ms,
                      int64_t now_ms)
{
    const int64_t at_ms = later(line, now_ms);
    return person->since_ms + lasts_ms + at_ms - line_run_ms(line, at_ms);
}

int64_t line_pass_end_ms(const struct line *line, const struct person *person, int64_t now_ms)
{
    return end_ms(line, person, line->rules.pass_ms, now_ms);
}

int64_t line_claim_end_ms(const struct line *line, const struct person *person, int64_t now_ms)
{
    return end_ms(line, person, line->rules.claim_ms, now_ms);
}

int line_decide_join(const struct line *line, struct id account_id, int64_t now_ms,
                     struct line_entry *ret_entry)
{
    uint32_t number;
    const struct person *person = find(line, account_id, &number);
    if (person && person->state != PERSON_ENDED)
        return 0;
    const bool open = line->state == LINE_OPEN || (line->state == LINE_PAUSED && line->opened);
    if (!open && (line->state != LINE_DRAW || line->drawn)) /* drawn: in a moment it opens */
        return ERR_BUSY;
    *ret_entry = (struct line_entry){.kind = open ? LINE_JOINED : LINE_ENTERED_DRAW,
                                     .at_ms = later(line, now_ms),
                                     .account_id = account_id,
                                     .number = open ? line->count + 1 : 0};
    return 1;
}

int line_decide_enter(const struct line *line, struct id account_id, int64_t now_ms,
                      struct line_entry *ret_entry)
{
    uint32_t number;
    const struct person *person = find(line, account_id, &number);
    const int64_t at_ms = later(line, now_ms);
    if (!person)
        return ERR_NOT_FOUND;
    switch ((enum person_state)person->state) {
    case PERSON_IN_DRAW:
    case PERSON_WAITING:
        return ERR_BUSY;
    case PERSON_CALLED:
        if (at_ms >= line_claim_end_ms(line, person, at_ms))
            return ERR_TIMEOUT;
        break;
    case PERSON_INSIDE:
        if (at_ms >= line_pass_end_ms(line, person, at_ms) || person->serial == UINT16_MAX)
            return ERR_TIMEOUT;
        break;
    case PERSON_ENDED:
        return ERR_TIMEOUT;
    }
    *ret_entry = (struct line_entry){
        .kind = LINE_CAME_IN, .at_ms = at_ms, .number = number, .other = person->serial + 1u};
    return 1;
}

int line_decide_leave(const struct line *line, struct id account_id, int64_t now_ms,
                      struct line_entry *ret_entry)
{
    uint32_t number;
    const struct person *person = find(line, account_id, &number);
    if (!person || person->state == PERSON_ENDED ||
        (person->state == PERSON_IN_DRAW && line->state != LINE_DRAW)) /* it will not be drawn */
        return 0;
    *ret_entry = (struct line_entry){
        .kind = LINE_ENDED, .how = LINE_END_LEFT, .at_ms = later(line, now_ms), .number = number};
    if (person->state == PERSON_IN_DRAW)
        *ret_entry = (struct line_entry){
            .kind = LINE_LEFT_DRAW, .at_ms = later(line, now_ms), .account_id = account_id};
    return 1;
}

int line_decide_paid(const struct line *line, struct id account_id, int64_t now_ms,
                     struct line_entry *ret_entry)
{
    uint32_t number;
    const struct person *person = find(line, account_id, &number);
    if (!person || person->state != PERSON_INSIDE)
        return 0;
    *ret_entry = (struct line_entry){
        .kind = LINE_ENDED, .how = LINE_END_PAID, .at_ms = later(line, now_ms), .number = number};
    return 1;
}

bool line_pass_good(const struct line *line, struct id account_id, uint32_t number, uint32_t serial,
                    int64_t now_ms)
{
    if (number == 0 || number != line_find(line, account_id))
        return false;
    const struct person *person = line_person(line, number);
    return person->state == PERSON_INSIDE && person->serial == serial &&
           later(line, now_ms) < line_pass_end_ms(line, person, now_ms);
}

/* ---- by time ---- */

/* The number up to which the free room reaches; serving where nobody waits or there is no room. */
static uint32_t room_reaches(const struct line *line)
{
    const uint32_t here = line->called + line->inside;
    uint32_t room = here < line->capacity ? line->capacity - here : 0;
    uint32_t number = line->serving, reaches = line->serving;
    while (room > 0 && number < line->count) {
        const bool waits = line_person(line, ++number)->state == PERSON_WAITING;
        room -= waits;
        if (waits)
            reaches = number;
    }
    return reaches;
}

int line_decide_due(const struct line *line, uint32_t places_left, int64_t now_ms,
                    struct line_entry *ret_entry)
{
    const int64_t at_ms = later(line, now_ms);
    struct line_entry entry = {.kind = LINE_ENDED, .at_ms = at_ms};
    if (line->claim_next <= line->serving) {
        const struct person *person = line_person(line, line->claim_next);
        if (person->state == PERSON_CALLED && at_ms >= line_claim_end_ms(line, person, at_ms)) {
            entry.number = line->claim_next;
            entry.how = LINE_END_SKIPPED;
            *ret_entry = entry;
            return 1;
        }
    }
    if (line->inside_first != 0 &&
        at_ms >= line_pass_end_ms(line, line_person(line, line->inside_first), at_ms)) {
        entry.number = line->inside_first;
        entry.how = LINE_END_TIME;
        *ret_entry = entry;
        return 1;
    }
    if (line->state != LINE_OPEN || places_left == 0 || line->waiting == 0)
        return 0;
    const uint32_t reaches = room_reaches(line);
    if (reaches == line->serving)
        return 0;
    *ret_entry = (struct line_entry){.kind = LINE_CALLED_UP_TO, .at_ms = at_ms, .number = reaches};
    return 1;
}

int64_t line_due_at_ms(const struct line *line)
{
    int64_t due_ms = INT64_MAX;
    if (line->stopped)
        return due_ms;
    if (line->claim_next <= line->serving)
        due_ms = line_claim_end_ms(line, line_person(line, line->claim_next), line->at_ms);
    if (line->inside_first != 0) {
        const int64_t end_ms =
            line_pass_end_ms(line, line_person(line, line->inside_first), line->at_ms);
        due_ms = end_ms < due_ms ? end_ms : due_ms;
    }
    return due_ms;
}

int line_decide_name_beacon(const struct line *line, const uint8_t *chain, uint32_t round,
                            int64_t now_ms, struct line_entry *ret_entry)
{
    const struct line_beacon *beacon = &line->beacon;
    if (beacon->named && beacon->round == round &&
        memcmp(beacon->chain, chain, LINE_HASH_BYTES) == 0)
        return 0;
    if (beacon->named || line->state != LINE_ANNOUNCED)
        return ERR_BUSY;
    *ret_entry = (struct line_entry){.kind = LINE_BEACON_NAMED, .at_ms = now_ms, .number = round};
    memcpy(ret_entry->root, chain, LINE_HASH_BYTES);
    return 1;
}

int line_decide_give_beacon(const struct line *line, const uint8_t *randomness, uint32_t round,
                            int64_t now_ms, struct line_entry *ret_entry)
{
    const struct line_beacon *beacon = &line->beacon;
    if (!beacon->named || beacon->round != round)
        return ERR_NOT_FOUND;
    if (beacon->given)
        return memcmp(beacon->randomness, randomness, LINE_HASH_BYTES) == 0 ? 0 : ERR_CONFLICT;
    if (line->state != LINE_DRAW || line->drawn)
        return ERR_BUSY;
    *ret_entry = (struct line_entry){.kind = LINE_BEACON_GIVEN, .at_ms = now_ms, .number = round};
    memcpy(ret_entry->root, randomness, LINE_HASH_BYTES);
    return 1;
}
