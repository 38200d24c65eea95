/*
 * play: one way through a scenario, decided choice by choice.
 */
#ifndef USHER_TESTS_INTERLEAVE_PLAY_H
#define USHER_TESTS_INTERLEAVE_PLAY_H

#include "interleave/gate.h"
#include "interleave/scenario.h"
#include "sim/truth.h"

#define PLAY_CHOICES_MAX 128
#define PLAY_TEXT_MAX    256
#define PLAY_TRACE_MAX   4096
#define PLAY_OWNERS      2

/* The choices of a way, and how many there were at each. The next way is that of the last choice
 * that has another. */
struct way {
    uint8_t picked[PLAY_CHOICES_MAX];
    uint8_t of[PLAY_CHOICES_MAX];
    uint32_t len;
};
/* Moves on to the next way. False: that was the last. */
bool way_next(struct way *way);

struct actor;

struct play {
    const struct scenario *scenario;
    struct way *way;
    uint32_t at; /* the next choice */
    struct stage stage;
    struct truth truth;
    struct gate gates[PLAY_OWNERS];
    struct owner *owners[PLAY_OWNERS];
    struct actor *actors;
    uint32_t actor_count;
    uint32_t faults_left;
    char trace[PLAY_TRACE_MAX];  /* the choices in words */
    char outcome[PLAY_TEXT_MAX]; /* of this way */
    char wrong[TRUTH_ERROR_MAX]; /* empty: nothing */
};

/* Plays the way that way->picked begins, taking the first choice beyond it. */
void play_once(struct play *play, const struct scenario *scenario, struct way *way);

#endif
