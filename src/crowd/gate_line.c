/* The way through a sale's line: join, wait until the number is called, come in; and the ways round
 * it that a cheat would try. */
#include <stdio.h>

#include "crowd/gate.h"
#include "err/err.h"
#include "usher/v1/waitroom.pb-c.h"

#define QUESTION_MS    10000
#define AGAIN_MS       200 /* before a line is watched anew */
#define CHEAT_MS       5000
#define CHEAT_LATE_MS  200 /* after a pass's end */
#define PASS_FIELD     VIEW_LIT("usher-pass")
#define METADATA_BYTES 4096

/* A person's way to WaitroomService. */
static struct client gate_lines(struct crowd_gate *gate, const struct crowd_person *person)
{
    struct client client = gate_tickets(gate, person);
    client.service = &usher__v1__waitroom_service__descriptor;
    client.metadata = NULL;
    return client;
}

int gate_find_sale(struct crowd_gate *gate, struct arena *arena)
{
    Usher__V1__ListSalesRequest request = USHER__V1__LIST_SALES_REQUEST__INIT;
    const Usher__V1__ListSalesResponse *list;
    struct crowd *crowd = gate->crowd;
    struct client client;
    client_init(&client, gate->channels[0], &usher__v1__waitroom_service__descriptor, arena);
    client.timeout_ms = QUESTION_MS;
    if (client_call(&client, Usher__V1__WaitroomService, list_sales, &request, &list))
        return gate_fail(gate, ERR_UNAVAILABLE, "ListSales: %s", client.status.message);
    for (size_t i = 0; i < list->n_sales; i++) {
        for (size_t k = 0; k < list->sales[i]->n_performance_ids; k++) {
            if (list->sales[i]->performance_ids[k] == crowd->performance_id)
                crowd->sale_id = list->sales[i]->sale_id;
        }
    }
    return crowd->sale_id != 0 ? 0
                               : gate_fail(gate, ERR_INVALID,
                                           "performance %u is in no sale, so there is no line: "
                                           "usher sale create",
                                           crowd->performance_id);
}

/* ---- what all see: one watcher a gate ---- */

static void note_status(struct crowd_gate *gate, const Usher__V1__SaleStatus *status)
{
    struct crowd_gate_line *line = &gate->line;
    const int64_t now_ns = clock_mono_ns(clock_system());
    if (!line->heard_ns || status->serving > line->serving || status->places_left > 0)
        line->moved_ns = now_ns;
    line->heard_ns = now_ns;
    line->over = status->state == USHER__V1__LINE_STATE__LINE_STATE_OVER;
    line->serving = status->serving > line->serving ? status->serving : line->serving;
    if (status->capacity > line->capacity_max)
        line->capacity_max = status->capacity;
    if (status->inside > line->capacity_max && status->inside - line->capacity_max > line->excess)
        line->excess = status->inside - line->capacity_max;
    gate_heard(gate, now_ns);
    waitlist_wake_all(&line->changed);
}

/* One stream, until it ends. */
static void watch_once(struct crowd_gate *gate, struct arena *arena)
{
    Usher__V1__WatchLineRequest request = USHER__V1__WATCH_LINE_REQUEST__INIT;
    const Usher__V1__SaleStatus *status;
    const ProtobufCMessage *message;
    struct channel_stream *stream;
    struct client client;
    client_init(&client, gate->channels[0], &usher__v1__waitroom_service__descriptor, arena);
    request.sale_id = gate->crowd->sale_id;
    if (client_stream(&client, Usher__V1__WaitroomService, watch_line, &request, &status, &stream))
        return;
    while (channel_stream_next(stream, arena, &message, &client.status, DEADLINE_NEVER) == 0) {
        note_status(gate, (const Usher__V1__SaleStatus *)message);
        arena_reset(arena);
    }
    channel_stream_free(stream);
}

void gate_watch_line(void *arg)
{
    struct crowd_gate *gate = arg;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    while (!fiber_cancelled()) {
        watch_once(gate, &arena);
        arena_reset(&arena);
        (void)fiber_sleep_until(deadline_after_ms(clock_mono_ns(clock_system()), AGAIN_MS));
    }
    arena_release(&arena);
}

/* ---- a person ---- */

/* Waits for its number. False: nothing is left, or the server is silent. */
static bool wait_for_turn(struct crowd_person *person, struct call_status *ret_status)
{
    struct crowd_gate *gate = person->gate;
    struct crowd_gate_line *line = &gate->line;
    const int64_t patience_ns = gate->crowd->options.timeout_ms * NS_PER_MS;
    while (line->serving < person->number) {
        const int64_t now_ns = clock_mono_ns(clock_system());
        const int64_t heard_ns =
            line->heard_ns > gate->crowd->start_ns ? line->heard_ns : gate->crowd->start_ns;
        if (line->over || (line->heard_ns && now_ns - line->moved_ns > patience_ns)) {
            call_status_set(ret_status, CODE_ABORTED, "nothing is left");
            return false;
        }
        if (now_ns - heard_ns > patience_ns || gate_stopped(gate)) {
            call_status_set(ret_status, CODE_DEADLINE_EXCEEDED, "the line is silent");
            return false;
        }
        (void)waitlist_wait(&line->changed, now_ns + patience_ns / 4 + 1);
        if (fiber_cancelled())
            return false;
    }
    return true;
}

/* The pass, as what goes along with its calls; in the gate's arena. NULL: out of memory. */
static const struct metadata *keep_pass(struct crowd_gate *gate, const char *pass)
{
    struct metadata *metadata = NULL;
    return metadata_add(&metadata, &gate->tokens, PASS_FIELD, view_str(pass)) == 0 ? metadata
                                                                                   : NULL;
}

