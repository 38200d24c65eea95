/*
 * scanner: the device API of pretix, as far as its scanning app needs it: the app comes to our
 * doors unchanged.
 *
 *     /api/v1/device/…                      a device is set up, says what it is, ends itself
 *     /api/v1/organizers/N/…                N is an organiser's number, an event's slug is its
 *                                           number, a performance is a subevent of it, with one
 *                                           check-in list of the same number
 *     /api/v1/organizers/N/checkinrpc/…     a ticket is scanned, searched
 *
 * It decides nothing: every request is made of calls of our own services in the device's name, with
 * the API token that it shows as "authorization: Device …". What the app does not need answers 404.
 * Nothing of a price is told: a door has nothing to do with it.
 *
 * Shapes: docs.pretix.eu, "REST API", 2026; tests/pretix compares every field with a real one.
 */
#ifndef USHER_SVC_GATEWAY_SCANNER_H
#define USHER_SVC_GATEWAY_SCANNER_H

#include "call/channel.h"
#include "wire/server.h"

#define SCANNER_PATH     "/api/v1/"
#define SCANNER_BODY_MAX (64u << 10) /* bytes of a request */

struct scanner {
    /* Calls the services of this house in nobody's name, from any worker. Borrowed. */
    struct channel *services;
    /* As server_options.identify. */
    int (*identify)(void *state, const struct credentials *credentials,
                    struct identity *ret_identity);
    void *state;
    const char *public_url; /* NULL: as the request says */
};

/* A rule for the server; state is a struct scanner. In a fiber; waits for the calls. */
void scanner_page(void *scanner, const struct plain_request *ask, struct page *ret_page);

#endif
