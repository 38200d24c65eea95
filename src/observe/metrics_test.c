#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "err/err.h"
#include "observe/metrics.h"

METRIC_COUNTER(refused, "usher_holds_total", "Holds asked for.", "outcome=\"refused\"");
METRIC_COUNTER(granted, "usher_holds_total", "Holds asked for.", "outcome=\"granted\"");
METRIC_GAUGE(open_now, "usher_connections_open", "Connections now.", "");
METRIC_HISTOGRAM(commit_time, "usher_commit_seconds", "Time of a commit.", "store=\"mem\"");

static int64_t answer(void)
{
    return 42;
}
METRIC_GAUGE_READ(asked, "usher_answer", "What is asked when shown.", "", answer);

static char *shown(void)
{
    static char text[16 << 10];
    struct buf out;
    buf_init(&out, sizeof(text) - 1);
    assert_int_equal(metrics_render(&(struct exposition){&out, false}), 0);
    struct view v = buf_view(&out);
    memcpy(text, v.at, v.len);
    text[v.len] = '\0';
    buf_release(&out);
    return text;
}

static void shows_names_once_and_in_order(void **state)
{
    metric_add(&granted, 3);
    metric_add(&refused, 5);
    metric_set(&open_now, 7);
    metric_add(&open_now, -2);
    const char *text = shown();
    assert_non_null(strstr(text, "# HELP usher_holds_total Holds asked for.\n"
                                 "# TYPE usher_holds_total counter\n"
                                 "usher_holds_total{outcome=\"granted\"} 3\n"
                                 "usher_holds_total{outcome=\"refused\"} 5\n"));
    assert_non_null(
        strstr(text, "# TYPE usher_connections_open gauge\nusher_connections_open 5\n"));
    assert_non_null(strstr(text, "usher_answer 42\n"));
    assert_true(strstr(text, "usher_answer") < strstr(text, "usher_commit_seconds"));
}

static void a_histogram_adds_up(void **state)
{
    metric_observe_ns(&commit_time, -1);          /* as zero */
    metric_observe_ns(&commit_time, 50000);       /* on the first bound: inside */
    metric_observe_ns(&commit_time, 50001);       /* above it */
    metric_observe_ns(&commit_time, 20000000000); /* above all */
    const char *text = shown();
    assert_non_null(strstr(text, "# TYPE usher_commit_seconds histogram\n"
                                 "usher_commit_seconds_bucket{store=\"mem\",le=\"5e-05\"} 2\n"
                                 "usher_commit_seconds_bucket{store=\"mem\",le=\"0.0001\"} 3\n"));
    assert_non_null(strstr(text, "usher_commit_seconds_bucket{store=\"mem\",le=\"10\"} 3\n"
                                 "usher_commit_seconds_bucket{store=\"mem\",le=\"+Inf\"} 4\n"
                                 "usher_commit_seconds_sum{store=\"mem\"} 20.000100001\n"
                                 "usher_commit_seconds_count{store=\"mem\"} 4\n"));
}

METRIC_SIZES(batch, "usher_batch", "Changes at once.", "");

static void sizes_add_up_too(void **state)
{
    metric_observe_size(&batch, 1);
    metric_observe_size(&batch, 500);
    metric_observe_size(&batch, 2000);
    const char *text = shown();
    assert_non_null(strstr(text, "usher_batch_bucket{le=\"1\"} 1\n"));
    assert_non_null(strstr(text, "usher_batch_bucket{le=\"256\"} 1\n"
                                 "usher_batch_bucket{le=\"512\"} 2\n"));
    assert_non_null(strstr(text, "usher_batch_bucket{le=\"+Inf\"} 3\nusher_batch_sum 2501\n"));
}

static void exemplars_are_shown_to_who_asks(void **state)
{
    static _Atomic uint64_t counts[METRIC_BUCKETS + 1] = {3, 1};
    static struct exemplar exemplars[METRIC_BUCKETS + 1];
    struct exemplar newer = {0};
    const struct metric times = {.type = METRIC_IS_HISTOGRAM,
                                 .name = "a_seconds",
                                 .labels = "",
                                 .buckets = counts,
                                 .exemplars = exemplars};
    struct buf out;
    buf_init(&out, 16 << 10);
    exemplar_set(&exemplars[1], 1, 0xabc, 70000, 1700000000123);
    exemplar_set(&newer, 2, 2, 60000, 1700000000122);
    exemplar_take(&exemplars[1], &newer); /* it is older */
    struct exposition page = {&out, true};
    assert_int_equal(metrics_render_one(&page, METRIC_IS_COUNTER, "a_total", "A.", 9), 0);
    assert_int_equal(metrics_render_value(&page, &times), 0);
    assert_int_equal(exposition_end(&page), 0);
    assert_int_equal(buf_append_byte(&out, 0), 0);
    const char *text = buf_view(&out).at;
    assert_ptr_equal(strstr(text, "# HELP a A.\n# TYPE a counter\na_total 9\n"), text);
    assert_non_null(strstr(text, "a_seconds_bucket{le=\"5e-05\"} 3\n"));
    assert_non_null(strstr(text, "a_seconds_bucket{le=\"0.0001\"} 4 # {trace_id=\""
                                 "00000000000000010000000000000abc\"} 0.000070000 "
                                 "1700000000.123\n"));
    assert_non_null(strstr(text, "a_seconds_count 4\n# EOF\n"));
    page.open_metrics = false;
    buf_clear(&out);
    assert_int_equal(metrics_render_value(&page, &times), 0);
    assert_int_equal(exposition_end(&page), 0);
    assert_int_equal(buf_append_byte(&out, 0), 0);
    assert_null(strstr(buf_view(&out).at, "#"));
    buf_release(&out);
    assert_true(exposition_is_open(VIEW_LIT("application/openmetrics-text;version=1.0.0,*/*")));
    assert_false(exposition_is_open(VIEW_LIT("text/plain;version=0.0.4")));
}

static void bounds_rise(void **state)
{
    for (int i = 1; i < METRIC_BUCKETS; i++)
        assert_true(metric_bounds_ns[i] > metric_bounds_ns[i - 1]);
}

static void *count_up(void *arg)
{
    for (int i = 0; i < 100000; i++)
        metric_add(&refused, 1);
    return NULL;
}

static void threads_lose_no_count(void **state)
{
    pthread_t threads[4];
    int64_t before = metric_value(&refused);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_value(&refused), before + 400000);
}

static void a_small_buffer_is_an_error(void **state)
{
    struct buf out;
    buf_init(&out, 10);
    assert_int_equal(metrics_render(&(struct exposition){&out, false}), ERR_FULL);
    buf_release(&out);
    buf_init(&out, 200);
    assert_int_equal(metrics_render_one(&(struct exposition){&out, false}, METRIC_IS_COUNTER,
                                        "a_total", "A.", 9),
                     0);
    assert_true(view_eq(buf_view(&out),
                        VIEW_LIT("# HELP a_total A.\n# TYPE a_total counter\na_total 9\n")));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_names_once_and_in_order),
        cmocka_unit_test(a_histogram_adds_up),
        cmocka_unit_test(sizes_add_up_too),
        cmocka_unit_test(exemplars_are_shown_to_who_asks),
        cmocka_unit_test(bounds_rise),
        cmocka_unit_test(threads_lose_no_count),
        cmocka_unit_test(a_small_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
