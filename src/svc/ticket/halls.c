/* ImportHall, GenerateHall, ListHalls, GetSeatMap. */
#include "mem/utf8.h"
#include "svc/ticket/desk.h"

/* Reading or making a plan takes up to a second: it runs beside the loops. */
struct hall_job {
    struct ticket *ticket;
    uint32_t organiser_id;
    const Usher__V1__ImportHallRequest *import; /* one of both */
    const struct hall_shape *shape;
    struct hall *hall;
    uint32_t hall_id; /* once stored */
    const struct catalog_hall *entry;
    struct hall_error error;
    int result;
};

static void make_hall(void *arg)
{
    struct hall_job *job = arg;
    if (job->shape)
        job->result = hall_generate(job->shape, &job->hall, &job->error);
    else
        job->result = hall_import_pretix(view_of(job->import->plan.data, job->import->plan.len),
                                         view_str(job->import->name), &job->hall, &job->error);
}

/* Its layout is unpacked for those who will ask: 200,000 places are tens of milliseconds. */
static void add_hall(void *arg)
{
    struct hall_job *job = arg;
    job->result = catalog_add_hall(job->ticket->catalog, job->hall_id, job->hall, &job->entry);
}

/* Stores the job's hall and answers it. */
static int put_hall(struct call *call, struct hall_job *job, Usher__V1__Hall *ret_hall)
{
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    job->ticket = ticket;
    int err = offload_run(ticket->options.offload, make_hall, job);
    if (err != 0)
        return desk_store_failed(call, err);
    if (job->result == ERR_INVALID || job->result == ERR_FULL)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", job->shape ? "hall" : "plan",
                         "%s", job->error.text);
    if (job->result != 0)
        return desk_store_failed(call, job->result);
    struct hall *hall = job->hall;
    struct store_hall row = {
        .name = hall->name,
        .place_count = hall->place_count,
        .section_count = hall->section_count,
        .layout = hall->layout,
    };
    memcpy(row.layout_hash, hall->hash, sizeof(row.layout_hash));
    err = store->ops->hall_put(store, &row, &job->hall_id, call_deadline_ns(call));
    if (err != 0) {
        desk_note_put(ticket, err);
        hall_free(hall);
        /* A plan that is there already needs no room, so the store is asked first. */
        int full = err == ERR_FULL ? desk_check_room(call, catalog_hall_last(ticket->catalog),
                                                     STORE_HALLS_MAX, "halls")
                                   : 0;
        return full != 0 ? full : desk_store_failed(call, err);
    }
    int refused = desk_own_hall(call, job->hall_id, job->organiser_id);
    /* It is stored, so it is added, if need be here. */
    if (offload_run(ticket->options.offload, add_hall, job) != 0)
        add_hall(job);
    if (refused)
        return refused;
    err = job->result;
    if (err == 0)
        err = desk_fill_hall(call_arena(call), job->entry, ret_hall);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

static int name_ok(struct call *call, const char *name)
{
    const struct view text = view_str(name);
    return text.len <= TICKET_NAME_MAX && utf8_line(text) && (text.len == 0 || utf8_visible(text))
               ? 0
               : desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                           "a name is one line of at most %d bytes that can be seen",
                           TICKET_NAME_MAX);
}

int ticket_import_hall(struct call *call, const void *request, void *response)
{
    const Usher__V1__ImportHallRequest *wish = request;
    struct hall_job job = {.import = wish};
    int err = desk_organiser(call, wish->organiser_id, &job.organiser_id);
    if (err == 0)
        err = name_ok(call, wish->name);
    if (err == 0 && wish->plan.len == 0)
        err = desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "plan", "no plan was sent");
    return err == 0 ? put_hall(call, &job, response) : err;
}

int ticket_generate_hall(struct call *call, const void *request, void *response)
{
    const Usher__V1__GenerateHallRequest *wish = request;
    const struct hall_shape shape = {
        .name = view_str(wish->name),
        .capacity = wish->capacity,
        .sections = wish->sections,
        .rows = wish->rows,
        .standing = wish->standing,
    };
    struct hall_job job = {.shape = &shape};
    int err = desk_organiser(call, wish->organiser_id, &job.organiser_id);
    if (err == 0)
        err = name_ok(call, wish->name);
    return err == 0 ? put_hall(call, &job, response) : err;
}

int ticket_list_halls(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListHallsRequest *wish = request;
    Usher__V1__ListHallsResponse *answer = response;
    bool has[STORE_HALLS_MAX + 1];
    uint32_t organiser_id;
    struct ticket *ticket = call_state(call);
    struct arena *arena = call_arena(call);
    const uint32_t last = catalog_hall_last(ticket->catalog);
    Usher__V1__Hall *halls = arena_alloc(arena, last * sizeof(*halls));
    answer->halls = arena_alloc(arena, last * sizeof(*answer->halls));
    if (!halls || !answer->halls)
        return desk_store_failed(call, ERR_NO_MEMORY);
    if (desk_organiser(call, wish->organiser_id, &organiser_id) != 0)
        return ERR_DENIED;
    int err = desk_list_halls(call, organiser_id, has);
    if (err != 0)
        return desk_store_failed(call, err);
    for (uint32_t i = 1; i <= last; i++) {
        const struct catalog_hall *entry = catalog_hall(ticket->catalog, i);
        if (!entry || !has[i])
            continue;
        Usher__V1__Hall *hall = &halls[answer->n_halls];
        if (desk_fill_hall(arena, entry, hall) != 0)
            return desk_store_failed(call, ERR_NO_MEMORY);
        answer->halls[answer->n_halls++] = hall;
    }
    return 0;
}

int ticket_get_seat_map(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetSeatMapRequest *wish = request;
    struct ticket *ticket = call_state(call);
    const struct catalog_hall *entry = catalog_hall_by_hash(ticket->catalog, wish->layout_hash);
    if (!entry)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "layout_hash", "no such layout");
    *(Usher__V1__SeatMap *)response = *entry->seat_map; /* read only, and there for ever */
    return 0;
}
