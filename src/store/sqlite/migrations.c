#include "store/sqlite/migrations.h"

#include "err/err.h"

const struct migration migrations[] = {
    {"catalogue", "CREATE TABLE hall ("
                  " hall_id INTEGER PRIMARY KEY,"
                  " name TEXT NOT NULL,"
                  " layout_hash BLOB NOT NULL,"
                  " place_count INTEGER NOT NULL,"
                  " section_count INTEGER NOT NULL,"
                  " layout BLOB NOT NULL,"
                  " UNIQUE (name, layout_hash));"
                  "CREATE TABLE event ("
                  " event_id INTEGER PRIMARY KEY,"
                  " name TEXT NOT NULL,"
                  " description TEXT NOT NULL,"
                  " created_at_ms INTEGER NOT NULL);"
                  "CREATE TABLE performance ("
                  " performance_id INTEGER PRIMARY KEY,"
                  " event_id INTEGER NOT NULL REFERENCES event,"
                  " hall_id INTEGER NOT NULL REFERENCES hall,"
                  " starts_at_ms INTEGER NOT NULL,"
                  " hold_ttl_ms INTEGER NOT NULL,"
                  " places_max INTEGER NOT NULL,"
                  " currency TEXT NOT NULL,"
                  " prices BLOB NOT NULL,"
                  " first_sale_state INTEGER NOT NULL,"
                  " sale_state INTEGER NOT NULL,"
                  " epoch INTEGER NOT NULL,"
                  " version INTEGER NOT NULL,"
                  " seq INTEGER NOT NULL,"
                  " head_hash BLOB NOT NULL);"},
    /* Rows of ledger and sold are found by their key alone, so the key is the table. Orders are
     * appended by number: with the random order_id as their key, a batch would touch a page an
     * order in three trees. */
    {"sale", "CREATE TABLE ledger ("
             " performance_id INTEGER NOT NULL,"
             " seq INTEGER NOT NULL,"
             " epoch INTEGER NOT NULL,"
             " version_before INTEGER NOT NULL,"
             " version INTEGER NOT NULL,"
             " at_ms INTEGER NOT NULL,"
             " prev_hash BLOB NOT NULL,"
             " hash BLOB NOT NULL,"
             " body BLOB NOT NULL,"
             " PRIMARY KEY (performance_id, seq)) WITHOUT ROWID;"
             "CREATE TABLE sold ("
             " performance_id INTEGER NOT NULL,"
             " seat INTEGER NOT NULL,"
             " order_no INTEGER NOT NULL REFERENCES orders,"
             " PRIMARY KEY (performance_id, seat)) WITHOUT ROWID;"
             "CREATE TABLE orders ("
             " order_no INTEGER PRIMARY KEY,"
             " order_id BLOB NOT NULL UNIQUE,"
             " account_id BLOB NOT NULL,"
             " hold_id BLOB NOT NULL,"
             " performance_id INTEGER NOT NULL,"
             " state INTEGER NOT NULL,"
             " payment_method INTEGER NOT NULL,"
             " placed_at_ms INTEGER NOT NULL,"
             " total INTEGER NOT NULL,"
             " seats BLOB NOT NULL);"
             "CREATE INDEX orders_account ON orders (account_id);"
             "CREATE INDEX orders_performance ON orders (performance_id);"
             "CREATE TABLE outbox ("
             " outbox_id INTEGER PRIMARY KEY AUTOINCREMENT,"
             " performance_id INTEGER NOT NULL,"
             " body BLOB NOT NULL);"},
    /* NULL: nobody has said. The genesis hash does not cover it, so what was sold before stays. */
    {"utc offset", "ALTER TABLE performance ADD COLUMN utc_offset_minutes INTEGER;"},
    {"organisers", "ALTER TABLE event ADD COLUMN organiser_id INTEGER NOT NULL DEFAULT 1;"},
    /* The genesis hash of a performance that covers_names covers what its tickets show, and its
     * rest_ms; of those from before it does not, and stays what it was. */
    {"rest", "ALTER TABLE performance ADD COLUMN covers_names INTEGER NOT NULL DEFAULT 0;"
             "ALTER TABLE performance ADD COLUMN rest_ms INTEGER NOT NULL DEFAULT 0;"},
    /* What is kept back may be so for months: loading reads it here, not in the ledger. */
    {"blocks", "CREATE TABLE blocked ("
               " performance_id INTEGER NOT NULL,"
               " seat INTEGER NOT NULL,"
               " block_id BLOB NOT NULL,"
               " account_id BLOB NOT NULL,"
               " until_ms INTEGER NOT NULL,"
               " reason TEXT NOT NULL,"
               " PRIMARY KEY (performance_id, seat)) WITHOUT ROWID;"},
    /* A list may be valid for months, and an order is shown with what it cost. */
    {"prices", "CREATE TABLE price_list ("
               " performance_id INTEGER NOT NULL,"
               " number INTEGER NOT NULL,"
               " begun INTEGER NOT NULL,"
               " list BLOB NOT NULL,"
               " PRIMARY KEY (performance_id, number)) WITHOUT ROWID;"
               "ALTER TABLE orders ADD COLUMN amounts BLOB NOT NULL DEFAULT x'';"},
    {"price plans", "CREATE TABLE price_plan ("
                    " performance_id INTEGER NOT NULL,"
                    " plan_id BLOB NOT NULL,"
                    " from_ms INTEGER NOT NULL,"
                    " list BLOB NOT NULL,"
                    " PRIMARY KEY (performance_id, plan_id)) WITHOUT ROWID;"},
    /* In the order of accounts alone, each order of a batch touched a page of its own: buyers come
     * in no order. In runs of 4,096 orders, a batch touches the pages of one run. */
    {"orders in runs", "DROP INDEX orders_account;"
                       "CREATE INDEX orders_account ON orders (order_no >> 12, account_id);"},
    /* The genesis hash of a performance that counts persons covers it; an order's person is empty,
     * or 16 bytes. */
    {"persons", "ALTER TABLE performance ADD COLUMN person_rule INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE orders ADD COLUMN person_id BLOB NOT NULL DEFAULT x'';"},
    /* Who waits may do so for months. */
    {"waiting list", "CREATE TABLE waiting ("
                     " performance_id INTEGER PRIMARY KEY,"
                     " offer_ms INTEGER NOT NULL);"
                     "CREATE TABLE wish ("
                     " performance_id INTEGER NOT NULL,"
                     " wish_id BLOB NOT NULL,"
                     " position INTEGER NOT NULL,"
                     " account_id BLOB NOT NULL,"
                     " person_id BLOB NOT NULL,"
                     " category INTEGER NOT NULL,"
                     " section INTEGER NOT NULL,"
                     " party INTEGER NOT NULL,"
                     " fewest INTEGER NOT NULL,"
                     " lapses INTEGER NOT NULL,"
                     " PRIMARY KEY (performance_id, wish_id)) WITHOUT ROWID;"
                     "CREATE INDEX wish_account ON wish (account_id);"},
    {"wheelchairs of wishes",
     "ALTER TABLE wish ADD COLUMN wheelchairs INTEGER NOT NULL DEFAULT 0;"},
};
const size_t migration_count = sizeof(migrations) / sizeof(migrations[0]);

