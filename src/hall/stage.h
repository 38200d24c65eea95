/*
 * stage: where the stage of a seating plan is.
 *
 * The pretix format has none, and without it there is no "best seat". In this order: the first area
 * whose text names a stage or a pitch; the largest area without a seat in it, if it is large enough
 * for one; the strip between two sides whose rows face each other; the middle of the upper or lower
 * edge, whichever the first rows are nearer to.
 *
 * Areas are decoration: nothing in them is an error, and what makes no sense is passed over.
 */
#ifndef USHER_HALL_STAGE_H
#define USHER_HALL_STAGE_H

#include "hall/draft.h"
#include "hall/plan.h"

#define STAGE_AREAS_MAX 64 /* areas without a telling text; each is compared with every seat */

struct stage_area {
    struct plan_point at; /* the point it is turned around */
    double sine, cosine;  /* of the turn, clockwise as y points down */
    double left, top;     /* its box before the turn, from at */
    double width, height;
};

struct stage_search {
    bool named; /* an area's text said so: at */
    struct plan_point at;
    struct stage_area areas[STAGE_AREAS_MAX];
    uint32_t area_count;
};

/* Looks at an area and its words (may be NULL), which are at words_at. A search begins zeroed. */
void stage_look(struct stage_search *search, const struct stage_area *area, const char *words,
                struct plan_point words_at);

/* Sets the draft's stage, once all areas were looked at and all is drawn, and tells why there. */
void stage_choose(const struct stage_search *search, struct hall_draft *draft,
                  const struct plan_zone *zones, uint32_t zone_count, struct hall_notes *notes);

/* From an area's own coordinates to the plan's; its middle. */
struct plan_point stage_turned(const struct stage_area *area, struct plan_point p);
struct plan_point stage_middle(const struct stage_area *area);

#endif
