/*
 * auth: who is calling.
 *
 * Two kinds of callers so far: the organiser, who shows the text of DIR/operator.key, and guests,
 * who show the token that AuthService.CreateGuest gave them. Either comes as "authorization: Bearer
 * …" (RFC 6750, 2.1). The role talks to nobody and keeps nothing: a guest's account is the token
 * itself, so a restart or another server with the same secret.key knows every guest.
 *
 * Each thread remembers the tokens it has checked lately (verified.h); nothing else is written
 * after auth_init, so all calls may come from any worker.
 */
#ifndef USHER_SVC_AUTH_AUTH_H
#define USHER_SVC_AUTH_AUTH_H

#include <pthread.h>

#include "call/call.h"
#include "chance/chance.h"
#include "clock/clock.h"
#include "token/key.h"

struct auth_options {
    const uint8_t *master;       /* KEY_BYTES of secret.key, copied */
    const uint8_t *operator_key; /* KEY_BYTES of operator.key, copied */
    const struct clock *clock;   /* borrowed */
    struct chance *chance;       /* borrowed; fit for ids */
    int64_t guest_ttl_ms;        /* how long a guest's token holds, at least 1,000 */
};

struct auth {
    uint8_t guest_key[KEY_BYTES];
    char operator_text[KEY_TEXT_CHARS + 1];
    const struct clock *clock;
    struct chance *chance;
    int64_t guest_ttl_s;
    pthread_key_t verified; /* each thread's struct verified */
};

/* ERR_NO_MEMORY (the system's thread keys have run out). */
int auth_init(struct auth *auth, const struct auth_options *options);
/* Every thread that called auth_identify, but the caller's, must have ended. */
void auth_release(struct auth *auth);

/* AuthService with this state, to be put into a server's table. */
struct service auth_service(struct auth *auth);

/* The body of server_options.identify. An empty view is nobody: no roles. ERR_DENIED: neither the
 * organiser's key nor a guest's token that still holds. Does not wait. */
int auth_identify(struct auth *auth, struct view authorization, struct identity *ret_identity);

/* AuthService.CreateGuest. */
int auth_create_guest(struct call *call, const void *request, void *response);

#endif
