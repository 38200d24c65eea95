#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "observe/metrics.h"
#include "svc/gateway/assets.h"
#include "svc/gateway/negotiate.h"
#include "svc/gateway/page.h"

METRIC_COUNTER(tried, "usher_tried_total", "Tries.", "");

static const uint8_t plain[] = "plain and long", packed[] = "packed", dense[] = "dense";
/* As it is built without the marks of its head, and with them: of one length. */
static const char unmarked[] = "<html>a page that has no head.</html>";
static const char marked[] = "<html><!--head-->x<!--/head--></html>";
static uint8_t index_page[] = "<html>a page that has no head.</html>";
const struct web_asset web_assets[] = {
    {.path = "/assets/a-1.js",
     .type = "text/javascript",
     .forms = {[SQUEEZE_NONE] = {"\"a\"", plain, 14},
               [SQUEEZE_GZIP] = {"\"a-gz\"", packed, 6},
               [SQUEEZE_ZSTD] = {"\"a-zst\"", dense, 5}}},
    {.path = "/icon.svg", .type = "image/svg+xml", .forms = {[SQUEEZE_NONE] = {"\"i\"", plain, 5}}},
    {.path = "/index.html",
     .type = "text/html",
     .forms = {[SQUEEZE_NONE] = {"\"h\"", index_page, sizeof(index_page) - 1},
               [SQUEEZE_GZIP] = {"\"h-gz\"", packed, 6}}},
};
const size_t web_asset_count = 3;

/* This test stands where rpc stands. */
void server_stats(const struct server *server, struct server_stats *ret_stats)
{
    *ret_stats = (struct server_stats){.connections_open = 3, .bytes_in = 41};
}

int server_render_calls(const struct server *server, struct exposition *page)
{
    return exposition_printf(page, "usher_calls_total{code=\"ok\"} 7\n");
}

struct view plain_field(const struct plain_request *ask, struct view name)
{
    return (struct view){0};
}

static struct gateway gateway = {.has_pages = true};
static struct arena arena;

static struct page get(const char *path, const char *accept_encoding, const char *if_none_match)
{
    struct page page;
    struct page_request ask = {.method = VIEW_LIT("GET"),
                               .path = view_str(path),
                               .accept_encoding = view_str(accept_encoding),
                               .if_none_match = view_str(if_none_match),
                               .arena = &arena};
    gateway_page(&gateway, &ask, &page);
    return page;
}

static void the_page_is_asked_about_every_time(void **state)
{
    static const char *const paths[] = {"/",        "/index.html",  "/p/7",
                                        "/orders",  "/orders/01ab", "/line/4/draw",
                                        "/orders/", "/pay/return",  "/orders/01ab/money"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct page page = get(paths[i], "", "");
        assert_int_equal(page.status, 200);
        assert_string_equal(page.type, "text/html");
        assert_string_equal(page.cache, "no-cache");
        assert_string_equal(page.etag, "\"h\"");
        assert_null(page.encoding);
        assert_true(view_eq(page.body, view_str(unmarked)));
        assert_non_null(strstr(page.headers, "Content-Security-Policy: default-src 'none'"));
        assert_non_null(strstr(page.headers, "nosniff"));
        assert_non_null(strstr(page.headers, "Cross-Origin-Opener-Policy: same-origin\r\n"));
        assert_non_null(strstr(page.headers, "Vary: Accept-Encoding\r\n"));
    }
}

static void an_address_that_is_none_is_the_page_that_says_so(void **state)
{
    static const char *const paths[] = {
        "/no/such",  "/p",        "/p/x", "/p/07",          "/p/7/8",           "/p/12345678901",
        "/orders//", "/line/4/x", "/p/",  "/assetsandmore", "/orders/a/money/x"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct page page = get(paths[i], "gzip", "\"h-gz\"");
        assert_int_equal(page.status, 404);
        assert_string_equal(page.type, "text/html");
        assert_null(page.cache); /* so no-store */
        assert_null(page.etag);
        assert_string_equal(page.encoding, "gzip");
        assert_true(view_eq(page.body, VIEW_LIT("packed")));
        assert_non_null(strstr(page.headers, "Content-Security-Policy: default-src 'none'"));
    }
}

static void names_by_content_last_for_ever(void **state)
{
    struct page page = get("/assets/a-1.js", "br, gzip;q=0.8", "");
    assert_int_equal(page.status, 200);
    assert_string_equal(page.cache, "public, max-age=31536000, immutable");
    assert_string_equal(page.encoding, "gzip");
    assert_string_equal(page.etag, "\"a-gz\"");
    assert_true(view_eq(page.body, VIEW_LIT("packed")));
    page = get("/icon.svg", "gzip", "");
    assert_null(page.encoding);
    assert_string_equal(page.cache, "public, max-age=3600");
    assert_null(strstr(page.headers, "Vary"));
}

