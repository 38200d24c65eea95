/* Before the clock starts: connections, accounts, and what is to be bought. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/remote.h"
#include "crowd/gate.h"
#include "err/err.h"

#define PREPARE_FIBERS   256
#define SOURCE_PORTS     20000 /* connections from one local address; Linux has some 28,000 ports */
#define QUESTION_MS      10000 /* one question before it begins */
#define LOAD_PAUSE_MS    20
#define LAYOUT_ARENA_MAX (256u << 20)

/* ---- connections ---- */

struct opening {
    struct crowd_gate *gate;
    uint32_t next;
    bool reached; /* a connection is open */
};

static void fail_link(struct opening *opening, uint32_t i, int err)
{
    struct crowd_gate *gate = opening->gate;
    /* Of the first one the caller finds out more. */
    if (!opening->reached)
        gate_fail(gate, ERR_UNAVAILABLE, "no server answers at %s", gate->crowd->options.url);
    else
        gate_fail(gate, err == ERR_TIMEOUT ? ERR_UNAVAILABLE : err,
                  "connection %u of %u could not be opened: %s", i + 1, gate->channel_count,
                  err_text(err));
}

static void open_links(void *arg)
{
    struct opening *opening = arg;
    struct crowd_gate *gate = opening->gate;
    const struct gate_patience patience = gate_silence(gate, CROWD_PREPARE_LEAST_MS);
    while (opening->next < gate->channel_count && !gate_stopped(gate)) {
        uint32_t i = opening->next++;
        int err = remote_connect(gate->channels[i], gate_patience_ends_ns(gate, &patience));
        if (err) {
            fail_link(opening, i, err);
            return;
        }
        gate_heard(gate, clock_mono_ns(clock_system()));
        opening->reached = true;
        atomic_fetch_add(&gate->shared->opened, 1);
    }
}

static int prepare_links(struct crowd_gate *gate)
{
    const struct crowd_options *options = &gate->crowd->options;
    const uint32_t gates = gate->shared->gate_count;
    const bool many = options->connections > SOURCE_PORTS;
    /* Every gate has one at least. */
    gate->channel_count =
        options->connections / gates + (gate->index < options->connections % gates);
    gate->channel_count += gate->channel_count == 0;
    gate->channels = calloc(gate->channel_count, sizeof(*gate->channels));
    gate->sources = many ? calloc(gate->channel_count, sizeof(*gate->sources)) : NULL;
    if (!gate->channels || (many && !gate->sources))
        return gate_fail(gate, ERR_NO_MEMORY, "out of memory");
    for (uint32_t i = 0; i < gate->channel_count; i++) {
        if (many)
            snprintf(gate->sources[i], sizeof(gate->sources[i]), "127.0.0.%u",
                     1 + (i * gates + gate->index) / SOURCE_PORTS);
        const struct remote_options channel = {.url = options->url,
                                               .tls_ca_path = options->tls_ca,
                                               .source_host = many ? gate->sources[i] : NULL,
                                               .tries = 1}; /* the people try again */
        if (remote_new(&channel, &gate->channels[i]))
            return gate_fail(gate, ERR_NO_MEMORY, "out of memory");
    }
    struct opening opening = {.gate = gate};
    struct scope scope;
    scope_init(&scope);
    for (uint32_t i = 0; i < PREPARE_FIBERS && i < gate->channel_count; i++) {
        int err = fiber_spawn(&scope, open_links, &opening);
        if (err)
            gate_fail(gate, err, "no fiber can be made: %s", err_text(err));
    }
    if (scope_join(&scope, DEADLINE_NEVER))
        scope_close(&scope);
    return gate_stopped(gate) ? ERR_CANCELLED : 0;
}

/* ---- accounts ---- */

static void make_account(struct crowd_gate *gate, struct crowd_person *person)
{
    Usher__V1__CreateGuestRequest request = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    const Usher__V1__CreateGuestResponse *guest;
    const struct gate_patience patience = gate_silence(gate, CROWD_PREPARE_LEAST_MS);
    struct client accounts = gate_tickets(gate, person);
    accounts.service = &usher__v1__auth_service__descriptor;
    person->gate = gate;
    int err = gate_persist(person, &patience, &accounts, Usher__V1__AuthService, create_guest,
                           &request, &guest);
    if (err) {
        const uint32_t made = atomic_load(&gate->shared->made);
        const uint32_t users = gate->crowd->options.users;
        if (accounts.status.code == CODE_DEADLINE_EXCEEDED)
            gate_fail(gate, ERR_UNAVAILABLE,
                      "the server is silent after %u of %u accounts; if it has run out of open "
                      "files, fewer --connections help",
                      made, users);
        else
            gate_fail(gate, err, "after %u of %u accounts no more could be made: %s", made, users,
                      accounts.status.message);
        return;
    }
    person->authorization = arena_printf(&gate->tokens, "Bearer %s", guest->token);
    person->again = 0;
    if (!person->authorization)
        gate_fail(gate, ERR_NO_MEMORY, "out of memory for %u accounts", gate->crowd->options.users);
    atomic_fetch_add(&gate->shared->made, 1);
}

