/*
 * commonest: the passwords that guessers try first (embed_commonest.py).
 */
#ifndef USHER_SVC_AUTH_COMMONEST_H
#define USHER_SVC_AUTH_COMMONEST_H

#include <stddef.h>

/* In lower case, ascending by strcmp. */
extern const char *const commonest_passwords[];
extern const size_t commonest_passwords_count;

#endif