static void zstd_goes_to_who_asks_for_it(void **state)
{
    struct page page = get("/assets/a-1.js", "gzip, deflate, br, zstd", "");
    assert_string_equal(page.encoding, "zstd");
    assert_string_equal(page.etag, "\"a-zst\"");
    assert_string_equal(page.cache, "public, max-age=31536000, immutable");
    assert_non_null(strstr(page.headers, "Vary: Accept-Encoding\r\n"));
    assert_true(view_eq(page.body, VIEW_LIT("dense")));
    assert_int_equal(get("/assets/a-1.js", "zstd", "\"a-zst\"").status, 304);
    assert_int_equal(get("/assets/a-1.js", "zstd", "\"a-gz\"").status, 200);
    assert_string_equal(get("/assets/a-1.js", "gzip, zstd;q=0.9", "").encoding, "gzip");
    /* What is there by gzip alone goes so, and else as it is. */
    page = get("/no/such", "gzip;q=0.5, zstd", "");
    assert_string_equal(page.encoding, "gzip");
    assert_null(get("/no/such", "zstd", "").encoding);
}

static void what_the_browser_has_is_not_sent(void **state)
{
    struct page page = get("/", "gzip", "\"x\", W/\"h-gz\"");
    assert_int_equal(page.status, 304);
    assert_int_equal(page.body.len, 0);
    assert_string_equal(page.etag, "\"h-gz\"");
    assert_string_equal(page.cache, "no-cache");
    /* The tag of the other form is another thing. */
    assert_int_equal(get("/", "gzip", "\"h\"").status, 200);
    assert_int_equal(get("/", "", "\"h\"").status, 304);
    assert_int_equal(get("/", "", "*").status, 304);
}

static void a_page_with_marks_has_a_head_of_its_own(void **state)
{
    static_assert(sizeof(marked) == sizeof(index_page), "one length");
    memcpy(index_page, marked, sizeof(marked));
    const struct page open = get("/", "", ""), own = get("/orders", "", "");
    assert_int_equal(open.status, 200);
    assert_string_equal(open.cache, "no-cache");
    assert_true(open.body.len > sizeof(marked));
    assert_true(view_starts(open.body, VIEW_LIT("<html>")));
    assert_null(memmem(open.body.at, open.body.len, "noindex", 7));
    assert_non_null(memmem(own.body.at, own.body.len, "noindex", 7)); /* one person's */
    const struct page again = get("/", "", open.etag);
    assert_int_equal(again.status, 304);
    assert_int_equal(again.body.len, 0);
    const struct page squeezed = get("/", "gzip", "");
    assert_string_equal(squeezed.encoding, "gzip");
    assert_true(squeezed.body.len > 0 && !view_eq(squeezed.body, open.body));
    assert_string_not_equal(squeezed.etag, open.etag);
    const struct page dense_page = get("/", "gzip, zstd", "");
    assert_string_equal(dense_page.encoding, "zstd");
    assert_string_not_equal(dense_page.etag, open.etag);
    assert_string_not_equal(dense_page.etag, squeezed.etag);
    const struct page none = get("/no/such", "", "");
    assert_int_equal(none.status, 404);
    assert_null(none.etag);
    assert_non_null(memmem(none.body.at, none.body.len, "noindex", 7));
    memcpy(index_page, unmarked, sizeof(unmarked));
}

static void what_is_not_there_is_not_found(void **state)
{
    static const char *const paths[] = {"/favicon.ico",
                                        "/assets/a-2.js",
                                        "/assets/a-2",
                                        "/assets/",
                                        "/assets",
                                        "/assets/a-1.js/more",
                                        "/.env",
                                        "/.git/config",
                                        "/usher.v1.TicketService/NoSuch",
                                        "/../etc/passwd",
                                        "/assets/..",
                                        "index.html",
                                        ""};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct page page = get(paths[i], "gzip", "");
        assert_int_equal(page.status, 404);
        assert_null(page.cache); /* so no-store: it may come with the next version */
        assert_string_equal(page.type, "text/plain; charset=utf-8");
        assert_true(page.body.len > 0 && page.body.len < 80);
    }
}

static bool is_ready(void *state)
{
    return *(bool *)state;
}

static void health_follows_the_drain(void **state)
{
    bool ready = false;
    assert_int_equal(get("/healthz", "", "").status, 200);
    atomic_store(&gateway.draining, true);
    assert_int_equal(get("/healthz", "", "").status, 503);
    assert_int_equal(get("/readyz", "", "").status, 503);
    atomic_store(&gateway.draining, false);
    assert_int_equal(get("/readyz", "", "").status, 200);
    gateway.ready = is_ready;
    gateway.state = &ready;
    assert_int_equal(get("/readyz", "", "").status, 503);
    ready = true;
    assert_int_equal(get("/readyz", "", "").status, 200);
    gateway.ready = NULL;
    gateway.has_pages = false;
    assert_int_equal(get("/healthz", "", "").status, 200);
    assert_int_equal(get("/", "", "").status, 404);
    assert_int_equal(get("/robots.txt", "", "").status, 404);
    gateway.has_pages = true;
    struct page robots = get("/robots.txt", "", "");
    assert_true(view_starts(robots.body, VIEW_LIT("User-agent: *\n")));
}

