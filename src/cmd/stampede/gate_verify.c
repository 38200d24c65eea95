/* After it: every order that was acknowledged is asked for again. */
#include <stdio.h>

#include "cmd/stampede/gate.h"
#include "err/err.h"

#define VERIFY_FIBERS 256
#define VERIFY_MS     30000

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

static void ask_again(struct crowd_gate *gate, struct crowd_person *person)
{
    Usher__V1__GetOrderRequest request = USHER__V1__GET_ORDER_REQUEST__INIT;
    const void *response;
    struct rpc_status status;
    char order_id[ID_TEXT_CHARS + 1];
    if (person->outcome != CROWD_ORDERED)
        return;
    id_format(person->order_id, order_id);
    request.order_id = order_id;
    int err = gate_persist(gate, person, "/usher.v1.TicketService/GetOrder", &request.base,
                           &usher__v1__order__descriptor, &response, &status,
                           deadline_after_ms(clock_mono_ns(clock_system()), VERIFY_MS));
    const Usher__V1__Order *order = err ? NULL : response;
    person->lost = !order || order->performance_id != gate->crowd->performance_id ||
                   order->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED ||
                   !same_seats(person, order);
    atomic_fetch_add(&gate->gathering->asked, 1);
}

void gate_verify(struct crowd_gate *gate)
{
    gate_each(gate, VERIFY_FIBERS, ask_again);
}

int gate_counts(struct crowd_gate *gate, struct crowd_counts *ret_counts)
{
    Usher__V1__GetPerformanceRequest request = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const ProtobufCMessage *response;
    struct rpc_status status;
    request.performance_id = gate->crowd->performance_id;
    int err =
        link_call(&gate->links[0], "/usher.v1.TicketService/GetPerformance", NULL, &request.base,
                  &usher__v1__performance__descriptor, &gate->answers, &response, &status,
                  deadline_after_ms(clock_mono_ns(clock_system()), VERIFY_MS));
    if (err)
        return err;
    const Usher__V1__Performance *performance = (const void *)response;
    if (!performance->counts)
        return ERR_INVALID;
    *ret_counts = (struct crowd_counts){performance->counts->free, performance->counts->held,
                                        performance->counts->sold, performance->version};
    return 0;
}
