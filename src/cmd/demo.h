/*
 * demo: something to look at in an empty store: a generated hall of 2,000 seats, an event, an open
 * sale.
 */
#ifndef USHER_CMD_DEMO_H
#define USHER_CMD_DEMO_H

#include "call/client.h"
#include "call/method.h"
#include "token/key.h"

#define DEMO_EMAIL        "team@demo.example"
#define DEMO_PASSWORD_MAX 20 /* characters of its password, with the NUL */

/* Makes the demo through a channel whose calls are an operator's, unless there is another event; a
 * demo that was cut off before its sale opened is opened. From a fiber. Returns 0; an err code
 * after having logged what went wrong. */
int demo_create(struct channel *channel);

/* demo_sales.c: where there is no sale yet, one in the first hall that is open behind a short line;
 * where none is still to open, one whose draw and opening are minutes away. Through a channel to
 * TicketService and WaitroomService. As above. */
int demo_create_sales(struct channel *channel);

/* demo_team.c: an account that may do everything for the demo's organiser, its address proven,
 * unless the store has it. Through a channel to AuthService and DoorService. As above. */
int demo_create_team(struct channel *channel, const uint8_t secret[KEY_BYTES]);

/* That account's password, derived from the store's secret key: 16 characters in groups of 4. */
void demo_password(const uint8_t secret[KEY_BYTES], char ret_password[DEMO_PASSWORD_MAX]);

/* demo_crowd.c: people who come to the demo's lines and go, until demo_crowd_stop. services are
 * those of the port; borrowed. Both in a fiber of one worker. ERR_FULL, ERR_NO_MEMORY. */
struct demo_crowd;
int demo_crowd_start(const struct service *services, size_t count, struct demo_crowd **ret_crowd);
void demo_crowd_stop(void *crowd);

/* For the files of the demo: returns err, after having logged which step failed. */
int demo_check(const struct client *client, const char *step, int err);

#endif
