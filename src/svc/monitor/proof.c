#include "svc/monitor/proof.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"

#define HOLDS_FIRST 256

struct proof_place {
    uint32_t state; /* enum seats_state */
    struct id by;   /* the hold, or the order */
};

struct proof_hold {
    struct id hold_id;
    uint32_t next_free; /* from 1 */
    uint32_t count;
    uint32_t seats[CHANGE_SEATS_MAX];
};

void proof_init(struct proof *proof, uint32_t performance_id)
{
    *proof = (struct proof){.performance_id = performance_id};
}

void proof_release(struct proof *proof)
{
    free(proof->places);
    free(proof->holds);
    table_release(&proof->hold_places);
    *proof = (struct proof){0};
}

static void find(struct proof *proof, enum proof_claim claim, int64_t now_ms, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

static void find(struct proof *proof, enum proof_claim claim, int64_t now_ms, const char *format,
                 ...)
{
    struct proof_finding *finding = &proof->findings[claim];
    va_list args;
    if (finding->found)
        return;
    *finding = (struct proof_finding){.found = true, .since_ms = now_ms};
    va_start(args, format);
    vsnprintf(finding->text, sizeof(finding->text), format, args);
    va_end(args);
}

/* ---- places ---- */

static int reach(struct proof *proof, uint32_t place)
{
    if (place < proof->place_count)
        return 0;
    const uint32_t count = place + 1 < 1024 ? 1024 : place + 1 + place / 2;
    struct proof_place *places = realloc(proof->places, count * sizeof(*places));
    if (!places)
        return ERR_NO_MEMORY;
    for (uint32_t i = proof->place_count; i < count; i++)
        places[i] = (struct proof_place){.state = SEATS_FREE};
    proof->places = places;
    proof->place_count = count;
    return 0;
}

static uint32_t *counter(struct proof *proof, uint32_t state)
{
    static uint32_t free_places; /* nobody asks for these: what is not the others is free */
    return state == SEATS_HELD      ? &proof->held
           : state == SEATS_SOLD    ? &proof->sold
           : state == SEATS_RESTING ? &proof->resting
           : state == SEATS_BLOCKED ? &proof->blocked
                                    : &free_places;
}

static void set_place(struct proof *proof, uint32_t place, uint32_t state, struct id by)
{
    struct proof_place *at = &proof->places[place];
    if (at->state != SEATS_FREE)
        (*counter(proof, at->state))--;
    if (state != SEATS_FREE)
        (*counter(proof, state))++;
    *at = (struct proof_place){.state = state, .by = by};
}

/* ---- holds ---- */

static int keep_hold(struct proof *proof, const struct change *change)
{
    uint32_t place = proof->hold_free ? proof->hold_free - 1 : proof->hold_count;
    if (!proof->hold_free && (proof->hold_count & (proof->hold_count - 1)) == 0 &&
        (proof->hold_count == 0 || proof->hold_count >= HOLDS_FIRST)) {
        const uint32_t cap = proof->hold_count ? 2 * proof->hold_count : HOLDS_FIRST;
        struct proof_hold *holds = realloc(proof->holds, cap * sizeof(*holds));
        if (!holds)
            return ERR_NO_MEMORY;
        proof->holds = holds;
    }
    int err = table_reserve(&proof->hold_places, proof->hold_places.count + 1);
    err = err ? err : table_put(&proof->hold_places, change->hold_id, place);
    if (err)
        return err;
    if (proof->hold_free)
        proof->hold_free = proof->holds[place].next_free;
    else
        proof->hold_count++;
    proof->holds[place] =
        (struct proof_hold){.hold_id = change->hold_id, .count = change->seat_count};
    memcpy(proof->holds[place].seats, change->seats, sizeof(change->seats));
    return 0;
}

static const struct proof_hold *hold_of(const struct proof *proof, struct id hold_id)
{
    uint32_t place;
    return table_get(&proof->hold_places, hold_id, &place) ? &proof->holds[place] : NULL;
}

static void forget_hold(struct proof *proof, struct id hold_id)
{
    uint32_t place;
    if (!table_get(&proof->hold_places, hold_id, &place))
        return;
    table_remove(&proof->hold_places, hold_id);
    proof->holds[place].next_free = proof->hold_free;
    proof->hold_free = place + 1;
}

/* ---- entries ---- */

static const char *state_name(uint32_t state)
{
    return state == SEATS_FREE      ? "free"
           : state == SEATS_HELD    ? "held"
           : state == SEATS_SOLD    ? "sold"
           : state == SEATS_RESTING ? "resting"
           : state == SEATS_BLOCKED ? "blocked"
                                    : "in no state";
}

/* The place must be as the rule says, and of this hold or order. */
static void check_place(struct proof *proof, const struct change *change, uint32_t seq,
                        uint32_t place, struct id of, int64_t now_ms)
{
    const struct change_rule *rule = change_rule(change->kind);
    const struct proof_place *at = &proof->places[place];
    const bool owned =
        rule->seats_from == CHANGE_SEATS_HELD || rule->seats_from == CHANGE_SEATS_SOLD;
    if (at->state != (uint32_t)rule->seats_from)
        find(proof, PROOF_CLAIMS, now_ms, "row %u, %s: place %u is %s, not %s", seq, rule->name,
             place, state_name(at->state), state_name((uint32_t)rule->seats_from));
    else if (owned && !id_eq(at->by, of))
        find(proof, PROOF_CLAIMS, now_ms, "row %u, %s: place %u is another's", seq, rule->name,
             place);
}

/* What is offered is held; only its beginning says which it is. */
static enum change_seats state_after(const struct change *change)
{
    const enum change_seats to = change_seats_to(change);
    return to == CHANGE_SEATS_OFFERED ? CHANGE_SEATS_HELD : to;
}

/* In whose name the places are before and after the change. */
static struct id owner_before(const struct change *change)
{
    const enum change_seats from = change_rule(change->kind)->seats_from;
    return from == CHANGE_SEATS_SOLD ? change->order_id : change->hold_id;
}

static struct id owner_after(const struct change *change)
{
    const enum change_seats to = state_after(change);
    return to == CHANGE_SEATS_SOLD   ? change->order_id
           : to == CHANGE_SEATS_HELD ? change->hold_id
                                     : (struct id){0};
}

/* A ticket moves to a place that was nobody's. */
static void gain(struct proof *proof, const struct change *change, uint32_t seq, uint32_t place,
                 int64_t now_ms)
{
    if (place >= PROOF_PLACES_MAX) {
        find(proof, PROOF_CLAIMS, now_ms, "row %u, move: no hall has a place %u", seq, place);
        return;
    }
    if (proof->places[place].state != SEATS_FREE)
        find(proof, PROOF_CLAIMS, now_ms, "row %u, move: place %u is %s, not free", seq, place,
             state_name(proof->places[place].state));
    set_place(proof, place, SEATS_SOLD, change->order_id);
}

static int apply(struct proof *proof, const struct change *change, uint32_t seq, int64_t now_ms)
{
    const struct change_rule *rule = change_rule(change->kind);
    const struct proof_hold *hold = hold_of(proof, change->hold_id);
    const bool ends = rule->seats_from == CHANGE_SEATS_HELD && rule->seats_to != CHANGE_SEATS_HELD;
    const uint32_t *seats = change->seats;
    uint32_t count = change->seat_count;
    if (rule->seats_from == CHANGE_SEATS_NONE)
        return 0;
    if (rule->seats_from == CHANGE_SEATS_HELD && !hold)
        find(proof, PROOF_CLAIMS, now_ms, "row %u, %s: there is no such hold", seq, rule->name);
    if (count == 0 && hold) { /* a release names its hold alone */
        seats = hold->seats;
        count = hold->count;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (seats[i] >= PROOF_PLACES_MAX) {
            find(proof, PROOF_CLAIMS, now_ms, "row %u, %s: no hall has a place %u", seq, rule->name,
                 seats[i]);
            continue;
        }
        check_place(proof, change, seq, seats[i], owner_before(change), now_ms);
        set_place(proof, seats[i], (uint32_t)state_after(change), owner_after(change));
    }
    for (uint32_t i = 0; i < change_gains(change); i++)
        gain(proof, change, seq, change->to[i], now_ms);
    if (ends)
        forget_hold(proof, change->hold_id);
    return 0;
}

/* All that may fail, before anything is changed. */
static int make_room(struct proof *proof, const struct change *changes, size_t count)
{
    int err = 0;
    for (size_t i = 0; i < count && !err; i++) {
        for (uint32_t k = 0; k < changes[i].seat_count && !err; k++)
            err = changes[i].seats[k] < PROOF_PLACES_MAX ? reach(proof, changes[i].seats[k]) : 0;
        for (uint32_t k = 0; k < change_gains(&changes[i]) && !err; k++)
            err = changes[i].to[k] < PROOF_PLACES_MAX ? reach(proof, changes[i].to[k]) : 0;
    }
    return err;
}

int proof_row(struct proof *proof, const struct ledger_row *row, struct arena *arena,
              int64_t now_ms)
{
    struct change *changes;
    size_t count = 0;
    const uint32_t seq = (uint32_t)row->seq;
    int err = ledger_unpack(row->body, arena, &changes, &count);
    if (err == ERR_CORRUPT)
        find(proof, PROOF_CHAIN, now_ms, "row %u: its entries cannot be read", seq);
    else if (err == 0)
        err = make_room(proof, changes, count);
    if (err != 0 && err != ERR_CORRUPT)
        return err;
    /* What the first row hangs on covers the performance itself, which the audit checks. */
    if (row->seq == 1)
        memcpy(proof->tail.hash, row->prev_hash, sizeof(proof->tail.hash));
    const enum ledger_break broken = ledger_follow(proof->performance_id, row, &proof->tail);
    err = 0;
    if (broken != LEDGER_OK)
        find(proof, PROOF_CHAIN, now_ms, "row %u: %s", seq, ledger_break_text(broken));
    for (size_t i = 0; i < count && !err; i++) {
        err = apply(proof, &changes[i], seq, now_ms);
        if (!err && changes[i].kind == CHANGE_HOLD)
            err = keep_hold(proof, &changes[i]);
    }
    proof->entries += count;
    return err;
}

/* ---- counts ---- */

void proof_compare(struct proof *proof, const struct proof_counts *counts, int64_t now_ns,
                   int64_t now_ms)
{
    const bool same = counts->held == proof->held && counts->sold == proof->sold &&
                      counts->resting == proof->resting;
    if (counts->version != proof->tail.version || same) {
        proof->odd_since_ns = 0;
        return;
    }
    if (proof->odd_since_ns == 0 || proof->odd_version != counts->version) {
        proof->odd_version = counts->version;
        proof->odd_since_ns = now_ns > 0 ? now_ns : 1;
        return;
    }
    if (now_ns - proof->odd_since_ns >= PROOF_ODD_NS)
        find(proof, PROOF_COUNTS, now_ms,
             "version %" PRIu64 ": the owner counts held %u, sold %u, resting %u; its ledger %u, "
             "%u, %u",
             counts->version, counts->held, counts->sold, counts->resting, proof->held, proof->sold,
             proof->resting);
}
