#include "net/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err/err.h"

static struct in6_addr address(const char *text)
{
    struct in6_addr found;
    assert_int_equal(net_range_address(view_str(text), &found), 0);
    return found;
}

static void a_network_has_the_addresses_of_its_prefix(void **state)
{
    static const struct {
        const char *network, *address;
        bool has;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.77/24", "192.0.2.1", true},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"0.0.0.0/0", "203.0.113.5", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::ffff:192.0.2.0/120", "192.0.2.9", true},
        {"10.0.0.0/9", "10.127.1.1", true},
        {"10.0.0.0/9", "10.128.1.1", false},
        {"192.0.2.8/31", "192.0.2.9", true},
        {"192.0.2.9/31", "192.0.2.8", true},
        {"192.0.2.8/31", "192.0.2.10", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_range range;
        assert_int_equal(net_range_read(view_str(cases[i].network), &range), 0);
        const struct in6_addr one = address(cases[i].address);
        assert_int_equal(net_range_has(&range, &one), cases[i].has);
    }
}

static void what_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {"",        "/8",          "10.0.0.0/",   "10.0.0.0/33",
                                        "::1/129", "10.0.0/8",    "10.0.0.0/8 ", "localhost",
                                        "[::1]",   "10.0.0.0/-1", "10.0.0.0/8/8"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct net_range range;
        assert_int_equal(net_range_read(view_str(wrong[i]), &range), ERR_INVALID);
    }
}

static void this_machine_is_known(void **state)
{
    static const char *const local[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"};
    static const char *const not [] = {"128.0.0.1", "::2", "10.0.0.1"};
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
        const struct in6_addr one = address(local[i]);
        assert_true(net_range_is_local(&one));
    }
    for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++) {
        const struct in6_addr one = address(not [i]);
        assert_false(net_range_is_local(&one));
    }
}

static void callers_and_networks_are_cut(void **state)
{
    static const struct {
        const char *address, *host, *network;
    } cases[] = {
        {"192.0.2.77", "192.0.2.77", "192.0.2.0"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1::"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct in6_addr host = address(cases[i].address), network = host;
        const struct in6_addr host_wanted = address(cases[i].host);
        const struct in6_addr network_wanted = address(cases[i].network);
        net_range_cut_host(&host);
        net_range_cut_network(&network);
        assert_memory_equal(&host, &host_wanted, sizeof(host));
        assert_memory_equal(&network, &network_wanted, sizeof(network));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_has_the_addresses_of_its_prefix),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(callers_and_networks_are_cut),
        cmocka_unit_test(this_machine_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
