/*
 * Who somebody is, for rehearsals: the dialects of PortOne V2's identity verification (본인인증) and
 * of Twilio Verify v2. Nobody gets a message: GET /messages tells what telephones would show.
 *
 * A person is who has that name and those seven digits, whatever the telephone: the same CI. Proofs
 * are in memory alone, the last PROOFS_MAX; they end with the process.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "psp/till.h"

#define PROOFS_MAX  1024
#define PROOF_MS    180000 /* a code is good for three minutes */
#define PROOF_TRIES 5
#define CI_BYTES    64

struct psp_proof {
    char ref[65]; /* what the caller, or we, call it; "": none */
    char phone[20], name[128], identity[8], code[7];
    int64_t until_ms;
    int tries;
    bool done;
};

struct psp_persons {
    struct psp_proof proofs[PROOFS_MAX];
    uint64_t count; /* ever */
};

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

static struct psp_proof *find(struct psp *psp, struct view ref)
{
    for (size_t i = 0; psp->persons && i < PROOFS_MAX; i++) {
        if (psp->persons->proofs[i].ref[0] && view_eq(view_str(psp->persons->proofs[i].ref), ref))
            return &psp->persons->proofs[i];
    }
    return NULL;
}

/* A new one, in the place of the oldest; NULL: no memory. */
static struct psp_proof *begin(struct psp_call *call, struct view ref, const char *phone)
{
    struct psp *psp = call->psp;
    if (!psp->persons)
        psp->persons = calloc(1, sizeof(*psp->persons));
    if (!psp->persons)
        return NULL;
    struct psp_proof *proof = &psp->persons->proofs[psp->persons->count++ % PROOFS_MAX];
    *proof = (struct psp_proof){.until_ms = psp_now_ms(psp) + PROOF_MS};
    snprintf(proof->ref, sizeof(proof->ref), "%.*s", VIEW_ARG(ref));
    copy(proof->phone, sizeof(proof->phone), phone);
    snprintf(proof->code, sizeof(proof->code), "%06u",
             (unsigned)chance_below(psp->options.chance, 1000000));
    return proof;
}

/* Whether the code is shown in time, and not too often. */
static bool shows(struct psp_call *call, struct psp_proof *proof, const char *code)
{
    if (proof->done || ++proof->tries > PROOF_TRIES || psp_now_ms(call->psp) >= proof->until_ms)
        return false;
    proof->done = code && strcmp(code, proof->code) == 0;
    return proof->done;
}

void psp_messages(struct psp_call *call)
{
    const struct psp_persons *persons = call->psp->persons;
    json_t *list = json_array();
    for (uint64_t i = 0; persons && i < PROOFS_MAX && i < persons->count; i++) {
        const struct psp_proof *proof = &persons->proofs[(persons->count - 1 - i) % PROOFS_MAX];
        const char *text =
            arena_printf(call->ask->arena, "[Usher] 인증번호 %s · your code", proof->code);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "to", proof->phone, "code",
                                              proof->code, "text", text ? text : ""));
    }
    psp_json(call, 200, list);
}

static struct view no_key(const struct psp_call *call)
{
    (void)call;
    return (struct view){0};
}

static const char *no_order(struct psp_call *call)
{
    (void)call;
    return NULL;
}

/* ---- PortOne ---- */

static void fail_portone(struct psp_call *call, int status, const char *code, const char *message)
{
    psp_json(call, status, json_pack("{s:s, s:s}", "type", code, "message", message));
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool is_carrier(const char *text)
{
    static const char known[] = " SKT KT LGU SKT_MVNO KT_MVNO LGU_MVNO ";
    char word[16];
    return snprintf(word, sizeof(word), " %s ", text) < (int)sizeof(word) &&
           strstr(known, word) != NULL;
}

static bool is_digits(const char *text, size_t least, size_t most)
{
    const size_t len = strlen(text);
    return len >= least && len <= most && strspn(text, "0123456789") == len;
}

static void send_portone(struct psp_call *call)
{
    const json_t *customer = json_object_get(call->body, "customer");
    const char *phone = text_of(customer, "phoneNumber"), *name = text_of(customer, "name");
    const char *identity = text_of(customer, "identityNumber");
    const struct view ref = call->segments[1];
    if (!text_of(call->body, "channelKey")[0] || !is_digits(phone, 9, 11) || !name[0] ||
        !is_digits(identity, 7, 7) || !text_of(customer, "ipAddress")[0] ||
        !is_carrier(text_of(call->body, "operator")) ||
        strcmp(text_of(call->body, "method"), "SMS") != 0 || ref.len > 64) {
        fail_portone(call, 400, "INVALID_REQUEST", "a field is missing, or of another form");
        return;
    }
    if (find(call->psp, ref)) {
        fail_portone(call, 409, "IDENTITY_VERIFICATION_ALREADY_SENT", "it was sent already");
        return;
    }
    struct psp_proof *proof = begin(call, ref, phone);
    if (!proof) {
        fail_portone(call, 500, "INTERNAL", "out of memory");
        return;
    }
    copy(proof->name, sizeof(proof->name), name);
    copy(proof->identity, sizeof(proof->identity), identity);
    psp_json(call, 200, json_object());
}

/* 64 bytes of whom it is, as 88 characters. */
static void write_ci(const struct psp_proof *proof, char ret_text[BASE64_TEXT_MAX(CI_BYTES) + 1])
{
    uint8_t bytes[CI_BYTES];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof(bytes));
    crypto_generichash_update(&state, (const uint8_t *)proof->name, strlen(proof->name) + 1);
    crypto_generichash_update(&state, (const uint8_t *)proof->identity, strlen(proof->identity));
    crypto_generichash_final(&state, bytes, sizeof(bytes));
    ret_text[base64_write(view_of(bytes, sizeof(bytes)), BASE64_PADDED, ret_text)] = '\0';
}

