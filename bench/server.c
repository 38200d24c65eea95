#include "bench/server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/wire.h"
#include "clock/clock.h"
#include "err/err.h"

#define START_MAX_MS 20000
#define LOOK_MS      5

#define FIGURES_BYTES_MAX (1 << 20)

static char program[512];
static const char *roles;       /* NULL: all */
static const char *provider_ms; /* how long a call to the provider takes; NULL: there is none */
static const char *store_url;   /* NULL: in the server's folder */
static const char *coord_url;   /* NULL: it is alone */

int bench_server_program(const char *path)
{
    char self[sizeof(program)];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(self, '/');
    const int written =
        path ? snprintf(program, sizeof(program), "%s", path)
             : snprintf(program, sizeof(program), "%.*s/usher", (int)(slash - self), self);
    const bool whole = written > 0 && (size_t)written < sizeof(program);
    return whole && access(program, X_OK) == 0 ? 0 : ERR_NOT_FOUND;
}

void bench_server_roles(const char *names)
{
    roles = names;
}

void bench_server_provider(const char *latency)
{
    provider_ms = latency;
}

void bench_server_stores(const char *store, const char *coord)
{
    store_url = store;
    coord_url = coord;
}

/* Runs usher with the words and waits. True for exit code 0. */
static bool run(const char *const *words, const char *const *more)
{
    const char *argv[40] = {"usher"};
    size_t count = 1;
    for (; *words; words++)
        argv[count++] = *words;
    for (; *more; more++)
        argv[count++] = *more;
    posix_spawn_file_actions_t files;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    const int rc = posix_spawn(&pid, program, &files, NULL, (char **)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    const bool ran = rc == 0 && waitpid(pid, &status, 0) == pid && status == 0;
    if (!ran)
        fprintf(stderr, "usher-bench: \"usher %s %s\" failed\n", argv[1], argv[2]);
    return ran;
}

void bench_stay_on(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu >= 0 && cpu < sysconf(_SC_NPROCESSORS_ONLN)) {
        CPU_SET(cpu, &set);
        sched_setaffinity(0, sizeof(set), &set);
    }
}

