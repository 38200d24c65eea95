/*
 * api: the token that a machine shows: its id, signed.
 *
 *     usher_ base64url( token id, 16 bytes | HMAC-SHA256, 32 bytes )
 *
 * It begins so that scanners of code find it where it should not be. The store keeps the id and
 * what it may; a stolen copy of the store gives nobody a token.
 */
#ifndef USHER_TOKEN_API_H
#define USHER_TOKEN_API_H

#include "mem/id.h"
#include "token/key.h"

#define API_TOKEN_CHARS 70

/* Writes the token and a NUL. */
void api_token_write(const uint8_t key[KEY_BYTES], struct id token_id,
                     char ret_text[API_TOKEN_CHARS + 1]);
/* Whether the text could be one: so that no other kind is looked at as one. */
bool api_token_looks(struct view text);
/* ERR_DENIED unless the text is, to the letter, a token written with this key. */
int api_token_check(const uint8_t key[KEY_BYTES], struct view text, struct id *ret_token_id);

#endif
