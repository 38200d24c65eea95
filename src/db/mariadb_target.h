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

struct mariadb_target {
    char host[256]; /* empty: socket */
    uint16_t port;
    char socket[108];
    char user[129];
    char database[65];
    char password[257];
    enum mariadb_tls tls;
    char tls_ca[PATH_MAX]; /* empty: the system's */
    uint32_t connections;
};

/* Reads an address, and the password's file that it names. ERR_INVALID: ret_why says what is
 * wrong. */
int mariadb_target_read(const char *url, struct mariadb_target *ret_target,
                        char ret_why[MARIADB_WHY_MAX]);

#endif
