/*
 * reports: what browsers tell of violations of the pages' Content-Security-Policy (CSP 3, 5, and
 * the Reporting API). Anybody may send such a thing, so little of it is believed and little kept:
 * a directive and two addresses without their queries go into the log, which takes LOG_BURST of
 * them a second from all senders together; all are counted.
 */
#ifndef USHER_SVC_GATEWAY_REPORTS_H
#define USHER_SVC_GATEWAY_REPORTS_H

#include "wire/server.h"

#define REPORTS_PATH "/csp-reports"
#define REPORTS_MAX  (16u << 10) /* bytes of a request */
#define REPORTS_EACH 4           /* that are looked at, of one request */

/* Answers POST REPORTS_PATH with 204, whatever it says; another method with 405. As struct
 * plain_rule's handle, without a state. */
void reports_page(void *unused, const struct plain_request *ask, struct page *ret_page);

#endif
