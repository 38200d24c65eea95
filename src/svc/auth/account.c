/* AuthService.GetAccount: who am I. */
#include "err/err.h"
#include "svc/auth/handlers.h"
#include "token/roles.h"

static int answer_guest(struct call *call, struct id account_id, Usher__V1__Account *answer)
{
    char *text = arena_alloc(call_arena(call), ID_TEXT_CHARS + 1);
    if (!text)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    id_format(account_id, text);
    answer->account_id = text;
    answer->guest = true;
    return 0;
}

int auth_get_account(struct call *call, const void *request, void *response)
{
    struct auth *auth = auth_of(call);
    const struct id account_id = call_identity(call)->account_id;
    struct account account;
    if (identity_has(call_identity(call), ROLE_GUEST))
        return answer_guest(call, account_id, response);
    int err =
        account_get(auth->sql, account_id, call_arena(call), &account, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_UNAUTHENTICATED, "SESSION_ENDED", NULL,
                         "this account has been deleted");
    if (!err)
        err = auth_answer_account(call_arena(call), &account, response);
    return err ? auth_fail_by_err(call, err) : 0;
}
