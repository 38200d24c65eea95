/* InstallationService: who owns what, for the operator. */
#include "svc/ticket/desk.h"
#include "usher/v1/owner.pb-c.h"

static int fill_performance(struct call *call, const struct catalog_performance *performance,
                            Usher__V1__PerformanceStatus **ret_status)
{
    struct ticket *ticket = call_state(call);
    struct arena *arena = call_arena(call);
    Usher__V1__PerformanceStatus *status = arena_alloc(arena, sizeof(*status));
    Usher__V1__Counts *counts = arena_alloc(arena, sizeof(*counts));
    char holder[COORD_HOLDER_MAX + 1];
    struct owner_figures figures;
    if (!status || !counts)
        return ERR_NO_MEMORY;
    usher__v1__performance_status__init(status);
    owner_figures(performance->owner, &figures);
    tenure_holder(ticket, performance->performance_id, holder);
    desk_fill_counts(&figures.counts, counts);
    status->performance_id = performance->performance_id;
    status->event_name = arena_copy(arena, catalog_bill(performance->event)->name);
    status->owner = arena_copy(arena, view_str(holder));
    status->serving = figures.serving;
    status->version = figures.version;
    status->sale_state = (Usher__V1__SaleState)figures.sale_state;
    status->counts = counts;
    *ret_status = status;
    return status->event_name && status->owner ? 0 : ERR_NO_MEMORY;
}

static int fill_members(struct call *call, struct tenure *tenure, Usher__V1__Status *answer)
{
    struct arena *arena = call_arena(call);
    struct coord_member *members;
    size_t count = 0;
    int err = tenure_members(tenure, arena, &members, &count, call_deadline_ns(call));
    answer->process = arena_copy(arena, view_str(tenure_self(tenure)));
    answer->coordinated = true;
    answer->coordination_up = err == 0 && tenure_is_up(tenure);
    if (err != 0)
        return answer->process ? 0 : ERR_NO_MEMORY; /* what is known is told all the same */
    answer->processes = arena_alloc(arena, count * sizeof(*answer->processes));
    if (!answer->process || !answer->processes)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        answer->processes[i] = (char *)members[i].text.at;
    answer->n_processes = count;
    return 0;
}

CALL_HANDLER(ticket_get_status)
{
    struct ticket *ticket = call_state(call);
    Usher__V1__Status *answer = response;
    struct tenure *tenure = atomic_load(&ticket->tenure);
    const uint32_t last = catalog_performance_last(ticket->catalog);
    int err = tenure ? fill_members(call, tenure, answer) : 0;
    answer->performances = arena_alloc(call_arena(call), last * sizeof(*answer->performances));
    if (!answer->performances)
        err = ERR_NO_MEMORY;
    for (uint32_t i = 1; err == 0 && i <= last; i++) {
        const struct catalog_performance *performance = catalog_performance(ticket->catalog, i);
        if (performance) {
            err =
                fill_performance(call, performance, &answer->performances[answer->n_performances]);
            answer->n_performances += err == 0;
        }
    }
    return err == 0 ? 0 : desk_store_failed(call, err);
}
