#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "token/bounce.h"

static const uint8_t key[KEY_BYTES] = {1}, other_key[KEY_BYTES] = {2};

static void an_address_names_its_mail(void **state)
{
    const struct view id = VIEW_LIT("17.18f.0@example.org");
    char address[BOUNCE_ADDRESS_MAX];
    uint64_t mail_id;
    bounce_write(key, "bounces@tickets.example.org", 17, id, address);
    assert_int_equal(strncmp(address, "bounces+17-", 11), 0);
    assert_non_null(strstr(address, "@tickets.example.org"));
    assert_true(bounce_names(view_str(address), &mail_id));
    assert_int_equal(mail_id, 17);
    assert_true(bounce_check(key, view_str(address), 17, id));
    for (char *at = address; *at; at++) /* a relay may write it small */
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    assert_true(bounce_check(key, view_str(address), 17, id));
    assert_false(bounce_check(key, view_str(address), 18, id));
    assert_false(bounce_check(key, view_str(address), 17, VIEW_LIT("17.190.0@example.org")));
    assert_false(bounce_check(other_key, view_str(address), 17, id));
    char *last = strchr(address, '@') - 1;
    *last = *last == '0' ? '1' : '0';
    assert_false(bounce_check(key, view_str(address), 17, id));
}

static void what_names_none(void **state)
{
    static const char *const texts[] = {"",
                                        "bounces@example.org",
                                        "bounces+@example.org",
                                        "bounces+17@example.org",
                                        "bounces+17-short@example.org",
                                        "bounces+-0123456789ABCDEF@example.org",
                                        "bounces+x7-0123456789ABCDEF@example.org",
                                        "bounces+99999999999999999999-0123456789ABCDEF@example.org",
                                        "bounces+17-0123456789ABCDEF"};
    uint64_t mail_id;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(bounce_names(view_str(texts[i]), &mail_id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_address_names_its_mail),
                                       cmocka_unit_test(what_names_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
