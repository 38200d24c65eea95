/*
 * addresses: which paths are pages of the browser client.
 *
 * The client's own router (web/src/state/route.ts) decides what such a page shows; the server only
 * has to know that there is one, so that every other path is answered with 404.
 */
#ifndef USHER_SVC_GATEWAY_ADDRESSES_H
#define USHER_SVC_GATEWAY_ADDRESSES_H

#include <stdbool.h>

#include "mem/view.h"

/* Whether the client has a page at this path, which begins with '/' and has no query. Whether what
 * it names exists is not asked: "/p/7" is a page although there may be no seventh performance. */
bool addresses_has(struct view path);

#endif
