#include "store/playbill_chain.h"

#include <stdlib.h>

#include "codec/be.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "mem/table.h"

#define ROW_BYTES   104
#define EVENT_BYTES 108
#define DATE_BYTES  48
#define PLACE_BYTES 76 /* more, where anything of the place is told, or paying later */
#define HALL_BYTES  68
#define MADE_BYTES  8
#define TAG_BYTES   16

static const char ROW_TAG[TAG_BYTES] = "usher playbill1\n";

struct row {
    int64_t seq, number;
    uint32_t about, id;
    uint8_t content[STORE_HASH_BYTES];
    uint8_t prev_hash[STORE_HASH_BYTES];
    uint8_t hash[STORE_HASH_BYTES];
};

/* ---- hashes ---- */

static uint8_t *put_hash_of(uint8_t *at, struct view text)
{
    sha256(text, at);
    return at + STORE_HASH_BYTES;
}

static void hash_event(const struct playbill_event *event, uint8_t ret_hash[STORE_HASH_BYTES])
{
    uint8_t bytes[EVENT_BYTES], *at = bytes;
    at = be_put(at, event->state, 4);
    at = be_put(at, (uint64_t)event->published_at_ms, 8);
    at = put_hash_of(at, event->name);
    at = put_hash_of(at, event->description);
    at = put_hash_of(at, event->poster);
    assert(at == bytes + sizeof(bytes));
    sha256(view_of(bytes, sizeof(bytes)), ret_hash);
}

static void hash_date(const struct playbill_performance *date, uint8_t ret_hash[STORE_HASH_BYTES])
{
    uint8_t bytes[DATE_BYTES + PLACE_BYTES], *at = bytes;
    const bool place =
        date->doors_at_ms != 0 || date->later_ms != 0 || date->gate.len + date->address.len > 0;
    at = be_put(at, (uint64_t)date->starts_at_ms, 8);
    at = be_put(at, date->utc_offset_known, 4);
    at = be_put(at, (uint64_t)(int64_t)date->utc_offset_minutes, 4);
    at = put_hash_of(at, date->time_zone);
    if (place) { /* rows from before there was any of it keep their hash */
        at = be_put(at, (uint64_t)date->doors_at_ms, 8);
        at = be_put(at, date->later_ms, 4);
        at = put_hash_of(at, date->gate);
        at = put_hash_of(at, date->address);
    }
    assert(at == bytes + DATE_BYTES + (place ? PLACE_BYTES : 0));
    sha256(view_of(bytes, (size_t)(at - bytes)), ret_hash);
}

static void hash_hall(struct view name, uint32_t section_count, struct view layout_hash,
                      uint8_t ret_hash[STORE_HASH_BYTES])
{
    uint8_t bytes[HALL_BYTES], *at = bytes;
    at = be_put(at, section_count, 4);
    at = put_hash_of(at, name);
    at = be_put_bytes(at, layout_hash.at, STORE_HASH_BYTES);
    assert(at == bytes + sizeof(bytes));
    sha256(view_of(bytes, sizeof(bytes)), ret_hash);
}

static void hash_made(bool utc_offset_known, int32_t utc_offset_minutes,
                      uint8_t ret_hash[STORE_HASH_BYTES])
{
    uint8_t bytes[MADE_BYTES], *at = bytes;
    at = be_put(at, utc_offset_known, 4);
    at = be_put(at, (uint64_t)(int64_t)utc_offset_minutes, 4);
    assert(at == bytes + sizeof(bytes));
    sha256(view_of(bytes, sizeof(bytes)), ret_hash);
}

static void hash_row(const struct row *row, uint8_t ret_hash[STORE_HASH_BYTES])
{
    uint8_t bytes[ROW_BYTES], *at = bytes;
    at = be_put_bytes(at, ROW_TAG, TAG_BYTES);
    at = be_put(at, (uint64_t)row->seq, 8);
    at = be_put(at, row->about, 4);
    at = be_put(at, row->id, 4);
    at = be_put(at, (uint64_t)row->number, 8);
    at = be_put_bytes(at, row->prev_hash, STORE_HASH_BYTES);
    at = be_put_bytes(at, row->content, STORE_HASH_BYTES);
    assert(at == bytes + sizeof(bytes));
    sha256(view_of(bytes, sizeof(bytes)), ret_hash);
}

