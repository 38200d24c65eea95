#include <inttypes.h>

#include "err/err.h"
#include "svc/auth/handlers.h"

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
    if (err == ERR_FULL)
        return auth_fail_later(call, AUTH_RETRY_AFTER_MS,
                               "more people are signing in than can wait");
    return call_refuse_stored(call, err);
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
