#include "store/contacts.h"

#include "clock/clock.h"
#include "err/err.h"
#include "sale/order_number.h"

static const struct sql_step steps[] = {
    {"contact",
     "CREATE TABLE contact (order_id {bytes} NOT NULL, account_id {bytes} NOT NULL,"
     " name {text} NOT NULL, email {text} NOT NULL, phone {text} NOT NULL, language {text} NOT "
     "NULL,"
     " created_at_ms {int} NOT NULL, ordered {bool} NOT NULL, PRIMARY KEY (order_id, account_id));"
     "CREATE INDEX contact_email ON contact (email);"
     "CREATE INDEX contact_waiting ON contact (ordered, created_at_ms)"},
    /* Contacts from before get theirs once the tables are there. */
    {"number", "ALTER TABLE contact ADD COLUMN number {text};"
               "CREATE INDEX contact_number ON contact (number)"},
    {"account", "CREATE INDEX contact_account ON contact (account_id)"},
    {"wishes",
     "CREATE TABLE wish_contact (performance_id {int} NOT NULL, account_id {bytes} NOT NULL,"
     " email {text} NOT NULL, language {text} NOT NULL, until_ms {int} NOT NULL,"
     " PRIMARY KEY (performance_id, account_id));"
     "CREATE INDEX wish_contact_email ON wish_contact (email);"
     "CREATE INDEX wish_contact_until ON wish_contact (until_ms)"},
    /* order_notes.h */
    {"notes",
     "CREATE TABLE order_note (order_id {bytes} NOT NULL, number {int} NOT NULL,"
     " account_id {bytes} NOT NULL, author_id {bytes} NOT NULL, nonce {text} NOT NULL,"
     " created_at_ms {int} NOT NULL, note {long} NOT NULL, PRIMARY KEY (order_id, number));"
     "CREATE UNIQUE INDEX order_note_nonce ON order_note (order_id, nonce);"
     "CREATE INDEX order_note_account ON order_note (account_id)"},
};

#define NUMBERED_AT_ONCE 500

struct number_job {
    struct sql_job job;
    struct id orders[NUMBERED_AT_ONCE];
    size_t count;
};

/* Contacts that are known by a number of an earlier form ("7K2MQ-9XF3A"), or by none. */
static int read_unnumbered(struct sql_txn *txn, struct number_job *job)
{
    struct sql_rows *rows;
    int got = 0;
    int err = sql_query(txn,
                        "SELECT order_id FROM contact WHERE number IS NULL OR number LIKE"
                        " '%-%' LIMIT 500",
                        NULL, 0, &rows);
    if (err != 0)
        return err;
    while (err == 0 && (got = sql_next(rows)) == 1)
        err = job->count == NUMBERED_AT_ONCE ? ERR_CORRUPT
                                             : sql_get_id(rows, 0, &job->orders[job->count++]);
    if (err != 0)
        sql_done(rows);
    return err != 0 ? err : got;
}

static int run_number(struct sql_job *base, struct sql_txn *txn)
{
    struct number_job *job = (struct number_job *)base;
    char number[ORDER_NUMBER_CHARS + 1];
    job->count = 0;
    int err = read_unnumbered(txn, job);
    for (size_t i = 0; err == 0 && i < job->count; i++) {
        order_number_write(job->orders[i], number);
        err = sql_run(txn, "UPDATE contact SET number = ? WHERE order_id = ?",
                      SQL(sql_text(view_str(number)), sql_id(job->orders[i])), NULL);
    }
    return err;
}

int contacts_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    struct number_job job = {.job.run = run_number, .count = NUMBERED_AT_ONCE};
    int err =
        sql_migrate(sql, "contacts", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
    while (err == 0 && !read_only && !sql_is_a_pattern(sql) && job.count == NUMBERED_AT_ONCE)
        err = sql_write(sql, &job.job, DEADLINE_NEVER);
    return err;
}

