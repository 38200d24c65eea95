/*
 * ink: text and lines on the pages of a PDF file (cairo, pango).
 *
 * Text is shaped by pango with the fonts of the machine. A character that no font has is drawn as a
 * box, and counted. A file has no date but the one it is given, so it is the same every time.
 */
#ifndef USHER_PAPER_INK_H
#define USHER_PAPER_INK_H

#include <cairo.h>
#include <pango/pangocairo.h>

#include "paper/paper.h"

/* A4, in points of 1/72 inch. */
#define INK_WIDTH      595.0
#define INK_HEIGHT     842.0
#define INK_MARGIN     48.0
#define INK_TEXT_WIDTH (INK_WIDTH - 2 * INK_MARGIN)

struct ink_style {
    double size; /* points */
    PangoWeight weight;
    double grey; /* 0 black … 1 white */
    int lines;   /* at most; then … */
};

extern const struct ink_style ink_title, ink_strong, ink_plain, ink_label, ink_value, ink_small;

/* A file that is being drawn. */
struct ink {
    cairo_surface_t *surface;
    cairo_t *cairo;
    PangoLayout *layout; /* one for all texts */
    struct buf *out;
    int missing; /* characters without a glyph */
    int err;     /* of the bytes that were written */
};

/* Begins a file that is appended to *out. Ends with ink_end. */
void ink_begin(struct ink *ink, struct buf *out, const char *title, int64_t made_at_ms);
/* Ends the page; the next text is on another. */
void ink_page(struct ink *ink);
/* Ends the file, unless err, and frees everything. err, or ERR_FULL, ERR_NO_MEMORY. *ret_missing
 * is set where all went well. */
int ink_end(struct ink *ink, int err, int *ret_missing);

/* Writes text with its upper left corner at x, y; returns its height. */
double ink_text(struct ink *ink, const struct ink_style *style, double x, double y, double width,
                struct view text);
/* The same with its right edge at x + width. */
double ink_text_right(struct ink *ink, const struct ink_style *style, double x, double y,
                      double width, struct view text);
/* A value below its small label; returns how high both are. */
double ink_pair(struct ink *ink, const struct ink_style *style, double x, double y, double width,
                const char *name, struct view text);
/* A line over the width of the text. */
void ink_rule(struct ink *ink, double y, double grey, bool dashed);

#endif
