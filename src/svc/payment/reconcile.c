/* The reconciler: does what is due, until nothing is unclear. One fiber looks, others work. */
#include <stdlib.h>

#include "observe/metrics.h"
#include "store/deposits.h"
#include "store/payments_heard.h"
#include "store/payments_watch.h"
#include "svc/payment/give_back.h"
#include "svc/payment/role.h"
#include "svc/payment/till.h"

struct step {
    struct payment_role *role;
    uint32_t *under_way; /* one of role->steps */
    struct id id;
    bool is_refund;
};

static void run_step(void *arg)
{
    struct step *step = arg;
    struct arena arena;
    arena_init(&arena, ROLE_ARENA_MAX);
    const struct work w = {.role = step->role,
                           .arena = &arena,
                           .deadline_ns = deadline_after_ms(fiber_now_ns(), ROLE_STEP_MS)};
    int err = step->is_refund ? flow_refund(&w, step->id) : flow_step(&w, step->id);
    if (err != 0 && err != ERR_CONFLICT && err != ERR_CANCELLED)
        log_event(LOG_WARN, "payment.step",
                  log_id(step->is_refund ? "usher.refund" : "usher.payment", step->id),
                  log_err(err));
    arena_release(&arena);
    (*step->under_way)--;
    free(step);
}

static void start_steps(struct payment_role *role, uint32_t *under_way, const struct id *ids,
                        size_t count, bool is_refund)
{
    for (size_t i = 0; i < count; i++) {
        struct step *step = calloc(1, sizeof(*step));
        if (!step)
            return;
        *step = (struct step){
            .role = role, .under_way = under_way, .id = ids[i], .is_refund = is_refund};
        if (fiber_spawn(&role->scope, run_step, step) != 0) {
            free(step);
            return;
        }
        (*under_way)++;
    }
}

/* Everything due at a provider that there is room for, and only when the last of it has ended: so
 * that no row is worked on twice, and who waits for a silent provider holds up no other. */
static void look_at(struct payment_role *role, struct view provider, uint32_t *under_way,
                    struct arena *arena)
{
    struct id *ids;
    size_t count;
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), ROLE_STEP_MS);
    if (*under_way > 0)
        return;
    int err = payments_due(role->options.sql, provider, role_now_ms(), ROLE_STEPS_MAX / 2, arena,
                           &ids, &count, deadline_ns);
    if (err == 0)
        start_steps(role, under_way, ids, count, false);
    err = refunds_due(role->options.sql, provider, role_now_ms(), ROLE_STEPS_MAX / 2, arena, &ids,
                      &count, deadline_ns);
    if (err == 0)
        start_steps(role, under_way, ids, count, true);
}

static void look_around(struct payment_role *role, struct arena *arena)
{
    for (uint32_t i = 0; i < role->options.provider_count; i++) {
        uint32_t first = 0; /* all accounts at a provider go together */
        while (role->adapters[first] != role->adapters[i])
            first++;
        if (first == i)
            look_at(role, view_str(role->adapters[i]->name), &role->steps[i], arena);
    }
    look_at(role, VIEW_LIT(PAYMENT_BOX_OFFICE), &role->steps[PAYMENT_PROVIDERS_MAX], arena);
}

METRIC_GAUGE(
    contradicted, "usher_payments_contradicted",
    "Payments of which their provider tells otherwise than our books: a person has to look.", "");
METRIC_GAUGE(unattended, "usher_payments_unattended",
             "Attempts and refunds that wait for a provider which is not configured any more.", "");

static bool is_configured(const struct payment_role *role, const struct payment_waiting *waiting)
{
    bool found = view_eq(waiting->provider, VIEW_LIT(PAYMENT_BOX_OFFICE));
    for (uint32_t i = 0; i < role->options.provider_count; i++)
        found = found || (role->options.providers[i].organiser_id == waiting->provider_of &&
                          view_eq(view_str(role->options.providers[i].name), waiting->provider));
    return found;
}

/* What waits at an account that no option names is never looked at: somebody has to know. */
static void count_unattended(struct payment_role *role, struct arena *arena, int64_t deadline_ns)
{
    struct payment_waiting *waiting;
    size_t count;
    int64_t sum = 0;
    int err = payments_waiting(role->options.sql, arena, &waiting, &count, deadline_ns);
    if (err != 0) {
        log_event(LOG_WARN, "payment.step", log_err(err));
        return;
    }
    for (size_t i = 0; i < count; i++)
        sum += is_configured(role, &waiting[i]) ? 0 : waiting[i].count;
    for (size_t i = 0; i < count && sum != role->unattended; i++) {
        if (!is_configured(role, &waiting[i]))
            log_event(LOG_ERROR, "payment.unattended",
                      log_view("usher.provider", waiting[i].provider),
                      log_uint("usher.organiser", waiting[i].provider_of),
                      log_int("usher.count", waiting[i].count),
                      log_text("attempts or refunds wait for a provider that is not configured: "
                               "nobody asks it; name its account again"));
    }
    role->unattended = sum;
    metric_set(&unattended, sum);
}

/* What a person has to look at. */
static void take_stock(struct payment_role *role, struct arena *arena)
{
    const int64_t now_ns = fiber_now_ns(), deadline_ns = deadline_after_ms(now_ns, ROLE_STEP_MS);
    int64_t found;
    if (now_ns < role->stock_ns)
        return;
    role->stock_ns = deadline_after_ms(now_ns, ROLE_STOCK_MS);
    if (payments_contradicted(role->options.sql, arena, &found, deadline_ns) == 0)
        metric_set(&contradicted, found);
    if (now_ns < role->waiting_ns)
        return;
    /* In a rush many wait; which accounts are configured changes at a start alone. */
    role->waiting_ns = deadline_after_ms(now_ns, ROLE_SWEEP_MS);
    count_unattended(role, arena, deadline_ns);
}

/* Comps that are begun are ended by the call that began them; if it died, a while later. */
static void tend_tills(struct payment_role *role, struct arena *arena)
{
    const int64_t now_ns = fiber_now_ns();
    if (now_ns < role->till_ns)
        return;
    role->till_ns = deadline_after_ms(now_ns, ROLE_STOCK_MS);
    till_tick(role, arena);
}

#define WEBHOOKS_KEEP_MS (30 * INT64_C(86400000)) /* nobody tells one again for so long */

/* What is personal, or told again by nobody, is kept no longer than it may be needed. */
static void sweep(struct payment_role *role)
{
    const int64_t now_ns = fiber_now_ns();
    if (now_ns < role->sweep_ns)
        return;
    role->sweep_ns = deadline_after_ms(now_ns, ROLE_SWEEP_MS);
    const int64_t deadline_ns = deadline_after_ms(now_ns, ROLE_STEP_MS);
    int err = deposits_sweep(role->options.sql, role_now_ms(), deadline_ns);
    if (err == 0)
        err = webhooks_forget(role->options.sql, role_now_ms() - WEBHOOKS_KEEP_MS, deadline_ns);
    if (err != 0)
        log_event(LOG_WARN, "payment.sweep", log_err(err));
}

void reconcile(void *arg)
{
    struct payment_role *role = arg;
    struct arena arena;
    arena_init(&arena, ROLE_ARENA_MAX);
    while (fiber_sleep_until(deadline_after_ms(fiber_now_ns(), ROLE_TICK_MS)) == 0) {
        jobs_tick(role, &arena);
        sweep(role);
        look_around(role, &arena);
        take_stock(role, &arena);
        tend_tills(role, &arena);
        arena_reset(&arena);
    }
    arena_release(&arena);
}