struct put_job {
    struct sql_job job;
    const struct contact *contact;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct contact *c = ((struct put_job *)base)->contact;
    const struct sql_value order = sql_id(c->order_id), account = sql_id(c->account_id);
    char number[ORDER_NUMBER_CHARS + 1];
    int64_t ordered = 0;
    order_number_write(c->order_id, number);
    int err = sql_ask_int(txn, "SELECT ordered FROM contact WHERE order_id = ? AND account_id = ?",
                          SQL(order, account), &ordered);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM contact WHERE order_id = ? AND account_id = ?",
                      SQL(order, account), NULL);
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    return sql_run(txn,
                   "INSERT INTO contact (order_id, account_id, name, email, phone, language,"
                   " created_at_ms, ordered, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   SQL(order, account, sql_text(c->name), sql_text(c->email), sql_text(c->phone),
                       sql_text(c->language), sql_int(c->created_at_ms), sql_int(ordered),
                       sql_text(view_str(number))),
                   NULL);
}

int contact_put(struct sql *sql, const struct contact *contact, int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put, .contact = contact};
    if (contact->name.len > CONTACT_NAME_MAX || contact->email.len > CONTACT_EMAIL_MAX ||
        contact->phone.len > CONTACT_PHONE_MAX || contact->language.len > 2)
        return ERR_INVALID;
    return sql_write(sql, &job.job, deadline_ns);
}

int contact_read(struct sql_txn *txn, struct id order_id, struct id account_id, struct arena *arena,
                 struct contact *ret_contact)
{
    struct contact c = {.order_id = order_id, .account_id = account_id};
    struct view *const texts[] = {&c.name, &c.email, &c.phone, &c.language};
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT name, email, phone, language, created_at_ms, ordered FROM contact"
                        " WHERE order_id = ? AND account_id = ?",
                        SQL(sql_id(order_id), sql_id(account_id)), &rows);
    if (err < 0)
        return err;
    int found = sql_next(rows);
    if (found != 1)
        return found == 0 ? ERR_NOT_FOUND : found;
    for (int i = 0; err == 0 && i < 4; i++)
        err = sql_get_copy(rows, i, arena, texts[i]);
    c.created_at_ms = sql_get_int(rows, 4);
    c.ordered = sql_get_int(rows, 5) != 0;
    sql_done(rows);
    if (err == 0)
        *ret_contact = c;
    return err;
}

int contact_any(struct sql_txn *txn)
{
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT 1 FROM contact LIMIT 1", NULL, 0, &rows);
    if (err < 0)
        return err;
    const int found = sql_next(rows);
    if (found == 1)
        sql_done(rows);
    return found;
}

struct get_job {
    struct sql_job job;
    struct id order_id, account_id;
    struct arena *arena;
    struct contact contact;
};

static int run_get(struct sql_job *base, struct sql_txn *txn)
{
    struct get_job *job = (struct get_job *)base;
    return contact_read(txn, job->order_id, job->account_id, job->arena, &job->contact);
}

