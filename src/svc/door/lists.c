/* GetDoorList, GetDoorCounts, ListDoubleEntries: what devices and people at the door look at. */
#include "call/client.h"
#include "sale/order_number.h"
#include "store/generations.h"
#include "svc/door/lobby.h"

static void tickets_client(struct call *call, struct client *client)
{
    const struct door *door = call_state(call);
    client_init(client, door->options.tickets, &usher__v1__ticket_service__descriptor,
                call_arena(call));
    client->deadline_ns = call_deadline_ns(call);
}

static int refused(struct call *call, const struct client *client)
{
    return call_fail(call, client->status.code, client->status.detail, "%s",
                     client->status.message);
}

static char *text_of(struct arena *arena, struct id id)
{
    char text[ID_TEXT_CHARS + 1];
    id_format(id, text);
    return arena_copy(arena, view_str(text));
}

/* ---- the list of a device ---- */

/* Who of these is inside, and what is said of them. */
static int read_state(struct call *call, const Usher__V1__ListPerformanceOrdersResponse *orders,
                      uint32_t performance_id, struct scan_seat **ret_seats, size_t *ret_count,
                      struct door_said *ret_said)
{
    struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    struct id *ids = arena_alloc(arena, orders->n_orders * sizeof(*ids));
    if (!ids)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < orders->n_orders; i++) {
        if (id_parse(view_str(orders->orders[i]->order_id), &ids[i]))
            return ERR_CORRUPT;
    }
    int err = scan_inside(door->options.sql, ids, orders->n_orders, arena, ret_seats, ret_count,
                          call_deadline_ns(call));
    return err == 0 ? doors_read(door->options.sql, performance_id, ids, orders->n_orders, arena,
                                 ret_said, call_deadline_ns(call))
                    : err;
}

/* The seats come in the order of the orders: *at moves behind this order's. */
static const struct scan_seat *find_inside(const struct scan_seat *seats, size_t count, size_t *at,
                                           struct id order_id, uint32_t seat)
{
    while (*at < count && !id_eq(seats[*at].order_id, order_id))
        (*at)++;
    for (size_t i = *at; i < count && id_eq(seats[i].order_id, order_id); i++) {
        if (seats[i].seat == seat)
            return &seats[i];
    }
    return NULL;
}

/* The names of who gets the tickets, read in one job: a device searches by them. */
struct names_job {
    struct sql_job job;
    const Usher__V1__ListPerformanceOrdersResponse *orders;
    struct arena *arena;
    char **names; /* one an order; NULL: it has no contact */
};

static int run_names(struct sql_job *base, struct sql_txn *txn)
{
    const struct names_job *job = (const struct names_job *)base;
    int err = 0;
    for (size_t i = 0; err == 0 && i < job->orders->n_orders; i++) {
        const Usher__V1__Order *order = job->orders->orders[i];
        struct id order_id, account_id;
        struct contact contact;
        job->names[i] = NULL;
        if (order->n_tickets == 0 || id_parse(view_str(order->account_id), &account_id) ||
            id_parse(view_str(order->order_id), &order_id))
            continue;
        err = contact_read(txn, order_id, account_id, job->arena, &contact);
        if (err == 0 && !(job->names[i] = arena_copy(job->arena, contact.name)))
            err = ERR_NO_MEMORY;
        err = err == ERR_NOT_FOUND ? 0 : err;
    }
    return err;
}

static int read_names(struct call *call, const Usher__V1__ListPerformanceOrdersResponse *orders,
                      char ***ret_names)
{
    const struct door *door = call_state(call);
    struct names_job job = {
        .job.run = run_names, .orders = orders, .arena = call_arena(call), .names = NULL};
    job.names = arena_alloc(job.arena, orders->n_orders * sizeof(*job.names));
    if (!job.names)
        return ERR_NO_MEMORY;
    int err = sql_read(door->options.sql, &job.job, call_deadline_ns(call));
    *ret_names = job.names;
    return err;
}

