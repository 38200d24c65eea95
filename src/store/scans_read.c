/* Reading scans: counts, who is inside, double entries. */
#include "err/err.h"
#include "store/scans.h"

struct read_job {
    struct sql_job job;
    uint32_t performance_id;
    const struct id *order_ids;
    size_t order_count;
    struct arena *arena;
    struct scan_counts counts;
    struct scan_seat *seats;
    struct scan_double *doubles;
    struct scan *scans;
    struct scan_void *voids;
    uint32_t *used;
    struct scan_ticket *tickets;
    uint32_t seat;
    size_t count, max;
};

/* ---- counts ---- */

static int read_gates(struct read_job *job, struct sql_txn *txn)
{
    struct scan_counts *counts = &job->counts;
    struct sql_rows *rows;
    int err = sql_query(
        txn,
        "SELECT gate, direction, count(*) FROM scan WHERE performance_id = ?"
        " AND answered = ? GROUP BY gate, direction ORDER BY gate, direction"
        " LIMIT ?",
        SQL(sql_int(job->performance_id), sql_int(SCAN_OK), sql_int(2 * SCAN_GATES_MAX)), &rows);
    counts->gate_count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        struct scan_gate *gate = counts->gate_count ? &counts->gates[counts->gate_count - 1] : NULL;
        const uint32_t number = (uint32_t)sql_get_int(rows, 2);
        err = 0;
        if (!gate || !view_eq(gate->gate, sql_get_view(rows, 0))) {
            if (counts->gate_count == SCAN_GATES_MAX) {
                sql_done(rows);
                return 0;
            }
            gate = &counts->gates[counts->gate_count++];
            gate->in = gate->out = 0;
            err = sql_get_copy(rows, 0, job->arena, &gate->gate);
        }
        if (err == 0)
            *(sql_get_int(rows, 1) == SCAN_IN ? &gate->in : &gate->out) = number;
        else
            sql_done(rows);
    }
    return err;
}

static int run_count(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    const struct sql_value performance = sql_int(job->performance_id);
    int64_t inside = 0, refused = 0, came = 0;
    int err =
        sql_ask_int(txn, "SELECT count(*) FROM door_ticket WHERE performance_id = ? AND inside = 1",
                    SQL(performance), &inside);
    if (err == 0)
        err =
            sql_ask_int(txn, "SELECT count(*) FROM scan WHERE performance_id = ? AND answered <> ?",
                        SQL(performance, sql_int(SCAN_OK)), &refused);
    if (err == 0)
        err = sql_ask_int(txn,
                          "SELECT count(*) FROM (SELECT order_id, seat FROM scan WHERE"
                          " performance_id = ? AND answered = ? AND direction = ?"
                          " GROUP BY order_id, seat) t",
                          SQL(performance, sql_int(SCAN_OK), sql_int(SCAN_IN)), &came);
    job->counts.inside = (uint32_t)inside;
    job->counts.came = (uint32_t)came;
    job->counts.refused = (uint32_t)refused;
    return err == 0 ? read_gates(job, txn) : err;
}

int scan_count(struct sql *sql, uint32_t performance_id, struct arena *arena,
               struct scan_counts *ret_counts, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_count, .performance_id = performance_id, .arena = arena};
    job.counts.gates = arena_alloc(arena, SCAN_GATES_MAX * sizeof(struct scan_gate));
    if (!job.counts.gates)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_counts = job.counts;
    return err;
}

/* ---- who is inside ---- */

static int read_inside(struct read_job *job, struct sql_txn *txn, struct id order_id, size_t max)
{
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT t.seat, (SELECT max(s.at_ms) FROM scan s WHERE s.order_id ="
                        " t.order_id AND s.seat = t.seat AND s.direction = ? AND s.result = ?)"
                        " FROM door_ticket t WHERE t.order_id = ? AND t.inside = 1"
                        " ORDER BY t.seat LIMIT ?",
                        SQL(sql_int(SCAN_IN), sql_int(SCAN_OK), sql_id(order_id),
                            sql_int((int64_t)(max - job->count))),
                        &rows);
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1)
        job->seats[job->count++] = (struct scan_seat){.order_id = order_id,
                                                      .seat = (uint32_t)sql_get_int(rows, 0),
                                                      .at_ms = sql_get_int(rows, 1)};
    return err;
}

#define INSIDE_MAX 10000 /* tickets in one answer */

static int run_inside(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    int err = 0;
    job->count = 0;
    for (size_t i = 0; err == 0 && i < job->order_count && job->count < INSIDE_MAX; i++)
        err = read_inside(job, txn, job->order_ids[i], INSIDE_MAX);
    return err;
}

int scan_inside(struct sql *sql, const struct id *order_ids, size_t order_count,
                struct arena *arena, struct scan_seat **ret_seats, size_t *ret_count,
                int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_inside,
                           .order_ids = order_ids,
                           .order_count = order_count,
                           .arena = arena,
                           .seats = arena_alloc(arena, INSIDE_MAX * sizeof(struct scan_seat))};
    if (!job.seats)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_seats = job.seats;
        *ret_count = job.count;
    }
    return err;
}

