/*
 * usher proto: the contracts this server speaks, for whoever writes a client.
 */
#ifndef USHER_CMD_PROTO_H
#define USHER_CMD_PROTO_H

#include "conf/conf.h"

extern const struct conf_table proto_table;

/* `usher proto [FILE] [--descriptor-set FILE] [--openapi FILE]`. An enum cmd_exit. */
int proto_command(int argc, char **argv);

#endif
