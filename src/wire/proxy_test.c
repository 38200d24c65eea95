#include "wire/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "err/err.h"

static struct net_range proxies[2];
static struct server_options options = {.proxies = proxies, .proxy_count = 2};
static struct head head;

static void say(const char *name, const char *value)
{
    head.fields[head.field_count++] =
        (struct head_field){.name = view_str(name), .value = view_str(value)};
}

static int begin(void **state)
{
    head = (struct head){0};
    options.proxy_forwarded = false;
    options.proxy_count = 2;
    assert_int_equal(net_range_read(VIEW_LIT("10.0.0.0/8"), &proxies[0]), 0);
    assert_int_equal(net_range_read(VIEW_LIT("2001:db8:1::/48"), &proxies[1]), 0);
    return 0;
}

static void assert_said(const char *address, const char *scheme)
{
    char text[CONN_HOST_MAX];
    struct proxy_said said = proxy_read(&options, &head, VIEW_LIT("10.0.0.1"), text);
    assert_int_equal(said.address.len, strlen(address));
    assert_memory_equal(said.address.at, address, said.address.len);
    assert_true(view_eq(said.scheme, view_str(scheme)));
}

static void proxies_are_those_of_the_networks(void **state)
{
    assert_true(proxy_is_trusted(&options, VIEW_LIT("10.9.8.7")));
    assert_true(proxy_is_trusted(&options, VIEW_LIT("2001:db8:1::9")));
    assert_false(proxy_is_trusted(&options, VIEW_LIT("2001:db8:2::9")));
    assert_false(proxy_is_trusted(&options, VIEW_LIT("11.0.0.1")));
    assert_false(proxy_is_trusted(&options, VIEW_LIT("")));
    options.proxy_count = 0;
    assert_false(proxy_is_trusted(&options, VIEW_LIT("10.9.8.7")));
}

