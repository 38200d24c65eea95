#include "observe/outlet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err/err.h"

static struct {
    pthread_mutex_t lock; /* of half and len */
    pthread_cond_t filled;
    char bytes[2][OUTLET_HALF];
    unsigned half; /* the one that is being filled */
    size_t len;    /* bytes in it */
    _Atomic int fd;
    outlet_notice *notice;
    _Atomic size_t pending; /* bytes put and neither written nor lost */
    _Atomic uint64_t lost;
    bool running;
} out = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER, .fd = 2};

static void lose(uint64_t n)
{
    atomic_fetch_add_explicit(&out.lost, n, memory_order_relaxed);
}

uint64_t outlet_lost(void)
{
    return atomic_load_explicit(&out.lost, memory_order_relaxed);
}

static uint64_t count_lines(const char *bytes, size_t len)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    return lines;
}

/* False: some of it was lost. Waits for the reader, also where the descriptor was made not to. */
static bool write_piece(const char *bytes, size_t len)
{
    const int fd = atomic_load(&out.fd);
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            (void)poll(&wait, 1, -1);
            continue;
        }
        if (written < 0) {
            lose(count_lines(bytes, len));
            return false;
        }
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

/* As many whole lines as fit a piece. */
static size_t piece_of(const char *bytes, size_t len)
{
    if (len <= PIPE_BUF)
        return len;
    const char *end = memrchr(bytes, '\n', PIPE_BUF);
    assert(end);
    return (size_t)(end - bytes) + 1;
}

static void tell_of_lost(uint64_t *told)
{
    char bytes[PIPE_BUF];
    const uint64_t lost = outlet_lost();
    const size_t len = lost != *told ? out.notice(lost - *told, bytes) : 0;
    if (len == 0 || write_piece(bytes, len))
        *told = lost;
}

static void *run(void *arg)
{
    uint64_t told = outlet_lost();
    for (;;) {
        pthread_mutex_lock(&out.lock);
        while (out.len == 0)
            pthread_cond_wait(&out.filled, &out.lock);
        const char *bytes = out.bytes[out.half];
        size_t len = out.len;
        out.half ^= 1;
        out.len = 0;
        pthread_mutex_unlock(&out.lock);
        while (len > 0) {
            const size_t piece = piece_of(bytes, len);
            if (write_piece(bytes, piece))
                tell_of_lost(&told);
            bytes += piece;
            len -= piece;
            atomic_fetch_sub(&out.pending, piece);
        }
    }
    return arg;
}

void outlet_drain(void)
{
    const int errno_before = errno; // NOLINT(bugprone-signal-handler,cert-sig30-c): a thread's own
    for (int ms = 0; ms < OUTLET_DRAIN_MS && atomic_load(&out.pending) > 0; ms++)
        (void)poll(NULL, 0, 1); /* a signal handler may do this, and take no lock */
    errno = errno_before;
}

/* The last words before an assertion's abort are those that matter most. */
static void on_abort(int number)
{
    outlet_drain();
    signal(number, SIG_DFL);
    raise(number); /* comes when this returns */
}

/* The thread is the parent's, and so is what it has still to write. */
static void begin_anew(void)
{
    pthread_mutex_init(&out.lock, NULL);
    pthread_cond_init(&out.filled, NULL);
    out.len = 0;
    out.running = false;
    atomic_store(&out.pending, 0);
}

static bool start_thread(void)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads that know them */
    const bool started = pthread_create(&thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

void outlet_start(int fd, outlet_notice *notice)
{
    static bool hooked;
    struct sigaction before;
    outlet_drain();
    atomic_store(&out.fd, fd);
    out.notice = notice;
    if (!hooked) {
        hooked = true;
        atexit(outlet_drain);
        pthread_atfork(NULL, NULL, begin_anew);
        if (sigaction(SIGABRT, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            signal(SIGABRT, on_abort);
    }
    if (!out.running)
        out.running = start_thread();
}

void outlet_put(struct view line)
{
    assert(line.len > 0 && line.len <= PIPE_BUF);
    if (!out.running) {
        (void)write_piece(line.at, line.len);
        return;
    }
    pthread_mutex_lock(&out.lock);
    const bool fits = line.len <= OUTLET_HALF - out.len;
    if (fits) {
        memcpy(out.bytes[out.half] + out.len, line.at, line.len);
        if (out.len == 0)
            pthread_cond_signal(&out.filled);
        out.len += line.len;
        atomic_fetch_add(&out.pending, line.len);
    }
    pthread_mutex_unlock(&out.lock);
    if (!fits)
        lose(1);
}
