/*
 * Everything that may be wrong with a store, once each: the audit must say what it is, and the
 * checker that was written from docs/internals/ledger.md must find it as well.
 *
 *     audit_test CHECKER USHER
 */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "err/err.h"
#include "history.h"

#define MANY 128 /* stores in one place */

static const char *checker;
static const char *usher;
static struct audit_report report;
static const struct audit_options all;

struct place {
    char dir[64];
    char db[96];
};

static void name_db(struct place *place)
{
    snprintf(place->db, sizeof(place->db), "%s/usher.db", place->dir);
}

/* A folder of its own within a place, for one of many stores. */
static struct place place_within(const struct place *place, size_t number)
{
    struct place within;
    int len = snprintf(within.dir, sizeof(within.dir), "%.42s/%zu", place->dir, number);
    assert_true(len > 0 && (size_t)len < sizeof(within.dir));
    assert_int_equal(mkdir(within.dir, 0700), 0);
    name_db(&within);
    return within;
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    const char *tmp = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    assert_non_null(place);
    assert_true(snprintf(place->dir, sizeof(place->dir), "%s/usher-audit-XXXXXX", tmp) <
                (int)sizeof(place->dir));
    assert_non_null(mkdtemp(place->dir));
    name_db(place);
    *state = place;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    return remove(path);
}

