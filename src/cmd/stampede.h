/*
 * stampede: a crowd at a running server, and the proof that nobody was wronged.
 */
#ifndef USHER_CROWD_H
#define USHER_CROWD_H

#include "conf/conf.h"

extern const struct conf_table stampede_table;

/* usher stampede. Returns an enum cmd_exit. */
int stampede_command(int argc, char **argv);

#endif
