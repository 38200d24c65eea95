/*
 * story: all that happened to an order, gathered from every role as a peer of theirs. For the
 * files of this folder alone.
 */
#ifndef USHER_SVC_MONITOR_STORY_H
#define USHER_SVC_MONITOR_STORY_H

#include "svc/monitor/window.h"
#include "usher/v1/monitor.pb-c.h"

#define STORY_STEPS_MAX 1000

/* Where the monitor's own records are, and the channels to the roles; NULL: there is no way to it.
 * One part that cannot be asked is missing from the story; the others are told. */
struct story_sources {
    struct window *window;
    struct channel *tickets, *waitroom, *payment, *door;
    struct arena *arena;
    int64_t deadline_ns;
};

/* A step's place in the story, its facts as printf gives them; beyond STORY_STEPS_MAX it is left
 * out. trace_id may be NULL. ERR_NO_MEMORY. */
int story_add(const struct story_sources *from, Usher__V1__Story *story, int64_t at_ms,
              Usher__V1__StoryPart part, const char *what, const char *trace_id, const char *format,
              ...) __attribute__((format(printf, 7, 8)));

/* Fills the steps of a story whose order (and contact, where there is one) is known, by time.
 * ERR_NO_MEMORY. */
int story_tell(const struct story_sources *from, Usher__V1__Story *story);

#endif
