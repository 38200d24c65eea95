#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <netdb.h>
#include <netinet/in.h>

#include "err/err.h"
#include "net/address.h"

static void assert_split(const char *text, const char *host, uint16_t port)
{
    struct view got;
    uint16_t number;
    assert_int_equal(net_split(view_str(text), &got, &number), 0);
    assert_true(view_eq(got, view_str(host)));
    assert_int_equal(number, port);
}

static void takes_host_and_port_apart(void **state)
{
    assert_split("127.0.0.1:8080", "127.0.0.1", 8080);
    assert_split("[::1]:0", "::1", 0);
    assert_split("example.org:65535", "example.org", 65535);
}

static void refuses_other_texts(void **state)
{
    static const char *const bad[] = {"",      ":80",     "host",  "host:",   "host:65536",
                                      "h:80x", "::1:80",  "[]:80", "host:-1", "[::1]",
                                      "h: 80", "[::1]80", "h:+80"};
    struct view host;
    uint16_t port;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(net_split(view_str(bad[i]), &host, &port), ERR_INVALID);
}

static void host_of(const struct net_address *a, char ret_text[INET6_ADDRSTRLEN])
{
    assert_int_equal(getnameinfo((const struct sockaddr *)&a->sockaddr, a->len, ret_text,
                                 INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST),
                     0);
}

static void assert_reads(const char *host, const char *text)
{
    struct net_address a;
    char got[INET6_ADDRSTRLEN];
    assert_int_equal(net_address_of(view_str(host), 80, &a), 0);
    assert_int_equal(net_address_port(&a), 80);
    host_of(&a, got);
    assert_string_equal(got, text);
}

static void reads_numbers(void **state)
{
    struct net_address a;
    assert_reads("127.0.0.1", "127.0.0.1");
    assert_reads("::", "::");
    assert_reads("2001:db8:0:0::1", "2001:db8::1");
    assert_int_equal(net_address_of(VIEW_LIT("localhost"), 80, &a), ERR_INVALID);
    assert_int_equal(net_address_of(VIEW_LIT("1.2.3"), 80, &a), ERR_INVALID);
    assert_int_equal(net_address_of(VIEW_LIT(""), 80, &a), ERR_INVALID);
}

static void finds_this_machine_by_name(void **state)
{
    struct net_address a;
    char text[INET6_ADDRSTRLEN];
    assert_int_equal(net_address_find(VIEW_LIT("localhost"), 80, &a), 0);
    host_of(&a, text);
    assert_true(strcmp(text, "127.0.0.1") == 0 || strcmp(text, "::1") == 0);
    assert_int_equal(net_address_find(VIEW_LIT("10.0.0.1"), 80, &a), 0);
    host_of(&a, text);
    assert_string_equal(text, "10.0.0.1");
}

static void a_socket_in_the_file_system_is_a_host_without_port(void **state)
{
    char longest[NET_HOST_MAX + 16] = "unix:/";
    struct net_address a;
    struct view host;
    uint16_t port;
    assert_split("unix:/run/usher/ticket.sock", "unix:/run/usher/ticket.sock", 0);
    assert_int_equal(net_split(VIEW_LIT("unix:"), &host, &port), ERR_INVALID);
    assert_int_equal(net_split(VIEW_LIT("unix:/a\0b"), &host, &port), ERR_INVALID);
    assert_int_equal(net_address_of(VIEW_LIT("unix:/tmp/s"), 0, &a), 0);
    assert_string_equal(net_address_path(&a), "/tmp/s");
    assert_int_equal(net_address_port(&a), 0);
    assert_true(net_address_is_local(&a));
    /* The system's own maximum of a path is less than that of a host. */
    memset(longest + 6, 'x', sizeof(longest) - 7);
    assert_int_equal(net_split(view_str(longest), &host, &port), ERR_INVALID);
    longest[120] = '\0';
    assert_int_equal(net_split(view_str(longest), &host, &port), 0);
    assert_int_equal(net_address_of(host, 0, &a), ERR_INVALID);
    assert_int_equal(net_address_find(host, 0, &a), ERR_INVALID);
    assert_int_equal(net_address_find(VIEW_LIT(""), 80, &a), ERR_INVALID);
}

static void knows_what_is_of_this_machine_alone(void **state)
{
    static const struct {
        const char *host;
        bool local;
    } rows[] = {{"127.0.0.1", true},
                {"127.255.0.9", true},
                {"128.0.0.1", false},
                {"::1", true},
                {"::2", false},
                {"::ffff:127.0.0.1", true},
                {"::ffff:10.0.0.1", false},
                {"0.0.0.0", false},
                {"::", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct net_address a;
        assert_int_equal(net_address_of(view_str(rows[i].host), 80, &a), 0);
        assert_int_equal(net_address_is_local(&a), rows[i].local);
        assert_null(net_address_path(&a));
    }
    const struct net_address none = {.sockaddr.ss_family = AF_UNSPEC};
    assert_false(net_address_is_local(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_host_and_port_apart),
        cmocka_unit_test(refuses_other_texts),
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(finds_this_machine_by_name),
        cmocka_unit_test(a_socket_in_the_file_system_is_a_host_without_port),
        cmocka_unit_test(knows_what_is_of_this_machine_alone),
    };
    return cmocka_run_group_tests_name("net/address", tests, NULL, NULL);
}
