/*
 * refresh: the token that gives the next access token.
 *
 *     base64url( session id, 16 bytes | generation, 4 bytes big-endian | HMAC-SHA256, 32 bytes )
 *
 * It is opaque to whoever has it. The store keeps the generation alone, so a stolen copy of the
 * store gives nobody a token; and a token that is no token of ours is refused without asking the
 * store.
 */
#ifndef USHER_TOKEN_REFRESH_H
#define USHER_TOKEN_REFRESH_H

#include "mem/id.h"
#include "token/key.h"

#define REFRESH_TOKEN_CHARS 70

/* Writes the token and a NUL. */
void refresh_token_write(const uint8_t key[KEY_BYTES], struct id session_id, uint32_t generation,
                         char ret_text[REFRESH_TOKEN_CHARS + 1]);
/* ERR_DENIED unless the text is, to the letter, a token written with this key. */
int refresh_token_check(const uint8_t key[KEY_BYTES], struct view text, struct id *ret_session_id,
                        uint32_t *ret_generation);

#endif
