/*
 * serve: the server: all roles in one process on the embedded store.
 */
#ifndef USHER_CMD_SERVE_H
#define USHER_CMD_SERVE_H

#include "conf/conf.h"

extern const struct conf_table serve_table;

/* usher serve. Runs until SIGINT or SIGTERM, then drains. Returns an enum cmd_exit. */
int serve_command(int argc, char **argv);

#endif
