/* A process with the waiting room's role, its tables, and the ticket service beside it. */
#include <stdlib.h>

#include "call/call.h"
#include "call/local.h"
#include "db/sql_body.h"
#include "err/err.h"
#include "sim/queue/queue.h"
#include "store/accounts.h"
#include "store/bars.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"

/* ---- the tables as one process reaches them: late, failing, and not once it is dead ---- */

struct tables {
    struct sql sql;
    struct sql_ops ops;
    struct room *room;
};

static bool happens(struct room *room, uint32_t ppm)
{
    return !room->world->calm && ppm > 0 && queue_below(room->world, 1000000) < ppm;
}

static void pause(struct room *room)
{
    if (fiber_self() && !room->world->calm && room->world->latency_ms > 0)
        queue_wait(room->world, room->world->latency_ms);
}

/* A write is there or is not; who asked may not learn which. */
static int write_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct room *room = ((struct tables *)sql)->room;
    struct queue_world *world = room->world;
    pause(room);
    queue_step(world);
    if (room->dead)
        return ERR_UNAVAILABLE;
    if (happens(room, world->before_ppm)) {
        world->coverage->before++;
        return ERR_UNAVAILABLE;
    }
    int err = sql_write(world->sql, job, deadline_ns);
    queue_step(world);
    pause(room);
    if (err == 0 && room->dead)
        return ERR_UNKNOWN;
    if (err == 0 && happens(room, world->after_ppm)) {
        world->coverage->after++;
        return ERR_UNKNOWN;
    }
    return err;
}

static int read_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct room *room = ((struct tables *)sql)->room;
    pause(room);
    return room->dead || happens(room, room->world->before_ppm)
               ? ERR_UNAVAILABLE
               : sql_read(room->world->sql, job, deadline_ns);
}

static void free_body(struct sql *sql)
{
    free(sql);
}

static struct sql *tables_new(struct room *room)
{
    struct tables *t = calloc(1, sizeof(*t));
    assert(t);
    t->ops = *room->world->sql->ops;
    t->ops.write = write_job;
    t->ops.read = read_job;
    t->ops.free = free_body;
    t->sql.ops = &t->ops;
    t->room = room;
    return &t->sql;
}

/* ---- a ticket service: it fails now and then, as one in another process does ---- */

static struct queue_world *the_world; /* one at a time */

static bool refuses(struct call *call)
{
    const bool refused = !the_world->calm && !the_world->still && queue_below(the_world, 100) < 2;
    if (refused)
        call_fail(call, CODE_UNAVAILABLE, NULL, "not now");
    return refused;
}

static int get_sale_load(struct call *call, const void *request, void *response)
{
    Usher__V1__SaleLoad *answer = response;
    (void)request;
    if (refuses(call))
        return ERR_UNAVAILABLE;
    answer->counts = arena_alloc(call_arena(call), sizeof(*answer->counts));
    assert(answer->counts);
    usher__v1__counts__init(answer->counts);
    answer->counts->free = the_world->free;
    answer->counts->held = the_world->held;
    answer->stopped = the_world->stopped;
    answer->organiser_id = 1;
    answer->hold_ms = queue_below(the_world, 400);
    answer->event_state = USHER__V1__EVENT_STATE__EVENT_STATE_PUBLISHED;
    answer->sale_state = the_world->on_sale ? USHER__V1__SALE_STATE__SALE_STATE_OPEN
                                            : USHER__V1__SALE_STATE__SALE_STATE_DRAFT;
    return 0;
}

static int open_sale(struct call *call, const void *request, void *response)
{
    (void)request;
    (void)response;
    if (refuses(call))
        return ERR_UNAVAILABLE;
    the_world->on_sale = true;
    the_world->opened++;
    return 0;
}

static int pause_sale(struct call *call, const void *request, void *response)
{
    (void)request;
    (void)response;
    if (refuses(call))
        return ERR_UNAVAILABLE;
    the_world->on_sale = false;
    return 0;
}

static int nothing(struct call *call, const void *request, void *response)
{
    (void)request;
    (void)response;
    return call_fail(call, CODE_UNIMPLEMENTED, NULL, "not here");
}