/* The first line of a file of the folder, which appears when a port is open: "HOST:PORT". */
static int read_port(const struct bench_server *server, const char *name, char ret_line[64])
{
    char path[96];
    snprintf(path, sizeof(path), "%s/%s", server->data, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return ERR_UNAVAILABLE;
    const bool whole = fgets(ret_line, 64, file) && strchr(ret_line, '\n');
    fclose(file);
    ret_line[strcspn(ret_line, "\n")] = '\0';
    return whole && strrchr(ret_line, ':') ? 0 : ERR_UNAVAILABLE;
}

/* As read_port, once it is there; the child must live on until then. */
static int wait_for_port(const struct bench_server *server, pid_t pid, const char *name,
                         char ret_line[64])
{
    int err = ERR_UNAVAILABLE;
    for (int waited = 0; err != 0 && waited < START_MAX_MS; waited += LOOK_MS) {
        poll(NULL, 0, LOOK_MS);
        if (waitpid(pid, NULL, WNOHANG) == pid) {
            fprintf(stderr, "usher-bench: a server ended while it started\n");
            return ERR_UNAVAILABLE;
        }
        err = read_port(server, name, ret_line);
    }
    if (err != 0)
        fprintf(stderr, "usher-bench: a server did not listen within %d s\n", START_MAX_MS / 1000);
    return err;
}

static int read_listen(struct bench_server *server)
{
    char line[64];
    int err = wait_for_port(server, server->pid, "listen", line);
    if (err != 0)
        return err;
    char *colon = strrchr(line, ':');
    server->port = (uint16_t)strtoul(colon + 1, NULL, 10);
    snprintf(server->host, sizeof(server->host), "%.*s", (int)(colon - line), line);
    snprintf(server->url, sizeof(server->url), "http://%s:%u", server->host, server->port);
    return 0;
}

static int make_sale(const struct bench_server *server, uint32_t places, bool opens)
{
    char capacity[16], key[96];
    snprintf(capacity, sizeof(capacity), "%u", places);
    snprintf(key, sizeof(key), "%s/operator.key", server->data);
    const char *const to[] = {"--url", server->url, "--key", key, NULL};
    const char *const hall[] = {"hall", "generate", "--capacity", capacity, NULL};
    const char *const event[] = {"event",
                                 "create",
                                 "--name",
                                 "Bench",
                                 "--hall",
                                 "1",
                                 "--prices",
                                 "4000,3000,2000,1000",
                                 "--places-max",
                                 "1000",
                                 "--unpaid-orders",
                                 "taken",
                                 NULL};
    const char *const open[] = {"event", "open", "1", NULL};
    return run(hall, to) && run(event, to) && (!opens || run(open, to)) ? 0 : ERR_UNAVAILABLE;
}

int bench_server_pause(const struct bench_server *server)
{
    char key[96];
    snprintf(key, sizeof(key), "%s/operator.key", server->data);
    const char *const to[] = {"--url", server->url, "--key", key, NULL};
    const char *const pause[] = {"event", "pause", "1", NULL};
    return run(pause, to) ? 0 : ERR_UNAVAILABLE;
}

int bench_server_dress(const struct bench_server *server, uint32_t first_kept, uint32_t last_kept)
{
    char key[96], kept[32];
    snprintf(key, sizeof(key), "%s/operator.key", server->data);
    snprintf(kept, sizeof(kept), "%u-%u", first_kept, last_kept);
    const char *const to[] = {"--url", server->url, "--key", key, NULL};
    const char *const block[] = {"event", "block", "1", "--seats", kept, "--reason", "press", NULL};
    const char *const types[] = {
        "event", "types", "1", "0:일반/Adult", "1:어린이/Child:500", "2:학생/Student:700:proof",
        NULL};
    const char *const codes[] = {"event",     "codes", "1",        "--add",   "FANCLUB",
                                 "--percent", "10",    "--places", "1000000", NULL};
    const char *const waiting[] = {"event", "waiting", "1", "--minutes", "15", NULL};
    return run(block, to) && run(types, to) && run(codes, to) && run(waiting, to) ? 0
                                                                                  : ERR_UNAVAILABLE;
}

int bench_server_line(const struct bench_server *server)
{
    char key[96];
    snprintf(key, sizeof(key), "%s/operator.key", server->data);
    const char *const to[] = {"--url", server->url, "--key", key, NULL};
    const char *const sale[] = {"sale",
                                "create",
                                "--name",
                                "Bench",
                                "--performances",
                                "1",
                                "--guests",
                                "--capacity-min",
                                "1000000",
                                "--capacity-max",
                                "1000000",
                                "--claim",
                                "1d",
                                NULL};
    return run(sale, to) ? 0 : ERR_UNAVAILABLE;
}

/* A child that runs usher with the words. */
static int spawn(const char *const *words, int cpu, pid_t *ret_pid)
{
    fflush(NULL);
    *ret_pid = fork();
    if (*ret_pid != 0)
        return *ret_pid > 0 ? 0 : ERR_IO;
    bench_stay_on(cpu);
    if (!freopen("/dev/null", "w", stdout))
        _exit(127);
    execv(program, (char *const *)words);
    _exit(127);
}

/* The stand-in for a provider, beside the server. No webhooks: whoever pays comes back. */
static int start_provider(struct bench_server *server, char ret_url[80])
{
    char file[96], line[64];
    snprintf(file, sizeof(file), "%s/provider", server->data);
    const char *const words[] = {
        "usher", "psp",           "--psp-listen", "127.0.0.1:0", "--psp-port-file",
        file,    "--psp-latency", provider_ms,    NULL};
    int err = spawn(words, -1, &server->provider_pid);
    if (err == 0)
        err = wait_for_port(server, server->provider_pid, "provider", line);
    snprintf(ret_url, 80, "http://%s", err == 0 ? line : "");
    return err;
}

/* keys: the folder of another process of the same house, or its own. */
static int start_server(struct bench_server *server, const char *keys, const char *workers, int cpu)
{
    char url[80];
    /* Where an owner is killed, that nobody could hold for a while is no news. */
    const char *words[28] = {
        "usher",      "serve",     "--listen", "127.0.0.1:0", "--data",
        server->data, "--workers", workers,    "--log-level", coord_url ? "error" : "warn"};
    size_t count = 10;
    int err = provider_ms ? start_provider(server, url) : 0;
    const char *const more[][2] = {{"--psp", provider_ms ? url : NULL},
                                   {"--role", roles},
                                   {"--store", store_url},
                                   {"--coord", coord_url},
                                   {"--lease", coord_url ? "1s" : NULL},
                                   {"--keys", keys}};
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        if (!more[i][1])
            continue;
        words[count++] = more[i][0];
        words[count++] = more[i][1];
    }
    server->store = store_url;
    if (err == 0)
        err = spawn(words, cpu, &server->pid);
    return err == 0 ? read_listen(server) : err;
}

