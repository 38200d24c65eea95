/*
 * email: e-mail addresses as accounts have them.
 */
#ifndef USHER_SVC_AUTH_EMAIL_H
#define USHER_SVC_AUTH_EMAIL_H

#include "store/accounts.h"

/* Writes the address as it is kept and compared, ASCII letters in lower case, and a NUL.
 * ERR_INVALID unless it is one as browsers take it (the HTML standard, "valid e-mail address"), of
 * at most 64 bytes before the @ (RFC 5321, 4.5.3.1.1), where dots stand as in 4.1.2, and with a dot
 * behind it. */
int email_normalise(struct view text, char ret_email[ACCOUNT_EMAIL_MAX + 1]);

#endif
