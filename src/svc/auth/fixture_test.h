/*
 * fixture: the auth role on a store in memory, a clock that stands still and seeded chance, called
 * without a server. For tests.
 */
#ifndef USHER_SVC_AUTH_FIXTURE_TEST_H
#define USHER_SVC_AUTH_FIXTURE_TEST_H

#include "svc/auth/handlers.h"

#define FIXTURE_ISSUER "https://usher.example"

struct fixture {
    struct clock_virtual now;
    struct chance_seeded seeded;
    struct auth auth;
    struct sql *sql;
    struct keyset *keyset;
    struct identity caller; /* of the next call */
    const char *address;    /* of the next call's caller; "" at first */
    const char *cookie;     /* the session cookie of the next call; "" at first */
    size_t arena_max;       /* of the next call; 1 MiB at first */
    /* Of the last call: */
    enum code failed; /* CODE_OK: it did not */
    char reason[64];  /* of its detail; empty: none */
    char field[64];
    uint64_t retry_after_ms;
    char set_cookie[160]; /* what it answered for the cookie; "none" where it said nothing */
};
extern struct fixture fixture;

/* 0. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* Calls a handler; the answer, which is initialised, lives until the next call but one. Returns
 * what the handler returned. */
int fixture_call(int (*handle)(struct call *call, const void *request, void *response),
                 const void *request, const ProtobufCMessageDescriptor *answer, void *response);

/* The code in the newest mail to that address; the empty string where there is none, or no mail. */
const char *fixture_code(const char *to);
/* How many mails went to that address, 50 at most. */
size_t fixture_mails(const char *to);
/* The template of the newest mail to that address, or the empty string. */
const char *fixture_template(const char *to);
/* How many acts of that kind there are. */
size_t fixture_acts(const char *what);
void fixture_advance_ms(int64_t ms);
/* Who an Authorization header is from, at fixture.address; however long that takes. */
int fixture_identify(const char *header, struct identity *ret_identity);
/* The caller of the next call is who the session's access token says. */
void fixture_be(const Usher__V1__Session *session);
/* An account whose address is verified, and who calls next. */
void fixture_open_account(const char *email, const char *password, Usher__V1__Session *ret_session);

#endif
