#include "observe/machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "observe/metrics.h"

#define TEXT_MAX 16384 /* of a file in /proc; what is beyond is not looked at */

/* The beginning of a file as a string; false where it cannot be read. */
static bool read_text(const char *proc, const char *name, char text[TEXT_MAX])
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", proc, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t len = 0;
    ssize_t got;
    while (len < TEXT_MAX - 1 && (got = read(fd, text + len, TEXT_MAX - 1 - len)) > 0)
        len += (size_t)got;
    close(fd);
    text[len] = '\0';
    return len > 0;
}

/* The n-th number (from 0) behind a word at the beginning of a line; -1 where there is none. */
static int64_t number_after(const char *text, const char *word, int n)
{
    const size_t len = strlen(word);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, word, len) != 0)
            continue;
        const char *at = line + len;
        for (int i = 0;; i++) {
            char *end;
            int64_t value = strtoll(at, &end, 10);
            if (end == at)
                return -1;
            if (i == n)
                return value;
            at = end;
        }
    }
    return -1;
}

static int count_files(const char *proc, int64_t *ret_count)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/self/fd", proc);
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    int64_t count = 0;
    for (const struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    *ret_count = count - 1; /* the one that reads */
    return 0;
}

/* ---- reading ---- */

static int64_t own_cpu_us(void)
{
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) != 0)
        return -1;
    return (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
           used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static int64_t started_s(const char *proc, char text[TEXT_MAX])
{
    /* The 22nd field, in ticks since the machine started. The second is a name in brackets, which
     * may hold anything. */
    const char *at = read_text(proc, "self/stat", text) ? strrchr(text, ')') : NULL;
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    const int64_t ticks = at ? strtoll(at, NULL, 10) : -1;
    const int64_t booted = read_text(proc, "stat", text) ? number_after(text, "btime", 0) : -1;
    return ticks < 0 || booted < 0 ? -1 : booted + ticks / sysconf(_SC_CLK_TCK);
}

static int64_t times(int64_t number, int64_t by)
{
    return number < 0 ? -1 : number * by;
}

static void read_process(const char *proc, char text[TEXT_MAX], struct machine *m)
{
    struct rlimit limit;
    m->cpu_us = own_cpu_us();
    if (read_text(proc, "self/status", text)) {
        m->resident_bytes = times(number_after(text, "VmRSS:", 0), 1024);
        m->threads = number_after(text, "Threads:", 0);
    }
    count_files(proc, &m->open_files);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= INT64_MAX)
        m->max_files = (int64_t)limit.rlim_cur;
    m->started_s = started_s(proc, text);
}

static void read_host_cpu(const char *text, struct machine *m)
{
    /* Columns of the line "cpu" in proc(5). */
    static const int columns[6] = {0, 1, 2, 3, 4, 7};
    for (int i = 0; i < 6; i++)
        m->host_cpu_us[i] =
            times(number_after(text, "cpu ", columns[i]), 1000000 / sysconf(_SC_CLK_TCK));
}

/* All interfaces but loopback. */
static void read_network(const char *text, struct machine *m)
{
    m->received_bytes = m->sent_bytes = 0;
    for (const char *line = strchr(text, '\n'); line && *line; line = strchr(line + 1, '\n')) {
        const char *name = line + 1 + strspn(line + 1, " ");
        const char *colon = strpbrk(name, ":\n");
        if (!colon || *colon != ':' || strncmp(name, "lo:", 3) == 0)
            continue;
        const char *at = colon + 1;
        for (int column = 0; column <= 8; column++) {
            char *end;
            const int64_t value = strtoll(at, &end, 10);
            if (end == at)
                break;
            m->received_bytes += column == 0 ? value : 0;
            m->sent_bytes += column == 8 ? value : 0;
            at = end;
        }
    }
}

void machine_read_from(const char *proc, const char *data, struct machine *ret_machine)
{
    char text[TEXT_MAX];
    struct statvfs disk;
    memset(ret_machine, 0xff, sizeof(*ret_machine)); /* −1 everywhere */
    read_process(proc, text, ret_machine);
    if (read_text(proc, "stat", text))
        read_host_cpu(text, ret_machine);
    if (read_text(proc, "meminfo", text)) {
        ret_machine->memory_bytes = times(number_after(text, "MemTotal:", 0), 1024);
        ret_machine->memory_free_bytes = times(number_after(text, "MemAvailable:", 0), 1024);
    }
    if (read_text(proc, "net/dev", text))
        read_network(text, ret_machine);
    if (data && statvfs(data, &disk) == 0) {
        ret_machine->disk_bytes = (int64_t)(disk.f_blocks * disk.f_frsize);
        ret_machine->disk_free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
    }
}