static int tear_down(void **state)
{
    struct place *place = *state;
    assert_int_equal(nftw(place->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(place);
    return 0;
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 16];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ssize_t len;
    assert_true(in >= 0 && out >= 0);
    while ((len = read(in, bytes, sizeof(bytes))) > 0)
        assert_int_equal(write(out, bytes, (size_t)len), len);
    assert_int_equal(len, 0);
    close(in);
    close(out);
}

/* Runs a program, its output into a file. Gives the exit code. */
static int run(const char *const *argv, const char *output)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(file, STDOUT_FILENO);
        dup2(file, STDERR_FILENO);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run_checker(const struct place *place)
{
    return run((const char *[]){"python3", checker, place->dir, NULL}, "/dev/null");
}

/* Runs the checker over the folders 0 … count - 1 of a place, one process for all: for each, its
 * findings, or -1 where it could not check. */
static void run_checker_within(const struct place *place, size_t count, int *ret_findings)
{
    static char dirs[MANY][sizeof(place->dir)];
    const char *argv[MANY + 3] = {"python3", checker};
    char output[96], line[512];
    for (size_t i = 0; i < count; i++) {
        snprintf(dirs[i], sizeof(dirs[i]), "%.42s/%zu", place->dir, i);
        argv[2 + i] = dirs[i];
        ret_findings[i] = -1;
    }
    snprintf(output, sizeof(output), "%s/output", place->dir);
    assert_in_range(run(argv, output), 0, 1);
    FILE *lines = fopen(output, "r");
    assert_non_null(lines);
    size_t dir_len = strlen(place->dir);
    while (fgets(line, sizeof(line), lines)) {
        if (strncmp(line, place->dir, dir_len) != 0)
            continue; /* a finding: it is counted in the folder's own line */
        size_t number = strtoul(line + dir_len + 1, NULL, 10);
        char *comma = strchr(line, ',');
        assert_true(number < count);
        if (comma)
            ret_findings[number] = (int)strtol(comma + 1, NULL, 10);
    }
    fclose(lines);
}

static int run_usher(const struct place *place, const char *option)
{
    return run((const char *[]){usher, "audit", "--data", place->dir, option, NULL}, "/dev/null");
}

static void audit_place_of(const struct place *place)
{
    struct store *store = NULL;
    assert_int_equal(store_sqlite_open(place->dir, true, &store), 0);
    assert_int_equal(audit_run(store, &all, &report), 0);
    store_free(store);
}

static void assert_found(const char *name, const char *text)
{
    for (uint64_t i = 0; i < report.finding_count && i < AUDIT_FINDINGS_MAX; i++)
        if (strstr(report.findings[i].text, text))
            return;
    for (uint64_t i = 0; i < report.finding_count && i < AUDIT_FINDINGS_MAX; i++)
        print_error("    %s\n", report.findings[i].text);
    fail_msg("%s: not found: %s", name, text);
}

static void tamper(const struct place *place, const char *sql)
{
    sqlite3 *db;
    char *error = NULL;
    assert_int_equal(sqlite3_open(place->db, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void write_history(const struct place *place)
{
    struct store *store = NULL;
    assert_int_equal(store_sqlite_open(place->dir, false, &store), 0);
    history_write(store);
    store_free(store);
}

static void a_good_history_is_clean(void **state)
{
    const struct place *place = *state;
    write_history(place);
    audit_place_of(place);
    if (report.finding_count > 0)
        fail_msg("%s", report.findings[0].text);
    assert_int_equal(report.counts.performances, 12);
    assert_int_equal(report.counts.rows, 51);
    assert_int_equal(report.counts.entries, 142);
    assert_int_equal(report.counts.holds, 41);
    assert_int_equal(report.counts.orders, 16);
    assert_int_equal(report.counts.cancelled, 4);
    assert_int_equal(report.counts.sold, 21);
    assert_int_equal(report.counts.held, 18);
    assert_int_equal(report.counts.resting, 3);
    assert_int_equal(report.counts.blocked, 2);
    assert_int_equal(report.counts.offered, 1);
    assert_int_equal(report.counts.wishes, 2);
    assert_int_equal(run_checker(place), 0);
}

static void every_tampering_is_found(void **state)
{
    const struct place *place = *state;
    int findings[MANY];
    assert_true(tampering_count < MANY);
    struct place good = place_within(place, tampering_count);
    write_history(&good);
    for (size_t i = 0; i < tampering_count; i++) {
        const struct tampering *t = &tamperings[i];
        struct place copy = place_within(place, i);
        copy_file(good.db, copy.db);
        tamper(&copy, t->sql);
        audit_place_of(&copy);
        if (t->finding)
            assert_found(t->name, t->finding);
        else
            assert_int_equal(report.finding_count, 0);
    }
    run_checker_within(place, tampering_count + 1, findings);
    assert_int_equal(findings[tampering_count], 0);
    for (size_t i = 0; i < tampering_count; i++)
        if (findings[i] < 0 || (findings[i] > 0) != (tamperings[i].finding != NULL))
            fail_msg("%s: the checker finds %d", tamperings[i].name, findings[i]);
}

/* Every bit of every copy of an order's id (in the ledger, in its row, in the index that finds it,
 * with the seats that are sold) is minded by one of the rules. */
static void every_copy_of_an_id_is_minded(void **state)
{
    const struct place *place = *state;
    uint8_t id[ID_BYTES];
    static uint8_t file[1 << 20];
    write_history(place);
    id_to_bytes(script_id(2), id);
    int fd = open(place->db, O_RDWR | O_CLOEXEC);
    const ssize_t len = read(fd, file, sizeof(file));
    assert_true(len > 0 && len < (ssize_t)sizeof(file));
    int copies = 0;
    for (ssize_t at = 0; at + ID_BYTES <= len; at++) {
        if (memcmp(file + at, id, ID_BYTES) != 0)
            continue;
        copies++;
        const uint8_t flipped = file[at + 15] ^ 0x40;
        assert_int_equal(pwrite(fd, &flipped, 1, at + 15), 1);
        audit_place_of(place);
        if (report.finding_count == 0)
            fail_msg("the copy at byte %zd may be anything", at);
        assert_int_equal(pwrite(fd, &file[at + 15], 1, at + 15), 1);
    }
    close(fd);
    assert_true(copies >= 3);
    audit_place_of(place);
    assert_int_equal(report.finding_count, 0);
}

static void find_all(const struct place *place, const struct broken_rule *rules, size_t count)
{
    int findings[MANY];
    assert_true(count <= MANY);
    for (size_t i = 0; i < count; i++) {
        const struct broken_rule *rule = &rules[i];
        struct store *store = NULL;
        struct place within = place_within(place, i);
        assert_int_equal(store_sqlite_open(within.dir, false, &store), 0);
        struct script *s = script_new(store, script_performance(store, 200, 4));
        script_state(s, OPEN);
        assert_int_equal(script_commit(s), 0);
        rule->write(s);
        if (script_commit(s) != 0)
            fail_msg("%s: not committed", rule->name);
        script_free(s);
        store_free(store);
        audit_place_of(&within);
        assert_found(rule->name, rule->finding);
    }
    run_checker_within(place, count, findings);
    for (size_t i = 0; i < count; i++)
        if (findings[i] < 1)
            fail_msg("%s: the checker finds %d", rules[i].name, findings[i]);
}

static void every_broken_rule_is_found(void **state)
{
    find_all(*state, broken_rules, broken_rule_count);
}

static void every_broken_rule_of_prices_is_found(void **state)
{
    find_all(*state, broken_price_rules, broken_price_rule_count);
}

static void every_broken_rule_of_persons_is_found(void **state)
{
    find_all(*state, broken_person_rules, broken_person_rule_count);
}

static void every_broken_rule_of_the_waiting_list_is_found(void **state)
{
    find_all(*state, broken_waiting_rules, broken_waiting_rule_count);
}

static void every_broken_rule_of_moves_is_found(void **state)
{
    find_all(*state, broken_move_rules, broken_move_rule_count);
}

static void every_broken_rule_of_unpaid_orders_is_found(void **state)
{
    find_all(*state, broken_unpaid_rules, broken_unpaid_rule_count);
}

/* A forger who hashes his row anew leaves a row after it that hangs on the old hash. */
static void a_forged_row_needs_all_that_follow(void **state)
{
    const struct place *place = *state;
    struct store *store = NULL;
    struct arena arena;
    struct ledger_row *rows;
    size_t count = 0;
    char sql[512], hex[2 * LEDGER_HASH_BYTES + 1];
    write_history(place);
    arena_init(&arena, 1 << 20);
    assert_int_equal(store_sqlite_open(place->dir, true, &store), 0);
    assert_int_equal(store->ops->ledger_read(store, 1, 4, 1, &arena, &rows, &count, INT64_MAX), 0);
    assert_int_equal(count, 1);
    store_free(store);
    rows[0].at_ms++;
    ledger_seal(1, &rows[0]);
    for (size_t i = 0; i < LEDGER_HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", rows[0].hash[i]);
    snprintf(
        sql, sizeof(sql),
        "UPDATE ledger SET at_ms = at_ms + 1, hash = x'%s' WHERE performance_id = 1 AND seq = 4",
        hex);
    tamper(place, sql);
    audit_place_of(place);
    assert_found("forged", "row 5: the chain is broken: its prev_hash");
    assert_int_equal(report.finding_count, 1);
    assert_int_equal(run_checker(place), 1);
    arena_release(&arena);
}

static void the_exit_code_is_the_claim(void **state)
{
    const struct place *place = *state;
    assert_int_equal(run_usher(place, "--json"), 2); /* nothing there */
    write_history(place);
    assert_int_equal(run_usher(place, "--json"), 0);
    assert_int_equal(run_usher(place, "--no-json"), 0);
    assert_int_equal(run_usher(place, "--performance=2"), 0);
    assert_int_equal(run_usher(place, "--performance=99"), 2);
    assert_int_equal(run_usher(place, "--bogus"), 2);
    struct store *server = NULL;
    assert_int_equal(store_sqlite_open(place->dir, false, &server), 0); /* beside a server */
    assert_int_equal(run_usher(place, "--json"), 0);
    assert_int_equal(run_checker(place), 0);
    store_free(server);
    tamper(place, "DELETE FROM sold WHERE performance_id = 1");
    assert_int_equal(run_usher(place, "--json"), 1);
    assert_int_equal(run_usher(place, "--no-json"), 1);
    assert_int_equal(run_usher(place, "--performance=2"), 0);
}

/* The list of findings ends; the count does not. */
static void findings_are_counted_beyond_the_list(void **state)
{
    const struct place *place = *state;
    write_history(place);
    tamper(place,
           "WITH RECURSIVE n(i) AS (SELECT 20 UNION ALL SELECT i + 1 FROM n WHERE i < 119)"
           " INSERT INTO sold SELECT 1, i, 1 FROM n; INSERT INTO sold SELECT 1, i + 1000, 1"
           " FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
           " SELECT i FROM n)");
    audit_place_of(place);
    assert_int_equal(report.finding_count, 150);
    assert_true(strlen(report.findings[AUDIT_FINDINGS_MAX - 1].text) > 0);
}

static void one_performance_may_be_asked_for(void **state)
{
    struct store *store = NULL;
    struct audit_options one = {.performance_id = 2}, none = {.performance_id = 99};
    assert_int_equal(store_mem_new(&store), 0);
    history_write(store);
    assert_int_equal(audit_run(store, &one, &report), 0);
    assert_int_equal(report.finding_count, 0);
    assert_int_equal(report.counts.rows, 1);
    assert_int_equal(audit_run(store, &none, &report), ERR_NOT_FOUND);
    store_free(store);
}

/* An owner that writes once while the audit reads. */
struct moving {
    struct script *script;
    bool moved;
};

static void move(void *state, uint64_t rows_done, uint64_t rows_total)
{
    struct moving *moving = state;
    if (moving->moved)
        return;
    moving->moved = true;
    script_state(moving->script, OPEN);
    assert_int_equal(script_commit(moving->script), 0);
}

static void an_audit_of_a_moving_store_says_so(void **state)
{
    struct store *store = NULL;
    assert_int_equal(store_mem_new(&store), 0);
    struct moving moving = {.script = script_new(store, script_performance(store, 20, 4))};
    const struct audit_options options = {.progress = move, .state = &moving};
    assert_int_equal(audit_run(store, &options, &report), ERR_BUSY);
    assert_int_equal(audit_run(store, &options, &report), 0);
    assert_int_equal(report.finding_count, 0);
    script_free(moving.script);
    store_free(store);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_history_is_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_tampering_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_copy_of_an_id_is_minded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_broken_rule_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_broken_rule_of_prices_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_broken_rule_of_persons_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_broken_rule_of_the_waiting_list_is_found, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_broken_rule_of_moves_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_broken_rule_of_unpaid_orders_is_found, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_forged_row_needs_all_that_follow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_exit_code_is_the_claim, set_up, tear_down),
        cmocka_unit_test_setup_teardown(findings_are_counted_beyond_the_list, set_up, tear_down),
        cmocka_unit_test(one_performance_may_be_asked_for),
        cmocka_unit_test(an_audit_of_a_moving_store_says_so),
    };
    if (argc != 3) {
        fprintf(stderr, "usage: audit_test CHECKER USHER\n");
        return 2;
    }
    checker = argv[1];
    usher = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
