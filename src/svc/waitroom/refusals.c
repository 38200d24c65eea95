#include "err/err.h"
#include "svc/waitroom/desk.h"
#include "token/roles.h"

bool room_may_see(struct call *call, const struct keeper *keeper)
{
    return atomic_load(&keeper->seen) == KEEPER_SEEN_BY_ALL ||
           identity_has_for(call_identity(call), atomic_load(&keeper->organiser_id), ROLES_INSIDE);
}

struct keeper *room_sale(struct call *call, uint32_t sale_id)
{
    struct keeper *keeper = room_find(call_state(call), sale_id);
    if (keeper && room_may_see(call, keeper))
        return keeper;
    if (keeper && atomic_load(&keeper->seen) == KEEPER_SEEN_UNKNOWN)
        room_refused(call, ERR_UNAVAILABLE);
    else
        room_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "sale_id", "no sale %u", sale_id);
    return NULL;
}

struct keeper *room_own_sale(struct call *call, uint32_t sale_id)
{
    struct keeper *keeper = room_sale(call, sale_id);
    if (!keeper ||
        identity_has_for(call_identity(call), atomic_load(&keeper->organiser_id), ROLES_MANAGE))
        return keeper;
    call_fail(call, CODE_PERMISSION_DENIED, NULL,
              "this is a manager's or an owner's of that organiser to do");
    return NULL;
}

int room_account(struct call *call, struct id *ret_account_id)
{
    return call_account(call, ret_account_id);
}

int room_refused(struct call *call, int err)
{
    switch (err) {
    case ERR_FULL:
        return room_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "a stated maximum is reached: try again a little later");
    case ERR_NO_MEMORY:
    case ERR_TIMEOUT:
    case ERR_CORRUPT:
        return call_refuse_stored(call, err);
    default:
        call->cause = err;
        return room_fail(call, CODE_UNAVAILABLE, "LINE_UNAVAILABLE", NULL,
                         "not possible right now: try the same request again");
    }
}
