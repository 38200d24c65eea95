/*
 * usher mail: what went out, what waits, and what could not be sent.
 */
#ifndef USHER_CMD_MAIL_H
#define USHER_CMD_MAIL_H

#include "cmd/cmd.h"

#define MAIL_COMMANDS 4
extern const struct cmd mail_commands[MAIL_COMMANDS];

#endif
