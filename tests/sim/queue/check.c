/* What was told against what is durable, and all of it against the rules. */
#include <inttypes.h>
#include <stdio.h>

#include "audit/line.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "line/draw.h"
#include "sim/queue/queue.h"

#define TELL_TRIES    20
#define STOP_HEARD_MS 3000 /* a line hears of a stop once a second, and its commit may wait */

/* ---- the durable ledger, as it grows ---- */

static void note_entry(void *arg, const struct line_entry *entry)
{
    struct queue_world *world = arg;
    struct queue_coverage *coverage = world->coverage;
    if (entry->kind == LINE_RESUMED && world->stopped &&
        entry->at_ms > world->stopped_at_ms + STOP_HEARD_MS)
        queue_fail(world, "the line went on while everything behind it was stopped");
    coverage->arrivals += entry->kind == LINE_JOINED;
    coverage->drawn += entry->kind == LINE_DRAWN;
    coverage->sold_out += entry->kind == LINE_CLOSED && entry->how == LINE_OVER_SOLD_OUT;
    coverage->skipped += entry->kind == LINE_ENDED && entry->how == LINE_END_SKIPPED;
    coverage->ran_out += entry->kind == LINE_ENDED && entry->how == LINE_END_TIME;
}

void check_begin(struct queue_world *world)
{
    follow_init(&world->follow, &world->tale, world->sql, world->sale_id, &world->sale);
    world->follow.note = note_entry;
    world->follow.arg = world;
}

void check_follow(struct queue_world *world)
{
    follow_read(&world->follow);
}

/* ---- a place that was told ---- */

/* The number is this account's in the ledger, and nobody else was ever told it. */
static void check_number(struct queue_world *world, uint32_t account, uint64_t number,
                         uint64_t known)
{
    const struct line *truth = &world->follow.line;
    struct told *told = &world->told[account];
    if (number > truth->count || number >= QUEUE_NUMBERS_MAX) {
        queue_fail(world, "number %" PRIu64 " was told before it was durable", number);
        return;
    }
    if (!id_eq(line_person(truth, (uint32_t)number)->account_id, queue_account(account)))
        queue_fail(world, "number %" PRIu64 " is not account %u's", number, account);
    if (world->owner_of[number] != 0 && world->owner_of[number] != account + 1)
        queue_fail(world, "number %" PRIu64 " was told to two accounts", number);
    if (known > number)
        queue_fail(world, "account %u was told %" PRIu64 ", and now %" PRIu64, account, known,
                   number);
    if (told->number > number)
        return; /* two were asked at once, and this one was decided first */
    if (told->number != 0 && told->number != number &&
        line_person(truth, (uint32_t)told->number)->state != PERSON_ENDED)
        queue_fail(world, "the number of account %u changes from %" PRIu64 " to %" PRIu64, account,
                   told->number, number);
    /* Who came after somebody had been told his number stands behind him. */
    if (told->number != number && number > truth->entrants && told->asked && number <= told->floor)
        queue_fail(world, "account %u came after number %" PRIu64 " was told, and has %" PRIu64,
                   account, told->floor, number);
    world->owner_of[number] = account + 1;
    if (number > world->told_max)
        world->told_max = number;
    told->number = number;
    told->asked = false;
}

void check_place(struct queue_world *world, uint32_t account, const Usher__V1__Place *place,
                 const struct known *known)
{
    struct told *told = &world->told[account];
    check_follow(world);
    if (world->tale.failed)
        return;
    if (place->number > 0)
        check_number(world, account, place->number, known->number);
    else if (world->follow.line.drawn)
        queue_say(world, "account %u was told of the draw while it was drawn", account);
    else if (line_find(&world->follow.line, queue_account(account)) == 0)
        queue_fail(world, "account %u was told that it is in the draw, and is not", account);
    if (place->status->serving < known->serving)
        queue_fail(world, "serving goes back from %" PRIu64 " to %" PRIu64, known->serving,
                   place->status->serving);
    if (place->status->version < known->version)
        queue_fail(world, "the status goes back from %" PRIu64 " to %" PRIu64, known->version,
                   place->status->version);
    if (place->status->serving > world->follow.line.serving)
        queue_fail(world, "serving %" PRIu64 " was told before it was durable",
                   place->status->serving);
    if (place->status->serving > world->serving_told)
        world->serving_told = place->status->serving;
    if (place->status->version > world->version_told)
        world->version_told = place->status->version;
    snprintf(told->receipt, sizeof(told->receipt), "%s", place->receipt);
}

/* ---- at rest ---- */

void check_ledger(struct queue_world *world)
{
    static struct audit_report report;
    report = (struct audit_report){0};
    int err = audit_lines(world->sql, &report);
    if (err != 0)
        queue_fail(world, "the line cannot be audited: %s", err_text(err));
    else if (report.finding_count > 0)
        queue_fail(world, "audit: %s", report.findings[0].text);
}

/* Everybody in the draw can prove the number, with what was published alone. */
static void check_one(struct queue_world *world, uint32_t account, struct arena *arena)
{
    Usher__V1__GetDrawRequest look = USHER__V1__GET_DRAW_REQUEST__INIT;
    const Usher__V1__Draw *draw;
    uint8_t key[DRAW_HASH_BYTES], path[DRAW_PATH_MAX][DRAW_HASH_BYTES], hash[DRAW_HASH_BYTES];
    const char *reason;
    look.sale_id = world->sale_id;
    int err = ERR_UNAVAILABLE;
    for (int i = 0; i < TELL_TRIES && err != 0; i++) { /* it may be loading what is durable */
        err = queue_call(world, account, arena, get_draw, &look, &draw, &reason);
        if (err != 0)
            stage_sleep(500);
    }
    if (err != 0) {
        queue_fail(world, "the draw is not told: %s", reason);
        return;
    }
    if (draw->leaf.len == 0)
        return; /* it came later */
    sha256(view_of(draw->secret.data, draw->secret.len), hash);
    draw_key(draw->secret.data, queue_account(account), key);
    for (size_t i = 0; i < draw->n_proof && i < DRAW_PATH_MAX; i++)
        memcpy(path[i], draw->proof[i].data, DRAW_HASH_BYTES);
    if (memcmp(hash, draw->commitment.data, sizeof(hash)) != 0 ||
        memcmp(hash, world->sale.commitment, sizeof(hash)) != 0)
        queue_fail(world, "the draw's secret is not the one committed to");
    if (memcmp(key, draw->leaf.data, sizeof(key)) != 0 ||
        !draw_check(key, draw->leaf_index, draw->entrants, (const uint8_t(*)[DRAW_HASH_BYTES])path,
                    draw->n_proof, draw->root.data))
        queue_fail(world, "account %u cannot prove its number", account);
    if (!id_eq(line_person(&world->follow.line, draw->leaf_index + 1)->account_id,
               queue_account(account)))
        queue_fail(world, "the draw's leaf is not account %u's number", account);
}

void check_draw(struct queue_world *world)
{
    struct arena arena;
    arena_init(&arena, 8u << 20);
    for (uint32_t i = 0; i < world->account_count && !world->tale.failed; i++) {
        arena_reset(&arena);
        check_one(world, i, &arena);
    }
    arena_release(&arena);
}