int scan_came_in(struct sql_txn *txn, struct id order_id)
{
    int64_t count = 0;
    int err = sql_ask_int(txn,
                          "SELECT count(*) FROM scan WHERE order_id = ? AND direction = ?"
                          " AND (answered = ? OR forced = 1)",
                          SQL(sql_id(order_id), sql_int(SCAN_IN), sql_int(SCAN_OK)), &count);
    return err == 0 ? count > 0 : err;
}

/* ---- double entries ---- */

/* The columns from `at` on. */
static int read_scan(struct sql_rows *rows, int at, struct arena *arena, struct scan *scan)
{
    scan->at_ms = sql_get_int(rows, at);
    scan->forced = sql_get_int(rows, at + 1) != 0;
    scan->direction = SCAN_IN;
    scan->answered = SCAN_OK;
    int err = sql_get_copy(rows, at + 2, arena, &scan->nonce);
    if (err == 0)
        err = sql_get_copy(rows, at + 3, arena, &scan->gate);
    return err == 0 ? sql_get_copy(rows, at + 4, arena, &scan->device) : err;
}

static int read_double(struct read_job *job, struct sql_rows *rows, struct scan_double *ret_double)
{
    struct scan common = {.performance_id = job->performance_id,
                          .seat = (uint32_t)sql_get_int(rows, 1)};
    int err = sql_get_id(rows, 0, &common.order_id);
    *ret_double = (struct scan_double){.first = common, .second = common};
    ret_double->first.result = SCAN_OK;
    ret_double->second.result = SCAN_ALREADY_REDEEMED;
    if (err == 0)
        err = read_scan(rows, 2, job->arena, &ret_double->first);
    return err == 0 ? read_scan(rows, 7, job->arena, &ret_double->second) : err;
}

static int run_doubles(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT s.order_id, s.seat, f.at_ms, f.forced, f.nonce, f.gate, f.device,"
                        " s.at_ms, s.forced, s.nonce, s.gate, s.device"
                        " FROM scan s JOIN scan f ON f.scan_id = s.after_scan_id"
                        " WHERE s.performance_id = ? AND s.answered = ? AND s.result = ?"
                        " ORDER BY s.at_ms, s.nonce LIMIT ?",
                        SQL(sql_int(job->performance_id), sql_int(SCAN_OK),
                            sql_int(SCAN_ALREADY_REDEEMED), sql_int(SCANS_PAGE_MAX)),
                        &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = read_double(job, rows, &job->doubles[job->count++]);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

int scan_doubles(struct sql *sql, uint32_t performance_id, struct arena *arena,
                 struct scan_double **ret_doubles, size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_doubles,
                           .performance_id = performance_id,
                           .arena = arena,
                           .doubles =
                               arena_alloc(arena, SCANS_PAGE_MAX * sizeof(struct scan_double))};
    if (!job.doubles)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_doubles = job.doubles;
        *ret_count = job.count;
    }
    return err;
}

/* ---- one order ---- */

static int read_one(struct read_job *job, struct sql_rows *rows, struct scan *ret_scan)
{
    *ret_scan = (struct scan){.order_id = job->order_ids[0],
                              .performance_id = (uint32_t)sql_get_int(rows, 5),
                              .seat = (uint32_t)sql_get_int(rows, 6)};
    int err = read_scan(rows, 0, job->arena, ret_scan);
    ret_scan->direction = (enum scan_direction)sql_get_int(rows, 7);
    ret_scan->answered = (enum scan_result)sql_get_int(rows, 8);
    ret_scan->result = (enum scan_result)sql_get_int(rows, 9);
    return err;
}

static int run_order(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT at_ms, forced, nonce, gate, device, performance_id, seat,"
                        " direction, answered, result FROM scan WHERE order_id = ?"
                        " ORDER BY at_ms, scan_id LIMIT ?",
                        SQL(sql_id(job->order_ids[0]), sql_int(SCANS_PAGE_MAX)), &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = read_one(job, rows, &job->scans[job->count++]);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

int scan_of_order(struct sql *sql, struct id order_id, struct arena *arena, struct scan **ret_scans,
                  size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_order,
                           .order_ids = &order_id,
                           .order_count = 1,
                           .arena = arena,
                           .scans = arena_alloc(arena, SCANS_PAGE_MAX * sizeof(struct scan))};
    if (!job.scans)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_scans = job.scans;
        *ret_count = job.count;
    }
    return err;
}

/* ---- what was used and given back ---- */

static int read_void(struct read_job *job, struct sql_rows *rows, struct scan_void *ret_void)
{
    struct scan *scan = &ret_void->scan;
    *ret_void = (struct scan_void){.gone_at_ms = sql_get_int(rows, 7)};
    scan->performance_id = job->performance_id;
    scan->seat = (uint32_t)sql_get_int(rows, 6);
    int err = sql_get_id(rows, 5, &scan->order_id);
    if (err == 0)
        err = read_scan(rows, 0, job->arena, scan);
    scan->result = SCAN_CANCELED;
    return err;
}

