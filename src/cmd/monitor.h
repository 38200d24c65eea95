/*
 * usher monitor: what the processes have said and what was sold lately, searched; and how far it is
 * shipped.
 */
#ifndef USHER_CMD_MONITOR_H
#define USHER_CMD_MONITOR_H

#include "cmd/cmd.h"

#define MONITOR_COMMANDS 3
extern const struct cmd monitor_commands[MONITOR_COMMANDS];

#endif
