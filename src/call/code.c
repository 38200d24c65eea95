#include "call/code.h"

#include <stddef.h>

#include "err/err.h"

const char *code_name(enum code code)
{
    switch (code) {
#define X(name, value, text, http)                                                                 \
    case name:                                                                                     \
        return text;
        CODE_LIST(X)
#undef X
    }
    return "unknown";
}

int code_http(enum code code)
{
    switch (code) {
#define X(name, value, text, http)                                                                 \
    case name:                                                                                     \
        return http;
        CODE_LIST(X)
#undef X
    }
    return 500;
}

enum code code_of_err(int err)
{
    switch (err) {
    case ERR_TIMEOUT:
        return CODE_DEADLINE_EXCEEDED;
    case ERR_CANCELLED:
    case ERR_CLOSED:
        return CODE_CANCELED;
    case ERR_FULL:
    case ERR_NO_MEMORY:
        return CODE_RESOURCE_EXHAUSTED;
    case ERR_UNAVAILABLE:
    case ERR_BUSY:
        return CODE_UNAVAILABLE;
    case ERR_NOT_FOUND:
        return CODE_NOT_FOUND;
    case ERR_DENIED:
        return CODE_PERMISSION_DENIED;
    default:
        return CODE_INTERNAL;
    }
}

int code_err(enum code code)
{
    static const int errs[] = {
        [CODE_OK] = 0,
        [CODE_CANCELED] = ERR_CANCELLED,
        [CODE_UNKNOWN] = ERR_UNKNOWN,
        [CODE_INVALID_ARGUMENT] = ERR_INVALID,
        [CODE_DEADLINE_EXCEEDED] = ERR_TIMEOUT,
        [CODE_NOT_FOUND] = ERR_NOT_FOUND,
        [CODE_ALREADY_EXISTS] = ERR_EXISTS,
        [CODE_PERMISSION_DENIED] = ERR_DENIED,
        [CODE_RESOURCE_EXHAUSTED] = ERR_FULL,
        [CODE_FAILED_PRECONDITION] = ERR_BUSY,
        [CODE_ABORTED] = ERR_CONFLICT,
        [CODE_OUT_OF_RANGE] = ERR_INVALID,
        [CODE_UNIMPLEMENTED] = ERR_UNSUPPORTED,
        [CODE_INTERNAL] = ERR_IO,
        [CODE_UNAVAILABLE] = ERR_UNAVAILABLE,
        [CODE_DATA_LOSS] = ERR_CORRUPT,
        [CODE_UNAUTHENTICATED] = ERR_DENIED,
    };
    return errs[code];
}
