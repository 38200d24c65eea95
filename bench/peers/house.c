#include <stdio.h>
#include <string.h>

#include "bench/peers/parts.h"
#include "call/client.h"
#include "call/remote.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/owner.pb-c.h"

#define SETTLED_MS 1500 /* one and a half leases (bench_server_stores) */
#define SETTLE_MS  20000
#define LOOK_MS    20
#define WORKERS    "1" /* of two, the connection's may be the owner's or not, by chance */

struct look {
    struct peers_house *house;
    struct channel *channel;
    char authorization[160];
    int err;
};

static int read_key(const struct bench_server *server, char *ret_text, size_t size)
{
    char path[96], key[128] = "";
    snprintf(path, sizeof(path), "%s/operator.key", server->data);
    FILE *file = fopen(path, "re");
    const bool read = file && fgets(key, sizeof(key), file);
    if (file)
        fclose(file);
    key[strcspn(key, "\n")] = '\0';
    snprintf(ret_text, size, "Bearer %s", key);
    return read ? 0 : ERR_IO;
}

/* "URL ID", or the URL alone. */
static bool is_of(const char *owner, const struct bench_server *server)
{
    const size_t len = strlen(server->url);
    return strncmp(owner, server->url, len) == 0 && strchr(" ", owner[len]) != NULL;
}

/* Who owns it, as the first process says; NULL: nobody that it knows of. */
static struct bench_server *ask_owner(struct look *look, struct arena *arena)
{
    struct peers_house *house = look->house;
    Usher__V1__GetStatusRequest wish = USHER__V1__GET_STATUS_REQUEST__INIT;
    const Usher__V1__Status *status;
    struct client client;
    client_init(&client, look->channel, &usher__v1__installation_service__descriptor, arena);
    client.authorization = look->authorization;
    const int err =
        client_call(&client, Usher__V1__InstallationService, get_status, &wish, &status);
    const char *owner = err || status->n_performances == 0 ? "" : status->performances[0]->owner;
    return is_of(owner, &house->first)    ? &house->first
           : is_of(owner, &house->second) ? &house->second
                                          : NULL;
}

/* A performance is handed to the one whose share it is a lease's time after that has come. */
static void settle(void *arg)
{
    struct look *look = arg;
    struct peers_house *house = look->house;
    const struct remote_options options = {.url = house->first.url, .tries = 1};
    const int64_t began_ns = fiber_now_ns();
    int64_t since_ns = began_ns, now_ns = began_ns;
    struct arena arena;
    look->err = remote_new(&options, &look->channel);
    if (look->err)
        return;
    arena_init(&arena, 1u << 20);
    look->err = ERR_TIMEOUT;
    while (look->err && now_ns - began_ns < SETTLE_MS * NS_PER_MS) {
        struct bench_server *owner = ask_owner(look, &arena);
        arena_reset(&arena);
        now_ns = fiber_now_ns();
        if (!owner || owner != house->owner)
            since_ns = now_ns;
        house->owner = owner;
        house->other = owner == &house->first ? &house->second : &house->first;
        if (now_ns - since_ns >= SETTLED_MS * NS_PER_MS)
            look->err = 0;
        (void)fiber_sleep_until(deadline_after_ms(now_ns, LOOK_MS));
    }
    arena_release(&arena);
    channel_free(look->channel);
}

static int find_owner(struct peers_house *house)
{
    struct look look = {.house = house};
    int err = read_key(&house->first, look.authorization, sizeof(look.authorization));
    err = err ? err : fiber_main(settle, &look);
    return err ? err : look.err;
}

int peers_house_open(uint32_t places, struct peers_house *ret_house)
{
    *ret_house = (struct peers_house){0};
    int err = ground_clear(GROUND_MARIADB, &ret_house->ground);
    if (err)
        return err;
    bench_server_stores(ret_house->ground.store, ret_house->ground.coord);
    err = bench_server_start(places, WORKERS, -1, &ret_house->first);
    if (err == 0) {
        err = bench_server_start_beside(&ret_house->first, WORKERS, &ret_house->second);
        if (err)
            bench_server_stop(&ret_house->first);
    }
    bench_server_stores(NULL, NULL);
    if (err)
        return err;
    err = find_owner(ret_house);
    if (err)
        (void)peers_house_close(ret_house);
    return err;
}

int peers_house_close(struct peers_house *house)
{
    int err = 0;
    struct bench_server *const both[] = {&house->second, &house->first}; /* the keys' folder last */
    for (int i = 0; i < 2; i++) {
        const int stopped = bench_server_stop(both[i]);
        err = err ? err : stopped;
    }
    return err;
}
