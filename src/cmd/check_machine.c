/* What the system would give a server: limits, memory, the clock. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include "cmd/check.h"

#define FILES_WANTED   100000 /* a descriptor a person, and the server's own */
#define FILES_LEAST    1024
#define BACKLOG_WANTED 4096 /* connections that come within a moment, before they are accepted */
#define PORTS_WANTED   28000
#define MEMORY_LEAST   (512u << 10)  /* KiB */
#define MEMORY_WANTED  (2048u << 10) /* KiB: docs/operations.md, "How much memory" */
#define CLOCK_OFF_US   500000

/* The numbers of a line, in order; how many there are, at most max. */
static int numbers_in(const char *line, int64_t *ret_numbers, int max)
{
    int count = 0;
    while (count < max) {
        char *end;
        ret_numbers[count] = strtoll(line, &end, 10);
        if (end == line)
            break;
        line = end;
        count++;
    }
    return count;
}

/* Of a file's first line. */
static int numbers_of(const char *path, int64_t *ret_numbers, int max)
{
    char line[256];
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    const bool read = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    return read ? numbers_in(line, ret_numbers, max) : 0;
}

/* -1 where there is none. */
static int64_t number_of(const char *path)
{
    int64_t number;
    return numbers_of(path, &number, 1) == 1 ? number : -1;
}

/* A line of /proc/meminfo, in KiB; -1 where it is missing. */
static int64_t meminfo(const char *name)
{
    char line[256];
    int64_t kib = -1;
    const size_t len = strlen(name);
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && kib < 0 && fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            (void)numbers_in(line + len + 1, &kib, 1);
    }
    if (file)
        fclose(file);
    return kib;
}

static void check_files(struct checks *checks)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    const uint64_t most = limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
    const enum check_level level = most < FILES_LEAST    ? CHECK_BAD
                                   : most < FILES_WANTED ? CHECK_LOOK
                                                         : CHECK_FINE;
    check_note(checks, level, "open files",
               level == CHECK_FINE ? NULL
                                   : "ulimit -Hn 1048576, of a systemd unit LimitNOFILE=1048576: "
                                     "every person who waits has a connection",
               "%" PRIu64 " may be open at once", most);
}

static void check_backlog(struct checks *checks)
{
    static const struct {
        const char *what, *path, *advice;
    } rows[] = {
        {"listen backlog", "/proc/sys/net/core/somaxconn", "sysctl -w net.core.somaxconn=4096"},
        {"SYN backlog", "/proc/sys/net/ipv4/tcp_max_syn_backlog",
         "sysctl -w net.ipv4.tcp_max_syn_backlog=4096"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const int64_t n = number_of(rows[i].path);
        if (n >= 0)
            check_note(checks, n < BACKLOG_WANTED ? CHECK_LOOK : CHECK_FINE, rows[i].what,
                       n < BACKLOG_WANTED ? rows[i].advice : NULL,
                       "%" PRId64 " connections may wait to be taken", n);
    }
}

static void check_ports(struct checks *checks)
{
    int64_t range[2];
    if (numbers_of("/proc/sys/net/ipv4/ip_local_port_range", range, 2) != 2)
        return;
    const bool few = range[1] - range[0] < PORTS_WANTED;
    check_note(checks, few ? CHECK_LOOK : CHECK_FINE, "local ports",
               few ? "sysctl -w net.ipv4.ip_local_port_range='15000 65000': a proxy here takes one "
                     "a connection"
                   : NULL,
               "%" PRId64 " to %" PRId64, range[0], range[1]);
}

static void check_memory(struct checks *checks)
{
    int64_t kib = meminfo("MemAvailable");
    const int64_t cgroup = number_of("/sys/fs/cgroup/memory.max"); /* "max" is no number */
    if (cgroup >= 0 && cgroup / 1024 < kib)
        kib = cgroup / 1024;
    if (kib >= 0)
        check_note(checks,
                   kib < MEMORY_LEAST    ? CHECK_BAD
                   : kib < MEMORY_WANTED ? CHECK_LOOK
                                         : CHECK_FINE,
                   "memory",
                   kib < MEMORY_WANTED ? "docs/operations.md has the arithmetic: about 1 GiB for "
                                         "100,000 people at once"
                                       : NULL,
                   "%" PRId64 " MiB are free", kib / 1024);
    const int64_t swap = meminfo("SwapTotal");
    if (swap >= 0)
        check_note(checks, swap > 0 ? CHECK_LOOK : CHECK_FINE, "swap",
                   swap > 0 ? "swapoff, or MemorySwapMax=0 in the unit: a page read back from the "
                              "disk stops a loop for everybody"
                            : NULL,
                   swap > 0 ? "%" PRId64 " MiB" : "none", swap / 1024);
}

static void check_clock(struct checks *checks)
{
    struct timex timex = {0};
    const int state = adjtimex(&timex);
    const bool synchronised = state >= 0 && !(timex.status & STA_UNSYNC);
    if (synchronised && timex.maxerror < CLOCK_OFF_US)
        check_note(checks, CHECK_FINE, "clock", NULL, "kept by a time server, within %ld ms",
                   timex.maxerror / 1000);
    else
        check_note(checks, CHECK_LOOK, "clock",
                   "run chrony or systemd-timesyncd: sales open and holds end by this clock",
                   "nothing says that a time server keeps it");
}

void check_machine(struct checks *checks)
{
    check_note(checks, CHECK_FINE, "cores", NULL, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    check_files(checks);
    check_backlog(checks);
    check_ports(checks);
    check_memory(checks);
    check_clock(checks);
    const bool zones = access("/usr/share/zoneinfo/Asia/Seoul", R_OK) == 0;
    check_note(checks, zones ? CHECK_FINE : CHECK_BAD, "time zones",
               zones ? NULL : "apt install tzdata: halls name their zones",
               zones ? "/usr/share/zoneinfo is there" : "/usr/share/zoneinfo is missing");
}
