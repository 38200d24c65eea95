/* The adapter against scripted answers; tests/monitor runs it against the real servers. */
#include "svc/monitor/elastic.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"

/* Answers in order; what was asked is kept. */
struct reply {
    int err;
    int status;
    const char *body;
};
static struct fake {
    struct http http;
    const struct reply *replies;
    size_t count, asked;
    char paths[8][160];
    char methods[8][8];
    char bodies[8][4096];
    char field[8][64];
} fake;

static int fake_call(struct http *http, const struct http_ask *ask, struct arena *call_arena,
                     struct http_answer *ret_answer, int64_t deadline_ns)
{
    assert_true(fake.asked < fake.count);
    const size_t i = fake.asked++;
    assert_true(strncmp(ask->url, "http://es:9200", 14) == 0);
    snprintf(fake.paths[i], sizeof(fake.paths[i]), "%s", ask->url + 14);
    snprintf(fake.methods[i], sizeof(fake.methods[i]), "%s", ask->method);
    snprintf(fake.bodies[i], sizeof(fake.bodies[i]), "%.*s", VIEW_ARG(ask->body));
    snprintf(fake.field[i], sizeof(fake.field[i]), "%s", ask->fields[0] ? ask->fields[0] : "");
    *ret_answer = (struct http_answer){.status = fake.replies[i].status,
                                       .body = view_str(fake.replies[i].body)};
    return fake.replies[i].err;
}

static struct arena arena;
static struct elastic elastic;

static void script(const struct reply *replies, size_t count)
{
    fake = (struct fake){.http.call = fake_call, .replies = replies, .count = count};
    elastic = (struct elastic){.http = &fake.http, .target.url = "http://es:9200"};
    elastic_init(&elastic);
    arena_reset(&arena);
}
#define SCRIPT(...)                                                                                \
    static const struct reply replies_[] = {__VA_ARGS__};                                          \
    script(replies_, sizeof(replies_) / sizeof(replies_[0]))

#define ES7 "{\"version\":{\"number\":\"7.17.9\"}}"
#define OS3 "{\"version\":{\"number\":\"3.4.0\",\"distribution\":\"opensearch\"}}"

static void opensearch_gets_data_streams(void **state)
{
    const char *why;
    SCRIPT({0, 200, OS3}, {0, 400, "no handler"}, {0, 200, "{}"}, {0, 200, "{}"}, {0, 200, "{}"},
           {0, 200, "{}"});
    assert_int_equal(elastic.target.body->prepare(&elastic.target, &arena, &why, 0), 0);
    assert_true(elastic.target.prepared && elastic.data_streams &&
                elastic.kind == ELASTIC_OPENSEARCH);
    assert_string_equal(fake.paths[1], "/_plugins/_ism/policies/usher");
    assert_string_equal(fake.paths[2], "/_component_template/usher");
    assert_string_equal(fake.paths[3], "/_index_template/usher-logs");
    assert_string_equal(fake.paths[4], "/_index_template/usher-events");
    assert_string_equal(fake.paths[5], "/_index_template/usher-spans");
    assert_string_equal(fake.methods[3], "PUT");
    assert_non_null(strstr(fake.bodies[2], "\"log.level\":{\"type\":\"keyword\"}"));
    assert_null(strstr(fake.bodies[2], "lifecycle")); /* its pattern is in the policy */
    assert_non_null(strstr(fake.bodies[3], "\"data_stream\":{}"));
    assert_non_null(strstr(fake.bodies[3], "\"composed_of\":[\"usher\"]"));
    assert_non_null(strstr(fake.bodies[3], "\"priority\":600"));
}

/* An index of Elasticsearch names its life cycle, where the server has one. */
static void elasticsearch_gets_a_life_cycle(void **state)
{
    const char *why;
    SCRIPT({0, 200, ES7}, {0, 200, "{}"}, {0, 200, "{}"}, {0, 200, "{}"}, {0, 200, "{}"},
           {0, 200, "{}"});
    assert_int_equal(elastic.target.body->prepare(&elastic.target, &arena, &why, 0), 0);
    assert_string_equal(fake.paths[1], "/_ilm/policy/usher");
    assert_non_null(strstr(fake.bodies[2], "\"index.lifecycle.name\":\"usher\""));
    assert_true(elastic.data_streams);
}

