/*
 * What it costs that a call comes to a process that does not own the performance: the same call at
 * the owner, at the other one, and, of the same size, at a process that only says it: a bare round
 * trip of gRPC between two processes. One call at a time, and 16 at once; the ways in turn.
 *
 * The call releases a hold that nobody has: the owner answers it from memory, so no disk is in it;
 * and it needs no pass, for which the process that keeps the lines would be asked too.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/peers/front.h"
#include "bench/peers/parts.h"
#include "bench/wire.h"
#include "call/client.h"
#include "call/remote.h"
#include "crowd/percentiles.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define PLACES  2000
#define ROUNDS  300
#define ROUND   10 /* calls in a row, so that all ways are as warm */
#define CALLS   (ROUNDS * ROUND)
#define AT_ONCE 16
#define CALL_MS 10000

enum way { DIRECT, FORWARDED, BARE, WAYS };

struct forward {
    const char *urls[WAYS];
    struct channel *channels[WAYS];
    char authorization[600];
    int64_t *took_ns[WAYS]; /* one call at a time: of each */
    int64_t crowd_ns[WAYS]; /* many at once: of all */
    int err;
};

/* One of those that ask at once. */
struct asker {
    struct forward *f;
    enum way way;
};

/* What the bare process says: as long as what the owner does. */
static int refuse(struct call *call, const void *request, void *response)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = "NO_SUCH_HOLD";
    return call_fail(call, CODE_NOT_FOUND, &detail, "there is no such hold of this account");
}

static int start_bare(struct front *ret_front)
{
    static const struct method methods[] = {{.name = "ReleaseHold", .handle = refuse}};
    const struct front_wish wish = {
        .services = {{&usher__v1__ticket_service__descriptor, methods, 1}},
        .service_count = 1,
        .workers = 1};
    return front_start(&wish, ret_front);
}

static struct client client_to(const struct forward *f, enum way way, struct arena *arena)
{
    struct client client;
    arena_init(arena, 1u << 20);
    client_init(&client, f->channels[way], &usher__v1__ticket_service__descriptor, arena);
    client.timeout_ms = CALL_MS;
    client.authorization = way != BARE && f->authorization[0] ? f->authorization : NULL;
    return client;
}

static int become_guest(struct forward *f)
{
    Usher__V1__CreateGuestRequest wish = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    const Usher__V1__CreateGuestResponse *guest;
    struct arena arena;
    struct client client = client_to(f, DIRECT, &arena);
    client.service = &usher__v1__auth_service__descriptor;
    const int err = client_call(&client, Usher__V1__AuthService, create_guest, &wish, &guest);
    if (err == 0)
        snprintf(f->authorization, sizeof(f->authorization), "Bearer %s", guest->token);
    arena_release(&arena);
    return err;
}

/* True: it was refused as it should be. */
static bool release(struct client *client)
{
    Usher__V1__ReleaseHoldRequest wish = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    const Usher__V1__ReleaseHoldResponse *answer;
    wish.performance_id = 1;
    wish.hold_id = (char *)"00000000000000000000000001";
    (void)client_call(client, Usher__V1__TicketService, release_hold, &wish, &answer);
    const bool refused = client->status.code == CODE_NOT_FOUND;
    if (!refused)
        fprintf(stderr, "usher-bench: ReleaseHold: %s: %s\n", code_name(client->status.code),
                client->status.message);
    arena_reset(client->arena);
    return refused;
}

/* ROUND calls, one after the other; notes what each took where told_ns is not NULL. */
static void ask_often(struct forward *f, enum way way, int64_t *told_ns)
{
    struct arena arena;
    struct client client = client_to(f, way, &arena);
    for (int i = 0; f->err == 0 && i < ROUND; i++) {
        const int64_t began_ns = clock_mono_ns(clock_system());
        if (!release(&client))
            f->err = ERR_UNAVAILABLE;
        if (told_ns)
            told_ns[i] = clock_mono_ns(clock_system()) - began_ns;
    }
    arena_release(&arena);
}

static void ask_beside_others(void *arg)
{
    const struct asker *asker = arg;
    ask_often(asker->f, asker->way, NULL);
}

static void ask_at_once(struct forward *f, enum way way)
{
    struct asker asker = {f, way};
    struct scope scope;
    const int64_t began_ns = clock_mono_ns(clock_system());
    scope_init(&scope);
    for (int i = 0; f->err == 0 && i < AT_ONCE; i++)
        f->err = fiber_spawn(&scope, ask_beside_others, &asker);
    scope_join(&scope, DEADLINE_NEVER);
    f->crowd_ns[way] += clock_mono_ns(clock_system()) - began_ns;
}

static void drive(void *arg)
{
    struct forward *f = arg;
    for (int i = 0; f->err == 0 && i < WAYS; i++) {
        const struct remote_options options = {.url = f->urls[i], .tries = 1};
        f->err = remote_new(&options, &f->channels[i]);
    }
    f->err = f->err ? f->err : become_guest(f);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < WAYS; i++) {
            const enum way way = (enum way)((round + i) % WAYS);
            ask_often(f, way, f->took_ns[way] + round * ROUND);
            ask_at_once(f, way);
        }
    for (int i = 0; i < WAYS; i++)
        channel_free(f->channels[i]);
}

static void show(const struct forward *f, bench_row_fn *row, void *state)
{
    static const char *const names[WAYS] = {[DIRECT] = "a call at the owner",
                                            [FORWARDED] = "a call that is forwarded",
                                            [BARE] = "a bare gRPC round trip"};
    double alone_us[WAYS], crowd_us[WAYS];
    char name[96];
    for (int i = 0; i < WAYS; i++) {
        struct percentiles p;
        percentiles_of(f->took_ns[i], CALLS, &p);
        alone_us[i] = (double)p.p50 / 1000;
        crowd_us[i] = (double)f->crowd_ns[i] / 1000 / (CALLS * AT_ONCE);
        snprintf(name, sizeof(name), "peers: %s, p50", names[i]);
        row(state, name, alone_us[i], "us");
        snprintf(name, sizeof(name), "peers: %s, 16 at once, each", names[i]);
        row(state, name, crowd_us[i], "us");
    }
    row(state, "peers: what forwarding adds, times a bare gRPC round trip",
        (alone_us[FORWARDED] - alone_us[DIRECT]) / alone_us[BARE], "x");
    row(state, "peers: what forwarding adds, 16 at once, times a bare gRPC round trip",
        (crowd_us[FORWARDED] - crowd_us[DIRECT]) / crowd_us[BARE], "x");
}

int peers_forward(bench_row_fn *row, void *state)
{
    struct forward f = {0};
    struct peers_house house;
    struct front bare;
    int err = start_bare(&bare);
    if (err)
        return err;
    err = peers_house_open(PLACES, &house);
    if (err == 0) {
        f.urls[DIRECT] = house.owner->url;
        f.urls[FORWARDED] = house.other->url;
        f.urls[BARE] = bare.url;
        for (int i = 0; i < WAYS; i++)
            f.took_ns[i] = calloc(CALLS, sizeof(**f.took_ns));
        err = f.took_ns[0] && f.took_ns[1] && f.took_ns[2] ? fiber_main(drive, &f) : ERR_NO_MEMORY;
        err = err ? err : f.err;
        const int closed = peers_house_close(&house);
        err = err ? err : closed;
    }
    wire_end(bare.pid);
    if (err == 0)
        show(&f, row, state);
    for (int i = 0; i < WAYS; i++)
        free(f.took_ns[i]);
    return err;
}
