/* The processes: usher, with its roles over the world's loop, and the provider over its ledger. */
#include <stdio.h>
#include <stdlib.h>

#include "call/local.h"
#include "err/err.h"
#include "sim/money/money.h"
#include "token/roles.h"

#define SECRET_KEY     "test_sk_usher"
#define WEBHOOK_SECRET "whsec_usher"
#define LOOK_MS        5000 /* what is paid later is asked for so often */
#define PAY_MS         4000 /* a hold whose buyer begins to pay lasts so long at least */

static const struct payment_provider providers[] = {
    {.name = "toss",
     .base_url = "http://psp/toss",
     .secret_key = SECRET_KEY,
     .webhook_secrets = {WEBHOOK_SECRET},
     .test_money = true,
     .stand_in = true},
    {.name = "stripe",
     .base_url = "http://psp/stripe",
     .secret_key = SECRET_KEY,
     .webhook_secrets = {WEBHOOK_SECRET},
     .test_money = true,
     .stand_in = true},
    {.name = "nicepay",
     .base_url = "http://psp/nicepay",
     .secret_key = SECRET_KEY,
     .public_key = "test_client_usher",
     .webhook_secrets = {WEBHOOK_SECRET},
     .test_money = true,
     .stand_in = true},
};

/* ---- usher ---- */

static int open_tickets(void *state, struct channel **ret_channel)
{
    struct usher *usher = state;
    return local_new(&usher->ticket_routes, &(struct identity){.roles = ROLE_PEER}, ret_channel);
}

static struct http *http_of(void *state)
{
    return state;
}

static void open_ticket(struct usher *usher, const struct code_keys *codes)
{
    const struct ticket_options options = {
        .store = usher->store,
        .workers = &usher->worker,
        .worker_count = 1,
        .chance = usher->party.world->chance,
        .codes = codes,
        .rest_ms = usher->party.world->stage.options.rest_ms,
    };
    int err = ticket_start(&options, &usher->ticket);
    assert(err == 0);
    usher->ticket_service = ticket_service(usher->ticket);
    err = routes_init(&usher->ticket_routes, &usher->ticket_service, 1);
    assert(err == 0);
    err = local_new(&usher->ticket_routes, &(struct identity){0}, &usher->tickets);
    assert(err == 0);
    if (!usher->party.world->has_line)
        return;
    usher->to_room = link_new(&usher->party, true);
    ticket_connect(usher->ticket, &usher->to_room);
}

static void open_payment(struct usher *usher)
{
    static const uint8_t master[KEY_BYTES] = {7};
    const struct payment_options options = {
        .sql = usher->sql,
        .workers = &usher->worker,
        .worker_count = 1,
        .chance = usher->party.world->chance,
        .http = http_of,
        .http_state = usher->http,
        .public_url = "http://usher",
        .refund_rule = "all",
        .pay_ms = PAY_MS,
        .deposit_look_ms = LOOK_MS,
        .master = master,
        .providers = providers,
        .provider_count = sizeof(providers) / sizeof(providers[0]),
        .open_tickets = open_tickets,
        .open_state = usher,
    };
    int err = payment_start(&options, &usher->payment);
    assert(err == 0);
    payment_plains(usher->payment, usher->plains);
    usher->payment_service = payment_service(usher->payment);
    err = routes_init(&usher->payment_routes, &usher->payment_service, 1);
    assert(err == 0);
    err = local_new(&usher->payment_routes, &(struct identity){0}, &usher->payments);
    assert(err == 0);
}

static void open_door(struct usher *usher, const struct code_keys *codes)
{
    int err = open_tickets(usher, &usher->door_tickets);
    assert(err == 0);
    const struct door_options options = {
        .sql = usher->sql,
        .worker = usher->worker,
        .tickets = usher->door_tickets,
        .codes = codes,
        .mail = {.smtp = usher->smtp,
                 .bare = true,
                 .from = "tickets@usher.example",
                 .name = "Usher",
                 .site = "",
                 .retry_ms = 2000},
    };
    err = door_start(&options, &usher->door);
    assert(err == 0);
}

