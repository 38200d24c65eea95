/*
 * sale: what has a line in front of it: usher sale create|list|show|pause|resume|admit|report|
 * beacon|mix, and usher draw verify.
 */
#ifndef USHER_CMD_SALE_H
#define USHER_CMD_SALE_H

#include "cmd/cmd.h"
#include "cmd/session.h"
#include "usher/v1/waitroom.pb-c.h"

#define SALE_COMMANDS 10
extern const struct cmd sale_commands[SALE_COMMANDS];
#define DRAW_COMMANDS 1
extern const struct cmd draw_commands[DRAW_COMMANDS];

/* session_call of WaitroomService. */
#define sale_call(session, method, request, ret_response)                                          \
    session_call_of((session), &usher__v1__waitroom_service__descriptor,                           \
                    Usher__V1__WaitroomService, method, (request), (ret_response))

/* sale_create.c */
extern const struct conf_table sale_create_table;
int sale_create_command(int argc, char **argv);

/* sale_beacon.c */
extern const struct conf_table sale_beacon_table, sale_mix_table;
int sale_beacon_command(int argc, char **argv);
int sale_mix_command(int argc, char **argv);

/* sale_after.c */
extern const struct conf_table sale_after_table;
int sale_after_command(int argc, char **argv);

/* Shows a sale, as JSON where that is asked for. An enum cmd_exit. */
int sale_show(struct session *session, const struct session_values *values,
              const Usher__V1__Sale *sale);
/* The number of a sale that a word says; 0 after having said that it says none. */
uint32_t sale_number(const char *command, const char *word);

#endif
