/*
 * usher ready: does a process serve? For whatever looks after it: a container's health check, a
 * script that waits, a drill.
 */
#ifndef USHER_CMD_READY_H
#define USHER_CMD_READY_H

#include "conf/conf.h"

extern const struct conf_table ready_table;

/* argv[0] is "ready". Returns an enum cmd_exit. */
int ready_command(int argc, char **argv);

#endif
