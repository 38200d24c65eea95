/* CheckIn, UploadScans: what a code is worth at a door. */
#include "svc/door/lobby.h"

/* What is known of a code before it is asked who is inside. */
struct verdict {
    enum scan_result result;
    struct code_said said;           /* unless SCAN_INVALID */
    const Usher__V1__Order *order;   /* NULL: it was not found */
    const Usher__V1__Ticket *ticket; /* NULL: the order has no such ticket */
    const char *block_reason;        /* of SCAN_BLOCKED */
    struct entry_times times;        /* of SCAN_INVALID_TIME */
};

static const Usher__V1__Ticket *ticket_of(const Usher__V1__Order *order, uint32_t seat)
{
    for (size_t i = 0; i < order->n_tickets; i++) {
        if (order->tickets[i]->seat == seat)
            return order->tickets[i];
    }
    return NULL;
}

/* Whether somebody with a good ticket is let in, too. A block that came after an offline scan is no
 * reason for it. The store's errors. */
static int judge_entry(struct call *call, int64_t at_ms, struct verdict *v)
{
    const struct door *door = call_state(call);
    const Usher__V1__Order *order = v->order;
    const struct id order_id = v->said.ticket.order_id;
    struct door_said said;
    int err = doors_read(door->options.sql, order->performance_id, &order_id, 1, call_arena(call),
                         &said, call_deadline_ns(call));
    if (err != 0)
        return err;
    const struct door_block *block = door_block_in(&said, order_id, v->said.ticket.seat);
    v->times = entry_times_of(&said.entry, order->starts_at_ms, order->doors_at_ms);
    if (block && block->created_at_ms <= at_ms) {
        v->result = SCAN_BLOCKED;
        v->block_reason = arena_copy(call_arena(call), block->reason);
        return v->block_reason ? 0 : ERR_NO_MEMORY;
    }
    if (said.unpaid_count > 0)
        v->result = SCAN_UNPAID;
    else if (!entry_is_open(&v->times, at_ms))
        v->result = SCAN_INVALID_TIME;
    return 0;
}

/* 0, the errors of lobby_find_order, or the store's. */
static int judge_code(struct call *call, const char *code, uint32_t performance_id,
                      Usher__V1__Direction direction, int64_t at_ms, struct verdict *v)
{
    struct door *door = call_state(call);
    char order_id[ID_TEXT_CHARS + 1];
    *v = (struct verdict){.result = SCAN_INVALID};
    const int read = code_read(&door->codes, view_str(code), at_ms / 1000, &v->said);
    if (read != 0 && read != ERR_TIMEOUT)
        return 0;
    id_format(v->said.ticket.order_id, order_id);
    int err = lobby_find_order(door, order_id, call_arena(call), call_deadline_ns(call), &v->order);
    if (err != 0) {
        v->order = NULL;
        return err == ERR_NOT_FOUND ? 0 : err;
    }
    v->ticket = ticket_of(v->order, v->said.ticket.seat);
    if (v->order->performance_id != performance_id)
        v->result = SCAN_WRONG_PERFORMANCE;
    else if (!v->ticket)
        v->result = SCAN_CANCELED;
    else if (v->ticket->generation > v->said.ticket.generation)
        v->result = SCAN_REVOKED;
    else if (read == ERR_TIMEOUT)
        v->result = SCAN_EXPIRED;
    else
        v->result = v->ticket->generation == v->said.ticket.generation ? SCAN_OK : SCAN_INVALID;
    /* Whoever goes out goes out. */
    const bool in = direction != USHER__V1__DIRECTION__DIRECTION_OUT;
    return v->result == SCAN_OK && in ? judge_entry(call, at_ms, v) : 0;
}

static struct scan scan_of(const struct verdict *v, uint32_t performance_id,
                           Usher__V1__Direction direction)
{
    struct scan scan = {
        .performance_id = performance_id,
        .direction = direction == USHER__V1__DIRECTION__DIRECTION_OUT ? SCAN_OUT : SCAN_IN,
        .answered = v->result,
        .result = v->result,
    };
    if (v->order) {
        scan.order_id = v->said.ticket.order_id;
        scan.seat = v->said.ticket.seat;
    }
    return scan;
}

static int fill_answer(struct call *call, const struct verdict *v, enum scan_result result,
                       const struct scan_entry *entry, Usher__V1__CheckInResponse *answer)
{
    struct door *door = call_state(call);
    const struct contact *contact = NULL;
    answer->result = (Usher__V1__CheckInResult)result;
    if (v->order) {
        answer->order_id = v->order->order_id;
        answer->order_number = v->order->order_number;
        answer->seat = v->said.ticket.seat;
        answer->owes = v->order->to_collect > 0;
    }
    if (v->ticket) {
        answer->label = v->ticket->label;
        answer->category = v->ticket->category;
        answer->price_type = v->ticket->price_type;
    }
    if (result == SCAN_BLOCKED && v->block_reason)
        answer->block_reason = (char *)v->block_reason;
    if (result == SCAN_INVALID_TIME) {
        answer->enters_at_ms = v->times.from_ms;
        answer->enters_until_ms = v->times.until_ms;
    }
    if (entry->at_ms != 0) {
        answer->first_in_at_ms = entry->at_ms;
        answer->first_gate = (char *)entry->gate.at;
        answer->first_device = (char *)entry->device.at;
    }
    int err =
        v->order ? lobby_contact(door, v->order, call_arena(call), call_deadline_ns(call), &contact)
                 : 0;
    if (contact)
        answer->name = (char *)contact->name.at;
    return err;
}

