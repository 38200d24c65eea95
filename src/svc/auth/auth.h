/*
 * auth: who is calling: guests, accounts, their sessions; and the operator.
 *
 * Three kinds of callers: the operator, who shows the text of DIR/operator.key; guests, who show
 * the token that CreateGuest gave them and are known by it alone; accounts, who show an access
 * token (token/access.h). All come as "authorization: Bearer …" (RFC 6750, 2.1). The role talks to
 * its store alone (store/accounts.h), and to no other role.
 *
 * Each thread remembers the tokens it has checked lately (verified.h); what else is written after
 * auth_init has its own lock, so all calls may come from any worker. docs/internals/accounts.md
 * tells how it all fits together.
 */
#ifndef USHER_SVC_AUTH_AUTH_H
#define USHER_SVC_AUTH_AUTH_H

#include <pthread.h>

#include "call/work.h"
#include "chance/chance.h"
#include "clock/clock.h"
#include "db/http.h"
#include "fiber/offload.h"
#include "fiber/worker.h"
#include "store/accounts.h"
#include "svc/auth/attempts.h"
#include "svc/auth/ended.h"
#include "svc/auth/roster.h"
#include "token/access.h"
#include "token/key.h"
#include "wire/server.h"

#define AUTH_ACCESS_TTL_S INT64_C(600)

#define AUTH_PROVIDERS_MAX 8

/* What a service published, and when it was read. */
struct provider_memory {
    char *text;
    int64_t read_at_ms;
};
struct provider_quirks;

/* A service whose accounts sign in here. The operator's words; borrowed. */
struct auth_provider {
    const char *name;      /* 1 to 32 letters in lower case, digits and '-' */
    const char *issuer;    /* as the service writes it */
    const char *client_id; /* what we are called there */
    const char *secret;    /* NULL: none; of a service that wants one signed: the key, as PEM */
    const char *key_id, *team_id; /* of that key */
    /* Of auth: */
    const struct provider_quirks *quirks;
    pthread_mutex_t lock; /* of both memories */
    struct provider_memory discovery, keys;
};

#define AUTH_PERSONS_MAX 2 /* a service a kind of proof */

/* A service that proves whose a telephone, or a person, is. The operator's words; borrowed. */
struct auth_person_service {
    const char *name; /* of the table in person_services.c */
    const char *base_url;
    const char *client;       /* what the service calls us, beside the secret; may be empty */
    const char *secret;       /* one line */
    const char *messages_url; /* of a stand-in: where its messages are read; NULL: a real one */
};

/* Whether there is such a service in the table; its kind (usher.v1.PersonRule). 0: there is not. */
uint32_t auth_person_kind(const char *name);

struct breached;

struct auth_options {
    const uint8_t *master;       /* KEY_BYTES of secret.key, copied */
    const uint8_t *operator_key; /* KEY_BYTES of operator.key, copied */
    const struct clock *clock;   /* borrowed */
    struct chance *chance;       /* borrowed; fit for ids */
    int64_t guest_ttl_ms;        /* how long a guest's token holds, at least 1,000 */
    const char *issuer;          /* of access tokens; borrowed, at most ACCESS_ISSUER_MAX bytes */
    struct sql *sql;             /* borrowed; its tables are made or brought up */
    struct keyset *keyset;       /* borrowed; signs access tokens */
    struct offload *hashing;     /* borrowed; hashes passwords. NULL: in place */
    const struct breached *breached; /* borrowed; no new password stands there. NULL: none */
    struct offload *checking; /* borrowed; checks signatures where many are new. NULL: in place */
    /* Guests that one address, and one network, may make at once, and then an hour; 0: no limit. */
    int64_t address_guests, network_guests;
    struct work_rules work;                    /* of the proof of work at CreateGuest */
    const char *terms;                         /* the version of the terms; borrowed */
    const struct auth_provider *providers;     /* borrowed; the order is that of the page */
    uint32_t provider_count;                   /* at most AUTH_PROVIDERS_MAX */
    const struct auth_person_service *persons; /* borrowed; a kind at most once */
    uint32_t person_count;                     /* at most AUTH_PERSONS_MAX */
    const char *public_url;                    /* of this site, for ways back; borrowed */
    int64_t remind_ms; /* so long before an opening the door mails who asked for it */
    /* The client that calls to services go through, on the calling fiber's worker. */
    struct http *(*http)(void *http_state);
    void *http_state;
};

