#include "bench/fiber.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock/clock.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "fiber/switch.h"

#define SWITCHES       5000000 /* timed */
#define THREAD_PINGS   50000   /* round trips timed */
#define TOUCHED_BYTES  8192    /* of each stack, in the second round */
#define MOMENT_NS      (NS_PER_S / 2)
#define THREAD_STACK   65536 /* as large as a fiber's */
#define THREAD_RESERVE 4096  /* threads and processes left to the rest of the machine */

/* What one measuring process finds. */
struct bench_figures {
    double switch_ns;
    double requests;     /* that were blocked at once */
    double resident_mib; /* more than before, while all are blocked */
    double kernel_mib;   /* kernel stacks and page tables, likewise */
    double start_ms;     /* to start all, until all are blocked */
    double wake_ms;      /* to wake all, until all have ended */
    double left_mib;     /* still resident a moment later */
};

static int64_t now_ns(void)
{
    return clock_mono_ns(clock_system());
}

/* The number that follows name in a file of /proc; 0 where there is none. An empty name: the first.
 */
static double proc_number(const char *path, const char *name)
{
    char line[256];
    double number = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            number = strtod(line + strlen(name), NULL);
            break;
        }
    }
    fclose(file);
    return number;
}

static double resident_mib(void)
{
    return proc_number("/proc/self/status", "VmRSS:") / 1024;
}

/* Kernel stacks are counted for the whole machine only; nobody else makes thousands meanwhile. */
static double kernel_mib(void)
{
    return (proc_number("/proc/self/status", "VmPTE:") +
            proc_number("/proc/meminfo", "KernelStack:")) /
           1024;
}

/* Touches as much of the running stack as a request of some depth would. */
static __attribute__((noinline)) void touch_stack(size_t bytes)
{
    char frame[TOUCHED_BYTES];
    memset(frame, 1, bytes);
    __asm__ volatile("" : : "r"(frame) : "memory"); /* keeps the stores */
}

/* The fibers' side. */

struct crowd {
    struct bench_figures *figures;
    size_t touch;
    struct fiber **blocked;
    uint32_t blocked_count;
    bool open;
};

static void yield_many(void *arg)
{
    for (int i = 0; i < SWITCHES / 2; i++)
        fiber_yield();
}

/* Two fibers hand the thread to and fro: each yield is one switch from fiber to fiber. In CPU time,
 * which neighbours change least. */
static void time_switch(void *arg)
{
    struct bench_figures *figures = arg;
    struct scope scope;
    scope_init(&scope);
    int64_t start_ns = clock_cpu_ns();
    int err = fiber_spawn(&scope, yield_many, NULL);
    if (!err)
        err = fiber_spawn(&scope, yield_many, NULL);
    if (!err)
        err = scope_join(&scope, DEADLINE_NEVER);
    assert(!err);
    figures->switch_ns = (double)(clock_cpu_ns() - start_ns) / SWITCHES;
}

static int measure_switch(struct bench_figures *figures, size_t touch)
{
    return fiber_main(time_switch, figures);
}

/* The limit: the same number of jumps between two stacks, without a scheduler. */

static void jump_back(struct switch_jump from)
{
    for (;;)
        from = jump_fcontext(from.context, NULL);
}

static int measure_jump(struct bench_figures *figures, size_t touch)
{
    char *stack = malloc(THREAD_STACK);
    if (!stack)
        return ERR_NO_MEMORY;
    switch_set_flags();
    void *other = make_fcontext(stack + THREAD_STACK, THREAD_STACK, jump_back);
    int64_t start_ns = clock_cpu_ns();
    for (int i = 0; i < SWITCHES / 2; i++)
        other = jump_fcontext(other, NULL).context;
    figures->switch_ns = (double)(clock_cpu_ns() - start_ns) / SWITCHES;
    free(stack);
    return 0;
}

static void block_fiber(void *arg)
{
    struct crowd *crowd = arg;
    if (crowd->touch)
        touch_stack(crowd->touch);
    crowd->blocked[crowd->blocked_count++] = fiber_self();
    while (!crowd->open)
        fiber_park_deaf();
}

