#include "sim/money/money.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "err/err.h"
#include "token/roles.h"

#define FIBERS_MAX 700

uint32_t money_below(struct money_world *world, uint32_t limit)
{
    return (uint32_t)chance_below(world->chance, limit);
}

bool money_happens(struct money_world *world, uint32_t ppm)
{
    return ppm > 0 && money_below(world, 1000000) < ppm;
}

void money_wait(struct money_world *world, int64_t max_ms)
{
    const int64_t wait_us = (int64_t)chance_below(world->chance, (uint64_t)(1000 * max_ms + 1));
    (void)fiber_sleep_until(fiber_now_ns() + 1000 * wait_us);
}

void money_step(struct money_world *world)
{
    if (++world->steps != world->crash_at)
        return;
    world->crash_due = true;
    if (world->crash_of == MONEY_PSP)
        world->psp_life++; /* its answers are lost from now on */
    else if (world->crash_of == MONEY_USHER && world->usher)
        world->usher->party.dead = true;
    else if (world->crash_of == MONEY_ROOM && world->room)
        world->room->party.dead = true;
    money_say(world, "step %" PRIu64 ": a crash", world->steps);
}

/* ---- a seed's world ---- */

static const struct money_weather kinds[] = {
    {.latency_ms = 5, .script = "{\"latency_ms\":5}"},
    {.latency_ms = 300,
     .script = "{\"latency_ms\":20,\"latency_max_ms\":400,\"webhooks\":{\"lose\":0.3,\"twice\":0.3,"
               "\"late\":0.4,\"late_ms\":9000}}"},
    {.latency_ms = 60,
     .refused_ppm = 30000,
     .lost_ppm = 50000,
     .sql_before_ppm = 10000,
     .sql_after_ppm = 10000,
     .store_ppm = 10000,
     .mail_ppm = 200000,
     .script =
         "{\"latency_ms\":10,\"rules\":[{\"on\":\"any\",\"do\":\"error_after\",\"chance\":0.08},"
         "{\"on\":\"any\",\"do\":\"error_before\",\"chance\":0.08},"
         "{\"on\":\"confirm\",\"do\":\"decline\",\"chance\":0.1}],\"webhooks\":{\"lose\":1}}"},
    {.latency_ms = 30,
     .lost_ppm = 20000,
     .sql_after_ppm = 30000,
     .mail_ppm = 50000,
     .script =
         "{\"latency_ms\":10,\"rules\":[{\"on\":\"any\",\"do\":\"timeout_after\",\"chance\":0.05},"
         "{\"on\":\"any\",\"do\":\"cut_after\",\"chance\":0.05},"
         "{\"on\":\"any\",\"do\":\"cut_before\",\"chance\":0.05},"
         "{\"on\":\"any\",\"do\":\"timeout_before\",\"chance\":0.03},"
         "{\"on\":\"cancel\",\"do\":\"half\",\"chance\":0.3},"
         "{\"on\":\"any\",\"do\":\"strange\",\"chance\":0.05},"
         "{\"on\":\"any\",\"do\":\"transient\",\"chance\":0.05}],"
         "\"webhooks\":{\"lose\":0.5,\"twice\":0.2,\"late\":0.5,\"late_ms\":20000}}"},
    {.latency_ms = 20,
     .refused_ppm = 200000,
     .mail_ppm = 400000,
     .script = "{\"latency_ms\":10,\"requests_a_minute\":20,"
               "\"rules\":[{\"on\":\"any\",\"do\":\"down\",\"chance\":0.2},"
               "{\"on\":\"confirm\",\"do\":\"wrong_amount\",\"chance\":0.1},"
               "{\"on\":\"any\",\"do\":\"wrong_currency\",\"chance\":0.06},"
               "{\"on\":\"lookup\",\"do\":\"wrong_amount\",\"chance\":0.1}]}"},
};

static void draw(struct money_world *world, const struct money_play *play)
{
    static const char *const halls[][4] = {
        {"......", "......", NULL}, {"....|....", "....", "....", NULL}, {"..", NULL}};
    static const uint32_t ttls_ms[] = {2000, 8000, 20000};
    static const uint32_t rests_ms[] = {0, 1000};
    struct chance_seeded seeded;
    struct chance *chance = &seeded.chance;
    chance_seed(&seeded, play->seed);
    world->has_line = chance_below(chance, 2) == 0 || play->still;
    const struct stage_options options = {
        .seed = chance_u64(chance),
        .rows = halls[chance_below(chance, sizeof(halls) / sizeof(halls[0]))],
        .hold_ttl_ms = ttls_ms[chance_below(chance, 3)],
        .rest_ms = rests_ms[chance_below(chance, 2)],
        .names = true, /* as all that the ticket role makes */
        .places_max = 8,
        .sale_state = world->has_line ? STAGE_DRAFT : STAGE_OPEN, /* the line opens it */
        .fibers_max = FIBERS_MAX,
        .shuffle = true,
    };
    stage_open(&world->stage, &options);
    world->tale.loop = world->stage.loop;
    world->chance = &world->stage.chance.chance;
    const uint32_t kind = play->still ? 0 : money_below(world, sizeof(kinds) / sizeof(kinds[0]));
    world->weather = kinds[kind];
    world->flawless = kind == 0 && play->crash_at == 0;
    world->buyer_count = play->still ? 2 : 2 + money_below(world, MONEY_BUYERS_MAX - 1);
}

static void open_world(struct money_world *world, const struct money_play *play)
{
    draw(world, play);
    int err = sql_inline_new(&world->sql);
    assert(err == 0);
    if (world->has_line)
        room_make_sale(world);
    world->ledger_fd = memfd_create("psp", MFD_CLOEXEC);
    assert(world->ledger_fd >= 0);
    snprintf(world->ledger_path, sizeof(world->ledger_path), "/proc/self/fd/%d", world->ledger_fd);
    world->psp_http = net_new(world, NULL);
    scope_init(&world->net);
    world->buyers_left = world->buyer_count;
    for (uint32_t i = 0; i < world->buyer_count; i++) {
        struct money_buyer *buyer = &world->buyers[i];
        *buyer = (struct money_buyer){
            .world = world,
            .number = i + 1,
            .who = {.roles = ROLE_BUYER, .account_id = stage_id(100 + i)},
        };
        chance_seed(&buyer->dice, chance_u64(world->chance));
    }
}

bool money_world_play(struct money_world *world, const struct money_play *play,
                      struct money_coverage *coverage)
{
    *world = (struct money_world){.seed = play->seed,
                                  .tale = tale_new(play->verbose),
                                  .crash_at = play->crash_at,
                                  .crash_of = play->crash_of,
                                  .still = play->still,
                                  .coverage = coverage};
    open_world(world, play);
    stage_run(&world->stage, money_director_run, world);
    if (!world->ended)
        money_fail(world, "somebody waits for ever");
    if (!world->tale.failed)
        check_ledger(world);
    if (!world->tale.failed)
        check_promises(world);
    if (!world->tale.failed)
        check_mails(world);
    if (!world->tale.failed && world->flawless)
        check_flawless(world);
    if (!world->tale.failed)
        check_books(world);
    free(world->psp_http);
    close(world->ledger_fd);
    follow_release(&world->line);
    sql_free(world->sql);
    if (world->ended)
        stage_close(&world->stage);
    return !world->tale.failed;
}
