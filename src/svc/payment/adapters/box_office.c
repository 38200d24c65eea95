/*
 * The box office: paid there in person, until a deadline. Nobody is asked over a network: what is
 * paid is told by who takes the money (CollectPayment). Money goes back over the counter, so a
 * buyer's own wish waits for a person; who runs the performance has given it back himself.
 */
#include "err/err.h"
#include "svc/payment/role.h"

static const char *const methods[] = {"box-office", NULL};

static int begin(const struct adapter_env *env, const struct payment *p, const char *name,
                 struct begun *ret_begun)
{
    return 0;
}

static enum came_back returned(const struct adapter_env *env, const struct payment *p,
                               struct view query, struct view *ret_ref)
{
    return CAME_AWAY; /* nobody is sent away */
}

static void waits(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    *told = (struct told){.said = SAID_WAITING};
}

static void deposit(const struct adapter_env *env, const struct payment *p, const char *name,
                    const struct deposit_wish *wish, struct told *told)
{
    waits(env, p, told);
}

static void abandon(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    *told = (struct told){.said = SAID_DEAD, .reason = "PAYMENT_EXPIRED"};
}

/* Asked for again is asked for by who has handed it over: nobody else may ask again. */
static void refund(const struct adapter_env *env, const struct payment *p, const struct refund *r,
                   struct told *told)
{
    const bool over_the_counter = r->round > 0 ||
                                  view_eq(r->reason, VIEW_LIT(REFUND_BY_ORGANISER)) ||
                                  view_eq(r->reason, VIEW_LIT(REFUND_BY_ORGANISER_USED));
    *told = (struct told){.said = over_the_counter ? SAID_CAPTURED : SAID_DECLINED,
                          .amount = r->amount};
}

static bool webhook(const struct adapter_env *env, const struct plain_request *request,
                    struct heard *ret_heard)
{
    return false;
}

const struct adapter box_office_adapter = {
    .name = PAYMENT_BOX_OFFICE,
    .title = "Box office",
    .methods = methods,
    .refunds_a_minute = 600,
    .confirms = true,
    .begin = begin,
    .returned = returned,
    .finish = waits,
    .lookup = waits,
    .deposit = deposit,
    .abandon = abandon,
    .refund = refund,
    .webhook = webhook,
};