int contact_get(struct sql *sql, struct id order_id, struct id account_id, struct arena *arena,
                struct contact *ret_contact, int64_t deadline_ns)
{
    struct get_job job = {
        .job.run = run_get, .order_id = order_id, .account_id = account_id, .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_contact = job.contact;
    return err;
}

struct edit_job {
    struct sql_job job;
    const struct contact_edit *edit;
    struct arena *arena;
    struct contact contact;
};

static int run_edit(struct sql_job *base, struct sql_txn *txn)
{
    struct edit_job *job = (struct edit_job *)base;
    const struct contact_edit *e = job->edit;
    struct contact *c = &job->contact;
    int err = contact_read(txn, e->order_id, e->account_id, job->arena, c);
    if (err != 0)
        return err;
    const struct view name = e->name ? *e->name : c->name, phone = e->phone ? *e->phone : c->phone;
    if (view_eq(name, c->name) && view_eq(phone, c->phone))
        return 0;
    c->name = name;
    c->phone = phone;
    err = sql_run(
        txn, "UPDATE contact SET name = ?, phone = ? WHERE order_id = ? AND account_id = ?",
        SQL(sql_text(name), sql_text(phone), sql_id(e->order_id), sql_id(e->account_id)), NULL);
    return err == 0 ? act_add(txn, e->act) : err;
}

int contact_edit(struct sql *sql, const struct contact_edit *edit, struct arena *arena,
                 struct contact *ret_contact, int64_t deadline_ns)
{
    struct edit_job job = {.job.run = run_edit, .edit = edit, .arena = arena};
    if ((edit->name && edit->name->len > CONTACT_NAME_MAX) ||
        (edit->phone && edit->phone->len > CONTACT_PHONE_MAX))
        return ERR_INVALID;
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_contact = job.contact;
    return err;
}

int contact_order(struct sql_txn *txn, struct id order_id, struct id account_id)
{
    return sql_run(txn, "UPDATE contact SET ordered = 1 WHERE order_id = ? AND account_id = ?",
                   SQL(sql_id(order_id), sql_id(account_id)), NULL);
}

int contact_sweep(struct sql_txn *txn, int64_t now_ms)
{
    const int err = sql_run(txn, "DELETE FROM contact WHERE ordered = 0 AND created_at_ms < ?",
                            SQL(sql_int(now_ms - CONTACT_KEEP_MS)), NULL);
    return err ? err
               : sql_run(txn, "DELETE FROM wish_contact WHERE until_ms < ?", SQL(sql_int(now_ms)),
                         NULL);
}

/* ---- who waits ---- */

struct wish_job {
    struct sql_job job;
    uint32_t performance_id;
    const struct contact *contact; /* NULL: it is forgotten */
    struct id account_id;
    int64_t until_ms;
};

static int run_wish(struct sql_job *base, struct sql_txn *txn)
{
    const struct wish_job *job = (const struct wish_job *)base;
    const struct sql_value performance = sql_int(job->performance_id);
    const struct contact *c = job->contact;
    int64_t others = 0;
    int err = sql_run(txn, "DELETE FROM wish_contact WHERE performance_id = ? AND account_id = ?",
                      SQL(performance, sql_id(job->account_id)), NULL);
    if (err != 0 || !c)
        return err;
    err = sql_ask_int(txn, "SELECT count(*) FROM wish_contact WHERE email = ?",
                      SQL(sql_text(c->email)), &others);
    if (err == 0 && others >= CONTACT_WISHES_MAX)
        err = ERR_FULL;
    return err ? err
               : sql_run(txn,
                         "INSERT INTO wish_contact (performance_id, account_id, email, language,"
                         " until_ms) VALUES (?, ?, ?, ?, ?)",
                         SQL(performance, sql_id(c->account_id), sql_text(c->email),
                             sql_text(c->language), sql_int(job->until_ms)),
                         NULL);
}

int contact_put_wish(struct sql *sql, uint32_t performance_id, const struct contact *contact,
                     int64_t until_ms, int64_t deadline_ns)
{
    struct wish_job job = {.job.run = run_wish,
                           .performance_id = performance_id,
                           .contact = contact,
                           .account_id = contact->account_id,
                           .until_ms = until_ms};
    if (contact->email.len > CONTACT_EMAIL_MAX || contact->language.len > 2)
        return ERR_INVALID;
    return sql_write(sql, &job.job, deadline_ns);
}

int contact_forget_wish(struct sql *sql, uint32_t performance_id, struct id account_id,
                        int64_t deadline_ns)
{
    struct wish_job job = {
        .job.run = run_wish, .performance_id = performance_id, .account_id = account_id};
    return sql_write(sql, &job.job, deadline_ns);
}

int contact_read_wish(struct sql_txn *txn, uint32_t performance_id, struct id account_id,
                      struct arena *arena, struct contact *ret_contact)
{
    struct contact c = {.account_id = account_id};
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT email, language FROM wish_contact"
                        " WHERE performance_id = ? AND account_id = ?",
                        SQL(sql_int(performance_id), sql_id(account_id)), &rows);
    if (err < 0)
        return err;
    const int found = sql_next(rows);
    if (found != 1)
        return found == 0 ? ERR_NOT_FOUND : found;
    err = sql_get_copy(rows, 0, arena, &c.email);
    if (err == 0)
        err = sql_get_copy(rows, 1, arena, &c.language);
    sql_done(rows);
    if (err == 0)
        *ret_contact = c;
    return err;
}

/* ---- finding ---- */

static int read_found(struct sql_rows *rows, struct arena *arena, struct contact *c)
{
    struct view *const texts[] = {&c->name, &c->email, &c->phone, &c->language};
    *c = (struct contact){.created_at_ms = sql_get_int(rows, 6), .ordered = sql_get_int(rows, 7)};
    int err = sql_get_id(rows, 0, &c->order_id);
    if (err == 0)
        err = sql_get_id(rows, 1, &c->account_id);
    for (int i = 0; err == 0 && i < 4; i++)
        err = sql_get_copy(rows, 2 + i, arena, texts[i]);
    return err;
}

