/* AuthService.CreateApiToken, ListApiTokens and RevokeApiToken: what machines show. */
#include "err/err.h"
#include "svc/auth/handlers.h"
#include "token/api.h"
#include "token/roles.h"

#define YEAR_MS (365 * INT64_C(86400000))

int auth_load_roster(struct auth *auth, struct arena *arena, int64_t deadline_ns)
{
    struct grants grants;
    int err = grants_read(auth->sql, clock_wall_ms(auth->clock), arena, &grants, deadline_ns);
    return err ? err : roster_load(&auth->roster, &grants);
}

static int answer_token(struct call *call, const struct api_token *token,
                        Usher__V1__ApiToken *answer)
{
    struct arena *arena = call_arena(call);
    answer->token_id = auth_format_id(arena, token->token_id);
    answer->organiser_id = token->organiser_id;
    answer->name = arena_copy(arena, token->name);
    answer->role = (Usher__V1__Role)token->roles;
    answer->created_at_ms = token->created_at_ms;
    answer->expires_at_ms = token->expires_at_ms;
    answer->used_at_ms = roster_token_used(&auth_of(call)->roster, token->token_id);
    return answer->token_id && answer->name ? 0 : ERR_NO_MEMORY;
}

static int read_wish(struct call *call, const Usher__V1__CreateApiTokenRequest *wish,
                     struct api_token *ret_token)
{
    struct auth *auth = auth_of(call);
    const int64_t now_ms = clock_wall_ms(auth->clock);
    const uint32_t may_give =
        auth_may_give(call_identity(call), wish->organiser_id) & ~(uint32_t)ROLE_OWNER;
    *ret_token = (struct api_token){.token_id = chance_id_at(auth->chance, now_ms),
                                    .organiser_id = wish->organiser_id,
                                    .roles = (uint32_t)wish->role,
                                    .created_at_ms = now_ms,
                                    .expires_at_ms = wish->expires_at_ms ? wish->expires_at_ms
                                                                         : now_ms + YEAR_MS};
    /* A manager's machine may what a manager may. */
    const bool manages = identity_has_for(call_identity(call), wish->organiser_id, ROLES_MANAGE);
    if (!may_give)
        return auth_fail_team(call);
    if (auth_read_name(call, wish->name, &ret_token->name))
        return 1;
    if (!auth_is_team_role(ret_token->roles) || ret_token->roles == ROLE_OWNER)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "role",
                         "DOOR, BOX_OFFICE or MANAGER");
    if (ret_token->roles & ~(may_give | (manages ? ROLE_MANAGER : 0)))
        return auth_fail_team(call);
    if (ret_token->expires_at_ms <= now_ms)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "expires_at_ms",
                         "a time to come; 0: a year from now");
    return 0;
}

int auth_create_api_token(struct call *call, const void *request, void *response)
{
    const Usher__V1__CreateApiTokenRequest *wish = request;
    Usher__V1__ApiToken *answer = response;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "token.create", wish->name);
    struct api_token token;
    if (read_wish(call, wish, &token))
        return 1;
    answer->token = arena_alloc(call_arena(call), API_TOKEN_CHARS + 1);
    int err = answer->token ? answer_token(call, &token, answer) : ERR_NO_MEMORY;
    if (!err)
        err = api_token_put(auth->sql, &token, &act, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "organiser_id",
                         "there is no such organiser");
    if (err == ERR_FULL)
        return auth_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "there are as many tokens as there may be: revoke some");
    if (!err)
        err = auth_load_roster(auth, call_arena(call), call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    api_token_write(auth->api_key, token.token_id, answer->token);
    return 0;
}

int auth_list_api_tokens(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListApiTokensRequest *wish = request;
    Usher__V1__ListApiTokensResponse *answer = response;
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    struct grants grants;
    if (!auth_may_give(call_identity(call), wish->organiser_id))
        return auth_fail_team(call);
    int err =
        grants_read(auth->sql, clock_wall_ms(auth->clock), arena, &grants, call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    answer->tokens = arena_alloc(arena, grants.token_count * sizeof(*answer->tokens));
    if (!answer->tokens)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < grants.token_count && !err; i++) {
        if (grants.tokens[i].organiser_id != wish->organiser_id || grants.tokens[i].roles == 0)
            continue; /* without a role: of a device that was revoked */
        Usher__V1__ApiToken *row = arena_alloc(arena, sizeof(*row));
        if (!row)
            return auth_fail_by_err(call, ERR_NO_MEMORY);
        usher__v1__api_token__init(row);
        answer->tokens[answer->n_tokens++] = row;
        err = answer_token(call, &grants.tokens[i], row);
    }
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_revoke_api_token(struct call *call, const void *request, void *response)
{
    const Usher__V1__RevokeApiTokenRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "token.revoke", wish->token_id);
    struct id token_id;
    if (!auth_may_give(call_identity(call), wish->organiser_id))
        return auth_fail_team(call);
    if (id_parse(view_str(wish->token_id), &token_id))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "token_id",
                         "an id of ListApiTokens");
    int err =
        api_token_revoke(auth->sql, token_id, wish->organiser_id, &act, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "token_id",
                         "this organiser has no such token, or none any more");
    if (!err)
        err = auth_load_roster(auth, call_arena(call), call_deadline_ns(call));
    return err ? auth_fail_by_err(call, err) : 0;
}
