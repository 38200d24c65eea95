#include <inttypes.h>
#include <sodium.h>

#include "codec/json.h"
#include "err/err.h"
#include "svc/auth/handlers.h"

#define CODES UINT64_C(100000000)

void auth_hash_code(const struct auth *auth, struct id proof_id, const char *digits,
                    uint8_t ret_hash[PROOF_HASH_BYTES])
{
    uint8_t id[ID_BYTES];
    crypto_generichash_state state;
    id_to_bytes(proof_id, id);
    crypto_generichash_init(&state, auth->proof_key, KEY_BYTES, PROOF_HASH_BYTES);
    crypto_generichash_update(&state, id, sizeof(id));
    crypto_generichash_update(&state, (const uint8_t *)digits, strlen(digits));
    crypto_generichash_final(&state, ret_hash, PROOF_HASH_BYTES);
}

/* {"code":"…","name":"…"} in the arena; code NULL: without it. NULL where there is no memory. */
static const char *make_params(struct arena *arena, const char *code, struct view name)
{
    struct buf out;
    buf_init(&out, MAIL_PARAMS_MAX);
    int err = code ? buf_printf(&out, "{\"code\":\"%s\",\"name\":", code)
                   : buf_printf(&out, "{\"name\":");
    if (!err)
        err = json_write_string(name, &out);
    if (!err)
        err = buf_append_byte(&out, '}');
    const char *text = err ? NULL : arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return text;
}

static struct mail make_mail(const struct proof *proof, const char *template, const char *params)
{
    return (struct mail){.to = proof->email,
                         .template = view_str(template),
                         .language = proof->language,
                         .params = view_str(params),
                         .created_at_ms = proof->created_at_ms};
}

int auth_charge_mail(struct call *call)
{
    struct auth *auth = auth_of(call);
    const int64_t wait_ms = attempts_take(&auth->attempts, ATTEMPT_REGISTER, auth_address(call),
                                          clock_wall_ms(auth->clock));
    return wait_ms ? auth_fail_later(call, wait_ms, "too many mails were asked for from here") : 0;
}

int auth_begin_proof(struct call *call, struct proof *proof, const char *known, const char *fresh,
                     char **ret_request_id)
{
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    char digits[16];
    snprintf(digits, sizeof(digits), "%08" PRIu64, chance_below(auth->chance, CODES));
    proof->created_at_ms = clock_wall_ms(auth->clock);
    proof->proof_id = chance_id_at(auth->chance, proof->created_at_ms);
    auth_hash_code(auth, proof->proof_id, digits, proof->code_hash);

    /* A mail that there is nothing to prove by has no code. */
    const bool registers = proof->kind == PROOF_OF_REGISTRATION;
    const bool connects = proof->external.subject.len > 0;
    const char *known_params =
        make_params(arena, registers && !connects ? NULL : digits, proof->name);
    const char *fresh_params = make_params(arena, registers ? digits : NULL, proof->name);
    char *request_id = arena_alloc(arena, ID_TEXT_CHARS + 1);
    if (!known_params || !fresh_params || !request_id)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    id_format(proof->proof_id, request_id);
    const struct mail known_mail = make_mail(proof, known, known_params);
    const struct mail fresh_mail = make_mail(proof, fresh, fresh_params);
    int err = proof_put(auth->sql, proof, known ? &known_mail : NULL, fresh ? &fresh_mail : NULL,
                        call_deadline_ns(call));
    if (err == ERR_FULL)
        return auth_fail_later(call, PROOF_LIFE_MS, "this address was sent enough mails for now");
    if (err)
        return auth_fail_by_err(call, err);
    *ret_request_id = request_id;
    return 0;
}
