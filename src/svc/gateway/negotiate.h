/*
 * negotiate: what a browser says it has and takes.
 */
#ifndef USHER_SVC_GATEWAY_NEGOTIATE_H
#define USHER_SVC_GATEWAY_NEGOTIATE_H

#include "codec/squeeze.h"

/* Which form of a thing this Accept-Encoding likes best (RFC 9110, 12.5.3): the coding with the
 * greatest weight, of equal ones the shorter form, of equally long ones Zstandard. len: how long
 * the packed forms are, by enum squeeze; 0: there is none. As it is goes what is named with more
 * weight so, and what nothing packed is taken of. */
enum squeeze negotiate_form(struct view accept_encoding, const size_t len[SQUEEZE_KINDS]);

/* Is the tag, quoted, in this If-None-Match, or the list "*" (RFC 9110, 13.1.2; weak comparison)?
 */
bool negotiate_has_tag(struct view if_none_match, struct view tag);

#endif
