/* AuthService.CreateGuest: a fresh account that is nothing but the token that names it. */
#include <stdio.h>

#include "err/err.h"
#include "net/range.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/auth/handlers.h"
#include "token/guest.h"

METRIC_COUNTER(refused, "usher_guests_refused_total",
               "Guests refused because their address or network has made its share.", "");

static int refuse(struct call *call, const char *by, int64_t wait_ms)
{
    char text[64];
    metric_add(&refused, 1);
    log_event(LOG_WARN, "guest.limit", log_str("usher.by", by),
              log_view("client.ip", auth_address(call)), log_int("usher.retry_after_ms", wait_ms));
    snprintf(text, sizeof(text), "this %s has made many guests", by);
    return auth_fail_later(call, wait_ms, text);
}

/* Counts a guest against the caller's address and network; one of this machine is not counted. 0,
 * or a refusal. */
static int charge(struct call *call, int64_t now_ms)
{
    struct attempts *attempts = &auth_of(call)->attempts;
    struct in6_addr host, network;
    if (net_range_address(auth_address(call), &host) || net_range_is_local(&host))
        return 0;
    network = host;
    net_range_cut_host(&host);
    net_range_cut_network(&network);
    int64_t wait_ms =
        attempts_take(attempts, ATTEMPT_GUEST_ADDRESS, view_of(&host, sizeof(host)), now_ms);
    if (wait_ms > 0)
        return refuse(call, "address", wait_ms);
    wait_ms =
        attempts_take(attempts, ATTEMPT_GUEST_NETWORK, view_of(&network, sizeof(network)), now_ms);
    return wait_ms > 0 ? refuse(call, "network", wait_ms) : 0;
}

int auth_write_guest(struct call *call, struct id account_id, char **ret_account_id,
                     char **ret_token, int64_t *ret_expires_at_ms)
{
    struct auth *auth = auth_of(call);
    const int64_t now_s = clock_wall_ms(auth->clock) / 1000;
    const struct guest_claims claims = {
        .account_id = account_id, .issued_at_s = now_s, .expires_at_s = now_s + auth->guest_ttl_s};
    char *account = arena_alloc(call_arena(call), ID_TEXT_CHARS + 1);
    char *token = arena_alloc(call_arena(call), GUEST_TOKEN_MAX);
    if (!account || !token)
        return call_fail(call, CODE_RESOURCE_EXHAUSTED, NULL, "no memory left for this call");
    if (now_s < 0 || claims.expires_at_s > GUEST_TIME_MAX)
        return call_fail(call, CODE_INTERNAL, NULL, "the server's clock is wrong");
    id_format(account_id, account);
    guest_token_write(auth->guest_key, &claims, token);
    *ret_account_id = account;
    *ret_token = token;
    *ret_expires_at_ms = claims.expires_at_s * 1000;
    return 0;
}

CALL_HANDLER(auth_get_guest_challenge)
{
    struct auth *auth = auth_of(call);
    const struct work_aim aim = {.account_id = work_address(call)};
    int err = work_ask(auth->work, call, aim, response);
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_create_guest(struct call *call, const void *request, void *response)
{
    const Usher__V1__CreateGuestRequest *wish = request;
    struct auth *auth = auth_of(call);
    Usher__V1__CreateGuestResponse *answer = response;
    const int64_t now_ms = clock_wall_ms(auth->clock);
    if (auth_check_address(call))
        return 1;
    const struct work_aim aim = {.account_id = work_address(call)};
    if (!work_done(auth->work, call, aim, wish->challenge, wish->solution))
        return auth_fail(call, CODE_FAILED_PRECONDITION, "WORK_REQUIRED", "challenge",
                         "many guests came from here lately, so a challenge has to be solved "
                         "first: GetGuestChallenge");
    if (charge(call, now_ms))
        return 1;
    work_note(auth->work, call);
    return auth_write_guest(call, chance_id_at(auth->chance, now_ms), &answer->account_id,
                            &answer->token, &answer->expires_at_ms);
}
