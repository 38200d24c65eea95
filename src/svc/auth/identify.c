#include <sodium.h>
#include <stdlib.h>

#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "store/contacts.h"
#include "store/pictures.h"
#include "store/playbill.h"
#include "svc/auth/provider.h"
#include "svc/auth/verified.h"
#include "token/api.h"
#include "token/guest.h"
#include "token/roles.h"

CALL_HANDLER(auth_change_own_device);
CALL_HANDLER(auth_create_device);
CALL_HANDLER(auth_get_guest_challenge);
CALL_HANDLER(auth_get_own_device);
CALL_HANDLER(auth_get_sites);
CALL_HANDLER(auth_initialize_device);
CALL_HANDLER(auth_list_devices);
CALL_HANDLER(auth_revoke_device);
CALL_HANDLER(auth_set_sites);

static int load_roster(struct auth *auth)
{
    struct arena arena;
    arena_init(&arena, AUTH_ROSTER_ARENA_MAX);
    int err = auth_load_roster(auth, &arena, DEADLINE_NEVER);
    arena_release(&arena);
    return err;
}

int auth_init(struct auth *auth, const struct auth_options *options)
{
    assert(options->guest_ttl_ms >= 1000 && strlen(options->issuer) <= ACCESS_ISSUER_MAX);
    *auth = (struct auth){.clock = options->clock,
                          .chance = options->chance,
                          .guest_ttl_s = options->guest_ttl_ms / 1000,
                          .issuer = view_str(options->issuer),
                          .sql = options->sql,
                          .keyset = options->keyset,
                          .hashing = options->hashing,
                          .breached = options->breached,
                          .checking = options->checking,
                          .terms = view_str(options->terms ? options->terms : "1"),
                          .provider_count = options->provider_count,
                          .person_count = options->person_count,
                          .public_url = options->public_url,
                          .remind_ms = options->remind_ms,
                          .http = options->http,
                          .http_state = options->http_state};
    assert(options->provider_count <= AUTH_PROVIDERS_MAX);
    key_derive(options->master, KEY_FOR_GUEST_TOKEN, auth->guest_key);
    key_derive(options->master, KEY_FOR_REFRESH_TOKEN, auth->refresh_key);
    key_derive(options->master, KEY_FOR_PROOF_CODE, auth->proof_key);
    key_derive(options->master, KEY_FOR_API_TOKEN, auth->api_key);
    key_derive(options->master, KEY_FOR_KEPT, auth->kept_key);
    key_derive(options->master, KEY_FOR_SECOND_FACTOR, auth->factor_key);
    key_derive(options->master, KEY_FOR_RECOVERY, auth->recovery_key);
    key_derive(options->master, KEY_FOR_PROVIDER, auth->provider_key);
    key_derive(options->master, KEY_FOR_PERSON, auth->person_key);
    assert(options->person_count <= AUTH_PERSONS_MAX);
    for (uint32_t i = 0; i < options->person_count; i++)
        auth->persons[i] = options->persons[i];
    key_format(options->operator_key, auth->operator_text);
    uint8_t challenge_key[KEY_BYTES];
    key_derive(options->master, KEY_FOR_CHALLENGE, challenge_key);
    int err = accounts_migrate(auth->sql, false, clock_wall_ms(auth->clock));
    if (err == 0) /* an order is opened by its contact */
        err = contacts_migrate(auth->sql, false, clock_wall_ms(auth->clock));
    if (err == 0) /* a reminder is of an event that the public sees */
        err = playbill_migrate(auth->sql, false, clock_wall_ms(auth->clock));
    if (err == 0)
        err = pictures_migrate(auth->sql, false, clock_wall_ms(auth->clock));
    if (err)
        return err;
    err = work_new(&options->work, challenge_key, auth->chance, auth->checking, &auth->work);
    if (err)
        return err;
    if (pthread_key_create(&auth->verified, free)) {
        work_free(auth->work);
        return ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < auth->provider_count; i++) {
        auth->providers[i] = options->providers[i];
        auth->providers[i].quirks = provider_quirks_of(options->providers[i].name);
        pthread_mutex_init(&auth->providers[i].lock, NULL);
    }
    attempts_init(&auth->attempts, auth->chance);
    attempts_set_guests(&auth->attempts, options->address_guests, options->network_guests);
    roster_init(&auth->roster);
    ended_init(&auth->ended);
    err = load_roster(auth);
    if (!err)
        err = auth_read_ended(auth, DEADLINE_NEVER);
    if (err)
        auth_release(auth);
    return err;
}