static int fill_ticket(struct call *call, const Usher__V1__Order *order,
                       const Usher__V1__Ticket *ticket, struct id order_id, char *name,
                       const struct door_said *said, Usher__V1__DoorTicket *ret_ticket)
{
    const struct door_block *block = door_block_in(said, order_id, ticket->seat);
    const bool unpaid = door_unpaid_in(said, order_id);
    const struct door *door = call_state(call);
    const struct ticket_ref ref = {order_id, ticket->seat, (uint16_t)ticket->generation};
    uint8_t *key = arena_alloc(call_arena(call), TOTP_KEY_BYTES);
    if (!key)
        return ERR_NO_MEMORY;
    usher__v1__door_ticket__init(ret_ticket);
    rotating_code_key(door->codes.rotation_key, &ref, key);
    ret_ticket->order_id = order->order_id;
    ret_ticket->seat = ticket->seat;
    ret_ticket->label = ticket->label;
    ret_ticket->generation = ticket->generation;
    ret_ticket->order_number = order->order_number;
    ret_ticket->category_name = ticket->category_name;
    ret_ticket->price_type = ticket->price_type;
    ret_ticket->category = ticket->category;
    ret_ticket->owes = order->to_collect > 0;
    if (name)
        ret_ticket->name = name;
    if (block) {
        ret_ticket->refused = USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_BLOCKED;
        ret_ticket->block_reason = (char *)block->reason.at;
    } else if (unpaid)
        ret_ticket->refused = USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_UNPAID;
    ret_ticket->rotation_key = (ProtobufCBinaryData){.len = TOTP_KEY_BYTES, .data = key};
    return 0;
}

static int fill_tickets(struct call *call, const Usher__V1__ListPerformanceOrdersResponse *orders,
                        const struct scan_seat *inside, size_t inside_count, char **names,
                        const struct door_said *said, Usher__V1__DoorList *answer)
{
    struct arena *arena = call_arena(call);
    size_t count = 0, at = 0;
    for (size_t i = 0; i < orders->n_orders; i++)
        count += orders->orders[i]->n_tickets;
    Usher__V1__DoorTicket *list = arena_alloc(arena, count * sizeof(*list));
    answer->tickets = arena_alloc(arena, count * sizeof(*answer->tickets));
    if (!list || !answer->tickets)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < orders->n_orders; i++) {
        const Usher__V1__Order *order = orders->orders[i];
        struct id order_id;
        if (order->n_tickets == 0)
            continue;
        if (id_parse(view_str(order->order_id), &order_id))
            return ERR_CORRUPT;
        size_t from = at;
        for (size_t k = 0; k < order->n_tickets; k++) {
            Usher__V1__DoorTicket *ticket = &list[answer->n_tickets];
            int err = fill_ticket(call, order, order->tickets[k], order_id, names[i], said, ticket);
            if (err != 0)
                return err;
            const struct scan_seat *in =
                find_inside(inside, inside_count, &from, order_id, ticket->seat);
            ticket->inside = in != NULL;
            ticket->inside_at_ms = in ? in->at_ms : 0;
            answer->tickets[answer->n_tickets++] = ticket;
        }
        at = from < inside_count ? from : at;
    }
    return 0;
}

/* The static code of a ticket, in the arena; NULL: no memory. */
static char *static_code(struct call *call, uint32_t performance_id,
                         const struct ticket_ref *ticket)
{
    const struct door *door = call_state(call);
    char *text = arena_alloc(call_arena(call), SIGNED_CODE_CHARS + 1);
    if (text)
        signed_code_write(door->codes.secret_key, ticket, performance_id, text);
    return text;
}

/* Whoever keeps orders has to hear of those that have no ticket any more. */
static int fill_canceled(struct call *call, const Usher__V1__ListPerformanceOrdersResponse *orders,
                         Usher__V1__DoorList *answer)
{
    answer->canceled = arena_alloc(call_arena(call), orders->n_orders * sizeof(*answer->canceled));
    for (size_t i = 0; answer->canceled && i < orders->n_orders; i++) {
        if (orders->orders[i]->n_tickets == 0)
            answer->canceled[answer->n_canceled++] = orders->orders[i]->order_number;
    }
    return answer->canceled ? 0 : ERR_NO_MEMORY;
}

/* With the codes of tickets that are good. */
static int fill_codes(struct call *call, uint32_t performance_id, Usher__V1__DoorList *answer)
{
    for (size_t i = 0; i < answer->n_tickets; i++) {
        Usher__V1__DoorTicket *ticket = answer->tickets[i];
        struct ticket_ref ref = {.seat = ticket->seat, .generation = (uint16_t)ticket->generation};
        if (id_parse(view_str(ticket->order_id), &ref.order_id))
            return ERR_CORRUPT;
        if (!(ticket->signed_code = static_code(call, performance_id, &ref)))
            return ERR_NO_MEMORY;
    }
    return 0;
}

#define REVOKED_CODES_MAX 20 /* of one ticket */

/* With the codes of a ticket that are good no more. */
static int fill_old_codes(struct call *call, uint32_t performance_id, const struct generation *now,
                          Usher__V1__Revocation *revocation)
{
    const uint32_t count =
        now->generation < REVOKED_CODES_MAX ? now->generation : REVOKED_CODES_MAX;
    revocation->codes = arena_alloc(call_arena(call), count * sizeof(*revocation->codes));
    if (!revocation->codes)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const struct ticket_ref ref = {now->order_id, now->seat,
                                       (uint16_t)(now->generation - count + i)};
        char *code = static_code(call, performance_id, &ref);
        if (!code)
            return ERR_NO_MEMORY;
        revocation->codes[revocation->n_codes++] = code;
    }
    return 0;
}