static void block_all_fibers(void *arg)
{
    struct crowd *crowd = arg;
    struct bench_figures *figures = crowd->figures;
    struct scope scope;
    scope_init(&scope);
    double resident = resident_mib(), kernel = kernel_mib();
    int64_t start_ns = now_ns();
    int err = 0;
    for (int i = 0; i < BENCH_REQUESTS && !err; i++)
        err = fiber_spawn(&scope, block_fiber, crowd);
    while (crowd->blocked_count < scope.count)
        fiber_yield();
    figures->start_ms = (double)(now_ns() - start_ns) / NS_PER_MS;
    figures->requests = crowd->blocked_count;
    figures->resident_mib = resident_mib() - resident;
    figures->kernel_mib = kernel_mib() - kernel;
    start_ns = now_ns();
    crowd->open = true;
    for (uint32_t i = 0; i < crowd->blocked_count; i++)
        fiber_unpark(crowd->blocked[i]);
    err = scope_join(&scope, DEADLINE_NEVER);
    assert(!err);
    figures->wake_ms = (double)(now_ns() - start_ns) / NS_PER_MS;
    fiber_sleep_until(fiber_now_ns() + MOMENT_NS);
    figures->left_mib = resident_mib() - resident;
}

static int measure_fibers(struct bench_figures *figures, size_t touch)
{
    struct crowd crowd = {.figures = figures, .touch = touch};
    crowd.blocked = calloc(BENCH_REQUESTS, sizeof(struct fiber *));
    if (!crowd.blocked)
        return ERR_NO_MEMORY;
    int err = fiber_main(block_all_fibers, &crowd);
    free(crowd.blocked);
    return err;
}

/* The threads' side. */

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_cond_t all_blocked;
    size_t touch;
    uint32_t blocked;
    uint32_t ended;
    unsigned turn; /* of the ping-pong: whose it is */
    bool open;
};

static void *ping(void *arg)
{
    struct gate *gate = arg;
    pthread_mutex_lock(&gate->mutex);
    for (int i = 0; i < THREAD_PINGS; i++) {
        while (gate->turn != 1)
            pthread_cond_wait(&gate->changed, &gate->mutex);
        gate->turn = 0;
        pthread_cond_signal(&gate->all_blocked);
    }
    pthread_mutex_unlock(&gate->mutex);
    return NULL;
}

static int measure_thread_switch(struct bench_figures *figures, size_t touch)
{
    struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_cond_init(&gate.changed, NULL);
    pthread_cond_init(&gate.all_blocked, NULL);
    pthread_t thread;
    if (pthread_create(&thread, NULL, ping, &gate))
        return ERR_NO_MEMORY;
    int64_t start_ns = now_ns();
    pthread_mutex_lock(&gate.mutex);
    for (int i = 0; i < THREAD_PINGS; i++) {
        gate.turn = 1;
        pthread_cond_signal(&gate.changed);
        while (gate.turn != 0)
            pthread_cond_wait(&gate.all_blocked, &gate.mutex);
    }
    pthread_mutex_unlock(&gate.mutex);
    figures->switch_ns = (double)(now_ns() - start_ns) / (2 * THREAD_PINGS);
    pthread_join(thread, NULL);
    return 0;
}

static void *block_thread(void *arg)
{
    struct gate *gate = arg;
    if (gate->touch)
        touch_stack(gate->touch);
    pthread_mutex_lock(&gate->mutex);
    gate->blocked++;
    pthread_cond_signal(&gate->all_blocked);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    gate->ended++;
    pthread_mutex_unlock(&gate->mutex);
    return NULL;
}

/* Tasks the machine runs now: each takes a number of pid_max. */
static double tasks_now(void)
{
    char text[128];
    double tasks = 0;
    FILE *file = fopen("/proc/loadavg", "re"); /* "0.1 0.2 0.3 1/234 5678" */
    if (!file)
        return 0;
    if (fgets(text, sizeof(text), file)) {
        const char *slash = strchr(text, '/');
        tasks = slash ? strtod(slash + 1, NULL) : 0;
    }
    fclose(file);
    return tasks;
}

/* As many as the machine lets, without taking the last from those who share it. */
static uint32_t threads_wanted(void)
{
    double most = BENCH_REQUESTS;
    const char *files[] = {"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"};
    for (int i = 0; i < 2; i++) {
        double limit = proc_number(files[i], "") - tasks_now() - THREAD_RESERVE;
        most = limit < most ? limit : most;
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        (double)limit.rlim_cur - THREAD_RESERVE < most)
        most = (double)limit.rlim_cur - THREAD_RESERVE;
    return most > 1 ? (uint32_t)most : 1;
}