/* ---- writing ---- */

static int get_hash(struct sql_rows *rows, int column, uint8_t ret_hash[STORE_HASH_BYTES])
{
    const struct view bytes = sql_get_view(rows, column);
    if (bytes.len != STORE_HASH_BYTES)
        return ERR_CORRUPT;
    memcpy(ret_hash, bytes.at, STORE_HASH_BYTES);
    return 0;
}

/* The end of the chain: what the next row must follow. */
static int get_head(struct sql_txn *txn, struct row *ret_head)
{
    struct sql_rows *rows;
    *ret_head = (struct row){0};
    int err = sql_query(txn,
                        "SELECT seq, hash FROM playbill_row WHERE seq ="
                        " (SELECT max(seq) FROM playbill_row)",
                        SQL_NONE, &rows);
    if (err != 0)
        return err;
    int got = sql_next(rows);
    if (got != 1)
        return got;
    ret_head->seq = sql_get_int(rows, 0);
    err = get_hash(rows, 1, ret_head->hash);
    sql_done(rows);
    return err;
}

static int append(struct sql_txn *txn, struct row *row)
{
    struct row head;
    int err = get_head(txn, &head);
    if (err != 0)
        return err;
    row->seq = head.seq + 1;
    memcpy(row->prev_hash, head.hash, sizeof(row->prev_hash));
    hash_row(row, row->hash);
    return sql_run(txn,
                   "INSERT INTO playbill_row (seq, about, id, number, content, prev_hash, hash)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?)",
                   SQL(sql_int(row->seq), sql_int(row->about), sql_int(row->id),
                       sql_int(row->number), sql_bytes(view_of(row->content, STORE_HASH_BYTES)),
                       sql_bytes(view_of(row->prev_hash, STORE_HASH_BYTES)),
                       sql_bytes(view_of(row->hash, STORE_HASH_BYTES))),
                   NULL);
}

int playbill_chain_event(struct sql_txn *txn, const struct playbill_event *event, int64_t number)
{
    struct row row = {.about = PLAYBILL_EVENT, .id = event->event_id, .number = number};
    hash_event(event, row.content);
    return append(txn, &row);
}

int playbill_chain_performance(struct sql_txn *txn, const struct playbill_performance *date,
                               int64_t number)
{
    struct row row = {.about = PLAYBILL_PERFORMANCE, .id = date->performance_id, .number = number};
    hash_date(date, row.content);
    return append(txn, &row);
}

/* ---- what is told now ---- */

/* What is told of an event or a performance, from change `number` on. */
struct told {
    uint32_t about, id;
    int64_t number;
    uint8_t content[STORE_HASH_BYTES];
    bool seen; /* of the chain's: there is such a row */
};

#define TOLD_MAX (STORE_EVENTS_MAX + 2 * STORE_PERFORMANCES_MAX + STORE_HALLS_MAX)

struct told_list {
    struct told *list; /* TOLD_MAX */
    uint32_t count;
    int64_t newest; /* the playbill's count: the newest number */
};

static struct told *add_told(struct told_list *told, enum playbill_about about, int64_t id,
                             int64_t number)
{
    if (told->count == TOLD_MAX || id <= 0 || id > UINT32_MAX)
        return NULL;
    struct told *one = &told->list[told->count++];
    *one = (struct told){.about = about, .id = (uint32_t)id, .number = number};
    return one;
}

static int gather_events(struct sql_txn *txn, struct told_list *told)
{
    struct sql_rows *rows;
    int got = 0, err = sql_query(txn,
                                 "SELECT event_id, state, name, description, poster,"
                                 " published_at_ms, number FROM playbill ORDER BY event_id",
                                 SQL_NONE, &rows);
    while (err == 0 && (got = sql_next(rows)) == 1) {
        const struct playbill_event event = {.state = (uint32_t)sql_get_int(rows, 1),
                                             .name = sql_get_view(rows, 2),
                                             .description = sql_get_view(rows, 3),
                                             .poster = sql_get_view(rows, 4),
                                             .published_at_ms = sql_get_int(rows, 5)};
        const int64_t id = sql_get_int(rows, 0), number = sql_get_int(rows, 6);
        if (id == 0) {
            told->newest = number;
            continue;
        }
        struct told *one = add_told(told, PLAYBILL_EVENT, id, number);
        if (!one) {
            sql_done(rows);
            return ERR_CORRUPT;
        }
        hash_event(&event, one->content);
    }
    return err != 0 ? err : got;
}

