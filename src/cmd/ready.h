/*
 * usher ready: does a process serve? For whatever looks after it: a container's health check, a
 * script that waits, a drill.
 */
#ifndef USHER_CMD_READY_H
#define USHER_CMD_READY_H

#include <stddef.h>

#include "conf/conf.h"

extern const struct conf_table ready_table;

/* argv[0] is "ready". Returns an enum cmd_exit. */
int ready_command(int argc, char **argv);

/* What url/readyz says: the status, and the body's first words (READY_TEXT_MAX bytes); 0: nobody
 * answers, or no HTTP. Blocks for some seconds at most. */
#define READY_TEXT_MAX 128
long ready_status(const char *url, const char *tls_ca, char ret_text[READY_TEXT_MAX]);

#endif