static int fill_revoked(struct call *call, const Usher__V1__GetDoorListRequest *wish,
                        Usher__V1__DoorList *answer)
{
    struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    struct generation *generations;
    size_t count;
    int err = generations_of_performance(door->options.sql, wish->performance_id, arena,
                                         &generations, &count, call_deadline_ns(call));
    if (err != 0)
        return err;
    Usher__V1__Revocation *list = arena_alloc(arena, count * sizeof(*list));
    answer->revoked = arena_alloc(arena, count * sizeof(*answer->revoked));
    if (!list || !answer->revoked)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        usher__v1__revocation__init(&list[i]);
        list[i].order_id = text_of(arena, generations[i].order_id);
        list[i].seat = generations[i].seat;
        list[i].generation = generations[i].generation;
        if (!list[i].order_id)
            return ERR_NO_MEMORY;
        if (wish->codes &&
            (err = fill_old_codes(call, wish->performance_id, &generations[i], &list[i])) != 0)
            return err;
        answer->revoked[i] = &list[i];
    }
    answer->n_revoked = count;
    return 0;
}

int door_get_door_list(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetDoorListRequest *wish = request;
    Usher__V1__DoorList *answer = response;
    struct door *door = call_state(call);
    Usher__V1__ListPerformanceOrdersRequest ask = USHER__V1__LIST_PERFORMANCE_ORDERS_REQUEST__INIT;
    const Usher__V1__ListPerformanceOrdersResponse *orders;
    struct client tickets;
    const Usher__V1__Performance *performance;
    struct scan_seat *inside;
    struct door_said said;
    size_t inside_count;
    char **names;
    int err = lobby_check_runs(call, wish->performance_id, LOBBY_DOOR_STAFF, &performance);
    if (err != 0)
        return err;
    tickets_client(call, &tickets);
    ask.performance_id = wish->performance_id;
    ask.page_size = LOBBY_LIST_ORDERS;
    ask.page_token = wish->page_token;
    if (client_call(&tickets, Usher__V1__TicketService, list_performance_orders, &ask, &orders))
        return refused(call, &tickets);
    err = read_state(call, orders, wish->performance_id, &inside, &inside_count, &said);
    if (err == 0)
        err = read_names(call, orders, &names);
    if (err == 0)
        err = fill_tickets(call, orders, inside, inside_count, names, &said, answer);
    if (err == 0 && wish->codes)
        err = fill_codes(call, wish->performance_id, answer);
    if (err == 0 && wish->codes)
        err = fill_canceled(call, orders, answer);
    if (err == 0 && wish->page_token[0] == '\0')
        err = fill_revoked(call, wish, answer);
    answer->performance_id = wish->performance_id;
    answer->made_at_ms = lobby_now_ms();
    answer->public_key =
        (ProtobufCBinaryData){.len = SIGNED_CODE_SHOW_BYTES, .data = door->codes.public_key};
    answer->next_page_token = orders->next_page_token;
    if (err == 0) {
        const struct entry_times times =
            entry_times_of(&said.entry, performance->starts_at_ms, performance->doors_at_ms);
        answer->enters_at_ms = times.from_ms;
        answer->enters_until_ms = times.until_ms;
    }
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* ---- counts ---- */

int door_get_door_counts(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetDoorCountsRequest *wish = request;
    Usher__V1__DoorCounts *answer = response;
    struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    const Usher__V1__Performance *performance;
    struct scan_counts counts;
    int err = lobby_check_runs(call, wish->performance_id, LOBBY_DOOR_STAFF, &performance);
    if (err != 0)
        return err;
    err =
        scan_count(door->options.sql, wish->performance_id, arena, &counts, call_deadline_ns(call));
    if (err != 0)
        return lobby_store_failed(call, err);
    Usher__V1__GateCount *list = arena_alloc(arena, counts.gate_count * sizeof(*list));
    answer->gates = arena_alloc(arena, counts.gate_count * sizeof(*answer->gates));
    if (!list || !answer->gates)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < counts.gate_count; i++) {
        usher__v1__gate_count__init(&list[i]);
        list[i].gate = (char *)counts.gates[i].gate.at;
        list[i].in = counts.gates[i].in;
        list[i].out = counts.gates[i].out;
        answer->gates[i] = &list[i];
    }
    answer->n_gates = counts.gate_count;
    answer->tickets = performance->counts ? performance->counts->sold : 0;
    answer->inside = counts.inside;
    answer->came = counts.came;
    answer->refused = counts.refused;
    return 0;
}

