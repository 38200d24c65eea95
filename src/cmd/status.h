/*
 * usher status: which process owns what.
 */
#ifndef USHER_CMD_STATUS_H
#define USHER_CMD_STATUS_H

#include "conf/conf.h"

extern const struct conf_table status_table;

/* `usher status [--url URL] [--json]`. 0: every performance has an owner, and the coordinator
 * answers; 1: not so, or it could not be asked. */
int status_command(int argc, char **argv);

#endif