void machine_read(const char *data, struct machine *ret_machine)
{
    machine_read_from("/proc", data, ret_machine);
}

/* ---- rendering ---- */

static const char *const cpu_modes[6] = {"user", "nice", "system", "idle", "iowait", "steal"};

static int render_cpu(struct exposition *page, const struct machine *m)
{
    if (m->cpu_us < 0)
        return 0;
    int err = metrics_render_head(page, METRIC_IS_COUNTER, "process_cpu_seconds_total",
                                  "CPU time of this process.");
    return err ? err
               : exposition_printf(page, "process_cpu_seconds_total %" PRId64 ".%06" PRId64 "\n",
                                   m->cpu_us / 1000000, m->cpu_us % 1000000);
}

static int render_process(struct exposition *page, const struct machine *m)
{
    const struct {
        const char *name, *help;
        int64_t value;
    } gauges[] = {
        {"process_resident_memory_bytes", "Memory of this process that is in RAM.",
         m->resident_bytes},
        {"process_threads", "Threads of this process.", m->threads},
        {"process_open_fds", "Files and connections that this process has open.", m->open_files},
        {"process_max_fds", "How many it may have open.", m->max_files},
        {"process_start_time_seconds", "When this process began, in Unix time.", m->started_s},
    };
    int err = render_cpu(page, m);
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]) && !err; i++) {
        if (gauges[i].value >= 0)
            err = metrics_render_one(page, METRIC_IS_GAUGE, gauges[i].name, gauges[i].help,
                                     gauges[i].value);
    }
    return err;
}

static int render_host_cpu(struct exposition *page, const struct machine *m)
{
    if (m->host_cpu_us[0] < 0)
        return 0;
    int err = metrics_render_head(page, METRIC_IS_COUNTER, "usher_host_cpu_seconds_total",
                                  "CPU time of all cores of the machine.");
    for (int i = 0; i < 6 && !err; i++) {
        if (m->host_cpu_us[i] >= 0)
            err = exposition_printf(
                page, "usher_host_cpu_seconds_total{mode=\"%s\"} %" PRId64 ".%02" PRId64 "\n",
                cpu_modes[i], m->host_cpu_us[i] / 1000000, m->host_cpu_us[i] % 1000000 / 10000);
    }
    return err;
}

/* Two samples of one name; none where one is not known. */
static int render_two(struct exposition *page, enum metric_type type, const char *name,
                      const char *help, const char *label, const char *const values[2],
                      int64_t first, int64_t second)
{
    if (first < 0 || second < 0)
        return 0;
    int err = metrics_render_head(page, type, name, help);
    for (int i = 0; i < 2 && !err; i++)
        err = exposition_printf(page, "%s{%s=\"%s\"} %" PRId64 "\n", name, label, values[i],
                                i == 0 ? first : second);
    return err;
}

int machine_render_from(struct exposition *page, const char *proc, const char *data)
{
    static const char *const states[2] = {"total", "available"};
    static const char *const ways[2] = {"receive", "transmit"};
    struct machine m;
    machine_read_from(proc, data, &m);
    int err = render_process(page, &m);
    if (!err)
        err = render_host_cpu(page, &m);
    if (!err)
        err = render_two(page, METRIC_IS_GAUGE, "usher_host_memory_bytes", "RAM of the machine.",
                         "state", states, m.memory_bytes, m.memory_free_bytes);
    if (!err)
        err = render_two(page, METRIC_IS_COUNTER, "usher_host_network_bytes_total",
                         "Bytes of all network interfaces but loopback.", "direction", ways,
                         m.received_bytes, m.sent_bytes);
    return err ? err
               : render_two(page, METRIC_IS_GAUGE, "usher_host_disk_bytes",
                            "The disk that the data is on.", "state", states, m.disk_bytes,
                            m.disk_free_bytes);
}

int machine_render(struct exposition *page, const char *data)
{
    return machine_render_from(page, "/proc", data);
}
