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

static char *event_text(uint32_t performance_id, const struct ledger_row *row, uint64_t version,
                        const struct change *change, const char *id)
{
    char at[TIME_CHARS];
    write_time(change->at_ms, at);
    json_t *event = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "@timestamp", at, "ecs.version", "9.4.0",
        "event.kind", "event", "event.dataset", "usher.sale", "event.action",
        change_rule(change->kind)->name, "event.id", id, "service.name", "usher", "event.sequence",
        (json_int_t)row->seq, "usher.performance", (json_int_t)performance_id, "usher.version",
        (json_int_t)version, "usher.epoch", (json_int_t)row->epoch);
    put_id(event, "usher.hold", change->hold_id);
    put_id(event, "usher.order", change->order_id);
    put_account(event, change->account_id);
    put_seats(event, change);
    if (change->total > 0)
        json_object_set_new(event, "usher.total", json_integer(change->total));
    char *text = json_dumps(event, JSON_COMPACT);
    json_decref(event);
    return text;
}

static int fill(uint32_t performance_id, const struct ledger_row *row, uint64_t version,
                const struct change *change, struct arena *arena, struct record *ret_record)
{
    const char *id = arena_printf(arena, "%" PRIu32 "-%" PRIu64, performance_id, version);
    char *text = id ? event_text(performance_id, row, version, change, id) : NULL;
    const char *body = text ? arena_copy(arena, view_str(text)) : NULL;
    free(text);
    if (!body)
        return ERR_NO_MEMORY;
    *ret_record = (struct record){.id = view_str(id),
                                  .stream = RECORD_EVENTS,
                                  .level = LOG_INFO,
                                  .at_ms = change->at_ms,
                                  .body = view_str(body)};
    return 0;
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
