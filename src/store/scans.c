#include "store/scans.h"

#include "err/err.h"
#include "store/hooks.h"

static const struct sql_step steps[] = {
    {"scan",
     "CREATE TABLE scan (scan_id {id}, performance_id {int} NOT NULL, nonce {text} NOT NULL,"
     " order_id {bytes} NOT NULL, seat {int} NOT NULL, gate {text} NOT NULL,"
     " device {text} NOT NULL, direction {int} NOT NULL, at_ms {int} NOT NULL,"
     " answered {int} NOT NULL, result {int} NOT NULL, forced {bool} NOT NULL, after_scan_id "
     "{int});"
     "CREATE UNIQUE INDEX scan_nonce ON scan (performance_id, nonce);"
     "CREATE INDEX scan_ticket ON scan (order_id, seat, at_ms);"
     "CREATE INDEX scan_double ON scan (performance_id, answered, result);"
     "CREATE TABLE door_ticket (order_id {bytes} NOT NULL, seat {int} NOT NULL,"
     " performance_id {int} NOT NULL, inside {bool} NOT NULL, scans {int} NOT NULL,"
     " PRIMARY KEY (order_id, seat));"
     "CREATE INDEX door_inside ON door_ticket (performance_id, inside)"},
    {"given back", "ALTER TABLE door_ticket ADD COLUMN gone_at_ms {int};"
                   "ALTER TABLE door_ticket ADD COLUMN gone_used {bool}"},
};

int scans_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    const int err = read_only ? 0 : hooks_migrate(sql, false, now_ms);
    return err != 0 ? err
                    : sql_migrate(sql, "scans", steps, sizeof(steps) / sizeof(steps[0]), read_only,
                                  now_ms);
}

struct put_job {
    struct sql_job job;
    enum scan_judge judge;
    struct scan_put *puts;
    size_t count;
    struct arena *arena;
};

/* One of them. */
struct putting {
    enum scan_judge judge;
    const struct scan *scan;
    struct arena *arena;
    enum scan_result answered, result;
    struct scan_entry entry;
};

/* Whether the scan says something about being inside. */
static bool counts(enum scan_result result)
{
    return result == SCAN_OK || result == SCAN_ALREADY_REDEEMED || result == SCAN_NOT_INSIDE;
}

/* ---- a scan that came before ---- */

static int read_entry(struct sql_txn *txn, int64_t scan_id, struct arena *arena,
                      struct scan_entry *ret_entry)
{
    struct sql_rows *rows;
    *ret_entry = (struct scan_entry){0};
    if (scan_id == 0)
        return 0;
    int err = sql_query(txn, "SELECT at_ms, gate, device FROM scan WHERE scan_id = ?",
                        SQL(sql_int(scan_id)), &rows);
    if (err < 0)
        return err;
    int found = sql_next(rows);
    if (found != 1)
        return found == 0 ? ERR_CORRUPT : found;
    ret_entry->at_ms = sql_get_int(rows, 0);
    err = sql_get_copy(rows, 1, arena, &ret_entry->gate);
    if (err == 0)
        err = sql_get_copy(rows, 2, arena, &ret_entry->device);
    sql_done(rows);
    return err;
}

/* 1: it is there, and the job has its answer; 0: it is new. */
static int find_again(struct putting *job, struct sql_txn *txn)
{
    const struct scan *scan = job->scan;
    struct sql_rows *rows;
    struct id order_id;
    int err = sql_query(txn,
                        "SELECT order_id, seat, direction, answered, result, after_scan_id"
                        " FROM scan WHERE performance_id = ? AND nonce = ?",
                        SQL(sql_int(scan->performance_id), sql_text(scan->nonce)), &rows);
    if (err < 0)
        return err;
    int found = sql_next(rows);
    if (found != 1)
        return found;
    err = sql_get_id(rows, 0, &order_id);
    const bool same = err == 0 && id_eq(order_id, scan->order_id) &&
                      sql_get_int(rows, 1) == scan->seat &&
                      sql_get_int(rows, 2) == (int64_t)scan->direction;
    job->answered = (enum scan_result)sql_get_int(rows, 3);
    job->result = (enum scan_result)sql_get_int(rows, 4);
    const int64_t after = sql_get_int(rows, 5);
    sql_done(rows);
    if (err == 0 && !same)
        err = ERR_EXISTS;
    if (err == 0)
        err = read_entry(txn, after, job->arena, &job->entry);
    return err == 0 ? 1 : err;
}

