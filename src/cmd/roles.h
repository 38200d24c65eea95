/*
 * roles: which roles run in this process, from one table: adding a role is adding a row.
 *
 * A role that runs elsewhere is reached through its contract alone: the gateway forwards what it
 * does not have to the peer that --peer names.
 */
#ifndef USHER_CMD_ROLES_H
#define USHER_CMD_ROLES_H

#include "cmd/house.h"

struct exposition;
/* Reads --role and --peer into house->here and house->peer_urls. CMD_OK, or an enum cmd_exit after
 * having said what is wrong. */
int roles_read(struct house *house);
/* Whether a role of that name runs here. */
bool roles_has(const struct house *house, const char *name);
/* The number of a role, by which the members of a house count; there is one of that name. */
size_t roles_find(const char *name);
/* The names of the roles that run here, "gateway,ticket"; room: ROLES_TEXT_MAX is enough. */
#define ROLES_TEXT_MAX 128
void roles_names(const struct house *house, char *ret_text, size_t room);
/* Whether one of them needs the store. */
bool roles_keep(const struct house *house);
/* Starts them, and fills house->services. An enum cmd_exit. */
int roles_start(struct house *house);
/* Joins the other processes of the store, where there are any: the port is open. An enum cmd_exit.
 */
int roles_join(struct house *house);
/* Hands over to them what only one process may do; calls are still answered. */
void roles_leave(struct house *house);
/* Stops what was started; no call is under way, and the workers still run. */
void roles_stop(struct house *house);
/* Frees what threads had of them; the workers have ended. */
void roles_release(struct house *house);

/* A page that a role of this process answers; false where none does. On the loop. */
bool roles_page(struct house *house, const struct page_request *ask, struct page *ret_page);
/* As gateway.ready and gateway.figures; state is the house. */
bool roles_ready(void *house);
int roles_render(void *house, struct exposition *page);

/* shipping.c: where the monitor ships to. CMD_USAGE, CMD_FALSE: it has said why not. */
struct monitor_options;
int shipping_options(struct house *house, struct monitor_options *options);
/* Whether an address can be called, and has no password in it: it is logged. url may be NULL; auth:
 * the option whose file says who signs in. CMD_USAGE: it has said why not. */
int shipping_check_url(const char *option, const char *url, const char *auth, bool may_be_tcp);

#endif
