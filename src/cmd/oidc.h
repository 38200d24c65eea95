/*
 * oidc: the services whose accounts sign in here, as the operator names them.
 */
#ifndef USHER_CMD_OIDC_H
#define USHER_CMD_OIDC_H

#include "svc/auth/auth.h"

#define OIDC_TEXTS (64u << 10) /* bytes of all names and secrets */

/* Reads "NAME=ISSUER,CLIENT_ID,SECRET_FILE,…" of --option (NULL: none), the files too.
 * Texts are in the arena. An enum cmd_exit, after having said what is wrong. */
int oidc_read(const char *option, const char *words, struct arena *arena,
              struct auth_provider ret_providers[AUTH_PROVIDERS_MAX], uint32_t *ret_count);

#endif
