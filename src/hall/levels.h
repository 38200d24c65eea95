/*
 * levels: zones of a plan that are drawn over one another.
 *
 * Plans of houses with several floors often draw them all at the same place, and whoever looks from
 * above can't tell, or click, one seat from that below it. A zone is over another where a third of
 * the smaller one's seats have a seat of the other at their place; where outlines touch, or a few
 * seats share a place, nothing is moved. Zones over an earlier one become a level, those of them
 * that are over one of their own the next, and each level is moved away from the stage until it is
 * beside everything else. Its seats keep their places to each other, and those nearest to the stage
 * stay the nearest.
 */
#ifndef USHER_HALL_LEVELS_H
#define USHER_HALL_LEVELS_H

#include "hall/draft.h"
#include "hall/plan.h"

/* Moves the zones' seats where it has to; the draft's stage is known. Where there is no room left
 * within HALL_DRAFT_SPAN_MAX, what is left stays where it was; so do seats of one zone that share a
 * place. Tells what was moved, and what lies over one another and was not. ERR_NO_MEMORY, with
 * nothing moved. */
int levels_spread(struct hall_draft *draft, const struct plan_zone *zones, uint32_t zone_count,
                  struct hall_notes *notes);

#endif
