/* The door of a sale: every call that takes or buys places of a performance with a line shows a
 * pass, which the waiting room checks. In doubt, refuse (P10). */
#include "call/client.h"
#include "svc/ticket/bills.h"
#include "svc/ticket/desk.h"
#include "svc/ticket/waiting.h"
#include "token/roles.h"
#include "usher/v1/waitroom.pb-c.h"

#define PASS_CHECK_MS   5000
#define PASS_FIELD      VIEW_LIT("usher-pass")
#define PASS_DONE_ARENA 4096

static struct channel *waitroom_here(const struct ticket *ticket)
{
    struct loop *here = sched_loop(sched_current());
    for (uint32_t i = 0; ticket->waitrooms && i < ticket->options.worker_count; i++) {
        if (worker_loop(ticket->options.workers[i]) == here)
            return ticket->waitrooms[i];
    }
    return NULL;
}

int desk_ask_line(struct call *call, const struct catalog_performance *performance,
                  struct id account_id, bool *ret_has_line, struct call_status *ret_status)
{
    struct channel *channel = waitroom_here(call_state(call));
    struct arena *arena = call_arena(call);
    struct client client;
    const Usher__V1__CheckPassResponse *answer;
    Usher__V1__CheckPassRequest question = USHER__V1__CHECK_PASS_REQUEST__INIT;
    *ret_has_line = false;
    if (!channel)
        return 0; /* there is no waiting room in this installation */
    question.pass = arena_copy(arena, call_metadata(call, PASS_FIELD));
    question.account_id = desk_id(arena, account_id);
    question.performance_id = performance->performance_id;
    if (!question.pass || !question.account_id)
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED, "the answer is too large");
    client_init(&client, channel, &usher__v1__waitroom_service__descriptor, arena);
    client.timeout_ms = PASS_CHECK_MS;
    client.deadline_ns = call_deadline_ns(call);
    const int err =
        client_call(&client, Usher__V1__WaitroomService, check_pass, &question, &answer);
    *ret_status = client.status;
    *ret_has_line = err == 0 && answer->expires_at_ms != 0;
    return err;
}

bool desk_pays_later(struct call *call, const struct catalog_performance *performance,
                     struct id account_id)
{
    struct call_status status;
    bool has_line;
    return catalog_date(performance)->later_ms > 0 &&
           desk_ask_line(call, performance, account_id, &has_line, &status) == 0 && !has_line;
}

int desk_ask_pass(struct call *call, const struct catalog_performance *performance,
                  struct id account_id, bool *ret_has_line, struct call_status *ret_status)
{
    if (!identity_has(call_identity(call), ROLE_PEER))
        return desk_ask_line(call, performance, account_id, ret_has_line, ret_status);
    *ret_has_line = true; /* perhaps */
    return 0;             /* what was begun with a pass, and has been paid since */
}

int desk_pass_refused(struct call *call, const struct call_status *status)
{
    return call_fail(call, status->code, status->detail, "%s", status->message);
}

/* A payment begins with it: the payment role shows what it was shown, having no pass itself. What
 * the waiting list has offered is paid without one. */
int desk_check_pass_shown(struct call *call, const struct catalog_performance *performance,
                          struct id account_id, struct id hold_id)
{
    struct call_status status;
    bool has_line;
    if (call_metadata(call, PASS_FIELD).at == NULL)
        return 0;
    return desk_ask_line(call, performance, account_id, &has_line, &status) == 0 ||
                   desk_is_offer(call, performance, account_id, hold_id)
               ? 0
               : desk_pass_refused(call, &status);
}

int desk_check_pass(struct call *call, const struct catalog_performance *performance,
                    struct id account_id)
{
    struct call_status status;
    bool has_line;
    return desk_ask_pass(call, performance, account_id, &has_line, &status) == 0
               ? 0
               : desk_pass_refused(call, &status);
}

/* If it is not heard, the pass ends by its time. */
void desk_pass_done(struct ticket *ticket, const struct catalog_performance *performance,
                    struct id account_id)
{
    struct channel *channel = waitroom_here(ticket);
    struct client client;
    struct arena arena;
    char account[ID_TEXT_CHARS + 1];
    const Usher__V1__PassDoneResponse *answer;
    Usher__V1__PassDoneRequest news = USHER__V1__PASS_DONE_REQUEST__INIT;
    if (!channel)
        return;
    id_format(account_id, account);
    news.account_id = account;
    news.performance_id = performance->performance_id;
    arena_init(&arena, PASS_DONE_ARENA);
    client_init(&client, channel, &usher__v1__waitroom_service__descriptor, &arena);
    client.timeout_ms = PASS_CHECK_MS;
    (void)client_call(&client, Usher__V1__WaitroomService, pass_done, &news, &answer);
    arena_release(&arena);
}
