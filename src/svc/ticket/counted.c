/* HoldSeats, HoldBest and PlaceOrder as they are counted, for the report after a sale. */
#include "svc/ticket/counted.h"

#include <stdio.h>

#include "observe/log.h"

CALL_HANDLER(ticket_counted_hold_seats);
CALL_HANDLER(ticket_counted_hold_best);
CALL_HANDLER(ticket_counted_place_order);

/* What a handler ended with; a refusal of a performance that there is counts. */
static int counted(struct call *call, uint32_t performance_id, int result)
{
    struct ticket *ticket = call_state(call);
    if (call->code != CODE_OK && catalog_performance(ticket->catalog, performance_id))
        tally_add(&ticket->tally, 0, performance_id, REFUSAL_REFUSED, call_reason(call), 1);
    return result;
}

int ticket_counted_hold_seats(struct call *call, const void *request, void *response)
{
    return counted(call, ((const Usher__V1__HoldSeatsRequest *)request)->performance_id,
                   ticket_hold_seats(call, request, response));
}

int ticket_counted_hold_best(struct call *call, const void *request, void *response)
{
    return counted(call, ((const Usher__V1__HoldBestRequest *)request)->performance_id,
                   ticket_hold_best(call, request, response));
}

int ticket_counted_place_order(struct call *call, const void *request, void *response)
{
    return counted(call, ((const Usher__V1__PlaceOrderRequest *)request)->performance_id,
                   ticket_place_order(call, request, response));
}

/* How long holds took, of which as many are answered as asked for. */
static void add_minutes(struct ticket *ticket)
{
    const uint32_t last = catalog_performance_last(ticket->catalog);
    for (uint32_t id = 1; id <= last; id++) {
        uint32_t counts[PULSE_CLASSES];
        pulse_drain(&ticket->minutes[id], counts);
        for (uint32_t i = 0; i < PULSE_CLASSES; i++) {
            char below_ms[16];
            snprintf(below_ms, sizeof(below_ms), "%u", 1u << i);
            if (counts[i] > 0)
                tally_add(&ticket->tally, 0, id, REFUSAL_ANSWERED, below_ms, counts[i]);
        }
    }
}

void desk_keep_counts(struct ticket *ticket)
{
    struct sql *sql = ticket->options.store->sql;
    if (!sql)
        return;
    add_minutes(ticket);
    const int err =
        tally_keep(&ticket->tally, sql, clock_wall_ms(loop_clock(sched_loop(sched_current()))),
                   deadline_after_ms(fiber_now_ns(), 10 * TALLY_KEEP_MS));
    if (err != 0)
        log_event(LOG_WARN, "refusals.keep", log_err(err));
}