struct auth {
    uint8_t guest_key[KEY_BYTES];
    uint8_t refresh_key[KEY_BYTES];
    uint8_t proof_key[KEY_BYTES];
    uint8_t api_key[KEY_BYTES];
    uint8_t kept_key[KEY_BYTES];
    uint8_t factor_key[KEY_BYTES];
    uint8_t recovery_key[KEY_BYTES];
    uint8_t provider_key[KEY_BYTES];
    uint8_t person_key[KEY_BYTES];
    char operator_text[KEY_TEXT_CHARS + 1];
    const struct clock *clock;
    struct chance *chance;
    int64_t guest_ttl_s;
    struct view issuer;
    struct sql *sql;
    struct keyset *keyset;
    struct offload *hashing;
    const struct breached *breached;
    struct offload *checking;
    struct attempts attempts;
    struct work *work; /* that CreateGuest asks for */
    struct roster roster;
    struct ended ended;
    struct worker *follower; /* borrowed; NULL: nothing follows */
    struct scope follow_scope;
    struct view terms;
    _Atomic int64_t swept_at_s;    /* when what is kept was last looked through */
    _Atomic int64_t followed_at_s; /* when the roster was last read */
    struct auth_provider providers[AUTH_PROVIDERS_MAX];
    uint32_t provider_count;
    struct auth_person_service persons[AUTH_PERSONS_MAX];
    uint32_t person_count;
    const char *public_url;
    int64_t remind_ms;
    struct http *(*http)(void *http_state);
    void *http_state;
    pthread_key_t verified; /* each thread's struct verified */
};

/* ERR_NO_MEMORY (also: the system's thread keys have run out); or as accounts_migrate,
 * grants_read and ended_guest_read. */
int auth_init(struct auth *auth, const struct auth_options *options);
/* Every thread that called auth_identify, but the caller's, must have ended. */
void auth_release(struct auth *auth);

#define AUTH_FOLLOW_PAUSE_MS 2000
/* From now on a fiber of the worker, borrowed, reads every AUTH_FOLLOW_PAUSE_MS which guests have
 * become accounts in other processes. As worker_call and fiber_spawn. */
int auth_follow(struct auth *auth, struct worker *worker);
/* The end of it, before the worker's; idempotent. */
void auth_follow_stop(struct auth *auth);

/* AuthService with this state, to be put into a server's table. */
struct service auth_service(struct auth *auth);

/* The body of server_options.identify. Who shows nothing is nobody: no roles. ERR_DENIED: neither
 * the operator's key nor a token that still holds, or the account or address is blocked. ERR_BUSY:
 * auth_identify_slowly has to find out, because this thread has checked AUTH_CHECKS_AT_ONCE new
 * signatures just now. Does not wait. */
int auth_identify(struct auth *auth, const struct credentials *shown,
                  struct identity *ret_identity);
/* The body of server_options.identify_slowly: from a fiber, which waits for the pool. ERR_DENIED;
 * ERR_FULL: as many wait as may. */
int auth_identify_slowly(struct auth *auth, const struct credentials *shown,
                         struct identity *ret_identity);
/* New signatures, of 0.1 ms each, that a loop checks itself within AUTH_CHECKS_WINDOW_MS. */
#define AUTH_CHECKS_AT_ONCE   4
#define AUTH_CHECKS_WINDOW_MS 10

/* Answers GET /.well-known/jwks.json. False, and nothing is done, for another path. Does not wait.
 */
bool auth_page(struct auth *auth, const struct page_request *ask, struct page *ret_page);

/* Whether a service of that name wants a secret that its client signs: its file holds a key. */
bool auth_provider_signs(const char *name);

/* A rule for the server: services that send the browser back with a form of theirs. */
#define AUTH_FORM_PATH "/oidc/form/"
#define AUTH_FORM_MAX  (16u << 10) /* bytes */
void auth_form_page(void *auth, const struct plain_request *ask, struct page *ret_page);

#endif
