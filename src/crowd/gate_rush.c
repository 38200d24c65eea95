/* The rush: each person a fiber, from its arrival to its last answer. */
#include <stdio.h>

#include "crowd/gate.h"
#include "db/http.h"
#include "err/err.h"

static int64_t since_start_ns(const struct crowd_gate *gate)
{
    return clock_mono_ns(clock_system()) - gate->crowd->start_ns;
}

/* From the arrival, or from the answer before, on. */
static struct gate_patience patience_from(const struct crowd_gate *gate, int64_t since_ns)
{
    return (struct gate_patience){
        .until_ns =
            deadline_after_ms(gate->crowd->start_ns + since_ns, gate->crowd->options.timeout_ms),
    };
}

/* Nobody said anything in time: a connection that broke, or a deadline of ours. A server that
 * itself has a deadline says so in the same words; it makes no difference to who waits. */
static bool was_silence(const struct call_status *status)
{
    return status->code == CODE_DEADLINE_EXCEEDED || status->code == CODE_CANCELED ||
           (status->code == CODE_UNAVAILABLE && !status->detail);
}

static bool was_taken(const struct call_status *status)
{
    static const char *const words[] = {"SEATS_TAKEN", "NO_ADJACENT_SEATS", "ALL_HELD", "SOLD_OUT"};
    for (size_t i = 0; status->detail && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(status->detail->reason, words[i]) == 0)
            return true;
    }
    return false;
}

static void refused(struct crowd_person *person, const struct call_status *status)
{
    person->outcome = was_taken(status)              ? CROWD_TAKEN
                      : gate_is_answer(status->code) ? CROWD_REFUSED
                      : was_silence(status)          ? CROWD_UNANSWERED
                                                     : CROWD_ERROR;
    person->reason = gate_reason(person->gate, status, false);
}

/* An answer that is no answer: a mistake of the server's. */
static void nonsense(struct crowd_person *person)
{
    const struct call_status status = {.code = CODE_INTERNAL, .message = ""};
    refused(person, &status);
}

/* ---- holding ---- */

static int ask_hold(struct crowd_person *person, const Usher__V1__Hold **ret_hold,
                    struct call_status *ret_status, int64_t since_ns)
{
    struct crowd_gate *gate = person->gate;
    const struct crowd_options *options = &gate->crowd->options;
    Usher__V1__HoldBestRequest best = USHER__V1__HOLD_BEST_REQUEST__INIT;
    Usher__V1__HoldSeatsRequest these = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    const bool by_server = options->seats.kind == WISH_BEST;
    const struct gate_patience patience = patience_from(gate, since_ns);
    struct client tickets = gate_tickets(gate, person);
    char key[24];
    /* A key is unique an account, and the account is this person's alone. */
    snprintf(key, sizeof(key), "hold-%u", person->tries);
    best.performance_id = these.performance_id = gate->crowd->performance_id;
    best.party = person->party;
    best.apart = options->apart;
    these.seats = person->seats;
    these.n_seats = person->seat_count;
    best.idempotency_key = these.idempotency_key = key;
    int err = by_server ? gate_persist(person, &patience, &tickets, Usher__V1__TicketService,
                                       hold_best, &best, ret_hold)
                        : gate_persist(person, &patience, &tickets, Usher__V1__TicketService,
                                       hold_seats, &these, ret_hold);
    *ret_status = tickets.status;
    return err;
}

/* Takes down what was given. False where it makes no sense. */
static bool note_hold(struct crowd_person *person, const Usher__V1__Hold *hold)
{
    if (hold->n_seats == 0 || hold->n_seats > WISH_PARTY_MAX ||
        id_parse(view_str(hold->hold_id), &person->hold_id))
        return false;
    person->seat_count = (uint8_t)hold->n_seats;
    for (uint32_t i = 0; i < person->seat_count; i++)
        person->seats[i] = hold->seats[i]->seat;
    person->claim = (struct claim){
        .from_version = hold->version,
        .to_version = CLAIM_OPEN_VERSION,
        .acked_ms = clock_wall_ms(clock_system()),
        .until_ms = hold->expires_at_ms,
    };
    person->held = true;
    person->outcome = CROWD_HELD;
    return true;
}

