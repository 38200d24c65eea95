/*
 * address: which mail addresses we write to.
 *
 * What passes is a dot-atom, "@" and a domain name (RFC 5321, 4.1.2; RFC 5322, 3.4.1): no quoted
 * local parts, no address literals, no comments, ASCII only. So what passes can stand in an SMTP
 * command and in a header as it is.
 */
#ifndef USHER_PAPER_ADDRESS_H
#define USHER_PAPER_ADDRESS_H

#include "mem/view.h"

#define ADDRESS_MAX       254 /* bytes (RFC 5321, 4.5.3.1.3, without the angle brackets) */
#define ADDRESS_LOCAL_MAX 64  /* before the "@" */

bool address_valid(struct view text);
/* What stands behind the "@" of a valid address. */
struct view address_domain(struct view text);

#endif
