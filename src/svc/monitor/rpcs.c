/* MonitorService: PushRecords, SearchRecords, GetMonitor, GetBoard. */
#include "call/call.h"
#include "codec/proto.h"
#include "err/err.h"
#include "svc/monitor/board_parts.h"
#include "svc/monitor/state.h"
#include "usher/v1/monitor.pb-c.h"

#define SEARCH_PAGE   100
#define BOARD_WAIT_MS 5000 /* for the first snapshot after nobody looked */
#define BOARD_POLL_MS 50

static int bad_argument(struct call *call, const char *field, const char *sentence)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = (char *)"BAD_ARGUMENT";
    detail.field = (char *)field;
    return call_fail(call, CODE_INVALID_ARGUMENT, &detail, "%s", sentence);
}

/* A level of the contract is one more than ours, so that 0 is none. */
static enum log_level level_of(Usher__V1__RecordLevel level)
{
    return level == USHER__V1__RECORD_LEVEL__RECORD_LEVEL_UNSPECIFIED ? LOG_DEBUG
                                                                      : (enum log_level)(level - 1);
}

CALL_HANDLER(monitor_push_records)
{
    const Usher__V1__PushRecordsRequest *wish = request;
    struct monitor *monitor = call_state(call);
    if (wish->n_records > RECORDS_PUT_MAX)
        return bad_argument(call, "records", "a call has at most 1,024 records");
    struct record *records =
        arena_alloc(call_arena(call), (wish->n_records + 1) * sizeof(*records));
    if (!records)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < wish->n_records; i++) {
        const Usher__V1__Record *record = wish->records[i];
        if (record->stream < USHER__V1__RECORD_STREAM__RECORD_STREAM_LOGS ||
            record->stream > USHER__V1__RECORD_STREAM__RECORD_STREAM_SPANS)
            return bad_argument(call, "records.stream",
                                "a record is of the logs, of the events or of the spans");
        records[i] = (struct record){.id = view_str(record->record_id),
                                     .stream = (enum record_stream)record->stream,
                                     .level = level_of(record->level),
                                     .at_ms = record->at_ms,
                                     .body = view_of(record->json.data, record->json.len)};
    }
    if (wish->process)
        vitals_hear(&monitor->heard, wish->node, wish->process, clock_wall_ms(clock_system()));
    int err = wish->n_records == 0 ? 0
                                   : window_put(monitor->window, records, wish->n_records, NULL,
                                                call_deadline_ns(call));
    if (err == ERR_INVALID)
        return bad_argument(
            call, "records",
            "a record has an id of 1 to 64 bytes and is one JSON object, on one line, of at "
            "most 16 KiB");
    return err;
}

static int fill_record(struct arena *arena, const struct record *record,
                       Usher__V1__Record **ret_record)
{
    Usher__V1__Record *answer = arena_alloc(arena, sizeof(*answer));
    if (!answer)
        return ERR_NO_MEMORY;
    usher__v1__record__init(answer);
    answer->record_id = (char *)record->id.at; /* a copy of the window's, NUL-terminated */
    answer->stream = (Usher__V1__RecordStream)record->stream;
    answer->level = (Usher__V1__RecordLevel)(record->level + 1);
    answer->at_ms = record->at_ms;
    answer->json =
        (ProtobufCBinaryData){.len = record->body.len, .data = (uint8_t *)record->body.at};
    answer->number = record->number;
    *ret_record = answer;
    return 0;
}

CALL_HANDLER(monitor_search_records)
{
    const Usher__V1__SearchRecordsRequest *wish = request;
    Usher__V1__SearchRecordsResponse *answer = response;
    struct monitor *monitor = call_state(call);
    struct record *records;
    size_t count = 0;
    if (wish->page_size > WINDOW_FOUND_MAX)
        return bad_argument(call, "page_size", "a page has at most 500 records");
    const struct window_query query = {.text = view_str(wish->text),
                                       .stream = (int)wish->stream,
                                       .level = level_of(wish->level),
                                       .from_ms = wish->from_ms,
                                       .to_ms = wish->to_ms,
                                       .before = wish->before_number,
                                       .max = wish->page_size ? wish->page_size : SEARCH_PAGE};
    int err = window_search(monitor->window, &query, call_arena(call), &records, &count,
                            call_deadline_ns(call));
    if (err == ERR_INVALID)
        return bad_argument(call, "text", "what is searched for has at most 256 bytes");
    if (err == 0)
        answer->records = arena_alloc(call_arena(call), (count + 1) * sizeof(*answer->records));
    if (err == 0 && !answer->records)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++)
        err = fill_record(call_arena(call), &records[i], &answer->records[i]);
    answer->n_records = err == 0 ? count : 0;
    return err;
}

CALL_HANDLER(monitor_get_monitor)
{
    Usher__V1__MonitorStatus *answer = response;
    struct monitor *monitor = call_state(call);
    struct window_counts counts;
    int err = window_count(monitor->window, &counts, call_deadline_ns(call));
    if (err != 0)
        return err;
    answer->waiting = counts.waiting;
    answer->kept = counts.done;
    answer->refused = counts.refused;
    answer->ships = monitor->shipper.target != NULL;
    answer->reached = atomic_load(&monitor->shipper.reached);
    answer->behind_ms = atomic_load(&monitor->shipper.behind_ms);
    answer->lost_lines = monitor_lost_lines();
    return 0;
}

/* A copy of the snapshot in the call's arena; empty where it is older than may be. */
static struct view snapshot(struct board *board, struct arena *arena, int64_t now_ns)
{
    struct view copy = {0};
    pthread_mutex_lock(&board->mutex);
    const struct view packed = buf_view(&board->packed);
    if (packed.len > 0 && now_ns - board->made_ns < 3 * BOARD_EVERY_MS * NS_PER_MS) {
        const char *bytes = arena_copy(arena, packed);
        copy = view_of(bytes, bytes ? packed.len : 0);
    }
    pthread_mutex_unlock(&board->mutex);
    return copy;
}

CALL_HANDLER(monitor_get_board)
{
    Usher__V1__Board *answer = response;
    struct monitor *monitor = call_state(call);
    struct board *board = &monitor->board;
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), BOARD_WAIT_MS);
    ProtobufCMessage *message;
    struct view packed;
    do {
        atomic_store(&board->asked_ns, fiber_now_ns());
        packed = snapshot(board, call_arena(call), fiber_now_ns());
    } while (packed.len == 0 && fiber_now_ns() < until_ns &&
             fiber_sleep_until(deadline_after_ms(fiber_now_ns(), BOARD_POLL_MS)) == 0);
    if (packed.len == 0)
        return call_fail(
            call, CODE_UNAVAILABLE, NULL,
            "there is no snapshot yet: the ticket service does not answer the monitor");
    int err = proto_unpack(&usher__v1__board__descriptor, packed, call_arena(call), &message);
    if (err != 0)
        return err;
    *answer = *(Usher__V1__Board *)message;
    board_keep_own(answer, call_identity(call));
    return 0;
}
