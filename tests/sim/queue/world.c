/* A seed's world, and who makes it hard: a room that dies and comes back, and an organiser. */
#include "sim/queue/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "line/draw.h"
#include "store/accounts.h"
#include "store/bars.h"

#define CALM_MS 120000 /* the draw, the opening and the trouble are over by then */

uint32_t queue_below(struct queue_world *world, uint32_t limit)
{
    return (uint32_t)chance_below(world->chance, limit);
}

void queue_wait(struct queue_world *world, int64_t max_ms)
{
    const int64_t wait_us = (int64_t)chance_below(world->chance, (uint64_t)(1000 * max_ms + 1));
    (void)fiber_sleep_until(fiber_now_ns() + 1000 * wait_us);
}

void queue_step(struct queue_world *world)
{
    if (++world->steps != world->crash_at)
        return;
    world->crash_due = true;
    if (world->room)
        world->room->dead = true;
    queue_say(world, "step %" PRIu64 ": a crash", world->steps);
}

int64_t queue_wall_ms(const struct queue_world *world)
{
    return clock_wall_ms(loop_clock(world->stage.loop));
}

/* ---- making it ---- */

static void draw_sale(struct queue_world *world)
{
    static const uint32_t passes_ms[] = {2000, 30000, 60000};
    struct line_sale *sale = &world->sale;
    const bool drawn = world->still || queue_below(world, 3) > 0;
    *sale = (struct line_sale){
        .name = VIEW_LIT("Night"),
        .performance_count = 1,
        .performance_ids = {QUEUE_PERFORMANCE},
        .draw_opens_at_ms = drawn ? STAGE_WALL_MS + 500 : 0,
        .opens_at_ms = STAGE_WALL_MS + (world->still ? 600 : 4000),
        .closes_at_ms = STAGE_WALL_MS + 3600000,
        .time_zone = VIEW_LIT("UTC"),
        .guests = true,
        .capacity_min = 1 + queue_below(world, 3),
        .claim_ms = 1000 + queue_below(world, 3000),
        .pass_ms = passes_ms[queue_below(world, 3)],
        .created_at_ms = STAGE_WALL_MS,
    };
    sale->capacity_max = sale->capacity_min + queue_below(world, 4);
    for (size_t i = 0; i < sizeof(sale->secret); i++)
        sale->secret[i] = (uint8_t)queue_below(world, 256);
    draw_commit(sale->secret, sale->commitment);
    world->coverage->draws += drawn;
    int err = line_sale_put(world->sql, sale, &world->sale_id, DEADLINE_NEVER);
    assert(err == 0);
    check_begin(world);
}

static void draw_world(struct queue_world *world, const struct queue_play *play)
{
    static const char *const rows[] = {"..", NULL};
    struct chance_seeded seeded;
    chance_seed(&seeded, play->seed);
    const struct stage_options options = {.seed = chance_u64(&seeded.chance),
                                          .rows = rows,
                                          .hold_ttl_ms = 1000,
                                          .places_max = 8,
                                          .sale_state = STAGE_DRAFT,
                                          .fibers_max = 600,
                                          .shuffle = true};
    stage_open(&world->stage, &options);
    world->tale.loop = world->stage.loop;
    world->chance = &world->stage.chance.chance;
    const uint32_t weather = play->still ? 0 : queue_below(world, 4);
    world->latency_ms = weather == 0 ? 0 : weather == 3 ? 400 : 20;
    world->before_ppm = weather >= 2 ? 20000 : 0;
    world->after_ppm = weather >= 2 ? 30000 : 0;
    world->free = 1 + queue_below(world, 60);
    world->account_count = play->still ? 3 : 2 + queue_below(world, QUEUE_ACCOUNTS_MAX - 1);
    world->person_count = play->still ? 3 : world->account_count + queue_below(world, 5);
    world->people_left = world->person_count;
    for (uint32_t i = 0; i < world->person_count; i++) {
        struct queue_person *person = &world->people[i];
        *person = (struct queue_person){.world = world, .account = i};
        if (i >= world->account_count) /* somebody's second device */
            person->account = queue_below(world, world->account_count);
        chance_seed(&person->dice, chance_u64(world->chance));
    }
}

static void make_tables(struct queue_world *world)
{
    int err = sql_inline_new(&world->sql);
    if (err == 0)
        err = accounts_migrate(world->sql, false, STAGE_WALL_MS);
    if (err == 0)
        err = bars_migrate(world->sql, false, STAGE_WALL_MS);
    if (err == 0)
        err = lines_migrate(world->sql, false, STAGE_WALL_MS);
    assert(err == 0);
}

/* ---- the director ---- */

static void restart(struct queue_world *world, bool crash)
{
    *(crash ? &world->coverage->crashes : &world->coverage->stops) += 1;
    room_close(world->room, crash);
    check_follow(world);
    if (!world->tale.failed)
        check_ledger(world);
    queue_wait(world, queue_below(world, 4) == 0 ? 8000 : 300);
    (void)room_open(world);
}

