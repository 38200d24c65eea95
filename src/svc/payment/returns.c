/*
 * The ways back: the buyer's browser, and webhooks. Neither is believed: a way back that fits the
 * attempt makes us confirm, a webhook makes us look. Both may come at once, twice, late or never.
 */
#include "store/payments_heard.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/review.h"
#include "svc/payment/role.h"

#define WEBHOOKS_MAX 50 /* of an attempt that are listened to: the reconciler looks anyway */
#define REFUSALS_MAX 50 /* that stand in its story */
#define MOVES_MAX                                                                                  \
    150 /* of an attempt whose buyer is waited for: who comes back more often is no buyer */

static bool is_settled(uint32_t state)
{
    return state != PAYMENT_CONFIRMING && state != PAYMENT_UNCLEAR && state != PAYMENT_CAPTURED;
}

/* Until it is clear, or the deadline. */
static int wait_until_clear(const struct work *w, struct id payment_id, struct payment *ret_payment)
{
    int err;
    for (;;) {
        err = payment_get(w->role->options.sql, payment_id, w->arena, ret_payment, w->deadline_ns);
        const int64_t next_ns = deadline_after_ms(fiber_now_ns(), ROLE_POLL_MS);
        if (err != 0 || is_settled(ret_payment->state) || next_ns > w->deadline_ns)
            return err;
        err = fiber_sleep_until(next_ns);
        if (err != 0)
            return err;
    }
}

static void refuse(const struct work *w, const struct payment *p, const char *what)
{
    log_event(LOG_WARN, "payment.refuse", log_id("usher.payment", p->payment_id),
              log_id("usher.order", p->hold_id), log_view("usher.provider", p->provider),
              log_text(what));
    int64_t before;
    if (payment_events(w->role->options.sql, p->payment_id, "return", w->arena, &before,
                       w->deadline_ns) != 0 ||
        before >= REFUSALS_MAX)
        return;
    const struct payment_event event = {
        .at_ms = role_now_ms(),
        .payment_id = p->payment_id,
        .what = "return",
        .text = view_str(arena_printf(w->arena, "refused: %s", what)),
    };
    (void)payment_note(w->role->options.sql, &event, w->deadline_ns);
}

static int came_back(const struct work *w, struct payment *p, struct view query)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct view ref = p->ref;
    if (p->state != PAYMENT_WAITING || p->version > MOVES_MAX ||
        !role_talk(w, p->provider, p->provider_of, &adapter, &env))
        return 0;
    switch (adapter->returned(&env, p, query, &ref)) {
    case CAME_FOREIGN:
        refuse(w, p, "a way back that is about another order or amount");
        return ERR_INVALID;
    case CAME_PAID:
        return flow_confirm(w, p, ref, adapter->signs_return);
    case CAME_AWAY:
        break;
    }
    return 0;
}

int return_with(const struct work *w, struct id payment_id, struct view query,
                struct payment *ret_payment)
{
    struct payment p;
    struct trace_work work;
    int err = payment_get(w->role->options.sql, payment_id, w->arena, &p, w->deadline_ns);
    if (err != 0)
        return err;
    flow_begin_work(&work, &p);
    err = came_back(w, &p, query);
    flow_end_work(&work, "payment.return", SPAN_INTERNAL, err == ERR_INVALID ? 0 : err);
    if (err == ERR_CONFLICT) /* a webhook, or the same way back, was quicker */
        err = 0;
    return err == 0 ? wait_until_clear(w, payment_id, ret_payment) : err;
}

static struct work plain_work(struct payment_role *role, const struct plain_request *request)
{
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), ROLE_WAIT_MS);
    return (struct work){.role = role,
                         .arena = request->arena,
                         .deadline_ns =
                             request->deadline_ns < until_ns ? request->deadline_ns : until_ns};
}

static void see(struct page *page, const struct work *w, const char *path, const char *id)
{
    const char *line = arena_printf(w->arena,
                                    "Location: %s%cpayment=%s\r\nReferrer-Policy: "
                                    "no-referrer\r\n",
                                    path, strchr(path, '?') ? '&' : '?', id);
    *page = (struct page){.status = line ? 303 : 500, .headers = line};
}

/* /pay/return/ID: GET with a query, or POST with a form. Then on to where the buyer began, with no
 * cookie asked for: it may be another browser than that. */
void plain_return(void *state, const struct plain_request *request, struct page *ret_page)
{
    static const struct view prefix = {"/pay/return/", 12};
    const struct work w = plain_work(state, request);
    struct id payment_id;
    struct payment p;
    if (!view_starts(request->path, prefix) ||
        id_parse(view_of(request->path.at + prefix.len, request->path.len - prefix.len),
                 &payment_id) != 0)
        return; /* 404 */
    const bool post = view_eq(request->method, VIEW_LIT("POST"));
    int err = return_with(&w, payment_id, post ? request->body : request->query, &p);
    if (err == ERR_NOT_FOUND)
        return;
    if (err != 0)
        err = payment_get(w.role->options.sql, payment_id, w.arena, &p, w.deadline_ns);
    const char *path = err == 0 ? arena_copy(w.arena, p.return_path) : NULL;
    see(ret_page, &w, path ? path : "/", exchange_id(w.arena, payment_id));
}

static bool is_finished(uint32_t state)
{
    return state == PAYMENT_DONE || state == PAYMENT_REFUNDING || state == PAYMENT_REFUNDED;
}

/* Of one that is finished the provider may still tell something new: then we look, too. That it is
 * paid is no news of one that is, and most of what is told in a rush. */
