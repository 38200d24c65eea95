/* A ticket process: the role as it is, a browser that watches the seats there, and its end. */
#include <stdio.h>
#include <stdlib.h>

#include "call/client.h"
#include "call/local.h"
#include "call/method.h"
#include "err/err.h"
#include "sim/cluster/cluster.h"
#include "svc/ticket/desk.h"
#include "token/roles.h"

#define START_TRIES_MAX  100
#define LOOK_MS          20
#define WATCH_MS         200
#define CALL_MS          30000 /* a browser's call is over then */
#define URL_BYTES        32
#define STATES_BYTES_MAX 64 /* halls are small */

struct house {
    char url[URL_BYTES];
    struct worker *worker;
    struct ticket *ticket;
    struct service services[2];
    struct routes routes;
    struct scope browsers;
};

static const struct identity peer = {.roles = ROLE_PEER};

static const struct catalog_performance *performance_of(const struct process *process)
{
    return catalog_performance(process->house->ticket->catalog,
                               process->cluster->stage->performance_id);
}

struct owner *process_owner(const struct process *process)
{
    return performance_of(process)->owner;
}

bool process_owns(const struct process *process, uint32_t *ret_number)
{
    char url[COORD_HOLDER_MAX + 1];
    *ret_number = 0;
    const bool ours =
        tenure_find(process->house->ticket, process->cluster->stage->performance_id, url);
    if (!ours && url[0])
        *ret_number = cluster_number(url);
    return ours;
}

/* ---- a browser that watches ---- */

struct browser {
    struct process *process;
    uint64_t version; /* 0: it knows nothing yet */
    uint64_t mark;
    uint8_t states[STATES_BYTES_MAX];
};

static void put_state(struct browser *b, uint32_t seat, uint32_t state)
{
    uint8_t *byte = &b->states[seat / 4];
    *byte = (uint8_t)((*byte & ~(3u << 2 * (seat % 4))) | state << 2 * (seat % 4));
}

/* What it sees is what the ledger says the hall was like at that version, and never older. */
static void see(struct browser *b, const Usher__V1__SeatsUpdate *update)
{
    struct cluster *cluster = b->process->cluster;
    const uint32_t places = cluster->stage->hall->place_count;
    struct truth *truth = cluster->truth;
    if (!truth_follow(truth)) {
        tale_fail(cluster->tale, "%s", truth->error);
        return;
    }
    if (update->version < b->version)
        tale_fail(cluster->tale, "P9: a browser at process %u sees version %llu after %llu",
                  b->process->number, (unsigned long long)update->version,
                  (unsigned long long)b->version);
    if (update->body_case == USHER__V1__SEATS_UPDATE__BODY_SNAPSHOT) {
        assert(update->snapshot->states.len <= sizeof(b->states));
        memcpy(b->states, update->snapshot->states.data, update->snapshot->states.len);
    } else if (update->body_case == USHER__V1__SEATS_UPDATE__BODY_DELTA) {
        if (update->delta->from_version != b->version)
            tale_fail(cluster->tale, "P9: a browser at process %u meets a gap", b->process->number);
        for (size_t i = 0; i < update->delta->n_changes; i++)
            put_state(b, update->delta->changes[i] >> 2, update->delta->changes[i] & 3);
    }
    b->version = update->version;
    b->process->cluster->counts->watched++;
    if (b->version > truth->tail.version)
        tale_fail(cluster->tale, "P2: a browser at process %u sees what is not in the ledger",
                  b->process->number);
    else if (truth->marks[b->version] != truth_mark_snapshot(b->states, places))
        tale_fail(cluster->tale,
                  "P9: a browser at process %u sees another hall than the ledger at version %llu",
                  b->process->number, (unsigned long long)b->version);
}

static void read_stream(struct browser *b, struct channel_stream *stream)
{
    struct arena arena;
    struct call_status status;
    int err = 0;
    arena_init(&arena, 1u << 20);
    while ((err == 0 || err == ERR_TIMEOUT) && !b->process->leaving) {
        const ProtobufCMessage *message;
        arena_reset(&arena);
        err = channel_stream_next(stream, &arena, &message, &status,
                                  deadline_after_ms(fiber_now_ns(), WATCH_MS));
        if (err == 0)
            see(b, (const Usher__V1__SeatsUpdate *)message);
    }
    arena_release(&arena);
}