static int gather_dates(struct sql_txn *txn, struct told_list *told)
{
    struct sql_rows *rows;
    int got = 0, err = sql_query(txn,
                                 "SELECT performance_id, starts_at_ms, utc_offset_known,"
                                 " utc_offset_minutes, time_zone, number, doors_at_ms, later_ms,"
                                 " gate, address FROM performance_date ORDER BY performance_id",
                                 SQL_NONE, &rows);
    while (err == 0 && (got = sql_next(rows)) == 1) {
        const struct playbill_performance date = {.starts_at_ms = sql_get_int(rows, 1),
                                                  .utc_offset_known = sql_get_int(rows, 2) != 0,
                                                  .utc_offset_minutes =
                                                      (int32_t)sql_get_int(rows, 3),
                                                  .time_zone = sql_get_view(rows, 4),
                                                  .doors_at_ms = sql_get_int(rows, 6),
                                                  .later_ms = (uint32_t)sql_get_int(rows, 7),
                                                  .gate = sql_get_view(rows, 8),
                                                  .address = sql_get_view(rows, 9)};
        struct told *one =
            add_told(told, PLAYBILL_PERFORMANCE, sql_get_int(rows, 0), sql_get_int(rows, 5));
        if (!one) {
            sql_done(rows);
            return ERR_CORRUPT;
        }
        hash_date(&date, one->content);
    }
    return err != 0 ? err : got;
}

static int gather(struct sql_txn *txn, struct told_list *told)
{
    told->count = 0;
    told->newest = 0;
    const int err = gather_events(txn, told);
    return err != 0 ? err : gather_dates(txn, told);
}

/* ---- what no genesis hash covers ---- */

static int gather_halls(struct sql_txn *txn, struct told_list *told)
{
    struct sql_rows *rows;
    int got = 0, err = sql_query(txn,
                                 "SELECT hall_id, name, section_count, layout_hash FROM hall"
                                 " WHERE hall_id IN (SELECT hall_id FROM performance"
                                 " WHERE covers_names = 0) ORDER BY hall_id",
                                 SQL_NONE, &rows);
    while (err == 0 && (got = sql_next(rows)) == 1) {
        const struct view layout_hash = sql_get_view(rows, 3);
        struct told *one = layout_hash.len == STORE_HASH_BYTES
                               ? add_told(told, PLAYBILL_HALL, sql_get_int(rows, 0), 0)
                               : NULL;
        if (!one) {
            sql_done(rows);
            return ERR_CORRUPT;
        }
        hash_hall(sql_get_view(rows, 1), (uint32_t)sql_get_int(rows, 2), layout_hash, one->content);
    }
    return err != 0 ? err : got;
}

static int gather_made(struct sql_txn *txn, struct told_list *told)
{
    struct sql_rows *rows;
    int got = 0, err = sql_query(txn,
                                 "SELECT performance_id, utc_offset_minutes IS NOT NULL,"
                                 " coalesce(utc_offset_minutes, 0) FROM performance"
                                 " WHERE covers_names = 0 ORDER BY performance_id",
                                 SQL_NONE, &rows);
    while (err == 0 && (got = sql_next(rows)) == 1) {
        struct told *one = add_told(told, PLAYBILL_MADE, sql_get_int(rows, 0), 0);
        if (!one) {
            sql_done(rows);
            return ERR_CORRUPT;
        }
        hash_made(sql_get_int(rows, 1) != 0, (int32_t)sql_get_int(rows, 2), one->content);
    }
    return err != 0 ? err : got;
}

/* ---- a store of before there was a chain ---- */

struct adopt_job {
    struct sql_job job;
    struct told_list told;
};

