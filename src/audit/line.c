#include "audit/line.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock/clock.h"
#include "codec/be.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "mem/table.h"
#include "store/line.h"

#define ARENA_MAX ((size_t)64 << 20)

enum state { GONE, DRAWING, WAITING, CALLED, INSIDE };

struct someone {
    struct id account_id;
    enum state state;
    int64_t since_ms;
    uint32_t serial;
};

struct replay {
    struct audit_report *report;
    const struct line_sale *sale;
    uint64_t seq;
    uint32_t entry;
    int64_t at_ms;
    bool stopped; /* paused, and claims and passes do not run */
    int64_t stopped_at_ms, stood_ms;
    bool open, paused, drawn, opened, over, sold_out;
    struct someone *people; /* number n at n - 1; before the draw, in order of coming */
    uint32_t count, cap;
    struct table accounts;  /* account → its newest place, from 1 */
    uint32_t serving, here; /* here: called and inside */
    uint32_t capacity, capacity_min, capacity_max;
    bool beacon_named, beacon_given;
    uint32_t beacon_round;
    uint8_t beacon_chain[32], beacon_randomness[32];
};

static void find(struct replay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void find(struct replay *r, const char *format, ...)
{
    struct audit_report *report = r->report;
    if (report->finding_count++ >= AUDIT_FINDINGS_MAX)
        return;
    struct audit_finding *finding = &report->findings[report->finding_count - 1];
    *finding = (struct audit_finding){.seq = r->seq, .entry = r->entry};
    int len = snprintf(finding->text, sizeof(finding->text),
                       "sale %" PRIu32 ", row %" PRIu64 ", entry %" PRIu32 ": ", r->sale->sale_id,
                       r->seq, r->entry);
    va_list args;
    va_start(args, format);
    vsnprintf(finding->text + len, sizeof(finding->text) - (size_t)len, format, args);
    va_end(args);
}

static struct someone *at_number(struct replay *r, uint32_t number)
{
    if (number >= 1 && number <= r->count)
        return &r->people[number - 1];
    find(r, "number %" PRIu32 " was never given", number);
    return NULL;
}

static struct someone *of_account(struct replay *r, struct id account_id)
{
    uint32_t place;
    return table_get(&r->accounts, account_id, &place) ? &r->people[place - 1] : NULL;
}

/* What claims and passes are counted by: the time that a line was stopped for is nobody's. */
static int64_t run_ms(const struct replay *r, int64_t at_ms)
{
    return (r->stopped ? r->stopped_at_ms : at_ms) - r->stood_ms;
}

static void become(struct replay *r, struct someone *who, enum state state, int64_t at_ms)
{
    const bool was_here = who->state == CALLED || who->state == INSIDE;
    const bool is_here = state == CALLED || state == INSIDE;
    r->here = r->here - was_here + is_here;
    who->state = state;
    who->since_ms = run_ms(r, at_ms);
}

static int add(struct replay *r, struct id account_id, enum state state, int64_t at_ms)
{
    struct someone *there = of_account(r, account_id);
    if (there && there->state != GONE)
        find(r, "an account has two places");
    if (r->count == r->cap) {
        const uint32_t cap = r->cap ? 2 * r->cap : 1024;
        struct someone *people = realloc(r->people, cap * sizeof(*people));
        if (!people || table_reserve(&r->accounts, cap) != 0) {
            r->people = people ? people : r->people; /* freed with the replay */
            return ERR_NO_MEMORY;
        }
        r->people = people;
        r->cap = cap;
    }
    r->people[r->count++] =
        (struct someone){.account_id = account_id, .state = state, .since_ms = run_ms(r, at_ms)};
    return table_put(&r->accounts, account_id, r->count);
}

/* ---- the draw: RFC 2104, FIPS 180-4 and RFC 9162, 2.1, from the beginning ---- */

struct ticket {
    uint8_t key[32];
    struct id account_id;
};

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static void merkle(const struct ticket *tickets, size_t n, uint8_t ret_hash[32])
{
    uint8_t bytes[65] = {0};
    if (n <= 1) {
        if (n == 1)
            memcpy(bytes + 1, tickets->key, 32);
        sha256(view_of(bytes, n == 1 ? 33 : 0), ret_hash);
        return;
    }
    size_t left = 1;
    while (2 * left < n)
        left *= 2;
    bytes[0] = 1;
    merkle(tickets, left, bytes + 1);
    merkle(tickets + left, n - left, bytes + 33);
    sha256(view_of(bytes, 65), ret_hash);
}

/* What keys are made with: the secret, or what the beacon makes of it. */
static void make_seed(const struct replay *r, const uint8_t secret[32], uint8_t ret_seed[32])
{
    uint8_t said[72];
    memcpy(ret_seed, secret, 32);
    if (!r->beacon_given)
        return;
    uint8_t *at = be_put_bytes(said, r->beacon_chain, 32);
    at = be_put(at, r->beacon_round, 8);
    be_put_bytes(at, r->beacon_randomness, 32);
    crypto_auth_hmacsha256(ret_seed, said, sizeof(said), secret);
}

/* Named while nobody had come, given once, for the round that was named, before the draw. */
static void replay_beacon(struct replay *r, const struct line_entry *entry)
{
    const bool names = entry->kind == LINE_BEACON_NAMED;
    const bool fits = names ? r->count == 0 && !r->beacon_named && !r->drawn
                            : r->beacon_named && !r->beacon_given && !r->drawn &&
                                  entry->number == r->beacon_round;
    if (!fits)
        find(r, "%s, out of order, or of another round", line_kind_text(entry->kind));
    r->beacon_named = true;
    r->beacon_given = r->beacon_given || !names;
    r->beacon_round = entry->number;
    memcpy(names ? r->beacon_chain : r->beacon_randomness, entry->root, 32);
}

static int replay_draw(struct replay *r, const struct line_entry *entry)
{
    uint8_t hash[32], account[ID_BYTES], seed[32];
    uint32_t n = 0;
    struct ticket *tickets = calloc((size_t)r->count + 1, sizeof(*tickets));
    if (!tickets)
        return ERR_NO_MEMORY;
    make_seed(r, entry->secret, seed);
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->people[i].state != DRAWING)
            continue;
        id_to_bytes(r->people[i].account_id, account);
        crypto_auth_hmacsha256(tickets[n].key, account, sizeof(account), seed);
        tickets[n++].account_id = r->people[i].account_id;
    }
    qsort(tickets, n, sizeof(*tickets), by_key);
    sha256(view_of(entry->secret, LINE_HASH_BYTES), hash);
    if (memcmp(hash, r->sale->commitment, LINE_HASH_BYTES) != 0)
        find(r, "the draw's secret is not the one that was committed to");
    merkle(tickets, n, hash);
    if (memcmp(hash, entry->root, LINE_HASH_BYTES) != 0)
        find(r, "the draw's root is not that of its entrants");
    if (n != entry->number || r->drawn)
        find(r, "the draw was of %" PRIu32 ", not of %" PRIu32 ", or is the second", n,
             entry->number);
    r->count = 0;
    table_clear(&r->accounts);
    int err = 0;
    for (uint32_t i = 0; i < n && err == 0; i++)
        err = add(r, tickets[i].account_id, WAITING, entry->at_ms);
    free(tickets);
    r->drawn = true;
    return err;
}

