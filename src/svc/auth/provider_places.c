/* What a service publishes: its discovery document (OpenID Connect Discovery 1.0, 4) and its keys
 * (RFC 7517, 5), remembered for a while. */
#include <stdlib.h>

#include "codec/tree.h"
#include "err/err.h"
#include "observe/log.h"
#include "svc/auth/provider.h"

#define DISCOVERY "/.well-known/openid-configuration"

/* ---- asking ---- */

int provider_ask(struct call *call, const struct http_ask *ask, int *ret_status, json_t **ret_json)
{
    struct auth *auth = auth_of(call);
    struct http *http = auth->http ? auth->http(auth->http_state) : NULL;
    const int64_t longest_ns = deadline_after_ms(clock_mono_ns(auth->clock), PROVIDER_CALL_MS);
    const int64_t deadline_ns = call_deadline_ns(call);
    struct http_answer answer;
    if (!http)
        return ERR_UNAVAILABLE;
    int err = http_call(http, ask, call_arena(call), &answer,
                        deadline_ns < longest_ns ? deadline_ns : longest_ns);
    if (err)
        return err == ERR_NO_MEMORY ? err : ERR_UNAVAILABLE;
    json_t *json = tree_read(answer.body, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return ERR_UNAVAILABLE;
    }
    *ret_status = answer.status;
    *ret_json = json;
    return 0;
}

static int fetch(struct call *call, const char *url, json_t **ret_json)
{
    const struct http_ask ask = {
        .method = "GET", .url = url, .fields = {"Accept: application/json"}};
    int status;
    json_t *json;
    int err = url ? provider_ask(call, &ask, &status, &json) : ERR_NO_MEMORY;
    if (!err && status != 200) {
        json_decref(json);
        err = ERR_UNAVAILABLE;
    }
    if (!err)
        *ret_json = json;
    return err;
}

/* ---- remembering ---- */

static void forget(struct provider_memory *memory)
{
    free(memory->text);
    memory->text = NULL;
}

void provider_places_release(struct auth_provider *provider)
{
    forget(&provider->discovery);
    forget(&provider->keys);
    pthread_mutex_destroy(&provider->lock);
}

/* What is remembered and not older than max_ms, in the arena; NULL where there is nothing. */
static const char *recall(struct call *call, struct auth_provider *provider,
                          const struct provider_memory *memory, int64_t max_ms)
{
    const int64_t now_ms = clock_wall_ms(auth_of(call)->clock);
    pthread_mutex_lock(&provider->lock);
    const char *text = memory->text && now_ms < memory->read_at_ms + max_ms
                           ? arena_copy(call_arena(call), view_str(memory->text))
                           : NULL;
    pthread_mutex_unlock(&provider->lock);
    return text;
}

static void remember(struct call *call, struct auth_provider *provider,
                     struct provider_memory *memory, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    pthread_mutex_lock(&provider->lock);
    if (text) {
        free(memory->text);
        memory->text = text;
        memory->read_at_ms = clock_wall_ms(auth_of(call)->clock);
    }
    pthread_mutex_unlock(&provider->lock);
}

/* ---- the discovery document ---- */

/* An address of the document: with TLS, unless the issuer has none (a machine of one's own). */
static int read_place(struct call *call, const struct auth_provider *provider, const json_t *json,
                      const char *name, const char **ret_place)
{
    const char *text = json_string_value(json_object_get(json, name));
    const bool plain = strncmp(provider->issuer, "http://", 7) == 0;
    *ret_place = NULL;
    if (!text ||
        (strncmp(text, "https://", 8) != 0 && !(plain && strncmp(text, "http://", 7) == 0)))
        return ERR_UNAVAILABLE;
    *ret_place = arena_copy(call_arena(call), view_str(text));
    return *ret_place ? 0 : ERR_NO_MEMORY;
}

/* Basic is what a client uses unless the service says that it takes none (Discovery, 3). */
static bool wants_secret_in_body(const json_t *json)
{
    const json_t *methods = json_object_get(json, "token_endpoint_auth_methods_supported");
    bool basic = !methods;
    for (size_t i = 0; i < json_array_size(methods); i++) {
        const char *method = json_string_value(json_array_get(methods, i));
        basic = basic || (method && strcmp(method, "client_secret_basic") == 0);
    }
    return !basic;
}

