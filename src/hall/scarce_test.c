/* Memory runs out at every allocation of an import, an export, a generated and a loaded hall, one
 * after the other: each is told, nothing is half made, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "err/err.h"
#include "hall/hall.h"
#include "mem/buf.h"
#include "mem/scarce_test.h"

#define FORMATS 3

static struct hall_notes notes;

static int import(struct view text, struct hall **ret_hall)
{
    struct hall_error error;
    return hall_import(text, &(struct hall_wish){0}, ret_hall, &notes, &error);
}

/* Imports with the n-th allocation failing, for each n; gives the hall of the one that had all. */
static struct hall *import_often(struct view text)
{
    struct hall *hall = NULL;
    size_t calls = 0;
    while (true) {
        scarce_after(calls++);
        const int err = import(text, &hall);
        if (!scarce_end()) {
            assert_int_equal(err, 0);
            break;
        }
        assert_int_equal(err, ERR_NO_MEMORY);
        assert_null(hall);
    }
    assert_true(calls > 10);
    return hall;
}

/* Without the memory to look whether an import guesses the stage, the stage is written, which is a
 * whole file, too. */
static void assert_whole(const struct hall *hall, struct view text)
{
    struct hall *again;
    assert_int_equal(import(text, &again), 0);
    assert_int_equal(again->place_count, hall->place_count);
    hall_free(again);
}

static void export_often(const struct hall *hall, enum hall_format format, struct buf *out)
{
    size_t calls = 0;
    while (true) {
        buf_init(out, 1 << 20);
        scarce_after(calls++);
        const int err = hall_export(hall->layout, format, out);
        if (!scarce_end()) {
            assert_int_equal(err, 0);
            return;
        }
        if (err == 0)
            assert_whole(hall, buf_view(out));
        else
            assert_int_equal(err, ERR_NO_MEMORY);
        buf_release(out);
    }
}

static void load_often(struct view layout)
{
    struct hall *hall = NULL;
    size_t calls = 0;
    while (true) {
        scarce_after(calls++);
        const int err = hall_load(layout, &hall);
        if (!scarce_end()) {
            assert_int_equal(err, 0);
            hall_free(hall);
            return;
        }
        assert_int_equal(err, ERR_NO_MEMORY);
        assert_null(hall);
    }
}

/* Every kind of seat, a table, places to stand, drawings; then the same as CSV and as SVG. */
static void a_plan_in_every_format(void **state)
{
    struct buf json, out[FORMATS];
    FILE *file = fopen(USHER_SOURCE_ROOT "/tests/halls/kinds.pretix.json", "rb");
    assert_non_null(file);
    buf_init(&json, 1 << 20);
    buf_commit(&json, fread(buf_reserve(&json, 1 << 19), 1, 1 << 19, file));
    fclose(file);
    struct hall *hall = import_often(buf_view(&json));
    load_often(hall->layout);
    for (int format = 0; format < FORMATS; format++) {
        export_often(hall, (enum hall_format)format, &out[format]);
        struct hall *again = import_often(buf_view(&out[format]));
        assert_int_equal(again->place_count, hall->place_count);
        hall_free(again);
        buf_release(&out[format]);
    }
    hall_free(hall);
    buf_release(&json);
}

static void a_hall_that_is_made(void **state)
{
    const struct hall_shape shape = {.capacity = 120, .standing = 20};
    struct hall_error error;
    struct hall *hall = NULL;
    size_t calls = 0;
    while (true) {
        scarce_after(calls++);
        const int err = hall_generate(&shape, &hall, &error);
        if (!scarce_end()) {
            assert_int_equal(err, 0);
            break;
        }
        assert_int_equal(err, ERR_NO_MEMORY);
        assert_null(hall);
    }
    assert_int_equal(hall->place_count, 120);
    hall_free(hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_in_every_format),
        cmocka_unit_test(a_hall_that_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