static int hear_of_finished(const struct work *w, struct payment *p, const struct heard *heard)
{
    if (heard->as_paid && p->state == PAYMENT_DONE && p->books.refunded + p->books.pending == 0 &&
        p->contradiction.len == 0)
        return 0;
    int err = review_payment(w, p);
    if (err != ERR_CONFLICT)
        return err;
    /* A refund of ours moved it meanwhile: once more, with what is so now. */
    err = payment_get(w->role->options.sql, p->payment_id, w->arena, p, w->deadline_ns);
    if (err == 0)
        err = review_payment(w, p);
    return err == ERR_CONFLICT ? ERR_UNAVAILABLE : err; /* the provider tells it again */
}

/* What is heard of a payment makes us ask the provider; a state that is clear needs no asking.
 * ERR_FULL: there was more of it than there can be. */
static int hear_of(const struct work *w, struct payment *p, const struct heard *heard)
{
    struct sql *sql = w->role->options.sql;
    int64_t before;
    int err = payment_events(sql, p->payment_id, "webhook", w->arena, &before, w->deadline_ns);
    if (err != 0)
        return err;
    /* Most are not signed: whoever knows an attempt could fill its story, and have us ask. */
    if (before >= WEBHOOKS_MAX && !heard->authentic) {
        log_event(LOG_WARN, "payment.webhook", log_id("usher.payment", p->payment_id),
                  log_text("more webhooks of one attempt than there can be: not listened to"));
        err = is_finished(p->state) ? review_later(w, p) : 0;
        return err == 0 ? ERR_FULL : err;
    }
    const struct payment_event event = {.at_ms = role_now_ms(),
                                        .payment_id = p->payment_id,
                                        .what = "webhook",
                                        .text = heard->event_id};
    (void)payment_note(sql, &event, w->deadline_ns);
    if (heard->secret.len > 0 && !deposit_is_its(w, p, heard->secret)) {
        refuse(w, p, "a callback that does not show the deposit's secret");
        return ERR_DENIED;
    }
    if (p->state == PAYMENT_CONFIRMING || p->state == PAYMENT_CAPTURED)
        return 0; /* somebody is at it, and the reconciler behind him */
    if (is_finished(p->state))
        return hear_of_finished(w, p, heard);
    err = flow_look(w, p);
    return err == ERR_CONFLICT ? 0 : err;
}

static int hear(const struct work *w, const struct adapter *adapter, const struct heard *heard)
{
    struct sql *sql = w->role->options.sql;
    struct payment p;
    struct trace_work work;
    struct refund refund;
    struct id id = heard->payment_id;
    int err = 0;
    if (!id_is_zero(heard->refund_id)) {
        err = refund_get(sql, heard->refund_id, w->arena, &refund, w->deadline_ns);
        id = err == 0 ? refund.payment_id : id;
    }
    if (err == 0)
        err = id_is_zero(id) ? payment_by_ref(sql, view_str(adapter->name), heard->ref, w->arena,
                                              &p, w->deadline_ns)
                             : payment_get(sql, id, w->arena, &p, w->deadline_ns);
    if (err != 0)
        return err;
    flow_begin_work(&work, &p);
    err = hear_of(w, &p, heard);
    flow_end_work(&work, "payment.webhook", SPAN_SERVER,
                  err == ERR_DENIED || err == ERR_FULL ? 0 : err);
    return err;
}

/* A repeat is answered as the first: it is remembered only once what it caused is done, and only of
 * a payment that is ours, as often as one is listened to: nobody fills the table. */
void plain_webhook(void *state, const struct plain_request *request, struct page *ret_page)
{
    const struct work w = plain_work(state, request);
    static const struct view prefix = {"/webhooks/", 10};
    /* "stripe", or "stripe/2": of organiser 2's own account */
    const struct view name =
        view_starts(request->path, prefix)
            ? view_of(request->path.at + prefix.len, request->path.len - prefix.len)
            : (struct view){0};
    const char *slash = name.len > 0 ? memchr(name.at, '/', name.len) : NULL;
    const size_t provider_len = slash ? (size_t)(slash - name.at) : name.len;
    uint64_t of = 0;
    const struct adapter *adapter;
    struct adapter_env env;
    struct heard heard = {0};
    if (!view_eq(request->method, VIEW_LIT("POST")) ||
        (slash && !view_to_u64(view_of(slash + 1, name.len - provider_len - 1), UINT32_MAX, &of)) ||
        !role_talk(&w, view_of(name.at, provider_len), (uint32_t)of, &adapter, &env))
        return;
    if (!adapter->webhook(&env, request, &heard)) {
        log_event(LOG_WARN, "payment.webhook", log_view("usher.provider", name),
                  log_text("a webhook that is none, or whose signature is not ours"));
        *ret_page = (struct page){.status = 400};
        return;
    }
    bool known = false;
    int err = heard.event_id.len > 0 ? webhook_known(w.role->options.sql, name, heard.event_id,
                                                     w.arena, &known, w.deadline_ns)
                                     : 0;
    if (err == 0 && !known)
        err = hear(&w, adapter, &heard);
    if (err == ERR_DENIED) {
        *ret_page = (struct page){.status = 400};
        return;
    }
    if (err == 0 && !known && heard.event_id.len > 0)
        err = webhook_put(w.role->options.sql, name, heard.event_id, role_now_ms(), w.deadline_ns);
    /* NOT_FOUND: of another installation, or of a test by hand. */
    if (err == ERR_NOT_FOUND || err == ERR_FULL || err == ERR_EXISTS)
        err = 0;
    *ret_page = (struct page){.status = err == 0 ? 200 : 503,
                              .type = adapter->heard_type ? adapter->heard_type : "text/plain",
                              .body = view_str(adapter->heard_body ? adapter->heard_body : "ok")};
}
