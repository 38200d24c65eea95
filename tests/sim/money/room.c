/* The waiting room's process, and the sale that its line leads to. */
#include <stdlib.h>

#include "call/local.h"
#include "err/err.h"
#include "line/draw.h"
#include "sim/money/money.h"
#include "store/accounts.h"
#include "store/bars.h"

#define OPEN_TRIES_MAX 600

void room_make_sale(struct money_world *world)
{
    static const uint32_t passes_ms[] = {8000, 20000, 60000};
    struct line_sale *sale = &world->sale;
    const bool drawn = money_below(world, 2) == 0;
    *sale = (struct line_sale){
        .name = VIEW_LIT("Night"),
        .performance_count = 1,
        .performance_ids = {world->stage.performance_id},
        .draw_opens_at_ms = drawn ? STAGE_WALL_MS + 200 : 0,
        .opens_at_ms = STAGE_WALL_MS + 1500,
        .closes_at_ms = STAGE_WALL_MS + INT64_C(86400000),
        .time_zone = VIEW_LIT("UTC"),
        .guests = true,
        .capacity_min = 1 + money_below(world, 3),
        .claim_ms = 1500 + money_below(world, 3000),
        .pass_ms = passes_ms[money_below(world, 3)],
        .created_at_ms = STAGE_WALL_MS,
    };
    sale->capacity_max = sale->capacity_min + money_below(world, 4);
    for (size_t i = 0; i < sizeof(sale->secret); i++)
        sale->secret[i] = (uint8_t)money_below(world, 256);
    draw_commit(sale->secret, sale->commitment);
    int err = accounts_migrate(world->sql, false, STAGE_WALL_MS);
    if (err == 0)
        err = bars_migrate(world->sql, false, STAGE_WALL_MS);
    if (err == 0)
        err = lines_migrate(world->sql, false, STAGE_WALL_MS);
    if (err == 0)
        err = line_sale_put(world->sql, sale, &world->sale_id, DEADLINE_NEVER);
    assert(err == 0);
    follow_init(&world->line, &world->tale, world->sql, world->sale_id, sale);
    world->coverage->lines++;
}

/* As a process that is started anew where it dies at its start. */
static void start(struct room *room)
{
    static const uint8_t master[KEY_BYTES] = {5};
    const struct waitroom_options options = {
        .sql = room->sql,
        .workers = &room->worker,
        .worker_count = 1,
        .chance = room->party.world->chance,
        .master = master,
        .tickets = &room->to_tickets,
    };
    int err = ERR_UNAVAILABLE;
    for (int i = 0; i < OPEN_TRIES_MAX && err != 0; i++) {
        err = waitroom_start(&options, &room->waitroom);
        assert(err == 0 || err == ERR_UNAVAILABLE || err == ERR_UNKNOWN);
        if (err != 0)
            stage_sleep(100);
    }
    assert(err == 0);
}

struct room *room_open(struct money_world *world)
{
    struct room *room = calloc(1, sizeof(*room));
    assert(room);
    room->party.world = world;
    room->party.stormy = !world->calm && world->weather.latency_ms > 0;
    room->number = ++world->room_count;
    int err = worker_over(world->stage.loop, &room->worker);
    assert(err == 0);
    room->sql = tables_new(&room->party);
    room->to_tickets = link_new(&room->party, false);
    start(room);
    room->service = waitroom_service(room->waitroom);
    err = routes_init(&room->routes, &room->service, 1);
    if (err == 0)
        err = local_new(&room->routes, &(struct identity){0}, &room->channel);
    assert(err == 0);
    world->room = room;
    money_say(world, "room %u begins", room->number);
    return room;
}

void room_close(struct room *room, bool crash)
{
    struct money_world *world = room->party.world;
    money_say(world, "room %u %s", room->number, crash ? "is killed" : "stops");
    room->party.leaving = true;
    room->party.dead = room->party.dead || crash;
    if (world->room == room)
        world->room = NULL;
    while (room->party.visitors > 0)
        stage_sleep(50);
    channel_free(room->channel);
    routes_release(&room->routes);
    waitroom_stop(room->waitroom);
    channel_free(room->to_tickets);
    worker_stop(room->worker);
    sql_free(room->sql);
    free(room);
}