/* ---- what is to be bought; gate 0 ---- */

static int64_t question_ends_ns(const struct crowd_gate *gate)
{
    const struct gate_patience patience = gate_silence(gate, CROWD_PREPARE_LEAST_MS);
    const int64_t most_ns = QUESTION_MS * NS_PER_MS;
    return clock_mono_ns(clock_system()) +
           (patience.silence_ns < most_ns ? patience.silence_ns : most_ns);
}

/* A way to TicketService for one question, in nobody's name. */
static struct client questions(const struct crowd_gate *gate, struct arena *arena)
{
    struct client client;
    client_init(&client, gate->channels[0], &usher__v1__ticket_service__descriptor, arena);
    client.deadline_ns = question_ends_ns(gate);
    return client;
}

/* Returns err, after having said what it means. */
static int check_answer(struct crowd_gate *gate, const struct client *client, const char *method,
                        int err)
{
    const struct call_status *status = &client->status;
    gate->crowd->reached |= gate_is_answer(status->code);
    if (!err)
        return 0;
    if (gate_is_answer(status->code))
        return gate_fail(gate, err, "%s", status->message);
    return gate_fail(gate, ERR_UNAVAILABLE, "%s does not answer %s: %s", gate->crowd->options.url,
                     method, status->message);
}

/* A server that has just started answers while it still loads its performances, and tells no sale
 * state until it has. True when it is worth to ask once more. */
static bool wait_for_load(int64_t until_ns)
{
    const int64_t at_ns = clock_mono_ns(clock_system()) + LOAD_PAUSE_MS * NS_PER_MS;
    return at_ns < until_ns && fiber_sleep_until(at_ns) == 0;
}

/* The first that is open, 0: none; and whether one is still being loaded. */
static uint32_t find_open(const Usher__V1__ListEventsResponse *list, bool *ret_loading)
{
    *ret_loading = false;
    for (size_t i = 0; i < list->n_events; i++) {
        for (size_t k = 0; k < list->events[i]->n_performances; k++) {
            const Usher__V1__Performance *performance = list->events[i]->performances[k];
            if (performance->sale_state == USHER__V1__SALE_STATE__SALE_STATE_OPEN)
                return performance->performance_id;
            *ret_loading |=
                performance->sale_state == USHER__V1__SALE_STATE__SALE_STATE_UNSPECIFIED;
        }
    }
    return 0;
}

/* The first performance that is open, where none was named. */
static int choose_performance(struct crowd_gate *gate, struct arena *arena)
{
    Usher__V1__ListEventsRequest request = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const int64_t until_ns = question_ends_ns(gate);
    const Usher__V1__ListEventsResponse *list;
    struct crowd *crowd = gate->crowd;
    bool loading;
    crowd->performance_id = crowd->options.performance_id;
    if (crowd->performance_id != 0)
        return 0;
    do {
        struct client client = questions(gate, arena);
        int err = client_call(&client, Usher__V1__TicketService, list_events, &request, &list);
        if (check_answer(gate, &client, "ListEvents", err))
            return err;
        crowd->performance_id = find_open(list, &loading);
    } while (crowd->performance_id == 0 && loading && wait_for_load(until_ns));
    if (crowd->performance_id != 0)
        return 0;
    return gate_fail(gate, ERR_BUSY,
                     "no sale is open, so nothing was tried: usher event list, usher event open");
}

/* A crowd at a closed sale would be refused to a man, and prove nothing. */
static int check_open(struct crowd_gate *gate, const Usher__V1__Performance *performance)
{
    const uint32_t id = gate->crowd->performance_id;
    switch (performance->sale_state) {
    case USHER__V1__SALE_STATE__SALE_STATE_OPEN:
        return 0;
    case USHER__V1__SALE_STATE__SALE_STATE_PAUSED:
        return gate_fail(gate, ERR_BUSY,
                         "the sale of performance %u is paused, so nothing was tried: usher event "
                         "open %u",
                         id, id);
    case USHER__V1__SALE_STATE__SALE_STATE_UNSPECIFIED:
        return gate_fail(gate, ERR_BUSY,
                         "the server is still loading performance %u, so nothing was tried", id);
    default:
        return gate_fail(gate, ERR_BUSY,
                         "the sale of performance %u was never opened, so nothing was tried: "
                         "usher event open %u",
                         id, id);
    }
}

static int look_at_performance(struct crowd_gate *gate, struct arena *arena,
                               const char **ret_layout_hash)
{
    Usher__V1__GetPerformanceRequest request = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    struct crowd *crowd = gate->crowd;
    const Usher__V1__Performance *performance;
    const int64_t until_ns = question_ends_ns(gate);
    int err;
    request.performance_id = crowd->performance_id;
    do {
        struct client client = questions(gate, arena);
        err =
            client_call(&client, Usher__V1__TicketService, get_performance, &request, &performance);
        if (check_answer(gate, &client, "GetPerformance", err))
            return err;
    } while (performance->sale_state == USHER__V1__SALE_STATE__SALE_STATE_UNSPECIFIED &&
             wait_for_load(until_ns));
    if (!performance->hall || !performance->counts)
        return gate_fail(gate, ERR_INVALID, "the server does not tell the hall");
    err = check_open(gate, performance);
    if (err)
        return err;
    crowd->before = (struct crowd_counts){performance->counts->free, performance->counts->held,
                                          performance->counts->sold, performance->version};
    crowd->place_count = performance->hall->place_count;
    snprintf(crowd->event_name, CROWD_NAME_MAX, "%s", performance->event_name);
    snprintf(crowd->hall_name, CROWD_NAME_MAX, "%s", performance->hall->name);
    *ret_layout_hash = performance->hall->layout_hash;
    return 0;
}

