#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/public.h"

static bool is_public(const char *text)
{
    struct in6_addr address;
    assert_int_equal(net_range_address(view_str(text), &address), 0);
    return net_is_public(&address);
}

static void what_a_stranger_may_have_called(void **state)
{
    static const char *const open[] = {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",
                                       "172.15.0.1",      "172.32.0.1",      "100.128.0.1",
                                       "223.255.255.255", "2606:4700::1111", "2a00::1"};
    static const char *const shut[] = {
        "0.0.0.0",         "10.1.2.3",        "100.64.0.1",       "127.0.0.1",   "127.9.9.9",
        "169.254.169.254", "172.16.0.1",      "172.31.255.255",   "192.168.1.1", "192.0.0.8",
        "198.18.0.1",      "224.0.0.1",       "255.255.255.255",  "::",          "::1",
        "::7f00:1",        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "fe80::1",     "fd00::1",
        "ff02::1",         "64:ff9b::a00:1",  "2002:a00:1::1",    "2001::1",     "2001:db8::1"};
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
        assert_true(is_public(open[i]));
    for (size_t i = 0; i < sizeof(shut) / sizeof(shut[0]); i++)
        assert_false(is_public(shut[i]));
}

static void an_address_of_a_socket_is_read(void **state)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    const struct sockaddr other = {.sa_family = AF_UNIX};
    struct in6_addr read, wanted;
    four.sin_addr.s_addr = htonl(0x0a010203);
    assert_true(net_public_read((const struct sockaddr *)&four, &read));
    assert_int_equal(net_range_address(VIEW_LIT("10.1.2.3"), &wanted), 0);
    assert_memory_equal(&read, &wanted, sizeof(read));
    inet_pton(AF_INET6, "fe80::1", &six.sin6_addr);
    assert_true(net_public_read((const struct sockaddr *)&six, &read));
    assert_memory_equal(&read, &six.sin6_addr, sizeof(read));
    assert_false(net_public_read(&other, &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_stranger_may_have_called),
                                       cmocka_unit_test(an_address_of_a_socket_is_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
