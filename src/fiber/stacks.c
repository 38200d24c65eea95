#include "fiber/stacks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "err/err.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* include/uapi/asm-generic/mman-common.h of Linux 6.13 */
#endif

#define MAPS_RESERVE 4096 /* maps left to the rest of the process */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static enum stacks_guard best;
static long page_bytes;
static atomic_long maps_left; /* that mprotect guards may still use */

static long maps_max(void)
{
    char text[32];
    long maps = 0;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    if (file) {
        if (fgets(text, sizeof(text), file))
            maps = strtol(text, NULL, 10);
        fclose(file);
    }
    return maps > 0 ? maps : 65530; /* the kernel's default */
}

/* True where the kernel itself cannot read the page. (An emulator may take the advice and do
 * nothing about it.) */
static bool is_guarded(const char *page)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    const bool guarded = write(ends[1], page, 1) == -1 && errno == EFAULT;
    close(ends[0]);
    close(ends[1]);
    return guarded;
}

static void look_around(void)
{
    page_bytes = sysconf(_SC_PAGESIZE);
    void *page =
        mmap(NULL, (size_t)page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) {
        if (madvise(page, (size_t)page_bytes, MADV_GUARD_INSTALL) == 0 && is_guarded(page))
            best = STACKS_MADVISE;
        munmap(page, (size_t)page_bytes);
    }
    long maps = maps_max();
    atomic_store(&maps_left, maps > MAPS_RESERVE ? maps - MAPS_RESERVE : 0);
}

enum stacks_guard stacks_guard_best(void)
{
    pthread_once(&once, look_around);
    return best;
}

static size_t slabs_max(const struct stacks *s)
{
    return ((size_t)s->max + STACKS_SLAB - 1) / STACKS_SLAB;
}

int stacks_init(struct stacks *s, uint32_t max, size_t stack_bytes, enum stacks_guard guard)
{
    pthread_once(&once, look_around);
    size_t page = (size_t)page_bytes;
    *s = (struct stacks){
        .stack_bytes = (stack_bytes + page - 1) / page * page,
        .guard_bytes = page,
        .guard = guard,
        .max = max,
    };
    assert(max > 0 && s->stack_bytes >= 2 * page);
    s->slabs = calloc(slabs_max(s), sizeof(*s->slabs));
    s->warm = calloc(max, sizeof(*s->warm));
    s->cold = calloc(max, sizeof(*s->cold));
    if (!s->slabs || !s->warm || !s->cold) {
        stacks_release(s);
        return ERR_NO_MEMORY;
    }
    return 0;
}

void stacks_release(struct stacks *s)
{
    assert(s->warm_count + s->cold_count == s->made);
    for (size_t i = 0; s->slabs && i < slabs_max(s) && s->slabs[i]; i++)
        munmap(s->slabs[i], s->stack_bytes * STACKS_SLAB);
    if (s->guard == STACKS_MPROTECT)
        atomic_fetch_add(&maps_left, 2 * (long)s->made);
    free(s->slabs);
    free(s->warm);
    free(s->cold);
    *s = (struct stacks){0};
}

static int install_guard(struct stacks *s, char *low)
{
    if (s->guard == STACKS_MADVISE)
        return madvise(low, s->guard_bytes, MADV_GUARD_INSTALL) ? ERR_NO_MEMORY : 0;
    if (atomic_fetch_sub(&maps_left, 2) < 2) {
        atomic_fetch_add(&maps_left, 2);
        return ERR_FULL;
    }
    if (mprotect(low, s->guard_bytes, PROT_NONE)) {
        atomic_fetch_add(&maps_left, 2);
        return errno == ENOMEM ? ERR_FULL : ERR_NO_MEMORY;
    }
    return 0;
}

static int make(struct stacks *s, char **ret_low)
{
    if (s->made == s->max)
        return ERR_FULL;
    char **slab = &s->slabs[s->made / STACKS_SLAB];
    size_t slab_bytes = s->stack_bytes * STACKS_SLAB;
    /* A slab that exists already is one whose first guard could not be made last time. */
    if (!*slab) {
        char *mapped = mmap(NULL, slab_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (mapped == MAP_FAILED)
            return ERR_NO_MEMORY;
        /* One huge page would hold the first page of thirty stacks, and 2 MiB of memory. */
        madvise(mapped, slab_bytes, MADV_NOHUGEPAGE);
        *slab = mapped;
    }
    char *low = *slab + s->made % STACKS_SLAB * s->stack_bytes;
    int err = install_guard(s, low);
    if (err)
        return err;
    s->made++;
    *ret_low = low;
    return 0;
}

static uint32_t warm_index(const struct stacks *s, uint32_t i)
{
    uint64_t at = (uint64_t)s->warm_first + i;
    return (uint32_t)(at < s->max ? at : at - s->max);
}

int stacks_take(struct stacks *s, char **ret_low)
{
    if (s->warm_count > 0) {
        *ret_low = s->warm[warm_index(s, --s->warm_count)];
        return 0;
    }
    if (s->cold_count > 0) {
        *ret_low = s->cold[--s->cold_count];
        return 0;
    }
    return make(s, ret_low);
}

void stacks_give(struct stacks *s, char *low)
{
    s->warm[warm_index(s, s->warm_count++)] = low;
}

bool stacks_trim(struct stacks *s, uint32_t count)
{
    for (; count > 0 && s->warm_count > STACKS_WARM_MAX; count--) {
        char *low = s->warm[s->warm_first];
        s->warm_first = warm_index(s, 1);
        s->warm_count--;
        madvise(low + s->guard_bytes, s->stack_bytes - s->guard_bytes, MADV_DONTNEED);
        s->cold[s->cold_count++] = low;
    }
    return s->warm_count > STACKS_WARM_MAX;
}
