/* Paying by card: the payment is begun, the buyer pays on the provider's page, and comes back. */
#include <stdio.h>

#include "crowd/gate.h"
#include "db/http.h"
#include "err/err.h"
#include "usher/v1/payment.pb-c.h"

#define WAY_MAX 2048 /* bytes of an address */
#define POLL_MS 250  /* an unclear payment is asked for again */

/* One payment; texts are kept here, because answers lie in an arena that others use up. */
struct paying {
    struct crowd_person *person;
    struct gate_patience patience;
    struct client client;
    char payment_id[ID_TEXT_CHARS + 1];
    char way[WAY_MAX]; /* to the provider; then what stood in the address back */
};

static bool keep(char *room, size_t size, const char *text)
{
    const int len = snprintf(room, size, "%s", text);
    return len > 0 && (size_t)len < size;
}

static int begin(struct paying *p)
{
    Usher__V1__BeginPaymentRequest wish = USHER__V1__BEGIN_PAYMENT_REQUEST__INIT;
    const Usher__V1__Payment *payment;
    char hold_id[ID_TEXT_CHARS + 1];
    id_format(p->person->hold_id, hold_id);
    wish.performance_id = p->person->gate->crowd->performance_id;
    wish.hold_id = hold_id;
    wish.idempotency_key = (char *)"pay";
    wish.provider = (char *)p->person->gate->crowd->options.provider;
    wish.terms = true;
    int err = gate_persist(p->person, &p->patience, &p->client, Usher__V1__PaymentService,
                           begin_payment, &wish, &payment);
    if (err == 0 && (!keep(p->payment_id, sizeof(p->payment_id), payment->payment_id) ||
                     !keep(p->way, sizeof(p->way), payment->redirect_url)))
        err = call_status_set(&p->client.status, CODE_INTERNAL, "");
    return err;
}

/* The buyer's yes on the provider's page; the query of the way back replaces the way there. */
static int pay_there(struct paying *p)
{
    struct crowd_gate *gate = p->person->gate;
    const struct http_ask ask = {
        .method = "POST",
        .url = p->way,
        .fields = {"Content-Type: application/x-www-form-urlencoded"},
        .body = VIEW_LIT("choice=pay"),
    };
    struct http_answer answer;
    struct arena arena;
    arena_init(&arena, HTTP_ANSWER_MAX + HTTP_HEAD_MAX);
    int err = http_call(http_client(gate->browser), &ask, &arena, &answer,
                        gate_patience_ends_ns(gate, &p->patience));
    const struct view back =
        err == 0 ? http_field(&answer, VIEW_LIT("location")) : (struct view){0};
    const char *query = back.len ? memchr(back.at, '?', back.len) : NULL;
    const size_t len = query ? (size_t)(back.at + back.len - query) - 1 : 0;
    if (query && len < sizeof(p->way)) {
        memcpy(p->way, query + 1, len);
        p->way[len] = '\0';
    } else {
        err = call_status_set(&p->client.status, CODE_UNAVAILABLE,
                              "the provider's page did not lead back");
    }
    arena_release(&arena);
    return err;
}

/* What a payment means: 0: paid; *ret_unclear: not over yet, which is no error. */
static int outcome(struct paying *p, const Usher__V1__Payment *payment, bool *ret_unclear)
{
    struct id order_id;
    *ret_unclear = false;
    switch ((int)payment->state) {
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DONE:
        if (id_parse(view_str(payment->order_id), &order_id) != 0)
            return call_status_set(&p->client.status, CODE_INTERNAL, "");
        p->person->order_id = order_id;
        p->person->payment = CROWD_PAID;
        return 0;
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_WAITING:
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_CONFIRMING:
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_UNCLEAR:
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_CAPTURED:
        *ret_unclear = true;
        return 0;
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_REFUNDING:
    case USHER__V1__PAYMENT_STATE__PAYMENT_STATE_REFUNDED:
        p->person->payment = CROWD_REFUNDED;
        return call_status_set(&p->client.status, CODE_FAILED_PRECONDITION, "not paid");
    default: /* declined, abandoned: an answer */
        p->person->payment = CROWD_DECLINED;
        return call_status_set(&p->client.status, CODE_FAILED_PRECONDITION, "not paid");
    }
}

static int come_back(struct paying *p)
{
    Usher__V1__FinishPaymentRequest wish = USHER__V1__FINISH_PAYMENT_REQUEST__INIT;
    Usher__V1__GetPaymentRequest look = USHER__V1__GET_PAYMENT_REQUEST__INIT;
    const Usher__V1__Payment *payment;
    bool unclear = false;
    wish.payment_id = look.payment_id = p->payment_id;
    wish.return_query = p->way;
    int err = gate_persist(p->person, &p->patience, &p->client, Usher__V1__PaymentService,
                           finish_payment, &wish, &payment);
    if (err == 0)
        err = outcome(p, payment, &unclear);
    while (err == 0 && unclear) {
        const int64_t at_ns = deadline_after_ms(fiber_now_ns(), POLL_MS);
        if (at_ns >= gate_patience_ends_ns(p->person->gate, &p->patience) ||
            fiber_sleep_until(at_ns) != 0)
            return call_status_set(&p->client.status, CODE_DEADLINE_EXCEEDED, "it is unclear");
        err = gate_persist(p->person, &p->patience, &p->client, Usher__V1__PaymentService,
                           get_payment, &look, &payment);
        if (err == 0)
            err = outcome(p, payment, &unclear);
    }
    return err;
}

int gate_pay(struct crowd_person *person, const struct gate_patience *patience,
             struct call_status *ret_status)
{
    struct paying p = {
        .person = person, .patience = *patience, .client = gate_tickets(person->gate, person)};
    p.client.service = &usher__v1__payment_service__descriptor;
    int err = begin(&p);
    person->payment = err == 0 ? CROWD_UNCLEAR : CROWD_NOTHING_PAID; /* until an answer is one */
    if (err == 0)
        err = pay_there(&p);
    if (err == 0)
        err = come_back(&p);
    *ret_status = p.client.status;
    return err;
}
