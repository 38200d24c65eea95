/* AuthService.Refresh and LogOut: how a session goes on, and how it ends. */
#include "token/refresh.h"
#include "err/err.h"
#include "svc/auth/handlers.h"

static int fail_ended(struct call *call)
{
    return auth_fail(call, CODE_UNAUTHENTICATED, "SESSION_ENDED", NULL,
                     "the session has ended; sign in again");
}

int auth_refresh(struct call *call, const void *request, void *response)
{
    const Usher__V1__RefreshRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct session session;
    struct account account;
    struct id session_id;
    uint32_t generation;
    if (refresh_token_check(auth->refresh_key, view_str(wish->refresh_token), &session_id,
                            &generation))
        return fail_ended(call);
    int err = session_refresh(auth->sql, session_id, generation, (struct view){0},
                              clock_wall_ms(auth->clock), call_arena(call), &session, &account,
                              call_deadline_ns(call));
    if (err == ERR_NOT_FOUND || err == ERR_CONFLICT)
        return fail_ended(call);
    if (err)
        return auth_fail_by_err(call, err);
    if (roster_blocks_account(&auth->roster, account.account_id, clock_wall_ms(auth->clock)))
        return auth_fail_blocked(call);
    return auth_answer_session(call, &session, &account, response);
}

int auth_log_out(struct call *call, const void *request, void *response)
{
    const Usher__V1__LogOutRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = {.at_ms = clock_wall_ms(auth->clock), .what = VIEW_LIT("logout")};
    struct id session_id;
    uint32_t generation;
    if (refresh_token_check(auth->refresh_key, view_str(wish->refresh_token), &session_id,
                            &generation))
        return fail_ended(call);
    int err = session_end(auth->sql, (struct id){0}, session_id, &act, call_deadline_ns(call));
    /* Logged out before, or ended by itself: that is what was asked for. */
    return err && err != ERR_NOT_FOUND ? auth_fail_by_err(call, err) : 0;
}
