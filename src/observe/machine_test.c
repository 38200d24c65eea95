#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "err/err.h"
#include "observe/machine.h"
#include "observe/metrics.h"

static char folder[64];

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static int make_proc(void **state)
{
    char path[128];
    snprintf(folder, sizeof(folder), "/tmp/machine-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/self", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/net", folder);
    mkdir(path, 0700);
    put("self/status", "Name:\tusher\nVmRSS:\t   1234 kB\nThreads:\t7\n");
    /* The name may hold brackets and spaces; started 500 ticks after the machine. */
    put("self/stat", "9 (a ) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 500 0\n");
    put("stat", "cpu  100 0 250 1000 7 0 0 3 0 0\ncpu0 1 1 1 1\nbtime 1700000000\n");
    put("meminfo", "MemTotal:       2000 kB\nMemFree:        1 kB\nMemAvailable:   1500 kB\n");
    put("net/dev", "Inter-|   Receive\n face |bytes\n"
                   "    lo: 5 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0\n"
                   "  eth0:1000 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n"
                   " wlan0: 10 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0\n");
    return 0;
}

static int remove_proc(void **state)
{
    static const char *const names[] = {"self/status", "self/stat", "stat", "meminfo",
                                        "net/dev",     "self",      "net",  ""};
    char path[128];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    return 0;
}

static const char *shown(const char *proc)
{
    static char text[8192];
    struct buf out;
    buf_init(&out, sizeof(text) - 1);
    assert_int_equal(machine_render_from(&(struct exposition){&out, false}, proc, "/"), 0);
    struct view v = buf_view(&out);
    memcpy(text, v.at, v.len);
    text[v.len] = '\0';
    buf_release(&out);
    return text;
}

static void reads_what_the_kernel_tells(void **state)
{
    const char *text = shown(folder);
    assert_non_null(strstr(text, "\nprocess_resident_memory_bytes 1263616\n"));
    assert_non_null(strstr(text, "\nprocess_threads 7\n"));
    char started[64];
    snprintf(started, sizeof(started), "\nprocess_start_time_seconds %ld\n",
             1700000000L + 500 / sysconf(_SC_CLK_TCK));
    assert_non_null(strstr(text, started));
    assert_non_null(strstr(text, "\nusher_host_memory_bytes{state=\"available\"} 1536000\n"));
    assert_non_null(strstr(text, "# TYPE usher_host_network_bytes_total counter\n"
                                 "usher_host_network_bytes_total{direction=\"receive\"} 1010\n"
                                 "usher_host_network_bytes_total{direction=\"transmit\"} 202\n"));
    if (sysconf(_SC_CLK_TCK) == 100)
        assert_non_null(strstr(text, "usher_host_cpu_seconds_total{mode=\"user\"} 1.00\n"
                                     "usher_host_cpu_seconds_total{mode=\"nice\"} 0.00\n"
                                     "usher_host_cpu_seconds_total{mode=\"system\"} 2.50\n"
                                     "usher_host_cpu_seconds_total{mode=\"idle\"} 10.00\n"
                                     "usher_host_cpu_seconds_total{mode=\"iowait\"} 0.07\n"
                                     "usher_host_cpu_seconds_total{mode=\"steal\"} 0.03\n"));
    assert_non_null(strstr(text, "usher_host_disk_bytes{state=\"available\"} "));
}

static void leaves_out_what_it_does_not_tell(void **state)
{
    put("meminfo", "MemTotal: many\n");
    put("self/stat", "9 (usher\n");
    const char *text = shown(folder);
    assert_null(strstr(text, "usher_host_memory_bytes"));
    assert_null(strstr(text, "process_start_time_seconds"));
    text = shown("/no-such-folder");
    assert_null(strstr(text, "process_resident"));
    assert_non_null(strstr(text, "process_cpu_seconds_total ")); /* is no file */
}

static void the_real_one_is_there(void **state)
{
    const char *text = shown("/proc");
    static const char *const names[] = {"\nprocess_resident_memory_bytes ", "\nprocess_open_fds ",
                                        "\nprocess_max_fds ", "\nprocess_start_time_seconds ",
                                        "\nusher_host_memory_bytes{state=\"total\"} "};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(strstr(text, names[i]));
}

static void a_small_buffer_is_full(void **state)
{
    struct buf out;
    buf_init(&out, 200);
    assert_int_equal(machine_render(&(struct exposition){&out, false}, "/"), ERR_FULL);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_the_kernel_tells, make_proc, remove_proc),
        cmocka_unit_test_setup_teardown(leaves_out_what_it_does_not_tell, make_proc, remove_proc),
        cmocka_unit_test(the_real_one_is_there),
        cmocka_unit_test(a_small_buffer_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
