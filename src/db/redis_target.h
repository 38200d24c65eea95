/*
 * redis_target: what a redis:// address says. For the driver; whoever uses it sees the kinds alone.
 */
#ifndef USHER_DB_REDIS_TARGET_H
#define USHER_DB_REDIS_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define REDIS_PLACES_MAX 16 /* in an address */
#define REDIS_HOST_MAX   255

enum redis_kind {
    REDIS_ONE,      /* a server */
    REDIS_SENTINEL, /* the places are sentinels, who know the master of that name */
    REDIS_CLUSTER   /* the places are some nodes of a cluster */
};

struct redis_place {
    char host[REDIS_HOST_MAX + 1];
    uint16_t port;
};

/* Who we say we are; empty: nobody. */
struct redis_login {
    char user[129];
    char password[513];
};

struct redis_target {
    enum redis_kind kind;
    struct redis_place places[REDIS_PLACES_MAX];
    uint32_t place_count;
    char name[300];  /* HOST:PORT, or MASTER of HOST:PORT,… */
    char master[65]; /* of sentinels */
    uint32_t number; /* of the database */
    struct redis_login login;
    struct redis_login sentinels; /* at the sentinels */
    char tls_ca[PATH_MAX];        /* empty: the system's */
    char tls_cert[PATH_MAX];      /* empty: none is shown */
    char tls_key[PATH_MAX];
    bool secure;
};

/* ERR_INVALID, with a sentence of URL_WHY_MAX bytes. Files that are named are read once. */
int redis_target_read(const char *url, struct redis_target *ret_target, char *ret_why);

bool redis_place_eq(const struct redis_place *a, const struct redis_place *b);
/* "HOST:PORT" */
#define REDIS_PLACE_TEXT_MAX (REDIS_HOST_MAX + 8)
void redis_place_text(const struct redis_place *place, char text[REDIS_PLACE_TEXT_MAX]);

#endif
