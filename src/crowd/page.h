/*
 * page: the report's page of the web client, made by embed_page.py from web/dist-report.
 */
#ifndef USHER_CROWD_PAGE_H
#define USHER_CROWD_PAGE_H

#include <stdbool.h>
#include <stddef.h>

/* False where the binary was built without the web client: the page then tells so and shows the
 * figures as JSON. */
extern const bool page_draws;
/* What stands before the figures' JSON and after it. */
extern const unsigned char page_before[], page_after[];
extern const size_t page_before_len, page_after_len;

#endif
