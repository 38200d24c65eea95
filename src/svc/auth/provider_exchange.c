/* The code that the browser brought back, for who it is (OpenID Connect Core, 3.1.3). */
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "codec/base64.h"
#include "codec/percent.h"
#include "err/err.h"
#include "observe/log.h"
#include "svc/auth/provider.h"
#include "token/es256.h"

#define FORM_MAX        (16u << 10)
#define SIGNED_SECRET_S 300
#define WAY_BACK        "/sign-in/return/"
#define WAY_BACK_FORM   "/oidc/form/"

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

const char *provider_way_back(struct call *call, const struct auth_provider *provider)
{
    return arena_printf(call_arena(call), "%s%s%s", auth_of(call)->public_url,
                        provider->quirks->form_post ? WAY_BACK_FORM : WAY_BACK, provider->name);
}

/* ---- the client's secret ---- */

static int append_part(struct call *call, json_t *part, char end, struct buf *out)
{
    char *text = part ? json_dumps(part, JSON_COMPACT) : NULL;
    int err = text ? base64_append(out, view_str(text), BASE64_URL) : ERR_NO_MEMORY;
    if (!err && end)
        err = buf_append_byte(out, (uint8_t)end);
    free(text);
    json_decref(part);
    return err;
}

/* A JWT that says that we are the client, for five minutes. */
static const char *sign_secret(struct call *call, const struct auth_provider *provider)
{
    const int64_t now_s = clock_wall_ms(auth_of(call)->clock) / 1000;
    uint8_t signature[ES256_SIGNATURE_BYTES];
    BIO *bio = BIO_new_mem_buf(provider->secret, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    struct buf out;
    buf_init(&out, FORM_MAX);
    int err = key && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 256 ? 0 : ERR_DENIED;
    if (!err)
        err = append_part(call, json_pack("{s:s,s:s}", "alg", "ES256", "kid", provider->key_id),
                          '.', &out);
    if (!err)
        err = append_part(call,
                          json_pack("{s:s,s:I,s:I,s:s,s:s}", "iss", provider->team_id, "iat",
                                    (json_int_t)now_s, "exp", (json_int_t)(now_s + SIGNED_SECRET_S),
                                    "aud", provider->issuer, "sub", provider->client_id),
                          0, &out);
    if (!err)
        err = es256_sign(key, buf_view(&out), signature);
    if (!err)
        err = buf_append_byte(&out, '.');
    if (!err)
        err = base64_append(&out, view_of(signature, sizeof(signature)), BASE64_URL);
    const char *text = err ? NULL : arena_copy(call_arena(call), buf_view(&out));
    buf_release(&out);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return text;
}

/* "Authorization: Basic …": both coded first (RFC 6749, 2.3.1). NULL: no memory. */
static const char *basic(struct call *call, const struct auth_provider *provider)
{
    struct arena *arena = call_arena(call);
    struct buf out;
    buf_init(&out, FORM_MAX);
    int err = query_append(&out, view_str(provider->client_id));
    if (!err)
        err = buf_append_byte(&out, ':');
    if (!err)
        err = query_append(&out, view_str(provider->secret));
    char *coded = err ? NULL : arena_alloc(arena, BASE64_TEXT_MAX(out.len) + 1);
    if (coded)
        base64_write(buf_view(&out), BASE64_PADDED, coded);
    buf_release(&out);
    return coded ? arena_printf(arena, "Authorization: Basic %s", coded) : NULL;
}

/* ---- the token request ---- */

/* name=value pairs up to a NULL name; a NULL value is left out. */
static int write_form(const char *const pairs[][2], struct buf *out)
{
    int err = 0;
    for (size_t i = 0; !err && pairs[i][0]; i++) {
        if (!pairs[i][1])
            continue;
        err = buf_printf(out, "%s%s=", out->len ? "&" : "", pairs[i][0]);
        if (!err)
            err = query_append(out, view_str(pairs[i][1]));
    }
    return err;
}

static int ask_tokens(struct call *call, const struct auth_provider *provider,
                      const struct provider_places *places, const char *state, const char *code,
                      json_t **ret_tokens)
{
    const struct provider_quirks *quirks = provider->quirks;
    const bool in_body = places->secret_in_body || !provider->secret;
    const char *secret = quirks->signs_secret ? sign_secret(call, provider) : provider->secret;
    char verifier[PROVIDER_SECRET_CHARS + 1];
    struct buf form;
    int status = 0;
    provider_secret(auth_of(call), "verifier", state, verifier);
    const char *pairs[][2] = {{"grant_type", "authorization_code"},
                              {"code", code},
                              {"redirect_uri", provider_way_back(call, provider)},
                              {"code_verifier", quirks->plain_oauth ? NULL : verifier},
                              {"state", quirks->plain_oauth ? state : NULL},
                              {"client_id", in_body ? provider->client_id : NULL},
                              {"client_secret", in_body ? secret : NULL},
                              {NULL, NULL}};
    struct http_ask ask = {.method = "POST",
                           .url = places->token,
                           .fields = {"Content-Type: application/x-www-form-urlencoded",
                                      "Accept: application/json",
                                      in_body ? NULL : basic(call, provider)},
                           .once = true};
    if (provider->secret && !secret)
        return ERR_NO_MEMORY;
    buf_init(&form, FORM_MAX);
    int err = write_form(pairs, &form);
    ask.body = buf_view(&form);
    if (!err)
        err = provider_ask(call, &ask, &status, ret_tokens);
    buf_release(&form);
    return err;
}

/* What the service refuses, it says with a code (RFC 6749, 5.2), Naver with the status 200. */
static int refuse(const struct auth_provider *provider, const char *what, const char *why)
{
    log_event(LOG_WARN, "provider.fail", log_str("usher.provider", provider->name),
              log_str("usher.what", what), log_str("usher.why", why ? why : ""));
    return ERR_DENIED;
}

/* ---- who it is ---- */

static int copy_text(struct call *call, const json_t *object, const char *name,
                     struct view *ret_text)
{
    const char *text = text_of(object, name);
    const char *copy = arena_copy(call_arena(call), view_str(text ? text : ""));
    *ret_text = view_str(copy);
    return copy ? 0 : ERR_NO_MEMORY;
}

static int ask_profile(struct call *call, const struct provider_places *places,
                       const char *access_token, json_t **ret_json)
{
    const char *field = arena_printf(call_arena(call), "Authorization: Bearer %s", access_token);
    const struct http_ask ask = {
        .method = "GET", .url = places->userinfo, .fields = {"Accept: application/json", field}};
    int status;
    if (!field || strpbrk(access_token, "\r\n"))
        return field ? ERR_DENIED : ERR_NO_MEMORY;
    int err = provider_ask(call, &ask, &status, ret_json);
    if (!err && status != 200) {
        json_decref(*ret_json);
        err = ERR_DENIED;
    }
    return err;
}

/* Naver's profile: {"resultcode":"00","message":"success","response":{"id":"…","email":"…"}} */
static int read_profile(struct call *call, const struct auth_provider *provider,
                        const struct provider_places *places, const json_t *tokens,
                        struct id_token_claims *ret_claims)
{
    const char *access_token = text_of(tokens, "access_token");
    json_t *json = NULL;
    if (!access_token)
        return refuse(provider, "token", text_of(tokens, "error"));
    int err = ask_profile(call, places, access_token, &json);
    if (err)
        return err;
    const char *result = text_of(json, "resultcode");
    const json_t *person = json_object_get(json, "response");
    const char *id = text_of(person, "id");
    if (!result || strcmp(result, "00") != 0 || !id || !id[0] || strlen(id) > ID_TOKEN_SUBJECT_MAX)
        err = refuse(provider, "profile", text_of(json, "message"));
    if (!err)
        err = copy_text(call, person, "id", &ret_claims->subject);
    if (!err)
        err = copy_text(call, person, "email", &ret_claims->email);
    if (!err)
        err = copy_text(call, person, "name", &ret_claims->name);
    json_decref(json);
    return err;
}

/* Many services keep address and name for this call. It is about the same subject, or nothing. */
static void add_userinfo(struct call *call, const struct provider_places *places,
                         const json_t *tokens, struct id_token_claims *claims)
{
    const char *access_token = text_of(tokens, "access_token");
    struct view subject, email, name;
    json_t *json;
    if ((claims->email.len && claims->name.len) || !places->userinfo || !access_token ||
        ask_profile(call, places, access_token, &json) != 0)
        return;
    if (copy_text(call, json, "sub", &subject) == 0 && view_eq(subject, claims->subject) &&
        copy_text(call, json, "email", &email) == 0 && copy_text(call, json, "name", &name) == 0) {
        claims->email = claims->email.len ? claims->email : email;
        claims->name = claims->name.len ? claims->name : name;
    }
    json_decref(json);
}

static int read_id_token(struct call *call, struct auth_provider *provider,
                         const struct provider_places *places, const char *state,
                         const json_t *tokens, struct id_token_claims *ret_claims)
{
    const char *token = text_of(tokens, "id_token");
    char nonce[PROVIDER_SECRET_CHARS + 1];
    struct view jwks;
    provider_secret(auth_of(call), "nonce", state, nonce);
    const struct id_token_wants wants = {.issuer = view_str(provider->issuer),
                                         .client_id = view_str(provider->client_id),
                                         .nonce = view_str(nonce),
                                         .name_claim = view_str(provider->quirks->name_claim),
                                         .now_s = clock_wall_ms(auth_of(call)->clock) / 1000};
    if (!token)
        return refuse(provider, "token", text_of(tokens, "error"));
    int err = ERR_NOT_FOUND;
    /* The key is another than those that are remembered: perhaps it is a new one. */
    for (int anew = 0; anew < 2 && err == ERR_NOT_FOUND; anew++) {
        err = provider_keys(call, provider, places->jwks, anew, &jwks);
        if (!err)
            err = id_token_check(view_str(token), jwks, &wants, call_arena(call), ret_claims);
    }
    if (err == ERR_NOT_FOUND || err == ERR_DENIED)
        return refuse(provider, "id_token",
                      err == ERR_DENIED ? "it is not for this sign-in" : "no key of theirs fits");
    return err;
}

int provider_exchange(struct call *call, struct auth_provider *provider, const char *state,
                      const char *code, struct id_token_claims *ret_claims)
{
    struct provider_places places;
    json_t *tokens = NULL;
    int err = provider_places(call, provider, &places);
    if (!err)
        err = ask_tokens(call, provider, &places, state, code, &tokens);
    if (!err && provider->quirks->plain_oauth) {
        err = read_profile(call, provider, &places, tokens, ret_claims);
    } else if (!err) {
        err = read_id_token(call, provider, &places, state, tokens, ret_claims);
        if (!err)
            add_userinfo(call, &places, tokens, ret_claims);
    }
    json_decref(tokens);
    return err;
}
