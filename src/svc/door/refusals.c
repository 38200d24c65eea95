#include "svc/door/lobby.h"

int lobby_store_failed(struct call *call, int err)
{
    return call_refuse_stored(call, err);
}
