/*
 * head: what the server writes into the head of the browser client's page, so that a search engine
 * and a messenger that shows a preview read it without running a script.
 *
 * index.html has a title and a description between two marks; they are replaced here. Nothing is
 * done but writing: no I/O, no clock.
 */
#ifndef USHER_SVC_GATEWAY_HEAD_H
#define USHER_SVC_GATEWAY_HEAD_H

#include "mem/buf.h"
#include "usher/v1/ticket.pb-c.h"

#define HEAD_MAX        (64u << 10) /* bytes of a head; beyond, the page goes without its data */
#define HEAD_DATES_MAX  40          /* performances of an event that are told */
#define HEAD_OPEN_MARK  "<!--head-->"
#define HEAD_CLOSE_MARK "<!--/head-->"

/* What the operator says about the site. NULL: nothing is said. Borrowed. */
struct head_site {
    const char *public_url; /* "https://tickets.example.org", without a slash at its end */
    const char *terms_url, *privacy_url, *help_url;
    const char *seller; /* who runs the site, in one line */
    bool test_money;    /* nothing is really charged, which every page says */
};

struct head_facts {
    struct view path;                   /* of the page, "/e/7" */
    bool is_private;                    /* no search engine should list it */
    const Usher__V1__Event *event;      /* what the page is about; NULL: the site */
    const Usher__V1__Performance *only; /* one of its dates; NULL: all */
};

/* Writes title, description, og:*, canonical, robots, the operator's links, and a JSON-LD Event
 * (https://schema.org/Event) a date. All text is escaped. ERR_FULL, ERR_NO_MEMORY. */
int head_write(struct buf *out, const struct head_site *site, const struct head_facts *facts);
/* Appends text as it stands within an attribute or an element (HTML, 13.3). As buf_append. */
int head_put_text(struct buf *out, struct view text);

#endif