/* The organiser changes how many may be inside, or stops everybody for a while. */
static void organise(struct queue_world *world)
{
    Usher__V1__SetAdmissionRequest limits = USHER__V1__SET_ADMISSION_REQUEST__INIT;
    Usher__V1__PauseLineRequest pause = USHER__V1__PAUSE_LINE_REQUEST__INIT;
    Usher__V1__ResumeLineRequest resume = USHER__V1__RESUME_LINE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    const char *reason;
    struct arena arena;
    arena_init(&arena, QUEUE_ARENA);
    limits.sale_id = pause.sale_id = resume.sale_id = world->sale_id;
    limits.capacity_min = 1 + queue_below(world, 3);
    limits.capacity_max = limits.capacity_min + queue_below(world, 3);
    const uint32_t what = queue_below(world, 5);
    if (what == 0) { /* the rooms hear of it within a second */
        world->stopped = true;
        world->stopped_at_ms = queue_wall_ms(world);
        queue_wait(world, 1000 + queue_below(world, 20000));
        check_follow(world);
        world->coverage->emergencies += world->follow.line.stopped;
        world->stopped = false;
    } else if (what <= 2) {
        world->coverage->limits +=
            queue_call(world, QUEUE_OPERATOR, &arena, set_admission, &limits, &sale, &reason) == 0;
    } else {
        world->coverage->pauses +=
            queue_call(world, QUEUE_OPERATOR, &arena, pause_line, &pause, &sale, &reason) == 0;
        queue_wait(world, 3000);
        (void)queue_call(world, QUEUE_OPERATOR, &arena, resume_line, &resume, &sale, &reason);
    }
    arena_release(&arena);
}

static void make_trouble(struct queue_world *world)
{
    const uint32_t act = queue_below(world, 100);
    if (act < 8)
        restart(world, true);
    else if (act < 11)
        restart(world, false);
    else if (act < 17)
        organise(world);
    else if (act < 20 && world->free == 0) {
        world->free = 1 + queue_below(world, 4); /* an order was cancelled */
        world->coverage->reopened++;
    } else if (act < 24) {
        world->free = 0;
    }
}

static void clear_up(struct queue_world *world)
{
    if (!world->crash_due)
        return;
    world->crash_due = false;
    restart(world, true);
}

/* No faults any more, places enough, and nobody keeps the line shut. */
static void calm_down(struct queue_world *world)
{
    Usher__V1__ResumeLineRequest resume = USHER__V1__RESUME_LINE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    const char *reason;
    struct arena arena;
    queue_say(world, "calm");
    world->calm = true;
    world->free += 4 * QUEUE_PEOPLE_MAX;
    arena_init(&arena, QUEUE_ARENA);
    resume.sale_id = world->sale_id;
    for (int i = 0; i < 100 && queue_call(world, QUEUE_OPERATOR, &arena, resume_line, &resume,
                                          &sale, &reason) != 0;
         i++) {
        stage_sleep(200);
        check_follow(world); /* what was read last may be of before the line was paused */
        if (world->follow.line.state != LINE_PAUSED)
            break;
    }
    arena_release(&arena);
}

static void end(struct queue_world *world)
{
    check_follow(world);
    if (!world->tale.failed)
        check_ledger(world);
    if (!world->tale.failed && world->follow.line.drawn)
        check_draw(world);
    if (!world->tale.failed && world->follow.line.opened && world->opened == 0)
        queue_fail(world, "the line is open, and nothing is on sale");
    room_close(world->room, false);
    world->ended = true;
}

void queue_director_run(void *arg)
{
    struct queue_world *world = arg;
    const bool trouble = !world->still && queue_below(world, 4) > 0;
    (void)room_open(world);
    for (uint32_t i = 0; i < world->person_count; i++) {
        int err = fiber_spawn(&world->stage.scope, queue_person_run, &world->people[i]);
        assert(err == 0);
    }
    const int64_t until_ms = STAGE_WALL_MS + (world->still ? 3000 : CALM_MS / 4);
    while (queue_wall_ms(world) < until_ms && !world->tale.failed) {
        queue_wait(world, world->still ? 20 : 1000);
        clear_up(world);
        if (trouble && !world->tale.failed)
            make_trouble(world);
    }
    clear_up(world);
    calm_down(world);
    while (world->people_left > 0) {
        stage_sleep(500);
        clear_up(world);
    }
    end(world);
}

bool queue_play(struct queue_world *world, const struct queue_play *play,
                struct queue_coverage *coverage)
{
    *world = (struct queue_world){.seed = play->seed,
                                  .tale = tale_new(play->verbose),
                                  .still = play->still,
                                  .crash_at = play->crash_at,
                                  .coverage = coverage};
    draw_world(world, play);
    make_tables(world);
    draw_sale(world);
    stage_run(&world->stage, queue_director_run, world);
    if (!world->ended)
        queue_fail(world, "somebody waits for ever");
    follow_release(&world->follow);
    sql_free(world->sql);
    if (world->ended)
        stage_close(&world->stage);
    return !world->tale.failed;
}
