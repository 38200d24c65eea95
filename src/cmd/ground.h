/*
 * ground: what a server stands on: the data folder, the two keys, and the store.
 *
 * Everything that can be wrong with a folder or a file is said here in one sentence, with the whole
 * path and the way out.
 */
#ifndef USHER_CMD_GROUND_H
#define USHER_CMD_GROUND_H

#include "store/store.h"
#include "token/key.h"

struct ground {
    uint8_t secret[KEY_BYTES];
    uint8_t operator_key[KEY_BYTES];
    struct store *store; /* NULL: none here */
};

struct ground_options {
    const char *data;  /* the process's own folder */
    const char *keys;  /* the folder of secret.key and operator.key; NULL: data */
    const char *store; /* mariadb://…; NULL: usher.db in data */
    bool keeps;        /* the process has a store at all */
};

/* Makes the folders, with those above them, and the keys where they do not exist, and opens the
 * store where there is one. CMD_OK; CMD_FALSE, or CMD_USAGE for an address that is none, after
 * having said what is wrong, and *ret_ground is as it was. */
int ground_open(const struct ground_options *options, struct ground *ret_ground);
/* The key in a file, made where it does not exist. CMD_OK, CMD_FALSE as above. */
int ground_key(const char *path, uint8_t ret_key[KEY_BYTES]);

#endif