static int measure_threads(struct bench_figures *figures, size_t touch)
{
    struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .touch = touch};
    pthread_cond_init(&gate.changed, NULL);
    pthread_cond_init(&gate.all_blocked, NULL);
    uint32_t wanted = threads_wanted(), made = 0;
    pthread_t *threads = calloc(wanted, sizeof(*threads));
    if (!threads)
        return ERR_NO_MEMORY;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    double resident = resident_mib(), kernel = kernel_mib();
    int64_t start_ns = now_ns();
    while (made < wanted && !pthread_create(&threads[made], &attr, block_thread, &gate))
        made++;
    pthread_mutex_lock(&gate.mutex);
    while (gate.blocked < made)
        pthread_cond_wait(&gate.all_blocked, &gate.mutex);
    figures->start_ms = (double)(now_ns() - start_ns) / NS_PER_MS;
    figures->requests = made;
    figures->resident_mib = resident_mib() - resident;
    figures->kernel_mib = kernel_mib() - kernel;
    start_ns = now_ns();
    gate.open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.mutex);
    for (uint32_t i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
    assert(gate.ended == made);
    figures->wake_ms = (double)(now_ns() - start_ns) / NS_PER_MS;
    poll(NULL, 0, MOMENT_NS / NS_PER_MS);
    figures->left_mib = resident_mib() - resident;
    pthread_attr_destroy(&attr);
    free(threads);
    return 0;
}

/* Runs measure in a process of its own. ERR_IO. */
static int in_child(int (*measure)(struct bench_figures *figures, size_t touch), size_t touch,
                    struct bench_figures *ret_figures)
{
    int fds[2];
    if (pipe(fds))
        return ERR_IO;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct bench_figures figures = {0};
        bool told = measure(&figures, touch) == 0 &&
                    write(fds[1], &figures, sizeof(figures)) == sizeof(figures);
        _exit(told ? 0 : 1);
    }
    close(fds[1]);
    struct bench_figures figures;
    ssize_t n = child > 0 ? read(fds[0], &figures, sizeof(figures)) : -1;
    close(fds[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
    if (n != sizeof(figures))
        return ERR_IO;
    *ret_figures = figures;
    return 0;
}

struct bench_way {
    const char *name; /* of one request's carrier */
    int (*measure_switch)(struct bench_figures *figures, size_t touch);
    int (*measure_crowd)(struct bench_figures *figures, size_t touch);
};

static const struct bench_way ways[] = {
    {"fiber", measure_switch, measure_fibers},
    {"thread", measure_thread_switch, measure_threads},
};

struct bench_printer {
    void (*row)(void *state, const char *name, double value, const char *unit);
    void *state;
};

static __attribute__((format(printf, 4, 5))) void print(const struct bench_printer *p, double value,
                                                        const char *unit, const char *format, ...)
{
    char name[96];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof(name), format, args);
    va_end(args);
    p->row(p->state, name, value, unit);
}

static double kib_a_request(const struct bench_figures *f)
{
    return (f->resident_mib + f->kernel_mib) * 1024 / f->requests;
}

static void print_crowd(const struct bench_printer *p, const char *way, const char *touched,
                        const struct bench_figures *f)
{
    print(p, f->requests, "requests", "%s, %s: blocked at once", way, touched);
    print(p, f->resident_mib, "MiB", "%s, %s: resident", way, touched);
    print(p, f->kernel_mib, "MiB", "%s, %s: kernel stacks and page tables", way, touched);
    print(p, kib_a_request(f), "KiB", "%s, %s: a request", way, touched);
    print(p, f->start_ms * 1000 / f->requests, "us", "%s, %s: start one", way, touched);
    print(p, f->wake_ms, "ms", "%s, %s: wake and end all", way, touched);
    print(p, f->wake_ms * 1000 / f->requests, "us", "%s, %s: wake and end one", way, touched);
    print(p, f->left_mib, "MiB", "%s, %s: still resident half a second later", way, touched);
}

int bench_fiber(void (*row)(void *state, const char *name, double value, const char *unit),
                void *state)
{
    struct bench_printer p = {row, state};
    struct bench_figures jump, crowds[2] = {0}; /* of fibers, of threads; 8 KiB touched */
    double switch_ns = 0;
    int err = in_child(measure_jump, 0, &jump);
    if (err)
        return err;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct bench_figures figures;
        err = in_child(ways[i].measure_switch, 0, &figures);
        if (err)
            return err;
        print(&p, figures.switch_ns, "ns", "%s: a switch", ways[i].name);
        switch_ns = i == 0 ? figures.switch_ns : switch_ns;
        for (size_t touch = 0; touch <= TOUCHED_BYTES; touch += TOUCHED_BYTES) {
            err = in_child(ways[i].measure_crowd, touch, &figures);
            if (err)
                return err;
            print_crowd(&p, ways[i].name, touch ? "8 KiB touched" : "barely touched", &figures);
            crowds[i] = figures;
        }
    }
    print(&p, jump.switch_ns, "ns", "fiber: the limit, a bare jump");
    print(&p, switch_ns / jump.switch_ns, "x", "fiber: a switch, times the bare jump");
    print(&p, kib_a_request(&crowds[0]) / kib_a_request(&crowds[1]), "x",
          "fiber, 8 KiB touched: memory a request, times a thread's");
    return 0;
}