static int by_number(const void *a, const void *b)
{
    const struct told *left = a, *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

static int run_adopt(struct sql_job *base, struct sql_txn *txn)
{
    struct adopt_job *job = (struct adopt_job *)base;
    int64_t rows;
    int err = sql_ask_int(txn, "SELECT count(*) FROM playbill_row", SQL_NONE, &rows);
    if (err != 0 || rows > 0)
        return err;
    err = gather(txn, &job->told);
    qsort(job->told.list, job->told.count, sizeof(*job->told.list), by_number);
    for (uint32_t i = 0; err == 0 && i < job->told.count; i++) {
        const struct told *one = &job->told.list[i];
        struct row row = {.about = one->about, .id = one->id, .number = one->number};
        memcpy(row.content, one->content, STORE_HASH_BYTES);
        err = append(txn, &row);
    }
    return err;
}

/* Once: what is written down first is what counts from then on. */
static int run_adopt_halls(struct sql_job *base, struct sql_txn *txn)
{
    struct adopt_job *job = (struct adopt_job *)base;
    int64_t rows, number = 0;
    int err = sql_ask_int(txn, "SELECT count(*) FROM playbill_row WHERE about >= ?",
                          SQL(sql_int(PLAYBILL_HALL)), &rows);
    if (err != 0 || rows > 0)
        return err;
    job->told.count = 0;
    err = gather_halls(txn, &job->told);
    err = err ? err : gather_made(txn, &job->told);
    if (err == 0 && job->told.count > 0)
        err = playbill_next_number(txn, &number);
    for (uint32_t i = 0; err == 0 && i < job->told.count; i++) {
        const struct told *one = &job->told.list[i];
        struct row row = {.about = one->about, .id = one->id, .number = number};
        memcpy(row.content, one->content, STORE_HASH_BYTES);
        err = append(txn, &row);
    }
    return err;
}

static int adopt(struct sql *sql, struct arena *arena,
                 int (*run)(struct sql_job *job, struct sql_txn *txn), int64_t deadline_ns)
{
    struct adopt_job job = {.job.run = run};
    job.told.list = arena_alloc(arena, TOLD_MAX * sizeof(*job.told.list));
    if (!job.told.list)
        return ERR_NO_MEMORY;
    const int err = sql_write(sql, &job.job, deadline_ns);
    return err == ERR_CONFLICT ? 0 : err; /* another process was faster */
}

int playbill_chain_adopt(struct sql *sql, struct arena *arena, int64_t deadline_ns)
{
    return adopt(sql, arena, run_adopt, deadline_ns);
}

int playbill_chain_adopt_halls(struct sql *sql, struct arena *arena, int64_t deadline_ns)
{
    return adopt(sql, arena, run_adopt_halls, deadline_ns);
}

/* ---- checking ---- */

struct fault {
    uint32_t about, id;
    const char *what;
};

struct check_job {
    struct sql_job job;
    struct fault faults[PLAYBILL_FAULTS_MAX]; /* told after the job, which may run again */
    uint32_t fault_count;
    struct told_list chained, now; /* the last that the chain says; what the rows say */
    bool has_halls;                /* what no genesis hash covers is chained */
    struct table places;           /* of what is chained */
    struct playbill_chain chain;
};

static struct id key_of(uint32_t about, uint32_t id)
{
    return (struct id){.hi = about, .lo = id};
}

static int note(struct check_job *job, const struct row *row)
{
    uint32_t place;
    struct told *told;
    if (table_get(&job->places, key_of(row->about, row->id), &place)) {
        told = &job->chained.list[place];
        told->number = row->number;
    } else {
        place = job->chained.count;
        told = add_told(&job->chained, row->about, row->id, row->number);
        if (!told || table_put(&job->places, key_of(row->about, row->id), place) != 0)
            return ERR_CORRUPT; /* more than there may be */
    }
    memcpy(told->content, row->content, STORE_HASH_BYTES);
    return 0;
}

static void find(struct check_job *job, uint32_t about, uint32_t id, const char *what)
{
    if (job->fault_count < PLAYBILL_FAULTS_MAX)
        job->faults[job->fault_count++] = (struct fault){about, id, what};
}

static int check_row(struct check_job *job, const struct row *row, const struct row *before)
{
    uint8_t hash[STORE_HASH_BYTES];
    hash_row(row, hash);
    if (row->seq != before->seq + 1 || row->number < before->number)
        find(job, row->about, row->id, "its row does not follow the row before");
    if (memcmp(row->prev_hash, before->hash, STORE_HASH_BYTES) != 0)
        find(job, row->about, row->id, "its row does not hang on the row before");
    if (memcmp(row->hash, hash, STORE_HASH_BYTES) != 0)
        find(job, row->about, row->id, "its row's hash is wrong");
    job->has_halls |= row->about >= PLAYBILL_HALL;
    return note(job, row);
}

static int read_row(struct check_job *job, struct sql_rows *rows, struct row *before)
{
    struct row row = {.seq = sql_get_int(rows, 0),
                      .about = (uint32_t)sql_get_int(rows, 1),
                      .id = (uint32_t)sql_get_int(rows, 2),
                      .number = sql_get_int(rows, 3)};
    int err = get_hash(rows, 4, row.content);
    err = err ? err : get_hash(rows, 5, row.prev_hash);
    err = err ? err : get_hash(rows, 6, row.hash);
    if (err == ERR_CORRUPT) {
        find(job, row.about, row.id, "its row has a hash of a wrong length");
        return 0;
    }
    err = err ? err : check_row(job, &row, before);
    *before = row;
    job->chain.rows++;
    return err;
}

static int read_chain(struct check_job *job, struct sql_txn *txn)
{
    struct sql_rows *rows;
    struct row before = {0};
    int got = 0, err = sql_query(txn,
                                 "SELECT seq, about, id, number, content, prev_hash, hash"
                                 " FROM playbill_row ORDER BY seq",
                                 SQL_NONE, &rows);
    while (err == 0 && (got = sql_next(rows)) == 1) {
        err = read_row(job, rows, &before);
        if (err != 0)
            sql_done(rows);
    }
    memcpy(job->chain.head, before.hash, STORE_HASH_BYTES);
    job->chained.newest = before.number;
    return err != 0 ? err : got;
}

static void compare(struct check_job *job, const struct told *now)
{
    uint32_t place;
    if (!table_get(&job->places, key_of(now->about, now->id), &place)) {
        find(job, now->about, now->id, "what is told of it is not in the chain");
        return;
    }
    struct told *told = &job->chained.list[place];
    const bool renumbered = now->about <= PLAYBILL_PERFORMANCE && told->number != now->number;
    told->seen = true;
    if (renumbered || memcmp(told->content, now->content, STORE_HASH_BYTES) != 0)
        find(job, now->about, now->id, "what is told of it is not what the chain says");
}

static int run_check(struct sql_job *base, struct sql_txn *txn)
{
    struct check_job *job = (struct check_job *)base;
    job->chain = (struct playbill_chain){0};
    job->chained.count = job->fault_count = 0;
    job->has_halls = false;
    table_clear(&job->places);
    int err = read_chain(job, txn);
    err = err ? err : gather(txn, &job->now);
    if (err != 0)
        return err;
    if (job->now.newest != job->chained.newest && job->now.count > 0)
        find(job, PLAYBILL_EVENT, 0, "the newest number is not that of the chain");
    if (job->has_halls) {
        err = gather_halls(txn, &job->now);
        err = err ? err : gather_made(txn, &job->now);
        if (err != 0)
            return err;
    }
    for (uint32_t i = 0; i < job->now.count; i++)
        compare(job, &job->now.list[i]);
    for (uint32_t i = 0; i < job->chained.count; i++) {
        const struct told *told = &job->chained.list[i];
        if (!told->seen)
            find(job, told->about, told->id, "what was told of it is missing");
    }
    return 0;
}

int playbill_check(struct sql *sql, struct arena *arena, playbill_fault *fault, void *state,
                   struct playbill_chain *ret_chain, int64_t deadline_ns)
{
    struct check_job job = {.job.run = run_check};
    *ret_chain = (struct playbill_chain){0};
    job.chained.list = arena_alloc(arena, TOLD_MAX * sizeof(*job.chained.list));
    job.now.list = arena_alloc(arena, TOLD_MAX * sizeof(*job.now.list));
    if (!job.chained.list || !job.now.list || table_init(&job.places, TOLD_MAX, 0) != 0)
        return ERR_NO_MEMORY;
    const int err = sql_read(sql, &job.job, deadline_ns);
    table_release(&job.places);
    if (err != 0)
        return err;
    for (uint32_t i = 0; i < job.fault_count; i++)
        fault(state, job.faults[i].about, job.faults[i].id, job.faults[i].what);
    *ret_chain = job.chain;
    return 0;
}