static void the_rightmost_hop_that_is_no_proxy_calls(void **state)
{
    static const struct {
        const char *said, *address;
    } cases[] = {
        {"203.0.113.9", "203.0.113.9"},
        {"6.6.6.6, 203.0.113.9", "203.0.113.9"},
        {"6.6.6.6, 203.0.113.9, 10.1.1.1,2001:db8:1::5", "203.0.113.9"},
        {"10.1.1.1, 10.2.2.2", "10.1.1.1"},
        {"2001:DB8:2:0::0007", "2001:db8:2::7"},
        {"[2001:db8:2::7]:443", "2001:db8:2::7"},
        {"203.0.113.9:55", "203.0.113.9"},
        {"::ffff:203.0.113.9", "203.0.113.9"},
        /* Who wrote what cannot be read is who is blamed for it. */
        {"203.0.113.9, unknown", "10.0.0.1"},
        {"203.0.113.9, nonsense, 10.3.3.3", "10.3.3.3"},
        {"", "10.0.0.1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(state);
        say("X-Forwarded-For", cases[i].said);
        say("forwarded", "for=9.9.9.9;proto=https"); /* not what is looked at */
        assert_said(cases[i].address, "");
    }
    begin(state); /* a proxy may add a field of its own instead of a member */
    say("x-forwarded-for", "6.6.6.6");
    say("x-forwarded-proto", "http");
    say("x-forwarded-for", "203.0.113.9,10.1.1.1");
    say("x-forwarded-proto", "https");
    assert_said("203.0.113.9", "https");
}

static void forwarded_is_read_where_it_is_asked_for(void **state)
{
    static const struct {
        const char *said, *address, *scheme;
    } cases[] = {
        {"for=203.0.113.9", "203.0.113.9", ""},
        {"For=\"[2001:db8:2::7]:4711\";Proto=https", "2001:db8:2::7", "https"},
        {"for=6.6.6.6;proto=http, for=203.0.113.9; proto=https;by=10.0.0.9", "203.0.113.9",
         "https"},
        {"for=203.0.113.9;proto=https, for=10.1.1.1;proto=http", "203.0.113.9", "https"},
        {"for=_hidden, for=10.1.1.1", "10.1.1.1", ""},
        {"for=_hidden", "10.0.0.1", ""},
        {"proto=https", "10.0.0.1", "https"},
        {"for=\"", "10.0.0.1", ""},
        {"for=\"[\"", "10.0.0.1", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(state);
        options.proxy_forwarded = true;
        say("x-forwarded-for", "9.9.9.9");
        say("x-forwarded-proto", "gopher");
        say("Forwarded", cases[i].said);
        assert_said(cases[i].address, cases[i].scheme);
    }
}

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static int read_bytes(const char *bytes, size_t len, struct proxy_header *header)
{
    return proxy_header_read(view_of(bytes, len), header);
}
#define READ(bytes, header) read_bytes(bytes, sizeof(bytes) - 1, header)

static void a_header_of_the_proxy_protocol_is_read(void **state)
{
    static const char four[] = SIGNATURE "\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\x01\x12\x34\x01\xbb"
                                         "GET /";
    struct proxy_header header = {0};
    assert_int_equal(READ(four, &header), 0);
    assert_int_equal(header.len, 28);
    assert_string_equal(header.host, "203.0.113.9");
    assert_false(header.secure);
    for (size_t len = 0; len < 28; len++)
        assert_int_equal(read_bytes(four, len, &header), ERR_BUSY);

    static const char six[] = SIGNATURE "\x21\x21\0\x2c\x20\x01\x0d\xb8\0\x02\0\0\0\0\0\0\0\0\0\x07"
                                        "\x20\x01\x0d\xb8\0\x02\0\0\0\0\0\0\0"
                                        "\0\0\x01\x12\x34\x01\xbb\x20\0\x05\x01\0\0\0\0";
    assert_int_equal(READ(six, &header), 0);
    assert_string_equal(header.host, "2001:db8:2::7");
    assert_true(header.secure);
    /* The same with the flag that the client came without TLS. */
    static const char plain[] =
        SIGNATURE "\x21\x21\0\x2c\x20\x01\x0d\xb8\0\x02\0\0\0\0\0\0\0\0\0\x07"
                  "\x20\x01\x0d\xb8\0\x02\0\0\0\0\0\0\0"
                  "\0\0\x01\x12\x34\x01\xbb\x20\0\x05\x00\0\0\0\0";
    assert_int_equal(READ(plain, &header), 0);
    assert_false(header.secure);

    /* A check of the proxy's own, and a family without addresses: nobody is named. */
    assert_int_equal(READ(SIGNATURE "\x20\0\0\0", &header), 0);
    assert_int_equal(header.len, 16);
    assert_string_equal(header.host, "");
    assert_int_equal(READ(SIGNATURE "\x21\0\0\0", &header), 0);
    assert_string_equal(header.host, "");
}

static void what_is_no_header_is_told_from_a_bad_one(void **state)
{
    struct proxy_header header;
    assert_int_equal(READ("GET / HTTP/1.1\r\n", &header), ERR_NOT_FOUND);
    assert_int_equal(READ("PRI * HTTP/2.0\r\n", &header), ERR_NOT_FOUND);
    assert_int_equal(READ("\x16\x03\x01", &header), ERR_NOT_FOUND);
    assert_int_equal(READ("\r\n\r\nGET", &header), ERR_NOT_FOUND);
    assert_int_equal(READ(SIGNATURE "\x11\x11\0\x0c", &header), ERR_INVALID); /* version 1 */
    assert_int_equal(READ(SIGNATURE "\x22\x11\0\x0c", &header), ERR_INVALID);
    assert_int_equal(READ(SIGNATURE "\x21\x11\x04\0", &header), ERR_INVALID); /* too long */
    assert_int_equal(READ(SIGNATURE "\x21\x11\0\x04"
                                    "abcd",
                          &header),
                     ERR_INVALID); /* too short for its family */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(proxies_are_those_of_the_networks, begin),
        cmocka_unit_test_setup(the_rightmost_hop_that_is_no_proxy_calls, begin),
        cmocka_unit_test_setup(forwarded_is_read_where_it_is_asked_for, begin),
        cmocka_unit_test_setup(a_header_of_the_proxy_protocol_is_read, begin),
        cmocka_unit_test_setup(what_is_no_header_is_told_from_a_bad_one, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
