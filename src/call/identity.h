/*
 * identity: who calls, as a set of roles, for whom they are held, and the ids behind them.
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

#define IDENTITY_TENANTS_MAX 8

/* Roles that are held for one organiser. */
struct identity_tenant {
    uint32_t tenant_id;
    uint32_t roles; /* bits */
};

struct identity {
    uint32_t roles;       /* bits, held for no tenant in particular */
    struct id account_id; /* zero: no account */
    struct id session_id; /* the sign-in, or machine's token, it comes from; zero: none */
    uint32_t tenant_count;
    struct identity_tenant tenants[IDENTITY_TENANTS_MAX];
};

/* Whether nothing is known of the caller. */
static inline bool identity_is_nobody(const struct identity *identity)
{
    return identity->roles == 0 && identity->tenant_count == 0;
}

/* Whether the caller has one of these roles, for whomever. */
static inline bool identity_has(const struct identity *identity, uint32_t any_of)
{
    bool has = (identity->roles & any_of) != 0;
    for (uint32_t i = 0; i < identity->tenant_count && !has; i++)
        has = (identity->tenants[i].roles & any_of) != 0;
    return has;
}

/* Whether the caller has one of these roles for this tenant: held for it, or for none in
 * particular. */
static inline bool identity_has_for(const struct identity *identity, uint32_t tenant_id,
                                    uint32_t any_of)
{
    bool has = (identity->roles & any_of) != 0;
    for (uint32_t i = 0; i < identity->tenant_count && !has; i++)
        has = identity->tenants[i].tenant_id == tenant_id &&
              (identity->tenants[i].roles & any_of) != 0;
    return has;
}

/* The name under which an identity travels between processes. */
#define IDENTITY_FIELD "x-usher-identity"
/* As metadata between processes: "ROLES;ACCOUNT;SESSION;TENANT:ROLES,TENANT:ROLES…", numbers in
 * hexadecimal, an id empty where it is zero. */
#define IDENTITY_TEXT_MAX (8 + 2 * (1 + ID_TEXT_CHARS) + IDENTITY_TENANTS_MAX * 18 + 1)
void identity_format(const struct identity *identity, char ret_text[IDENTITY_TEXT_MAX]);
/* ERR_INVALID: not what identity_format writes. */
int identity_parse(struct view text, struct identity *ret_identity);

#endif
