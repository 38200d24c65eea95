/*
 * person: that an account belongs to whoever has a telephone, or to a person by law (본인인증).
 * Inside src/svc/auth only.
 *
 *     begin ──number──▶ service ──code──▶ telephone ──▶ buyer ──code──▶ prove ──▶ service
 *                                                        store ◀── HMAC of what it proved ──┘
 *
 * Nothing of a proof under way is kept here: it is a note under our mac, as a sign-in by a service
 * is (provider.h). What was typed in is handed on; what stays is a keyed hash.
 */
#ifndef USHER_SVC_AUTH_PERSON_H
#define USHER_SVC_AUTH_PERSON_H

#include "store/persons.h"
#include "svc/auth/provider.h"

#define PERSON_REF_MAX   64 /* characters of a service's name of a proof */
#define PERSON_PHONE_MIN 8  /* digits */
#define PERSON_PHONE_MAX 15
#define PERSON_CODE_MAX  10 /* digits */
#define PERSON_CI_CHARS  88 /* of base64: 64 bytes */

/* Whom a proof is asked for. Texts are NUL-terminated. */
struct person_wish {
    const char *phone;    /* digits, with the country and without + */
    const char *domestic; /* the same as it is dialled in Korea; NULL: another country's */
    const char *name, *identity_number, *carrier;
    const char *address; /* where the caller is */
};

/* How a service is spoken to. Both calls return 0 or
 *   ERR_UNAVAILABLE  it does not answer, or not as it must
 *   ERR_DENIED       it refuses: the number, the person, or the code
 *   ERR_NO_MEMORY */
struct person_adapter {
    const char *name;
    enum person_kind kind;
    bool wants_person; /* name, identity number and carrier */
    /* Has a code sent; *ret_ref (the call's arena) is what the service calls the proof. */
    int (*send)(struct call *call, const struct auth_person_service *service,
                const struct person_wish *wish, const char **ret_ref);
    /* Shows the code; *ret_subject (the call's arena) is what it proves: digits of a telephone, or
     * the 88 characters of a CI. */
    int (*confirm)(struct call *call, const struct auth_person_service *service, const char *ref,
                   const char *code, const char **ret_subject);
};
/* NULL: there is none of that name. */
const struct person_adapter *person_adapter_of(const char *name);

/* What is kept of a subject: 16 bytes of its HMAC-SHA256, with the kind. */
struct id person_id_of(const struct auth *auth, enum person_kind kind, const char *subject);

#endif