/* The one number that a query gives. */
static int ask(struct sqlite_conn *conn, const char *text, int64_t *ret_value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(sqlite_handle(conn), text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : sqlite_code(code) < 0 ? sqlite_code(code) : ERR_IO;
}

/* How many steps have been done: 0 for an empty file. */
static int count_done(struct sqlite_conn *conn, size_t *ret_done)
{
    int64_t tables = 0, known = 0, steps = 0, first = 0, last = 0;
    int rc = ask(conn, "SELECT count(*) FROM sqlite_schema", &tables);
    if (rc == 0)
        rc = ask(conn, "SELECT count(*) FROM sqlite_schema WHERE name = 'migration'", &known);
    if (rc < 0)
        return rc;
    if (known == 0) {
        *ret_done = 0;
        return tables == 0 ? 0 : ERR_CORRUPT;
    }
    rc = ask(conn, "SELECT count(*) FROM migration", &steps);
    if (rc == 0)
        rc = ask(conn, "SELECT coalesce(max(number), 0) FROM migration", &last);
    if (rc == 0)
        rc = ask(conn, "SELECT coalesce(min(number), 1) FROM migration", &first);
    if (rc < 0)
        return rc;
    if (steps != last || first != 1)
        return ERR_CORRUPT;
    *ret_done = (size_t)last;
    return 0;
}

static int run_step(struct sqlite_conn *conn, size_t number, int64_t now_ms)
{
    const struct migration *step = &migrations[number - 1];
    int rc = sqlite_exec(conn, step->text);
    if (rc < 0)
        return rc;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(
        sqlite_handle(conn),
        "INSERT INTO migration (number, name, applied_at_ms) VALUES (?1, ?2, ?3)", -1, &statement,
        NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, (int64_t)number);
        sqlite3_bind_text(statement, 2, step->name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 3, now_ms);
        code = sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    return sqlite_code(code);
}

int migrations_run(struct sqlite_conn *conn, size_t last, int64_t now_ms)
{
    size_t done = 0;
    assert(last <= migration_count);
    int rc = count_done(conn, &done);
    if (rc < 0)
        return rc;
    if (done > migration_count)
        return ERR_UNSUPPORTED;
    if (done == 0)
        rc = sqlite_exec(conn, "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY,"
                               " name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL)");
    while (rc == 0 && done < last)
        rc = run_step(conn, ++done, now_ms);
    return rc;
}

bool migrations_begun(struct sqlite_conn *conn)
{
    size_t done = 0;
    return count_done(conn, &done) != 0 || done > 0;
}

int migrations_check(struct sqlite_conn *conn)
{
    size_t done = 0;
    int rc = count_done(conn, &done);
    if (rc < 0)
        return rc;
    if (done == 0)
        return ERR_NOT_FOUND;
    return done == migration_count ? 0 : ERR_UNSUPPORTED;
}
