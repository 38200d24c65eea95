#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "call/identity.h"
#include "err/err.h"

static void travels_as_text(void **state)
{
    struct identity full = {.roles = UINT32_MAX,
                            .account_id = {UINT64_MAX, UINT64_MAX},
                            .session_id = {UINT64_MAX, 1},
                            .tenant_count = IDENTITY_TENANTS_MAX};
    const struct identity small = {.roles = 2, .account_id = {0, 4}}, nobody = {0};
    struct identity found;
    char text[IDENTITY_TEXT_MAX];
    for (int i = 0; i < IDENTITY_TENANTS_MAX; i++)
        full.tenants[i] = (struct identity_tenant){UINT32_MAX, UINT32_MAX};
    identity_format(&full, text);
    assert_int_equal(strlen(text), IDENTITY_TEXT_MAX - 1);
    assert_int_equal(identity_parse(view_str(text), &found), 0);
    assert_memory_equal(&found, &full, sizeof(full));
    identity_format(&small, text);
    assert_string_equal(text, "2;00000000000000000000000004;;");
    assert_int_equal(identity_parse(view_str(text), &found), 0);
    assert_memory_equal(&found, &small, sizeof(small));
    identity_format(&nobody, text);
    assert_int_equal(identity_parse(view_str(text), &found), 0);
    assert_true(identity_is_nobody(&found));
}

static void another_text_is_none(void **state)
{
    static const char *const wrong[] = {"",
                                        ";;;",
                                        "2",
                                        "2;",
                                        "2;;",
                                        "02;;;",
                                        "2;;;;",
                                        "G;;;",
                                        "F;;;",
                                        "123456789;;;",
                                        "2;x;;",
                                        "2;;;1",
                                        "2;;;1:",
                                        "2;;;:1",
                                        "2;;;1:2,",
                                        "2;;;,1:2",
                                        "2;;;1:2;",
                                        "2;;;01:2",
                                        "2;00000000000000000000000000;;",
                                        "2;;;1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1"};
    struct identity found = {.roles = 7};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(identity_parse(view_str(wrong[i]), &found), ERR_INVALID);
    assert_int_equal(found.roles, 7);
}

static void a_role_is_held_for_somebody(void **state)
{
    const struct identity who = {.roles = 2, .tenant_count = 2, .tenants = {{1, 16}, {7, 4}}};
    assert_true(identity_has(&who, 2) && identity_has(&who, 16) && identity_has(&who, 4 | 8));
    assert_false(identity_has(&who, 8));
    assert_true(identity_has_for(&who, 1, 16) && identity_has_for(&who, 7, 4));
    assert_true(identity_has_for(&who, 7, 2) && identity_has_for(&who, 9, 2));
    assert_false(identity_has_for(&who, 7, 16) || identity_has_for(&who, 1, 4));
    assert_false(identity_has_for(&who, 9, 16 | 4));
    assert_false(identity_is_nobody(&who));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(travels_as_text),
        cmocka_unit_test(another_text_is_none),
        cmocka_unit_test(a_role_is_held_for_somebody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
