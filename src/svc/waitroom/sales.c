/* ListSales, GetSale, WatchLine, GetDraw; CreateSale, SetAdmission, PauseLine, ResumeLine,
 * GetLineReport: sales and what is told of them. */
#include "call/client.h"
#include "clock/zone.h"
#include "err/err.h"
#include "mem/utf8.h"
#include "svc/waitroom/desk.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"

int room_fill_sale(struct keeper *keeper, struct arena *arena, Usher__V1__Sale *ret_sale)
{
    const struct line_sale *sale = &keeper->sale;
    const struct waitroom *room = keeper->room;
    usher__v1__sale__init(ret_sale);
    const int err = board_status(keeper->board, arena, &ret_sale->status);
    ret_sale->closes_at_ms = atomic_load(&keeper->closes_at_ms);
    if (err != 0 || ret_sale->closes_at_ms == 0)
        return err != 0 ? err : ERR_UNAVAILABLE;
    ret_sale->sale_id = sale->sale_id;
    ret_sale->name = (char *)sale->name.at; /* NUL-terminated, and there for good */
    ret_sale->performance_ids = (uint32_t *)sale->performance_ids;
    ret_sale->n_performance_ids = sale->performance_count;
    ret_sale->draw_opens_at_ms = sale->draw_opens_at_ms;
    ret_sale->opens_at_ms = sale->opens_at_ms;
    ret_sale->time_zone = (char *)sale->time_zone.at;
    ret_sale->guests = sale->guests;
    ret_sale->capacity_min = atomic_load_explicit(&keeper->capacity_min, memory_order_relaxed);
    ret_sale->capacity_max = atomic_load_explicit(&keeper->capacity_max, memory_order_relaxed);
    ret_sale->claim_ms = sale->claim_ms;
    ret_sale->pass_ms = sale->pass_ms;
    ret_sale->draw_commitment.data = (uint8_t *)sale->commitment;
    ret_sale->draw_commitment.len = LINE_HASH_BYTES;
    ret_sale->pass_key.data = (uint8_t *)room->pass_key.public;
    ret_sale->pass_key.len = PASS_PUBLIC_BYTES;
    ret_sale->person_rule = atomic_load(&keeper->person_rule);
    ret_sale->now_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())));
    return 0;
}

static int answer_sale(struct call *call, struct keeper *keeper, Usher__V1__Sale *response)
{
    const int err = room_fill_sale(keeper, call_arena(call), response);
    return err == 0 ? 0 : room_refused(call, err);
}

int waitroom_list_sales(struct call *call, const void *request, void *response)
{
    Usher__V1__ListSalesResponse *answer = response;
    struct waitroom *room = call_state(call);
    struct arena *arena = call_arena(call);
    const uint32_t last = atomic_load(&room->last);
    Usher__V1__Sale *sales = arena_alloc(arena, last * sizeof(*sales));
    answer->sales = arena_alloc(arena, last * sizeof(*answer->sales));
    if (!sales || !answer->sales)
        return room_refused(call, ERR_NO_MEMORY);
    for (uint32_t i = 1; i <= last; i++) {
        struct keeper *keeper = room_find(room, i);
        Usher__V1__Sale *sale = &sales[answer->n_sales];
        const int err = keeper && room_may_see(call, keeper) ? room_fill_sale(keeper, arena, sale)
                                                             : ERR_NOT_FOUND;
        if (err == ERR_NO_MEMORY)
            return room_refused(call, err);
        if (err == 0)
            answer->sales[answer->n_sales++] = sale;
    }
    return 0;
}

int waitroom_get_sale(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetSaleRequest *wish = request;
    struct keeper *keeper = room_sale(call, wish->sale_id);
    return keeper ? answer_sale(call, keeper, response) : ERR_NOT_FOUND;
}

int waitroom_watch_line(struct call *call, const void *request, void *response)
{
    const Usher__V1__WatchLineRequest *wish = request;
    struct keeper *keeper = room_sale(call, wish->sale_id);
    if (!keeper)
        return ERR_NOT_FOUND;
    const int err = board_watch(keeper->board, call);
    return err == 0 ? 0 : room_refused(call, err);
}

int waitroom_get_draw(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetDrawRequest *wish = request;
    struct keeper *keeper = room_sale(call, wish->sale_id);
    struct keeper_ask ask = {.verb = KEEPER_PROVE,
                             .account_id = call_identity(call)->account_id,
                             .number = wish->first,
                             .serial = wish->count,
                             .arena = call_arena(call),
                             .draw = response};
    if (!keeper)
        return ERR_NOT_FOUND;
    if (wish->count > WAITROOM_KEYS_MAX)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "count", "at most %d keys",
                         WAITROOM_KEYS_MAX);
    const int err = keeper_ask(keeper, &ask);
    return err == 0 ? 0 : room_refused(call, err);
}

/* ---- making one ---- */

static int check_name(struct call *call, const char *name)
{
    const struct view text = view_str(name);
    return text.len <= LINE_NAME_MAX && utf8_line(text) && utf8_visible(text)
               ? 0
               : room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                           "a sale has a name of 1 to %d bytes that can be seen", LINE_NAME_MAX);
}

