/*
 * second_factor: six digits that change every half minute, of an authenticator. Inside
 * src/svc/auth only.
 */
#ifndef USHER_SVC_AUTH_SECOND_FACTOR_H
#define USHER_SVC_AUTH_SECOND_FACTOR_H

#include "svc/auth/handlers.h"
#include "token/totp.h"

#define SECOND_FACTOR_DIGITS 6
#define SECRET_CHARS         (TOTP_KEY_BYTES / 5 * 8)
#define RECOVERY_CHARS       14 /* "0123-4567-8901" */

/* Checks a code against the account's secret, or as one of its recovery codes, and uses it up.
 * ERR_DENIED: it is none of now, or was used before; ERR_CORRUPT: the secret was sealed with
 * another key; otherwise as sql_write. */
int second_factor_check(struct call *call, const struct account *account, const char *code);

#endif