static void confirm_portone(struct psp_call *call)
{
    struct psp_proof *proof = find(call->psp, call->segments[1]);
    char ci[BASE64_TEXT_MAX(CI_BYTES) + 1];
    if (!proof) {
        fail_portone(call, 404, "IDENTITY_VERIFICATION_NOT_FOUND", "there is none");
        return;
    }
    if (proof->done) {
        fail_portone(call, 409, "IDENTITY_VERIFICATION_ALREADY_VERIFIED", "it is done");
        return;
    }
    if (!shows(call, proof, text_of(call->body, "otp"))) {
        fail_portone(call, 400, "PG_PROVIDER", "인증번호가 일치하지 않습니다.");
        return;
    }
    write_ci(proof, ci);
    const char *birth = arena_printf(call->ask->arena, "%s%.2s-%.2s-%.2s",
                                     strchr("3478", proof->identity[6]) ? "20" : "19",
                                     proof->identity, proof->identity + 2, proof->identity + 4);
    psp_json(call, 200,
             json_pack("{s:{s:s, s:s, s:{s:s, s:s, s:s, s:s}, s:s}}", "identityVerification",
                       "status", "VERIFIED", "id", proof->ref, "verifiedCustomer", "name",
                       proof->name, "phoneNumber", proof->phone, "birthDate", birth ? birth : "",
                       "ci", ci, "pgTxId", psp_name(call, "")));
}

static const struct psp_api portone_apis[] = {
    {"POST", "identity-verifications/?/send", "send", false, send_portone},
    {"POST", "identity-verifications/?/confirm", "confirm", false, confirm_portone},
};

static bool allowed_portone(const struct psp_call *call)
{
    const char *wanted =
        arena_printf(call->ask->arena, "PortOne %s", call->psp->options.secret_key);
    return wanted && view_eq(plain_field(call->ask, VIEW_LIT("authorization")), view_str(wanted));
}

const struct psp_tongue portone_tongue = {
    .name = "portone",
    .apis = portone_apis,
    .api_count = sizeof(portone_apis) / sizeof(portone_apis[0]),
    .allowed = allowed_portone,
    .key_of = no_key,
    .fail = fail_portone,
    .order_of = no_order,
};

/* ---- Twilio ---- */

static void fail_twilio(struct psp_call *call, int status, const char *code, const char *message)
{
    (void)code;
    psp_json(call, status,
             json_pack("{s:i, s:s, s:i}", "code", 60200, "message", message, "status", status));
}

static void answer_twilio(struct psp_call *call, int status, const struct psp_proof *proof)
{
    const bool right = proof->done;
    psp_json(call, status,
             json_pack("{s:s, s:s, s:s, s:s, s:b}", "sid", proof->ref, "to", proof->phone,
                       "channel", "sms", "status", right ? "approved" : "pending", "valid",
                       (int)right));
}

static void send_twilio(struct psp_call *call)
{
    const char *to = psp_value(call, call->ask->body, "To");
    const char *channel = psp_value(call, call->ask->body, "Channel");
    const char *sid = psp_name(call, "VE");
    if (!to || to[0] != '+' || !is_digits(to + 1, 8, 15) || !channel ||
        strcmp(channel, "sms") != 0) {
        fail_twilio(call, 400, "", "Invalid parameter");
        return;
    }
    struct psp_proof *proof = sid ? begin(call, view_str(sid), to) : NULL;
    if (!proof)
        fail_twilio(call, 500, "", "out of memory");
    else
        answer_twilio(call, 201, proof);
}

static void check_twilio(struct psp_call *call)
{
    const char *sid = psp_value(call, call->ask->body, "VerificationSid");
    struct psp_proof *proof = sid ? find(call->psp, view_str(sid)) : NULL;
    if (!proof || proof->done) { /* one that was approved is gone */
        fail_twilio(call, 404, "", "The requested resource was not found");
        return;
    }
    (void)shows(call, proof, psp_value(call, call->ask->body, "Code"));
    answer_twilio(call, 200, proof);
}

static const struct psp_api twilio_apis[] = {
    {"POST", "v2/Services/?/Verifications", "send", false, send_twilio},
    {"POST", "v2/Services/?/VerificationCheck", "confirm", false, check_twilio},
};

/* Basic, of ACCOUNT:SECRET: which account is not looked at. */
static bool allowed_twilio(const struct psp_call *call)
{
    const struct view field = plain_field(call->ask, VIEW_LIT("authorization"));
    uint8_t text[BASE64_BYTES_MAX(400)];
    size_t len;
    if (!view_starts(field, VIEW_LIT("Basic ")) || field.len > 400 ||
        base64_read(view_of(field.at + 6, field.len - 6), text, &len) != 0)
        return false;
    const uint8_t *colon = memchr(text, ':', len);
    return colon && view_eq(view_of(colon + 1, len - (size_t)(colon + 1 - text)),
                            view_str(call->psp->options.secret_key));
}

const struct psp_tongue twilio_tongue = {
    .name = "twilio",
    .apis = twilio_apis,
    .api_count = sizeof(twilio_apis) / sizeof(twilio_apis[0]),
    .allowed = allowed_twilio,
    .key_of = no_key,
    .fail = fail_twilio,
    .order_of = no_order,
};