/* What the server says is nearest and free; or another place in the pool. */
static void choose_again(struct crowd_person *person, const Usher__V1__ErrorDetail *detail)
{
    struct crowd_gate *gate = person->gate;
    if (detail && detail->n_nearest == person->party) {
        person->seat_count = person->party;
        for (uint32_t i = 0; i < person->party; i++)
            person->seats[i] = detail->nearest[i];
    } else {
        person->seat_count = (uint8_t)wish_pick(&gate->shared->pool, person->party,
                                                &gate->chance.chance, person->seats);
    }
}

/* True when it holds. */
static bool hold(struct crowd_person *person)
{
    struct crowd_gate *gate = person->gate;
    struct call_status status;
    int64_t since_ns = person->ready_ns;
    for (;;) {
        const Usher__V1__Hold *held;
        person->tries++;
        int err = ask_hold(person, &held, &status, since_ns);
        since_ns = since_start_ns(gate);
        if (!err) {
            person->hold_ns = since_ns;
            if (note_hold(person, held))
                return true;
            nonsense(person);
            return false;
        }
        if (!was_taken(&status) || person->tries >= gate->crowd->options.tries) {
            refused(person, &status);
            if (crowd_answered(person->outcome))
                person->hold_ns = since_ns;
            return false;
        }
        if (gate->crowd->options.seats.kind != WISH_BEST)
            choose_again(person, status.detail);
    }
}

/* ---- after it ---- */

static void release(struct crowd_person *person)
{
    Usher__V1__ReleaseHoldRequest request = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    struct crowd_gate *gate = person->gate;
    const struct gate_patience patience = patience_from(gate, person->hold_ns);
    const Usher__V1__ReleaseHoldResponse *released;
    struct client tickets = gate_tickets(gate, person);
    char hold_id[ID_TEXT_CHARS + 1];
    const int64_t sent_ms = clock_wall_ms(clock_system());
    id_format(person->hold_id, hold_id);
    request.performance_id = gate->crowd->performance_id;
    request.hold_id = hold_id;
    /* From now on it may be somebody else's, whether or not the answer comes. */
    if (sent_ms < person->claim.until_ms)
        person->claim.until_ms = sent_ms;
    const uint16_t again = person->again;
    int err = gate_persist(person, &patience, &tickets, Usher__V1__TicketService, release_hold,
                           &request, &released);
    if (!err) {
        person->claim.to_version = released->version;
        person->claim.until_ms = CLAIM_FOREVER_MS; /* the version says more than the time */
        person->outcome = CROWD_RELEASED;
    } else if (tickets.status.code == CODE_NOT_FOUND && person->again > again) {
        person->outcome = CROWD_RELEASED; /* the first try did it, its answer was lost */
    } else {
        refused(person, &tickets.status);
    }
}

/* As order, by card: the order is there once it is paid. */
static void order_by_card(struct crowd_person *person)
{
    struct crowd_gate *gate = person->gate;
    const struct gate_patience patience = patience_from(gate, person->hold_ns);
    struct call_status status;
    person->pay_ns = since_start_ns(gate);
    int err = gate_pay(person, &patience, &status);
    if (err) {
        refused(person, &status);
        if (crowd_answered(person->outcome))
            person->order_ns = since_start_ns(gate);
        return;
    }
    person->order_ns = since_start_ns(gate);
    person->outcome = CROWD_ORDERED;
    person->claim.until_ms = CLAIM_FOREVER_MS;
}

static void order(struct crowd_person *person)
{
    Usher__V1__PlaceOrderRequest request = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    struct crowd_gate *gate = person->gate;
    const struct gate_patience patience = patience_from(gate, person->hold_ns);
    const Usher__V1__Order *placed;
    struct client tickets = gate_tickets(gate, person);
    char hold_id[ID_TEXT_CHARS + 1];
    id_format(person->hold_id, hold_id);
    request.performance_id = gate->crowd->performance_id;
    request.hold_id = hold_id;
    request.payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE;
    request.idempotency_key = (char *)"order";
    int err = gate_persist(person, &patience, &tickets, Usher__V1__TicketService, place_order,
                           &request, &placed);
    if (err) {
        refused(person, &tickets.status);
        if (crowd_answered(person->outcome))
            person->order_ns = since_start_ns(gate);
        return;
    }
    person->order_ns = since_start_ns(gate);
    if (id_parse(view_str(placed->order_id), &person->order_id)) {
        nonsense(person);
        return;
    }
    person->outcome = CROWD_ORDERED;
    person->claim.until_ms = CLAIM_FOREVER_MS;
}

