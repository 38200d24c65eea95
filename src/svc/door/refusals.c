#include <stdio.h>

#include "svc/door/lobby.h"

int lobby_fail(struct call *call, enum code code, const char *reason, const char *field,
               const char *format, ...)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    detail.reason = (char *)reason;
    if (field)
        detail.field = (char *)field;
    return call_fail(call, code, &detail, "%s", text);
}

int lobby_store_failed(struct call *call, int err)
{
    switch (err) {
    case ERR_FULL:
        return lobby_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                          "a stated maximum is reached");
    case ERR_NO_MEMORY:
        return lobby_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_LARGE", NULL,
                          "the answer is too large");
    case ERR_TIMEOUT:
        return lobby_fail(call, CODE_DEADLINE_EXCEEDED, "TOO_SLOW", NULL,
                          "the deadline has passed");
    case ERR_CORRUPT:
        return lobby_fail(call, CODE_DATA_LOSS, "DATA_DAMAGED", NULL, "stored data are damaged");
    default:
        return lobby_fail(call, CODE_UNAVAILABLE, "STORE_UNAVAILABLE", NULL,
                          "the store does not answer: %s", err_text(err));
    }
}
