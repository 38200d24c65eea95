#include "hall/sight.h"

#include <math.h>

#include "err/err.h"

#define AROUND_PART 4 /* a mean nearer than this part of the mean distance: all around */
#define ASIDE_PART  2 /* of the distance from the middle line */

static uint64_t root_of(uint64_t square)
{
    /* The processor's root may be off by one in the last place. */
    uint64_t root = (uint64_t)sqrt((double)square);
    while (root * root > square)
        root--;
    while ((root + 1) * (root + 1) <= square)
        root++;
    return root;
}

static uint64_t length(int64_t x, int64_t y)
{
    return root_of((uint64_t)(x * x + y * y));
}

/* From the stage to the mean of all places. */
struct middle_line {
    int64_t x, y;
    uint64_t length; /* 0: there is none */
};

static struct middle_line find_middle(const struct hall *hall)
{
    struct middle_line line = {0};
    const int64_t count = hall->place_count;
    uint64_t mean_distance = 0;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        const int64_t x = (int64_t)hall->seats[i].x - hall->stage_x;
        const int64_t y = (int64_t)hall->seats[i].y - hall->stage_y;
        line.x += x;
        line.y += y;
        mean_distance += length(x, y);
    }
    line.x /= count;
    line.y /= count;
    line.length = length(line.x, line.y);
    if (line.length < mean_distance / (uint64_t)count / AROUND_PART)
        line.length = 0;
    return line;
}

void sight_measure(struct hall *hall)
{
    assert(hall->place_count > 0);
    const struct middle_line line = find_middle(hall);
    for (uint32_t i = 0; i < hall->place_count; i++) {
        struct hall_seat *seat = &hall->seats[i];
        const int64_t x = (int64_t)seat->x - hall->stage_x;
        const int64_t y = (int64_t)seat->y - hall->stage_y;
        uint64_t aside = 0;
        if (line.length > 0) {
            const int64_t cross = x * line.y - y * line.x; /* at most 2 × (4 × 10⁸)² */
            aside = (uint64_t)(cross < 0 ? -cross : cross) / line.length;
        }
        seat->remoteness = (uint32_t)(length(x, y) + aside / ASIDE_PART);
    }
}
