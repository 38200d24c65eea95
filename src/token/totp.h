/*
 * totp: one-time passwords by time (RFC 6238) over HMAC-SHA-1 (RFC 4226), 8 digits, 30 s: what
 * Google Wallet turns by itself as TOTP_SHA1, and every phone can.
 */
#ifndef USHER_TOKEN_TOTP_H
#define USHER_TOKEN_TOTP_H

#include <stdint.h>

#define TOTP_KEY_BYTES 20 /* RFC 4226, 4: 160 bits are recommended */
#define TOTP_DIGITS    8
#define TOTP_STEP_S    30

/* Writes the 8 digits of the step that Unix time at_s (not negative) is in, and a NUL. */
void totp_write(const uint8_t key[TOTP_KEY_BYTES], int64_t at_s, char ret_text[TOTP_DIGITS + 1]);

#endif
