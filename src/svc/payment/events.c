/* ReadPaymentEvents: what happened to all payments, for those who follow the money from outside. */
#include "store/payments_watch.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/role.h"

#define EVENTS_PAGE 100

static int fill(struct arena *arena, const struct payment_told_event *told,
                Usher__V1__PaymentEvent *ret_event)
{
    usher__v1__payment_event__init(ret_event);
    ret_event->event_id = told->event_id;
    ret_event->payment_id = (char *)exchange_id(arena, told->event.payment_id);
    ret_event->at_ms = told->event.at_ms;
    ret_event->what = (char *)told->event.what;
    ret_event->amount = told->event.amount;
    if (told->known) {
        ret_event->hold_id = (char *)exchange_id(arena, told->hold_id);
        ret_event->performance_id = told->performance_id;
        ret_event->provider = (char *)told->provider.at; /* a copy of the store's ends with a NUL */
        ret_event->currency = (char *)told->currency.at;
    }
    if (!id_is_zero(told->order_id))
        ret_event->order_id = (char *)exchange_id(arena, told->order_id);
    return ret_event->payment_id && ret_event->hold_id && ret_event->order_id ? 0 : ERR_NO_MEMORY;
}

CALL_HANDLER(payment_read_events)
{
    const Usher__V1__ReadPaymentEventsRequest *wish = request;
    Usher__V1__ReadPaymentEventsResponse *answer = response;
    const struct work w = answer_work(call);
    struct payment_told_event *events;
    size_t count;
    if (wish->events_max > PAYMENT_EVENTS_MAX || wish->after > INT64_MAX)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "an answer has at most %d events, whose numbers are positive",
                           PAYMENT_EVENTS_MAX);
    int err = payment_events_read(w.role->options.sql, wish->after,
                                  wish->events_max ? wish->events_max : EVENTS_PAGE, role_now_ms(),
                                  w.arena, &events, &count, w.deadline_ns);
    if (err != 0)
        return answer_store_failed(call, err);
    Usher__V1__PaymentEvent *filled = arena_alloc(w.arena, (count + 1) * sizeof(*filled));
    answer->events = arena_alloc(w.arena, (count + 1) * sizeof(*answer->events));
    if (!filled || !answer->events)
        return answer_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        err = fill(w.arena, &events[i], &filled[i]);
        if (err != 0)
            return answer_store_failed(call, err);
        answer->events[answer->n_events++] = &filled[i];
    }
    return 0;
}
