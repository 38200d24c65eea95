/* ImportHall, PreviewHall, GenerateHall, ListHalls, GetSeatMap. */
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/proto.h"
#include "mem/utf8.h"
#include "svc/ticket/desk.h"

#define STAGE_FAR 40000000 /* hundredths of a unit */

/* Reading or making a plan takes up to a second: it runs beside the loops. */
struct hall_job {
    struct ticket *ticket;
    uint32_t organiser_id;
    const Usher__V1__ImportHallRequest *import; /* one of both */
    const struct hall_shape *shape;
    struct hall *hall;
    uint32_t hall_id; /* once stored */
    const struct catalog_hall *entry;
    struct hall_notes *notes; /* import */
    struct hall_error error;
    int result;
};

static void make_hall(void *arg)
{
    struct hall_job *job = arg;
    if (job->shape) {
        job->result = hall_generate(job->shape, &job->hall, &job->error);
        return;
    }
    const Usher__V1__ImportHallRequest *import = job->import;
    struct hall_wish wish = {.name = view_str(import->name), .stage_given = import->stage != NULL};
    if (import->stage) {
        wish.stage_x = import->stage->x;
        wish.stage_y = import->stage->y;
    }
    job->result = hall_import(view_of(import->plan.data, import->plan.len), &wish, &job->hall,
                              job->notes, &job->error);
}

/* What the import says. ERR_NO_MEMORY. */
static int fill_notes(struct arena *arena, const struct hall_notes *notes,
                      Usher__V1__Hall *ret_hall)
{
    Usher__V1__PlanNote *list = arena_alloc(arena, (notes->count + 1) * sizeof(*list));
    ret_hall->notes = arena_alloc(arena, (notes->count + 1) * sizeof(*ret_hall->notes));
    if (!list || !ret_hall->notes)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < notes->count; i++) {
        usher__v1__plan_note__init(&list[i]);
        list[i].kind = (Usher__V1__PlanNoteKind)notes->list[i].kind;
        list[i].subject = (char *)notes->list[i].subject; /* the arena's, as notes are */
        list[i].count = notes->list[i].count;
        list[i].text = (char *)notes->list[i].text;
        ret_hall->notes[ret_hall->n_notes++] = &list[i];
    }
    if (notes->left_out > 0) {
        usher__v1__plan_note__init(&list[notes->count]);
        list[notes->count].kind = USHER__V1__PLAN_NOTE_KIND__PLAN_NOTE_KIND_LEFT_OUT;
        list[notes->count].count = notes->left_out;
        list[notes->count].text = "There is more of this kind that is not listed.";
        ret_hall->notes[ret_hall->n_notes++] = &list[notes->count];
    }
    return 0;
}

/* Makes the job's hall beside the loops. */
static int make(struct call *call, struct hall_job *job)
{
    struct ticket *ticket = call_state(call);
    job->ticket = ticket;
    if (job->import)
        job->notes = arena_alloc(call_arena(call), sizeof(*job->notes));
    int err = job->import && !job->notes ? ERR_NO_MEMORY
                                         : offload_run(ticket->options.offload, make_hall, job);
    if (err != 0)
        return desk_store_failed(call, err);
    if (job->result == ERR_INVALID || job->result == ERR_FULL)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", job->shape ? "hall" : "plan",
                         "%s", job->error.text);
    return job->result == 0 ? 0 : desk_store_failed(call, job->result);
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
    int err = make(call, job);
    if (err != 0)
        return err;
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
    if (err == 0 && job->notes)
        err = fill_notes(call_arena(call), job->notes, ret_hall);
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

/* What import and preview have in common before the plan is read. */
static int import_ok(struct call *call, const Usher__V1__ImportHallRequest *wish)
{
    const int err = name_ok(call, wish->name);
    if (err != 0)
        return err;
    if (wish->plan.len == 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "plan", "no plan was sent");
    if (wish->stage && (abs(wish->stage->x) > STAGE_FAR || abs(wish->stage->y) > STAGE_FAR))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "stage",
                         "a stage is at most %d units away", STAGE_FAR / 100);
    return 0;
}

int ticket_import_hall(struct call *call, const void *request, void *response)
{
    const Usher__V1__ImportHallRequest *wish = request;
    struct hall_job job = {.import = wish};
    int err = desk_organiser(call, wish->organiser_id, &job.organiser_id);
    if (err == 0)
        err = import_ok(call, wish);
    return err == 0 ? put_hall(call, &job, response) : err;
}

static int fill_preview(struct call *call, const struct hall_job *job,
                        Usher__V1__HallPreview *ret_preview)
{
    struct arena *arena = call_arena(call);
    const struct hall *hall = job->hall;
    Usher__V1__Hall *about = arena_alloc(arena, sizeof(*about));
    Usher__V1__PlanPoint *origin = arena_alloc(arena, sizeof(*origin));
    char *hash = arena_alloc(arena, 2 * HALL_HASH_BYTES + 1);
    ProtobufCMessage *unpacked;
    if (!about || !origin || !hash ||
        proto_unpack(&usher__v1__seat_map__descriptor, hall->layout, arena, &unpacked) != 0)
        return ERR_NO_MEMORY;
    Usher__V1__SeatMap *map = (Usher__V1__SeatMap *)unpacked;
    hex_write(view_of(hall->hash, sizeof(hall->hash)), hash);
    usher__v1__hall__init(about);
    about->name = map->name;
    about->layout_hash = hash;
    about->place_count = hall->place_count;
    about->section_count = hall->section_count;
    about->categories = map->categories;
    about->n_categories = map->n_categories;
    usher__v1__plan_point__init(origin);
    origin->x = job->notes->origin_x;
    origin->y = job->notes->origin_y;
    ret_preview->hall = about;
    ret_preview->seat_map = map;
    ret_preview->origin = origin;
    return fill_notes(arena, job->notes, about);
}

CALL_HANDLER(ticket_preview_hall)
{
    const Usher__V1__ImportHallRequest *wish = request;
    struct hall_job job = {.import = wish};
    int err = desk_organiser(call, wish->organiser_id, &job.organiser_id);
    if (err == 0)
        err = import_ok(call, wish);
    if (err == 0)
        err = make(call, &job);
    if (err != 0)
        return err;
    err = fill_preview(call, &job, response);
    hall_free(job.hall);
    return err == 0 ? 0 : desk_store_failed(call, err);
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
