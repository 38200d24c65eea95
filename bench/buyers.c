#include "bench/buyers.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench/server.h"
#include "call/client.h"
#include "call/remote.h"
#include "crowd/percentiles.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define CONNECTIONS 8
#define CALL_MS     20000
#define TOKEN_ROOM  600
#define WAITERS     200 /* who wait, in a dressed sale, for a place that the hall has not */

struct buyer {
    struct load *load;
    char authorization[TOKEN_ROOM];
};

struct load {
    const struct buyers_wish *wish;
    struct channel *channel; /* of CONNECTIONS connections */
    struct buyer *buyers;
    uint32_t next_seat, pairs, failed, waiters;
    int64_t begin_ns, until_ns, end_ns;
    int64_t cpu_ns;
    int64_t *took_ns; /* places */
    int result;
};

static bool check(struct load *load, const struct client *client, const char *method, int err)
{
    if (err && load->failed++ == 0) /* the first tells most */
        fprintf(stderr, "usher-bench: %s after %u pairs: %s: %s\n", method, load->pairs,
                code_name(client->status.code), client->status.message);
    return !err;
}

static bool buy_one(struct load *load, struct client *tickets, uint32_t seat)
{
    Usher__V1__HoldSeatsRequest wish = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    const Usher__V1__Hold *hold;
    wish.performance_id = 1;
    wish.seats = &seat;
    wish.n_seats = 1;
    uint32_t type = 1 + seat % 2;
    if (load->wish->dressed && seat % 2 == 0) { /* half say who it is for, and have a code */
        wish.types = &type;
        wish.n_types = 1;
        wish.code = (char *)"FANCLUB";
    }
    int err = client_call(tickets, Usher__V1__TicketService, hold_seats, &wish, &hold);
    if (!check(load, tickets, "HoldSeats", err))
        return false;
    Usher__V1__PlaceOrderRequest order = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    const Usher__V1__Order *placed;
    order.performance_id = 1;
    order.hold_id = hold->hold_id;
    order.payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE;
    err = client_call(tickets, Usher__V1__TicketService, place_order, &order, &placed);
    return check(load, tickets, "PlaceOrder", err);
}

static bool wait_for_one(struct load *load, struct client *tickets)
{
    Usher__V1__JoinWaitingListRequest wish = USHER__V1__JOIN_WAITING_LIST_REQUEST__INIT;
    const Usher__V1__Wish *made;
    wish.performance_id = 1;
    wish.party = wish.wheelchairs = 1;
    int err = client_call(tickets, Usher__V1__TicketService, join_waiting_list, &wish, &made);
    return check(load, tickets, "JoinWaitingList", err);
}

static void tickets_of(struct buyer *buyer, struct arena *arena, struct client *ret_tickets)
{
    client_init(ret_tickets, buyer->load->channel, &usher__v1__ticket_service__descriptor, arena);
    ret_tickets->authorization = buyer->authorization;
    ret_tickets->timeout_ms = CALL_MS;
}

static void become_guest(void *arg)
{
    struct buyer *buyer = arg;
    struct load *load = buyer->load;
    struct client accounts, tickets;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    Usher__V1__CreateGuestRequest guest = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    const Usher__V1__CreateGuestResponse *account;
    client_init(&accounts, load->channel, &usher__v1__auth_service__descriptor, &arena);
    int err = client_call(&accounts, Usher__V1__AuthService, create_guest, &guest, &account);
    if (check(load, &accounts, "CreateGuest", err))
        snprintf(buyer->authorization, TOKEN_ROOM, "Bearer %s", account->token);
    tickets_of(buyer, &arena, &tickets);
    if (!err && load->wish->dressed && load->waiters < WAITERS) {
        load->waiters++;
        wait_for_one(load, &tickets);
    }
    arena_release(&arena);
}

/* Buys seat after seat until the time is over or the hall is sold out. */
static void buy(void *arg)
{
    struct buyer *buyer = arg;
    struct load *load = buyer->load;
    struct client tickets;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    tickets_of(buyer, &arena, &tickets);
    int64_t begin_ns = clock_mono_ns(clock_system());
    while (load->next_seat < load->wish->places && begin_ns < load->until_ns) {
        const uint32_t seat = load->next_seat++;
        arena_reset(&arena);
        if (buy_one(load, &tickets, seat)) {
            load->end_ns = clock_mono_ns(clock_system());
            load->took_ns[load->pairs++] = load->end_ns - begin_ns;
        }
        begin_ns = clock_mono_ns(clock_system());
    }
    arena_release(&arena);
}

static int everybody(struct load *load, void (*body)(void *buyer))
{
    struct scope scope;
    int err = 0;
    scope_init(&scope);
    for (uint32_t i = 0; err == 0 && i < load->wish->buyers; i++)
        err = fiber_spawn(&scope, body, &load->buyers[i]);
    scope_join(&scope, DEADLINE_NEVER);
    return err ? err : load->failed > 0 ? ERR_UNAVAILABLE : 0;
}

static int64_t servers_cpu_ns(const struct buyers_wish *wish)
{
    int64_t sum_ns = 0;
    for (size_t i = 0; i < BUYERS_SERVERS_MAX && wish->servers[i] > 0; i++)
        sum_ns += bench_cpu_ns(wish->servers[i]);
    return sum_ns;
}

static void drive(void *arg)
{
    struct load *load = arg;
    const struct remote_options options = {
        .url = load->wish->url, .links = CONNECTIONS, .tries = 1};
    int err = remote_new(&options, &load->channel);
    err = err ? err : everybody(load, become_guest);
    load->cpu_ns = servers_cpu_ns(load->wish);
    load->begin_ns = clock_mono_ns(clock_system());
    load->until_ns = load->wish->seconds > 0
                         ? load->begin_ns + (int64_t)(load->wish->seconds * NS_PER_S)
                         : INT64_MAX;
    err = err ? err : everybody(load, buy);
    load->cpu_ns = servers_cpu_ns(load->wish) - load->cpu_ns;
    channel_free(load->channel);
    load->result = err;
}

static void count_up(const struct load *load, struct buyers_figures *ret)
{
    struct percentiles p;
    percentiles_of(load->took_ns, load->pairs, &p);
    *ret = (struct buyers_figures){
        .pairs = load->pairs,
        .pairs_s = load->pairs / ((double)(load->end_ns - load->begin_ns) / NS_PER_S),
        .p50_ms = (double)p.p50 / NS_PER_MS,
        .p99_ms = (double)p.p99 / NS_PER_MS,
        .cpu_us = (double)load->cpu_ns / 1000 / load->pairs,
    };
}

int buyers_run(const struct buyers_wish *wish, struct buyers_figures *ret_figures)
{
    struct load load = {.wish = wish,
                        .buyers = calloc(wish->buyers, sizeof(*load.buyers)),
                        .took_ns = calloc(wish->places, sizeof(*load.took_ns))};
    for (uint32_t i = 0; load.buyers && i < wish->buyers; i++)
        load.buyers[i].load = &load;
    int err = load.buyers && load.took_ns ? fiber_main(drive, &load) : ERR_NO_MEMORY;
    err = err ? err : load.result;
    if (err == 0 && load.pairs == 0)
        err = ERR_UNAVAILABLE;
    if (err == 0)
        count_up(&load, ret_figures);
    free(load.buyers);
    free(load.took_ns);
    return err;
}
