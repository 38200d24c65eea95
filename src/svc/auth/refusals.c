#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "err/err.h"
#include "svc/auth/handlers.h"

#define RETRY_AFTER_MS 1000

int auth_fail(struct call *call, enum code code, const char *reason, const char *field,
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
    if (code == CODE_UNAVAILABLE)
        detail.retry_after_ms = RETRY_AFTER_MS;
    return call_fail(call, code, &detail, "%s", text);
}

int auth_fail_later(struct call *call, int64_t retry_after_ms, const char *what)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = (char *)"TOO_MANY_REQUESTS";
    detail.retry_after_ms = (uint64_t)retry_after_ms;
    return call_fail(call, CODE_RESOURCE_EXHAUSTED, &detail, "%s; try again in %" PRId64 " s", what,
                     (retry_after_ms + 999) / 1000);
}

int auth_fail_by_err(struct call *call, int err)
{
    switch (err) {
    case ERR_FULL:
        return auth_fail_later(call, RETRY_AFTER_MS, "more people are signing in than can wait");
    case ERR_NO_MEMORY:
        return call_fail(call, CODE_RESOURCE_EXHAUSTED, NULL, "no memory left for this call");
    case ERR_TIMEOUT:
        return auth_fail(call, CODE_DEADLINE_EXCEEDED, "TOO_SLOW", NULL,
                         "the deadline of the call passed");
    case ERR_CORRUPT:
        return auth_fail(call, CODE_DATA_LOSS, "DATA_DAMAGED", NULL,
                         "what is stored is not what was written");
    default:
        return auth_fail(call, CODE_UNAVAILABLE, "STORE_UNAVAILABLE", NULL,
                         "the store does not answer");
    }
}

int auth_fail_blocked(struct call *call)
{
    return auth_fail(call, CODE_PERMISSION_DENIED, "BLOCKED", NULL,
                     "the operator has blocked this account");
}

int auth_fail_proof(struct call *call, int err)
{
    switch (err) {
    case ERR_DENIED:
        return auth_fail(call, CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code",
                         "this is not the code of the mail");
    case ERR_NOT_FOUND:
        return auth_fail(call, CODE_INVALID_ARGUMENT, "CODE_REFUSED", "request_id",
                         "the code has ended, was used, or was wrong too often; ask for another");
    case ERR_EXISTS:
        return auth_fail(call, CODE_ALREADY_EXISTS, "ADDRESS_TAKEN", "email",
                         "this address has an account already; sign in");
    case ERR_BUSY:
        return auth_fail(call, CODE_UNAUTHENTICATED, "SECOND_FACTOR_NEEDED", "second_factor",
                         "the six digits of the authenticator are needed too");
    case ERR_CONFLICT:
        return auth_fail(call, CODE_ALREADY_EXISTS, "PROVIDER_TAKEN", NULL,
                         "that account of the service is connected to another account here");
    default:
        return auth_fail_by_err(call, err);
    }
}