static struct service ticket_service(void)
{
    static struct method methods[128];
    const ProtobufCServiceDescriptor *descriptor = &usher__v1__ticket_service__descriptor;
    assert(descriptor->n_methods <= sizeof(methods) / sizeof(methods[0]));
    for (unsigned i = 0; i < descriptor->n_methods; i++) {
        const char *name = descriptor->methods[i].name;
        const bool streams = strncmp(name, "Watch", 5) == 0;
        methods[i] = (struct method){.name = name,
                                     .kind = streams ? METHOD_SERVER_STREAM : METHOD_UNARY,
                                     .handle = strcmp(name, "GetSaleLoad") == 0 ? get_sale_load
                                               : strcmp(name, "OpenSale") == 0  ? open_sale
                                               : strcmp(name, "PauseSale") == 0 ? pause_sale
                                                                                : nothing};
    }
    return (struct service){
        .descriptor = descriptor, .methods = methods, .method_count = descriptor->n_methods};
}

/* ---- the process ---- */

struct room *room_open(struct queue_world *world)
{
    static const uint8_t master[KEY_BYTES] = {5};
    static struct service tickets;
    struct room *room = calloc(1, sizeof(*room));
    assert(room);
    the_world = world;
    tickets = ticket_service();
    room->world = world;
    room->number = ++world->room_count;
    room->sql = tables_new(room);
    int err = worker_over(world->stage.loop, &room->worker);
    if (err == 0)
        err = routes_init(&room->ticket_routes, &tickets, 1);
    if (err == 0)
        err =
            local_new(&room->ticket_routes, &(struct identity){.roles = ROLE_PEER}, &room->tickets);
    assert(err == 0);
    const struct waitroom_options options = {.sql = room->sql,
                                             .workers = &room->worker,
                                             .worker_count = 1,
                                             .chance = world->chance,
                                             .master = master,
                                             .tickets = &room->tickets};
    /* As a process that is started anew, also where it dies at its start. */
    while ((err = waitroom_start(&options, &room->waitroom)) == ERR_UNAVAILABLE ||
           err == ERR_UNKNOWN) {
        room->dead = world->crash_due = false;
        stage_sleep(100);
    }
    assert(err == 0);
    room->service = waitroom_service(room->waitroom);
    err = routes_init(&room->routes, &room->service, 1);
    if (err == 0)
        err = local_new(&room->routes, &(struct identity){0}, &room->channel);
    assert(err == 0);
    world->room = room;
    queue_say(world, "room %u begins", room->number);
    return room;
}

void room_close(struct room *room, bool crash)
{
    struct queue_world *world = room->world;
    queue_say(world, "room %u %s", room->number, crash ? "is killed" : "stops");
    room->leaving = true;
    room->dead = room->dead || crash;
    if (world->room == room)
        world->room = NULL;
    while (room->visitors > 0)
        stage_sleep(50);
    channel_free(room->channel);
    routes_release(&room->routes);
    waitroom_stop(room->waitroom);
    channel_free(room->tickets);
    routes_release(&room->ticket_routes);
    worker_stop(room->worker);
    sql_free(room->sql);
    free(room);
}

struct id queue_account(uint32_t account)
{
    return stage_id(100 + account);
}

int queue_call_index(struct queue_world *world, uint32_t account, struct arena *arena,
                     unsigned method, const ProtobufCMessage *request,
                     const ProtobufCMessage **ret_response, const char **ret_reason)
{
    struct room *room = world->room;
    struct client client;
    struct identity who = {.roles = ROLE_BUYER, .account_id = queue_account(account)};
    if (account == QUEUE_OPERATOR)
        who = (struct identity){.roles = ROLE_OPERATOR};
    if (account == QUEUE_PEER)
        who = (struct identity){.roles = ROLE_PEER};
    *ret_reason = "NOBODY";
    if (!room || room->leaving)
        return ERR_UNAVAILABLE;
    room->visitors++;
    client_init(&client, room->channel, &usher__v1__waitroom_service__descriptor, arena);
    client.identity = &who;
    client.timeout_ms = 20000;
    int err = client_call_index(&client, method, request, ret_response);
    /* Of a process that died nothing comes back. */
    if (room->dead)
        err = ERR_UNAVAILABLE;
    else if (err != 0)
        *ret_reason = client.status.detail ? client.status.detail->reason : "";
    room->visitors--;
    world->coverage->refused += err != 0;
    return err;
}