void auth_release(struct auth *auth)
{
    free(pthread_getspecific(auth->verified));
    pthread_key_delete(auth->verified);
    attempts_release(&auth->attempts);
    work_free(auth->work);
    roster_release(&auth->roster);
    ended_release(&auth->ended);
    for (uint32_t i = 0; i < auth->provider_count; i++)
        provider_places_release(&auth->providers[i]);
    sodium_memzero(auth, sizeof(*auth));
}

struct service auth_service(struct auth *auth)
{
    static const struct method methods[] = {
        {.name = "CreateGuest", .handle = auth_create_guest},
        {.name = "GetGuestChallenge", .handle = auth_get_guest_challenge},
        {.name = "RequestOrderCode", .handle = auth_request_order_code},
        {.name = "OpenOrder", .handle = auth_open_order},
        {.name = "RequestReminder", .handle = auth_request_reminder},
        {.name = "ConfirmReminder", .handle = auth_confirm_reminder},
        {.name = "CancelReminder", .handle = auth_cancel_reminder},
        {.name = "ListReminders", .any_of = ROLES_BUY, .handle = auth_list_reminders},
        {.name = "CreateAccount", .handle = auth_create_account},
        {.name = "VerifyEmail", .handle = auth_verify_email},
        {.name = "LogIn", .handle = auth_log_in},
        {.name = "Refresh", .handle = auth_refresh},
        {.name = "LogOut", .handle = auth_log_out},
        {.name = "RequestPasswordReset", .handle = auth_request_password_reset},
        {.name = "ResetPassword", .handle = auth_reset_password},
        {.name = "ListSignInProviders", .handle = auth_list_sign_in_providers},
        {.name = "BeginProvider", .handle = auth_begin_provider},
        {.name = "FinishProvider", .handle = auth_finish_provider},
        {.name = "ListPersonServices", .handle = auth_list_person_services},
        {.name = "BeginPerson", .any_of = ROLES_BUY, .handle = auth_begin_person},
        {.name = "ProvePerson", .any_of = ROLES_BUY, .handle = auth_prove_person},
        {.name = "GetAccount", .any_of = ROLES_BUY, .handle = auth_get_account},
        {.name = "ChangePassword", .any_of = ROLE_BUYER, .handle = auth_change_password},
        {.name = "BeginSecondFactor", .any_of = ROLE_BUYER, .handle = auth_begin_second_factor},
        {.name = "ConfirmSecondFactor", .any_of = ROLE_BUYER, .handle = auth_confirm_second_factor},
        {.name = "RemoveSecondFactor", .any_of = ROLE_BUYER, .handle = auth_remove_second_factor},
        {.name = "UnlinkProvider", .any_of = ROLE_BUYER, .handle = auth_unlink_provider},
        {.name = "ListSessions",
         .any_of = ROLE_BUYER | ROLE_OPERATOR,
         .handle = auth_list_sessions},
        {.name = "EndSession", .any_of = ROLE_BUYER | ROLE_OPERATOR, .handle = auth_end_session},
        {.name = "ExportAccount", .any_of = ROLE_BUYER, .handle = auth_export_account},
        {.name = "DeleteAccount", .any_of = ROLE_BUYER, .handle = auth_delete_account},
        {.name = "ListMembers", .any_of = ROLES_MANAGE, .handle = auth_list_members},
        {.name = "SetMember", .any_of = ROLES_MANAGE, .handle = auth_set_member},
        {.name = "CreateApiToken", .any_of = ROLES_MANAGE, .handle = auth_create_api_token},
        {.name = "ListApiTokens", .any_of = ROLES_MANAGE, .handle = auth_list_api_tokens},
        {.name = "RevokeApiToken", .any_of = ROLES_MANAGE, .handle = auth_revoke_api_token},
        {.name = "SetSites", .any_of = ROLES_MANAGE, .handle = auth_set_sites},
        {.name = "GetSites", .handle = auth_get_sites},
        {.name = "CreateDevice", .any_of = ROLES_MANAGE, .handle = auth_create_device},
        {.name = "ListDevices", .any_of = ROLES_MANAGE, .handle = auth_list_devices},
        {.name = "RevokeDevice", .any_of = ROLES_MANAGE, .handle = auth_revoke_device},
        {.name = "InitializeDevice", .handle = auth_initialize_device},
        {.name = "GetOwnDevice", .handle = auth_get_own_device},
        {.name = "ChangeOwnDevice", .any_of = ROLE_DOOR, .handle = auth_change_own_device},
        {.name = "FindAccount", .any_of = ROLE_OPERATOR, .handle = auth_find_account},
        {.name = "ListAccounts", .any_of = ROLE_OPERATOR, .handle = auth_list_accounts},
        {.name = "OpenKept", .any_of = ROLE_OPERATOR, .handle = auth_open_kept},
        {.name = "CreateOrganiser", .any_of = ROLE_OPERATOR, .handle = auth_create_organiser},
        {.name = "ListOrganisers", .any_of = ROLE_OPERATOR, .handle = auth_list_organisers},
        {.name = "Block", .any_of = ROLE_OPERATOR, .handle = auth_block},
        {.name = "Unblock", .any_of = ROLE_OPERATOR, .handle = auth_unblock},
        {.name = "ListBlocked", .any_of = ROLE_OPERATOR, .handle = auth_list_blocked},
        {.name = "ListActs", .any_of = ROLE_OPERATOR, .handle = auth_list_acts},
    };
    return (struct service){.descriptor = &usher__v1__auth_service__descriptor,
                            .methods = methods,
                            .method_count = sizeof(methods) / sizeof(methods[0]),
                            .state = auth};
}