static void watch(void *arg)
{
    struct browser b = {.process = arg};
    Usher__V1__WatchSeatsRequest wish = USHER__V1__WATCH_SEATS_REQUEST__INIT;
    const Usher__V1__SeatsUpdate *update;
    wish.performance_id = b.process->cluster->stage->performance_id;
    while (!b.process->leaving) {
        struct arena arena;
        struct client client;
        struct channel_stream *stream;
        arena_init(&arena, 1u << 20);
        client_init(&client, b.process->peers, &usher__v1__ticket_service__descriptor, &arena);
        client.identity = &peer;
        client.timeout_ms = 0;
        if (client_stream(&client, Usher__V1__TicketService, watch_seats, &wish, &update,
                          &stream) == 0) {
            read_stream(&b, stream);
            channel_stream_free(stream);
        }
        arena_release(&arena);
        stage_sleep(WATCH_MS);
    }
}

/* ---- a browser that asks ---- */

int process_ask(struct process *process, struct owner_ask *ask)
{
    process->visitors++;
    ask->result = ERR_UNAVAILABLE;
    if (cluster_await(process)) {
        (void)desk_ask(process->house->ticket, performance_of(process), ask,
                       deadline_after_ms(fiber_now_ns(), CALL_MS));
        if (!cluster_await(process)) /* whatever it was */
            ask->result = ERR_UNAVAILABLE;
    }
    process->visitors--;
    return ask->result;
}

/* ---- beginning and end ---- */

static void start(struct process *process)
{
    static const uint8_t master[32];
    static const struct remote_options anybody; /* peers are called by function (open_peer) */
    struct house *house = process->house;
    struct cluster *cluster = process->cluster;
    struct code_keys codes;
    code_keys_derive(master, &codes);
    const struct ticket_options options = {
        .store = process->store,
        .workers = &house->worker,
        .worker_count = 1,
        .chance = cluster->chance,
        .codes = &codes,
        .rest_ms = cluster->stage->options.rest_ms,
        .peer = &anybody,
        .open_peer = cluster_open_peer,
        .open_state = process,
    };
    int err = ERR_UNAVAILABLE;
    for (uint32_t i = 0; err != 0 && i < START_TRIES_MAX; i++) {
        err = ticket_start(&options, &house->ticket);
        if (err != 0)
            stage_sleep(100);
    }
    assert(err == 0);
    house->services[0] = ticket_service(house->ticket);
    house->services[1] = ticket_owner_service(house->ticket);
    err = routes_init(&house->routes, house->services, 2);
    if (err == 0)
        err = local_new(&house->routes, &peer, &process->peers);
    assert(err == 0);
}

static void join(struct process *process)
{
    struct house *house = process->house;
    struct cluster *cluster = process->cluster;
    uint32_t slot = 0;
    while (cluster->processes[slot])
        slot++;
    assert(slot < CLUSTER_PROCESSES_MAX);
    process->slot = slot;
    cluster->processes[slot] = process;
    process->starting = false;
    int err = ticket_join(house->ticket, process->coord, house->url, cluster->lease_ms);
    if (err == 0)
        err = fiber_spawn(&house->browsers, watch, process);
    assert(err == 0);
}

struct process *process_open(struct cluster *cluster)
{
    struct process *process = calloc(1, sizeof(*process));
    struct house *house = calloc(1, sizeof(*house));
    assert(process && house);
    *process = (struct process){
        .cluster = cluster, .number = ++cluster->process_count, .starting = true, .house = house};
    process->store = cluster_store_new(process);
    process->coord = cluster_redis_new(process);
    snprintf(house->url, sizeof(house->url), CLUSTER_URL "%u", process->number);
    scope_init(&house->browsers);
    int err = worker_over(cluster->stage->loop, &house->worker);
    assert(err == 0);
    start(process);
    join(process);
    tale_say(cluster->tale, "process %u begins", process->number);
    return process;
}

void process_close(struct process *process, bool crash)
{
    struct house *house = process->house;
    tale_say(process->cluster->tale, "process %u %s", process->number,
             crash ? "is killed" : "stops");
    process->dead = crash;
    process->paused_until_ns = 0;
    if (!crash)
        ticket_leave(house->ticket); /* and goes on answering */
    process->leaving = true;
    while (process->visitors > 0)
        stage_sleep(LOOK_MS);
    int err = scope_join(&house->browsers, DEADLINE_NEVER);
    assert(err == 0);
    process->changed = NULL;
    process->cluster->processes[process->slot] = NULL;
    struct tenure *tenure = ticket_tenure(house->ticket);
    ticket_stop(house->ticket);
    tenure_free(tenure);
    channel_free(process->peers);
    routes_release(&house->routes);
    worker_stop(house->worker);
    store_free(process->store);
    coord_free(process->coord);
    free(house);
    free(process);
}
