/*
 * role: what the files of the payment role share: its parts, one piece of work, the moves of a
 * payment, and refusals. For this folder alone.
 */
#ifndef USHER_SVC_PAYMENT_ROLE_H
#define USHER_SVC_PAYMENT_ROLE_H

#include "call/trace.h"
#include "chance/chance.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/spans.h"
#include "sale/currency.h"
#include "sale/refund.h"
#include "store/selling.h"
#include "svc/payment/adapter.h"
#include "token/key.h"
#include "usher/v1/payment.pb-c.h"

#define ROLE_CONFIRM_EXTRA_MS 30000  /* a hold outlives the confirm deadline by this */
#define ROLE_ENOUGH_MS        120000 /* a hold that lasts so long outlives a confirmation anyway */
#define ROLE_GIVE_UP_MS       5000   /* an attempt ends so long before its hold does */
#define ROLE_CALL_MS          20000  /* a call that took longer is looked after */
#define ROLE_WAIT_MS          8000   /* FinishPayment waits so long for what is unclear */
#define ROLE_RESERVE_MS       1500   /* of a deadline, for writing down what was not said */
#define ROLE_POLL_MS          100
#define ROLE_TICK_MS          250  /* the reconciler looks for what is due */
#define ROLE_STEPS_MAX        32   /* pieces of work at a provider that it has under way */
#define ROLE_RETRY_MIN_MS     1000 /* pause before the provider is asked again; doubles to … */
#define ROLE_RETRY_MAX_MS     60000
#define ROLE_STEP_MS          30000 /* one piece of work takes no longer */
#define ROLE_ARENA_MAX        (4u << 20)
#define ROLE_JOB_PAUSE_MS     1000 /* an item of a job that is not clear is looked at again */
#define ROLE_PAGE             20
#define ROLE_STOCK_MS         5000  /* what wants a person is counted so often */
#define ROLE_SWEEP_MS         60000 /* what is personal, or old, is swept away so often */

struct payment_role {
    struct payment_options options;
    uint8_t seal_key[KEY_BYTES]; /* seals what is personal of what is paid later */
    const struct refund_ladder *ladder;
    const struct adapter *adapters[PAYMENT_PROVIDERS_MAX]; /* of the providers */
    struct http_workers *clients;                          /* NULL: options.http */
    struct channel **tickets;                              /* one a worker */
    struct scope scope; /* the reconciler and what it has under way, on worker 0 */
    uint32_t steps[PAYMENT_PROVIDERS_MAX + 1];      /* of a provider, and of the box office last */
    uint32_t items;                                 /* of refund jobs, under way */
    int64_t job_next_ns[PAYMENT_PROVIDERS_MAX + 1]; /* the provider takes no more refunds before */
    int64_t sweep_ns;                               /* the next sweep */
    int64_t stock_ns;                               /* the next look at what wants a person */
    int64_t till_ns;                                /* … at comps that nobody ended */
    int64_t waiting_ns;                             /* … and at what waits for nobody */
    int64_t unattended;  /* rows that nobody looks at, at the last look */
    int64_t job_look_ns; /* jobs are looked at whether they are done */
};

/* One piece of work: a call's, or the reconciler's. */
struct work {
    struct payment_role *role;
    struct arena *arena;
    int64_t deadline_ns;
};

int64_t role_now_ms(void);
/* The account that an organiser's buyers are offered: its own, or, if it has none, the server's. */
bool role_offers(const struct payment_role *role, uint32_t organiser_id, uint32_t provider);
/* The provider of a payment, in that account (0: the server's); false: it is configured no more. */
bool role_talk(const struct work *w, struct view provider, uint32_t provider_of,
               const struct adapter **ret_adapter, struct adapter_env *ret_env);

/* ---- tickets.c: what is asked of the ticket role, in the payer's name. 0, or ERR_BUSY: not now,
 * ask again; ERR_NOT_FOUND: the hold is over; ERR_CONFLICT: the seats are somebody else's;
 * ERR_DENIED: the pass of a line is missing or no good; else ERR_INVALID. ---- */
/* pass, where it is not empty, is shown with the call, and so checked. */
int tickets_extend(const struct work *w, uint32_t performance_id, struct id hold_id,
                   struct id account_id, int64_t until_ms, struct view pass,
                   const Usher__V1__Hold **ret_hold, struct call_status *ret_status);
/* The order of a hold, paid by p. */
int tickets_place(const struct work *w, const struct payment *p, struct id hold_id,
                  const Usher__V1__Order **ret_order);
/* The payment's seats, held anew; or as many beside each other in the category that it may take. */
int tickets_hold(const struct work *w, const struct payment *p, const Usher__V1__Hold **ret_hold);
int tickets_hold_equal(const struct work *w, const struct payment *p,
                       const Usher__V1__Hold **ret_hold);
/* Gives the refund's seats back, or all of the order. */
int tickets_cancel(const struct work *w, const struct refund *r, struct id account_id);
int tickets_order(const struct work *w, struct id order_id, struct id account_id,
                  const Usher__V1__Order **ret_order);
/* The payment's seats become those where its tickets are by now. */
void tickets_follow(const Usher__V1__Order *order, struct payment *p);
/* Gives up the hold, if there is one still. */
void tickets_release(const struct work *w, const struct payment *p);
/* For the order's name and its rules. */
int tickets_performance(const struct work *w, uint32_t performance_id,
                        const Usher__V1__Performance **ret_performance);