/* The thread's memory of tokens, made when it is first wanted; NULL where there is none left. */
static struct verified *verified_here(struct auth *auth)
{
    struct verified *v = pthread_getspecific(auth->verified);
    if (v)
        return v;
    v = calloc(1, sizeof(*v));
    if (v && pthread_setspecific(auth->verified, v)) {
        free(v);
        return NULL;
    }
    return v;
}

/* One that was given out while they held longer ends as those do that are given out now. */
static int check_guest(struct auth *auth, struct view token, int64_t now_s,
                       struct access_claims *ret_claims)
{
    struct guest_claims guest;
    int err = guest_token_check(auth->guest_key, token, now_s, &guest);
    if (!err && guest.expires_at_s > guest.issued_at_s + auth->guest_ttl_s)
        guest.expires_at_s = guest.issued_at_s + auth->guest_ttl_s;
    if (!err && now_s >= guest.expires_at_s)
        err = ERR_TIMEOUT;
    if (!err)
        *ret_claims = (struct access_claims){.account_id = guest.account_id,
                                             .issued_at_s = guest.issued_at_s,
                                             .expires_at_s = guest.expires_at_s,
                                             .roles = ROLE_GUEST};
    return err;
}

/* Finds the token among those seen, or checks what costs little. ERR_BUSY: it has to be checked. */
static int look(struct auth *auth, struct verified *v, struct view token, int64_t now_s,
                struct access_claims *ret_claims)
{
    if (v && verified_find(v, token, now_s, ret_claims))
        return 0;
    if (access_token_looks(token))
        return ERR_BUSY;
    int err = check_guest(auth, token, now_s, ret_claims);
    if (!err && v)
        verified_keep(v, token, ret_claims);
    return err;
}

/* Whether this thread may check one more signature now. */
static bool may_check_here(struct verified *v, int64_t now_ms)
{
    if (!v)
        return false;
    if (now_ms < v->window_ms || now_ms >= v->window_ms + AUTH_CHECKS_WINDOW_MS) {
        v->window_ms = now_ms;
        v->checked = 0;
    }
    return v->checked++ < AUTH_CHECKS_AT_ONCE;
}

struct checking {
    struct auth *auth;
    struct view token;
    int64_t now_s;
    struct access_claims claims;
    int err;
};

static void run_check(void *arg)
{
    struct checking *c = arg;
    c->err = access_token_check(c->auth->keyset, c->auth->issuer, c->token, c->now_s, &c->claims);
}

/* Checks an access token here, or (wait) in the pool. */
static int check_access(struct auth *auth, struct verified *v, struct view token, bool wait,
                        struct access_claims *ret_claims)
{
    const int64_t now_ms = clock_wall_ms(auth->clock);
    struct checking checking = {.auth = auth, .token = token, .now_s = now_ms / 1000};
    if (!wait && !may_check_here(v, now_ms))
        return ERR_BUSY;
    int err = wait && auth->checking ? offload_run(auth->checking, run_check, &checking) : 0;
    if (err)
        return err;
    if (!wait || !auth->checking)
        run_check(&checking);
    if (checking.err)
        return checking.err;
    if (v)
        verified_keep(v, token, &checking.claims);
    *ret_claims = checking.claims;
    return 0;
}

