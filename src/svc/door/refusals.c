#include "svc/door/lobby.h"

int lobby_fail(struct call *call, enum code code, const char *reason, const char *field,
               const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int err = call_refuse_list(call, code, reason, field, 0, format, args);
    va_end(args);
    return err;
}

int lobby_store_failed(struct call *call, int err)
{
    return call_refuse_stored(call, err);
}
