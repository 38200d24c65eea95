/*
 * http_workers: an HTTP client (http.h) on every worker, for code that runs on any of them.
 */
#ifndef USHER_DB_HTTP_WORKERS_H
#define USHER_DB_HTTP_WORKERS_H

#include "db/http.h"
#include "fiber/worker.h"

struct http_workers;

/* From a plain thread, while the workers run; they are borrowed. ca_path as in http_client_new.
 * ERR_NO_MEMORY, ERR_IO, ERR_FULL. */
int http_workers_new(struct worker *const *workers, uint32_t worker_count, const char *ca_path,
                     struct http_workers **ret_clients);
/* http_client_guard for each of them; before the first call. */
void http_workers_guard(struct http_workers *clients,
                        bool (*may)(void *state, const struct sockaddr *address), void *state);
/* The client of the worker that the calling fiber runs on. */
struct http *http_workers_here(void *clients);
/* From a plain thread, while the workers run; no call may be under way. NULL is harmless. */
void http_workers_free(struct http_workers *clients);

#endif