/* ---- the fold ---- */

/* Counts the scan at its ticket's row, which keeps others out of the ticket until the end.
 * *ret_gone_at_ms: since when it is given back; 0: it is not. */
static int lock_ticket(const struct scan *scan, struct sql_txn *txn, int64_t *ret_gone_at_ms)
{
    const struct sql_value order = sql_id(scan->order_id), seat = sql_int(scan->seat);
    uint64_t changes = 0;
    int64_t scans = 0;
    *ret_gone_at_ms = 0;
    int err =
        sql_run(txn, "UPDATE door_ticket SET scans = scans + 1 WHERE order_id = ? AND seat = ?",
                SQL(order, seat), &changes);
    if (err == 0 && changes == 0)
        return sql_run_first(
            txn,
            "INSERT INTO door_ticket (order_id, seat, performance_id, inside, scans,"
            " gone_at_ms, gone_used) VALUES (?, ?, ?, 0, 1, 0, 0)",
            SQL(order, seat, sql_int(scan->performance_id)));
    if (err == 0)
        err = sql_ask_int(txn, "SELECT scans FROM door_ticket WHERE order_id = ? AND seat = ?",
                          SQL(order, seat), &scans);
    if (err == 0)
        err = sql_ask_int(txn,
                          "SELECT coalesce(gone_at_ms, 0) FROM door_ticket WHERE order_id = ?"
                          " AND seat = ?",
                          SQL(order, seat), ret_gone_at_ms);
    return err == 0 && scans > SCANS_TICKET_MAX ? ERR_FULL : err;
}

struct step {
    int64_t scan_id;
    enum scan_direction direction;
    enum scan_result result, folded;
    int64_t after, after_folded;
};

/* The scans of the ticket that were let through, by time. */
static int read_steps(const struct scan *scan, struct sql_txn *txn, struct step *steps_of,
                      size_t *ret_count)
{
    struct sql_rows *rows;
    size_t count = 0;
    int err = sql_query(txn,
                        "SELECT scan_id, direction, result, after_scan_id FROM scan"
                        " WHERE order_id = ? AND seat = ? AND answered = ?"
                        " ORDER BY at_ms, nonce LIMIT ?",
                        SQL(sql_id(scan->order_id), sql_int(scan->seat), sql_int(SCAN_OK),
                            sql_int(SCANS_TICKET_MAX)),
                        &rows);
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1)
        steps_of[count++] = (struct step){
            .scan_id = sql_get_int(rows, 0),
            .direction = (enum scan_direction)sql_get_int(rows, 1),
            .result = (enum scan_result)sql_get_int(rows, 2),
            .after = sql_get_int(rows, 3),
        };
    *ret_count = count;
    return err;
}

/* Folds, and keeps what that changes. *ret_inside: the scan that let it in last, 0: it is out. */
static int fold(const struct scan *scan, struct sql_txn *txn, struct step *steps_of, size_t count,
                int64_t *ret_inside)
{
    int64_t inside = 0;
    int err = 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct step *s = &steps_of[i];
        const bool in = s->direction == SCAN_IN;
        s->folded =
            in ? (inside ? SCAN_ALREADY_REDEEMED : SCAN_OK) : (inside ? SCAN_OK : SCAN_NOT_INSIDE);
        if (!counts(s->result)) /* what is wrong with the code stays wrong */
            s->folded = s->result;
        s->after_folded = in ? inside : 0;
        inside = in ? (inside ? inside : s->scan_id) : 0;
        if (s->folded != s->result || s->after_folded != s->after)
            err = sql_run(txn, "UPDATE scan SET result = ?, after_scan_id = ? WHERE scan_id = ?",
                          SQL(sql_int(s->folded), sql_int(s->after_folded), sql_int(s->scan_id)),
                          NULL);
    }
    *ret_inside = inside;
    return err == 0
               ? sql_run(txn, "UPDATE door_ticket SET inside = ? WHERE order_id = ? AND seat = ?",
                         SQL(sql_int(inside != 0), sql_id(scan->order_id), sql_int(scan->seat)),
                         NULL)
               : err;
}

