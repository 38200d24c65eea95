/*
 * version: which usher this is.
 */
#ifndef USHER_CMD_VERSION_H
#define USHER_CMD_VERSION_H

#include "conf/conf.h"

extern const struct conf_table version_table;

/* usher version: the version, the commit it was built from and the compiler. Returns an enum
 * cmd_exit. */
int version_command(int argc, char **argv);

#endif
