/*
 * mariadb_target: what a mariadb:// address says.
 */
#ifndef USHER_DB_MARIADB_TARGET_H
#define USHER_DB_MARIADB_TARGET_H

#include <limits.h>
#include <stdint.h>

#include "db/mariadb.h"

#define MARIADB_PORT                3306
#define MARIADB_CONNECTIONS_DEFAULT 16

enum mariadb_tls {
    MARIADB_TLS_OFF,
    MARIADB_TLS_REQUIRE, /* encrypted; whose certificate it is does not matter */
    MARIADB_TLS_VERIFY   /* the certificate is checked, and its name */
};

struct mariadb_place {
    char host[256]; /* empty: socket */
    uint16_t port;
};

struct mariadb_target {
    struct mariadb_place places[MARIADB_PLACES_MAX]; /* one of them is the primary */
    uint32_t place_count;
    char socket[108];
    char user[129];
    char database[65];
    char password[257];
    enum mariadb_tls tls;
    char tls_ca[PATH_MAX];   /* empty: the system's */
    char tls_cert[PATH_MAX]; /* empty: none is shown */
    char tls_key[PATH_MAX];
    bool semi_sync; /* what is committed must be on a replica too */
    uint32_t connections;
};

/* Reads an address, and the password's file that it names. ERR_INVALID: ret_why says what is
 * wrong. */
int mariadb_target_read(const char *url, struct mariadb_target *ret_target,
                        char ret_why[MARIADB_WHY_MAX]);

#endif
