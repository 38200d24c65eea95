/* AuthService.GetAccount: who am I; and what other methods ask of the caller. */
#include "err/err.h"
#include "svc/auth/second_factor.h"
#include "token/roles.h"

#define FRESH_MS INT64_C(600000)

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

/* A stolen token is at most AUTH_ACCESS_TTL_S old, and may be of a session that began long ago. */
static int confirm_session(struct call *call)
{
    struct auth *auth = auth_of(call);
    const struct id session_id = call_identity(call)->session_id;
    const int64_t now_ms = clock_wall_ms(auth->clock);
    struct session *sessions;
    size_t count;
    int err = session_list(auth->sql, call_identity(call)->account_id, now_ms, call_arena(call),
                           &sessions, &count, call_deadline_ns(call));
    for (size_t i = 0; !err && i < count; i++) {
        if (id_eq(sessions[i].session_id, session_id) &&
            now_ms < sessions[i].created_at_ms + FRESH_MS)
            return 0;
    }
    return err ? auth_fail_by_err(call, err)
               : auth_fail(call, CODE_UNAUTHENTICATED, "SIGN_IN_AGAIN", NULL,
                           "this account has no password: sign in once more, and do it within ten "
                           "minutes");
}

int auth_confirm_owner(struct call *call, const char *password, struct account *ret_account)
{
    if (auth_read_account(call, ret_account))
        return 1;
    return ret_account->password.len > 0 ? auth_confirm_password(call, password, ret_account)
                                         : confirm_session(call);
}

int auth_try_factor(struct call *call, const struct account *account, const char *digits,
                    bool *ret_right)
{
    struct auth *auth = auth_of(call);
    const int64_t wait_ms =
        attempts_take(&auth->attempts, ATTEMPT_PAIR, account->email, clock_wall_ms(auth->clock));
    if (wait_ms)
        return auth_fail_later(call, wait_ms, "too many tries");
    int err = second_factor_check(call, account, digits);
    *ret_right = err == 0;
    if (err == ERR_DENIED)
        return 0;
    attempts_give(&auth->attempts, ATTEMPT_PAIR, account->email);
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_show_factor(struct call *call, const struct account *account, const char *digits)
{
    bool right;
    if (auth_try_factor(call, account, digits, &right))
        return 1;
    return right ? 0
                 : auth_fail(call, CODE_UNAUTHENTICATED, "CODE_REFUSED", "second_factor",
                             "these are not the six digits of now, or they were used");
}

/* The second factor is looked at once the code of the mail is known to be right: before, a stranger
 * could learn who has one and use up the owner's tries, and whoever mistyped the code of the mail
 * would lose a recovery code. */
int auth_show_proof(struct call *call, struct proof_showing *showing, const char *digits,
                    struct account *ret_account)
{
    struct sql *sql = auth_of(call)->sql;
    struct arena *arena = call_arena(call);
    int err = proof_show(sql, showing, arena, ret_account, call_deadline_ns(call));
    if (err == ERR_BUSY && digits[0]) {
        err = account_find(sql, showing->email, arena, ret_account, call_deadline_ns(call));
        if (err)
            return auth_fail_by_err(call, err);
        if (ret_account->totp.len > 0 && auth_show_factor(call, ret_account, digits))
            return 1;
        showing->strong = true;
        err = proof_show(sql, showing, arena, ret_account, call_deadline_ns(call));
    }
    return err ? auth_fail_proof(call, err) : 0;
}

static int answer_providers(struct call *call, struct id account_id, Usher__V1__Account *answer)
{
    struct arena *arena = call_arena(call);
    struct external *externals;
    size_t count;
    int err = external_list(auth_of(call)->sql, account_id, arena, &externals, &count,
                            call_deadline_ns(call));
    if (err)
        return err;
    Usher__V1__LinkedProvider *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->providers = arena_alloc(arena, count * sizeof(*answer->providers));
    if (!rows || !answer->providers)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        usher__v1__linked_provider__init(&rows[i]);
        rows[i].provider = (char *)externals[i].provider.at;
        rows[i].email = (char *)externals[i].email.at;
        rows[i].linked_at_ms = externals[i].linked_at_ms;
        answer->providers[answer->n_providers++] = &rows[i];
    }
    return 0;
}

static int answer_guest(struct call *call, struct id account_id, Usher__V1__Account *answer)
{
    answer->account_id = auth_format_id(call_arena(call), account_id);
    answer->guest = true;
    int err = answer->account_id ? auth_answer_persons(call, account_id, answer) : ERR_NO_MEMORY;
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_get_account(struct call *call, const void *request, void *response)
{
    struct account account;
    if (identity_has(call_identity(call), ROLE_GUEST))
        return answer_guest(call, call_identity(call)->account_id, response);
    if (auth_read_account(call, &account))
        return 1;
    int err = auth_answer_account(call_arena(call), &account, response);
    if (!err)
        err = answer_providers(call, account.account_id, response);
    if (!err)
        err = auth_answer_persons(call, account.account_id, response);
    return err ? auth_fail_by_err(call, err) : 0;
}
