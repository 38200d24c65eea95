/*
 * manual: the whole tree of commands as one man page, or as a completion for bash; for packages.
 */
#ifndef USHER_CMD_MANUAL_H
#define USHER_CMD_MANUAL_H

#include "cmd/cmd.h"

/* Writes usher(1), in the macros of man(7). */
void manual_write(const struct cmd *root, const char *version, FILE *out);
/* Writes a script that completes commands and options in bash. */
void manual_write_completion(const struct cmd *root, FILE *out);

#endif
