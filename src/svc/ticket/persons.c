#include "svc/ticket/persons.h"

#include "store/persons.h"

static_assert((int)PERSON_BY_PHONE == (int)USHER__V1__PERSON_RULE__PERSON_RULE_PHONE &&
                  (int)PERSON_BY_IDENTITY == (int)USHER__V1__PERSON_RULE__PERSON_RULE_IDENTITY,
              "a rule's number is that of what proves it");

int desk_find_person(struct call *call, const struct catalog_performance *performance,
                     struct id account_id, struct id *ret_person_id)
{
    const struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    const enum person_kind kind = (enum person_kind)performance->person_rule;
    *ret_person_id = (struct id){0};
    if (performance->person_rule == 0)
        return 0;
    /* Without the accounts' tables nobody has proved anything: in doubt, refuse. */
    int err = sql ? person_get(sql, account_id, kind, ret_person_id, call_deadline_ns(call))
                  : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_FAILED_PRECONDITION, "PERSON_NEEDED", "performance_id",
                         kind == PERSON_BY_PHONE
                             ? "places are counted by telephone number here: prove yours first "
                               "(AuthService/BeginPerson)"
                             : "places are counted by person here: prove who you are first "
                               "(AuthService/BeginPerson)");
    return err == 0 ? 0 : desk_store_failed(call, err);
}
