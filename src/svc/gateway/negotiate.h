/*
 * negotiate: what a browser says it has and takes.
 */
#ifndef USHER_SVC_GATEWAY_NEGOTIATE_H
#define USHER_SVC_GATEWAY_NEGOTIATE_H

#include "mem/view.h"

/* Does this Accept-Encoding take gzip (RFC 9110, 12.5.3)? An empty one does not. */
bool negotiate_takes_gzip(struct view accept_encoding);

/* Is the tag, quoted, in this If-None-Match, or the list "*" (RFC 9110, 13.1.2; weak comparison)?
 */
bool negotiate_has_tag(struct view if_none_match, struct view tag);

#endif
