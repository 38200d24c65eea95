#include "svc/auth/peer.h"

#include <sodium.h>
#include <stdio.h>

#include "err/err.h"
#include "token/roles.h"

void peers_init(struct peers *peers, const uint8_t *key)
{
    char text[KEY_TEXT_CHARS + 1];
    *peers = (struct peers){.keyed = key};
    if (!key)
        return;
    key_format(key, text);
    snprintf(peers->authorization, sizeof(peers->authorization), "Bearer %s", text);
    sodium_memzero(text, sizeof(text));
}

static bool is_peer(const struct peers *peers, const struct credentials *shown)
{
    const size_t len = sizeof(peers->authorization) - 1;
    if (!peers->keyed)
        return shown->local;
    return shown->authorization.len == len &&
           sodium_memcmp(shown->authorization.at, peers->authorization, len) == 0;
}

int peers_identify(const struct peers *peers, const struct credentials *credentials,
                   struct identity *ret_identity)
{
    if (!is_peer(peers, credentials))
        return ERR_DENIED;
    if (credentials->identity.len == 0) {
        *ret_identity = (struct identity){.roles = ROLE_PEER};
        return 0;
    }
    return identity_parse(credentials->identity, ret_identity) == 0 ? 0 : ERR_DENIED;
}
