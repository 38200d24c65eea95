/*
 * refusal: what a request that is refused below the services is told: a line of text for people.
 *
 * docs/errors.md has the table of them.
 */
#ifndef USHER_HTTP_REFUSAL_H
#define USHER_HTTP_REFUSAL_H

#include "mem/view.h"

#define REFUSAL_TYPE "text/plain; charset=utf-8"

/* "431: …\n", the body of such an answer; constant. One for every status from 400 to 599
 * (asserted), if not always of its own. */
struct view refusal_text(int status);

#endif
