/*
 * head: what stands before a body: method, path, status and the header fields, for both protocols.
 *
 * A received head is a bundle of views. It and everything it looks at are valid only inside the
 * event that hands it over (RFC 9110, 6.3): copy what must live longer. Names are compared without
 * regard to case (RFC 9110, 5.1); over HTTP/2 they arrive in lower case. A head never has more than
 * HEAD_FIELDS_MAX fields; the engines answer 431 beyond that. Cookies are not among them: HTTP/2
 * has each in a field of its own (RFC 9113, 8.2.3).
 */
#ifndef USHER_HTTP_HEAD_H
#define USHER_HTTP_HEAD_H

#include "mem/view.h"

#define HEAD_FIELDS_MAX  64
#define HEAD_COOKIES_MAX 180 /* as many cookies as a browser keeps of one site */

enum head_method {
    HEAD_METHOD_OTHER = 0, /* method_name says which */
    HEAD_METHOD_GET,
    HEAD_METHOD_HEAD,
    HEAD_METHOD_POST,
    HEAD_METHOD_PUT,
    HEAD_METHOD_DELETE,
    HEAD_METHOD_OPTIONS,
    HEAD_METHOD_PATCH
};

struct head_field {
    struct view name;
    struct view value; /* without blanks at either end */
};

/* A head that was received. Request members are empty in a response and the other way round. */
struct head {
    enum head_method method;
    struct view method_name;
    struct view path;      /* of the target, without the query; starts with '/', or is "*" */
    struct view query;     /* what follows '?', without it */
    struct view authority; /* Host or :authority; empty where a client sent none */
    int status;            /* of a response, 100–599 */
    uint8_t minor;         /* HTTP/1.minor; 0 for HTTP/2 */
    bool ends;             /* nothing follows: no body, no trailers */
    int64_t body_len;      /* Content-Length; −1 where it is not stated */
    size_t field_count;
    size_t cookie_count;
    struct head_field fields[HEAD_FIELDS_MAX];
    struct view cookies[HEAD_COOKIES_MAX]; /* values of Cookie fields; those beyond are left out */
};

/* The value of the first field of that name. False, and *ret_value untouched, where there is none.
 */
bool head_find(const struct head *head, struct view name, struct view *ret_value);
/* The same, with the empty view (at NULL) where there is none. */
struct view head_get(const struct head *head, struct view name);
/* Whether any field of that name lists the token among its comma-separated members; parameters
 * after
 * ';' are ignored, case too: head_lists(h, "te", "trailers"). A token with a weight of 0
 * ("gzip;q=0", RFC 9110, 12.4.2) is not listed. */
bool head_lists(const struct head *head, struct view name, struct view token);

/* Whether one host and at most one Authorization are named: several Authorizations, several Hosts,
 * one that differs from the target's authority, or a malformed one are how requests are passed off
 * as others (RFC 9112, 3.2). */
bool head_names_one(const struct head *head);

/* Whether b may stand in a field name or a method (tchar of RFC 9110, 5.6.2). */
bool head_is_token_byte(char b);

/* Whether v may stand in a request's target: visible ASCII, and no fragment (RFC 9110, 7.1). */
bool head_is_target(struct view v);

/* GET, HEAD … by name, which is case-sensitive (RFC 9110, 9.1). */
enum head_method head_method_of(struct view name);

/* What a server sends: status and fields, borrowed for the call. Names in lower case. The engine
 * adds framing (content-length, transfer-encoding, connection) and nothing else: it has no clock,
 * so Date is the caller's. */
struct head_answer {
    int status; /* 200–599 */
    const struct head_field *fields;
    size_t field_count;
};

/* What a client sends, borrowed for the call. The engine adds host and framing. */
struct head_request {
    struct view method;
    struct view path;      /* with the query; starts with '/' */
    struct view authority; /* host[:port] */
    bool secure;           /* :scheme https; no matter for HTTP/1.1 */
    const struct head_field *fields;
    size_t field_count;
};

/* Whether every field may go on a wire: names are tokens (RFC 9110, 5.6.2) in lower case, values
 * have no CR, LF or NUL. The engines refuse others with ERR_INVALID, so that no caller can be made
 * to split a response. */
bool head_fields_clean(const struct head_field *fields, size_t count);

#endif
