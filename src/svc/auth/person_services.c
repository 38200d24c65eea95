/*
 * The services that prove whose a telephone, or a person, is:
 *
 *   portone  본인인증 by PortOne V2 (api.portone.io): send, confirm with the code, and the person's CI
 *   twilio   a telephone by Twilio Verify v2 (verify.twilio.com): the service draws the code itself
 */
#include <stdio.h>

#include "codec/base64.h"
#include "codec/percent.h"
#include "err/err.h"
#include "observe/log.h"
#include "svc/auth/person.h"

#define FORM_MAX 1024

/* One exchange. 0: json is the answer of a 2xx; ERR_DENIED: of a 4xx, which says why. */
static int ask(struct call *call, const struct auth_person_service *service,
               const struct http_ask *what, json_t **ret_json)
{
    int status = 0;
    int err = provider_ask(call, what, &status, ret_json);
    if (err)
        return err;
    if (status / 100 == 2)
        return 0;
    const json_t *type = json_object_get(*ret_json, "type");
    const json_t *code = json_object_get(*ret_json, "code");
    log_event(LOG_WARN, "person.fail", log_str("usher.service", service->name),
              log_uint("http.response.status_code", (uint64_t)status),
              log_str("usher.why", json_is_string(type) ? json_string_value(type) : ""),
              log_uint("usher.code", (uint64_t)json_integer_value(code)));
    json_decref(*ret_json);
    return status / 100 == 4 && status != 401 && status != 403 && status != 429 ? ERR_DENIED
                                                                                : ERR_UNAVAILABLE;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int keep(struct call *call, const char *text, const char **ret_text)
{
    *ret_text = arena_copy(call_arena(call), view_str(text));
    return *ret_text ? 0 : ERR_NO_MEMORY;
}

/* ---- PortOne V2 ---- */

/* Takes the body. */
static int ask_portone(struct call *call, const struct auth_person_service *service,
                       const char *ref, const char *what, json_t *body, json_t **ret_json)
{
    struct arena *arena = call_arena(call);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const struct http_ask post = {
        .method = "POST",
        .url = arena_printf(arena, "%s/identity-verifications/%s/%s", service->base_url, ref, what),
        .fields = {"Content-Type: application/json", "Accept: application/json",
                   arena_printf(arena, "Authorization: PortOne %s", service->secret)},
        .body = view_str(text ? text : ""),
        .once = true};
    int err =
        text && post.url && post.fields[2] ? ask(call, service, &post, ret_json) : ERR_NO_MEMORY;
    free(text);
    json_decref(body);
    return err;
}

static int send_portone(struct call *call, const struct auth_person_service *service,
                        const struct person_wish *wish, const char **ret_ref)
{
    struct auth *auth = auth_of(call);
    const char *id =
        auth_format_id(call_arena(call), chance_id_at(auth->chance, clock_wall_ms(auth->clock)));
    json_t *json = NULL;
    if (!wish->domestic)
        return ERR_DENIED;
    if (!id)
        return ERR_NO_MEMORY;
    int err =
        ask_portone(call, service, id, "send",
                    json_pack("{s:s, s:{s:s, s:s, s:s, s:s}, s:s, s:s}", "channelKey",
                              service->client, "customer", "name", wish->name, "phoneNumber",
                              wish->domestic, "identityNumber", wish->identity_number, "ipAddress",
                              wish->address, "operator", wish->carrier, "method", "SMS"),
                    &json);
    if (!err)
        json_decref(json);
    *ret_ref = id;
    return err;
}

/* A CI is 64 bytes as 88 characters. Without one there is nothing to tell persons apart by. */
static bool is_ci(const char *text)
{
    uint8_t bytes[BASE64_BYTES_MAX(PERSON_CI_CHARS)];
    size_t len;
    return strlen(text) == PERSON_CI_CHARS && base64_read(view_str(text), bytes, &len) == 0;
}

static int confirm_portone(struct call *call, const struct auth_person_service *service,
                           const char *ref, const char *code, const char **ret_subject)
{
    json_t *json = NULL;
    int err = ask_portone(call, service, ref, "confirm", json_pack("{s:s}", "otp", code), &json);
    if (err)
        return err;
    const json_t *proof = json_object_get(json, "identityVerification");
    const char *ci = text_of(json_object_get(proof, "verifiedCustomer"), "ci");
    if (strcmp(text_of(proof, "status"), "VERIFIED") != 0 || strcmp(text_of(proof, "id"), ref) != 0)
        err = ERR_DENIED;
    else if (!is_ci(ci))
        err = ERR_UNAVAILABLE;
    else
        err = keep(call, ci, ret_subject);
    json_decref(json);
    return err;
}

/* ---- Twilio Verify v2 ---- */

static int ask_twilio(struct call *call, const struct auth_person_service *service,
                      const char *what, const char *const pairs[2][2], json_t **ret_json)
{
    struct arena *arena = call_arena(call);
    struct buf form;
    char *secret = arena_alloc(arena, BASE64_TEXT_MAX(strlen(service->secret)) + 1);
    if (!secret)
        return ERR_NO_MEMORY;
    base64_write(view_str(service->secret), BASE64_PADDED, secret);
    secret[BASE64_TEXT_MAX(strlen(service->secret))] = '\0';
    buf_init(&form, FORM_MAX);
    int err = 0;
    for (size_t i = 0; !err && i < 2; i++) {
        err = buf_printf(&form, "%s%s=", i ? "&" : "", pairs[i][0]);
        if (!err)
            err = query_append(&form, view_str(pairs[i][1]));
    }
    const struct http_ask post = {
        .method = "POST",
        .url =
            arena_printf(arena, "%s/v2/Services/%s/%s", service->base_url, service->client, what),
        .fields = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
                   arena_printf(arena, "Authorization: Basic %s", secret)},
        .body = buf_view(&form),
        .once = true};
    if (!err)
        err = post.url && post.fields[2] ? ask(call, service, &post, ret_json) : ERR_NO_MEMORY;
    buf_release(&form);
    return err;
}

