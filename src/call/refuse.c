/* How the services say no: with a reason of docs/errors.md and a sentence for people. */
#include <stdio.h>

#include "call/call.h"
#include "call/limits.h"
#include "err/err.h"

int call_refuse_list(struct call *call, enum code code, const char *reason, const char *field,
                     uint64_t retry_after_ms, const char *format, va_list args)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    char text[CALL_MESSAGE_MAX];
    vsnprintf(text, sizeof(text), format, args);
    detail.reason = (char *)reason;
    if (field)
        detail.field = (char *)field;
    detail.retry_after_ms = retry_after_ms;
    return call_fail(call, code, &detail, "%s", text);
}

static int refuse(struct call *call, enum code code, const char *reason, uint64_t retry_after_ms,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int err = call_refuse_list(call, code, reason, NULL, retry_after_ms, format, args);
    va_end(args);
    return err;
}

int call_refuse_stored(struct call *call, int err)
{
    call->cause = err;
    switch (err) {
    case ERR_FULL:
        return refuse(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", 0,
                      "a stated maximum is reached");
    case ERR_NO_MEMORY:
        return refuse(call, CODE_RESOURCE_EXHAUSTED, "TOO_LARGE", 0, "the answer is too large");
    case ERR_TIMEOUT:
        return refuse(call, CODE_DEADLINE_EXCEEDED, "TOO_SLOW", 0, "the deadline has passed");
    case ERR_CORRUPT:
        return refuse(call, CODE_DATA_LOSS, "DATA_DAMAGED", 0, "stored data are damaged");
    default:
        return refuse(call, CODE_UNAVAILABLE, "STORE_UNAVAILABLE", CALL_RETRY_AFTER_MS,
                      "the store does not answer: %s", err_text(err));
    }
}

int call_account(struct call *call, struct id *ret_account_id)
{
    if (id_is_zero(call->identity.account_id))
        return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                         "this is done in an account's name, and the caller has none");
    *ret_account_id = call->identity.account_id;
    return 0;
}
