/* AuthService.SetSites, GetSites: sites of an organiser's own that may show his dates. */
#include "store/sites.h"
#include "err/err.h"
#include "svc/auth/handlers.h"
#include "token/roles.h"

CALL_HANDLER(auth_set_sites);
CALL_HANDLER(auth_get_sites);

static int answer_sites(struct call *call, uint32_t organiser_id, Usher__V1__Sites *answer)
{
    struct arena *arena = call_arena(call);
    struct view *sites;
    size_t count;
    int err =
        sites_list(auth_of(call)->sql, organiser_id, arena, &sites, &count, call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    answer->sites = arena_alloc(arena, count * sizeof(*answer->sites));
    if (!answer->sites)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        answer->sites[answer->n_sites++] = (char *)sites[i].at;
    answer->organiser_id = organiser_id;
    return 0;
}

int auth_set_sites(struct call *call, const void *request, void *response)
{
    const Usher__V1__SetSitesRequest *wish = request;
    struct arena *arena = call_arena(call);
    const char *about = arena_printf(arena, "organiser %u: %zu", wish->organiser_id, wish->n_sites);
    struct view *sites = arena_alloc(arena, wish->n_sites * sizeof(*sites));
    if (!auth_may_give(call_identity(call), wish->organiser_id))
        return auth_fail_team(call);
    if (!about || !sites)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < wish->n_sites; i++)
        sites[i] = view_str(wish->sites[i]);
    const struct act act = auth_act(call, "sites.set", about);
    int err = sites_set(auth_of(call)->sql, wish->organiser_id, sites, wish->n_sites, &act,
                        call_deadline_ns(call));
    if (err == ERR_INVALID)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "sites",
                         "up to %d addresses, each once, as https://band.example, without a path",
                         SITES_MAX);
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "organiser_id",
                         "there is no such organiser");
    return err ? auth_fail_by_err(call, err) : answer_sites(call, wish->organiser_id, response);
}

int auth_get_sites(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetSitesRequest *wish = request;
    return answer_sites(call, wish->organiser_id, response);
}