static int send_twilio(struct call *call, const struct auth_person_service *service,
                       const struct person_wish *wish, const char **ret_ref)
{
    const char *to = arena_printf(call_arena(call), "+%s", wish->phone);
    const char *const pairs[2][2] = {{"To", to}, {"Channel", "sms"}};
    json_t *json = NULL;
    if (!to)
        return ERR_NO_MEMORY;
    int err = ask_twilio(call, service, "Verifications", pairs, &json);
    if (err)
        return err;
    const char *sid = text_of(json, "sid");
    const size_t len = strlen(sid);
    err = len > 0 && len <= PERSON_REF_MAX ? keep(call, sid, ret_ref) : ERR_UNAVAILABLE;
    json_decref(json);
    return err;
}

static int confirm_twilio(struct call *call, const struct auth_person_service *service,
                          const char *ref, const char *code, const char **ret_subject)
{
    const char *const pairs[2][2] = {{"VerificationSid", ref}, {"Code", code}};
    json_t *json = NULL;
    int err = ask_twilio(call, service, "VerificationCheck", pairs, &json);
    if (err)
        return err;
    const char *to = text_of(json, "to");
    if (strcmp(text_of(json, "status"), "approved") != 0)
        err = ERR_DENIED;
    else if (to[0] != '+' || strspn(to + 1, "0123456789") != strlen(to + 1) ||
             strlen(to + 1) > PERSON_PHONE_MAX)
        err = ERR_UNAVAILABLE;
    else
        err = keep(call, to + 1, ret_subject);
    json_decref(json);
    return err;
}

/* ---- the table ---- */

static const struct person_adapter adapters[] = {
    {"portone", PERSON_BY_IDENTITY, true, send_portone, confirm_portone},
    {"twilio", PERSON_BY_PHONE, false, send_twilio, confirm_twilio},
};

const struct person_adapter *person_adapter_of(const char *name)
{
    for (size_t i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++) {
        if (strcmp(adapters[i].name, name) == 0)
            return &adapters[i];
    }
    return NULL;
}

uint32_t auth_person_kind(const char *name)
{
    const struct person_adapter *adapter = person_adapter_of(name);
    return adapter ? adapter->kind : 0;
}
