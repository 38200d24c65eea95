#include "store/devices.h"

#include "err/err.h"

#define COLUMNS                                                                                    \
    "d.device_id, d.organiser_id, d.serial, d.name, d.gate, d.token_id, d.created_at_ms,"          \
    " d.initialized_at_ms, d.revoked, d.hardware_brand, d.hardware_model, d.os_name,"              \
    " d.os_version, d.software_brand, d.software_version, o.name"
#define FROM " FROM device d JOIN organiser o ON o.organiser_id = d.organiser_id"

struct device_job {
    struct sql_job job;
    struct device *device; /* what is found, or is to be added */
    struct view setup_hash;
    struct id token_id;
    uint32_t organiser_id, device_id;
    const struct device_change *change;
    const struct act *act;
    struct act *own_act; /* whose about is the device's name */
    struct arena *arena;
    size_t count; /* of a list */
};

/* ---- reading ---- */

static int read_row(struct sql_rows *rows, struct arena *arena, struct device *d)
{
    struct view *const texts[] = {&d->about.hardware_brand, &d->about.hardware_model,
                                  &d->about.os_name,        &d->about.os_version,
                                  &d->about.software_brand, &d->about.software_version,
                                  &d->organiser_name};
    *d = (struct device){.device_id = (uint32_t)sql_get_int(rows, 0),
                         .organiser_id = (uint32_t)sql_get_int(rows, 1),
                         .created_at_ms = sql_get_int(rows, 6),
                         .initialized_at_ms = sql_get_int(rows, 7),
                         .revoked = sql_get_int(rows, 8) != 0};
    int err = sql_get_id(rows, 2, &d->serial);
    if (err == 0)
        err = sql_get_copy(rows, 3, arena, &d->name);
    if (err == 0)
        err = sql_get_copy(rows, 4, arena, &d->gate);
    if (err == 0)
        err = sql_get_id(rows, 5, &d->token_id);
    for (size_t i = 0; err == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
        err = sql_get_copy(rows, 9 + (int)i, arena, texts[i]);
    return err;
}

/* ERR_NOT_FOUND: the query has no row. */
static int read_one(struct sql_txn *txn, const char *text, const struct sql_value *values,
                    size_t count, struct device_job *job)
{
    struct sql_rows *rows;
    int err = sql_query(txn, text, values, count, &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err != 1)
        return err < 0 ? err : ERR_NOT_FOUND;
    err = read_row(rows, job->arena, job->device);
    sql_done(rows);
    return err;
}

static int read_of_token(struct sql_txn *txn, struct device_job *job)
{
    return read_one(txn, "SELECT " COLUMNS FROM " WHERE d.token_id = ?", SQL(sql_id(job->token_id)),
                    job);
}

static int run_of_token(struct sql_job *base, struct sql_txn *txn)
{
    return read_of_token(txn, (struct device_job *)base);
}

int device_of_token(struct sql *sql, struct id token_id, struct arena *arena,
                    struct device *ret_device, int64_t deadline_ns)
{
    struct device_job job = {
        .job.run = run_of_token, .device = ret_device, .token_id = token_id, .arena = arena};
    return id_is_zero(token_id) ? ERR_NOT_FOUND : sql_read(sql, &job.job, deadline_ns);
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct device_job *job = (struct device_job *)base;
    struct sql_rows *rows;
    int err = sql_query(
        txn, "SELECT " COLUMNS FROM " WHERE d.organiser_id = ? ORDER BY d.device_id DESC LIMIT ?",
        SQL(sql_int(job->organiser_id), sql_int(DEVICES_MAX)), &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = read_row(rows, job->arena, &job->device[job->count++]);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

int device_list(struct sql *sql, uint32_t organiser_id, struct arena *arena,
                struct device **ret_devices, size_t *ret_count, int64_t deadline_ns)
{
    struct device_job job = {.job.run = run_list,
                             .device = arena_alloc(arena, DEVICES_MAX * sizeof(struct device)),
                             .organiser_id = organiser_id,
                             .arena = arena};
    int err = job.device ? sql_read(sql, &job.job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_devices = job.device;
        *ret_count = job.count;
    }
    return err;
}

/* ---- adding ---- */

static int run_add(struct sql_job *base, struct sql_txn *txn)
{
    struct device_job *job = (struct device_job *)base;
    struct device *d = job->device;
    const struct sql_value organiser = sql_int(d->organiser_id), empty = sql_text(VIEW_LIT(""));
    int64_t known, live;
    int err = sql_ask_int(txn, "SELECT count(*) FROM organiser WHERE organiser_id = ?",
                          SQL(organiser), &known);
    if (err == 0 && known == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM device WHERE organiser_id = ? AND revoked = 0",
                          SQL(organiser), &live);
    if (err == 0 && live >= DEVICES_MAX)
        err = ERR_FULL;
    if (err == 0)
        err = sql_run(txn,
                      "INSERT INTO device (organiser_id, serial, name, gate, setup_hash, token_id,"
                      " created_at_ms, initialized_at_ms, revoked, hardware_brand, hardware_model,"
                      " os_name, os_version, software_brand, software_version)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?)",
                      SQL(organiser, sql_id(d->serial), sql_text(d->name), sql_text(d->gate),
                          sql_bytes(job->setup_hash), sql_id((struct id){0}),
                          sql_int(d->created_at_ms), empty, empty, empty, empty, empty, empty),
                      NULL);
    if (err != 0)
        return err;
    d->device_id = (uint32_t)sql_last_id(txn);
    return act_add(txn, job->act);
}

int device_add(struct sql *sql, struct device *device, const uint8_t setup_hash[SHA256_BYTES],
               const struct act *act, int64_t deadline_ns)
{
    struct device_job job = {.job.run = run_add,
                             .device = device,
                             .setup_hash = view_of((const char *)setup_hash, SHA256_BYTES),
                             .act = act};
    assert(device->name.len <= API_TOKEN_NAME_MAX && device->gate.len <= API_TOKEN_NAME_MAX);
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- changing ---- */

static int put_about(struct sql_txn *txn, struct device *d, const struct device_about *about)
{
    d->about = *about;
    return sql_run(txn,
                   "UPDATE device SET hardware_brand = ?, hardware_model = ?, os_name = ?,"
                   " os_version = ?, software_brand = ?, software_version = ? WHERE device_id = ?",
                   SQL(sql_text(about->hardware_brand), sql_text(about->hardware_model),
                       sql_text(about->os_name), sql_text(about->os_version),
                       sql_text(about->software_brand), sql_text(about->software_version),
                       sql_int(d->device_id)),
                   NULL);
}

/* The device's token ends; another stands in its place. */
static int put_token(struct sql_txn *txn, struct device *d, struct api_token *token)
{
    int err =
        sql_run(txn, "DELETE FROM api_token WHERE token_id = ?", SQL(sql_id(d->token_id)), NULL);
    d->token_id = token->token_id;
    token->organiser_id = d->organiser_id;
    token->name = d->name;
    if (err == 0)
        err = api_token_add(txn, token);
    return err == 0 ? sql_run(txn, "UPDATE device SET token_id = ? WHERE device_id = ?",
                              SQL(sql_id(d->token_id), sql_int(d->device_id)), NULL)
                    : err;
}

/* Its token stays, without a role, so that the device can be told why. */
static int put_revoked(struct sql_txn *txn, struct device *d)
{
    int err = sql_run(txn, "UPDATE api_token SET roles = 0 WHERE token_id = ?",
                      SQL(sql_id(d->token_id)), NULL);
    d->revoked = true;
    return err == 0 ? sql_run(txn, "UPDATE device SET revoked = 1 WHERE device_id = ?",
                              SQL(sql_int(d->device_id)), NULL)
                    : err;
}

static int say(struct sql_txn *txn, const struct device_job *job)
{
    job->own_act->about = job->device->name;
    return act_add(txn, job->own_act);
}

static int run_set_up(struct sql_job *base, struct sql_txn *txn)
{
    struct device_job *job = (struct device_job *)base;
    struct device *d = job->device;
    int err = read_one(txn, "SELECT " COLUMNS FROM " WHERE d.setup_hash = ?",
                       SQL(sql_bytes(job->setup_hash)), job);
    if (err == 0 && (d->initialized_at_ms != 0 || d->revoked))
        err = d->initialized_at_ms != 0 ? ERR_EXISTS : ERR_DENIED;
    if (err == 0)
        err = put_token(txn, d, job->change->token);
    if (err == 0)
        err = put_about(txn, d, job->change->about);
    if (err != 0)
        return err;
    d->initialized_at_ms = job->change->token->created_at_ms;
    err = sql_run(txn, "UPDATE device SET initialized_at_ms = ? WHERE device_id = ?",
                  SQL(sql_int(d->initialized_at_ms), sql_int(d->device_id)), NULL);
    return err == 0 ? say(txn, job) : err;
}

int device_set_up(struct sql *sql, const uint8_t setup_hash[SHA256_BYTES], struct api_token *token,
                  const struct device_about *about, struct act *act, struct arena *arena,
                  struct device *ret_device, int64_t deadline_ns)
{
    const struct device_change change = {.about = about, .token = token};
    struct device_job job = {.job.run = run_set_up,
                             .device = ret_device,
                             .setup_hash = view_of((const char *)setup_hash, SHA256_BYTES),
                             .change = &change,
                             .own_act = act,
                             .arena = arena};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_change(struct sql_job *base, struct sql_txn *txn)
{
    struct device_job *job = (struct device_job *)base;
    const struct device_change *change = job->change;
    int err = read_of_token(txn, job);
    if (err == 0 && change->about)
        err = put_about(txn, job->device, change->about);
    if (err == 0 && change->token)
        err = put_token(txn, job->device, change->token);
    if (err == 0 && change->revoke)
        err = put_revoked(txn, job->device);
    return err == 0 ? say(txn, job) : err;
}

int device_change(struct sql *sql, struct id token_id, const struct device_change *change,
                  struct act *act, struct arena *arena, struct device *ret_device,
                  int64_t deadline_ns)
{
    struct device_job job = {.job.run = run_change,
                             .device = ret_device,
                             .token_id = token_id,
                             .change = change,
                             .own_act = act,
                             .arena = arena};
    return id_is_zero(token_id) ? ERR_NOT_FOUND : sql_write(sql, &job.job, deadline_ns);
}

static int run_revoke(struct sql_job *base, struct sql_txn *txn)
{
    struct device_job *job = (struct device_job *)base;
    int err = read_one(txn,
                       "SELECT " COLUMNS FROM
                       " WHERE d.device_id = ? AND d.organiser_id = ? AND d.revoked = 0",
                       SQL(sql_int(job->device_id), sql_int(job->organiser_id)), job);
    if (err == 0)
        err = put_revoked(txn, job->device);
    return err == 0 ? act_add(txn, job->act) : err;
}

int device_revoke(struct sql *sql, uint32_t organiser_id, uint32_t device_id, const struct act *act,
                  struct arena *arena, struct device *ret_device, int64_t deadline_ns)
{
    struct device_job job = {.job.run = run_revoke,
                             .device = ret_device,
                             .organiser_id = organiser_id,
                             .device_id = device_id,
                             .act = act,
                             .arena = arena};
    return sql_write(sql, &job.job, deadline_ns);
}
