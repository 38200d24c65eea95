#include "mem/scarce_test.h"

#include <errno.h>
#include <stdint.h>

/* The names are those that ld's --wrap asks for. NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

static _Thread_local size_t left = SIZE_MAX; /* SIZE_MAX: none fails */
static _Thread_local bool failed;

static bool fails(void)
{
    if (left == SIZE_MAX || left-- > 0)
        return false;
    left = SIZE_MAX;
    failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

void scarce_after(size_t calls)
{
    left = calls;
    failed = false;
}

bool scarce_end(void)
{
    left = SIZE_MAX;
    return failed;
}
