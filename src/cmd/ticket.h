/*
 * usher ticket: checks codes at a door, and makes the file of an order's tickets.
 */
#ifndef USHER_CMD_TICKET_H
#define USHER_CMD_TICKET_H

#include "cmd/cmd.h"

#define TICKET_COMMANDS 8
extern const struct cmd ticket_commands[TICKET_COMMANDS];

/* ticket_block.c */
extern const struct conf_table ticket_block_table, ticket_unblock_table, ticket_blocked_table,
    ticket_entry_table;
int ticket_block_command(int argc, char **argv);
int ticket_unblock_command(int argc, char **argv);
int ticket_blocked_command(int argc, char **argv);
int ticket_entry_command(int argc, char **argv);

#endif
