/*
 * http: calls to other people's HTTP servers, as fibers see them.
 *
 * A client belongs to one loop; libcurl does the work there, by its multi interface, with no thread
 * but its resolver's. A call is straight code: it parks its fiber until the answer is whole or the
 * deadline passes. Certificates and names are verified; redirects are not followed; proxies of the
 * environment are not used; connections are kept and shared by calls.
 *
 * What calls out takes a struct http, so that a test or the simulation can answer instead.
 */
#ifndef USHER_DB_HTTP_H
#define USHER_DB_HTTP_H

#include <sys/socket.h>

#include "fiber/loop.h"
#include "mem/arena.h"

#define HTTP_CALLS_MAX   256          /* in flight, a client; more wait in order … */
#define HTTP_WAITING_MAX 4096         /* … and beyond so many: ERR_FULL */
#define HTTP_ANSWER_MAX  (256u << 10) /* bytes of an answer's body */
#define HTTP_HEAD_MAX    (16u << 10)  /* bytes of an answer's header fields */
#define HTTP_CONNECT_MS  5000         /* a connection that takes longer is given up */
#define HTTP_FIELDS_MAX  16           /* header fields of a request */

struct http_ask {
    const char *method;                  /* "GET", "POST" */
    const char *url;                     /* http:// or https:// */
    const char *fields[HTTP_FIELDS_MAX]; /* "Name: value", up to the first NULL */
    struct view body;                    /* empty: none; of a POST, Content-Length: 0 */
    /* Never sent twice: by a connection of its own. Otherwise libcurl sends a request again that a
     * kept connection gave no answer to at all, so it must be safe to ask twice (a key). */
    bool once;
    /* NULL, or gets a sentence of libcurl's, static, where the exchange itself failed: the
     * certificate, the address, a connection that broke. */
    const char **ret_why;
};

struct http_answer {
    int status;
    struct view head; /* "Name: value\r\n" lines, in the arena */
    struct view body; /* in the arena */
};

struct http {
    /* One exchange. 0 whatever the status is.
     *   ERR_UNAVAILABLE  nothing was sent: refused, unreachable, no such host, no trust
     *   ERR_FULL         nothing was sent: too many calls wait
     *   ERR_DENIED       nothing was sent: the client may not call that address (http_client_guard)
     *   ERR_UNKNOWN      the other side may have acted: it broke off, or its answer is too large
     *   ERR_TIMEOUT      the deadline passed, and the other side may have acted; ERR_CANCELLED too
     *   ERR_INVALID      the url; or it, the method or a field has a control character, or a blank
     *                    where there can be none; ERR_NO_MEMORY */
    int (*call)(struct http *http, const struct http_ask *ask, struct arena *arena,
                struct http_answer *ret_answer, int64_t deadline_ns);
};

static inline int http_call(struct http *http, const struct http_ask *ask, struct arena *arena,
                            struct http_answer *ret_answer, int64_t deadline_ns)
{
    return http->call(http, ask, arena, ret_answer, deadline_ns);
}

/* The value of the first field of that name, or the empty view. */
struct view http_field(const struct http_answer *answer, struct view name);

struct http_client;

/* ca_path: a PEM file of trusted roots, or NULL for the system's. On the loop's thread.
 * ERR_NO_MEMORY, ERR_IO. */
int http_client_new(struct loop *loop, const char *ca_path, struct http_client **ret_client);
/* From now on connections are made only to addresses for which may() is true: asked with the very
 * address that is about to be connected to, so that no name can stand for another one meanwhile.
 * Before the first call. */
void http_client_guard(struct http_client *client,
                       bool (*may)(void *state, const struct sockaddr *address), void *state);
/* What to call with; lives as long as the client. */
struct http *http_client(struct http_client *client);
/* On the loop's thread; no call may be under way. NULL is harmless. */
void http_client_free(struct http_client *client);

#endif
