/*
 * account: the words of usher account.
 */
#ifndef USHER_CMD_ACCOUNT_H
#define USHER_CMD_ACCOUNT_H

#include "cmd/cmd.h"

#define ACCOUNT_COMMANDS 9
extern const struct cmd account_commands[ACCOUNT_COMMANDS];

#endif
