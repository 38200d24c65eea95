/*
 * usher ticket: checks codes at a door, and makes the file of an order's tickets.
 */
#ifndef USHER_CMD_TICKET_H
#define USHER_CMD_TICKET_H

#include "cmd/cmd.h"

#define TICKET_COMMANDS 4
extern const struct cmd ticket_commands[TICKET_COMMANDS];

#endif
