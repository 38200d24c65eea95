/*
 * usher clock: a store whose ledger is ahead of this machine's clock (owner/clock.h).
 */
#ifndef USHER_CMD_CLOCK_H
#define USHER_CMD_CLOCK_H

#include "cmd/cmd.h"
#include "store/store.h"

#define CLOCK_COMMANDS 1
extern const struct cmd clock_commands[CLOCK_COMMANDS];

/* Whether a server may start on the store, whose folder is data: CMD_OK, or CMD_FALSE after having
 * said that its ledger is more than ten minutes ahead of the clock, with both times and the way
 * out. */
int clock_check(struct store *store, const char *data);

#endif
