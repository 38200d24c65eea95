/*
 * psp: `usher psp`, the stand-in payment provider.
 */
#ifndef USHER_CMD_PSP_H
#define USHER_CMD_PSP_H

#include "conf/conf.h"

extern const struct conf_table psp_table;
/* argv[0] is "psp". Returns an enum cmd_exit. */
int psp_command(int argc, char **argv);

#endif
