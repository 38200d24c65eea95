/*
 * order: orders and their money: usher order show|refund, usher payment list.
 */
#ifndef USHER_CMD_ORDER_H
#define USHER_CMD_ORDER_H

#include "cmd/cmd.h"

#define ORDER_COMMANDS 2
extern const struct cmd order_commands[ORDER_COMMANDS];
#define PAYMENT_COMMANDS 2
extern const struct cmd payment_commands[PAYMENT_COMMANDS];

/* refund_all.c */
int refund_all_command(int argc, char **argv);
extern const struct conf_table refund_all_table;

#endif
