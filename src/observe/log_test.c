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
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
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
    log_flush();
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
              log_id("usher.hold", (struct id){1, 2}), log_err(ERR_CONFLICT));
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
    log_flush();
    assert_int_equal(log_lost(), before + 1);
}

/* ---- a reader that has stopped ---- */

static int stalled_pipe(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    log_setup(&(struct log_options){
        .level = LOG_INFO, .form = LOG_JSON, .fd = ends[1], .clock = &now.clock});
    return ends[0];
}

#define FLOOD 1000

/* All lines must be whole, and as many as were logged once those reported lost are added. */
static void a_reader_that_stops_holds_up_nobody(void **state)
{
    static char text[600], bytes[8192];
    const uint64_t before = log_lost();
    int reader = stalled_pipe();
    memset(text, 'x', sizeof(text) - 1);
    alarm(20); /* for a log that blocks */
    for (int i = 0; i < FLOOD; i++) {
        clock_virtual_advance(&now, NS_PER_S / LOG_BURST + 1);
        log_event(LOG_INFO, "flood.line", log_str("usher.text", text));
    }
    const uint64_t lost = log_lost() - before;
    assert_true(lost > 0 && lost < FLOOD);
    FILE *in = fdopen(reader, "r");
    uint64_t lines = 0, told = 0;
    while (lines < FLOOD - lost || told < log_lost()) {
        assert_non_null(fgets(bytes, sizeof(bytes), in));
        json_t *object = json_loads(bytes, 0, NULL);
        assert_non_null(object);
        if (strcmp(string_of(object, "event.action"), "log.lose") == 0)
            told += (uint64_t)json_integer_value(json_object_get(object, "usher.lines"));
        else
            lines++;
        json_decref(object);
    }
    alarm(0);
    assert_int_equal(lines, FLOOD - lost);
    assert_int_equal(told, log_lost()); /* with what another test lost */
    begin(LOG_INFO, LOG_JSON);
    fclose(in);
}

/* The child's last lines wait behind a full pipe, which is read once it would be dead. */
static void last_lines_of(void (*end)(void), int signal_number)
{
    static char bytes[1 << 16], text[2000];
    size_t len = 0;
    int status;
    siginfo_t ended = {0};
    memset(text, 'x', sizeof(text) - 1);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        log_setup(&(struct log_options){
            .level = LOG_INFO, .form = LOG_JSON, .fd = ends[1], .clock = &now.clock});
        for (int i = 0; i < 5; i++)
            log_event(LOG_INFO, "last.but", log_str("usher.text", text));
        log_event(LOG_ERROR, "last.word");
        end();
    }
    close(ends[1]);
    for (int i = 0; i < 100 && ended.si_pid == 0; i++) {
        assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT), 0);
        poll(NULL, 0, 1);
    }
    for (ssize_t n; (n = read(ends[0], bytes + len, sizeof(bytes) - 1 - len)) > 0;)
        len += (size_t)n;
    bytes[len] = '\0';
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signal_number);
    assert_non_null(strstr(bytes, "last.word"));
    close(ends[0]);
}

static void exit_quietly(void)
{
    exit(0);
}

static void the_last_lines_are_written_at_exit_and_abort(void **state)
{
    last_lines_of(exit_quietly, 0);
    last_lines_of(abort, SIGABRT);
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
        cmocka_unit_test(a_reader_that_stops_holds_up_nobody),
        cmocka_unit_test(the_last_lines_are_written_at_exit_and_abort),
        cmocka_unit_test(levels_have_words),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
