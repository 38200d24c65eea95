/*
 * area: the areas of pretix plans: rectangles, circles, ellipses, polygons, texts.
 *
 * Areas are decoration for their program: nothing in them is an error, and what makes no sense is
 * passed over.
 */
#ifndef USHER_HALL_AREA_H
#define USHER_HALL_AREA_H

#include "hall/draft.h"
#include "hall/stage.h"

struct area {
    struct stage_area box; /* width 0: it has no shape */
    const char *words;     /* of its text, as written; may be NULL */
    struct plan_point words_at;
    struct draft_drawing drawing; /* texts that are not one line are left out of it */
    uint32_t capacity;            /* "capacity" or "standing"; 0: it is for nobody to stand in */
};

/* An area of a zone whose position is zone_at. ERR_NO_MEMORY. */
int area_read(const json_t *object, struct plan_point zone_at, struct arena *arena,
              struct area *ret_area);

#endif
