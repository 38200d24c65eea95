/*
 * url: the addresses of databases:
 *
 *     SCHEME://[USER@]HOST[:PORT][,HOST[:PORT]…]/NAME[?OPTION=VALUE&…]
 *
 * A password does not stand in one, because others see a command line; an option names its file.
 */
#ifndef USHER_DB_URL_H
#define USHER_DB_URL_H

#include <stddef.h>
#include <stdint.h>

#include "mem/view.h"

#define URL_WHY_MAX 512 /* bytes of a sentence that says what is wrong */

/* Views into the address, still percent-coded; what is not there is empty. */
struct url {
    struct view user;
    struct view host;   /* the first; an IPv6 address without its brackets */
    uint16_t port;      /* its port; 0: not said */
    struct view places; /* all of them, for url_place */
    struct view name;
    struct view query;
};

/* scheme is "mariadb://". ERR_INVALID: of another shape, or with a password. */
int url_split(const char *text, const char *scheme, struct url *ret_url);
/* Takes the next HOST[:PORT] off places; port is 0 where none is said. False: there is none. */
bool url_place(struct view *places, struct view *ret_host, uint16_t *ret_port);
/* Takes the next option off the query. False: there is none. */
bool url_option(struct view *query, struct view *ret_name, struct view *ret_value);
/* Decodes into field, NUL-terminated. ERR_INVALID: too long, or a broken escape. */
int url_decode(struct view text, char *field, size_t size);
/* Reads the one line of the file whose coded name is path. ERR_INVALID, with a sentence. */
int url_read_password(struct view path, char *field, size_t size, char ret_why[URL_WHY_MAX]);

#endif
