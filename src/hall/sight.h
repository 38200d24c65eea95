/*
 * sight: which places of a hall are better than others.
 */
#ifndef USHER_HALL_SIGHT_H
#define USHER_HALL_SIGHT_H

#include "hall/hall.h"

/*
 * Fills every place's remoteness: its distance from the stage, and half of its distance from the
 * middle line, so that in rows that bend around the stage, where all are as near, the middle is
 * best, and far to the side is as good as a few rows further back in the middle. The middle line
 * goes from the stage through the mean of all places; where that mean is close to the stage (an
 * arena) people sit all around, nobody sits aside, and the distance alone counts.
 *
 * In hundredths of a unit, whole numbers only: the same on every machine. Needs positions and stage
 * within ±HALL_SPAN_MAX.
 */
void sight_measure(struct hall *hall);

#endif
