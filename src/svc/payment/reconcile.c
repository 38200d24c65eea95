/* The reconciler: does what is due, until nothing is unclear. One fiber looks, others work. */
#include <stdlib.h>

#include "store/deposits.h"
#include "svc/payment/role.h"

struct step {
    struct payment_role *role;
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
    step->role->steps--;
    free(step);
}

static void start_steps(struct payment_role *role, const struct id *ids, size_t count,
                        bool is_refund)
{
    for (size_t i = 0; i < count; i++) {
        struct step *step = calloc(1, sizeof(*step));
        if (!step)
            return;
        *step = (struct step){.role = role, .id = ids[i], .is_refund = is_refund};
        if (fiber_spawn(&role->scope, run_step, step) != 0) {
            free(step);
            return;
        }
        role->steps++;
    }
}

/* Everything due that there is room for, and only when the last of it has ended: so that no row is
 * worked on twice. */
static void look_around(struct payment_role *role, struct arena *arena)
{
    struct id *ids;
    size_t count;
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), ROLE_STEP_MS);
    int err = payments_due(role->options.sql, role_now_ms(), ROLE_STEPS_MAX / 2, arena, &ids,
                           &count, deadline_ns);
    if (err == 0)
        start_steps(role, ids, count, false);
    err = refunds_due(role->options.sql, role_now_ms(), ROLE_STEPS_MAX / 2, arena, &ids, &count,
                      deadline_ns);
    if (err == 0)
        start_steps(role, ids, count, true);
}

/* What is personal is kept no longer than it may be needed. */
static void sweep(struct payment_role *role)
{
    const int64_t now_ns = fiber_now_ns();
    if (now_ns < role->sweep_ns)
        return;
    role->sweep_ns = deadline_after_ms(now_ns, ROLE_SWEEP_MS);
    int err =
        deposits_sweep(role->options.sql, role_now_ms(), deadline_after_ms(now_ns, ROLE_STEP_MS));
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
        if (role->steps == 0)
            look_around(role, &arena);
        arena_reset(&arena);
    }
    arena_release(&arena);
}
