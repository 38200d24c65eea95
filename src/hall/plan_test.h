/* What tests of plans share: an import with its notes, and seats by their labels. */
#ifndef USHER_HALL_PLAN_TEST_H
#define USHER_HALL_PLAN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hall/hall.h"

#define LABEL_BYTES 256

static struct hall_notes notes; /* of the last import */

static inline int try_import(struct view json, struct view name, struct hall **ret_hall,
                             struct hall_error *ret_error)
{
    const struct hall_wish wish = {.name = name};
    return hall_import(json, &wish, ret_hall, &notes, ret_error);
}

static inline struct hall *import(struct view json, struct view name)
{
    struct hall *hall = NULL;
    struct hall_error error = {0};
    if (try_import(json, name, &hall, &error) != 0)
        fail_msg("not imported: %s", error.text);
    return hall;
}

static inline int label_order(const void *a, const void *b)
{
    return memcmp(a, b, LABEL_BYTES);
}

static inline void assert_labels_distinct(const struct hall *hall)
{
    char(*labels)[LABEL_BYTES] = calloc(hall->place_count, sizeof(*labels));
    assert_non_null(labels);
    for (uint32_t i = 0; i < hall->place_count; i++)
        hall_seat_label(hall, i, labels[i], sizeof(labels[i]));
    qsort(labels, hall->place_count, sizeof(*labels), label_order);
    uint32_t twins = 0;
    for (uint32_t i = 1; i < hall->place_count; i++)
        twins += memcmp(labels[i - 1], labels[i], LABEL_BYTES) == 0;
    free(labels);
    assert_int_equal(twins, 0);
}

/* The one seat with this label. */
static inline const struct hall_seat *seat_called(const struct hall *hall, const char *wanted)
{
    char label[LABEL_BYTES];
    for (uint32_t i = 0; i < hall->place_count; i++) {
        hall_seat_label(hall, i, label, sizeof(label));
        if (strcmp(label, wanted) == 0)
            return &hall->seats[i];
    }
    fail_msg("no seat is called \"%s\"", wanted);
    return NULL;
}

#endif
