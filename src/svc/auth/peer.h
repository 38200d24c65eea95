/*
 * peer: other processes of the installation, who may say in whose name they call.
 *
 * A peer shows the text of a key file that both have, as "authorization: Bearer …". Without a key
 * only who connects from this machine is a peer. In whose name it calls stands in IDENTITY_FIELD;
 * nobody else's is ever believed.
 */
#ifndef USHER_SVC_AUTH_PEER_H
#define USHER_SVC_AUTH_PEER_H

#include "token/key.h"
#include "wire/server.h"

#define PEER_AUTHORIZATION_MAX (sizeof("Bearer ") + KEY_TEXT_CHARS)

struct peers {
    bool keyed;
    char authorization[PEER_AUTHORIZATION_MAX]; /* what each shows the other; "" without a key */
};

/* key: KEY_BYTES, or NULL. */
void peers_init(struct peers *peers, const uint8_t *key);
/* The identity a peer calls in; its own, ROLE_PEER, where it names none. ERR_DENIED: no peer, or
 * what it says of the caller is malformed. */
int peers_identify(const struct peers *peers, const struct credentials *credentials,
                   struct identity *ret_identity);

#endif