static void a_server_without_data_streams_gets_an_index_a_day(void **state)
{
    const char *why;
    SCRIPT({0, 200, ES7}, {0, 404, ""}, {0, 200, "{}"}, {0, 400, "unknown key data_stream"},
           {0, 200, "{}"}, {0, 200, "{}"}, {0, 200, "{}"},
           {0, 200, "{\"items\":[{\"create\":{\"status\":201}}]}"});
    assert_int_equal(elastic.target.body->prepare(&elastic.target, &arena, &why, 0), 0);
    assert_true(elastic.target.prepared && !elastic.data_streams);
    assert_string_equal(fake.paths[1], "/_ilm/policy/usher");
    assert_null(strstr(fake.bodies[2], "lifecycle"));
    assert_null(strstr(fake.bodies[4], "data_stream"));
    const struct record record = {.id = VIEW_LIT("1-1"),
                                  .stream = RECORD_EVENTS,
                                  .at_ms = INT64_C(1767225600000), /* 2026-01-01T00:00:00Z */
                                  .body = VIEW_LIT("{\"a\":1}")};
    struct ship_outcome outcome;
    assert_int_equal(elastic.target.body->ship(&elastic.target, &record, 1, &arena, &outcome, 0),
                     0);
    assert_string_equal(fake.bodies[7],
                        "{\"create\":{\"_index\":\"usher-events-2026.01.01\",\"_id\":\"1-1\"}}\n"
                        "{\"a\":1}\n");
    assert_string_equal(fake.field[7], "Content-Type: application/x-ndjson");
}

static void who_does_not_let_us_in_is_told(void **state)
{
    const char *why;
    SCRIPT({0, 401, "missing authentication credentials"});
    assert_int_equal(elastic.target.body->prepare(&elastic.target, &arena, &why, 0), ERR_DENIED);
    assert_non_null(strstr(why, "401: missing authentication"));
    assert_false(elastic.target.prepared);
}

static void who_is_not_there_is_asked_again(void **state)
{
    const char *why;
    SCRIPT({ERR_UNAVAILABLE, 0, ""}, {0, 503, "starting"}, {0, 200, "{\"version\":{}}"});
    assert_int_equal(elastic.target.body->prepare(&elastic.target, &arena, &why, 0),
                     ERR_UNAVAILABLE);
    assert_int_equal(elastic.target.body->prepare(&elastic.target, &arena, &why, 0),
                     ERR_UNAVAILABLE);
    assert_int_equal(elastic.target.body->prepare(&elastic.target, &arena, &why, 0),
                     ERR_UNSUPPORTED);
}

static const struct record three[] = {
    {.id = VIEW_LIT("a"), .stream = RECORD_LOGS, .body = VIEW_LIT("{}")},
    {.id = VIEW_LIT("b"), .stream = RECORD_LOGS, .body = VIEW_LIT("{}")},
    {.id = VIEW_LIT("c\"d"), .stream = RECORD_EVENTS, .body = VIEW_LIT("{}")},
};

static int ship(struct ship_outcome outcomes[3])
{
    elastic.target.prepared = elastic.data_streams = true;
    return elastic.target.body->ship(&elastic.target, three, 3, &arena, outcomes, 0);
}

static void each_record_has_its_outcome(void **state)
{
    struct ship_outcome o[3];
    SCRIPT({0, 200,
            "{\"items\":[{\"create\":{\"status\":409,\"error\":{\"type\":\"version_conflict\"}}},"
            "{\"create\":{\"status\":429}},{\"create\":{\"status\":400,\"error\":{\"type\":"
            "\"mapper_parsing_exception\",\"reason\":\"no date\"}}}]}"});
    assert_int_equal(ship(o), 0);
    assert_true(o[0].result == SHIP_SHIPPED && o[1].result == SHIP_AGAIN);
    assert_int_equal(o[2].result, SHIP_REFUSED);
    assert_string_equal(o[2].why, "mapper_parsing_exception: no date");
    assert_non_null(strstr(fake.bodies[0], "\"_id\":\"c\\\"d\""));
}

