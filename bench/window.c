/*
 * The monitor's window beside what it is made of: records taken from a push beside a receiver that
 * only checks frames and spools them to a synced file, a search over a million records beside the
 * bare FTS5 query on the same file, and, where USHER_TEST_ELASTIC names a server, records shipped
 * to it beside bare _bulk calls of as many.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/server.h"
#include "clock/clock.h"
#include "codec/proto.h"
#include "db/http.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "svc/monitor/elastic.h"
#include "svc/monitor/shipper.h"
#include "usher/v1/monitor.pb-c.h"

#define RECORDS   1000000
#define PUSH      1000  /* records of one push */
#define RARE      10000 /* a word stands in one record of so many */
#define SEARCHES  40
#define FOUND     100
#define PUSH_MAX  (1u << 20)
#define ARENA_MAX (8u << 20)
#define PAIRS     300 /* pushes to each, in turn */
#define BULKS     300 /* of SHIP_BATCH_MAX records, of each, in turn */
#define WARM      60  /* as many before, of each: a server in Java begins slowly */
#define SHIP_MS   30000

struct window_bench {
    char folder[64];
    struct window *window;
    int spool;
    uint8_t *frame;
    size_t frame_len;
    uint64_t next;
    int64_t kept_ns, spooled_ns;
};

/* In every id: a server that has seen an id before only refuses it, which is another work. */
static int64_t run_ms;

/* A line of a log as the window takes it; NULL body: no memory. */
static struct record make_record(uint64_t n, struct arena *arena)
{
    const char *id = arena_printf(arena, "%" PRId64 "-%" PRIu64, run_ms, n);
    const char *json = arena_printf(
        arena,
        "{\"@timestamp\":\"2026-11-29T12:00:00.000Z\",\"log.level\":\"info\",\"message\":\"a "
        "hold was asked for\",\"event.action\":\"call.end\",\"trace.id\":\"%032" PRIx64
        "\",\"usher.performance\":%u,\"usher.method\":\"HoldSeats\",\"client.address\":"
        "\"192.0.2.%u\",\"usher.word\":\"w%u\"}",
        n * UINT64_C(0x9E3779B97F4A7C15), (unsigned)(n % 50), (unsigned)(n % 250),
        (unsigned)(n % RARE));
    return (struct record){.id = view_str(id),
                           .stream = RECORD_LOGS,
                           .level = LOG_INFO,
                           .at_ms = INT64_C(1795000000000) + (int64_t)n,
                           .body = id && json ? view_str(json) : (struct view){0}};
}

/* The frame of a push, as it comes over the wire: five bytes, and the message. */
static int make_push(struct window_bench *b, struct arena *arena)
{
    Usher__V1__PushRecordsRequest push = USHER__V1__PUSH_RECORDS_REQUEST__INIT;
    Usher__V1__Record *records = arena_alloc(arena, PUSH * sizeof(*records));
    push.records = arena_alloc(arena, PUSH * sizeof(*push.records));
    if (!records || !push.records)
        return ERR_NO_MEMORY;
    for (int i = 0; i < PUSH; i++) {
        const struct record record = make_record(b->next++, arena);
        usher__v1__record__init(&records[i]);
        records[i].record_id = (char *)record.id.at;
        records[i].stream = USHER__V1__RECORD_STREAM__RECORD_STREAM_LOGS;
        records[i].level = USHER__V1__RECORD_LEVEL__RECORD_LEVEL_INFO;
        records[i].at_ms = record.at_ms;
        if (record.body.len == 0)
            return ERR_NO_MEMORY;
        records[i].json =
            (ProtobufCBinaryData){.len = record.body.len, .data = (uint8_t *)record.body.at};
        push.records[push.n_records++] = &records[i];
    }
    const size_t len = usher__v1__push_records_request__get_packed_size(&push);
    if (len + 5 > PUSH_MAX)
        return ERR_FULL;
    b->frame[0] = 0;
    for (int i = 0; i < 4; i++)
        b->frame[1 + i] = (uint8_t)(len >> (24 - 8 * i));
    usher__v1__push_records_request__pack(&push, b->frame + 5);
    b->frame_len = 5 + len;
    return 0;
}