/* ---- entries ---- */

static void replay_call(struct replay *r, const struct line_entry *entry)
{
    if (!r->open || r->paused || r->over || entry->number <= r->serving)
        find(r, "called up to %" PRIu32 " after %" PRIu32 ", or in a line that is not open",
             entry->number, r->serving);
    for (uint32_t i = r->serving + 1; i <= entry->number; i++) {
        struct someone *who = at_number(r, i);
        if (who && who->state == WAITING)
            become(r, who, CALLED, entry->at_ms);
    }
    if (entry->number > r->serving)
        r->serving = entry->number;
    if (r->here > r->capacity)
        find(r, "%" PRIu32 " are inside, and %" PRIu32 " may be", r->here, r->capacity);
}

static void replay_enter(struct replay *r, const struct line_entry *entry)
{
    struct someone *who = at_number(r, entry->number);
    if (!who)
        return;
    if ((who->state != CALLED && who->state != INSIDE) || entry->other != who->serial + 1)
        find(r, "number %" PRIu32 " came in out of turn, or its passes do not count up",
             entry->number);
    who->serial = entry->other;
    if (who->state != INSIDE)
        become(r, who, INSIDE, entry->at_ms);
}

static void replay_end(struct replay *r, const struct line_entry *entry)
{
    struct someone *who = at_number(r, entry->number);
    if (!who)
        return;
    const int64_t here_ms = run_ms(r, entry->at_ms) - who->since_ms;
    const bool fits[] = {[LINE_END_LEFT] = who->state != GONE,
                         [LINE_END_PAID] = who->state == INSIDE,
                         [LINE_END_TIME] = who->state == INSIDE && here_ms >= r->sale->pass_ms,
                         [LINE_END_SKIPPED] = who->state == CALLED && here_ms >= r->sale->claim_ms};
    if (!fits[entry->how])
        find(r, "number %" PRIu32 " could not end so (%d)", entry->number, entry->how);
    become(r, who, GONE, entry->at_ms);
}

static void replay_state(struct replay *r, const struct line_entry *entry)
{
    bool fits = true;
    switch (entry->kind) {
    case LINE_DRAW_OPENED:
        fits = !r->open && !r->drawn;
        break;
    case LINE_OPENED:
        fits = !r->opened && (r->drawn || r->count == 0);
        r->open = r->opened = r->drawn = true;
        break;
    case LINE_HALTED:
        fits = r->open && !r->paused;
        r->paused = true;
        break;
    case LINE_STOPPED:
        fits = r->open && !r->stopped;
        r->paused = true;
        break;
    case LINE_RESUMED:
        fits = r->paused || r->sold_out;
        r->paused = r->over = r->sold_out = false;
        break;
    default:
        fits = !r->over || r->sold_out;
        r->over = true;
        r->sold_out = entry->how == LINE_OVER_SOLD_OUT;
    }
    if (!fits)
        find(r, "%s, out of order", line_kind_text(entry->kind));
    if (r->stopped)
        r->stood_ms += entry->at_ms - r->stopped_at_ms;
    r->stopped = entry->kind == LINE_STOPPED;
    r->stopped_at_ms = entry->at_ms;
}