/* Who is free now, two bits a seat; in the arena. */
static int take_snapshot(struct crowd_gate *gate, struct arena *arena,
                         const Usher__V1__SeatsSnapshot **ret_snapshot)
{
    Usher__V1__WatchSeatsRequest request = USHER__V1__WATCH_SEATS_REQUEST__INIT;
    struct client client = questions(gate, arena);
    struct channel_stream *stream = NULL;
    const Usher__V1__SeatsUpdate *update;
    const ProtobufCMessage *message;
    request.performance_id = gate->crowd->performance_id;
    int err =
        client_stream(&client, Usher__V1__TicketService, watch_seats, &request, &update, &stream);
    if (!err)
        err = channel_stream_next(stream, arena, &message, &client.status, client.deadline_ns);
    channel_stream_free(stream);
    if (err)
        return gate_fail(gate, err, "WatchSeats: %s",
                         client.status.message[0] ? client.status.message : "no answer");
    update = (const Usher__V1__SeatsUpdate *)message;
    if (update->body_case != USHER__V1__SEATS_UPDATE__BODY_SNAPSHOT ||
        update->snapshot->states.len < (update->snapshot->place_count + 3) / 4)
        return gate_fail(gate, ERR_INVALID, "WatchSeats: the first message is no snapshot");
    *ret_snapshot = update->snapshot;
    return 0;
}

/* Seats with a number of their own that are free: standing places go by quantity. */
static int fill_pool(struct crowd_gate *gate, const Usher__V1__SeatMap *map,
                     const Usher__V1__SeatsSnapshot *snapshot)
{
    struct crowd_shared *shared = gate->shared;
    const struct wish_seats *wish = &gate->crowd->options.seats;
    uint32_t count = 0;
    assert(snapshot);
    uint32_t *seats = calloc(snapshot->place_count + 1, sizeof(*seats));
    if (!seats)
        return gate_fail(gate, ERR_NO_MEMORY, "out of memory");
    shared->pool_seats = seats;
    for (size_t i = 0; i < map->n_sections; i++) {
        const Usher__V1__Section *section = map->sections[i];
        if (section->kind != USHER__V1__SECTION_KIND__SECTION_KIND_SEATED)
            continue;
        for (uint32_t k = 0; k < section->place_count; k++) {
            uint32_t seat = section->first_seat + k;
            if (seat < snapshot->place_count && (snapshot->states.data[seat / 4] >> 2 * (seat % 4) &
                                                 3) == USHER__V1__SEAT_STATE__SEAT_STATE_FREE)
                seats[count++] = seat;
        }
    }
    if (count == 0)
        return gate_fail(gate, ERR_INVALID, "no numbered seat is free: try --seats best");
    if (wish->kind == WISH_HOT && count < wish->hot)
        return gate_fail(gate, ERR_INVALID, "only %u numbered seats are free, not %u", count,
                         wish->hot);
    shared->pool =
        (struct wish_pool){.seats = seats, .count = wish->kind == WISH_HOT ? wish->hot : count};
    return 0;
}

static int look_around(struct crowd_gate *gate, struct arena *arena)
{
    Usher__V1__GetSeatMapRequest request = USHER__V1__GET_SEAT_MAP_REQUEST__INIT;
    const Usher__V1__SeatsSnapshot *snapshot = NULL;
    const Usher__V1__SeatMap *map;
    const char *layout_hash = NULL;
    int err = choose_performance(gate, arena);
    if (!err)
        err = look_at_performance(gate, arena, &layout_hash);
    if (err || gate->crowd->options.seats.kind == WISH_BEST)
        return err;
    request.layout_hash = (char *)layout_hash;
    struct client client = questions(gate, arena);
    err = client_call(&client, Usher__V1__TicketService, get_seat_map, &request, &map);
    check_answer(gate, &client, "GetSeatMap", err);
    if (!err)
        err = take_snapshot(gate, arena, &snapshot);
    return err ? err : fill_pool(gate, map, snapshot);
}

void gate_connect(struct crowd_gate *gate)
{
    struct arena arena;
    int err = prepare_links(gate);
    if (err || gate->index != 0)
        return;
    arena_init(&arena, LAYOUT_ARENA_MAX);
    if (look_around(gate, &arena) == 0 && gate->crowd->options.line)
        gate_find_sale(gate, &arena);
    arena_release(&arena);
}

void gate_accounts(struct crowd_gate *gate)
{
    gate_each(gate, PREPARE_FIBERS, make_account);
}
