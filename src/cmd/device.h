/*
 * device: the words of usher device.
 */
#ifndef USHER_CMD_DEVICE_H
#define USHER_CMD_DEVICE_H

#include "cmd/cmd.h"

#define DEVICE_COMMANDS 3
extern const struct cmd device_commands[DEVICE_COMMANDS];

#endif
