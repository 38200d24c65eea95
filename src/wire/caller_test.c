#include "wire/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/conn.h"
#include "wire/shard.h"

static struct server_options options;
static struct shard shard = {.options = &options};
static struct conn conn = {.shard = &shard};
static struct head head;

static void say(const char *name, const char *value)
{
    if (view_eq_nocase(view_str(name), VIEW_LIT("cookie"))) {
        head.cookies[head.cookie_count++] = view_str(value);
        return;
    }
    head.fields[head.field_count++] =
        (struct head_field){.name = view_str(name), .value = view_str(value)};
}

static void begin(void)
{
    head = (struct head){.authority = VIEW_LIT("tickets.example:8080")};
}

static void assert_cookie(bool secure, const char *expected)
{
    const struct view value = caller_cookie(&head, secure);
    assert_true(view_eq(value, view_str(expected)));
}

static void a_cookie_is_believed_of_this_origin_alone(void **state)
{
    static const struct {
        const char *site, *origin;
        bool believed;
    } cases[] = {
        {"same-origin", NULL, true},
        {"same-origin", "https://evil.example", true}, /* the browser's own word goes first */
        {"same-site", "https://tickets.example:8080", false},
        {"cross-site", NULL, false},
        {"none", NULL, false},
        {"", NULL, false},
        {NULL, "https://tickets.example:8080", true},
        {NULL, "https://TICKETS.example:8080", true},
        {NULL, "http://tickets.example:8080", false},
        {NULL, "https://tickets.example", false},
        {NULL, "https://tickets.example:8080.evil.example", false},
        {NULL, "null", false},
        {NULL, "", false},
        {NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        say("Cookie", "__Host-usher-session=abc");
        if (cases[i].site)
            say("Sec-Fetch-Site", cases[i].site);
        if (cases[i].origin)
            say("Origin", cases[i].origin);
        assert_cookie(true, cases[i].believed ? "abc" : "");
    }
}

static void the_cookie_is_found_among_others(void **state)
{
    begin();
    say("sec-fetch-site", "same-origin");
    say("cookie", "a=b; usher-session=no;x__Host-usher-session=no");
    say("cookie", "theme=dark;  __Host-usher-session=yes ; b=c");
    assert_cookie(true, "yes");
    assert_cookie(false, "no"); /* without TLS it has another name */
    begin();
    say("sec-fetch-site", "same-origin");
    assert_cookie(true, "");
    say("cookie", "__Host-usher-session=");
    assert_cookie(true, "");
    say("cookie", "__Host-usher-session");
    assert_cookie(true, "");
}

static void assert_address(const char *expected)
{
    char text[CALLER_ADDRESS_MAX];
    assert_true(view_eq(caller_address(&conn, &head, text), view_str(expected)));
}

static void an_address_is_the_connections_or_the_proxys_word(void **state)
{
    begin();
    say("x-forwarded-for", "203.0.113.9");
    say("x-forwarded-proto", "https");
    snprintf(conn.peer_host, sizeof(conn.peer_host), "192.0.2.1");
    assert_address("192.0.2.1");
    assert_false(caller_secure(&conn, &head));
    options.tls_cert_path = "cert";
    assert_true(caller_secure(&conn, &head));
    options.tls_cert_path = NULL;
    options.behind_proxy = true;
    assert_address("203.0.113.9");
    assert_true(caller_secure(&conn, &head));
    begin(); /* what stands before the last was said by the caller itself */
    say("X-Forwarded-For", "10.9.9.9, 2001:db8::7");
    say("x-forwarded-proto", "https, http");
    assert_address("2001:db8::7");
    assert_false(caller_secure(&conn, &head));
    say("X-Forwarded-For", "198.51.100.1");
    assert_address("198.51.100.1");
    const char *const wrong[] = {"", "unknown", "198.51.100.1:80", "[::1]",
                                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        begin();
        say("x-forwarded-for", wrong[i]);
        assert_address("");
    }
    begin();
    assert_address("");
    assert_false(caller_secure(&conn, &head));
    options.behind_proxy = false;
}

static void a_cookie_is_set_and_dropped(void **state)
{
    struct exchange exchange = {.secure = true};
    arena_init(&exchange.arena, 4096);
    assert_int_equal(caller_set_cookie(&exchange).len, 0);
    assert_int_equal(
        metadata_add(&exchange.call.answered, &exchange.arena, CALLER_SESSION, VIEW_LIT("abc 600")),
        0);
    assert_true(view_eq(caller_set_cookie(&exchange),
                        VIEW_LIT("__Host-usher-session=abc; Path=/; Max-Age=600; Secure; "
                                 "HttpOnly; SameSite=Strict")));
    exchange.secure = false;
    assert_true(view_eq(caller_set_cookie(&exchange),
                        VIEW_LIT("usher-session=abc; Path=/; Max-Age=600; HttpOnly; "
                                 "SameSite=Strict")));
    exchange.call.answered = NULL;
    assert_int_equal(
        metadata_add(&exchange.call.answered, &exchange.arena, CALLER_SESSION, VIEW_LIT("")), 0);
    assert_true(view_eq(caller_set_cookie(&exchange),
                        VIEW_LIT("usher-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")));
    arena_release(&exchange.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_believed_of_this_origin_alone),
        cmocka_unit_test(the_cookie_is_found_among_others),
        cmocka_unit_test(an_address_is_the_connections_or_the_proxys_word),
        cmocka_unit_test(a_cookie_is_set_and_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