/* Rights, a limit of the cluster, an index that is gone: what was sold is not lost for it. */
static void what_is_not_its_fault_goes_again(void **state)
{
    struct ship_outcome o[3];
    SCRIPT({0, 200,
            "{\"errors\":true,\"items\":[{\"create\":{\"status\":403,\"error\":{\"type\":"
            "\"security_exception\",\"reason\":\"no rights\"}}},{\"create\":{\"status\":400,"
            "\"error\":{\"type\":\"validation_exception\",\"reason\":\"1000 shards open\"}}},"
            "{\"create\":{\"status\":404,\"error\":{\"type\":\"index_not_found_exception\"}}}]}"});
    assert_int_equal(ship(o), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(o[i].result, SHIP_AGAIN);
    assert_string_equal(o[0].why, "security_exception: no rights");
}

static void what_is_too_large_is_told(void **state)
{
    struct ship_outcome o[3];
    SCRIPT({0, 413, "<html>"});
    assert_int_equal(ship(o), ERR_FULL);
    assert_string_equal(elastic.target.why, "POST /_bulk was answered with 413: <html>");
}

/* The answer says first whether there is an error at all. */
static void what_has_no_error_was_shipped(void **state)
{
    struct ship_outcome o[3] = {
        {.result = SHIP_AGAIN}, {.result = SHIP_AGAIN}, {.result = SHIP_AGAIN}};
    SCRIPT({0, 200, "{\"errors\":false,\"items\":[]}"}, {0, 200, "{\"errors\":true,\"items\":[]}"});
    assert_int_equal(ship(o), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(o[i].result, SHIP_SHIPPED);
    assert_int_equal(ship(o), ERR_UNKNOWN);
}

static void what_is_not_known_is_said(void **state)
{
    struct ship_outcome o[3];
    SCRIPT({ERR_UNAVAILABLE, 0, ""}, {ERR_TIMEOUT, 0, ""}, {ERR_UNKNOWN, 0, ""}, {0, 502, ""},
           {0, 429, ""}, {0, 403, ""}, {0, 200, "{\"items\":[]}"});
    const int expected[] = {ERR_UNAVAILABLE, ERR_UNKNOWN, ERR_UNKNOWN, ERR_UNKNOWN,
                            ERR_UNAVAILABLE, ERR_DENIED,  ERR_UNKNOWN};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(ship(o), expected[i]);
}

static void what_is_there_is_found(void **state)
{
    bool found[3];
    SCRIPT({0, 200, "{}"}, {0, 200, "{\"hits\":{\"hits\":[{\"_id\":\"c\\\"d\"},{\"_id\":\"a\"}]}}"},
           {0, 200, "{}"}, {0, 200, "{}"}, {0, 503, ""});
    assert_int_equal(elastic.target.body->find(&elastic.target, three, 3, &arena, found, 0), 0);
    assert_true(found[0] && !found[1] && found[2]);
    assert_int_equal(elastic.target.body->find(&elastic.target, three, 3, &arena, found, 0), 0);
    assert_true(!found[0] && !found[1] && !found[2]);
    assert_int_equal(elastic.target.body->find(&elastic.target, three, 3, &arena, found, 0),
                     ERR_UNAVAILABLE);
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opensearch_gets_data_streams),
        cmocka_unit_test(elasticsearch_gets_a_life_cycle),
        cmocka_unit_test(a_server_without_data_streams_gets_an_index_a_day),
        cmocka_unit_test(who_does_not_let_us_in_is_told),
        cmocka_unit_test(who_is_not_there_is_asked_again),
        cmocka_unit_test(each_record_has_its_outcome),
        cmocka_unit_test(what_is_not_its_fault_goes_again),
        cmocka_unit_test(what_is_too_large_is_told),
        cmocka_unit_test(what_has_no_error_was_shipped),
        cmocka_unit_test(what_is_not_known_is_said),
        cmocka_unit_test(what_is_there_is_found),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
