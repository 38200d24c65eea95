/*
 * The line in front of a sale: joins in the engine beside bare entries in a table, bytes a person,
 * and durable joins through the public port beside bare calls of the same front.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/server.h"
#include "call/client.h"
#include "call/remote.h"
#include "chance/chance.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "line/decide.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"

#define ENGINE_PEOPLE 1000000
#define CROWD_PEOPLE  10000000 /* docs/scale.md */
#define PEOPLE        100000   /* through the port */
#define AT_ONCE       2048
#define ROUNDS        4 /* of each kind of call, in turn: so the machine's moods meet both */
#define CONNECTIONS   8
#define CALL_MS       20000
#define TOKEN_ROOM    300
#define SERVICE       "http://127.0.0.1/,client," /* of a sign-in service that is never asked */

/* ---- the engine, in CPU time ---- */

static int fill_line(const struct id *accounts, uint32_t count, double *ret_s, double *ret_bytes)
{
    const struct line_rules rules = {.sale_id = 1, .claim_ms = 60000, .pass_ms = 60000};
    struct line_entry entry = {.kind = LINE_OPENED, .at_ms = 1};
    struct line line;
    line_init(&line, &rules);
    int err = line_apply(&line, &entry);
    const int64_t begin_ns = clock_cpu_ns();
    for (uint32_t i = 0; err == 0 && i < count; i++) {
        err = line_decide_join(&line, accounts[i], 1, &entry);
        err = err == 1 ? line_apply(&line, &entry) : ERR_CORRUPT;
    }
    *ret_s = (double)(clock_cpu_ns() - begin_ns) / NS_PER_S;
    *ret_bytes = (double)line_bytes(&line) / count;
    line_release(&line);
    return err;
}

/* What no line can do without: a place for each account, found by its id. */
static int fill_table(const struct id *accounts, double *ret_s)
{
    struct table table = {0};
    int err = 0;
    const int64_t begin_ns = clock_cpu_ns();
    for (uint32_t i = 0; err == 0 && i < ENGINE_PEOPLE; i++) {
        err = table_reserve(&table, table.count + 1);
        err = err ? err : table_put(&table, accounts[i], i);
    }
    *ret_s = (double)(clock_cpu_ns() - begin_ns) / NS_PER_S;
    table_release(&table);
    return err;
}

static int measure_engine(bench_row_fn *row, void *state)
{
    struct id *accounts = calloc(CROWD_PEOPLE, sizeof(*accounts));
    struct chance_seeded seeded;
    double line_s = 0, table_s = 0, bytes = 0, crowd_s = 0, crowd_bytes = 0;
    chance_seed(&seeded, 1);
    for (uint32_t i = 0; accounts && i < CROWD_PEOPLE; i++)
        accounts[i] = chance_id(&seeded.chance);
    int err = accounts ? fill_table(accounts, &table_s) : ERR_NO_MEMORY;
    if (err == 0)
        err = fill_line(accounts, ENGINE_PEOPLE, &line_s, &bytes);
    if (err == 0)
        err = fill_line(accounts, CROWD_PEOPLE, &crowd_s, &crowd_bytes);
    free(accounts);
    if (err != 0)
        return err;
    row(state, "line: joins in the engine", ENGINE_PEOPLE / line_s, "/s");
    row(state, "line: bare entries in a table", ENGINE_PEOPLE / table_s, "/s");
    row(state, "line: joins in the engine, times the bare entries", table_s / line_s, "x");
    row(state, "line: memory a person of a million", bytes, "B");
    row(state, "line: ten million join in the engine, in all", crowd_s, "s");
    row(state, "line: memory a person of ten million", crowd_bytes, "B");
    return 0;
}

/* ---- the port ---- */

struct rush {
    struct bench_server server;
    struct channel *channel;
    char (*tokens)[TOKEN_ROOM]; /* "Bearer …", of PEOPLE */
    int (*ask)(struct rush *rush, struct client *client, uint32_t person);
    uint32_t next, end;
    int err; /* the first; 0 */
    struct scope people;
    struct rush_figures {
        uint32_t calls;
        uint64_t bytes;          /* of the answers */
        int64_t took_ns, cpu_ns; /* CPU: the server's */
    } guests, joins, bare, *figures;
};

static int become_guest(struct rush *rush, struct client *client, uint32_t person)
{
    Usher__V1__CreateGuestRequest wish = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    const Usher__V1__CreateGuestResponse *answer;
    client->service = &usher__v1__auth_service__descriptor;
    int err = client_call(client, Usher__V1__AuthService, create_guest, &wish, &answer);
    const int len =
        err == 0 ? snprintf(rush->tokens[person], TOKEN_ROOM, "Bearer %s", answer->token) : 0;
    return err == 0 && len >= TOKEN_ROOM ? ERR_FULL : err;
}

static int join(struct rush *rush, struct client *client, uint32_t person)
{
    Usher__V1__JoinRequest wish = USHER__V1__JOIN_REQUEST__INIT;
    const Usher__V1__Place *answer;
    client->service = &usher__v1__waitroom_service__descriptor;
    client->authorization = rush->tokens[person];
    wish.sale_id = 1;
    wish.without_status = true; /* as the page and the stampede ask */
    int err = client_call(client, Usher__V1__WaitroomService, join, &wish, &answer);
    if (err == 0)
        rush->figures->bytes += usher__v1__place__get_packed_size(answer);
    return err;
}

