#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mem/arena.h"

static void pieces_are_aligned_zeroed_and_apart(void **state)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    for (int round = 0; round < 3; round++) {
        uint8_t *last = NULL;
        for (size_t size = 0; size < 700; size++) {
            uint8_t *piece = arena_alloc(&a, size);
            assert_non_null(piece);
            assert_int_equal((uintptr_t)piece % 16, 0);
            assert_ptr_not_equal(piece, last);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(piece[i], 0);
            memset(piece, 0xff, size);
            if (last && size > 1)
                assert_int_equal(last[0], 0xff);
            last = piece;
        }
        arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    arena_release(&a);
}

static void maximum_holds(void **state)
{
    struct arena a;
    arena_init(&a, 1000);
    assert_null(arena_alloc(&a, 1001));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_non_null(arena_alloc(&a, 512));
    assert_null(arena_alloc(&a, 489));
    assert_non_null(arena_alloc(&a, 480));
    assert_null(arena_alloc(&a, 1));
    assert_null(arena_alloc(&a, 0)); /* a unique pointer takes room too */
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 992));
    arena_release(&a);
    assert_non_null(arena_alloc(&a, 10)); /* released, it starts anew */
    arena_release(&a);
}

static void large_pieces_leave_the_chunk_in_use(void **state)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    char *first = arena_alloc(&a, 16);
    char *large = arena_alloc(&a, 100000);
    char *second = arena_alloc(&a, 16);
    assert_non_null(large);
    large[99999] = 1;
    assert_ptr_equal(second, first + 16);
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 16), first); /* the small chunk was kept */
    arena_release(&a);
}

static void copies_and_prints(void **state)
{
    struct arena a;
    arena_init(&a, 100);
    assert_string_equal(arena_copy(&a, VIEW_LIT("row")), "row");
    assert_string_equal(arena_copy(&a, (struct view){0}), "");
    assert_string_equal(arena_printf(&a, "%s %d", "row", 7), "row 7");
    assert_null(arena_printf(&a, "%0100d", 7));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(maximum_holds),
        cmocka_unit_test(large_pieces_leave_the_chunk_in_use),
        cmocka_unit_test(copies_and_prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