/* Where the same scan came twice at once, the later one begins again and finds it. */
static int insert(const struct putting *job, struct sql_txn *txn, int64_t after)
{
    const struct scan *scan = job->scan;
    return sql_run_first(txn,
                         "INSERT INTO scan (performance_id, nonce, order_id, seat, gate, device,"
                         " direction, at_ms, answered, result, forced, after_scan_id)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         SQL(sql_int(scan->performance_id), sql_text(scan->nonce),
                             sql_id(scan->order_id), sql_int(scan->seat), sql_text(scan->gate),
                             sql_text(scan->device), sql_int(scan->direction), sql_int(scan->at_ms),
                             sql_int(job->answered), sql_int(job->result), sql_int(scan->forced),
                             sql_int(after)));
}

/* The gate asks: what the fold says up to now is the answer. */
static int judge(struct putting *job, struct sql_txn *txn, int64_t *ret_after)
{
    struct step steps_of[SCANS_TICKET_MAX];
    size_t count = 0;
    int64_t inside = 0;
    int err = read_steps(job->scan, txn, steps_of, &count);
    if (err == 0)
        err = fold(job->scan, txn, steps_of, count, &inside);
    const bool in = job->scan->direction == SCAN_IN;
    if (in && inside)
        job->answered = SCAN_ALREADY_REDEEMED;
    else if (!in && !inside)
        job->answered = SCAN_NOT_INSIDE;
    job->result = job->answered;
    *ret_after = in ? inside : 0;
    return err == 0 ? read_entry(txn, *ret_after, job->arena, &job->entry) : err;
}

/* What came of the new scan once all of the ticket's are folded. */
static int judge_folded(struct putting *job, struct sql_txn *txn, int64_t scan_id)
{
    struct step steps_of[SCANS_TICKET_MAX];
    size_t count = 0;
    int64_t inside = 0;
    int err = read_steps(job->scan, txn, steps_of, &count);
    if (err == 0)
        err = fold(job->scan, txn, steps_of, count, &inside);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (steps_of[i].scan_id != scan_id)
            continue;
        job->result = steps_of[i].folded;
        err = read_entry(txn, steps_of[i].after_folded, job->arena, &job->entry);
    }
    return err;
}

/* Who came in is told to those who want to know. */
static int note(const struct putting *job, struct sql_txn *txn)
{
    const struct scan *scan = job->scan;
    const struct hook_event event = {.type = HOOK_TICKET_CHECKED_IN,
                                     .at_ms = scan->at_ms,
                                     .performance_id = scan->performance_id,
                                     .order_id = scan->order_id,
                                     .seat = scan->seat};
    return scan->direction == SCAN_IN && job->answered == SCAN_OK ? hook_note(txn, &event) : 0;
}

static int put_one(struct putting *job, struct sql_txn *txn)
{
    int64_t after = 0, gone_at_ms = 0;
    int found = find_again(job, txn);
    if (found != 0)
        return found == 1 ? 0 : found;
    const bool of_ticket = !id_is_zero(job->scan->order_id) && counts(job->answered);
    int err = of_ticket ? lock_ticket(job->scan, txn, &gone_at_ms) : 0;
    if (gone_at_ms > 0 && job->scan->direction == SCAN_IN) {
        job->result = SCAN_CANCELED;
        if (job->judge == SCAN_JUDGE_NOW)
            job->answered = SCAN_CANCELED;
    } else if (err == 0 && of_ticket && job->judge == SCAN_JUDGE_NOW) {
        err = judge(job, txn, &after);
    }
    if (err == 0)
        err = insert(job, txn, after);
    if (err == 0 && of_ticket && job->answered == SCAN_OK)
        err = judge_folded(job, txn, sql_last_id(txn));
    return err == 0 && of_ticket ? note(job, txn) : err;
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct put_job *job = (const struct put_job *)base;
    for (size_t i = 0; i < job->count; i++) {
        struct scan_put *put = &job->puts[i];
        struct putting one = {
            .judge = job->judge,
            .scan = &put->scan,
            .arena = job->arena,
            .answered = put->scan.answered,
            .result = job->judge == SCAN_JUDGED ? put->scan.result : put->scan.answered,
        };
        put->err = put_one(&one, txn);
        if (put->err != 0 && put->err != ERR_EXISTS && put->err != ERR_FULL)
            return put->err;
        put->entry = one.entry;
        put->told = one.answered;
        put->folded = one.result;
    }
    return 0;
}

