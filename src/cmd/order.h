/*
 * order: orders and their money: usher order show|refund, usher payment list.
 */
#ifndef USHER_CMD_ORDER_H
#define USHER_CMD_ORDER_H

#include "cmd/cmd.h"
#include "usher/v1/door.pb-c.h"

#define ORDER_COMMANDS 10
extern const struct cmd order_commands[ORDER_COMMANDS];
#define PAYMENT_COMMANDS 4
extern const struct cmd payment_commands[PAYMENT_COMMANDS];

struct session;
#define ORDER_SEATS_MAX 8

/* order_found.c: one of both is there, the other NULL. */
struct order_found {
    const Usher__V1__FoundOrder *order;
    const Usher__V1__FoundReservation *reservation;
};
/* The one that is called so, by number or id; of that performance, where it is not 0. CMD_OK, or an
 * enum cmd_exit after having said why. */
int order_look(struct session *session, const char *text, uint32_t performance_id,
               struct order_found *ret_found);
/* The id of an order that is called so; places that are held to be paid are refused, with what to
 * do instead. As order_look. */
int order_find_id(struct session *session, const char *text, const char **ret_order_id);
/* Says that it is no order, and what to do: an enum cmd_exit. */
int order_refuse_reservation(struct session *session, const Usher__V1__FoundReservation *one);
/* Prints what it is, for whom, and what of. */
void order_print_what(struct session *session, const struct order_found *found);
/* "paid by card", "a comp" */
const char *order_paid_word(const Usher__V1__Order *order);
/* Whether money came for it that a refund gives back. */
bool order_is_paid(const Usher__V1__Order *order);
/* Whether it is to be paid until a deadline: then the organiser may end it. */
bool order_waits(const Usher__V1__FoundReservation *reservation);
/* "held until 19:30, to be paid at the box office", in the session's arena. */
const char *order_reservation_words(struct session *session,
                                    const Usher__V1__FoundReservation *reservation);

/* order_desk.c */
int order_find_command(int argc, char **argv);
int order_resend_command(int argc, char **argv);
int order_cancel_command(int argc, char **argv);
extern const struct conf_table order_find_table, order_resend_table, order_cancel_table;
/* "17,18": as order_look. */
int order_read_seats(const char *command, const char *text, uint32_t ret_seats[ORDER_SEATS_MAX],
                     size_t *ret_count);

/* order_move.c */
int order_move_command(int argc, char **argv);
extern const struct conf_table order_move_table;

/* order_notes.c */
int order_note_command(int argc, char **argv);
int order_edit_command(int argc, char **argv);
extern const struct conf_table order_note_table, order_edit_table;
/* Prints the notes on an order, if there are any. As order_look. */
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
