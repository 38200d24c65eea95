/* AuthService: sign-in with another service's account. */
#include <sodium.h>

#include "codec/base64.h"
#include "codec/percent.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "mem/utf8.h"
#include "svc/auth/provider.h"
#include "token/roles.h"

#define URL_MAX (8u << 10)

/* ---- who is asked ---- */

static struct auth_provider *find(struct auth *auth, const char *name)
{
    for (uint32_t i = 0; i < auth->provider_count; i++) {
        if (strcmp(auth->providers[i].name, name) == 0)
            return &auth->providers[i];
    }
    return NULL;
}

static int fail_unknown(struct call *call)
{
    return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "provider",
                     "no service of that name is taken here");
}

static int fail_refused(struct call *call)
{
    return auth_fail(call, CODE_UNAUTHENTICATED, "PROVIDER_REFUSED", NULL,
                     "the service did not confirm this sign-in, or it is not this browser's, or "
                     "too old: begin again");
}

static int fail_exchange(struct call *call, int err)
{
    if (err == ERR_DENIED)
        return fail_refused(call);
    if (err == ERR_UNAVAILABLE)
        return auth_fail(call, CODE_UNAVAILABLE, "PROVIDER_UNAVAILABLE", NULL,
                         "the service does not answer; try again, or sign in another way");
    return auth_fail_by_err(call, err);
}

int auth_list_sign_in_providers(struct call *call, const void *request, void *response)
{
    Usher__V1__ListSignInProvidersResponse *answer = response;
    struct auth *auth = auth_of(call);
    answer->providers = arena_alloc(call_arena(call), auth->provider_count * sizeof(char *));
    if (!answer->providers)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (uint32_t i = 0; i < auth->provider_count; i++)
        answer->providers[answer->n_providers++] = (char *)auth->providers[i].name;
    return 0;
}

/* ---- beginning ---- */

static int append_pair(struct buf *out, const char *name, const char *value)
{
    int err = buf_printf(out, "%c%s=", memchr(buf_view(out).at, '?', out->len) ? '&' : '?', name);
    return err ? err : query_append(out, view_str(value));
}

/* BASE64URL(SHA256(verifier)) (RFC 7636, 4.2) */
static void write_challenge(const struct auth *auth, const char *state,
                            char ret_text[PROVIDER_SECRET_CHARS + 1])
{
    char verifier[PROVIDER_SECRET_CHARS + 1];
    uint8_t hash[SHA256_BYTES];
    provider_secret(auth, "verifier", state, verifier);
    sha256(view_of(verifier, PROVIDER_SECRET_CHARS), hash);
    ret_text[base64_write(view_of(hash, sizeof(hash)), BASE64_URL, ret_text)] = '\0';
}

static int append_standard(struct auth *auth, const struct provider_quirks *quirks,
                           const char *state, struct buf *out)
{
    char nonce[PROVIDER_SECRET_CHARS + 1], challenge[PROVIDER_SECRET_CHARS + 1];
    provider_secret(auth, "nonce", state, nonce);
    write_challenge(auth, state, challenge);
    int err = append_pair(out, "scope", quirks->scope);
    if (!err)
        err = append_pair(out, "nonce", nonce);
    if (!err)
        err = append_pair(out, "code_challenge", challenge);
    if (!err)
        err = append_pair(out, "code_challenge_method", "S256");
    if (!err && quirks->form_post)
        err = append_pair(out, "response_mode", "form_post");
    return err;
}

static int write_url(struct call *call, const struct auth_provider *provider,
                     const struct provider_places *places, const char *state, struct buf *out)
{
    const char *way_back = provider_way_back(call, provider);
    int err = way_back ? buf_append_view(out, view_str(places->authorize)) : ERR_NO_MEMORY;
    if (!err)
        err = append_pair(out, "response_type", "code");
    if (!err)
        err = append_pair(out, "client_id", provider->client_id);
    if (!err)
        err = append_pair(out, "redirect_uri", way_back);
    if (!err)
        err = append_pair(out, "state", state);
    if (!err && !provider->quirks->plain_oauth)
        err = append_standard(auth_of(call), provider->quirks, state, out);
    return err;
}

