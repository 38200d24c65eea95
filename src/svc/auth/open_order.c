/* AuthService.RequestOrderCode and OpenOrder: an order found again by its number and a mailed code,
 * on any device. */
#include <inttypes.h>
#include <stdio.h>

#include "err/err.h"
#include "sale/order_number.h"
#include "store/order_proofs.h"
#include "svc/auth/handlers.h"

#define CODES UINT64_C(100000000)

static struct mail mail_of(struct arena *arena, const char *template, const char *number,
                           const char *code, int64_t now_ms)
{
    const char *params =
        code ? arena_printf(arena, "{\"number\":\"%s\",\"code\":\"%s\"}", number, code)
             : arena_printf(arena, "{\"number\":\"%s\"}", number);
    return (struct mail){.template = view_str(template),
                         .params = params ? view_str(params) : (struct view){0},
                         .created_at_ms = now_ms};
}

int auth_request_order_code(struct call *call, const void *request, void *response)
{
    const Usher__V1__RequestOrderCodeRequest *wish = request;
    Usher__V1__RequestOrderCodeResponse *answer = response;
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    char number[ORDER_NUMBER_CHARS + 1], digits[16];
    struct order_proof proof = {.created_at_ms = clock_wall_ms(auth->clock)};
    if (auth_check_address(call) || auth_read_email(call, wish->email, &proof.email))
        return 1;
    if (!order_number_read(view_str(wish->order_number), number))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "order_number",
                         "an order's number looks like T4813620975");
    if (auth_charge_mail(call))
        return 1;
    snprintf(digits, sizeof(digits), "%08" PRIu64, chance_below(auth->chance, CODES));
    proof.number = view_str(number);
    proof.proof_id = chance_id_at(auth->chance, proof.created_at_ms);
    auth_hash_code(auth, proof.proof_id, digits, proof.code_hash);
    const struct mail code = mail_of(arena, "ordercode", number, digits, proof.created_at_ms);
    const struct mail sign_in = mail_of(arena, "ordersignin", number, NULL, proof.created_at_ms);
    answer->request_id = arena_alloc(arena, ID_TEXT_CHARS + 1);
    if (!answer->request_id || code.params.len == 0 || sign_in.params.len == 0)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    id_format(proof.proof_id, answer->request_id);
    int err = order_proof_put(auth->sql, &proof, &code, &sign_in, call_deadline_ns(call));
    if (err == ERR_FULL)
        return auth_fail_later(call, PROOF_LIFE_MS, "this address was sent enough mails for now");
    return err == 0 ? 0 : auth_fail_by_err(call, err);
}

int auth_open_order(struct call *call, const void *request, void *response)
{
    const Usher__V1__OpenOrderRequest *wish = request;
    Usher__V1__OpenOrderResponse *answer = response;
    struct auth *auth = auth_of(call);
    uint8_t hash[PROOF_HASH_BYTES];
    struct id proof_id, account_id, order_id;
    if (auth_check_address(call) ||
        auth_read_proof(call, wish->request_id, wish->code, &proof_id, hash))
        return 1;
    int err = order_proof_show(auth->sql, proof_id, hash, clock_wall_ms(auth->clock), &account_id,
                               &order_id, call_deadline_ns(call));
    if (err != 0)
        return auth_fail_proof(call, err);
    answer->order_id = arena_alloc(call_arena(call), ID_TEXT_CHARS + 1);
    if (!answer->order_id)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    id_format(order_id, answer->order_id);
    return auth_write_guest(call, account_id, &answer->account_id, &answer->token,
                            &answer->expires_at_ms);
}
