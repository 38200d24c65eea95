/* AuthService.CreateGuest: a fresh account that is nothing but the token that names it. */
#include "err/err.h"
#include "svc/auth/handlers.h"
#include "token/guest.h"

int auth_create_guest(struct call *call, const void *request, void *response)
{
    struct auth *auth = auth_of(call);
    Usher__V1__CreateGuestResponse *answer = response;
    const int64_t now_ms = clock_wall_ms(auth->clock);
    const int64_t now_s = now_ms / 1000;
    struct guest_claims claims = {.account_id = chance_id_at(auth->chance, now_ms),
                                  .issued_at_s = now_s,
                                  .expires_at_s = now_s + auth->guest_ttl_s};
    char *account = arena_alloc(call_arena(call), ID_TEXT_CHARS + 1);
    char *token = arena_alloc(call_arena(call), GUEST_TOKEN_MAX);
    if (auth_check_address(call))
        return 1;
    if (!account || !token)
        return call_fail(call, CODE_RESOURCE_EXHAUSTED, NULL, "no memory left for this call");
    if (now_s < 0 || claims.expires_at_s > GUEST_TIME_MAX)
        return call_fail(call, CODE_INTERNAL, NULL, "the server's clock is wrong");
    id_format(claims.account_id, account);
    guest_token_write(auth->guest_key, &claims, token);
    answer->account_id = account;
    answer->token = token;
    answer->expires_at_ms = claims.expires_at_s * 1000;
    return 0;
}