/* Through the line. False: there was no way in. */
static bool go_through(struct crowd_person *person)
{
    struct call_status status = {.message = ""};
    if (gate_queue(person, &status))
        return true;
    if (status.code == CODE_ABORTED && !status.detail)
        person->outcome = CROWD_TAKEN; /* nothing was left when its turn might have come */
    else
        refused(person, &status);
    if (crowd_answered(person->outcome))
        person->hold_ns = person->ready_ns = since_start_ns(person->gate);
    return false;
}

static void come(void *arg)
{
    struct crowd_person *person = arg;
    struct crowd_gate *gate = person->gate;
    person->acted_ns = since_start_ns(gate);
    person->outcome = CROWD_UNANSWERED;
    person->ready_ns = person->arrives_ns;
    if (gate->crowd->options.line && !go_through(person)) {
        atomic_fetch_add(&gate->shared->answered, 1);
        return;
    }
    if (hold(person) && gate->crowd->options.order) {
        if (person->abandons == 0 && gate->browser)
            order_by_card(person);
        else if (person->abandons == 0)
            order(person);
        else if (person->abandons == 1)
            release(person);
    }
    if (gate->crowd->options.line)
        gate_leave(person);
    atomic_fetch_add(&gate->shared->answered, 1);
}

/* ---- arrivals ---- */

/* Nobody has a fiber before it is due: a hundred thousand who wait elsewhere cost nothing here. */
static void on_arrival(struct loop_timer *timer)
{
    struct crowd_gate *gate = list_of(timer, struct crowd_gate, arrival);
    struct crowd *crowd = gate->crowd;
    int64_t now_ns = since_start_ns(gate);
    while (gate->next < crowd->options.users && crowd->people[gate->next].arrives_ns <= now_ns) {
        struct crowd_person *person = &crowd->people[gate->next];
        gate->next += gate->shared->gate_count;
        int err = fiber_spawn(&gate->people, come, person);
        if (err) {
            const struct call_status status = {.code = CODE_RESOURCE_EXHAUSTED, .message = ""};
            person->acted_ns = now_ns;
            refused(person, &status);
            atomic_fetch_add(&gate->shared->answered, 1);
        }
    }
    if (gate->next < crowd->options.users &&
        loop_arm(sched_loop(sched_current()), timer,
                 crowd->start_ns + crowd->people[gate->next].arrives_ns) == 0)
        return;
    gate->all_came = true;
    waitlist_wake_all(&gate->came);
}

void gate_rush(struct crowd_gate *gate)
{
    scope_init(&gate->people);
    waitlist_init(&gate->came);
    gate->arrival.fire = on_arrival;
    waitlist_init(&gate->line.changed);
    struct scope watching;
    scope_init(&watching);
    gate->next = gate->index;
    int err = gate->crowd->options.card
                  ? http_client_new(sched_loop(sched_current()), NULL, &gate->browser)
                  : 0;
    if (err == 0)
        err = loop_arm(sched_loop(sched_current()), &gate->arrival, gate->crowd->start_ns);
    if (err) {
        gate_fail(gate, err, "no timer for the arrivals: %s", err_text(err));
        return;
    }
    if (gate->crowd->options.line)
        err = fiber_spawn(&watching, gate_watch_line, gate);
    while (!err && !gate->all_came)
        err = waitlist_wait(&gate->came, DEADLINE_NEVER);
    /* Everybody's last deadline is known: this ends. */
    if (!err)
        err = scope_join(&gate->people, DEADLINE_NEVER);
    if (err) {
        loop_disarm(sched_loop(sched_current()), &gate->arrival);
        scope_close(&gate->people);
    }
    http_client_free(gate->browser);
    gate->browser = NULL;
    scope_close(&watching);
}
