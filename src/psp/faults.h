/*
 * faults: what goes wrong at the stand-in provider, by a script.
 *
 *   {"latency_ms": 50, "latency_max_ms": 200,
 *    "rules": [{"on": "confirm", "do": "timeout_after", "times": 2, "chance": 0.5, "order": "…"}],
 *    "webhooks": {"lose": 0.1, "twice": 0.1, "late": 0.2, "late_ms": 5000},
 *    "requests_a_minute": 100}
 *
 * A rule is for one kind of call ("confirm", "lookup", "cancel", "session", "expire", or "any"),
 * does one thing, so many times (absent: always), with a chance (absent: 1), to one order (absent:
 * any). The first rule that fits is taken. An API that is asked more often in a minute than it may
 * be (absent: there is no limit) refuses before it does anything. One thread.
 */
#ifndef USHER_PSP_FAULTS_H
#define USHER_PSP_FAULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "chance/chance.h"

/* name in the script, what happens */
#define FAULT_LIST(X)                                                                              \
    X(TIMEOUT_BEFORE, "timeout_before") /* no answer, nothing done */                              \
    X(TIMEOUT_AFTER, "timeout_after")   /* done, no answer */                                      \
    X(CUT_BEFORE, "cut_before")         /* the connection breaks, nothing done */                  \
    X(CUT_AFTER, "cut_after")           /* done, and the connection breaks */                      \
    X(ERROR_BEFORE, "error_before")     /* 500, nothing done */                                    \
    X(ERROR_AFTER, "error_after")       /* done, and 500 */                                        \
    X(TRANSIENT, "transient")           /* 400 that goes away when asked again */                  \
    X(DECLINE, "decline")               /* the card is refused */                                  \
    X(WRONG_AMOUNT, "wrong_amount")     /* the answer has another amount than was charged */       \
    X(WRONG_CURRENCY, "wrong_currency") /* the answer has another currency than was charged */     \
    X(STRANGE, "strange")               /* an error code that nobody has heard of, nothing done */ \
    X(HALF, "half")                     /* half of a cancel is done, and 500 */                    \
    X(DOWN, "down")                     /* 503 to everything */

enum fault {
    FAULT_NONE,
#define X(name, word) FAULT_##name,
    FAULT_LIST(X)
#undef X
};

struct faults;

/* Nothing goes wrong. ERR_NO_MEMORY. */
int faults_new(struct chance *chance, struct faults **ret_faults);
void faults_free(struct faults *faults);
#define FAULTS_WHY 120
/* Takes a copy of the script in place of the one before. ERR_INVALID, and ret_why says what is
 * wrong: also a name that nothing is called by. */
int faults_set(struct faults *faults, json_t *script, char ret_why[FAULTS_WHY]);

/* What happens to a call of that kind for that order (NULL: not known yet). */
enum fault faults_pick(struct faults *faults, const char *on, const char *order);
/* How long a call takes. */
int64_t faults_latency_ms(struct faults *faults);
/* Whether that API, which is compared by its address, may be asked once more in this minute. */
bool faults_may_ask(struct faults *faults, const void *api, int64_t now_ms);
/* How often a webhook goes out (0, 1 or 2), and how late. */
unsigned faults_webhook(struct faults *faults, int64_t *ret_late_ms);

#endif
