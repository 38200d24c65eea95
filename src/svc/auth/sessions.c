/* AuthService.ListSessions, EndSession and ChangePassword: where an account is signed in. */
#include "err/err.h"
#include "svc/auth/handlers.h"
#include "token/roles.h"

static int answer_row(struct call *call, const struct session *session,
                      Usher__V1__SessionInfo *answer)
{
    struct arena *arena = call_arena(call);
    answer->session_id = auth_format_id(arena, session->session_id);
    answer->device = arena_copy(arena, session->device);
    answer->address = arena_copy(arena, session->address);
    answer->provider = arena_copy(arena, session->provider);
    answer->created_at_ms = session->created_at_ms;
    answer->used_at_ms = session->used_at_ms;
    answer->present = id_eq(session->session_id, call_identity(call)->session_id);
    return answer->session_id && answer->device && answer->address && answer->provider
               ? 0
               : ERR_NO_MEMORY;
}

/* Whose sessions: the caller's own, or, asked by the operator, another's. 0, or a refusal. */
static int read_whose(struct call *call, const char *text, struct id *ret_account_id)
{
    const struct identity *identity = call_identity(call);
    *ret_account_id = identity->account_id;
    if (!text[0] && !id_is_zero(identity->account_id))
        return 0;
    if (!identity_has(identity, ROLE_OPERATOR))
        return auth_fail(call, CODE_PERMISSION_DENIED, "BAD_ARGUMENT", "account_id",
                         "only the operator asks for another's sessions");
    return id_parse(view_str(text), ret_account_id)
               ? auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "account_id",
                           "the id of an account")
               : 0;
}

int auth_list_sessions(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListSessionsRequest *wish = request;
    Usher__V1__ListSessionsResponse *answer = response;
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    struct session *sessions;
    struct id account_id;
    size_t count;
    if (read_whose(call, wish->account_id, &account_id))
        return 1;
    int err = session_list(auth->sql, account_id, clock_wall_ms(auth->clock), arena, &sessions,
                           &count, call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    Usher__V1__SessionInfo *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->sessions = arena_alloc(arena, count * sizeof(*answer->sessions));
    if (!rows || !answer->sessions)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count && !err; i++) {
        usher__v1__session_info__init(&rows[i]);
        answer->sessions[i] = &rows[i];
        err = answer_row(call, &sessions[i], &rows[i]);
    }
    answer->n_sessions = count;
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_end_session(struct call *call, const void *request, void *response)
{
    const Usher__V1__EndSessionRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "session.end", wish->session_id);
    struct id session_id, account_id;
    if (read_whose(call, wish->account_id, &account_id))
        return 1;
    int err = id_parse(view_str(wish->session_id), &session_id);
    if (err)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "session_id",
                         "an id of ListSessions");
    err = session_end(auth->sql, account_id, session_id, &act, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "session_id",
                         "this account has no such session, or none any more");
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_change_password(struct call *call, const void *request, void *response)
{
    const Usher__V1__ChangePasswordRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "password.change", "");
    struct session session = auth_fresh_session(call, wish->device);
    struct account account;
    char text[PASSWORD_TEXT_BYTES];
    uint32_t chars;
    if (auth_confirm_password(call, wish->old_password, &account) ||
        auth_read_new_password(call, wish->new_password, account.email, account.name, &chars))
        return 1;
    int err = password_hash(auth->hashing, view_str(wish->new_password), text);
    session.account_id = account.account_id;
    if (!err)
        err = session_change_password(auth->sql, view_str(text), chars, &session, &act,
                                      call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    account.password_chars = chars;
    return auth_answer_session(call, &session, &account, wish->cookie, response);
}