/* ---- double entries ---- */

static Usher__V1__Scan *fill_scan(struct arena *arena, const struct scan *scan)
{
    Usher__V1__Scan *out = arena_alloc(arena, sizeof(*out));
    if (!out)
        return NULL;
    usher__v1__scan__init(out);
    out->nonce = (char *)scan->nonce.at;
    out->gate = (char *)scan->gate.at;
    out->device = (char *)scan->device.at;
    out->direction = (Usher__V1__Direction)scan->direction;
    out->answered = (Usher__V1__CheckInResult)scan->answered;
    out->at_ms = scan->at_ms;
    return out;
}

/* Tickets that were let in when they had been given back. */
static int fill_voids(struct call *call, uint32_t performance_id,
                      Usher__V1__ListDoubleEntriesResponse *answer)
{
    struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    struct scan_void *voids;
    char number[ORDER_NUMBER_CHARS + 1];
    size_t count;
    int err = scan_voids(door->options.sql, performance_id, arena, &voids, &count,
                         call_deadline_ns(call));
    if (err != 0)
        return err;
    Usher__V1__VoidEntry *list = arena_alloc(arena, count * sizeof(*list));
    answer->voids = arena_alloc(arena, count * sizeof(*answer->voids));
    if (!list || !answer->voids)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        usher__v1__void_entry__init(&list[i]);
        list[i].order_id = text_of(arena, voids[i].scan.order_id);
        list[i].seat = voids[i].scan.seat;
        list[i].scan = fill_scan(arena, &voids[i].scan);
        list[i].given_back_at_ms = voids[i].gone_at_ms;
        order_number_write(voids[i].scan.order_id, number);
        list[i].order_number = arena_copy(arena, view_str(number));
        if (!list[i].order_id || !list[i].scan || !list[i].order_number)
            return ERR_NO_MEMORY;
        answer->voids[i] = &list[i];
    }
    answer->n_voids = count;
    return 0;
}

int door_list_double_entries(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListDoubleEntriesRequest *wish = request;
    Usher__V1__ListDoubleEntriesResponse *answer = response;
    struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    struct scan_double *doubles;
    size_t count;
    int err = lobby_check_runs(call, wish->performance_id, LOBBY_DOOR_STAFF, NULL);
    if (err != 0)
        return err;
    err = scan_doubles(door->options.sql, wish->performance_id, arena, &doubles, &count,
                       call_deadline_ns(call));
    if (err != 0)
        return lobby_store_failed(call, err);
    Usher__V1__DoubleEntry *list = arena_alloc(arena, count * sizeof(*list));
    answer->entries = arena_alloc(arena, count * sizeof(*answer->entries));
    if (!list || !answer->entries)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        usher__v1__double_entry__init(&list[i]);
        list[i].order_id = text_of(arena, doubles[i].first.order_id);
        list[i].seat = doubles[i].first.seat;
        list[i].first = fill_scan(arena, &doubles[i].first);
        list[i].second = fill_scan(arena, &doubles[i].second);
        if (!list[i].order_id || !list[i].first || !list[i].second)
            return lobby_store_failed(call, ERR_NO_MEMORY);
        answer->entries[i] = &list[i];
    }
    answer->n_entries = count;
    err = fill_voids(call, wish->performance_id, answer);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* ---- one order ---- */

int door_list_scans(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListScansRequest *wish = request;
    Usher__V1__ListScansResponse *answer = response;
    const struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    struct scan *scans;
    struct id order_id;
    size_t count;
    if (id_parse(view_str(wish->order_id), &order_id))
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "order_id", "an order's id");
    int err =
        scan_of_order(door->options.sql, order_id, arena, &scans, &count, call_deadline_ns(call));
    if (err != 0)
        return lobby_store_failed(call, err);
    Usher__V1__OrderScan *list = arena_alloc(arena, (count + 1) * sizeof(*list));
    answer->scans = arena_alloc(arena, (count + 1) * sizeof(*answer->scans));
    if (!list || !answer->scans)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        usher__v1__order_scan__init(&list[i]);
        list[i].seat = scans[i].seat;
        list[i].scan = fill_scan(arena, &scans[i]);
        list[i].result = (Usher__V1__CheckInResult)scans[i].result;
        if (!list[i].scan)
            return lobby_store_failed(call, ERR_NO_MEMORY);
        answer->scans[i] = &list[i];
    }
    answer->n_scans = count;
    return 0;
}
