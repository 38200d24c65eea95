/*
 * letter: the words of a mail, as plain text and as HTML, from one template.
 *
 * A template is a subject and paragraphs with names in braces, {event}, for which the caller has
 * values. Its paragraphs are parted by an empty line and may begin with a mark:
 *
 *     # a heading      > a code to be typed in      @ a link
 *
 * Lines within a paragraph stay lines; so do those of a value. Values are escaped in HTML. The
 * templates stand in letters.c; who sends a new kind of mail adds a row there.
 */
#ifndef USHER_PAPER_LETTER_H
#define USHER_PAPER_LETTER_H

#include "paper/paper.h"

#define LETTER_MAX (256u << 10) /* bytes of a letter's text, or HTML */

struct letter_value {
    const char *name;
    struct view text;
};

struct letter {
    struct buf subject;
    struct buf text; /* lines end with LF */
    struct buf html; /* a whole page */
};

/* Fills in a template. ERR_NOT_FOUND: there is no such template. ERR_INVALID: it names something
 * that has no value. ERR_FULL, ERR_NO_MEMORY. Release the letter unless it failed. */
int letter_write(struct view template, enum paper_language language,
                 const struct letter_value *values, size_t count, struct letter *ret_letter);
void letter_release(struct letter *letter);

#define LETTER_ORDER_VALUES 9
/* The values that letters about an order have: event, start, hall, number, name, total, places (one
 * a line), entrance, money (how it comes back); into the arena. ERR_NO_MEMORY. */
int letter_order_values(const struct paper_order *order, struct arena *arena,
                        struct letter_value ret_values[LETTER_ORDER_VALUES]);

/* ---- letters.c ---- */

struct letter_template {
    const char *name;
    const char *subject[2]; /* by enum paper_language */
    const char *text[2];
    bool secret; /* what it says is forgotten once it is sent: a code */
};
/* NULL: there is none of that name. */
const struct letter_template *letter_find(struct view name);
/* All of them, i from 0 on; NULL at the end. */
const struct letter_template *letter_at(size_t i);

#endif
