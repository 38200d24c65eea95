#include "term/progress.h"

#include <inttypes.h>
#include <unistd.h>

void progress_start(struct progress *p, const char *what, uint64_t total)
{
    progress_start_on(p, what, total, clock_system(), isatty(STDERR_FILENO) ? stderr : NULL);
}

void progress_start_on(struct progress *p, const char *what, uint64_t total,
                       const struct clock *clock, FILE *out)
{
    *p = (struct progress){.what = what, .total = total, .clock = clock, .out = out};
    p->start_ns = out ? clock_mono_ns(clock) : 0;
}

/* Seconds still to go if it goes on as it went; −1 while that says nothing. */
static int64_t seconds_left(const struct progress *p, uint64_t done, int64_t now_ns)
{
    if (p->total == 0 || done == 0 || done > p->total)
        return -1;
    double passed_s = (double)(now_ns - p->start_ns) / NS_PER_S;
    return (int64_t)(passed_s * (double)(p->total - done) / (double)done + 0.5);
}

void progress_at(struct progress *p, uint64_t done)
{
    if (!p->out)
        return;
    int64_t now_ns = clock_mono_ns(p->clock);
    if (now_ns - p->start_ns < PROGRESS_AFTER_NS ||
        (p->shown_ns && now_ns - p->shown_ns < PROGRESS_EVERY_NS))
        return;
    p->shown_ns = now_ns;
    int64_t left_s = seconds_left(p, done, now_ns);
    fprintf(p->out, "\r\033[K%s  %" PRIu64, p->what, done);
    if (p->total)
        fprintf(p->out, " of %" PRIu64 "  %d %%", p->total,
                (int)(100 * (double)done / (double)p->total));
    if (left_s >= 0)
        fprintf(p->out, "  %" PRId64 " s left", left_s);
    fflush(p->out);
}

void progress_end(struct progress *p)
{
    if (p->out && p->shown_ns) {
        fputs("\r\033[K", p->out);
        fflush(p->out);
    }
    p->out = NULL;
}
