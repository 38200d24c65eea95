/*
 * paying: the role "payment" in the server: its providers, its service and that of the tills.
 */
#ifndef USHER_CMD_PAYING_H
#define USHER_CMD_PAYING_H

#include "call/method.h"

struct house;

/* Starts the role. An enum cmd_exit, after having said what is wrong. */
int paying_start(struct house *house);
/* From a plain thread, while the workers still run. */
void paying_stop(struct house *house);
struct service paying_service(struct house *house);
struct service paying_tills(struct house *house);

#endif