static int check_zone(struct call *call, const char *zone)
{
    int32_t offset;
    const bool is_one = !zone[0] || zone_offset(view_str(zone), 0, &offset) == 0;
    return is_one ? 0
                  : room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "time_zone",
                              "a time zone is a name of tzdata, as in Asia/Seoul");
}

/* last_ms: when the last performance begins. */
static int check_times(struct call *call, struct line_sale *sale, int64_t last_ms, int64_t now_ms)
{
    const int64_t closes_at_ms = sale->closes_at_ms != 0 ? sale->closes_at_ms : last_ms;
    if (sale->opens_at_ms == 0)
        sale->opens_at_ms = now_ms;
    if (closes_at_ms <= sale->opens_at_ms || closes_at_ms <= now_ms)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "closes_at_ms",
                         "a sale closes after it opens, and not in the past");
    if (sale->opens_at_ms < 0)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "opens_at_ms",
                         "Unix time in milliseconds; 0: now");
    if (sale->draw_opens_at_ms < 0 ||
        (sale->draw_opens_at_ms != 0 && sale->draw_opens_at_ms >= sale->opens_at_ms))
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "draw_opens_at_ms",
                         "a draw begins before the sale opens");
    return 0;
}

static int check_numbers(struct call *call, const struct line_sale *sale)
{
    const uint32_t times[] = {sale->claim_ms, sale->pass_ms};
    static const char *const fields[] = {"claim_ms", "pass_ms"};
    for (int i = 0; i < 2; i++) {
        if (times[i] < WAITROOM_TIME_MIN_MS || times[i] > WAITROOM_TIME_MAX_MS)
            return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", fields[i],
                             "%d to %d milliseconds", WAITROOM_TIME_MIN_MS, WAITROOM_TIME_MAX_MS);
    }
    if (sale->capacity_min > sale->capacity_max || sale->capacity_max > WAITROOM_CAPACITY_LIMIT)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "capacity_max",
                         "the least that may be inside is not above the most, and that is %d at "
                         "most",
                         WAITROOM_CAPACITY_LIMIT);
    return 0;
}

/* The performances exist; the last of them begins at *ret_last_ms, and the first one's hall has the
 * clock *ret_zone, in the call's arena. */
static int check_performances(struct call *call, const struct waitroom *room,
                              const Usher__V1__CreateSaleRequest *wish, int64_t *ret_last_ms,
                              const char **ret_zone)
{
    struct client client;
    uint32_t organiser_id = 0;
    *ret_last_ms = 0;
    if (wish->n_performance_ids == 0 || wish->n_performance_ids > LINE_PERFORMANCES_MAX)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "performance_ids",
                         "a sale is of 1 to %d performances", LINE_PERFORMANCES_MAX);
    client_init(&client, room_tickets(room), &usher__v1__ticket_service__descriptor,
                call_arena(call));
    client.deadline_ns = call_deadline_ns(call);
    for (size_t i = 0; i < wish->n_performance_ids; i++) {
        const Usher__V1__Performance *performance;
        for (size_t k = 0; k < i; k++) {
            if (wish->performance_ids[k] == wish->performance_ids[i])
                return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "performance_ids",
                                 "performance %u is named twice", wish->performance_ids[i]);
        }
        Usher__V1__GetPerformanceRequest look = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
        look.performance_id = wish->performance_ids[i];
        if (client_call(&client, Usher__V1__TicketService, get_performance, &look, &performance))
            return call_fail(call, client.status.code, client.status.detail, "%s",
                             client.status.message);
        if (!identity_has_for(call_identity(call), performance->organiser_id, ROLES_MANAGE))
            return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                             "performance %u is another organiser's", performance->performance_id);
        if (performance->organiser_id != organiser_id && i > 0)
            return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "performance_ids",
                             "the performances of a sale are of one organiser");
        organiser_id = performance->organiser_id;
        if (performance->starts_at_ms > *ret_last_ms)
            *ret_last_ms = performance->starts_at_ms;
        if (i == 0)
            *ret_zone = performance->time_zone[0] ? performance->time_zone : "UTC";
    }
    return 0;
}

