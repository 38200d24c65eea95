#include "svc/monitor/events.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "sale/change.h"

#define ACCOUNT_HASH_CHARS 16
#define TIME_CHARS         32

static void write_time(int64_t at_ms, char ret_text[TIME_CHARS])
{
    const time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    const size_t len = strftime(ret_text, TIME_CHARS, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret_text + len, TIME_CHARS - len, ".%03dZ", (int)(at_ms % 1000));
}

static void put_id(json_t *event, const char *name, struct id id)
{
    char text[ID_TEXT_CHARS + 1];
    if (id_is_zero(id))
        return;
    id_format(id, text);
    json_object_set_new(event, name, json_string(text));
}

/* The same account, the same hash; nobody finds the account by it who does not know its id. */
static void put_account(json_t *event, struct id account_id)
{
    uint8_t bytes[ID_BYTES], hash[SHA256_BYTES];
    char text[2 * SHA256_BYTES + 1];
    if (id_is_zero(account_id))
        return;
    id_to_bytes(account_id, bytes);
    sha256(view_of(bytes, sizeof(bytes)), hash);
    hex_write(view_of(hash, sizeof(hash)), text);
    json_object_set_new(event, "usher.account_hash", json_stringn(text, ACCOUNT_HASH_CHARS));
}

static void put_seats(json_t *event, const struct change *change)
{
    if (change->seat_count == 0)
        return;
    json_t *seats = json_array();
    for (uint32_t i = 0; i < change->seat_count; i++)
        json_array_append_new(seats, json_integer(change->seats[i]));
    json_object_set_new(event, "usher.seats", seats);
    json_object_set_new(event, "usher.places", json_integer(change->seat_count));
}

/* What all have. NULL: there is no memory. */
static json_t *begin(const char *dataset, const char *action, const char *id, int64_t at_ms,
                     uint64_t sequence)
{
    char at[TIME_CHARS];
    write_time(at_ms, at);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "@timestamp", at, "ecs.version", "9.4.0",
                     "event.kind", "event", "event.dataset", dataset, "event.action", action,
                     "event.id", id, "service.name", "usher", "event.sequence",
                     (json_int_t)sequence);
}

static void put_number(json_t *event, const char *name, int64_t number)
{
    json_object_set_new(event, name, json_integer(number));
}

/* Takes the event (or NULL), which is freed. ERR_NO_MEMORY. */
static int finish(json_t *event, const char *id, int64_t at_ms, struct arena *arena,
                  struct record *ret_record)
{
    char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
    const char *body = text ? arena_copy(arena, view_str(text)) : NULL;
    free(text);
    json_decref(event);
    if (!body)
        return ERR_NO_MEMORY;
    *ret_record = (struct record){.id = view_str(id),
                                  .stream = RECORD_EVENTS,
                                  .level = LOG_INFO,
                                  .at_ms = at_ms,
                                  .body = view_str(body)};
    return 0;
}

/* ---- of places ---- */

static int fill(uint32_t performance_id, const struct ledger_row *row, uint64_t version,
                const struct change *change, struct arena *arena, struct record *ret_record)
{
    const char *id = arena_printf(arena, "%" PRIu32 "-%" PRIu64, performance_id, version);
    json_t *event =
        id ? begin("usher.sale", change_rule(change->kind)->name, id, change->at_ms, row->seq)
           : NULL;
    if (!event)
        return ERR_NO_MEMORY;
    put_number(event, "usher.performance", performance_id);
    put_number(event, "usher.version", (int64_t)version);
    put_number(event, "usher.epoch", (int64_t)row->epoch);
    put_id(event, "usher.hold", change->hold_id);
    put_id(event, "usher.order", change->order_id);
    put_account(event, change->account_id);
    put_seats(event, change);
    if (change->total > 0)
        put_number(event, "usher.total", change->total);
    return finish(event, id, change->at_ms, arena, ret_record);
}

int events_of_row(uint32_t performance_id, const struct ledger_row *row, struct arena *arena,
                  struct record **ret_records, size_t *ret_count)
{
    struct change *changes;
    size_t count;
    int err = ledger_unpack(row->body, arena, &changes, &count);
    if (err != 0)
        return err;
    struct record *records = arena_alloc(arena, count * sizeof(*records));
    if (!records)
        return ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++)
        err =
            fill(performance_id, row, row->version_before + 1 + i, &changes[i], arena, &records[i]);
    if (err != 0)
        return err;
    *ret_records = records;
    *ret_count = count;
    return 0;
}

/* ---- of a line ---- */

static bool is_summed(enum line_kind kind)
{
    return kind == LINE_JOINED || kind == LINE_ENTERED_DRAW || kind == LINE_LEFT_DRAW;
}