/* Whether a hold goes through with that, which it must not. */
static void cheat(struct crowd_person *person, enum crowd_cheat kind,
                  const struct metadata *metadata)
{
    struct crowd_gate *gate = person->gate;
    Usher__V1__HoldBestRequest best = USHER__V1__HOLD_BEST_REQUEST__INIT;
    const Usher__V1__Hold *hold;
    struct client tickets = gate_tickets(gate, person);
    if (!gate->crowd->options.cheat)
        return;
    tickets.metadata = metadata;
    tickets.timeout_ms = CHEAT_MS;
    best.performance_id = gate->crowd->performance_id;
    best.party = 1;
    gate->line.cheats++;
    gate->line.kinds[kind]++;
    if (client_call(&tickets, Usher__V1__TicketService, hold_best, &best, &hold) == 0)
        gate->line.cheats_won++;
}

/* Without a pass, with a forged one, and with somebody else's. */
static void cheat_before(struct crowd_person *person)
{
    static const char forged[] =
        "AAAAAQAAAAEAAAABAAAAAAAAAAAAAAAAAAAAAAAAAaJd8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    struct crowd_gate *gate = person->gate;
    cheat(person, CROWD_CHEAT_WITHOUT, NULL);
    if (gate->crowd->options.cheat)
        cheat(person, CROWD_CHEAT_FORGED, keep_pass(gate, forged));
    if (gate->line.last_pass)
        cheat(person, CROWD_CHEAT_SHARED, gate->line.last_pass);
}

/* With one's own pass, after its time; where that comes soon enough to be waited for. */
static void cheat_after_time(struct crowd_person *person)
{
    const struct crowd_options *options = &person->gate->crowd->options;
    const int64_t left_ms = person->pass_ends_ms - clock_wall_ms(clock_system()) + CHEAT_LATE_MS;
    if (!options->cheat || left_ms > options->timeout_ms ||
        fiber_sleep_until(deadline_after_ms(clock_mono_ns(clock_system()), left_ms)) != 0)
        return;
    cheat(person, CROWD_CHEAT_EXPIRED, person->pass);
}

/* As somebody who reloads the page, or opens it once more: the number is the same. */
static void refresh(struct crowd_person *person, const Usher__V1__JoinRequest *join)
{
    const struct crowd *crowd = person->gate->crowd;
    const Usher__V1__Place *again;
    struct client lines = gate_lines(person->gate, person);
    const struct gate_patience patience = {
        .until_ns = deadline_after_ms(clock_mono_ns(clock_system()), crowd->options.timeout_ms)};
    if (person->refreshes && gate_persist(person, &patience, &lines, Usher__V1__WaitroomService,
                                          join, join, &again) == 0)
        person->renumbered |= (uint32_t)again->number != person->number;
}

bool gate_queue(struct crowd_person *person, struct call_status *ret_status)
{
    struct crowd_gate *gate = person->gate;
    Usher__V1__JoinRequest join = USHER__V1__JOIN_REQUEST__INIT;
    Usher__V1__EnterRequest enter = USHER__V1__ENTER_REQUEST__INIT;
    const Usher__V1__Place *place;
    const Usher__V1__Pass *pass;
    struct client lines = gate_lines(gate, person);
    const struct crowd *crowd = gate->crowd;
    struct gate_patience patience = {
        .until_ns =
            deadline_after_ms(crowd->start_ns + person->arrives_ns, crowd->options.timeout_ms)};
    join.sale_id = enter.sale_id = crowd->sale_id;
    join.without_status = true; /* nobody looks at it: WatchLine tells it */
    int err =
        gate_persist(person, &patience, &lines, Usher__V1__WaitroomService, join, &join, &place);
    *ret_status = lines.status;
    if (err)
        return false;
    person->number = (uint32_t)place->number;
    person->told_min_ms = place->wait_min_ms;
    person->told_max_ms = place->wait_max_ms;
    person->joined_ns = clock_mono_ns(clock_system()) - crowd->start_ns;
    cheat_before(person);
    refresh(person, &join);
    if (!wait_for_turn(person, ret_status))
        return false;
    const int64_t called_ns = clock_mono_ns(clock_system());
    person->waited_ns = called_ns - crowd->start_ns - person->joined_ns;
    patience.until_ns = deadline_after_ms(called_ns, crowd->options.timeout_ms);
    lines = gate_lines(gate, person);
    err = gate_persist(person, &patience, &lines, Usher__V1__WaitroomService, enter, &enter, &pass);
    *ret_status = lines.status;
    if (err)
        return false;
    person->pass = keep_pass(gate, pass->pass);
    person->pass_ends_ms = pass->expires_at_ms;
    gate->line.last_pass = person->pass;
    person->ready_ns = clock_mono_ns(clock_system()) - crowd->start_ns;
    person->entered = true;
    return person->pass != NULL;
}

void gate_leave(struct crowd_person *person)
{
    struct crowd_gate *gate = person->gate;
    Usher__V1__LeaveRequest leave = USHER__V1__LEAVE_REQUEST__INIT;
    const Usher__V1__LeaveResponse *left;
    struct client lines = gate_lines(gate, person);
    const struct gate_patience patience = {
        .until_ns =
            deadline_after_ms(clock_mono_ns(clock_system()), gate->crowd->options.timeout_ms)};
    leave.sale_id = gate->crowd->sale_id;
    if (person->outcome != CROWD_ORDERED && person->abandons != 2)
        (void)gate_persist(person, &patience, &lines, Usher__V1__WaitroomService, leave, &leave,
                           &left);
    if (person->outcome == CROWD_ORDERED || person->abandons != 2)
        cheat(person, CROWD_CHEAT_REPLAYED, person->pass);
    else
        cheat_after_time(person);
}
