#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "svc/auth/roster.h"

static struct roster roster;

static void load(struct block *blocks, size_t count)
{
    const struct grants grants = {.blocks = blocks, .block_count = count};
    assert_int_equal(roster_load(&roster, &grants), 0);
}

static bool blocks(const char *address, int64_t now_ms)
{
    return roster_blocks_address(&roster, view_str(address), now_ms);
}

static void networks_have_one_spelling(void **state)
{
    static const struct {
        const char *text, *spelling;
    } good[] = {{"192.0.2.77/24", "192.0.2.0/24"},
                {"192.0.2.1/32", "192.0.2.1/32"},
                {"0.0.0.0/0", "0.0.0.0/0"},
                {"2001:DB8::1/32", "2001:db8::/32"},
                {"2001:0db8:0:0:0:0:0:1", "2001:db8::1/128"},
                {"::/0", "::/0"},
                {"::ffff:192.0.2.1", "192.0.2.1/32"}};
    static const char *const wrong[] = {"",
                                        "/",
                                        "x",
                                        "192.0.2",
                                        "192.0.2.1/",
                                        "192.0.2.1/33",
                                        "192.0.2.1/-1",
                                        "::1/129",
                                        "192.0.2.1/24/8",
                                        " 192.0.2.1",
                                        "2001:db8::1%eth0"};
    struct roster_network network;
    char text[BLOCK_SUBJECT_MAX + 1];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(roster_read_network(view_str(good[i].text), &network), 0);
        roster_write_network(&network, false, text);
        assert_string_equal(text, good[i].spelling);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(roster_read_network(view_str(wrong[i]), &network), ERR_INVALID);
    assert_int_equal(roster_read_network(VIEW_LIT("192.0.2.1"), &network), 0);
    roster_write_network(&network, true, text);
    assert_string_equal(text, "192.0.2.1");
}

static void a_network_blocks_its_addresses_until_its_end(void **state)
{
    struct block list[] = {
        {.kind = BLOCK_NETWORK, .subject = VIEW_LIT("192.0.2.0/24")},
        {.kind = BLOCK_ADDRESS, .subject = VIEW_LIT("198.51.100.7"), .ends_at_ms = 100},
        {.kind = BLOCK_NETWORK, .subject = VIEW_LIT("2001:db8::/33")},
        {.kind = BLOCK_NETWORK, .subject = VIEW_LIT("203.0.113.128/25")},
        {.kind = BLOCK_NETWORK, .subject = VIEW_LIT("10.0.0.0/24")},
        {.kind = BLOCK_NETWORK, .subject = VIEW_LIT("damaged")},
    };
    assert_false(blocks("192.0.2.1", 1));
    load(list, sizeof(list) / sizeof(list[0]));
    assert_true(blocks("192.0.2.0", 1) && blocks("192.0.2.255", 1));
    assert_true(blocks("::ffff:192.0.2.9", 1)); /* the same address within IPv6 */
    assert_false(blocks("192.0.3.0", 1) || blocks("192.0.1.255", 1));
    assert_true(blocks("198.51.100.7", 99));
    assert_false(blocks("198.51.100.7", 100) || blocks("198.51.100.8", 1));
    assert_true(blocks("2001:db8:7fff::1", 1));
    assert_false(blocks("2001:db8:8000::1", 1));
    assert_true(blocks("203.0.113.200", 1) && blocks("10.0.0.1", 1));
    assert_false(blocks("203.0.113.100", 1));
    assert_false(blocks("", 1) || blocks("nonsense", 1) || blocks("::", 1));
    load(NULL, 0);
    assert_false(blocks("192.0.2.1", 1));
}

static void an_account_is_blocked_until_its_end(void **state)
{
    struct block list[] = {
        {.kind = BLOCK_ACCOUNT, .subject = VIEW_LIT("00000000000000000000000009")},
        {.kind = BLOCK_ACCOUNT, .subject = VIEW_LIT("00000000000000000000000004"), .ends_at_ms = 5},
    };
    const struct id four = {0, 4}, nine = {0, 9}, other = {4, 0};
    load(list, 2);
    assert_true(roster_blocks_account(&roster, four, 4));
    assert_false(roster_blocks_account(&roster, four, 5));
    assert_true(roster_blocks_account(&roster, nine, INT64_MAX - 1));
    assert_false(roster_blocks_account(&roster, other, 1));
}

static void a_token_may_what_it_was_given(void **state)
{
    struct api_token tokens[] = {
        {.token_id = {2, 1}, .organiser_id = 7, .roles = 4, .expires_at_ms = 100},
        {.token_id = {1, 9}, .organiser_id = 8, .roles = 16, .expires_at_ms = 200}};
    const struct grants both = {.tokens = tokens, .token_count = 2};
    const struct grants one = {.tokens = tokens, .token_count = 1};
    uint32_t organiser_id, roles;
    assert_int_equal(roster_load(&roster, &both), 0);
    assert_int_equal(roster_token_used(&roster, tokens[0].token_id), 0);
    assert_true(roster_find_token(&roster, tokens[0].token_id, 99, &organiser_id, &roles));
    assert_true(organiser_id == 7 && roles == 4);
    assert_false(roster_find_token(&roster, tokens[0].token_id, 100, &organiser_id, &roles));
    assert_true(roster_find_token(&roster, tokens[1].token_id, 100, &organiser_id, &roles));
    assert_true(organiser_id == 8 && roles == 16);
    assert_int_equal(roster_load(&roster, &one), 0); /* the other was revoked */
    assert_false(roster_find_token(&roster, tokens[1].token_id, 100, &organiser_id, &roles));
    assert_int_equal(roster_token_used(&roster, tokens[0].token_id), 99);
}

static int set_up(void **state)
{
    roster_init(&roster);
    return 0;
}

static int tear_down(void **state)
{
    roster_release(&roster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_have_one_spelling),
        cmocka_unit_test_setup_teardown(a_network_blocks_its_addresses_until_its_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_account_is_blocked_until_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_may_what_it_was_given, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