static int read_places(struct call *call, const struct auth_provider *provider, const json_t *json,
                       struct provider_places *ret_places)
{
    struct provider_places places = {.secret_in_body = provider->quirks->secret_in_body ||
                                                       wants_secret_in_body(json)};
    const char *issuer = json_string_value(json_object_get(json, "issuer"));
    if (!issuer || strcmp(issuer, provider->issuer) != 0)
        return ERR_UNAVAILABLE; /* Discovery, 4.3: exactly so */
    int err = read_place(call, provider, json, "authorization_endpoint", &places.authorize);
    if (!err)
        err = read_place(call, provider, json, "token_endpoint", &places.token);
    if (!err)
        err = read_place(call, provider, json, "jwks_uri", &places.jwks);
    if (!err &&
        read_place(call, provider, json, "userinfo_endpoint", &places.userinfo) == ERR_NO_MEMORY)
        err = ERR_NO_MEMORY;
    if (!err)
        *ret_places = places;
    return err;
}

/* The document that is remembered, else the one that the service has now, else an old one. */
static int read_document(struct call *call, struct auth_provider *provider, json_t **ret_json)
{
    const char *known = recall(call, provider, &provider->discovery, PROVIDER_KEPT_MS);
    if (!known) {
        const size_t len = strlen(provider->issuer);
        const bool slash = len > 0 && provider->issuer[len - 1] == '/';
        int err = fetch(
            call,
            arena_printf(call_arena(call), "%.*s" DISCOVERY, (int)(len - slash), provider->issuer),
            ret_json);
        if (!err)
            return 0;
        known = recall(call, provider, &provider->discovery, INT64_MAX / 2);
        if (!known)
            return err;
    }
    *ret_json = tree_read(view_str(known), 0, NULL);
    return *ret_json ? 0 : ERR_NO_MEMORY;
}

static int plain_places(struct call *call, const struct auth_provider *provider,
                        struct provider_places *ret_places)
{
    const struct provider_quirks *quirks = provider->quirks;
    struct arena *arena = call_arena(call);
    const bool real = strcmp(provider->issuer, quirks->real_issuer) == 0;
    *ret_places = (struct provider_places){
        .authorize = arena_printf(arena, "%s%s", provider->issuer, quirks->authorize_path),
        .token = arena_printf(arena, "%s%s", provider->issuer, quirks->token_path),
        .userinfo = real ? quirks->real_profile
                         : arena_printf(arena, "%s%s", provider->issuer, quirks->profile_path),
        .secret_in_body = true};
    return ret_places->authorize && ret_places->token && ret_places->userinfo ? 0 : ERR_NO_MEMORY;
}

int provider_places(struct call *call, struct auth_provider *provider,
                    struct provider_places *ret_places)
{
    json_t *json;
    if (provider->quirks->plain_oauth)
        return plain_places(call, provider, ret_places);
    int err = read_document(call, provider, &json);
    if (!err) {
        err = read_places(call, provider, json, ret_places);
        if (!err)
            remember(call, provider, &provider->discovery, json);
        json_decref(json);
    }
    if (err)
        log_event(LOG_WARN, "provider.fail", log_str("usher.provider", provider->name),
                  log_text("its discovery document cannot be read, or is not of this issuer"),
                  log_err(err));
    return err;
}

int provider_keys(struct call *call, struct auth_provider *provider, const char *url, bool anew,
                  struct view *ret_jwks)
{
    const char *known =
        recall(call, provider, &provider->keys, anew ? PROVIDER_ANEW_MS : PROVIDER_KEPT_MS);
    json_t *json;
    if (!known) {
        int err = fetch(call, url, &json);
        if (err) {
            log_event(LOG_WARN, "provider.fail", log_str("usher.provider", provider->name),
                      log_text("its keys cannot be read"), log_err(err));
            return err;
        }
        remember(call, provider, &provider->keys, json);
        json_decref(json);
        known = recall(call, provider, &provider->keys, INT64_MAX / 2);
    }
    *ret_jwks = view_str(known);
    return known ? 0 : ERR_NO_MEMORY;
}