int line_events_init(struct line_events *events, uint32_t sale_id, const struct line_row *row)
{
    struct view body = row->body;
    struct line_entry entry;
    *events = (struct line_events){.sale_id = sale_id, .row = row, .left = body};
    while (body.len > 0) {
        const int err = line_entry_read(&body, &entry);
        if (err != 0)
            return err;
        events->sums[entry.kind].count++;
        events->sums[entry.kind].number = entry.number;
    }
    return 0;
}

/* "line.called_up_to": line_kind_text in one word. */
static const char *action_of(enum line_kind kind, struct arena *arena)
{
    char *action = arena_printf(arena, "line.%s", line_kind_text(kind));
    for (char *at = action; at && *at; at++) {
        if (*at == ' ')
            *at = '_';
    }
    return action;
}

/* Why somebody's time ended, the capacity changed, or the line is over; NULL: the kind has none. */
static const char *reason_of(const struct line_entry *entry)
{
    static const char *const ends[] = {"?", "left", "paid", "time", "skipped"};
    static const char *const whys[] = {"?", "start", "limits", "fast", "slow", "queue", "silent"};
    static const char *const overs[] = {"?", "time", "sold_out"};
    static_assert(sizeof(ends) / sizeof(ends[0]) == LINE_END_LAST + 1, "a word an end");
    static_assert(sizeof(whys) / sizeof(whys[0]) == LINE_WHY_LAST + 1, "a word a why");
    static_assert(sizeof(overs) / sizeof(overs[0]) == LINE_OVER_LAST + 1, "a word an over");
    if (entry->kind == LINE_ENDED) /* line_entry_read has checked how */
        return ends[entry->how];
    if (entry->kind == LINE_CAPACITY)
        return whys[entry->how];
    return entry->kind == LINE_CLOSED ? overs[entry->how] : NULL;
}

static void put_entry(json_t *event, const struct line_entry *entry)
{
    const char *reason = reason_of(entry);
    if (entry->number > 0)
        put_number(event, "usher.number", entry->number);
    if (entry->kind == LINE_LIMITS)
        put_number(event, "usher.most", entry->other);
    if (entry->kind == LINE_CAPACITY && entry->other > 0)
        put_number(event, "usher.measured", entry->other);
    if (entry->kind == LINE_CAME_IN)
        put_number(event, "usher.serial", entry->other);
    if (reason)
        json_object_set_new(event, "usher.reason", json_string(reason));
}

static int fill_line(const struct line_events *events, const struct line_entry *entry,
                     struct arena *arena, struct record *ret_record)
{
    const struct line_row *row = events->row;
    const struct line_events_sum *sum = &events->sums[entry->kind];
    struct line_entry told = *entry;
    const char *id = arena_printf(arena, "line-%" PRIu32 "-%" PRIu64 "-%" PRIu32, events->sale_id,
                                  row->seq, events->index);
    const char *action = action_of(entry->kind, arena);
    json_t *event = id && action ? begin("usher.line", action, id, entry->at_ms, row->seq) : NULL;
    if (!event)
        return ERR_NO_MEMORY;
    put_number(event, "usher.sale", events->sale_id);
    put_number(event, "usher.epoch", (int64_t)row->epoch);
    if (is_summed(entry->kind)) {
        put_number(event, "usher.places", sum->count);
        told.number = sum->number;
    }
    put_entry(event, &told);
    return finish(event, id, entry->at_ms, arena, ret_record);
}

int line_events_next(struct line_events *events, struct arena *arena, struct record *ret_record)
{
    struct line_entry entry;
    int err = 0;
    bool tells = false;
    while (err == 0 && !tells && events->left.len > 0) {
        err = line_entry_read(&events->left, &entry);
        assert(err == 0); /* as it was read at the beginning */
        tells = !is_summed(entry.kind) || !events->sums[entry.kind].told;
        events->sums[entry.kind].told = true;
        if (tells)
            err = fill_line(events, &entry, arena, ret_record);
        events->index++;
    }
    return err != 0 ? err : tells;
}

/* ---- of payments ---- */

static void put_text(json_t *event, const char *name, const char *text)
{
    if (text[0])
        json_object_set_new(event, name, json_string(text));
}

int payment_event_record(const Usher__V1__PaymentEvent *told, struct arena *arena,
                         struct record *ret_record)
{
    const char *id = arena_printf(arena, "payment-%" PRIu64, told->event_id);
    const char *action = arena_printf(arena, "payment.%s", told->what);
    json_t *event =
        id && action ? begin("usher.payment", action, id, told->at_ms, told->event_id) : NULL;
    if (!event)
        return ERR_NO_MEMORY;
    put_text(event, "usher.payment", told->payment_id);
    put_text(event, "usher.hold", told->hold_id);
    put_text(event, "usher.order", told->order_id);
    put_text(event, "usher.provider", told->provider);
    put_text(event, "usher.currency", told->currency);
    if (told->performance_id > 0)
        put_number(event, "usher.performance", told->performance_id);
    if (told->amount != 0)
        put_number(event, "usher.total", told->amount);
    return finish(event, id, told->at_ms, arena, ret_record);
}