static void be(const struct access_claims *claims, struct identity *ret_identity)
{
    *ret_identity = (struct identity){.roles = claims->roles,
                                      .account_id = claims->account_id,
                                      .session_id = claims->session_id,
                                      .tenant_count = claims->organiser_count};
    static_assert(ACCESS_ORGANISERS_MAX <= IDENTITY_TENANTS_MAX, "an identity has room for all");
    for (uint32_t i = 0; i < claims->organiser_count; i++)
        ret_identity->tenants[i] = (struct identity_tenant){
            .tenant_id = claims->organisers[i].organiser_id, .roles = claims->organisers[i].roles};
}

static int identify_machine(struct auth *auth, struct view token, struct identity *ret_identity)
{
    struct identity_tenant tenant;
    struct id token_id;
    if (api_token_check(auth->api_key, token, &token_id) ||
        !roster_find_token(&auth->roster, token_id, clock_wall_ms(auth->clock), &tenant.tenant_id,
                           &tenant.roles))
        return ERR_DENIED;
    *ret_identity =
        (struct identity){.session_id = token_id, .tenant_count = 1, .tenants = {tenant}};
    return 0;
}

/* Whoever shows a token of an account or a guest. */
static int identify_account(struct auth *auth, struct view token, bool wait, int64_t now_ms,
                            struct identity *ret_identity)
{
    struct verified *v = verified_here(auth);
    struct access_claims claims;
    int err = look(auth, v, token, now_ms / 1000, &claims);
    if (err == ERR_BUSY)
        err = check_access(auth, v, token, wait, &claims);
    if (err)
        return err == ERR_BUSY || err == ERR_FULL ? err : ERR_DENIED;
    if (roster_blocks_account(&auth->roster, claims.account_id, now_ms))
        return ERR_DENIED;
    if (claims.roles == ROLE_GUEST &&
        ended_has(&auth->ended, claims.account_id, claims.issued_at_s))
        return ERR_DENIED;
    be(&claims, ret_identity);
    return 0;
}

METRIC_COUNTER(wrong_keys, "usher_operator_keys_wrong_total",
               "Operator keys shown that are none, and those not even looked at.", "");

/* Wrong ones from one address are slowed down: beyond ATTEMPT_OPERATOR none is looked at. */
static int check_operator(struct auth *auth, const struct credentials *shown, struct view token)
{
    const int64_t now_ms = clock_wall_ms(auth->clock);
    const int64_t wait_ms =
        attempts_take(&auth->attempts, ATTEMPT_OPERATOR, shown->address, now_ms);
    const bool right =
        wait_ms == 0 && sodium_memcmp(token.at, auth->operator_text, KEY_TEXT_CHARS) == 0;
    if (right) {
        attempts_give(&auth->attempts, ATTEMPT_OPERATOR, shown->address);
        return 0;
    }
    metric_add(&wrong_keys, 1);
    log_event(LOG_WARN, "operator.deny", log_view("client.ip", shown->address),
              log_bool("usher.slowed", wait_ms > 0));
    return wait_ms > 0 ? ERR_FULL : ERR_DENIED;
}

static int identify(struct auth *auth, const struct credentials *shown, bool wait,
                    struct identity *ret_identity)
{
    static const struct view scheme = {.at = "Bearer ", .len = 7};
    const struct view authorization = shown->authorization;
    if (authorization.len == 0) {
        *ret_identity = (struct identity){0};
        return 0;
    }
    /* The scheme's name is taken in any case (RFC 9110, 11.1). */
    if (authorization.len <= scheme.len ||
        !view_eq_nocase(view_of(authorization.at, scheme.len), scheme))
        return ERR_DENIED;
    struct view token = view_of(authorization.at + scheme.len, authorization.len - scheme.len);
    if (token.len == KEY_TEXT_CHARS) {
        int err = check_operator(auth, shown, token);
        if (err)
            return err;
        *ret_identity = (struct identity){.roles = ROLE_OPERATOR};
        return 0;
    }
    const int64_t now_ms = clock_wall_ms(auth->clock);
    if (roster_blocks_address(&auth->roster, shown->address, now_ms))
        return ERR_DENIED;
    return api_token_looks(token) ? identify_machine(auth, token, ret_identity)
                                  : identify_account(auth, token, wait, now_ms, ret_identity);
}

int auth_identify(struct auth *auth, const struct credentials *shown, struct identity *ret_identity)
{
    return identify(auth, shown, false, ret_identity);
}

int auth_identify_slowly(struct auth *auth, const struct credentials *shown,
                         struct identity *ret_identity)
{
    return identify(auth, shown, true, ret_identity);
}
