#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/devices.h"

#define DOOR 4u

static struct sql *sql;
static struct arena arena;
static uint64_t ids = 1;
static const struct device_about scanner = {.hardware_brand = VIEW_LIT("Zebra"),
                                            .hardware_model = VIEW_LIT("TC26"),
                                            .os_name = VIEW_LIT("Android"),
                                            .os_version = VIEW_LIT("13"),
                                            .software_brand = VIEW_LIT("pretixSCAN"),
                                            .software_version = VIEW_LIT("2.0")};

static int add(uint32_t organiser_id, uint8_t hash, struct device *device)
{
    const struct act act = {.at_ms = 5, .what = VIEW_LIT("device.create")};
    const uint8_t setup_hash[SHA256_BYTES] = {hash};
    *device = (struct device){.organiser_id = organiser_id,
                              .serial = {9, ids++},
                              .name = VIEW_LIT("북문 1"),
                              .gate = VIEW_LIT("북문"),
                              .created_at_ms = 10};
    return device_add(sql, device, setup_hash, &act, DEADLINE_NEVER);
}

static struct api_token fresh(void)
{
    return (struct api_token){
        .token_id = {8, ids++}, .roles = DOOR, .created_at_ms = 20, .expires_at_ms = 1000};
}

static int set_up(uint8_t hash, struct api_token *token, struct device *device)
{
    struct act act = {.at_ms = 20, .what = VIEW_LIT("device.initialize")};
    const uint8_t setup_hash[SHA256_BYTES] = {hash};
    *token = fresh();
    return device_set_up(sql, setup_hash, token, &scanner, &act, &arena, device, DEADLINE_NEVER);
}

/* The roles of a token that whoever identifies callers would read; -1: there is none. */
static int roles_of(struct id token_id)
{
    struct grants grants;
    assert_int_equal(grants_read(sql, 30, &arena, &grants, DEADLINE_NEVER), 0);
    for (size_t i = 0; i < grants.token_count; i++) {
        if (id_eq(grants.tokens[i].token_id, token_id))
            return (int)grants.tokens[i].roles;
    }
    return -1;
}

static size_t acts(const char *what, const char *about)
{
    struct act *list;
    size_t count, found = 0;
    assert_int_equal(act_list(sql, 0, (struct id){0}, 100, &arena, &list, &count, DEADLINE_NEVER),
                     0);
    for (size_t i = 0; i < count; i++)
        found += view_eq(list[i].what, view_str(what)) && view_eq(list[i].about, view_str(about));
    return found;
}

static void a_device_is_set_up_once(void **state)
{
    struct device made, device;
    struct api_token token, second;
    assert_int_equal(add(99, 1, &made), ERR_NOT_FOUND);
    assert_int_equal(add(1, 1, &made), 0);
    assert_int_equal(set_up(2, &token, &device), ERR_NOT_FOUND);
    assert_int_equal(set_up(1, &token, &device), 0);
    assert_int_equal(device.device_id, made.device_id);
    assert_int_equal(device.initialized_at_ms, 20);
    assert_true(view_eq(device.organiser_name, VIEW_LIT("First organiser")));
    assert_true(view_eq(device.about.hardware_model, VIEW_LIT("TC26")));
    assert_int_equal(roles_of(token.token_id), DOOR);
    assert_int_equal(acts("device.initialize", "북문 1"), 1);
    assert_int_equal(set_up(1, &second, &device), ERR_EXISTS);
    assert_int_equal(roles_of(second.token_id), -1);
    assert_int_equal(device_of_token(sql, token.token_id, &arena, &device, DEADLINE_NEVER), 0);
    assert_true(view_eq(device.gate, VIEW_LIT("북문")));
    assert_true(view_eq(device.about.software_brand, VIEW_LIT("pretixSCAN")));
    assert_int_equal(device_of_token(sql, second.token_id, &arena, &device, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(device_of_token(sql, (struct id){0}, &arena, &device, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
}

static void a_device_changes_what_is_its_own(void **state)
{
    struct device made, device;
    struct api_token token, rolled = fresh();
    struct act act = {.at_ms = 20, .what = VIEW_LIT("device.roll")};
    struct device_about about = scanner;
    assert_int_equal(add(1, 3, &made), 0);
    assert_int_equal(set_up(3, &token, &device), 0);
    about.software_version = VIEW_LIT("2.1");
    struct device_change change = {.about = &about, .token = &rolled};
    assert_int_equal(
        device_change(sql, token.token_id, &change, &act, &arena, &device, DEADLINE_NEVER), 0);
    assert_true(view_eq(device.about.software_version, VIEW_LIT("2.1")));
    assert_int_equal(roles_of(token.token_id), -1);
    assert_int_equal(roles_of(rolled.token_id), DOOR);
    assert_int_equal(
        device_change(sql, token.token_id, &change, &act, &arena, &device, DEADLINE_NEVER),
        ERR_NOT_FOUND);
    change = (struct device_change){.revoke = true};
    assert_int_equal(
        device_change(sql, rolled.token_id, &change, &act, &arena, &device, DEADLINE_NEVER), 0);
    assert_true(device.revoked);
    assert_int_equal(roles_of(rolled.token_id), 0);
    assert_int_equal(device_of_token(sql, rolled.token_id, &arena, &device, DEADLINE_NEVER), 0);
    assert_true(device.revoked);
}

static void its_organiser_ends_it(void **state)
{
    const struct act act = {.at_ms = 5, .what = VIEW_LIT("device.revoke"), .about = VIEW_LIT("9")};
    struct device made, device, *list;
    struct api_token token;
    size_t count;
    assert_int_equal(add(1, 4, &made), 0);
    assert_int_equal(device_revoke(sql, 2, made.device_id, &act, &arena, &device, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(acts("device.revoke", "9"), 0);
    assert_int_equal(device_revoke(sql, 1, made.device_id, &act, &arena, &device, DEADLINE_NEVER),
                     0);
    assert_int_equal(acts("device.revoke", "9"), 1);
    assert_int_equal(device_revoke(sql, 1, made.device_id, &act, &arena, &device, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(set_up(4, &token, &device), ERR_DENIED);
    assert_int_equal(device_list(sql, 1, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_true(count >= 1 && list[0].device_id == made.device_id && list[0].revoked);
    assert_int_equal(device_list(sql, 2, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
}

static int setup(void **state)
{
    arena_init(&arena, 64u << 20);
    return sql_faulty_new(NULL, &sql) || accounts_migrate(sql, false, 1);
}

static int teardown(void **state)
{
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_set_up_once),
        cmocka_unit_test(a_device_changes_what_is_its_own),
        cmocka_unit_test(its_organiser_ends_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