static int check_nonce(struct call *call, const char *nonce, const char *gate, const char *device)
{
    const size_t len = strlen(nonce);
    if (len == 0 || len > SCAN_NONCE_MAX)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "nonce",
                          "a nonce has 1 to %d bytes", SCAN_NONCE_MAX);
    if (strlen(gate) > SCAN_NAME_MAX || strlen(device) > SCAN_NAME_MAX)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "gate",
                          "a gate's or a device's name has at most %d bytes", SCAN_NAME_MAX);
    return 0;
}

int door_check_in(struct call *call, const void *request, void *response)
{
    const Usher__V1__CheckInRequest *wish = request;
    struct door *door = call_state(call);
    struct verdict v;
    int err = check_nonce(call, wish->nonce, wish->gate, "");
    if (err != 0)
        return err;
    if (wish->force && !identity_has(call_identity(call), ROLES_MANAGE))
        return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                         "only a manager lets in whom the door refuses");
    err = lobby_check_runs(call, wish->performance_id, LOBBY_DOOR_STAFF, NULL);
    if (err != 0)
        return err;
    err = judge_code(call, wish->code, wish->performance_id, wish->direction, lobby_now_ms(), &v);
    if (err != 0)
        return lobby_store_failed(call, err);
    struct scan_put put = {.scan = scan_of(&v, wish->performance_id, wish->direction)};
    put.scan.nonce = view_str(wish->nonce);
    put.scan.gate = view_str(wish->gate);
    put.scan.at_ms = lobby_now_ms();
    put.scan.forced = wish->force;
    if (wish->force) /* the reason is kept as the result */
        put.scan.answered = SCAN_OK;
    err = scan_put(door->options.sql, wish->force ? SCAN_JUDGED : SCAN_JUDGE_NOW, &put, 1,
                   call_arena(call), call_deadline_ns(call));
    if (err == 0)
        err = put.err;
    if (err == ERR_EXISTS)
        return lobby_fail(call, CODE_ALREADY_EXISTS, "KEY_REUSED", "nonce",
                          "this nonce was used for another scan");
    if (err == 0)
        err = fill_answer(call, &v, put.told, &put.entry, response);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* ---- scans made without the network ---- */

static int judge_scans(struct call *call, const Usher__V1__UploadScansRequest *wish,
                       struct verdict *verdicts, struct scan_put *puts)
{
    const int64_t latest_ms = lobby_now_ms() + LOBBY_EARLY_SCAN_MS;
    for (size_t i = 0; i < wish->n_scans; i++) {
        const Usher__V1__Scan *scan = wish->scans[i];
        int err = check_nonce(call, scan->nonce, scan->gate, scan->device);
        if (err != 0)
            return err;
        if (scan->at_ms <= 0 || scan->at_ms > latest_ms)
            return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "at_ms",
                              "a scan's time is in Unix milliseconds");
        err = judge_code(call, scan->code, wish->performance_id, scan->direction, scan->at_ms,
                         &verdicts[i]);
        if (err != 0)
            return lobby_store_failed(call, err);
        puts[i].scan = scan_of(&verdicts[i], wish->performance_id, scan->direction);
        puts[i].scan.nonce = view_str(scan->nonce);
        puts[i].scan.gate = view_str(scan->gate);
        puts[i].scan.device = view_str(scan->device);
        puts[i].scan.at_ms = scan->at_ms;
        puts[i].scan.answered =
            scan->answered == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_UNSPECIFIED
                ? SCAN_OK
                : (enum scan_result)scan->answered;
    }
    return 0;
}

/* What is wrong with the code comes first: the gate may have let it in all the same. */
static enum scan_result told_result(const struct verdict *v, const struct scan_put *put)
{
    if (put->err != 0)
        return SCAN_INVALID;
    return v->result == SCAN_OK ? put->folded : v->result;
}

int door_upload_scans(struct call *call, const void *request, void *response)
{
    const Usher__V1__UploadScansRequest *wish = request;
    Usher__V1__UploadScansResponse *answer = response;
    struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    const size_t count = wish->n_scans;
    if (count > LOBBY_SCANS_MAX)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "scans",
                          "at most %d scans at once", LOBBY_SCANS_MAX);
    int err = lobby_check_runs(call, wish->performance_id, LOBBY_DOOR_STAFF, NULL);
    if (err != 0)
        return err;
    struct verdict *verdicts = arena_alloc(arena, count * sizeof(*verdicts));
    struct scan_put *puts = arena_alloc(arena, count * sizeof(*puts));
    Usher__V1__CheckInResponse *list = arena_alloc(arena, count * sizeof(*list));
    answer->results = arena_alloc(arena, count * sizeof(*answer->results));
    if (!verdicts || !puts || !list || !answer->results)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    err = judge_scans(call, wish, verdicts, puts);
    if (err != 0)
        return err;
    err = scan_put(door->options.sql, SCAN_JUDGED, puts, count, arena, call_deadline_ns(call));
    for (size_t i = 0; err == 0 && i < count; i++) {
        usher__v1__check_in_response__init(&list[i]);
        err = fill_answer(call, &verdicts[i], told_result(&verdicts[i], &puts[i]), &puts[i].entry,
                          &list[i]);
        answer->results[i] = &list[i];
    }
    answer->n_results = err == 0 ? count : 0;
    return err == 0 ? 0 : lobby_store_failed(call, err);
}
