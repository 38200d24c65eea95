#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "err/err.h"
#include "fiber/stacks.h"

#define BYTES 65536

/* The signal that ends a child which writes at address, or 0. */
static int signal_of_writing(volatile char *address)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL); /* the sanitizer's is of no use here */
        *address = 1;
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void check_guard(enum stacks_guard guard)
{
    struct stacks s;
    assert_int_equal(stacks_init(&s, 3, BYTES, guard), 0);
    char *low[3], *more;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stacks_take(&s, &low[i]), 0);
        memset(low[i] + s.guard_bytes, i, s.stack_bytes - s.guard_bytes);
    }
    assert_int_equal(stacks_take(&s, &more), ERR_FULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(low[i][s.stack_bytes - 1], i);
        assert_int_equal(signal_of_writing(low[i] + s.guard_bytes), 0);
        assert_int_equal(signal_of_writing(low[i] + s.guard_bytes - 1), SIGSEGV);
        assert_int_equal(signal_of_writing(low[i]), SIGSEGV);
    }
    stacks_give(&s, low[1]);
    stacks_give(&s, low[0]);
    assert_int_equal(stacks_take(&s, &more), 0);
    assert_ptr_equal(more, low[0]); /* last in, first out */
    stacks_give(&s, more);
    stacks_give(&s, low[2]);
    stacks_release(&s);
}

static void mprotect_guards(void **state)
{
    check_guard(STACKS_MPROTECT);
}

static void madvise_guards(void **state)
{
    if (stacks_guard_best() != STACKS_MADVISE)
        skip(); /* this kernel has none */
    check_guard(STACKS_MADVISE);
}

static size_t pages_resident(const struct stacks *s, char *const *low, uint32_t count)
{
    size_t resident = 0;
    for (uint32_t i = 0; i < count; i++) {
        unsigned char in_core;
        assert_int_equal(
            mincore(low[i] + s->stack_bytes - s->guard_bytes, s->guard_bytes, &in_core), 0);
        resident += in_core & 1;
    }
    return resident;
}

static void idle_memory_returns(void **state)
{
    enum { COUNT = STACKS_WARM_MAX + 500 };
    struct stacks s;
    assert_int_equal(stacks_init(&s, COUNT, BYTES, stacks_guard_best()), 0);
    static char *low[COUNT];
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(stacks_take(&s, &low[i]), 0);
        low[i][s.stack_bytes - 1] = 7;
    }
    assert_int_equal(pages_resident(&s, low, COUNT), COUNT);
    for (int i = 0; i < COUNT; i++)
        stacks_give(&s, low[i]);
    assert_int_equal(pages_resident(&s, low, COUNT), COUNT);
    assert_true(stacks_trim(&s, 300));
    assert_int_equal(pages_resident(&s, low, COUNT), COUNT - 300);
    assert_int_equal(pages_resident(&s, low, 300), 0); /* the longest idle */
    assert_false(stacks_trim(&s, 300));
    assert_int_equal(pages_resident(&s, low, COUNT), STACKS_WARM_MAX);
    assert_false(stacks_trim(&s, 300));
    /* Every stack comes back once, the warm ones first, and still has its guard. */
    static char *again[COUNT];
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(stacks_take(&s, &again[i]), 0);
        assert_int_equal(again[i][s.stack_bytes - 1], i < STACKS_WARM_MAX ? 7 : 0);
        again[i][s.stack_bytes - 1] = 9;
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(low[i][s.stack_bytes - 1], 9);
    assert_int_equal(signal_of_writing(again[COUNT - 1]), SIGSEGV);
    for (int i = 0; i < COUNT; i++)
        stacks_give(&s, again[i]);
    stacks_release(&s);
}

/* More stacks than the kernel's maps allow: refused, and given back for the next pool. */
static void mprotect_meets_its_limit(void **state)
{
    enum { COUNT = 300000 };
    char text[32];
    FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    long maps = strtol(text, NULL, 10);
    if (maps > COUNT)
        skip(); /* this machine allows more than is worth trying */
    static char *low[COUNT];
    for (int round = 0; round < 2; round++) {
        struct stacks s;
        assert_int_equal(stacks_init(&s, COUNT, 8192, STACKS_MPROTECT), 0);
        int made = 0, err = 0;
        while (made < COUNT && !(err = stacks_take(&s, &low[made])))
            made++;
        assert_int_equal(err, ERR_FULL);
        assert_in_range(made, maps / 2 - 4096, maps / 2);
        void *other = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(other, MAP_FAILED); /* the rest of the process still has some */
        munmap(other, 4096);
        while (made > 0)
            stacks_give(&s, low[--made]);
        stacks_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mprotect_guards),
        cmocka_unit_test(madvise_guards),
        cmocka_unit_test(idle_memory_returns),
        cmocka_unit_test(mprotect_meets_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
