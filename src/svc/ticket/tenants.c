/* Whose halls and events they are: the organiser that a call is made for, and whether it may be. */
#include "call/tenant.h"
#include "store/hall_owners.h"
#include "store/organisers.h"
#include "svc/ticket/desk.h"
#include "token/roles.h"

static int refuse(struct call *call)
{
    return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                     "this is a manager's or an owner's of that organiser to do");
}

int desk_organiser(struct call *call, uint32_t wanted, uint32_t *ret_organiser_id)
{
    struct sql *sql = ((struct ticket *)call_state(call))->options.store->sql;
    int err = call_tenant(call, wanted, ROLES_MANAGE, ret_organiser_id);
    if (err != 0 || wanted == 0 || !sql || !identity_has(call_identity(call), ROLE_OPERATOR))
        return err;
    err = organiser_known(sql, wanted, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "organiser_id", "no organiser %u",
                         wanted);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

int desk_check_event(struct call *call, const struct catalog_event *event)
{
    /* The line opens and closes sales by itself, as a peer. */
    const bool may =
        identity_has_for(call_identity(call), event->organiser_id, ROLES_MANAGE | ROLE_PEER);
    return may ? 0 : refuse(call);
}

int desk_list_halls(struct call *call, uint32_t organiser_id, bool ret_has[STORE_HALLS_MAX + 1])
{
    const struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    for (uint32_t i = 0; i <= STORE_HALLS_MAX; i++)
        ret_has[i] = true; /* the reference body of the store has no other tables */
    return sql ? hall_owner_list(sql, organiser_id, ret_has, call_deadline_ns(call)) : 0;
}

int desk_check_hall(struct call *call, uint32_t hall_id, uint32_t organiser_id)
{
    bool has[STORE_HALLS_MAX + 1];
    int err = desk_list_halls(call, organiser_id, has);
    if (err)
        return desk_store_failed(call, err);
    return hall_id <= STORE_HALLS_MAX && has[hall_id]
               ? 0
               : desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "hall_id", "no hall %u", hall_id);
}

int desk_own_hall(struct call *call, uint32_t hall_id, uint32_t organiser_id)
{
    const struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    int err = sql ? hall_owner_add(sql, hall_id, organiser_id, call_deadline_ns(call)) : 0;
    return err ? desk_store_failed(call, err) : 0;
}
