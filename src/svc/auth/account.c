/* AuthService.GetAccount: who am I; and what other methods ask of the caller. */
#include "err/err.h"
#include "svc/auth/handlers.h"
#include "token/roles.h"

struct view auth_address(const struct call *call)
{
    const struct view address = call_metadata(call, AUTH_ADDRESS);
    return address.len <= SESSION_ADDRESS_MAX ? address : (struct view){0};
}

int auth_check_address(struct call *call)
{
    struct auth *auth = auth_of(call);
    return roster_blocks_address(&auth->roster, auth_address(call), clock_wall_ms(auth->clock))
               ? auth_fail(call, CODE_PERMISSION_DENIED, "BLOCKED", NULL,
                           "the operator has blocked this address")
               : 0;
}

struct act auth_act(struct call *call, const char *what, const char *about)
{
    return (struct act){.at_ms = clock_wall_ms(auth_of(call)->clock),
                        .what = view_str(what),
                        .account_id = call_identity(call)->account_id,
                        .address = auth_address(call),
                        .about = view_str(about)};
}

int auth_read_account(struct call *call, struct account *ret_account)
{
    int err = account_get(auth_of(call)->sql, call_identity(call)->account_id, call_arena(call),
                          ret_account, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_UNAUTHENTICATED, "SESSION_ENDED", NULL,
                         "this account has been deleted");
    return err ? auth_fail_by_err(call, err) : 0;
}

/* Guesses are slowed as those of a sign-in are: a stolen token must not be worth a password. */
int auth_confirm_password(struct call *call, const char *password, struct account *ret_account)
{
    struct auth *auth = auth_of(call);
    if (auth_read_account(call, ret_account))
        return 1;
    const struct view email = ret_account->email;
    const int64_t wait_ms =
        attempts_take(&auth->attempts, ATTEMPT_PAIR, email, clock_wall_ms(auth->clock));
    if (wait_ms)
        return auth_fail_later(call, wait_ms, "too many tries");
    int err = password_check(auth->hashing, view_str(password), ret_account->password);
    if (err == ERR_DENIED)
        return auth_fail(call, CODE_PERMISSION_DENIED, "LOGIN_FAILED", "password",
                         "the password is wrong");
    attempts_give(&auth->attempts, ATTEMPT_PAIR, email);
    return err ? auth_fail_by_err(call, err) : 0;
}

static int answer_guest(struct call *call, struct id account_id, Usher__V1__Account *answer)
{
    answer->account_id = auth_format_id(call_arena(call), account_id);
    answer->guest = true;
    return answer->account_id ? 0 : auth_fail_by_err(call, ERR_NO_MEMORY);
}

int auth_get_account(struct call *call, const void *request, void *response)
{
    struct account account;
    if (identity_has(call_identity(call), ROLE_GUEST))
        return answer_guest(call, call_identity(call)->account_id, response);
    if (auth_read_account(call, &account))
        return 1;
    int err = auth_answer_account(call_arena(call), &account, response);
    return err ? auth_fail_by_err(call, err) : 0;
}
