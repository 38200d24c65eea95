#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/faulty_test.h"
#include "db/mariadb.h"
#include "store/sqlite/body.h"
#include "store/sqlite/migrations.h"
#include "store/wrap/fault.h"

static const char *body;

/* A database of its own for each test, named like its folder, on the server that tests/servers/with
 * has started. */
static void database_exec(struct fixture *f, const char *verb)
{
    char why[MARIADB_WHY_MAX], text[128];
    struct mariadb *mariadb;
    struct mariadb_conn *conn;
    const int len = snprintf(text, sizeof(text), "%s `%s`", verb, strrchr(f->dir, '/') + 1);
    assert_int_equal(mariadb_new(getenv("USHER_TEST_MARIADB"), why, &mariadb), 0);
    assert_int_equal(mariadb_take(mariadb, DEADLINE_NEVER, &conn), 0);
    assert_int_equal(mariadb_exec(conn, view_of(text, (size_t)len), NULL), 0);
    mariadb_give(conn);
    mariadb_free(mariadb);
}

static void open_mariadb(struct fixture *f)
{
    const char *server = getenv("USHER_TEST_MARIADB");
    const char *path = strstr(server, "/usher?"); /* of its own database */
    char url[512], why[STORE_WHY_MAX];
    assert_non_null(path);
    assert_true(snprintf(url, sizeof(url), "%.*s/%s%s", (int)(path - server), server,
                         strrchr(f->dir, '/') + 1, strchr(path, '?')) < (int)sizeof(url));
    if (store_mariadb_open(url, false, why, &f->store) != 0)
        fail_msg("%s", why);
}

/* ---- a body in which every statement and every allocation fails once first ---- */

static void free_faulty(struct store *store)
{
    sql_free(store->sql);
    free(store);
}

static int nothing_to_say(struct store *store, struct arena *arena, struct view **ret_texts,
                          size_t *ret_count, int64_t deadline_ns)
{
    *ret_texts = NULL;
    *ret_count = 0;
    return 0;
}

static void open_faulty(struct fixture *f)
{
    static struct tables_kind kind;
    struct sql_step steps[16];
    struct store *store = calloc(1, sizeof(*store));
    assert_non_null(store);
    assert_true(migration_count <= sizeof(steps) / sizeof(steps[0]));
    for (size_t i = 0; i < migration_count; i++)
        steps[i] = (struct sql_step){.name = migrations[i].name, .text = migrations[i].text};
    kind = sqlite_kind;
    kind.ops.name = "faulty";
    kind.ops.free = free_faulty;
    kind.self_check = nothing_to_say; /* it looks into a file */
    store->ops = &kind.ops;
    assert_int_equal(sql_faulty_new(&f->arena, &store->sql), 0);
    assert_int_equal(sql_migrate(store->sql, "sale", steps, migration_count, false, 1), 0);
    f->store = store;
}

static void open_store(struct fixture *f)
{
    if (strcmp(f->body, "sqlite") == 0) {
        assert_int_equal(store_sqlite_open(f->dir, false, &f->store), 0);
    } else if (strcmp(f->body, "mariadb") == 0) {
        open_mariadb(f);
    } else if (strcmp(f->body, "faulty") == 0) {
        open_faulty(f);
    } else if (strcmp(f->body, "fault") == 0) {
        assert_int_equal(store_mem_new(&f->inner), 0);
        assert_int_equal(store_fault_new(f->inner, NULL, &f->store), 0);
    } else {
        assert_int_equal(store_mem_new(&f->store), 0);
    }
    assert_string_equal(f->store->ops->name, f->body);
}

int fixture_set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->body = body;
    arena_init(&f->arena, 256u << 20);
    const char *tmp = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    assert_true(snprintf(f->dir, sizeof(f->dir), "%s/usher-store-XXXXXX", tmp) <
                (int)sizeof(f->dir));
    assert_non_null(mkdtemp(f->dir));
    if (strcmp(f->body, "mariadb") == 0)
        database_exec(f, "CREATE DATABASE");
    open_store(f);
    *state = f;
    return 0;
}

int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    store_free(f->store);
    store_free(f->inner);
    if (strcmp(f->body, "mariadb") == 0)
        database_exec(f, "DROP DATABASE");
    arena_release(&f->arena);
    DIR *dir = opendir(f->dir);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(f->dir);
    free(f);
    return 0;
}

void fixture_reopen(struct fixture *f)
{
    store_free(f->store);
    f->store = NULL;
    open_store(f);
}

struct script *fixture_small_sale(struct fixture *f)
{
    struct script *s = script_new(f->store, script_performance(f->store, 20, 4));
    script_state(s, OPEN);
    script_hold(s, 101, 11, SEATS(0, 1), "first");
    script_hold(s, 102, 12, SEATS(5), NULL);
    script_sell(s, 1, 101, 11, SEATS(0, 1), "buy");
    assert_int_equal(script_commit(s), 0);
    s->now_ms += 1000;
    script_sell(s, 2, 102, 12, SEATS(5), NULL);
    script_hold(s, 103, 13, SEATS(9), NULL);
    assert_int_equal(script_commit(s), 0);
    return s;
}

void assert_head(struct fixture *f, const struct script *s)
{
    struct store_performance p;
    assert_int_equal(
        f->store->ops->performance_get(f->store, s->performance_id, &f->arena, &p, DEADLINE_NEVER),
        0);
    assert_int_equal(p.epoch, s->head.epoch);
    assert_int_equal(p.seq, s->head.seq);
    assert_int_equal(p.version, s->head.version);
    assert_int_equal(p.sale_state, s->head.sale_state);
    assert_memory_equal(p.head_hash, s->head.head_hash, STORE_HASH_BYTES);
}

void assert_sold(struct fixture *f, uint32_t performance_id, size_t count,
                 const struct store_sale *wanted)
{
    struct store_sale *sales = NULL;
    size_t found = 0;
    assert_int_equal(f->store->ops->sold_list(f->store, performance_id, &f->arena, &sales, &found,
                                              DEADLINE_NEVER),
                     0);
    assert_int_equal(found, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sales[i].seat, wanted[i].seat);
        assert_true(id_eq(sales[i].order_id, wanted[i].order_id));
    }
}

int main(int argc, char **argv)
{
    const struct group *groups[] = {&catalog_group, &commit_group, &read_group, &parallel_group,
                                    &file_group};
    int failed = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: conformance mem|sqlite|mariadb|fault|faulty\n");
        return 2;
    }
    body = argv[1];
    size_t count = sizeof(groups) / sizeof(groups[0]);
    if (strcmp(body, "sqlite") != 0)
        count--; /* the last is for bodies that keep files */
    if (strcmp(body, "faulty") == 0)
        count--; /* and the one before for those that any thread may use */
    for (size_t i = 0; i < count; i++)
        failed += _cmocka_run_group_tests(groups[i]->name, groups[i]->tests, groups[i]->count, NULL,
                                          NULL);
    return failed > 0;
}
