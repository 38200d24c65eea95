/*
 * till: the words of usher till: the box office sells over its counter.
 */
#ifndef USHER_CMD_TILL_H
#define USHER_CMD_TILL_H

#include "cmd/cmd.h"

#define TILL_COMMANDS 6
extern const struct cmd till_commands[TILL_COMMANDS];

#endif
