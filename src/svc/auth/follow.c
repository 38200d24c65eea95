/* Which guests have become accounts: here, and in other processes, as the store tells. */
#include "err/err.h"
#include "observe/log.h"
#include "svc/auth/handlers.h"

#define READ_MAX_MS 10000

static int64_t since_ms(const struct auth *auth, int64_t now_ms)
{
    return now_ms - auth->guest_ttl_s * 1000;
}

int auth_read_ended(struct auth *auth, int64_t deadline_ns)
{
    const int64_t now_ms = clock_wall_ms(auth->clock);
    return ended_follow(&auth->ended, auth->sql, now_ms, since_ms(auth, now_ms), deadline_ns);
}

void auth_end_guest(struct auth *auth, struct id guest_id, int64_t ended_at_ms)
{
    const struct ended_guest row = {.account_id = guest_id, .ended_at_ms = ended_at_ms};
    const int err =
        id_is_zero(guest_id) ? 0 : ended_take(&auth->ended, &row, 1, since_ms(auth, ended_at_ms));
    if (err)
        log_event(LOG_WARN, "guest.follow", log_err(err));
}

static void follow(void *arg)
{
    struct auth *auth = arg;
    int last = 0;
    while (fiber_sleep_until(deadline_after_ms(fiber_now_ns(), AUTH_FOLLOW_PAUSE_MS)) == 0) {
        const int err = auth_read_ended(auth, deadline_after_ms(fiber_now_ns(), READ_MAX_MS));
        if (err && err != last)
            log_event(LOG_WARN, "guest.follow", log_err(err));
        last = err;
    }
}

struct start {
    struct auth *auth;
    int err;
};

static void start_in_fiber(void *arg)
{
    struct start *start = arg;
    start->err = fiber_spawn(&start->auth->follow_scope, follow, start->auth);
}

static void stop_in_fiber(void *arg)
{
    struct auth *auth = arg;
    scope_close(&auth->follow_scope);
}

int auth_follow(struct auth *auth, struct worker *worker)
{
    struct start start = {.auth = auth};
    scope_init(&auth->follow_scope);
    int err = worker_call(worker, start_in_fiber, &start);
    if (!err)
        err = start.err;
    if (!err)
        auth->follower = worker;
    return err;
}

void auth_follow_stop(struct auth *auth)
{
    if (!auth->follower)
        return;
    const int err = worker_call(auth->follower, stop_in_fiber, auth);
    assert(err == 0);
    auth->follower = NULL;
}
