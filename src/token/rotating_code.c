#include "token/rotating_code.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "codec/sha256.h"
#include "err/err.h"

#define MARK "UR."

void rotating_code_key(const uint8_t master[KEY_BYTES], const struct ticket_ref *ticket,
                       uint8_t ret_key[TOTP_KEY_BYTES])
{
    uint8_t said[ID_BYTES + 6], mac[SHA256_BYTES];
    id_to_bytes(ticket->order_id, said);
    for (int i = 0; i < 4; i++)
        said[ID_BYTES + i] = (uint8_t)(ticket->seat >> (24 - 8 * i));
    said[ID_BYTES + 4] = (uint8_t)(ticket->generation >> 8);
    said[ID_BYTES + 5] = (uint8_t)ticket->generation;
    sha256_mac(master, view_of(said, sizeof(said)), mac);
    memcpy(ret_key, mac, TOTP_KEY_BYTES);
}

void rotating_code_stem(const struct ticket_ref *ticket, char ret_text[ROTATING_CODE_MAX])
{
    char order[ID_TEXT_CHARS + 1];
    id_format(ticket->order_id, order);
    for (char *c = order; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    snprintf(ret_text, ROTATING_CODE_MAX, MARK "%s.%" PRIu32 ".%u.", order, ticket->seat,
             ticket->generation);
}

void rotating_code_write(const uint8_t master[KEY_BYTES], const struct ticket_ref *ticket,
                         int64_t at_s, char ret_text[ROTATING_CODE_MAX])
{
    uint8_t key[TOTP_KEY_BYTES];
    char digits[TOTP_DIGITS + 1];
    assert(at_s >= 0 && at_s <= ROTATING_CODE_TIME_MAX);
    rotating_code_key(master, ticket, key);
    totp_write(key, at_s, digits);
    rotating_code_stem(ticket, ret_text);
    const size_t len = strlen(ret_text);
    snprintf(ret_text + len, ROTATING_CODE_MAX - len, "%" PRId64 ".%s", at_s, digits);
}

/* Takes what stands before the next point from the front. */
static struct view take(struct view *text)
{
    const char *point = text->len ? memchr(text->at, '.', text->len) : NULL;
    const struct view part = view_of(text->at, point ? (size_t)(point - text->at) : text->len);
    const size_t used = part.len + (point ? 1 : 0);
    *text = view_of(text->at + used, text->len - used);
    return part;
}

int rotating_code_check(const uint8_t master[KEY_BYTES], struct view text, int64_t now_s,
                        struct ticket_ref *ret_ticket)
{
    struct view rest = text;
    struct ticket_ref ticket;
    uint64_t seat, generation, at_s;
    char again[ROTATING_CODE_MAX];
    if (text.len >= ROTATING_CODE_MAX || !view_starts(text, VIEW_LIT(MARK)))
        return ERR_DENIED;
    take(&rest);
    if (id_parse(take(&rest), &ticket.order_id) || !view_to_u64(take(&rest), UINT32_MAX, &seat) ||
        !view_to_u64(take(&rest), TICKET_GENERATION_MAX, &generation) ||
        !view_to_u64(take(&rest), ROTATING_CODE_TIME_MAX, &at_s))
        return ERR_DENIED;
    ticket.seat = (uint32_t)seat;
    ticket.generation = (uint16_t)generation;
    rotating_code_write(master, &ticket, (int64_t)at_s, again);
    if (strlen(again) != text.len || sodium_memcmp(again, text.at, text.len) != 0)
        return ERR_DENIED;
    *ret_ticket = ticket;
    const int64_t age_s = now_s - (int64_t)at_s;
    return age_s > ROTATING_CODE_LATE_S || age_s < -ROTATING_CODE_EARLY_S ? ERR_TIMEOUT : 0;
}
