/*
 * scenario: who does what to the same seats at the same time, as text.
 *
 * An actor is "NAME[@OWNER]: STEP; STEP; …". The steps of one actor come in their order, the actors
 * in every order. Actors of one name are one account at several devices. Steps:
 *
 *     hold SEATS [key K]    seats are letters, a is the first of the hall
 *     release               what the account holds
 *     order [key K]         what the account holds
 *     cancel                what the account ordered
 *     expire                time passes until every hold has ended ("time")
 *     restart               the owner stops, another begins ("house")
 *     takeover              owner 2 begins, and owner 1 does not know ("house")
 *
 * Every commit is one more actor: it succeeds, or (as often as the scenario allows) is refused,
 * lost, or written without a word. So are the pieces of a load. Each way through is played, and its
 * outcome is a line:
 *
 *     ann granted, bob taken; a held by ann
 *
 * The outcomes must be exactly those listed: one that is not is wrong, one that does not come
 * shows that something is never tried. Besides, the contract holds on each way.
 */
#ifndef USHER_TESTS_INTERLEAVE_SCENARIO_H
#define USHER_TESTS_INTERLEAVE_SCENARIO_H

#include <stdint.h>

#define SCENARIO_ACTORS_MAX   4
#define SCENARIO_STEPS_MAX    6
#define SCENARIO_OUTCOMES_MAX 64

struct scenario {
    const char *name;
    const char *before;                      /* an actor whose steps are done first; or NULL */
    const char *actors[SCENARIO_ACTORS_MAX]; /* NULL: no more */
    uint32_t faults;                         /* commits that may go wrong */
    const char *outcomes[SCENARIO_OUTCOMES_MAX];
};

/* Ended by one without a name. */
extern const struct scenario scenarios[];

#endif
