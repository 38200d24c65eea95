/* What a keeper tells: the status for everybody, the report for the organiser, the draw's proof. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "observe/log.h"
#include "svc/waitroom/desk.h"

/* ---- the status ---- */

static void fill_status(const struct keeper *keeper, int64_t now_ms,
                        Usher__V1__SaleStatus *ret_status)
{
    const struct line_figures *figures = &keeper->figures;
    const uint32_t left = keeper_places_left(keeper);
    usher__v1__sale_status__init(ret_status);
    ret_status->sale_id = keeper->sale.sale_id;
    ret_status->state = (Usher__V1__LineState)figures->state;
    ret_status->version = (uint64_t)now_ms;
    ret_status->serving = figures->serving;
    ret_status->last = figures->last;
    ret_status->inside = figures->inside;
    ret_status->capacity = figures->capacity;
    ret_status->rate_per_min = pace_per_minute(&keeper->line.pace, now_ms);
    ret_status->places_left = left == KEEPER_PLACES_UNKNOWN ? 0 : left;
    ret_status->entrants = figures->entrants;
    ret_status->opens_at_ms = keeper->sale.opens_at_ms;
    ret_status->now_ms = now_ms;
    for (uint32_t i = 0; i < keeper->sale.performance_count; i++) {
        if (keeper->news[i].notice_id > ret_status->notice_id)
            ret_status->notice_id = keeper->news[i].notice_id;
    }
}

/* A number that another status hardly has: FNV-1a over what may change but time. */
static uint64_t sum_of(const struct keeper *keeper, const Usher__V1__SaleStatus *status)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    const uint64_t parts[] = {keeper->figures.entries, status->rate_per_min, status->places_left,
                              status->notice_id};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        sum = (sum ^ parts[i]) * UINT64_C(1099511628211);
    for (uint32_t i = 0; i < keeper->chance_count; i++)
        sum = (sum ^ keeper->chances[i].free) * UINT64_C(1099511628211);
    return sum;
}

void keeper_publish(struct keeper *keeper)
{
    Usher__V1__SaleStatus status;
    Usher__V1__CategoryChance chances[KEEPER_CATEGORIES_MAX], *list[KEEPER_CATEGORIES_MAX];
    const int64_t now_ms = keeper_now_ms(keeper);
    fill_status(keeper, now_ms, &status);
    const uint64_t sum = sum_of(keeper, &status);
    const int64_t quiet_ms = now_ms - keeper->published_at_ms;
    if (keeper->published_at_ms == 0 && keeper_places_left(keeper) == KEEPER_PLACES_UNKNOWN &&
        now_ms - keeper->base_wall_ms < KEEPER_FIRST_MS)
        return; /* the first status waits a little for what is left */
    if (quiet_ms < (sum == keeper->published ? BOARD_KEEPALIVE_MS : KEEPER_TICK_MS - 50))
        return;
    for (uint32_t i = 0; i < keeper->chance_count; i++) {
        usher__v1__category_chance__init(&chances[i]);
        chances[i].category = keeper->chances[i].category;
        chances[i].name = keeper->chances[i].name;
        chances[i].free = keeper->chances[i].free;
        list[i] = &chances[i];
    }
    status.chances = list;
    status.n_chances = keeper->chance_count;
    const int err = board_publish(keeper->board, &status);
    if (err != 0) {
        log_event(LOG_WARN, "line.publish", log_uint("usher.sale", keeper->sale.sale_id),
                  log_err(err));
        return;
    }
    keeper->published = sum;
    keeper->published_at_ms = now_ms;
}

/* ---- the report ---- */