static bool is_frame(const struct window_bench *b)
{
    const uint8_t *f = b->frame;
    const size_t len = (size_t)f[1] << 24 | (size_t)f[2] << 16 | (size_t)f[3] << 8 | f[4];
    return f[0] == 0 && len == b->frame_len - 5;
}

/* What the handler of PushRecords does. */
static int keep(struct window_bench *b)
{
    struct arena arena;
    ProtobufCMessage *message = NULL;
    struct record records[PUSH];
    const int64_t begun_ns = clock_mono_ns(clock_system());
    arena_init(&arena, ARENA_MAX);
    int err = is_frame(b) ? proto_unpack(&usher__v1__push_records_request__descriptor,
                                         view_of(b->frame + 5, b->frame_len - 5), &arena, &message)
                          : ERR_INVALID;
    const Usher__V1__PushRecordsRequest *push = err == 0 ? (const void *)message : NULL;
    for (size_t i = 0; push && i < push->n_records; i++) {
        const Usher__V1__Record *record = push->records[i];
        records[i] = (struct record){.id = view_str(record->record_id),
                                     .stream = RECORD_LOGS,
                                     .level = LOG_INFO,
                                     .at_ms = record->at_ms,
                                     .body = view_of(record->json.data, record->json.len)};
    }
    if (err == 0 && push)
        err = window_put(b->window, records, push->n_records, NULL, DEADLINE_NEVER);
    arena_release(&arena);
    b->kept_ns += clock_mono_ns(clock_system()) - begun_ns;
    return err;
}

static int spool(struct window_bench *b)
{
    const int64_t begun_ns = clock_mono_ns(clock_system());
    const bool done = is_frame(b) &&
                      write(b->spool, b->frame, b->frame_len) == (ssize_t)b->frame_len &&
                      fdatasync(b->spool) == 0;
    b->spooled_ns += clock_mono_ns(clock_system()) - begun_ns;
    return done ? 0 : ERR_IO;
}

/* So many pushes; each to the spool too where both are measured. */
static int fill(struct window_bench *b, int pushes, bool both)
{
    int err = 0;
    for (int i = 0; i < pushes && err == 0; i++) {
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        err = make_push(b, &arena);
        arena_release(&arena);
        if (err == 0 && both)
            err = spool(b);
        if (err == 0)
            err = keep(b);
    }
    return err;
}

/* What was taken is sorted later, as the machine has time. */
static int settle(struct window_bench *b, double *ret_s)
{
    const int64_t begun_ns = clock_mono_ns(clock_system());
    int more;
    while ((more = window_settle(b->window, DEADLINE_NEVER)) == 1)
        continue;
    *ret_s = (double)(clock_mono_ns(clock_system()) - begun_ns) / NS_PER_S;
    return more;
}

/* ---- searching ---- */

static int search_window(const struct window_bench *b, unsigned word, int64_t *spent_ns)
{
    char text[16];
    struct arena arena;
    struct record *records;
    size_t count = 0;
    snprintf(text, sizeof(text), "w%u", word);
    const struct window_query query = {.text = view_str(text), .max = FOUND};
    arena_init(&arena, ARENA_MAX);
    const int64_t begun_ns = clock_mono_ns(clock_system());
    int err = window_search(b->window, &query, &arena, &records, &count, DEADLINE_NEVER);
    *spent_ns += clock_mono_ns(clock_system()) - begun_ns;
    arena_release(&arena);
    return err == 0 && count != FOUND ? ERR_CORRUPT : err;
}

static int search_bare(sqlite3_stmt *statement, unsigned word, int64_t *spent_ns)
{
    char text[16];
    int rows = 0;
    size_t bytes = 0;
    const int len = snprintf(text, sizeof(text), "\"w%u\"", word);
    const int64_t begun_ns = clock_mono_ns(clock_system());
    sqlite3_bind_text(statement, 1, text, len, SQLITE_STATIC);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        bytes += (size_t)sqlite3_column_bytes(statement, 1);
        rows++;
    }
    sqlite3_reset(statement);
    *spent_ns += clock_mono_ns(clock_system()) - begun_ns;
    return rows == FOUND && bytes > 0 ? 0 : ERR_CORRUPT;
}

