/*
 * usher check: looks at a machine before a sale, and says what to change.
 *
 * It takes what usher serve takes, reads and tries what that would use, and changes nothing. The
 * files beside this one find things out, each about one thing; this one tells them.
 *
 *     check.c            the command, and the list
 *     check_machine.c    limits, memory, clock: what the system would give
 *     check_disk.c       the data folder: room, kind, how long a write to the disk takes
 *     check_others.c     certificate, port, peers, providers, MariaDB, Redis
 *     check_pay.c        accounts at payment providers: their keys, and what waits there
 */
#ifndef USHER_CMD_CHECK_H
#define USHER_CMD_CHECK_H

#include "cmd/house.h"
#include "conf/conf.h"

extern const struct conf_table check_table; /* in serve.c, beside the options it shares */

/* argv[0] is "check". Returns an enum cmd_exit: CMD_FALSE where something must be changed. */
int check_command(int argc, char **argv);

/* FINE: as it should be. LOOK: it works, and a large sale would feel it. BAD: change it first. */
enum check_level { CHECK_FINE, CHECK_LOOK, CHECK_BAD };

struct checks;
/* Notes one finding. what is static; the text says what was seen, and advice (NULL for CHECK_FINE)
 * what to do about it. */
void check_note(struct checks *checks, enum check_level level, const char *what, const char *advice,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

void check_machine(struct checks *checks);
void check_disk(struct checks *checks, const char *data);
/* Reads the accounts that options name, and the store, where there is one. */
void check_pay(struct checks *checks, const struct serve_values *values);
/* Asks other servers, each for some seconds at most. */
void check_others(struct checks *checks, const struct serve_values *values);

#endif
