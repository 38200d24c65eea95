/*
 * aim: where a crowd may be sent, and over how many connections.
 *
 * A stampede can bring a server down, so it aims at this machine only, unless the caller says that
 * the other one is theirs.
 */
#ifndef USHER_CMD_AIM_H
#define USHER_CMD_AIM_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/target.h"

/* Looks up the host of a url that target_check has found right. many_sources as below. An enum
 * cmd_exit, and ret_why where it is not CMD_OK. */
int aim_find(const char *url, bool own, bool *ret_many_sources, char ret_why[TARGET_WHY_MAX]);

/* How many connections this process can have: all that are wanted where they were asked for by
 * number (fixed), else as many as there is room for. many_sources: they may come from more than one
 * address of this machine. Raises the limit of open files as far as it goes. An enum cmd_exit, and
 * ret_why where it is not CMD_OK. */
int aim_connections(uint32_t wanted, bool fixed, bool many_sources, uint32_t *ret_connections,
                    char ret_why[TARGET_WHY_MAX]);

#endif
