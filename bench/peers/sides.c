#include "bench/peers/sides.h"

#include <stdio.h>

#include "bench/wire.h"

#define CONNECTIONS "&connections=32" /* of the seed's way: the best of 16, 32 and 64 */

static const struct {
    const char *name;
    enum ground_kind ground;
} sides[SIDES] = {[SIDE_SEED] = {"the seed's way", GROUND_MARIADB},
                  [SIDE_MARIADB] = {"MariaDB", GROUND_MARIADB},
                  [SIDE_PAIR] = {"MariaDB, binlog, semi-synchronous replica", GROUND_PAIR},
                  [SIDE_SQLITE] = {"SQLite", GROUND_SQLITE}};

const char *peers_side_name(enum peers_side side)
{
    return sides[side].name;
}

int peers_side_open(enum peers_side side, uint32_t places, struct peers_served *ret)
{
    *ret = (struct peers_served){.side = side};
    int err = ground_clear(sides[side].ground, &ret->ground);
    if (err)
        return err;
    if (side == SIDE_SEED) {
        char store[GROUND_URL_MAX + sizeof(CONNECTIONS)];
        snprintf(store, sizeof(store), "%s" CONNECTIONS, ret->ground.store);
        const struct seed_wish wish = {store, ret->ground.coord, places};
        err = seed_start(&wish, &ret->seed);
        ret->url = ret->seed.url;
        ret->pid = ret->seed.pid;
        return err;
    }
    const bool shared = ret->ground.store[0] != '\0';
    bench_server_stores(shared ? ret->ground.store : NULL, shared ? ret->ground.coord : NULL);
    err = bench_server_start(places, "0", -1, &ret->usher);
    bench_server_stores(NULL, NULL);
    ret->url = ret->usher.url;
    ret->pid = ret->usher.pid;
    return err;
}

int peers_side_close(struct peers_served *served, int err)
{
    if (served->side == SIDE_SEED) {
        wire_end(served->pid);
        return err;
    }
    if (err == 0)
        err = bench_server_audit(&served->usher);
    const int stopped = bench_server_stop(&served->usher);
    return err ? err : stopped;
}