/* The state of a sign-in that begins now; account: whose, with link, otherwise "". */
static const char *make_state(struct call *call, const struct auth_provider *provider,
                              const char *account)
{
    struct auth *auth = auth_of(call);
    const char *id =
        auth_format_id(call_arena(call), chance_id_at(auth->chance, clock_wall_ms(auth->clock)));
    return id ? provider_note_write(call, NOTE_STATE,
                                    json_pack("{s:s,s:s,s:s}", "provider", provider->name,
                                              "account", account, "id", id))
              : NULL;
}

int auth_begin_provider(struct call *call, const void *request, void *response)
{
    const Usher__V1__BeginProviderRequest *wish = request;
    Usher__V1__BeginProviderResponse *answer = response;
    struct arena *arena = call_arena(call);
    struct auth_provider *provider = find(auth_of(call), wish->provider);
    struct provider_places places;
    const char *whose = "";
    struct account account;
    struct buf out;
    if (auth_check_address(call))
        return 1;
    if (!provider)
        return fail_unknown(call);
    if (wish->link && !identity_has(call_identity(call), ROLE_BUYER))
        return auth_fail(call, CODE_UNAUTHENTICATED, "SESSION_ENDED", NULL,
                         "sign in first: a service is connected to an account");
    if (wish->link && auth_confirm_owner(call, wish->password, &account))
        return 1;
    if (wish->link)
        whose = auth_format_id(arena, account.account_id);
    int err = whose ? provider_places(call, provider, &places) : ERR_NO_MEMORY;
    if (err)
        return fail_exchange(call, err);
    const char *state = make_state(call, provider, whose);
    answer->browser_proof = arena_alloc(arena, PROVIDER_SECRET_CHARS + 1);
    if (!state || !answer->browser_proof)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    provider_secret(auth_of(call), "browser", state, answer->browser_proof);
    buf_init(&out, URL_MAX);
    err = write_url(call, provider, &places, state, &out);
    answer->url = err ? NULL : arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return answer->url ? 0 : auth_fail_by_err(call, ERR_NO_MEMORY);
}

/* ---- finishing ---- */

/* Of whom a service has told us. */
struct proven {
    struct external external;
    struct view name;
};

static int begin_session(struct call *call, const Usher__V1__FinishProviderRequest *wish,
                         const struct account *account, const struct external *external,
                         bool strong, Usher__V1__FinishProviderResponse *answer)
{
    struct auth *auth = auth_of(call);
    struct session session = auth_fresh_session(call, wish->device);
    session.account_id = account->account_id;
    session.provider = external->provider;
    session.strong = strong;
    const struct act act = {.at_ms = session.created_at_ms,
                            .what = VIEW_LIT("provider.login"),
                            .account_id = account->account_id,
                            .address = session.address,
                            .about = external->provider};
    if (roster_blocks_account(&auth->roster, account->account_id, session.created_at_ms))
        return auth_fail_blocked(call);
    answer->session = arena_alloc(call_arena(call), sizeof(*answer->session));
    if (!answer->session)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    usher__v1__session__init(answer->session);
    int err = session_put(auth->sql, &session, &act, call_deadline_ns(call));
    return err ? auth_fail_by_err(call, err)
               : auth_answer_session(call, &session, account, wish->cookie, answer->session);
}

static char *arena_text(struct call *call, struct view text)
{
    return arena_copy(call_arena(call), text);
}

static int answer_proven(struct call *call, const struct proven *proven,
                         Usher__V1__FinishProviderResponse *answer)
{
    answer->email = arena_text(call, proven->external.email);
    answer->name = arena_text(call, proven->name);
    const char *provider = arena_text(call, proven->external.provider);
    const char *subject = arena_text(call, proven->external.subject);
    if (!answer->email || !answer->name || !provider || !subject)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    answer->proven =
        (char *)provider_note_write(call, NOTE_PROVEN,
                                    json_pack("{s:s,s:s,s:s}", "provider", provider, "subject",
                                              subject, "email", answer->email));
    return answer->proven ? 0 : auth_fail_by_err(call, ERR_NO_MEMORY);
}