/* Names of sign-in services: with them the bare answer is as long as a place. */
static const char services[] =
    "service-a-1234567=" SERVICE ",service-b-123456=" SERVICE ",service-c-123456=" SERVICE
    ",service-d-12345=" SERVICE ",service-e-12345=" SERVICE;

/* Asks the same front, with the same tokens, for what it only has to say: as many bytes as a
 * join's answer has. */
static int ask_little(struct rush *rush, struct client *client, uint32_t person)
{
    const Usher__V1__ListSignInProvidersRequest wish =
        USHER__V1__LIST_SIGN_IN_PROVIDERS_REQUEST__INIT;
    const Usher__V1__ListSignInProvidersResponse *answer;
    client->service = &usher__v1__auth_service__descriptor;
    client->authorization = rush->tokens[person];
    int err = client_call(client, Usher__V1__AuthService, list_sign_in_providers, &wish, &answer);
    if (err == 0)
        rush->figures->bytes += usher__v1__list_sign_in_providers_response__get_packed_size(answer);
    return err;
}

static void person_body(void *arg)
{
    struct rush *rush = arg;
    struct client client;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    client_init(&client, rush->channel, NULL, &arena);
    client.timeout_ms = CALL_MS;
    while (rush->err == 0 && rush->next < rush->end) {
        const uint32_t person = rush->next++;
        arena_reset(&arena);
        const int err = rush->ask(rush, &client, person);
        if (err != 0 && rush->err == 0) {
            rush->err = err;
            fprintf(stderr, "usher-bench: line: person %u: %s: %s\n", person,
                    code_name(client.status.code), client.status.message);
        }
        rush->figures->calls += err == 0;
    }
    arena_release(&arena);
}

/* A share of all people asks once, AT_ONCE of them at the same time. */
static void ask_round(struct rush *rush, uint32_t round,
                      int (*ask)(struct rush *rush, struct client *client, uint32_t person),
                      struct rush_figures *figures)
{
    rush->ask = ask;
    rush->next = round * (PEOPLE / ROUNDS);
    rush->end = rush->next + PEOPLE / ROUNDS;
    rush->figures = figures;
    const int64_t begin_ns = clock_mono_ns(clock_system());
    const int64_t cpu_ns = bench_cpu_ns(rush->server.pid);
    scope_init(&rush->people);
    for (uint32_t i = 0; rush->err == 0 && i < AT_ONCE; i++)
        rush->err = fiber_spawn(&rush->people, person_body, rush);
    scope_join(&rush->people, DEADLINE_NEVER);
    figures->took_ns += clock_mono_ns(clock_system()) - begin_ns;
    figures->cpu_ns += bench_cpu_ns(rush->server.pid) - cpu_ns;
}

static void drive(void *arg)
{
    struct rush *rush = arg;
    const struct remote_options options = {
        .url = rush->server.url, .links = CONNECTIONS, .tries = 1};
    rush->err = remote_new(&options, &rush->channel);
    if (rush->err != 0)
        return;
    for (uint32_t round = 0; round < ROUNDS; round++)
        ask_round(rush, round, become_guest, &rush->guests);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        ask_round(rush, round, ask_little, &rush->bare);
        ask_round(rush, round, join, &rush->joins);
    }
    channel_free(rush->channel);
}

static int run_rush(struct rush *rush)
{
    setenv("USHER_OIDC", services, true);
    int err = bench_server_start(2000, "0", -1, &rush->server);
    unsetenv("USHER_OIDC");
    if (err != 0)
        return err;
    err = bench_server_line(&rush->server);
    rush->tokens = calloc(PEOPLE, sizeof(*rush->tokens));
    if (err == 0)
        err = rush->tokens ? fiber_main(drive, rush) : ERR_NO_MEMORY;
    err = err != 0 ? err : rush->err;
    if (err == 0)
        err = bench_server_audit(&rush->server);
    const int stopped = bench_server_stop(&rush->server);
    free(rush->tokens);
    return err != 0 ? err : stopped;
}

int bench_line_joins(double *ret_joins_s)
{
    struct rush rush = {0};
    const int err = run_rush(&rush);
    if (err == 0)
        *ret_joins_s = rush.joins.calls * (double)NS_PER_S / (double)rush.joins.took_ns;
    return err;
}

static void show_calls(const char *what, const char *a_call, const struct rush_figures *figures,
                       bench_row_fn *row, void *state)
{
    char label[96];
    const double calls = figures->calls;
    snprintf(label, sizeof(label), "line: %s", what);
    row(state, label, calls * NS_PER_S / (double)figures->took_ns, "/s");
    snprintf(label, sizeof(label), "line: CPU of the server %s", a_call);
    row(state, label, (double)figures->cpu_ns / 1000 / calls, "us");
    snprintf(label, sizeof(label), "line: the answer to %s", a_call);
    row(state, label, (double)figures->bytes / calls, "B");
}

static int measure_port(bench_row_fn *row, void *state)
{
    struct rush rush = {0};
    const int err = run_rush(&rush);
    if (err != 0)
        return err;
    show_calls("durable joins, gRPC, 2,048 people at once", "a join", &rush.joins, row, state);
    show_calls("bare calls of the same front", "a bare call", &rush.bare, row, state);
    row(state, "line: joins, times the bare calls",
        (double)rush.bare.took_ns / (double)rush.joins.took_ns, "x");
    return 0;
}

int bench_line(bench_row_fn *row, void *state)
{
    const int err = measure_engine(row, state);
    return err == 0 ? measure_port(row, state) : err;
}