char *keeper_why(struct arena *arena, const struct line_entry *change)
{
    switch ((enum line_why)change->how) {
    case LINE_WHY_START:
        return arena_printf(arena, "the least, at the beginning");
    case LINE_WHY_LIMITS:
        return arena_printf(arena, "the organiser's limits changed");
    case LINE_WHY_FAST:
        return arena_printf(arena, "holds are quick (%u ms) and all places inside are taken",
                            change->other);
    case LINE_WHY_SLOW:
        return arena_printf(arena, "holds are slow: %u ms", change->other);
    case LINE_WHY_QUEUE:
        return arena_printf(arena, "%u holds wait to be written", change->other);
    case LINE_WHY_SILENT:
        return arena_printf(arena, "nothing was heard of the seats for %d s",
                            ADMISSION_SILENT_MS / 1000);
    }
    return NULL;
}

int keeper_fill_report(struct keeper *keeper, struct keeper_ask *ask)
{
    const struct line *line = &keeper->line;
    Usher__V1__LineReport *report = ask->report;
    const uint32_t kept =
        line->change_count < LINE_CHANGES_MAX ? line->change_count : LINE_CHANGES_MAX;
    Usher__V1__AdmissionChange *changes = arena_alloc(ask->arena, kept * sizeof(*changes));
    report->changes = arena_alloc(ask->arena, kept * sizeof(*report->changes));
    report->status = arena_alloc(ask->arena, sizeof(*report->status));
    if (!changes || !report->changes || !report->status)
        return ERR_NO_MEMORY;
    fill_status(keeper, keeper_now_ms(keeper), report->status);
    report->joined = line->joined;
    report->admitted = line->admitted;
    report->skipped = line->ended[LINE_END_SKIPPED];
    report->done =
        line->ended[LINE_END_LEFT] + line->ended[LINE_END_PAID] + line->ended[LINE_END_TIME];
    report->wait_p50_ms = line_wait_percentile(line, 0.50);
    report->wait_p95_ms = line_wait_percentile(line, 0.95);
    for (uint32_t i = 0; i < kept; i++) {
        const struct line_entry *change =
            &line->changes[(line->change_count - kept + i) % LINE_CHANGES_MAX];
        usher__v1__admission_change__init(&changes[i]);
        changes[i].at_ms = change->at_ms;
        changes[i].capacity = change->number;
        changes[i].reason = keeper_why(ask->arena, change);
        if (!changes[i].reason)
            return ERR_NO_MEMORY;
        report->changes[i] = &changes[i];
    }
    report->n_changes = kept;
    return 0;
}

/* ---- the draw ---- */

struct planting {
    uint8_t seed[LINE_HASH_BYTES];
    struct id *order;
    uint32_t count;
    struct draw_tree tree;
    int err;
};

static void plant(void *arg)
{
    struct planting *planting = arg;
    planting->err =
        draw_tree_init(&planting->tree, planting->seed, planting->order, planting->count);
}

/* The Merkle tree of the draw, made when it is first asked for. */
static int make_tree(struct keeper *keeper)
{
    const uint64_t loads = keeper->loads;
    struct planting planting = {.count = keeper->line.entrants};
    if (keeper->has_tree)
        return 0;
    planting.order = calloc(planting.count + 1u, sizeof(*planting.order));
    if (!planting.order)
        return ERR_NO_MEMORY;
    line_seed(&keeper->line, keeper->line.secret, planting.seed);
    for (uint32_t i = 0; i < planting.count; i++)
        planting.order[i] = line_person(&keeper->line, i + 1)->account_id;
    int err = room_offload(keeper->room, plant, &planting);
    err = err != 0 ? err : planting.err;
    free(planting.order);
    if (err != 0 || keeper->has_tree || loads != keeper->loads) {
        draw_tree_release(&planting.tree); /* somebody else was quicker, or it is another line */
        return err != 0 ? err : keeper->has_tree ? 0 : ERR_UNAVAILABLE;
    }
    keeper->tree = planting.tree;
    keeper->has_tree = true;
    return 0;
}

static int set_bytes(struct arena *arena, ProtobufCBinaryData *data, const uint8_t *bytes)
{
    data->data = arena_alloc(arena, LINE_HASH_BYTES);
    if (!data->data)
        return ERR_NO_MEMORY;
    memcpy(data->data, bytes, LINE_HASH_BYTES);
    data->len = LINE_HASH_BYTES;
    return 0;
}

