#include "token/ticket_code.h"

#include <sodium.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "err/err.h"

#define SAID_BYTES (ID_BYTES + 4)
#define MAC_BYTES  16
#define CODE_BYTES (SAID_BYTES + MAC_BYTES)

void ticket_code_write(const uint8_t key[KEY_BYTES], struct id order_id, uint32_t seat,
                       char ret_text[TICKET_CODE_CHARS + 1])
{
    uint8_t code[CODE_BYTES], mac[SHA256_BYTES];
    static_assert(BASE64_TEXT_MAX(CODE_BYTES) == TICKET_CODE_CHARS, "no padding, no rest");
    id_to_bytes(order_id, code);
    for (int i = 0; i < 4; i++)
        code[ID_BYTES + i] = (uint8_t)(seat >> (24 - 8 * i));
    sha256_mac(key, view_of(code, SAID_BYTES), mac);
    memcpy(code + SAID_BYTES, mac, MAC_BYTES);
    base64_write(view_of(code, CODE_BYTES), BASE64_URL, ret_text);
    ret_text[TICKET_CODE_CHARS] = '\0';
}

int ticket_code_check(const uint8_t key[KEY_BYTES], struct view text, struct id *ret_order_id,
                      uint32_t *ret_seat)
{
    uint8_t code[BASE64_BYTES_MAX(TICKET_CODE_CHARS)];
    char again[TICKET_CODE_CHARS + 1];
    struct id order_id;
    uint32_t seat = 0;
    size_t len;
    if (text.len != TICKET_CODE_CHARS || base64_read(text, code, &len) || len != CODE_BYTES)
        return ERR_DENIED;
    if (id_from_bytes(view_of(code, ID_BYTES), &order_id))
        return ERR_DENIED;
    for (int i = 0; i < 4; i++)
        seat = seat << 8 | code[ID_BYTES + i];
    ticket_code_write(key, order_id, seat, again);
    if (sodium_memcmp(again, text.at, TICKET_CODE_CHARS) != 0)
        return ERR_DENIED;
    *ret_order_id = order_id;
    *ret_seat = seat;
    return 0;
}
