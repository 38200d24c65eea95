#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <unistd.h>

#include "err/err.h"
#include "observe/log.h"

static struct clock_virtual now;
static char path[64];
static int fd;

/* Starts a fresh log file; every test has a second of its own, so that none is limited by another.
 */
static void begin(enum log_level level, enum log_form form)
{
    clock_virtual_advance(&now, 2 * NS_PER_S);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    log_setup(&(struct log_options){.level = level, .form = form, .fd = fd, .clock = &now.clock});
}

static char *written(void)
{
    static char bytes[1 << 20];
    ssize_t len = pread(fd, bytes, sizeof(bytes) - 1, 0);
    assert_true(len >= 0);
    bytes[len] = '\0';
    return bytes;
}

static int setup(void **state)
{
    clock_virtual_init(&now, INT64_C(1782000000000));
    snprintf(path, sizeof(path), "/tmp/usher-log-test-XXXXXX");
    fd = mkstemp(path);
    return fd < 0;
}

static int teardown(void **state)
{
    close(fd);
    return unlink(path);
}

static const char *string_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void json_has_the_names_of_ecs(void **state)
{
    begin(LOG_INFO, LOG_JSON);
    log_event(LOG_WARN, "hold.refused", log_int("usher.seat", -3), log_uint("usher.big", INT64_MAX),
              log_bool("usher.hot", true), log_real("usher.share", 0.25),
              log_real("usher.none", NAN), log_str("user.name", "Kim \"the fan\""),
              log_id("usher.hold", (struct id){1, 2}), log_err(ERR_CONFLICT), log_errno(ENOSPC));
    json_error_t error;
    json_t *object = json_loads(written(), 0, &error);
    assert_non_null(object);
    assert_string_equal(string_of(object, "log.level"), "warn");
    assert_string_equal(string_of(object, "event.action"), "hold.refused");
    assert_string_equal(string_of(object, "message"), "hold.refused");
    assert_string_equal(string_of(object, "service.name"), "usher");
    assert_int_equal(strlen(string_of(object, "@timestamp")), strlen("2026-06-21T00:00:00.000Z"));
    assert_memory_equal(string_of(object, "@timestamp"), "2026-06-2", 9);
    assert_int_equal(json_integer_value(json_object_get(object, "usher.seat")), -3);
    assert_true(json_is_true(json_object_get(object, "usher.hot")));
    assert_true(json_real_value(json_object_get(object, "usher.share")) == 0.25);
    assert_true(json_is_null(json_object_get(object, "usher.none")));
    assert_string_equal(string_of(object, "user.name"), "Kim \"the fan\"");
    assert_int_equal(strlen(string_of(object, "usher.hold")), ID_TEXT_CHARS);
    assert_string_equal(string_of(object, "error.code"), "ERR_CONFLICT");
    assert_string_equal(string_of(object, "error.message"), "No space left on device");
    assert_int_equal(json_integer_value(json_object_get(object, "process.pid")), getpid());
    json_decref(object);
}

static void text_is_for_people(void **state)
{
    begin(LOG_DEBUG, LOG_TEXT);
    log_event(LOG_INFO, "server.listen", log_text("listening"), log_str("url", "http://a:1"));
    log_event(LOG_DEBUG, "server.idle");
    assert_non_null(strstr(written(), " info  listening  url=http://a:1\n"));
    assert_non_null(strstr(written(), " debug server.idle\n"));
}

static void lower_levels_are_silent(void **state)
{
    begin(LOG_WARN, LOG_JSON);
    assert_false(log_wants(LOG_INFO));
    log_event(LOG_INFO, "quiet.one");
    assert_string_equal(written(), "");
    log_event(LOG_ERROR, "loud.one");
    assert_non_null(strstr(written(), "loud.one"));
}

static void repeats_stop_at_the_burst(void **state)
{
    begin(LOG_INFO, LOG_JSON);
    for (int i = 0; i < LOG_BURST + 30; i++)
        log_event(LOG_INFO, "storm.blows");
    log_event(LOG_INFO, "calm.else");
    assert_non_null(strstr(written(), "calm.else"));
    int lines = 0;
    for (const char *at = written(); (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, LOG_BURST + 1);
}

static void the_news_of_what_was_left_out_comes_once(void **state)
{
    begin(LOG_INFO, LOG_JSON);
    for (int i = 0; i < LOG_BURST + 32; i++) {
        if (i == LOG_BURST + 30)
            clock_virtual_advance(&now, NS_PER_S);
        log_event(LOG_INFO, "storm.counted");
    }
    const char *first = strstr(written(), "\"log.suppressed\":30}");
    assert_non_null(first);
    assert_null(strstr(first + 10, "log.suppressed"));
}

static void a_long_line_stays_json(void **state)
{
    static char huge[LOG_LINE_MAX * 2];
    memset(huge, 'x', sizeof(huge) - 1);
    begin(LOG_INFO, LOG_JSON);
    log_event(LOG_INFO, "long.line", log_int("usher.kept", 1), log_str("usher.huge", huge));
    json_t *object = json_loads(written(), 0, NULL);
    assert_non_null(object);
    assert_true(json_is_true(json_object_get(object, "log.truncated")));
    assert_int_equal(json_integer_value(json_object_get(object, "usher.kept")), 1);
    assert_null(json_object_get(object, "usher.huge"));
    json_decref(object);
}

#define THREADS    4
#define PER_THREAD (LOG_BURST / THREADS)

static void *shout(void *arg)
{
    for (int i = 0; i < PER_THREAD; i++)
        log_event(LOG_INFO, "thread.shout",
                  log_str("usher.text", "0123456789012345678901234567890123456789"));
    return NULL;
}

static void lines_of_threads_never_mix(void **state)
{
    pthread_t threads[THREADS];
    begin(LOG_INFO, LOG_JSON);
    assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, shout, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int lines = 0;
    for (char *at = written(), *end; (end = strchr(at, '\n')); at = end + 1, lines++) {
        *end = '\0';
        json_t *object = json_loads(at, 0, NULL);
        assert_non_null(object);
        json_decref(object);
    }
    assert_int_equal(lines, THREADS * PER_THREAD);
}

static void a_reader_that_is_gone_costs_a_line_only(void **state)
{
    begin(LOG_INFO, LOG_JSON);
    log_setup(
        &(struct log_options){.level = LOG_INFO, .form = LOG_JSON, .fd = 999, .clock = &now.clock});
    uint64_t before = log_lost();
    errno = EAGAIN;
    log_event(LOG_INFO, "nobody.reads");
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(log_lost(), before + 1);
}

static void levels_have_words(void **state)
{
    enum log_level level = LOG_ERROR;
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_level_parse("loud", &level));
    assert_int_equal(level, LOG_DEBUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_names_of_ecs),
        cmocka_unit_test(text_is_for_people),
        cmocka_unit_test(lower_levels_are_silent),
        cmocka_unit_test(repeats_stop_at_the_burst),
        cmocka_unit_test(the_news_of_what_was_left_out_comes_once),
        cmocka_unit_test(a_long_line_stays_json),
        cmocka_unit_test(lines_of_threads_never_mix),
        cmocka_unit_test(a_reader_that_is_gone_costs_a_line_only),
        cmocka_unit_test(levels_have_words),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
