/*
 * webhook: the words of usher webhook.
 */
#ifndef USHER_CMD_WEBHOOK_H
#define USHER_CMD_WEBHOOK_H

#include "cmd/cmd.h"

#define WEBHOOK_COMMANDS 7
extern const struct cmd webhook_commands[WEBHOOK_COMMANDS];

#endif