/* The rows of an answer, which is closed, into found. */
static int take_found(struct sql_rows *rows, size_t max, struct arena *arena, struct contact *found,
                      struct contact **ret_contacts, size_t *ret_count)
{
    size_t count = 0;
    int err = 0;
    while (count < max && (err = sql_next(rows)) == 1) {
        err = read_found(rows, arena, &found[count]);
        if (err != 0)
            break;
        count++;
    }
    if (err < 0 || count == max)
        sql_done(rows);
    *ret_contacts = found;
    *ret_count = count;
    return err < 0 ? err : 0;
}

int contact_find(struct sql_txn *txn, struct view number, struct view email, bool ordered,
                 size_t max, struct arena *arena, struct contact **ret_contacts, size_t *ret_count)
{
    struct sql_rows *rows;
    struct contact *found = arena_alloc(arena, max * sizeof(*found));
    if (!found || (number.len == 0 && email.len == 0))
        return found ? ERR_INVALID : ERR_NO_MEMORY;
    int err =
        number.len > 0
            ? sql_query(txn,
                        "SELECT order_id, account_id, name, email, phone, language, created_at_ms,"
                        " ordered"
                        " FROM contact WHERE number = ? AND (email = ? OR ? = '') AND ordered = ?"
                        " ORDER BY created_at_ms DESC LIMIT ?",
                        SQL(sql_text(number), sql_text(email), sql_text(email), sql_int(ordered),
                            sql_int((int64_t)max)),
                        &rows)
            : sql_query(txn,
                        "SELECT order_id, account_id, name, email, phone, language, created_at_ms,"
                        " ordered"
                        " FROM contact WHERE email = ? AND ordered = ?"
                        " ORDER BY created_at_ms DESC LIMIT ?",
                        SQL(sql_text(email), sql_int(ordered), sql_int((int64_t)max)), &rows);
    return err == 0 ? take_found(rows, max, arena, found, ret_contacts, ret_count) : err;
}

struct of_job {
    struct sql_job job;
    struct id account_id;
    size_t max;
    struct arena *arena;
    struct contact *contacts;
    size_t count;
};

static int run_of(struct sql_job *base, struct sql_txn *txn)
{
    struct of_job *job = (struct of_job *)base;
    struct contact *found = arena_alloc(job->arena, job->max * sizeof(*found));
    struct sql_rows *rows;
    if (!found)
        return ERR_NO_MEMORY;
    int err = sql_query(txn,
                        "SELECT order_id, account_id, name, email, phone, language, created_at_ms,"
                        " ordered"
                        " FROM contact WHERE account_id = ? AND ordered = 1"
                        " ORDER BY created_at_ms DESC LIMIT ?",
                        SQL(sql_id(job->account_id), sql_int((int64_t)job->max)), &rows);
    return err == 0 ? take_found(rows, job->max, job->arena, found, &job->contacts, &job->count)
                    : err;
}

int contacts_of(struct sql *sql, struct id account_id, size_t max, struct arena *arena,
                struct contact **ret_contacts, size_t *ret_count, int64_t deadline_ns)
{
    struct of_job job = {.job.run = run_of, .account_id = account_id, .max = max, .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_contacts = job.contacts;
        *ret_count = job.count;
    }
    return err;
}

struct find_job {
    struct sql_job job;
    struct view number, email;
    bool ordered;
    size_t max;
    struct arena *arena;
    struct contact *contacts;
    size_t count;
};

static int run_find(struct sql_job *base, struct sql_txn *txn)
{
    struct find_job *job = (struct find_job *)base;
    return contact_find(txn, job->number, job->email, job->ordered, job->max, job->arena,
                        &job->contacts, &job->count);
}

int contacts_search(struct sql *sql, struct view number, struct view email, bool ordered,
                    size_t max, struct arena *arena, struct contact **ret_contacts,
                    size_t *ret_count, int64_t deadline_ns)
{
    struct find_job job = {.job.run = run_find,
                           .number = number,
                           .email = email,
                           .ordered = ordered,
                           .max = max,
                           .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_contacts = job.contacts;
        *ret_count = job.count;
    }
    return err;
}
