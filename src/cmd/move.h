/*
 * usher move: carries a store over to another database.
 */
#ifndef USHER_CMD_MOVE_H
#define USHER_CMD_MOVE_H

#include "conf/conf.h"

extern const struct conf_table move_table;

/* `usher move --from sqlite:DIR --to mariadb://…`. 0: everything is there, and both ends are clean;
 * 1: not so; 2: wrong words. */
int move_command(int argc, char **argv);

#endif
