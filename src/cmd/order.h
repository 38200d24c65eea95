/*
 * order: orders and their money: usher order show|refund, usher payment list.
 */
#ifndef USHER_CMD_ORDER_H
#define USHER_CMD_ORDER_H

#include "cmd/cmd.h"

#define ORDER_COMMANDS 10
extern const struct cmd order_commands[ORDER_COMMANDS];
#define PAYMENT_COMMANDS 4
extern const struct cmd payment_commands[PAYMENT_COMMANDS];

struct session;
#define ORDER_SEATS_MAX 8

/* order_desk.c */
int order_find_command(int argc, char **argv);
int order_resend_command(int argc, char **argv);
int order_cancel_command(int argc, char **argv);
extern const struct conf_table order_find_table, order_resend_table, order_cancel_table;
/* The id of an order that is named by its id or its number. CMD_OK, or an enum cmd_exit after
 * having said why. */
int order_find_id(struct session *session, const char *text, const char **ret_order_id);
/* "17,18": as order_find_id. */
int order_read_seats(const char *command, const char *text, uint32_t ret_seats[ORDER_SEATS_MAX],
                     size_t *ret_count);

/* order_move.c */
int order_move_command(int argc, char **argv);
extern const struct conf_table order_move_table;

/* order_notes.c */
int order_note_command(int argc, char **argv);
int order_edit_command(int argc, char **argv);
extern const struct conf_table order_note_table, order_edit_table;
/* Prints the notes on an order, if there are any. As order_find_id. */
int order_print_notes(struct session *session, const char *order_id);

/* order_export.c */
int order_export_command(int argc, char **argv);
extern const struct conf_table order_export_table;

/* order_collect.c */
int order_collect_command(int argc, char **argv);
extern const struct conf_table order_collect_table;

/* refund_all.c */
int refund_all_command(int argc, char **argv);
extern const struct conf_table refund_all_table;

/* selling.c */
int selling_terms_command(int argc, char **argv);
int receipts_command(int argc, char **argv);
extern const struct conf_table selling_terms_table, receipts_table;

#endif