/* The sale that is wished for. Non-zero after call_fail. */
static int read_wish(struct call *call, const struct waitroom *room,
                     const Usher__V1__CreateSaleRequest *wish, struct line_sale *ret_sale)
{
    const int64_t now_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())));
    const char *zone = NULL;
    int64_t last_ms;
    int err = check_name(call, wish->name);
    if (err == 0)
        err = check_zone(call, wish->time_zone);
    if (err == 0)
        err = check_performances(call, room, wish, &last_ms, &zone);
    if (err != 0)
        return err;
    *ret_sale = (struct line_sale){
        .name = view_str(wish->name),
        .performance_count = (uint32_t)wish->n_performance_ids,
        .draw_opens_at_ms = wish->draw_opens_at_ms,
        .opens_at_ms = wish->opens_at_ms,
        .closes_at_ms = wish->closes_at_ms,
        .time_zone = view_str(wish->time_zone[0] ? wish->time_zone : zone),
        .guests = wish->guests,
        .capacity_min = wish->capacity_min != 0 ? wish->capacity_min : WAITROOM_CAPACITY_MIN,
        .capacity_max = wish->capacity_max != 0 ? wish->capacity_max : WAITROOM_CAPACITY_MAX,
        .claim_ms = wish->claim_ms != 0 ? wish->claim_ms : WAITROOM_CLAIM_MS,
        .pass_ms = wish->pass_ms != 0 ? wish->pass_ms : WAITROOM_PASS_MS,
        .created_at_ms = now_ms,
    };
    memcpy(ret_sale->performance_ids, wish->performance_ids,
           wish->n_performance_ids * sizeof(*wish->performance_ids));
    room->options.chance->fill(room->options.chance, ret_sale->secret, LINE_HASH_BYTES);
    draw_commit(ret_sale->secret, ret_sale->commitment);
    err = check_times(call, ret_sale, last_ms, now_ms);
    return err == 0 ? check_numbers(call, ret_sale) : err;
}

/* A new line is loaded within milliseconds; its maker need not ask twice. */
static int wait_and_answer(struct call *call, uint32_t sale_id, void *response)
{
    for (;;) {
        struct keeper *keeper = room_find(call_state(call), sale_id);
        const int err =
            keeper ? room_fill_sale(keeper, call_arena(call), response) : ERR_UNAVAILABLE;
        const int64_t now_ns = fiber_now_ns();
        if (err == 0 || now_ns >= call_deadline_ns(call) ||
            fiber_sleep_until(deadline_after_ms(now_ns, WAITROOM_BEGIN_POLL_MS)) != 0)
            return err == 0 ? 0 : room_refused(call, err);
    }
}

int waitroom_create_sale(struct call *call, const void *request, void *response)
{
    const Usher__V1__CreateSaleRequest *wish = request;
    struct waitroom *room = call_state(call);
    struct line_sale sale;
    if (atomic_load(&room->last) >= LINE_SALES_MAX)
        return room_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "there are %d sales, which is as many as one store keeps", LINE_SALES_MAX);
    int err = read_wish(call, room, wish, &sale);
    if (err != 0)
        return err;
    err = line_sale_put(room->options.sql, &sale, &sale.sale_id, call_deadline_ns(call));
    if (err == ERR_CONFLICT)
        return room_fail(call, CODE_ALREADY_EXISTS, "IN_A_SALE", "performance_ids",
                         "one of the performances is in a sale already");
    if (err == 0)
        err = room_begin_sale(room, &sale);
    if (err != 0) {
        atomic_store(&room->behind, true); /* it may be stored */
        return room_refused(call, err);
    }
    return wait_and_answer(call, sale.sale_id, response);
}

/* ---- running one ---- */

static int ask_and_answer(struct call *call, uint32_t sale_id, struct keeper_ask *ask,
                          void *response)
{
    struct keeper *keeper = room_own_sale(call, sale_id);
    if (!keeper)
        return ERR_NOT_FOUND;
    const int err = keeper_ask(keeper, ask);
    if (err == ERR_INVALID)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "capacity_max",
                         "at least one may be inside, and the least is not above the most");
    if (err == ERR_BUSY)
        return room_fail(call, CODE_FAILED_PRECONDITION, "LINE_NOT_OPEN", NULL,
                         "the line is not in a state that permits this");
    return err == 0 ? answer_sale(call, keeper, response) : room_refused(call, err);
}

int waitroom_set_admission(struct call *call, const void *request, void *response)
{
    const Usher__V1__SetAdmissionRequest *wish = request;
    struct keeper_ask ask = {
        .verb = KEEPER_LIMITS, .number = wish->capacity_min, .serial = wish->capacity_max};
    if (wish->capacity_max > WAITROOM_CAPACITY_LIMIT)
        ask.number = 0; /* refused */
    return ask_and_answer(call, wish->sale_id, &ask, response);
}

int waitroom_pause_line(struct call *call, const void *request, void *response)
{
    const Usher__V1__PauseLineRequest *wish = request;
    struct keeper_ask ask = {.verb = KEEPER_PAUSE};
    return ask_and_answer(call, wish->sale_id, &ask, response);
}

int waitroom_resume_line(struct call *call, const void *request, void *response)
{
    const Usher__V1__ResumeLineRequest *wish = request;
    struct keeper_ask ask = {.verb = KEEPER_RESUME};
    return ask_and_answer(call, wish->sale_id, &ask, response);
}

int waitroom_get_line_report(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetLineReportRequest *wish = request;
    struct keeper *keeper = room_own_sale(call, wish->sale_id);
    struct keeper_ask ask = {.verb = KEEPER_REPORT, .arena = call_arena(call), .report = response};
    if (!keeper)
        return ERR_NOT_FOUND;
    const int err = keeper_ask(keeper, &ask);
    return err == 0 ? 0 : room_refused(call, err);
}
