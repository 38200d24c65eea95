#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "err/err.h"
#include "observe/log.h"
#include "store/kept.h"
#include "svc/auth/handlers.h"
#include "token/refresh.h"
#include "token/roles.h"

struct session auth_fresh_session(struct call *call, const char *device)
{
    struct auth *auth = auth_of(call);
    const int64_t now_ms = clock_wall_ms(auth->clock);
    return (struct session){.session_id = chance_id_at(auth->chance, now_ms),
                            .device = auth_read_device(device),
                            .address = auth_address(call),
                            .created_at_ms = now_ms};
}

/* ---- the roster ---- */

#define FOLLOW_EVERY_S 10

/* Whoever signs in first in ten seconds reads what other processes have blocked or revoked. */
static void follow(struct call *call)
{
    struct auth *auth = auth_of(call);
    const int64_t now_s = clock_wall_ms(auth->clock) / 1000;
    int64_t last_s = auth->followed_at_s;
    if (now_s < last_s + FOLLOW_EVERY_S ||
        !atomic_compare_exchange_strong(&auth->followed_at_s, &last_s, now_s))
        return;
    struct arena arena;
    arena_init(&arena, AUTH_ROSTER_ARENA_MAX);
    int err = auth_load_roster(auth, &arena, call_deadline_ns(call));
    arena_release(&arena);
    if (err)
        log_event(LOG_WARN, "roster.follow", log_err(err));
}

/* ---- the retention store ---- */

#define SWEEP_EVERY_S 3600

/* Whoever signs in first in an hour has what has ended deleted. */
static void sweep(struct call *call)
{
    struct auth *auth = auth_of(call);
    const int64_t now_ms = clock_wall_ms(auth->clock), now_s = now_ms / 1000;
    int64_t last_s = auth->swept_at_s;
    if (now_s < last_s + SWEEP_EVERY_S ||
        !atomic_compare_exchange_strong(&auth->swept_at_s, &last_s, now_s))
        return;
    int err = kept_sweep(auth->sql, now_ms, call_deadline_ns(call));
    if (!err)
        err = ended_guest_sweep(auth->sql, now_ms, call_deadline_ns(call));
    if (err)
        log_event(LOG_WARN, "kept.sweep", log_err(err));
}

/* ---- sessions and accounts ---- */

/* Whether an account may do here what a stolen short password must not suffice for. How well
 * another service looks after its own passwords, nobody here knows. */
static bool is_strong(const struct session *session, const struct account *account)
{
    return session->strong ||
           (session->provider.len == 0 && account->password_chars >= PASSWORD_STRONG);
}

static int write_access(struct auth *auth, const struct session *session,
                        const struct account *account, char ret_text[ACCESS_TOKEN_MAX],
                        int64_t *ret_expires_at_ms)
{
    const int64_t now_ms = clock_wall_ms(auth->clock), now_s = now_ms / 1000;
    struct access_claims claims = {.account_id = account->account_id,
                                   .session_id = session->session_id,
                                   .token_id = chance_id_at(auth->chance, now_ms),
                                   .issued_at_s = now_s,
                                   .expires_at_s = now_s + AUTH_ACCESS_TTL_S,
                                   .roles = ROLE_BUYER};
    size_t len;
    if (is_strong(session, account)) {
        claims.roles |= account->roles;
        claims.organiser_count = (uint32_t)account->membership_count;
    }
    static_assert(ACCOUNT_MEMBERSHIPS_MAX <= ACCESS_ORGANISERS_MAX, "a token has room for all");
    for (uint32_t i = 0; i < claims.organiser_count; i++)
        claims.organisers[i] =
            (struct access_organiser){.organiser_id = account->memberships[i].organiser_id,
                                      .roles = account->memberships[i].roles};
    *ret_expires_at_ms = claims.expires_at_s * 1000;
    return access_token_write(auth->keyset, auth->issuer, &claims, ret_text, &len);
}

char *auth_format_id(struct arena *arena, struct id id)
{
    char *text = arena_alloc(arena, ID_TEXT_CHARS + 1);
    if (text)
        id_format(id, text);
    return text;
}

static int answer_memberships(struct arena *arena, const struct account *account,
                              Usher__V1__Account *answer)
{
    const size_t count = account->membership_count;
    Usher__V1__Membership *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->memberships = arena_alloc(arena, count * sizeof(*answer->memberships));
    if (!rows || !answer->memberships)
        return ERR_NO_MEMORY;
    answer->n_memberships = count;
    for (size_t i = 0; i < count; i++) {
        usher__v1__membership__init(&rows[i]);
        rows[i].organiser_id = account->memberships[i].organiser_id;
        rows[i].organiser_name = (char *)account->memberships[i].organiser_name.at;
        rows[i].role = (Usher__V1__Role)account->memberships[i].roles;
        answer->memberships[i] = &rows[i];
    }
    return 0;
}

int auth_answer_account(struct arena *arena, const struct account *account,
                        Usher__V1__Account *answer)
{
    answer->account_id = auth_format_id(arena, account->account_id);
    answer->email = arena_copy(arena, account->email);
    answer->name = arena_copy(arena, account->name);
    answer->language = arena_copy(arena, account->language);
    answer->email_verified = true;
    answer->second_factor = account->totp.len > 0;
    answer->has_password = account->password.len > 0;
    answer->created_at_ms = account->created_at_ms;
    if (!answer->account_id || !answer->email || !answer->name || !answer->language)
        return ERR_NO_MEMORY;
    return answer_memberships(arena, account, answer);
}

static int give_cookie(struct call *call, const char *token, int64_t ends_at_ms)
{
    const int64_t left_ms = ends_at_ms - clock_wall_ms(auth_of(call)->clock);
    const char *value =
        arena_printf(call_arena(call), "%s %" PRId64, token, left_ms > 0 ? left_ms / 1000 : 0);
    return value ? call_answer_metadata(call, AUTH_SESSION, view_str(value)) : ERR_NO_MEMORY;
}

int auth_answer_session(struct call *call, const struct session *session,
                        const struct account *account, bool cookie, Usher__V1__Session *answer)
{
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    follow(call);
    sweep(call);
    /* Others believe a token whom we would not. */
    if (roster_blocks_account(&auth->roster, account->account_id, clock_wall_ms(auth->clock)))
        return auth_fail_blocked(call);
    char *access = arena_alloc(arena, ACCESS_TOKEN_MAX);
    char *refresh = arena_alloc(arena, REFRESH_TOKEN_CHARS + 1);
    answer->session_id = auth_format_id(arena, session->session_id);
    answer->account = arena_alloc(arena, sizeof(*answer->account));
    int err = access && refresh && answer->session_id && answer->account ? 0 : ERR_NO_MEMORY;
    if (!err)
        err = write_access(auth, session, account, access, &answer->access_expires_at_ms);
    if (!err) {
        usher__v1__account__init(answer->account);
        err = auth_answer_account(arena, account, answer->account);
    }
    if (err)
        return auth_fail_by_err(call, err);
    refresh_token_write(auth->refresh_key, session->session_id, session->generation, refresh);
    answer->access_token = access;
    if (cookie) {
        err = give_cookie(call, refresh, session->ends_at_ms);
        if (err)
            return auth_fail_by_err(call, err);
    } else {
        answer->refresh_token = refresh;
    }
    answer->refresh_expires_at_ms = session->ends_at_ms;
    return 0;
}