int scan_put(struct sql *sql, enum scan_judge judge_by, struct scan_put *puts, size_t count,
             struct arena *arena, int64_t deadline_ns)
{
    struct put_job job = {
        .job.run = run_put, .judge = judge_by, .puts = puts, .count = count, .arena = arena};
    for (size_t i = 0; i < count; i++) {
        const struct scan *scan = &puts[i].scan;
        if (scan->nonce.len == 0 || scan->nonce.len > SCAN_NONCE_MAX ||
            scan->gate.len > SCAN_NAME_MAX || scan->device.len > SCAN_NAME_MAX)
            return ERR_INVALID;
    }
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- tickets that are given back ---- */

/* What gone_used says: whether it had been let in, or that its ticket moved to another place. */
static int64_t gone_how(const struct scan_back *back)
{
    return back->moves ? SCAN_GONE_MOVED : back->even_used;
}

/* Locks the ticket's row, and says there that it is gone. */
static int mark_gone(struct sql_txn *txn, const struct scan_back *back, uint32_t seat)
{
    const struct sql_value order = sql_id(back->order_id), at = sql_int(back->at_ms);
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE door_ticket SET gone_at_ms = ?, gone_used = ?"
                      " WHERE order_id = ? AND seat = ?",
                      SQL(at, sql_int(gone_how(back)), order, sql_int(seat)), &changes);
    if (err == 0 && changes == 0)
        err = sql_run_first(
            txn,
            "INSERT INTO door_ticket (order_id, seat, performance_id, inside, scans,"
            " gone_at_ms, gone_used) VALUES (?, ?, ?, 0, 0, ?, ?)",
            SQL(order, sql_int(seat), sql_int(back->performance_id), at, sql_int(gone_how(back))));
    return err;
}

/* Money that goes back is for a place that its order gives up; a ticket that moves keeps its money.
 * Never both: whoever marked it first goes on, and its mark stays where nobody knows the outcome.
 */
static int check_way(struct sql_txn *txn, const struct scan_back *back, uint32_t seat)
{
    int64_t others = 0;
    int err =
        sql_ask_int(txn,
                    back->moves ? "SELECT count(*) FROM door_ticket WHERE order_id = ?"
                                  " AND seat = ? AND gone_at_ms > 0 AND gone_used <> ?"
                                : "SELECT count(*) FROM door_ticket WHERE order_id = ?"
                                  " AND seat = ? AND gone_at_ms > 0 AND gone_used = ?",
                    SQL(sql_id(back->order_id), sql_int(seat), sql_int(SCAN_GONE_MOVED)), &others);
    return err == 0 && others > 0 ? ERR_CONFLICT : err;
}

int scan_give_back(struct sql_txn *txn, const struct scan_back *back)
{
    int64_t used = 0;
    int err = 0;
    for (size_t i = 0; err == 0 && i < back->seat_count; i++) {
        err = check_way(txn, back, back->seats[i]);
        if (err == 0)
            err = mark_gone(txn, back, back->seats[i]);
        if (err == 0 && !back->even_used)
            err = sql_ask_int(txn,
                              "SELECT count(*) FROM scan WHERE order_id = ? AND seat = ?"
                              " AND direction = ? AND answered = ?",
                              SQL(sql_id(back->order_id), sql_int(back->seats[i]), sql_int(SCAN_IN),
                                  sql_int(SCAN_OK)),
                              &used);
        if (err == 0 && used > 0)
            err = ERR_LATE;
    }
    return err;
}

struct back_job {
    struct sql_job job;
    const struct scan_back *back;
};

static int run_back(struct sql_job *base, struct sql_txn *txn)
{
    return scan_give_back(txn, ((struct back_job *)base)->back);
}

int scan_back_put(struct sql *sql, const struct scan_back *back, int64_t deadline_ns)
{
    struct back_job job = {.job.run = run_back, .back = back};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_back_end(struct sql_job *base, struct sql_txn *txn)
{
    const struct scan_back *back = ((struct back_job *)base)->back;
    int err = 0;
    for (size_t i = 0; err == 0 && i < back->seat_count; i++)
        err = sql_run(txn,
                      "UPDATE door_ticket SET gone_at_ms = 0, gone_used = 0"
                      " WHERE order_id = ? AND seat = ? AND gone_at_ms = ?",
                      SQL(sql_id(back->order_id), sql_int(back->seats[i]), sql_int(back->at_ms)),
                      NULL);
    return err;
}

int scan_back_end(struct sql *sql, const struct scan_back *back, int64_t deadline_ns)
{
    struct back_job job = {.job.run = run_back_end, .back = back};
    return sql_write(sql, &job.job, deadline_ns);
}
