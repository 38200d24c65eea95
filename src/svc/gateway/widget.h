/*
 * widget: an event's dates in a frame on an organiser's own site.
 *
 *     <script src="https://tickets.example/widget.js" data-event="7" async></script>
 *
 * The script puts a frame where it stands, and knows nothing of either page but the frame's height.
 * What is in the frame can do nothing: it has words and links that open our site in a window of
 * its own, where people buy; so whoever lays something over it steals no click that matters. It is
 * shown on the sites alone that the organiser has named (frame-ancestors); all other pages are
 * shown in no frame at all.
 */
#ifndef USHER_SVC_GATEWAY_WIDGET_H
#define USHER_SVC_GATEWAY_WIDGET_H

#include "call/channel.h"
#include "wire/server.h"

#define WIDGET_PATH "/widget" /* /widget.js, /widget/E, and what that page loads */

struct widget {
    struct channel *services; /* in nobody's name, from any worker; borrowed */
};

/* A rule for the server; state is a struct widget. In a fiber; waits for the calls. */
void widget_page(void *widget, const struct plain_request *ask, struct page *ret_page);

#endif
