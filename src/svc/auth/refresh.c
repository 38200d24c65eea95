/* AuthService.Refresh and LogOut: how a session goes on, and how it ends. */
#include "token/refresh.h"
#include "err/err.h"
#include "svc/auth/handlers.h"

/* A cookie that is no good any more is dropped. */
static int fail_ended(struct call *call)
{
    if (call_metadata(call, AUTH_SESSION).len)
        (void)call_answer_metadata(call, AUTH_SESSION, VIEW_LIT(""));
    return auth_fail(call, CODE_UNAUTHENTICATED, "SESSION_ENDED", NULL,
                     "the session has ended; sign in again");
}

/* The token of the request, or of the cookie. */
static struct view shown_token(struct call *call, const char *text, bool *ret_cookie)
{
    *ret_cookie = text[0] == '\0';
    return *ret_cookie ? call_metadata(call, AUTH_SESSION) : view_str(text);
}

int auth_refresh(struct call *call, const void *request, void *response)
{
    const Usher__V1__RefreshRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct session session;
    struct account account;
    struct id session_id;
    uint32_t generation;
    bool cookie;
    if (auth_check_address(call))
        return 1;
    if (refresh_token_check(auth->refresh_key, shown_token(call, wish->refresh_token, &cookie),
                            &session_id, &generation))
        return fail_ended(call);
    int err = session_refresh(auth->sql, session_id, generation, auth_address(call),
                              clock_wall_ms(auth->clock), call_arena(call), &session, &account,
                              call_deadline_ns(call));
    if (err == ERR_NOT_FOUND || err == ERR_CONFLICT)
        return fail_ended(call);
    if (err)
        return auth_fail_by_err(call, err);
    return auth_answer_session(call, &session, &account, cookie, response);
}

int auth_log_out(struct call *call, const void *request, void *response)
{
    const Usher__V1__LogOutRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "logout", "");
    struct id session_id;
    uint32_t generation;
    bool cookie;
    if (refresh_token_check(auth->refresh_key, shown_token(call, wish->refresh_token, &cookie),
                            &session_id, &generation))
        return fail_ended(call);
    int err = session_end(auth->sql, (struct id){0}, session_id, &act, call_deadline_ns(call));
    /* Logged out before, or ended by itself: that is what was asked for. */
    if (err && err != ERR_NOT_FOUND)
        return auth_fail_by_err(call, err);
    return cookie ? call_answer_metadata(call, AUTH_SESSION, VIEW_LIT("")) : 0;
}
