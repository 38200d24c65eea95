#include "token/codes.h"

#include <sodium.h>

#include "err/err.h"

void code_keys_derive(const uint8_t master[KEY_BYTES], struct code_keys *ret_keys)
{
    uint8_t seed[KEY_BYTES];
    key_derive(master, KEY_FOR_TICKET_CODE, ret_keys->short_key);
    key_derive(master, KEY_FOR_TICKET_ROTATION, ret_keys->rotation_key);
    key_derive(master, KEY_FOR_VOUCHER, ret_keys->voucher_key);
    key_derive(master, KEY_FOR_BOUNCE, ret_keys->bounce_key);
    key_derive(master, KEY_FOR_TICKET_SIGNATURE, seed);
    signed_code_keys(seed, ret_keys->secret_key, ret_keys->public_key);
    sodium_memzero(seed, sizeof(seed));
}

int code_read(const struct code_keys *keys, struct view text, int64_t now_s,
              struct code_said *ret_said)
{
    struct code_said said = {0};
    int err;
    if (text.len == TICKET_CODE_CHARS &&
        ticket_code_check(keys->short_key, text, &said.ticket.order_id, &said.ticket.seat) == 0) {
        said.kind = CODE_SHORT;
        err = 0;
    } else if (text.len == SIGNED_CODE_CHARS) {
        said.kind = CODE_SIGNED;
        err = signed_code_check(keys->public_key, text, &said.ticket, &said.performance_id);
    } else {
        said.kind = CODE_ROTATING;
        err = rotating_code_check(keys->rotation_key, text, now_s, &said.ticket);
    }
    if (err == 0 || err == ERR_TIMEOUT)
        *ret_said = said;
    return err;
}