/* ---- flow.c: each moves the payment as far as it goes now, writing every move before what follows
 * from it. The store's errors; ERR_CONFLICT: somebody else moved it, *p is stale. ---- */
/* ref: the buyer's yes; proven: the provider says, or has signed, that there is one. */
int flow_confirm(const struct work *w, struct payment *p, struct view ref, bool proven);
/* Asks the provider what is so. */
int flow_look(const struct work *w, struct payment *p);
/* Ends an attempt that nobody goes on with. */
int flow_abandon(const struct work *w, struct payment *p, const char *reason);
/* Does whatever is due. */
int flow_step(const struct work *w, struct id payment_id);
/* What is done about a payment is done in its trace, whoever does it: between these two. */
void flow_begin_work(struct trace_work *work, const struct payment *p);
void flow_end_work(struct trace_work *work, const char *name, enum span_kind kind, int err);
/* What a provider says of one that was to be asked again. */
int flow_apply(const struct work *w, struct payment *p, const struct adapter *adapter,
               const struct told *told);
/* Notes a call to a provider in the payment's story. */
void flow_note(const struct work *w, const struct payment *p, const char *what,
               const struct told *told);
/* How long after that many tries the provider is asked again. */
int64_t flow_retry_ms(uint32_t tries);
/* Counts a payment that came into a state, for /metrics; flow_move does it itself. */
void flow_count(uint32_t state);
/* Writes a move with its event and its line in the log. */
int flow_move(const struct work *w, struct payment *p, uint32_t to, int64_t next_at_ms,
              const struct refund *refund, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* ---- returns.c ---- */

/* The buyer came back with that query. As flow_confirm; ERR_INVALID: the query is about another
 * payment, nothing changed. Waits, until deadline, while another worker has it. */
int return_with(const struct work *w, struct id payment_id, struct view query,
                struct payment *ret_payment);
void plain_webhook(void *role, const struct plain_request *request, struct page *ret_page);
void plain_return(void *role, const struct plain_request *request, struct page *ret_page);

/* ---- window.c ---- */
void plain_window(void *role, const struct plain_request *request, struct page *ret_page);

/* ---- reconcile.c ---- */
void reconcile(void *role);

/* ---- jobs.c ---- */
/* Goes on with refund jobs. In the reconciler's fiber. */
void jobs_tick(struct payment_role *role, struct arena *arena);
/* Whether a performance does not take place: all that was paid for it is given back, or was, and
 * nobody sells it any more. False, too, where nobody can be asked. */
bool jobs_called_off(const struct work *w, uint32_t performance_id);

/* ---- letters.c ---- */

/* The mail that tells of a refund that is done, in the work's arena. ERR_NOT_FOUND: nobody gave an
 * address. */
int letter_of_refund(const struct work *w, const struct payment *p, const struct refund *r,
                     struct mail *ret_mail);

/* ---- answers.c ---- */
int answer_refund(struct arena *arena, const struct payment *p, const struct refund *r,
                  Usher__V1__Refund *ret_refund);
int answer_payment(struct call *call, const struct payment *p, bool with_order,
                   Usher__V1__Payment *ret_payment);
#define answer_fail(call, code, reason, ...)                                                       \
    call_refuse(call, code, (code) == CODE_UNAVAILABLE ? ROLE_RETRY_MIN_MS : 0, reason, NULL,      \
                __VA_ARGS__)
int answer_store_failed(struct call *call, int err);
/* As TicketService tells of it. Non-zero after call_fail. */
int answer_performance(struct call *call, uint32_t performance_id,
                       const Usher__V1__Performance **ret_performance);
/* Whether the caller runs the performance: an operator, or who manages, or refunds by hand, for its
 * organiser. Non-zero after call_fail; NOT_FOUND: there is no such performance. */
int answer_runs(struct call *call, uint32_t performance_id, bool *ret_runs);
/* The work of a call. */
struct work answer_work(struct call *call);

/* ---- the calls ---- */
int payment_list_providers(struct call *call, const void *request, void *response);
int payment_begin(struct call *call, const void *request, void *response);
int payment_finish(struct call *call, const void *request, void *response);
int payment_get_payment(struct call *call, const void *request, void *response);
int payment_abandon(struct call *call, const void *request, void *response);
int payment_get_story(struct call *call, const void *request, void *response);
int payment_preview_refund(struct call *call, const void *request, void *response);
int payment_refund_order(struct call *call, const void *request, void *response);
int payment_collect(struct call *call, const void *request, void *response);
int payment_list_deposits(struct call *call, const void *request, void *response);
int payment_list_payments(struct call *call, const void *request, void *response);
int payment_get_books(struct call *call, const void *request, void *response);
int payment_begin_refund_job(struct call *call, const void *request, void *response);
int payment_get_refund_job(struct call *call, const void *request, void *response);
int payment_quote_purchase(struct call *call, const void *request, void *response);
int payment_set_selling_terms(struct call *call, const void *request, void *response);
int payment_get_selling_terms(struct call *call, const void *request, void *response);
int payment_list_receipts(struct call *call, const void *request, void *response);
int payment_get_receipt_file(struct call *call, const void *request, void *response);
int payment_list_refund_job_orders(struct call *call, const void *request, void *response);

#endif
