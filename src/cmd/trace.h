/*
 * usher trace: all that happened to an order, from every role, in one list.
 */
#ifndef USHER_CMD_TRACE_H
#define USHER_CMD_TRACE_H

#include "conf/conf.h"

extern const struct conf_table trace_table;
/* Runs the command; returns its exit code. */
int trace_command(int argc, char **argv);

#endif
