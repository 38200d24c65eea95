/*
 * usher hall: halls of a running server.
 */
#ifndef USHER_CMD_HALL_H
#define USHER_CMD_HALL_H

#include "cmd/cmd.h"

#define HALL_COMMANDS 4
extern const struct cmd hall_commands[HALL_COMMANDS];

#endif
