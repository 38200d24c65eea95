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

/* ---- the process ---- */

static int render_cpu(struct exposition *page)
{
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) != 0)
        return 0;
    const int64_t us = (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
                       used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    int err = metrics_render_head(page, METRIC_IS_COUNTER, "process_cpu_seconds_total",
                                  "CPU time of this process.");
    return err ? err
               : exposition_printf(page, "process_cpu_seconds_total %" PRId64 ".%06" PRId64 "\n",
                                   us / 1000000, us % 1000000);
}

static int render_started(struct exposition *page, const char *proc, char text[TEXT_MAX])
{
    /* The 22nd field, in ticks since the machine started. The second is a name in brackets, which
     * may hold anything. */
    const char *at = read_text(proc, "self/stat", text) ? strrchr(text, ')') : NULL;
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    const int64_t ticks = at ? strtoll(at, NULL, 10) : -1;
    const int64_t booted = read_text(proc, "stat", text) ? number_after(text, "btime", 0) : -1;
    if (ticks < 0 || booted < 0)
        return 0;
    return metrics_render_one(page, METRIC_IS_GAUGE, "process_start_time_seconds",
                              "When this process began, in Unix time.",
                              booted + ticks / sysconf(_SC_CLK_TCK));
}

static int render_process(struct exposition *page, const char *proc, char text[TEXT_MAX])
{
    int err = render_cpu(page);
    if (!err && read_text(proc, "self/status", text)) {
        const int64_t resident = number_after(text, "VmRSS:", 0);
        const int64_t threads = number_after(text, "Threads:", 0);
        if (resident >= 0)
            err = metrics_render_one(page, METRIC_IS_GAUGE, "process_resident_memory_bytes",
                                     "Memory of this process that is in RAM.", resident * 1024);
        if (!err && threads >= 0)
            err = metrics_render_one(page, METRIC_IS_GAUGE, "process_threads",
                                     "Threads of this process.", threads);
    }
    int64_t files;
    if (!err && count_files(proc, &files) == 0)
        err = metrics_render_one(page, METRIC_IS_GAUGE, "process_open_fds",
                                 "Files and connections that this process has open.", files);
    struct rlimit limit;
    if (!err && getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= INT64_MAX)
        err = metrics_render_one(page, METRIC_IS_GAUGE, "process_max_fds",
                                 "How many it may have open.", (int64_t)limit.rlim_cur);
    return err ? err : render_started(page, proc, text);
}

/* ---- the machine ---- */

static int render_host_cpu(struct exposition *page, const char *text)
{
    /* Columns of the line "cpu" in proc(5). */
    static const struct {
        const char *mode;
        int column;
    } modes[] = {{"user", 0}, {"nice", 1}, {"system", 2}, {"idle", 3}, {"iowait", 4}, {"steal", 7}};
    const int64_t per_second = sysconf(_SC_CLK_TCK);
    int err = metrics_render_head(page, METRIC_IS_COUNTER, "usher_host_cpu_seconds_total",
                                  "CPU time of all cores of the machine.");
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]) && !err; i++) {
        const int64_t ticks = number_after(text, "cpu ", modes[i].column);
        if (ticks >= 0)
            err = exposition_printf(
                page, "usher_host_cpu_seconds_total{mode=\"%s\"} %" PRId64 ".%02" PRId64 "\n",
                modes[i].mode, ticks / per_second, ticks % per_second * 100 / per_second);
    }
    return err;
}

/* Two samples of one name; none where the first is not known. */
static int render_two(struct exposition *page, enum metric_type type, const char *name,
                      const char *help, const char *label, const char *const values[2],
                      const int64_t numbers[2])
{
    if (numbers[0] < 0 || numbers[1] < 0)
        return 0;
    int err = metrics_render_head(page, type, name, help);
    for (int i = 0; i < 2 && !err; i++)
        err = exposition_printf(page, "%s{%s=\"%s\"} %" PRId64 "\n", name, label, values[i],
                                numbers[i]);
    return err;
}

static int render_memory(struct exposition *page, const char *text)
{
    const int64_t kib[2] = {number_after(text, "MemTotal:", 0),
                            number_after(text, "MemAvailable:", 0)};
    const int64_t bytes[2] = {kib[0] < 0 ? -1 : kib[0] * 1024, kib[1] < 0 ? -1 : kib[1] * 1024};
    return render_two(page, METRIC_IS_GAUGE, "usher_host_memory_bytes", "RAM of the machine.",
                      "state", (const char *const[]){"total", "available"}, bytes);
}

/* All interfaces but loopback. */
static int render_network(struct exposition *page, const char *text)
{
    int64_t bytes[2] = {0, 0};
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
            if (column == 0 || column == 8)
                bytes[column / 8] += value;
            at = end;
        }
    }
    return render_two(page, METRIC_IS_COUNTER, "usher_host_network_bytes_total",
                      "Bytes of all network interfaces but loopback.", "direction",
                      (const char *const[]){"receive", "transmit"}, bytes);
}

static int render_disk(struct exposition *page, const char *data)
{
    struct statvfs disk;
    if (!data || statvfs(data, &disk) != 0)
        return 0;
    const int64_t bytes[2] = {(int64_t)(disk.f_blocks * disk.f_frsize),
                              (int64_t)(disk.f_bavail * disk.f_frsize)};
    return render_two(page, METRIC_IS_GAUGE, "usher_host_disk_bytes",
                      "The disk that the data is on.", "state",
                      (const char *const[]){"total", "available"}, bytes);
}

int machine_render_from(struct exposition *page, const char *proc, const char *data)
{
    char text[TEXT_MAX];
    int err = render_process(page, proc, text);
    if (!err && read_text(proc, "stat", text))
        err = render_host_cpu(page, text);
    if (!err && read_text(proc, "meminfo", text))
        err = render_memory(page, text);
    if (!err && read_text(proc, "net/dev", text))
        err = render_network(page, text);
    return err ? err : render_disk(page, data);
}

int machine_render(struct exposition *page, const char *data)
{
    return machine_render_from(page, "/proc", data);
}