void usher_weather(struct usher *usher, const struct money_weather *weather)
{
    const struct store_fault_plan plan = {
        .chance = usher->party.world->chance,
        .before_ppm = weather->store_ppm,
        .after_ppm = weather->store_ppm,
        .delay_ppm = weather->latency_ms > 0 ? 500000 : 0,
        .delay_max_ns = weather->latency_ms * NS_PER_MS / 10,
    };
    store_fault_plan(usher->store, &plan);
    usher->party.stormy = weather->latency_ms > 0;
}

struct usher *usher_open(struct money_world *world)
{
    static const uint8_t master[32];
    static struct code_keys codes;
    struct usher *usher = calloc(1, sizeof(*usher));
    assert(usher);
    code_keys_derive(master, &codes);
    usher->party.world = world;
    usher->number = ++world->usher_count;
    int err = store_fault_new(world->stage.mem, NULL, &usher->store);
    if (err == 0)
        err = worker_over(world->stage.loop, &usher->worker);
    assert(err == 0);
    usher->sql = usher->store->sql = tables_new(&usher->party);
    usher->http = net_new(world, usher);
    usher->smtp = mails_new(usher);
    err = door_migrate(usher->sql, false, STAGE_WALL_MS);
    assert(err == 0);
    open_ticket(usher, &codes);
    open_payment(usher);
    open_door(usher, &codes);
    if (!world->calm)
        usher_weather(usher, &world->weather);
    world->usher = usher;
    money_say(world, "usher %u begins", usher->number);
    return usher;
}

void usher_close(struct usher *usher, bool crash)
{
    struct money_world *world = usher->party.world;
    money_say(world, "usher %u %s", usher->number, crash ? "is killed" : "stops");
    usher->party.leaving = true;
    usher->party.dead = usher->party.dead || crash;
    if (world->usher == usher)
        world->usher = NULL;
    if (usher->party.dead)
        store_fault_crash(usher->store);
    while (usher->party.visitors > 0)
        stage_sleep(50);
    door_stop(usher->door);
    payment_stop(usher->payment);
    channel_free(usher->door_tickets);
    channel_free(usher->payments);
    channel_free(usher->tickets);
    ticket_stop(usher->ticket);
    channel_free(usher->to_room);
    routes_release(&usher->payment_routes);
    routes_release(&usher->ticket_routes);
    worker_stop(usher->worker);
    usher->store->sql = NULL;
    store_free(usher->store);
    sql_free(usher->sql);
    free(usher->http);
    free(usher->smtp);
    free(usher);
}

/* ---- the provider ---- */

void psp_weather(struct money_world *world, const char *script)
{
    struct arena arena;
    struct page page = {0};
    if (!world->psp)
        return;
    arena_init(&arena, 1u << 16);
    const struct plain_request ask = {.method = VIEW_LIT("POST"),
                                      .path = VIEW_LIT("/faults"),
                                      .body = view_str(script),
                                      .arena = &arena,
                                      .deadline_ns = DEADLINE_NEVER};
    psp_handle(world->psp, &ask, &page);
    assert(page.status == 200);
    arena_release(&arena);
}

void psp_open(struct money_world *world)
{
    const char *why;
    struct worker *worker;
    int err = worker_over(world->stage.loop, &worker);
    assert(err == 0);
    const struct psp_options options = {
        .ledger_path = world->ledger_path,
        .webhook_url = "http://usher/webhooks",
        .secret_key = SECRET_KEY,
        .webhook_secret = WEBHOOK_SECRET,
        .confirm_ms = 600000,
        .retry_ms = 1000,
        .latency_ms = 5,
        .http = world->psp_http,
        .worker = worker,
        .chance = world->chance,
    };
    err = psp_start(&options, &world->psp, &why);
    assert(err == 0);
    world->psp_life++;
    world->psp_worker = worker;
    psp_weather(world, world->calm ? "{\"latency_ms\":5}" : world->weather.script);
    money_say(world, "the provider begins");
}

/* What is under way there is carried out or not; nobody hears of it. */
void psp_crash(struct money_world *world)
{
    struct psp *psp = world->psp;
    money_say(world, "the provider is killed");
    world->psp = NULL;
    world->psp_life++;
    while (world->psp_visitors > 0)
        stage_sleep(50);
    psp_stop(psp);
    worker_stop(world->psp_worker);
}