/* The path of the account's own number. */
static int fill_path(struct keeper *keeper, struct keeper_ask *ask, uint32_t number)
{
    Usher__V1__Draw *draw = ask->draw;
    uint8_t path[DRAW_PATH_MAX][DRAW_HASH_BYTES], key[DRAW_HASH_BYTES], seed[DRAW_HASH_BYTES];
    const size_t len = draw_tree_path(&keeper->tree, number - 1, path);
    draw->proof = arena_alloc(ask->arena, (len + 1) * sizeof(*draw->proof));
    int err = draw->proof ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; i < len && err == 0; i++)
        err = set_bytes(ask->arena, &draw->proof[i], path[i]);
    line_seed(&keeper->line, keeper->line.secret, seed);
    draw_key(seed, ask->account_id, key);
    if (err == 0)
        err = set_bytes(ask->arena, &draw->leaf, key);
    draw->n_proof = len;
    draw->leaf_index = number - 1;
    return err;
}

/* The keys that were asked for. */
static int fill_keys(const struct keeper *keeper, struct keeper_ask *ask)
{
    Usher__V1__Draw *draw = ask->draw;
    const uint32_t entrants = keeper->line.entrants;
    const uint32_t first = ask->number < entrants ? ask->number : entrants;
    const uint32_t count = ask->serial < entrants - first ? ask->serial : entrants - first;
    draw->keys = arena_alloc(ask->arena, (count + 1) * sizeof(*draw->keys));
    int err = draw->keys ? 0 : ERR_NO_MEMORY;
    uint8_t seed[DRAW_HASH_BYTES];
    line_seed(&keeper->line, keeper->line.secret, seed);
    for (uint32_t i = 0; i < count && err == 0; i++) {
        uint8_t key[DRAW_HASH_BYTES];
        draw_key(seed, line_person(&keeper->line, first + i + 1)->account_id, key);
        err = set_bytes(ask->arena, &draw->keys[draw->n_keys++], key);
    }
    return err;
}

/* What was named, and what was mixed in. */
static int fill_beacon(const struct line_beacon *beacon, struct arena *arena, Usher__V1__Draw *draw)
{
    if (!beacon->named)
        return 0;
    draw->beacon_round = beacon->round;
    int err = set_bytes(arena, &draw->beacon_chain, beacon->chain);
    if (err != 0 || !beacon->given)
        return err;
    draw->beacon = arena_printf(arena, "drand, round %" PRIu32, beacon->round);
    return draw->beacon ? set_bytes(arena, &draw->beacon_randomness, beacon->randomness)
                        : ERR_NO_MEMORY;
}

int keeper_fill_draw(struct keeper *keeper, struct keeper_ask *ask)
{
    const struct line *line = &keeper->line;
    Usher__V1__Draw *draw = ask->draw;
    draw->sale_id = keeper->sale.sale_id;
    int err = set_bytes(ask->arena, &draw->commitment, keeper->sale.commitment);
    draw->entrants = line->entrants;
    if (err == 0)
        err = fill_beacon(&line->beacon, ask->arena, draw);
    if (err != 0 || !line->drawn || keeper->sale.draw_opens_at_ms == 0)
        return err;
    err = make_tree(keeper);
    if (err == 0)
        err = set_bytes(ask->arena, &draw->secret, line->secret);
    if (err == 0)
        err = set_bytes(ask->arena, &draw->root, line->root);
    if (err == 0)
        err = fill_keys(keeper, ask);
    if (err != 0 || id_is_zero(ask->account_id))
        return err;
    const uint32_t number = line_find(line, ask->account_id);
    const bool was_in_it =
        number != 0 && number <= line->entrants; /* else it came later, or again */
    return was_in_it ? fill_path(keeper, ask, number) : 0;
}
