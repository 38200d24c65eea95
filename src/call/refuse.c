/* How the services say no: with a reason of docs/errors.md and a sentence for people. */
#include <stdio.h>

#include "call/call.h"
#include "call/limits.h"
#include "err/err.h"

int call_refuse(struct call *call, enum code code, uint64_t retry_after_ms, const char *reason,
                const char *field, const char *format, ...)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    char text[CALL_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    detail.reason = (char *)reason;
    if (field)
        detail.field = (char *)field;
    detail.retry_after_ms = retry_after_ms;
    return call_fail(call, code, &detail, "%s", text);
}

int call_refuse_stored(struct call *call, int err)
{
    call->cause = err;
    switch (err) {
    case ERR_FULL:
        return call_refuse(call, CODE_RESOURCE_EXHAUSTED, 0, "TOO_MANY_REQUESTS", NULL,
                           "a stated maximum is reached");
    case ERR_NO_MEMORY:
        return call_refuse(call, CODE_RESOURCE_EXHAUSTED, 0, "TOO_LARGE", NULL,
                           "the answer is too large");
    case ERR_TIMEOUT:
        return call_refuse(call, CODE_DEADLINE_EXCEEDED, 0, "TOO_SLOW", NULL,
                           "the deadline has passed");
    case ERR_CORRUPT:
        return call_refuse(call, CODE_DATA_LOSS, 0, "DATA_DAMAGED", NULL,
                           "stored data are damaged");
    default:
        return call_refuse(call, CODE_UNAVAILABLE, CALL_RETRY_AFTER_MS, "STORE_UNAVAILABLE", NULL,
                           "the store does not answer: %s", err_text(err));
    }
}

const char *call_reason(const struct call *call)
{
    const Usher__V1__ErrorDetail *detail = call->detail;
    return detail && detail->reason && detail->reason[0] ? detail->reason : code_name(call->code);
}

int call_account(struct call *call, struct id *ret_account_id)
{
    if (id_is_zero(call->identity.account_id))
        return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                         "this is done in an account's name, and the caller has none");
    *ret_account_id = call->identity.account_id;
    return 0;
}
