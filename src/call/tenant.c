#include "call/tenant.h"

#include "token/roles.h"

#define FIRST_ORGANISER 1 /* whose everything of earlier stores is */

static uint32_t only_one(const struct identity *who, uint32_t any_of)
{
    uint32_t only = 0, count = 0;
    if (who->roles & ROLE_OPERATOR)
        return FIRST_ORGANISER;
    for (uint32_t i = 0; i < who->tenant_count; i++) {
        if (who->tenants[i].roles & any_of) {
            only = who->tenants[i].tenant_id;
            count++;
        }
    }
    return count == 1 ? only : 0;
}

int call_tenant(struct call *call, uint32_t said, uint32_t any_of, uint32_t *ret_tenant_id)
{
    const struct identity *who = call_identity(call);
    const uint32_t tenant_id = said ? said : only_one(who, any_of);
    if (tenant_id == 0)
        return call_refuse(call, CODE_INVALID_ARGUMENT, 0, "BAD_ARGUMENT", "organiser_id",
                           "the caller acts for several organisers: say for which");
    if (!identity_has_for(who, tenant_id, any_of))
        return call_fail(call, CODE_PERMISSION_DENIED, NULL, "%s",
                         any_of & (ROLE_BOX_OFFICE | ROLE_DOOR)
                             ? "this is for the team of that organiser to do"
                             : "this is a manager's or an owner's of that organiser to do");
    *ret_tenant_id = tenant_id;
    return 0;
}
