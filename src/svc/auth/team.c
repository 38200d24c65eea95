/* AuthService: organisers and their teams. */
#include "err/err.h"
#include "svc/auth/handlers.h"
#include "token/roles.h"

#define TEAM_ROLES (ROLE_DOOR | ROLE_BOX_OFFICE | ROLE_MANAGER | ROLE_OWNER)

uint32_t auth_may_give(const struct identity *identity, uint32_t organiser_id)
{
    if (identity_has_for(identity, organiser_id, ROLE_OPERATOR | ROLE_OWNER))
        return TEAM_ROLES;
    return identity_has_for(identity, organiser_id, ROLE_MANAGER) ? ROLE_DOOR | ROLE_BOX_OFFICE : 0;
}

int auth_fail_team(struct call *call)
{
    return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                     "this is a manager's or an owner's of that organiser to do");
}

bool auth_is_team_role(uint32_t role)
{
    return (role & TEAM_ROLES) && (role & (role - 1)) == 0 && !(role & ~TEAM_ROLES);
}

static int answer_member(struct arena *arena, const struct member *member,
                         Usher__V1__Member *answer)
{
    answer->organiser_id = member->organiser_id;
    answer->email = arena_copy(arena, member->email);
    answer->role = (Usher__V1__Role)member->roles;
    if (!id_is_zero(member->account_id))
        answer->account_id = auth_format_id(arena, member->account_id);
    return answer->email && answer->account_id ? 0 : ERR_NO_MEMORY;
}

int auth_list_members(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListMembersRequest *wish = request;
    Usher__V1__ListMembersResponse *answer = response;
    struct arena *arena = call_arena(call);
    struct member *members;
    size_t count;
    if (!auth_may_give(call_identity(call), wish->organiser_id))
        return auth_fail_team(call);
    int err = member_list(auth_of(call)->sql, wish->organiser_id, arena, &members, &count,
                          call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    Usher__V1__Member *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->members = arena_alloc(arena, count * sizeof(*answer->members));
    if (!rows || !answer->members)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count && !err; i++) {
        usher__v1__member__init(&rows[i]);
        answer->members[i] = &rows[i];
        err = answer_member(arena, &members[i], &rows[i]);
    }
    answer->n_members = count;
    return err ? auth_fail_by_err(call, err) : 0;
}

static int fail_member(struct call *call, int err)
{
    switch (err) {
    case ERR_NOT_FOUND:
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "organiser_id",
                         "there is no such organiser, or no such member");
    case ERR_BUSY:
        return auth_fail(call, CODE_FAILED_PRECONDITION, "LAST_OWNER", "email",
                         "this is the last owner: make somebody else one first");
    case ERR_DENIED:
        return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                         "this member's role is not yours to change");
    case ERR_FULL:
        return auth_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "email",
                         "a team has %d members at most, and an account acts for %d organisers",
                         MEMBERS_MAX, ACCOUNT_MEMBERSHIPS_MAX);
    default:
        return auth_fail_by_err(call, err);
    }
}

int auth_set_member(struct call *call, const void *request, void *response)
{
    const Usher__V1__SetMemberRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct identity *who = call_identity(call);
    const uint32_t may_give = auth_may_give(who, wish->organiser_id);
    const uint32_t role = (uint32_t)wish->role;
    struct member member = {.organiser_id = wish->organiser_id,
                            .roles = role,
                            .created_at_ms = clock_wall_ms(auth->clock)};
    if (!may_give)
        return auth_fail_team(call);
    if (role != 0 && !auth_is_team_role(role))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "role",
                         "DOOR, BOX_OFFICE, MANAGER or OWNER; UNSPECIFIED ends the membership");
    if (role & ~may_give)
        return call_fail(call, CODE_PERMISSION_DENIED, NULL, "this role is an owner's to give");
    if (auth_read_email(call, wish->email, &member.email))
        return 1;
    const char *about = arena_printf(call_arena(call), "organiser %u, %.*s, role %u",
                                     member.organiser_id, VIEW_ARG(member.email), role);
    const struct act act = auth_act(call, "member.set", about);
    int err = about ? member_set(auth->sql, &member, ROLE_OWNER, may_give,
                                 identity_has(who, ROLE_OPERATOR), &act, call_deadline_ns(call))
                    : ERR_NO_MEMORY;
    if (!err)
        err = answer_member(call_arena(call), &member, response);
    return err ? fail_member(call, err) : 0;
}

static int answer_organiser(struct arena *arena, const struct organiser *organiser,
                            Usher__V1__Organiser *answer)
{
    answer->organiser_id = organiser->organiser_id;
    answer->created_at_ms = organiser->created_at_ms;
    answer->name = arena_copy(arena, organiser->name);
    return answer->name ? 0 : ERR_NO_MEMORY;
}

int auth_create_organiser(struct call *call, const void *request, void *response)
{
    const Usher__V1__CreateOrganiserRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "organiser.create", wish->name);
    struct organiser organiser = {.created_at_ms = act.at_ms};
    struct view owner;
    if (auth_read_name(call, wish->name, &organiser.name) ||
        auth_read_email(call, wish->owner_email, &owner))
        return 1;
    int err = organiser_put(auth->sql, &organiser, owner, ROLE_OWNER, &act, &organiser.organiser_id,
                            call_deadline_ns(call));
    if (err == ERR_EXISTS)
        return auth_fail(call, CODE_ALREADY_EXISTS, "NAME_TAKEN", "name",
                         "there is an organiser of this name already");
    if (err == ERR_FULL)
        return auth_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "there are %d organisers at most, and an account acts for %d of them",
                         ORGANISERS_MAX, ACCOUNT_MEMBERSHIPS_MAX);
    if (!err)
        err = answer_organiser(call_arena(call), &organiser, response);
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_list_organisers(struct call *call, const void *request, void *response)
{
    Usher__V1__ListOrganisersResponse *answer = response;
    struct arena *arena = call_arena(call);
    struct organiser *organisers;
    size_t count;
    int err =
        organiser_list(auth_of(call)->sql, arena, &organisers, &count, call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    Usher__V1__Organiser *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->organisers = arena_alloc(arena, count * sizeof(*answer->organisers));
    if (!rows || !answer->organisers)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count && !err; i++) {
        usher__v1__organiser__init(&rows[i]);
        answer->organisers[i] = &rows[i];
        err = answer_organiser(arena, &organisers[i], &rows[i]);
    }
    answer->n_organisers = count;
    return err ? auth_fail_by_err(call, err) : 0;
}
