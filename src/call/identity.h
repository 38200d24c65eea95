/*
 * identity: who calls, as a set of roles and the ids they are held for.
 *
 * The call layer compares bits and copies ids; what a bit means is named above it
 * (token/roles.h).
 */
#ifndef USHER_CALL_IDENTITY_H
#define USHER_CALL_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "mem/id.h"
#include "mem/view.h"

struct identity {
    uint32_t roles;       /* bits; 0: nobody is known */
    struct id account_id; /* zero: no account */
    struct id tenant_id;  /* the organiser that the roles are held for; zero: none in particular */
};

/* Whether the caller has one of these roles. */
static inline bool identity_has(const struct identity *identity, uint32_t any_of)
{
    return (identity->roles & any_of) != 0;
}

/* The name under which an identity travels between processes. */
#define IDENTITY_FIELD "usher-identity"
/* As metadata between processes: "ROLES;ACCOUNT;TENANT", roles in hexadecimal, an id empty where it
 * is zero. */
#define IDENTITY_TEXT_MAX (8 + 2 * (1 + ID_TEXT_CHARS) + 1)
void identity_format(const struct identity *identity, char ret_text[IDENTITY_TEXT_MAX]);
/* ERR_INVALID: not what identity_format writes. */
int identity_parse(struct view text, struct identity *ret_identity);

#endif