static int run_voids(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT s.at_ms, s.forced, s.nonce, s.gate, s.device, s.order_id, s.seat,"
                        " t.gone_at_ms FROM scan s JOIN door_ticket t ON t.order_id = s.order_id"
                        " AND t.seat = s.seat WHERE s.performance_id = ? AND s.answered = ?"
                        " AND s.result = ? AND s.direction = ? ORDER BY s.at_ms, s.nonce LIMIT ?",
                        SQL(sql_int(job->performance_id), sql_int(SCAN_OK), sql_int(SCAN_CANCELED),
                            sql_int(SCAN_IN), sql_int(SCANS_PAGE_MAX)),
                        &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = read_void(job, rows, &job->voids[job->count++]);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

int scan_voids(struct sql *sql, uint32_t performance_id, struct arena *arena,
               struct scan_void **ret_voids, size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_voids,
                           .performance_id = performance_id,
                           .arena = arena,
                           .voids = arena_alloc(arena, SCANS_PAGE_MAX * sizeof(struct scan_void))};
    if (!job.voids)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_voids = job.voids;
        *ret_count = job.count;
    }
    return err;
}

#define SEATS_MAX 64 /* of an order */

static int read_seats(struct read_job *job, struct sql_rows *rows)
{
    int err;
    job->count = 0;
    while ((err = sql_next(rows)) == 1)
        job->used[job->count++] = (uint32_t)sql_get_int(rows, 0);
    return err;
}

static int run_used(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(
        txn,
        "SELECT seat FROM scan WHERE order_id = ? AND direction = ?"
        " AND answered = ? GROUP BY seat ORDER BY seat LIMIT ?",
        SQL(sql_id(job->order_ids[0]), sql_int(SCAN_IN), sql_int(SCAN_OK), sql_int(SEATS_MAX)),
        &rows);
    return err == 0 ? read_seats(job, rows) : err;
}

static int run_gone(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    int err = sql_query(
        txn,
        "SELECT seat FROM door_ticket WHERE order_id = ? AND gone_at_ms > 0"
        " AND gone_used <> ? ORDER BY seat LIMIT ?",
        SQL(sql_id(job->order_ids[0]), sql_int(SCAN_GONE_MOVED), sql_int(SEATS_MAX)), &rows);
    return err == 0 ? read_seats(job, rows) : err;
}

static int list_seats(struct sql *sql, struct read_job *job, struct arena *arena,
                      uint32_t **ret_seats, size_t *ret_count, int64_t deadline_ns)
{
    job->used = arena_alloc(arena, SEATS_MAX * sizeof(uint32_t));
    int err = job->used ? sql_read(sql, &job->job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_seats = job->used;
        *ret_count = job->count;
    }
    return err;
}

int scan_used(struct sql *sql, struct id order_id, struct arena *arena, uint32_t **ret_seats,
              size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_used, .order_ids = &order_id};
    return list_seats(sql, &job, arena, ret_seats, ret_count, deadline_ns);
}

int scan_gone(struct sql *sql, struct id order_id, struct arena *arena, uint32_t **ret_seats,
              size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_gone, .order_ids = &order_id};
    return list_seats(sql, &job, arena, ret_seats, ret_count, deadline_ns);
}

static int run_tickets(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    struct sql_rows *rows;
    const struct sql_value order = sql_id(job->order_ids[0]);
    int err = sql_query(
        txn,
        "SELECT s.order_id, s.seat, sum(CASE WHEN s.result = ? THEN 0 ELSE 1 END),"
        " max(t.gone_at_ms), max(t.gone_used) FROM scan s LEFT JOIN door_ticket t"
        " ON t.order_id = s.order_id AND t.seat = s.seat WHERE s.direction = ? AND s.answered = ?"
        " AND (s.order_id > ? OR (s.order_id = ? AND s.seat > ?))"
        " GROUP BY s.order_id, s.seat ORDER BY s.order_id, s.seat LIMIT ?",
        SQL(sql_int(SCAN_CANCELED), sql_int(SCAN_IN), sql_int(SCAN_OK), order, order,
            sql_int(job->seat), sql_int((int64_t)job->max)),
        &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        struct scan_ticket *ticket = &job->tickets[job->count++];
        *ticket = (struct scan_ticket){.seat = (uint32_t)sql_get_int(rows, 1),
                                       .in_time = sql_get_int(rows, 2) > 0,
                                       .known = !sql_is_null(rows, 3),
                                       .gone_at_ms = sql_get_int(rows, 3),
                                       .even_used = sql_get_int(rows, 4) == 1};
        err = sql_get_id(rows, 0, &ticket->order_id);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

int scan_tickets(struct sql *sql, struct id order_id, uint32_t seat, size_t max,
                 struct arena *arena, struct scan_ticket **ret_tickets, size_t *ret_count,
                 int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_tickets,
                           .order_ids = &order_id,
                           .seat = seat,
                           .max = max,
                           .tickets = arena_alloc(arena, max * sizeof(struct scan_ticket))};
    if (!job.tickets)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_tickets = job.tickets;
        *ret_count = job.count;
    }
    return err;
}
