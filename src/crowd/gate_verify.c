/* After it: every order that was acknowledged is asked for again. */
#include <stdio.h>

#include "crowd/gate.h"
#include "err/err.h"

#define VERIFY_FIBERS 256

static bool same_seats(const struct crowd_person *person, const Usher__V1__Order *order)
{
    if (order->n_tickets != person->seat_count)
        return false;
    for (uint32_t i = 0; i < person->seat_count; i++) {
        bool found = false;
        for (size_t k = 0; k < order->n_tickets; k++)
            found |= order->tickets[k]->seat == person->seats[i];
        if (!found)
            return false;
    }
    return true;
}

/* Lost is only what the server itself denies or tells otherwise; of a server that says nothing
 * nobody can tell. */
static enum crowd_second_look look(const struct crowd_gate *gate, const struct crowd_person *person,
                                   const Usher__V1__Order *order, enum code code)
{
    if (!order)
        return gate_is_answer(code) ? CROWD_LOST : CROWD_NOT_FOUND_OUT;
    return order->performance_id == gate->crowd->performance_id &&
                   order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED &&
                   same_seats(person, order)
               ? CROWD_THERE
               : CROWD_LOST;
}

static void ask_again(struct crowd_gate *gate, struct crowd_person *person)
{
    Usher__V1__GetOrderRequest request = USHER__V1__GET_ORDER_REQUEST__INIT;
    const struct gate_patience patience = gate_silence(gate, CROWD_AGAIN_LEAST_MS);
    const Usher__V1__Order *order;
    struct client tickets = gate_tickets(gate, person);
    char order_id[ID_TEXT_CHARS + 1];
    if (person->outcome != CROWD_ORDERED ||
        gate_patience_ends_ns(gate, &patience) <= clock_mono_ns(clock_system()))
        return;
    id_format(person->order_id, order_id);
    request.order_id = order_id;
    int err = gate_persist(person, &patience, &tickets, Usher__V1__TicketService, get_order,
                           &request, &order);
    person->second_look = (uint8_t)look(gate, person, err ? NULL : order, tickets.status.code);
    atomic_fetch_add(&gate->shared->asked, 1);
}

void gate_verify(struct crowd_gate *gate)
{
    gate_each(gate, VERIFY_FIBERS, ask_again);
}

void gate_counts(struct crowd_gate *gate)
{
    Usher__V1__GetPerformanceRequest request = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const struct gate_patience patience = gate_silence(gate, CROWD_AGAIN_LEAST_MS);
    const Usher__V1__Performance *performance;
    struct client client;
    struct crowd *crowd = gate->crowd;
    if (gate->index != 0)
        return;
    request.performance_id = crowd->performance_id;
    client_init(&client, gate->channels[0], &usher__v1__ticket_service__descriptor, &gate->answers);
    client.deadline_ns = gate_patience_ends_ns(gate, &patience);
    int err =
        client_call(&client, Usher__V1__TicketService, get_performance, &request, &performance);
    if (err || !performance->counts)
        return; /* the report says that it is not known */
    crowd->after = (struct crowd_counts){performance->counts->free, performance->counts->held,
                                         performance->counts->sold, performance->version};
    crowd->counted_after = true;
}
