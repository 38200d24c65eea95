/*
 * usher audit: does the store keep its promises?
 */
#ifndef USHER_CMD_AUDIT_H
#define USHER_CMD_AUDIT_H

#include "conf/conf.h"

extern const struct conf_table audit_table;

/* `usher audit --data DIR [--json] [--performance N]`, beside a running server or without one. 0:
 * clean; 1: there are findings, or it could not be checked; 2: no such folder or performance. */
int audit_command(int argc, char **argv);

#endif