static int figures(void *figures_state, struct exposition *page)
{
    return exposition_printf(page, "usher_seats_free %d\n", *(int *)figures_state);
}

static void metrics_have_the_servers_figures_too(void **state)
{
    int free_seats = 12;
    metric_add(&tried, 9);
    struct page page = get("/metrics", "", "");
    assert_int_equal(page.status, 200);
    assert_string_equal(page.type, METRICS_TYPE);
    assert_null(page.cache);
    assert_non_null(strstr(page.body.at, "usher_tried_total 9\n"));
    assert_null(strstr(page.body.at, "usher_calls_total"));
    atomic_store(&gateway.server, (const struct server *)&arena);
    page = get("/metrics", "", "");
    assert_non_null(strstr(page.body.at, "usher_received_bytes_total 41\n"));
    assert_non_null(strstr(page.body.at, "usher_calls_total{code=\"ok\"} 7\n"));
    assert_non_null(strstr(page.body.at, "usher_connections_open 3\n"));
    assert_null(strstr(page.body.at, "usher_seats_free"));
    gateway.figures = figures;
    gateway.state = &free_seats;
    page = get("/metrics", "", "");
    assert_non_null(strstr(page.body.at, "usher_seats_free 12\n"));
    gateway.figures = NULL;
    atomic_store(&gateway.server, NULL);
    struct arena small;
    arena_init(&small, 64);
    struct page_request ask = {.path = VIEW_LIT("/metrics"), .arena = &small};
    gateway_page(&gateway, &ask, &page);
    assert_int_equal(page.status, 503);
    arena_release(&small);
}

static void gzip_is_taken_where_it_is_said(void **state)
{
    static const char *const yes[] = {"gzip",      "GZIP", "deflate, gzip",   "gzip;q=0.001",
                                      "gzip; q=1", "*",    "br;q=0, *;q=0.5", "identity;q=0,gzip"};
    static const char *const no[] = {"",      "br",      "gzip;q=0",    "gzip; q=0.000",
                                     "*;q=0", "gzipped", "*, gzip;q=0", "x-gzip;q=1, ,,;"};
    const size_t gzip_alone[SQUEEZE_KINDS] = {[SQUEEZE_GZIP] = 6};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        assert_int_equal(negotiate_form(view_str(yes[i]), gzip_alone), SQUEEZE_GZIP);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        assert_int_equal(negotiate_form(view_str(no[i]), gzip_alone), SQUEEZE_NONE);
}

static void the_greatest_weight_wins(void **state)
{
    static const struct {
        const char *says;
        size_t gzip, zstd;
        enum squeeze form;
    } table[] = {
        {"gzip, zstd", 6, 5, SQUEEZE_ZSTD},
        {"zstd, gzip", 5, 6, SQUEEZE_GZIP}, /* the shorter one */
        {"gzip, zstd", 6, 6, SQUEEZE_ZSTD},
        {"gzip;q=0.25, zstd;q=0.3", 5, 6, SQUEEZE_ZSTD},
        {"gzip;q=0.251, zstd;q=0.25", 6, 5, SQUEEZE_GZIP},
        {"gzip;q=1.0, zstd;q=0.999", 6, 5, SQUEEZE_GZIP},
        {"zstd;q=0, *;q=0.1", 6, 5, SQUEEZE_GZIP},
        {"gzip;q=0.1, *", 5, 6, SQUEEZE_ZSTD},
        {"zstd", 6, 0, SQUEEZE_NONE},
        {"ZSTD; q=0.5", 6, 5, SQUEEZE_ZSTD},
        {"identity, gzip;q=0.5, zstd;q=0.5", 6, 5, SQUEEZE_NONE},
        {"identity;q=0.5, gzip;q=0.5", 6, 5, SQUEEZE_GZIP},
        {"gzip;q=0, zstd;q=0.000", 6, 5, SQUEEZE_NONE},
        {"", 6, 5, SQUEEZE_NONE},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const size_t len[SQUEEZE_KINDS] = {14, table[i].gzip, table[i].zstd};
        assert_int_equal(negotiate_form(view_str(table[i].says), len), table[i].form);
    }
}

static int setup(void **state)
{
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_asked_about_every_time),
        cmocka_unit_test(an_address_that_is_none_is_the_page_that_says_so),
        cmocka_unit_test(names_by_content_last_for_ever),
        cmocka_unit_test(zstd_goes_to_who_asks_for_it),
        cmocka_unit_test(what_the_browser_has_is_not_sent),
        cmocka_unit_test(a_page_with_marks_has_a_head_of_its_own),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(health_follows_the_drain),
        cmocka_unit_test(metrics_have_the_servers_figures_too),
        cmocka_unit_test(gzip_is_taken_where_it_is_said),
        cmocka_unit_test(the_greatest_weight_wins),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
