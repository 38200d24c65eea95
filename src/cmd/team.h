/*
 * team: the words of usher organiser, usher member and usher token.
 */
#ifndef USHER_CMD_TEAM_H
#define USHER_CMD_TEAM_H

#include "cmd/cmd.h"

#define ORGANISER_COMMANDS 6
extern const struct cmd organiser_commands[ORGANISER_COMMANDS];
#define MEMBER_COMMANDS 2
extern const struct cmd member_commands[MEMBER_COMMANDS];
#define TOKEN_COMMANDS 3
extern const struct cmd token_commands[TOKEN_COMMANDS];

/* bar.c */
extern const struct conf_table organiser_bar_table, organiser_unbar_table, organiser_barred_table;
int organiser_bar_command(int argc, char **argv);
int organiser_unbar_command(int argc, char **argv);
int organiser_barred_command(int argc, char **argv);

/* sites.c */
extern const struct conf_table organiser_sites_table;
int organiser_sites_command(int argc, char **argv);

#endif
