/*
 * provider: sign-in with another service's account: OpenID Connect's code flow with PKCE, or OAuth
 * 2 and the service's profile call. Inside src/svc/auth only.
 *
 *     begin ──url──▶ browser ──▶ service ──▶ browser ──code, state──▶ finish ──code──▶ service
 *
 * Nothing of a sign-in under way is kept: its state is a note under our mac, and the PKCE verifier,
 * the nonce and the browser's proof are made of the state with a secret key. So any process of this
 * installation can finish what another began.
 */
#ifndef USHER_SVC_AUTH_PROVIDER_H
#define USHER_SVC_AUTH_PROVIDER_H

#include <jansson.h>

#include "svc/auth/handlers.h"
#include "token/id_token.h"

#define PROVIDER_STATE_MS     INT64_C(900000)  /* a sign-in takes no longer */
#define PROVIDER_CALL_MS      10000            /* nor does one call to a service */
#define PROVIDER_KEPT_MS      INT64_C(3600000) /* what a service publishes is read anew then */
#define PROVIDER_ANEW_MS      5000 /* for a key that is not known, keys are read anew, so often */
#define PROVIDER_SECRET_CHARS 43

/* What a service does otherwise than OpenID Connect says. */
struct provider_quirks {
    const char *name;
    const char *scope;
    const char *name_claim;
    bool form_post;      /* sends the browser back with a form of its own (response_mode) */
    bool secret_in_body; /* takes its client's secret there alone */
    bool signs_secret;   /* the secret is a JWT that the client signs (Apple) */
    bool plain_oauth;    /* no ID token, no PKCE: a profile call tells who it is */
    /* Of plain_oauth, behind the issuer; profile of another host where the issuer is real. */
    const char *authorize_path, *token_path, *profile_path;
    const char *real_issuer, *real_profile;
};
/* By the name that the operator gave; for one that is not in the table, what the standard says. */
const struct provider_quirks *provider_quirks_of(const char *name);

/* Where a service is spoken to. In the caller's arena; NULL: it has none. */
struct provider_places {
    const char *authorize, *token, *jwks, *userinfo;
    bool secret_in_body;
};

/* ---- provider_places.c: what a service publishes, remembered ---- */

void provider_places_release(struct auth_provider *provider);
/* 0; ERR_UNAVAILABLE: the service does not answer, or not as it must; ERR_NO_MEMORY. */
int provider_places(struct call *call, struct auth_provider *provider,
                    struct provider_places *ret_places);
/* Its keys; anew: not those that are remembered, unless they were read just now. As above. */
int provider_keys(struct call *call, struct auth_provider *provider, const char *url, bool anew,
                  struct view *ret_jwks);
/* One exchange whose answer is a JSON object, the caller's to release, whatever the status. */
int provider_ask(struct call *call, const struct http_ask *ask, int *ret_status, json_t **ret_json);

/* ---- provider_note.c: what travels through the browser ---- */

enum provider_note { NOTE_STATE, NOTE_PROVEN, NOTE_PERSON };
/* Takes the object over, adds an end to it, and writes it under our mac. NULL: no memory. */
const char *provider_note_write(struct call *call, enum provider_note kind, json_t *said);
/* The object, the caller's to release. NULL: it is none of ours, or has ended. */
json_t *provider_note_read(struct call *call, enum provider_note kind, const char *text);
/* A secret that belongs to a state: "verifier", "nonce", "browser". */
void provider_secret(const struct auth *auth, const char *what, const char *state,
                     char ret_text[PROVIDER_SECRET_CHARS + 1]);

/* ---- provider_exchange.c: from a code to who it is ---- */

/* 0; ERR_UNAVAILABLE; ERR_DENIED: the service, or what it said, refuses; ERR_NO_MEMORY. */
int provider_exchange(struct call *call, struct auth_provider *provider, const char *state,
                      const char *code, struct id_token_claims *ret_claims);
/* Where the service sends the browser back to. NULL: no memory. */
const char *provider_way_back(struct call *call, const struct auth_provider *provider);

#endif
