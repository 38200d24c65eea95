/*
 * object: what --json prints where the answer is no message of a contract.
 */
#ifndef USHER_CMD_OBJECT_H
#define USHER_CMD_OBJECT_H

#include <jansson.h>

/* Prints the object and a line end on standard output, and lets go of it. NULL stands for one that
 * could not be made. CMD_OK, or CMD_FALSE after having said why. */
int object_print(const char *command, json_t *object);

#endif
