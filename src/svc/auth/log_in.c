/* AuthService.LogIn: an address and its password. */
#include <stdio.h>

#include "err/err.h"
#include "svc/auth/second_factor.h"
#include "svc/auth/unusual.h"

#define UNUSUAL_ARENA_MAX (64u << 10) /* UNUSUAL_ACTS, of some hundred bytes each */

/* The keys of attempts that one sign-in counts for. */
struct counted {
    struct view account; /* its e-mail address */
    struct view address; /* where from */
    struct view pair;
};

static int count_keys(struct call *call, struct counted *counted)
{
    counted->address = auth_address(call);
    const char *pair = arena_printf(call_arena(call), "%.*s %.*s", VIEW_ARG(counted->account),
                                    VIEW_ARG(counted->address));
    if (!pair)
        return ERR_NO_MEMORY;
    counted->pair = view_str(pair);
    return 0;
}

static struct view key_of(const struct counted *counted, enum attempt_kind kind)
{
    return kind == ATTEMPT_PAIR      ? counted->pair
           : kind == ATTEMPT_ADDRESS ? counted->address
                                     : counted->account;
}

#define COUNTED_KINDS 3
static_assert(ATTEMPT_PAIR < COUNTED_KINDS && ATTEMPT_ADDRESS < COUNTED_KINDS &&
                  ATTEMPT_ACCOUNT < COUNTED_KINDS,
              "the first of all kinds");

static void give_back(struct auth *auth, const struct counted *counted, int kinds)
{
    for (int kind = 0; kind < kinds; kind++)
        attempts_give(&auth->attempts, (enum attempt_kind)kind,
                      key_of(counted, (enum attempt_kind)kind));
}

/* Charges the try before it is made. 0, or how long to wait. */
static int64_t charge(struct auth *auth, const struct counted *counted)
{
    const int64_t now_ms = clock_wall_ms(auth->clock);
    for (int kind = 0; kind < COUNTED_KINDS; kind++) {
        const int64_t wait_ms = attempts_take(&auth->attempts, (enum attempt_kind)kind,
                                              key_of(counted, (enum attempt_kind)kind), now_ms);
        if (wait_ms) {
            give_back(auth, counted, kind);
            return wait_ms;
        }
    }
    return 0;
}

static int refuse(struct call *call, const struct account *account, struct view email)
{
    struct auth *auth = auth_of(call);
    const struct act act = {.at_ms = clock_wall_ms(auth->clock),
                            .what = VIEW_LIT("login.failed"),
                            .account_id = account->account_id,
                            .address = auth_address(call),
                            .about = email};
    int err = act_put(auth->sql, &act, call_deadline_ns(call));
    return err ? auth_fail_by_err(call, err)
               : auth_fail(call, CODE_UNAUTHENTICATED, "LOGIN_FAILED", NULL,
                           "the address or the password is wrong");
}

/* Somebody has the password. The owner is told of it, once an hour. */
static int refuse_factor(struct call *call, const struct account *account)
{
    struct auth *auth = auth_of(call);
    const int64_t now_ms = clock_wall_ms(auth->clock);
    struct act act = auth_act(call, "factor.refused", "");
    act.account_id = account->account_id;
    if (attempts_take(&auth->attempts, ATTEMPT_WARNING, account->email, now_ms) != 0)
        act.what = VIEW_LIT("login.failed");
    int err = act_put(auth->sql, &act, call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    return auth_fail(call, CODE_UNAUTHENTICATED, "CODE_REFUSED", "second_factor",
                     "these are not the six digits of now, or they were used");
}

static bool is_blocked(struct auth *auth, const struct account *account)
{
    return roster_blocks_account(&auth->roster, account->account_id, clock_wall_ms(auth->clock));
}

/* "login", or what its owner is told of by mail. */
static int find_out_what(struct call *call, const struct session *session, struct view *ret_what)
{
    struct arena arena;
    struct act *acts;
    size_t count;
    arena_init(&arena, UNUSUAL_ARENA_MAX);
    int err = act_list(auth_of(call)->sql, 0, session->account_id, UNUSUAL_ACTS, &arena, &acts,
                       &count, call_deadline_ns(call));
    if (err == 0)
        *ret_what = sign_in_is_unusual(acts, count, session->address, session->device,
                                       session->created_at_ms)
                        ? VIEW_LIT("login.unusual")
                        : VIEW_LIT("login");
    arena_release(&arena);
    return err;
}

static int begin(struct call *call, const Usher__V1__LogInRequest *wish,
                 const struct account *account, Usher__V1__Session *answer)
{
    struct auth *auth = auth_of(call);
    struct session session = auth_fresh_session(call, wish->device);
    session.account_id = account->account_id;
    session.strong = account->totp.len > 0; /* it was shown, or this was not reached */
    struct act act = {.at_ms = session.created_at_ms,
                      .account_id = account->account_id,
                      .address = session.address,
                      .about = session.device};
    int err = find_out_what(call, &session, &act.what);
    if (!err)
        err = session_put(auth->sql, &session, &act, call_deadline_ns(call));
    return err ? auth_fail_by_err(call, err)
               : auth_answer_session(call, &session, account, wish->cookie, answer);
}

int auth_log_in(struct call *call, const void *request, void *response)
{
    const Usher__V1__LogInRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct account account = {0};
    struct counted counted;
    if (auth_check_address(call) || auth_read_email(call, wish->email, &counted.account))
        return 1;
    int err = count_keys(call, &counted);
    if (err)
        return auth_fail_by_err(call, err);
    const int64_t wait_ms = charge(auth, &counted);
    if (wait_ms)
        return auth_fail_later(call, wait_ms, "too many tries to sign in");
    err = account_find(auth->sql, counted.account, call_arena(call), &account,
                       call_deadline_ns(call));
    /* As long for an address that nobody has. */
    if (!err || err == ERR_NOT_FOUND)
        err = password_check(auth->hashing, view_str(wish->password), account.password);
    if (err == ERR_DENIED)
        return refuse(call, &account, counted.account);
    const bool has_factor = account.totp.len > 0, shows_factor = wish->second_factor[0] != '\0';
    if (!err && has_factor && shows_factor)
        err = second_factor_check(call, &account, wish->second_factor);
    if (err == ERR_DENIED)
        return refuse_factor(call, &account);
    give_back(auth, &counted, COUNTED_KINDS);
    if (err)
        return auth_fail_by_err(call, err);
    if (has_factor && !shows_factor)
        return auth_fail(call, CODE_UNAUTHENTICATED, "SECOND_FACTOR_NEEDED", "second_factor",
                         "the six digits of the authenticator are needed too");
    if (is_blocked(auth, &account))
        return auth_fail_blocked(call);
    return begin(call, wish, &account, response);
}