int bench_make_folder(char *ret_path, size_t path_bytes)
{
    const char *root = getenv("TMPDIR");
    const int len = snprintf(ret_path, path_bytes, "%s/usher-bench-XXXXXX", root ? root : "/tmp");
    return len > 0 && (size_t)len < path_bytes && mkdtemp(ret_path) ? 0 : ERR_IO;
}

static int start_sale(uint32_t places, const char *workers, int cpu, bool opens,
                      struct bench_server *ret_server)
{
    struct bench_server server = {0};
    int err = bench_make_folder(server.data, sizeof(server.data));
    if (err != 0)
        return err;
    err = start_server(&server, NULL, workers, cpu);
    if (err == 0)
        err = make_sale(&server, places, opens);
    *ret_server = server;
    if (err != 0)
        bench_server_stop(ret_server);
    return err;
}

int bench_server_start(uint32_t places, const char *workers, int cpu,
                       struct bench_server *ret_server)
{
    return start_sale(places, workers, cpu, true, ret_server);
}

int bench_server_prepare(uint32_t places, struct bench_server *ret_server)
{
    return start_sale(places, "0", -1, false, ret_server);
}

int bench_server_start_beside(const struct bench_server *first, const char *workers,
                              struct bench_server *ret_server)
{
    struct bench_server server = {0};
    int err = bench_make_folder(server.data, sizeof(server.data));
    if (err != 0)
        return err;
    err = start_server(&server, first->data, workers, -1);
    *ret_server = server;
    if (err != 0)
        bench_server_stop(ret_server);
    return err;
}

void bench_remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    rmdir(path);
}

/* SIGTERM, and waits. True: it ended with exit code 0, or was none. */
static bool stop(pid_t pid)
{
    int status = 0;
    if (pid <= 0)
        return true;
    kill(pid, SIGTERM);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

int bench_server_leave(struct bench_server *server)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/listen", server->data);
    const bool ended = stop(server->pid);
    unlink(path);
    server->pid = 0;
    return ended ? 0 : ERR_IO;
}

int bench_server_return(struct bench_server *server)
{
    return start_server(server, NULL, "0", -1);
}

int bench_server_stop(struct bench_server *server)
{
    const bool ended = stop(server->pid);
    stop(server->provider_pid);
    bench_remove_folder(server->data);
    return ended ? 0 : ERR_IO;
}

int bench_server_audit(const struct bench_server *server)
{
    const char *const words[] = {"audit", server->store ? "--store" : "--data",
                                 server->store ? server->store : server->data, NULL};
    const char *const none[] = {NULL};
    return run(words, none) ? 0 : ERR_CORRUPT;
}

int bench_server_figure(const struct bench_server *server, const char *name, double *ret_value)
{
    static char page[FIGURES_BYTES_MAX];
    char line[96];
    size_t have = 0;
    ssize_t n = 0;
    const int fd = wire_connect(server->port);
    const bool asked =
        fd >= 0 && wire_send(fd, VIEW_LIT("GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                          "Connection: close\r\n\r\n"));
    while (asked && have < sizeof(page) - 1 &&
           (n = recv(fd, page + have, sizeof(page) - 1 - have, 0)) > 0)
        have += (size_t)n;
    if (fd >= 0)
        close(fd);
    page[have] = '\0';
    snprintf(line, sizeof(line), "\n%s ", name);
    const char *found = strstr(page, line);
    if (found)
        *ret_value = strtod(found + strlen(line), NULL);
    return !asked || n < 0 || have == 0 ? ERR_UNAVAILABLE : found ? 0 : ERR_NOT_FOUND;
}

int64_t bench_cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return used.tv_sec * NS_PER_S + used.tv_nsec;
}

int64_t bench_resident_bytes(pid_t pid)
{
    char path[40];
    long long all = 0, resident = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "re");
    char line[128] = "";
    if (file && fgets(line, sizeof(line), file)) {
        char *end = line;
        all = strtoll(line, &end, 10);
        resident = strtoll(end, NULL, 10);
    }
    if (file)
        fclose(file);
    return all > 0 ? resident * sysconf(_SC_PAGESIZE) : 0;
}
