/*
 * persons: the services that prove who somebody is, as the operator names them.
 */
#ifndef USHER_CMD_PERSONS_H
#define USHER_CMD_PERSONS_H

#include "cmd/house.h"
#include "cmd/oidc.h"

/* Reads --person, and the secrets' files; without it, --psp gives the stand-in. Texts are in the
 * arena. An enum cmd_exit, after having said what is wrong. */
int persons_read(const struct serve_values *values, struct arena *arena,
                 struct auth_person_service ret_services[AUTH_PERSONS_MAX], uint32_t *ret_count);

#endif
