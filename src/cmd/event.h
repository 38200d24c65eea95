/*
 * event: what is on sale: usher event create|edit|publish|hide|delete|open|pause|report|block|
 * unblock|blocks|holders|unhold|prices|types|codes|list.
 */
#ifndef USHER_CMD_EVENT_H
#define USHER_CMD_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/cmd.h"
#include "usher/v1/ticket.pb-c.h"

#define EVENT_COMMANDS 21
extern const struct cmd event_commands[EVENT_COMMANDS];

/* event_create.c */
extern const struct conf_table event_create_table;
int event_create_command(int argc, char **argv);

/* event_edit.c */
extern const struct conf_table event_edit_table, event_publish_table, event_hide_table,
    event_delete_table;
int event_edit_command(int argc, char **argv);
int event_publish_command(int argc, char **argv);
int event_hide_command(int argc, char **argv);
int event_delete_command(int argc, char **argv);

/* The table of a command about the places of one performance: event_NAME_table, with
 * NAME_options. */
#define EVENT_PLACES_TABLE(NAME, SUMMARY)                                                          \
    const struct conf_table event_##NAME##_table = {                                               \
        .command = "usher event " #NAME,                                                           \
        .summary = SUMMARY,                                                                        \
        .positional = "PERFORMANCE",                                                               \
        .positional_min = 1,                                                                       \
        .positional_max = 1,                                                                       \
        .options = NAME##_options,                                                                 \
        .option_count = sizeof(NAME##_options) / sizeof(NAME##_options[0]),                        \
    };

/* event_block.c */
extern const struct conf_table event_block_table, event_unblock_table, event_blocks_table;
int event_block_command(int argc, char **argv);
int event_unblock_command(int argc, char **argv);
int event_blocks_command(int argc, char **argv);

/* event_holders.c */
extern const struct conf_table event_holders_table, event_unhold_table;
int event_holders_command(int argc, char **argv);
int event_unhold_command(int argc, char **argv);

/* event_plans.c */
extern const struct conf_table event_prices_table;
int event_prices_command(int argc, char **argv);

/* event_announce.c */
extern const struct conf_table event_announce_table;
int event_announce_command(int argc, char **argv);
/* event_message.c */
extern const struct conf_table event_message_table;
int event_message_command(int argc, char **argv);

/* event_waiting.c */
extern const struct conf_table event_waiting_table;
int event_waiting_command(int argc, char **argv);

/* event_rules.c */
extern const struct conf_table event_rules_table;
int event_rules_command(int argc, char **argv);

/* event_codes.c */
extern const struct conf_table event_codes_table;
int event_codes_command(int argc, char **argv);

/* event_types.c */
extern const struct conf_table event_types_table;
int event_types_command(int argc, char **argv);

/* event_prices.c: what --prices and --price say.
 *
 *     --prices 165000                 one amount for every category
 *     --prices 165000,143000,121000   in the order of the hall's categories
 *     --price VIP=165000 --price 1=143000   a category by name or number
 */
#define EVENT_PRICES_MAX 64
struct event_prices {
    const char *list;                    /* of --prices, or NULL */
    const char *named[EVENT_PRICES_MAX]; /* of each --price */
    uint32_t named_count;
    bool some; /* a category that is not named is not given; else that is wrong */
};
/* Takes every "--price X" and "--price=X" out of the words. False where there are more than
 * EVENT_PRICES_MAX or one has nothing behind it. */
bool event_prices_take(struct event_prices *prices, int *argc, char **argv);

/* Fills amounts[i] and given[i] for each of count categories. ERR_INVALID: error (of error_size
 * bytes) says what is wrong. */
int event_prices_read(const struct event_prices *prices, const char *const *categories,
                      uint32_t count, int64_t *ret_amounts, bool *ret_given, char *error,
                      size_t error_size);

struct session;
/* event_create.c: what they say of a hall, as a request has it, in the session's arena. An enum
 * cmd_exit. */
int event_prices_fill(struct session *session, const struct event_prices *prices,
                      const Usher__V1__Hall *hall, Usher__V1__Price ***ret_list, size_t *ret_count);

#endif
