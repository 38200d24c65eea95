/*
 * code: gRPC's status codes, their Connect names, and the HTTP status of a Connect error
 * (github.com/grpc/grpc/blob/master/doc/statuscodes.md; connectrpc.com/docs/protocol, "Error
 * Codes").
 */
#ifndef USHER_CALL_CODE_H
#define USHER_CALL_CODE_H

#define CODE_LIST(X)                                                                               \
    X(CODE_OK, 0, "ok", 200)                                                                       \
    X(CODE_CANCELED, 1, "canceled", 499)                                                           \
    X(CODE_UNKNOWN, 2, "unknown", 500)                                                             \
    X(CODE_INVALID_ARGUMENT, 3, "invalid_argument", 400)                                           \
    X(CODE_DEADLINE_EXCEEDED, 4, "deadline_exceeded", 504)                                         \
    X(CODE_NOT_FOUND, 5, "not_found", 404)                                                         \
    X(CODE_ALREADY_EXISTS, 6, "already_exists", 409)                                               \
    X(CODE_PERMISSION_DENIED, 7, "permission_denied", 403)                                         \
    X(CODE_RESOURCE_EXHAUSTED, 8, "resource_exhausted", 429)                                       \
    X(CODE_FAILED_PRECONDITION, 9, "failed_precondition", 400)                                     \
    X(CODE_ABORTED, 10, "aborted", 409)                                                            \
    X(CODE_OUT_OF_RANGE, 11, "out_of_range", 400)                                                  \
    X(CODE_UNIMPLEMENTED, 12, "unimplemented", 501)                                                \
    X(CODE_INTERNAL, 13, "internal", 500)                                                          \
    X(CODE_UNAVAILABLE, 14, "unavailable", 503)                                                    \
    X(CODE_DATA_LOSS, 15, "data_loss", 500)                                                        \
    X(CODE_UNAUTHENTICATED, 16, "unauthenticated", 401)

enum code {
#define X(name, value, text, http) name = value,
    CODE_LIST(X)
#undef X
};

/* The Connect name of a code, "resource_exhausted". Never NULL. */
const char *code_name(enum code code);
/* The HTTP status of a Connect unary error. */
int code_http(enum code code);

/* What an err code means to a caller, where a handler fails without call_fail. */
enum code code_of_err(int err);
/* A non-zero err code for a code that is not CODE_OK; 0 for CODE_OK. */
int code_err(enum code code);

#endif
