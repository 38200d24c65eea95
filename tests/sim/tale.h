/* What a seed's world tells of itself: lines, of which a hash is kept, and what went wrong. */
#ifndef USHER_TESTS_SIM_TALE_H
#define USHER_TESTS_SIM_TALE_H

#include "fiber/loop.h"

struct tale {
    const struct loop *loop; /* whose time lines begin with */
    bool verbose;            /* print them */
    bool failed;
    uint64_t trace_hash; /* of all lines: two plays of a seed tell the same */
    char failure[1024];
};

/* One in which nothing is told yet; loop is to be set before anything is. */
static inline struct tale tale_new(bool verbose)
{
    return (struct tale){.verbose = verbose, .trace_hash = UINT64_C(0xcbf29ce484222325)};
}

void tale_say(struct tale *tale, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The first failure is kept, and told; those after it follow from it. */
void tale_fail(struct tale *tale, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