static int search(const struct window_bench *b, bench_row_fn *row, void *state)
{
    char path[128];
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t window_ns = 0, bare_ns = 0;
    snprintf(path, sizeof(path), "%s/monitor.db", b->folder);
    int err = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                      sqlite3_prepare_v2(handle,
                                         "SELECT rowid, body FROM record_words WHERE record_words "
                                         "MATCH ? ORDER BY rowid DESC LIMIT 100",
                                         -1, &statement, NULL) == SQLITE_OK
                  ? 0
                  : ERR_IO;
    for (unsigned i = 0; err == 0 && i < SEARCHES; i++) {
        err = search_bare(statement, 7 * i + 1, &bare_ns);
        if (err == 0)
            err = search_window(b, 7 * i + 1, &window_ns);
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    if (err != 0)
        return err;
    row(state, "window: a search of a million", (double)window_ns / SEARCHES / 1000, "us");
    row(state, "window: the bare FTS5 query", (double)bare_ns / SEARCHES / 1000, "us");
    row(state, "window: a search, times the bare query", (double)window_ns / (double)bare_ns, "x");
    return 0;
}

static int measure(struct window_bench *b, bench_row_fn *row, void *state)
{
    const int64_t ns = NS_PER_MS * 1000;
    int err = fill(b, PAIRS, true);
    if (err != 0)
        return err;
    const double kept = (double)PAIRS * PUSH * (double)ns / (double)b->kept_ns,
                 spooled = (double)PAIRS * PUSH * (double)ns / (double)b->spooled_ns;
    row(state, "window: records a second", kept, "/s");
    row(state, "window: records a second, framed and spooled alone", spooled, "/s");
    row(state, "window: records, times those of the bare receiver", kept / spooled, "x");
    double took_s = 0;
    err = settle(b, &took_s);
    row(state, "window: records sorted a second", (double)PAIRS * PUSH / took_s, "/s");
    if (err == 0)
        err = fill(b, RECORDS / PUSH - PAIRS, false);
    if (err == 0)
        err = settle(b, &took_s);
    return err == 0 ? search(b, row, state) : err;
}

/* ---- shipping ---- */

struct ship_bench {
    const char *url;
    struct elastic elastic;
    struct shipper shipper;
    struct http *http;
    struct arena arena; /* of a batch */
    uint64_t next;      /* record of the bare calls */
    int64_t shipped_ns, bare_ns;
    int err;
};

static int fill_window(struct window *window)
{
    struct record records[SHIP_BATCH_MAX];
    struct arena arena;
    int err = 0;
    arena_init(&arena, ARENA_MAX);
    for (uint64_t n = 0; err == 0 && n < (WARM + BULKS) * SHIP_BATCH_MAX;) {
        for (size_t i = 0; i < SHIP_BATCH_MAX; i++)
            records[i] = make_record(n++, &arena);
        err = window_put(window, records, SHIP_BATCH_MAX, NULL, DEADLINE_NEVER);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return err;
}

static int put_bare(const struct record *record, struct buf *body)
{
    int err = buf_printf(body, "{\"create\":{\"_index\":\"usher-logs\",\"_id\":\"bare-%.*s\"}}\n",
                         (int)record->id.len, record->id.at);
    if (err == 0)
        err = buf_append_view(body, record->body);
    return err == 0 ? buf_append_byte(body, '\n') : err;
}

/* A _bulk of as many records as the shipper sends, made before the clock runs; its answer is only
 * taken. */
static int ship_bare(struct ship_bench *b)
{
    struct http_answer answer = {0};
    struct buf body;
    int err = 0;
    buf_init(&body, PUSH_MAX);
    for (size_t i = 0; err == 0 && i < SHIP_BATCH_MAX; i++) {
        const struct record record = make_record(b->next++, &b->arena);
        err = record.body.len == 0 ? ERR_NO_MEMORY : put_bare(&record, &body);
    }
    const struct http_ask ask = {
        .method = "POST",
        .url = arena_printf(&b->arena, "%s/_bulk?filter_path=items.*.status", b->url),
        .fields = {"Content-Type: application/x-ndjson"},
        .body = buf_view(&body)};
    const int64_t begun_ns = clock_mono_ns(clock_system());
    if (err == 0)
        err = http_call(b->http, &ask, &b->arena, &answer,
                        deadline_after_ms(fiber_now_ns(), SHIP_MS));
    b->bare_ns += clock_mono_ns(clock_system()) - begun_ns;
    buf_release(&body);
    return err == 0 && answer.status != 200 ? ERR_IO : err;
}

static int ship_one(struct ship_bench *b)
{
    const int64_t begun_ns = clock_mono_ns(clock_system());
    const int done = shipper_step(&b->shipper, clock_wall_ms(clock_system()));
    b->shipped_ns += clock_mono_ns(clock_system()) - begun_ns;
    return done == 1 ? 0 : done < 0 ? done : ERR_CORRUPT;
}

static void ship(void *arg)
{
    struct ship_bench *b = arg;
    struct http_client *client;
    const char *why;
    b->err = http_client_new(sched_loop(sched_current()), NULL, &client);
    if (b->err != 0)
        return;
    b->http = b->elastic.http = http_client(client);
    elastic_init(&b->elastic);
    b->shipper.target = &b->elastic.target;
    arena_init(&b->arena, ARENA_MAX);
    shipper_init(&b->shipper);
    b->err = b->elastic.target.body->prepare(&b->elastic.target, &b->arena, &why,
                                             deadline_after_ms(fiber_now_ns(), SHIP_MS));
    for (int i = 0; b->err == 0 && i < WARM + BULKS; i++) {
        arena_reset(&b->arena);
        if (i == WARM)
            b->shipped_ns = b->bare_ns = 0;
        b->err = ship_one(b);
        if (b->err == 0)
            b->err = ship_bare(b);
    }
    arena_release(&b->arena);
    shipper_release(&b->shipper);
    http_client_free(client);
}

static int measure_shipping(const char *url, bench_row_fn *row, void *state)
{
    struct ship_bench b = {.url = url, .elastic.target.url = url};
    char folder[64];
    int err = bench_make_folder(folder, sizeof(folder));
    const struct window_options options = {
        .data_dir = folder, .ships = true, .rows_max = RECORDS, .waiting_max = RECORDS};
    if (err == 0)
        err = window_open(&options, &b.shipper.window);
    if (err == 0)
        err = fill_window(b.shipper.window);
    if (err == 0)
        err = fiber_main(ship, &b);
    err = err == 0 ? b.err : err;
    window_close(b.shipper.window);
    bench_remove_folder(folder);
    if (err != 0)
        return err;
    const double records = (double)BULKS * SHIP_BATCH_MAX * NS_PER_S;
    row(state, "ship: records a second", records / (double)b.shipped_ns, "/s");
    row(state, "ship: records a second of bare _bulk calls", records / (double)b.bare_ns, "/s");
    row(state, "ship: records, times those of the bare calls",
        (double)b.bare_ns / (double)b.shipped_ns, "x");
    return 0;
}

int bench_window(bench_row_fn *row, void *state)
{
    struct window_bench b = {.spool = -1, .frame = malloc(PUSH_MAX)};
    char path[128];
    run_ms = clock_wall_ms(clock_system());
    int err = b.frame ? bench_make_folder(b.folder, sizeof(b.folder)) : ERR_NO_MEMORY;
    const struct window_options options = {
        .data_dir = b.folder, .rows_max = 2 * RECORDS, .waiting_max = 2 * RECORDS};
    if (err == 0)
        err = window_open(&options, &b.window);
    snprintf(path, sizeof(path), "%s/spool", b.folder);
    if (err == 0) {
        b.spool = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        err = b.spool < 0 ? ERR_IO : measure(&b, row, state);
    }
    if (b.spool >= 0)
        close(b.spool);
    window_close(b.window);
    free(b.frame);
    bench_remove_folder(b.folder);
    const char *elastic = getenv("USHER_TEST_ELASTIC");
    return err == 0 && elastic ? measure_shipping(elastic, row, state) : err;
}
