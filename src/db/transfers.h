/*
 * transfers: libcurl on one of our loops (its multi interface), as fibers see it: what http.h and
 * smtp.h stand on. No thread but libcurl's resolver; all calls on the loop's thread.
 */
#ifndef USHER_DB_TRANSFERS_H
#define USHER_DB_TRANSFERS_H

#include <curl/curl.h>
#include <stdint.h>

#include "fiber/loop.h"

struct transfers;

/* connections_max: how many connections are kept for the next transfer. ERR_NO_MEMORY, ERR_IO. */
int transfers_new(struct loop *loop, long connections_max, struct transfers **ret_transfers);
/* No transfer may be under way. NULL is harmless. */
void transfers_free(struct transfers *transfers);

/* Runs a transfer and parks the fiber until it has ended; its CURLOPT_PRIVATE is used here. 0 with
 * *ret_code: libcurl's verdict. ERR_TIMEOUT, ERR_CANCELLED: given up, the handle may be asked for
 * how far it came. ERR_NO_MEMORY. */
int transfers_run(struct transfers *transfers, CURL *easy, CURLcode *ret_code, int64_t deadline_ns);

#endif
