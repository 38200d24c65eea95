/*
 * page: what a plain HTTP request gets that is no call: the browser client, /metrics, /healthz,
 * /livez, /readyz, /robots.txt.
 *
 * The role keeps nothing true: assets are constant, metrics are read where they are. Everything
 * here runs on a worker's loop and never waits, but gateway_event_page, which asks for the event.
 */
#ifndef USHER_SVC_GATEWAY_PAGE_H
#define USHER_SVC_GATEWAY_PAGE_H

#include <stdatomic.h>

#include "call/channel.h"
#include "svc/gateway/head.h"
#include "wire/server.h"

struct exposition;
#define PAGE_METRICS_MAX (2u << 20) /* bytes of /metrics */

struct gateway {
    /* For /metrics; NULL until server_start has returned. Borrowed. */
    _Atomic(const struct server *) server;
    /* Appends what other roles count, for /metrics; NULL: nothing. Runs on any worker's loop and
     * must not wait. What buf_printf returns. */
    int (*figures)(void *state, struct exposition *page);
    /* Whether all of this process serves, for /readyz; NULL: it does. As figures. */
    bool (*ready)(void *state);
    /* Whether all loops turn, for /livez; NULL: they do. As figures. */
    bool (*live)(void *state);
    void *state;
    /* Asks the ticket service in nobody's name, from any worker; NULL: no page names its event. */
    struct channel *tickets;
    struct head_site site;
    bool has_pages; /* the browser client; without it only what operators ask for */
    /* /healthz answers 503 from now on, so that a balancer looks elsewhere. */
    atomic_bool draining;
};

/* The body of server_options.page. */
void gateway_page(struct gateway *gateway, const struct page_request *ask, struct page *ret_page);

/* The pages of an event and of a performance, whose head says what it is: 404 where there is none
 * that everybody may see. Where the ticket service does not answer soon, the page comes without. */
#define GATEWAY_EVENT_PATH       "/e/"
#define GATEWAY_PERFORMANCE_PATH "/p/"
void gateway_event_page(void *gateway, const struct plain_request *ask, struct page *ret_page);

#endif