static int replay_entry(struct replay *r, const struct line_entry *entry)
{
    struct someone *who;
    if (entry->at_ms < r->at_ms)
        find(r, "time went back by %" PRId64 " ms", r->at_ms - entry->at_ms);
    r->at_ms = entry->at_ms;
    switch (entry->kind) {
    case LINE_ENTERED_DRAW:
        if (r->drawn || r->beacon_given)
            find(r, "somebody entered the draw after it, or after its beacon was known");
        return add(r, entry->account_id, DRAWING, entry->at_ms);
    case LINE_LEFT_DRAW:
        who = of_account(r, entry->account_id);
        if (!who || who->state != DRAWING)
            find(r, "somebody left the draw who was not in it");
        else
            who->state = GONE;
        return 0;
    case LINE_DRAWN:
        return replay_draw(r, entry);
    case LINE_JOINED:
        r->report->counts.joined++;
        if (!r->open || r->over || entry->number != r->count + 1)
            find(r, "number %" PRIu32 " was given after %" PRIu32 ", or in a line that is not open",
                 entry->number, r->count);
        return add(r, entry->account_id, WAITING, entry->at_ms);
    case LINE_CALLED_UP_TO:
        replay_call(r, entry);
        return 0;
    case LINE_CAME_IN:
        replay_enter(r, entry);
        return 0;
    case LINE_ENDED:
        replay_end(r, entry);
        return 0;
    case LINE_LIMITS:
        r->capacity_min = entry->number;
        r->capacity_max = entry->other;
        return 0;
    case LINE_CAPACITY:
        if (entry->number < r->capacity_min || entry->number > r->capacity_max)
            find(r, "a capacity of %" PRIu32 " is not between %" PRIu32 " and %" PRIu32,
                 entry->number, r->capacity_min, r->capacity_max);
        r->capacity = entry->number;
        return 0;
    case LINE_BEACON_NAMED:
    case LINE_BEACON_GIVEN:
        replay_beacon(r, entry);
        return 0;
    default:
        replay_state(r, entry);
        return 0;
    }
}

/* ---- rows ---- */

static int replay_row(struct replay *r, const struct line_row *row, uint8_t head[LINE_HASH_BYTES],
                      uint64_t *epoch)
{
    struct line_row again = *row;
    struct view left = row->body;
    struct line_entry entry;
    int err = 0;
    line_seal(r->sale->sale_id, &again);
    r->entry = 0;
    if (row->seq != r->seq + 1 || row->epoch < *epoch ||
        memcmp(row->prev_hash, head, LINE_HASH_BYTES) != 0)
        find(r, "the next row does not follow it");
    r->seq = row->seq;
    if (memcmp(row->hash, again.hash, LINE_HASH_BYTES) != 0)
        find(r, "its hash is not the hash of its content");
    memcpy(head, row->hash, LINE_HASH_BYTES);
    *epoch = row->epoch;
    r->report->counts.line_rows++;
    while (err == 0 && left.len > 0) {
        r->entry++;
        if (line_entry_read(&left, &entry) != 0) {
            find(r, "it cannot be read");
            return 0;
        }
        err = replay_entry(r, &entry);
    }
    return err;
}

static int replay_sale(struct sql *sql, struct replay *r, struct arena *arena)
{
    uint8_t head[LINE_HASH_BYTES];
    uint64_t epoch = 0;
    struct line_row *rows;
    uint64_t before;
    size_t count;
    int err;
    line_genesis_hash(r->sale->sale_id, r->sale->commitment, head);
    r->report->counts.sales++;
    do {
        arena_reset(arena);
        before = r->seq;
        err = line_read(sql, r->sale->sale_id, r->seq + 1, arena, &rows, &count, DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < count; i++)
            err = replay_row(r, &rows[i], head, &epoch);
    } while (err == 0 && count > 0 && r->seq > before); /* a damaged index leads back */
    if (err == ERR_CORRUPT) {
        find(r, "what follows cannot be read: the data are damaged");
        err = 0;
    }
    free(r->people);
    table_release(&r->accounts);
    return err;
}

int audit_lines(struct sql *sql, struct audit_report *report)
{
    struct arena list, page;
    struct line_sale *sales;
    size_t count;
    int err = sql ? lines_migrate(sql, true, 0) : ERR_UNSUPPORTED;
    if (err == ERR_UNSUPPORTED || err == ERR_IO)
        return 0; /* no server with lines has opened this store */
    arena_init(&list, ARENA_MAX);
    arena_init(&page, ARENA_MAX);
    if (err == 0)
        err = line_sale_list(sql, &list, &sales, &count, DEADLINE_NEVER);
    else
        count = 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct replay r = {.report = report, .sale = &sales[i]};
        err = replay_sale(sql, &r, &page);
    }
    arena_release(&list);
    arena_release(&page);
    return err;
}
