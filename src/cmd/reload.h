/*
 * reload: what a running server reads anew on SIGHUP: the certificate, the keys that sign access
 * tokens, the log level.
 */
#ifndef USHER_CMD_RELOAD_H
#define USHER_CMD_RELOAD_H

#include "cmd/house.h"

/* The command line that the server was started with. */
struct words {
    int argc;
    char **argv;
};

/* Says in the log what is new. Whatever cannot be read stays as it was. */
void reload(struct house *house, const struct words *words);

#endif