/* Whoever is known is signed in; who is not, gets a note of what was proved. */
static int sign_in(struct call *call, const Usher__V1__FinishProviderRequest *wish,
                   const struct proven *proven, Usher__V1__FinishProviderResponse *answer)
{
    struct auth *auth = auth_of(call);
    struct account account;
    int err = external_find(auth->sql, proven->external.provider, proven->external.subject,
                            call_arena(call), &account, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return answer_proven(call, proven, answer);
    if (err)
        return auth_fail_by_err(call, err);
    const bool has_factor = account.totp.len > 0;
    if (has_factor && !wish->second_factor[0]) {
        answer->second_factor_needed = true;
        return answer_proven(call, proven, answer);
    }
    if (has_factor && auth_show_factor(call, &account, wish->second_factor))
        return 1;
    return begin_session(call, wish, &account, &proven->external, has_factor, answer);
}

static int link(struct call *call, struct id account_id, const struct external *external,
                Usher__V1__FinishProviderResponse *answer)
{
    const char *about = arena_text(call, external->provider);
    if (!about)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    /* The very account that began it is signed in still. */
    if (!id_eq(call_identity(call)->account_id, account_id))
        return fail_refused(call);
    const struct act act = auth_act(call, "provider.link", about);
    int err = external_link(auth_of(call)->sql, account_id, external, &act, call_deadline_ns(call));
    if (err == ERR_CONFLICT)
        return auth_fail(call, CODE_ALREADY_EXISTS, "PROVIDER_TAKEN", NULL,
                         "that account of the service is connected to another account here");
    if (err == ERR_FULL)
        return auth_fail_later(call, 0, "this account is connected to as many services as may be");
    answer->linked = !err;
    return err ? auth_fail_by_err(call, err) : 0;
}

/* The state is ours, of this service, and of this browser. NULL: not so. */
static json_t *read_state(struct call *call, const struct auth_provider *provider,
                          const Usher__V1__FinishProviderRequest *wish)
{
    char proof[PROVIDER_SECRET_CHARS + 1];
    json_t *state = provider_note_read(call, NOTE_STATE, wish->state);
    const char *of = json_string_value(json_object_get(state, "provider"));
    provider_secret(auth_of(call), "browser", wish->state, proof);
    const bool same = strlen(wish->browser_proof) == PROVIDER_SECRET_CHARS &&
                      sodium_memcmp(wish->browser_proof, proof, PROVIDER_SECRET_CHARS) == 0;
    const bool issued = !wish->issuer[0] || strcmp(wish->issuer, provider->issuer) == 0;
    if (state && of && strcmp(of, provider->name) == 0 && same && issued)
        return state;
    json_decref(state);
    return NULL;
}

/* An address that a form may be filled in with; otherwise nothing. */
static struct view usable_email(struct call *call, struct view text)
{
    char *email = arena_alloc(call_arena(call), ACCOUNT_EMAIL_MAX + 1);
    return email && email_normalise(text, email) == 0 ? view_str(email) : (struct view){0};
}

static struct view usable_name(struct view text)
{
    return text.len <= ACCOUNT_NAME_MAX && utf8_valid(text) ? text : (struct view){0};
}

static int finish_code(struct call *call, const Usher__V1__FinishProviderRequest *wish,
                       Usher__V1__FinishProviderResponse *answer)
{
    struct auth *auth = auth_of(call);
    struct auth_provider *provider = find(auth, wish->provider);
    struct id_token_claims claims = {0};
    struct id account_id = {0};
    if (!provider)
        return fail_unknown(call);
    json_t *state = read_state(call, provider, wish);
    if (!state || !wish->code[0]) {
        json_decref(state);
        return fail_refused(call);
    }
    const char *whose = json_string_value(json_object_get(state, "account"));
    const bool links = whose && whose[0] && id_parse(view_str(whose), &account_id) == 0;
    json_decref(state);
    int err = provider_exchange(call, provider, wish->state, wish->code, &claims);
    if (err)
        return fail_exchange(call, err);
    const struct proven proven = {
        .external = {.provider = view_str(provider->name),
                     .subject = claims.subject,
                     .email = usable_email(call, claims.email),
                     .linked_at_ms = clock_wall_ms(auth->clock)},
        .name = usable_name(claims.name.len ? claims.name : view_str(wish->name))};
    return links ? link(call, account_id, &proven.external, answer)
                 : sign_in(call, wish, &proven, answer);
}

int auth_read_proven(struct call *call, const char *text, struct external *ret_external)
{
    json_t *said = provider_note_read(call, NOTE_PROVEN, text);
    const char *provider = json_string_value(json_object_get(said, "provider"));
    const char *subject = json_string_value(json_object_get(said, "subject"));
    const char *email = json_string_value(json_object_get(said, "email"));
    *ret_external = (struct external){.linked_at_ms = clock_wall_ms(auth_of(call)->clock)};
    if (provider && subject && email) {
        ret_external->provider = view_str(arena_text(call, view_str(provider)));
        ret_external->subject = view_str(arena_text(call, view_str(subject)));
        ret_external->email = view_str(arena_text(call, view_str(email)));
    }
    json_decref(said);
    return ret_external->subject.len ? 0 : fail_refused(call);
}

int auth_finish_provider(struct call *call, const void *request, void *response)
{
    const Usher__V1__FinishProviderRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct proven proven = {0};
    if (auth_check_address(call))
        return 1;
    const int64_t wait_ms = attempts_take(&auth->attempts, ATTEMPT_ADDRESS, auth_address(call),
                                          clock_wall_ms(auth->clock));
    if (wait_ms)
        return auth_fail_later(call, wait_ms, "too many tries to sign in");
    int refused = 0;
    if (wish->proven[0])
        refused = auth_read_proven(call, wish->proven, &proven.external) ||
                  sign_in(call, wish, &proven, response);
    else
        refused = finish_code(call, wish, response);
    if (!refused)
        attempts_give(&auth->attempts, ATTEMPT_ADDRESS, auth_address(call));
    return refused;
}

/* ---- disconnecting ---- */

int auth_unlink_provider(struct call *call, const void *request, void *response)
{
    const Usher__V1__UnlinkProviderRequest *wish = request;
    const struct act act = auth_act(call, "provider.unlink", wish->provider);
    struct account account;
    if (auth_confirm_owner(call, wish->password, &account))
        return 1;
    int err = external_unlink(auth_of(call)->sql, account.account_id, view_str(wish->provider),
                              &act, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "provider",
                         "the account is not connected to that service");
    return err ? auth_fail_by_err(call, err) : 0;
}

/* ---- the way back with a form ---- */

/* A part of the form as it came, for an address: "&name=value"; "" where it is not there. */
static const char *carry(struct arena *arena, struct view form, const char *name)
{
    struct view value;
    if (!query_find(form, view_str(name), &value))
        return "";
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char c = (unsigned char)value.at[i];
        if (c <= ' ' || c >= 0x7f || c == '#')
            return "";
    }
    return arena_printf(arena, "&%s=%.*s", name, VIEW_ARG(value));
}

/* A form of another site carries no cookie of ours, and what it says must not stand in a log: it
 * goes to the page behind a '#', which browsers send to nobody. */
void auth_form_page(void *state, const struct plain_request *ask, struct page *ret_page)
{
    static const struct view prefix = {AUTH_FORM_PATH, sizeof(AUTH_FORM_PATH) - 1};
    struct auth *auth = state;
    char name[EXTERNAL_PROVIDER_MAX + 1] = "";
    const struct view rest = view_of(ask->path.at + prefix.len, ask->path.len - prefix.len);
    if (!view_eq(ask->method, VIEW_LIT("POST")) || rest.len >= sizeof(name))
        return;
    memcpy(name, rest.at, rest.len);
    if (!find(auth, name))
        return;
    const char *code = carry(ask->arena, ask->body, "code");
    const char *said = carry(ask->arena, ask->body, "state");
    const char *error = carry(ask->arena, ask->body, "error");
    const char *user = carry(ask->arena, ask->body, "user");
    const char *line =
        code && said && error && user
            ? arena_printf(ask->arena,
                           "Location: /sign-in/return/%s#_=1%s%s%s%s\r\nReferrer-Policy: "
                           "no-referrer\r\n",
                           name, code, said, error, user)
            : NULL;
    *ret_page = (struct page){.status = line ? 303 : 500, .headers = line};
}
