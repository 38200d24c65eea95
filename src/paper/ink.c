#include "paper/ink.h"

#include <cairo-pdf.h>
#include <stdio.h>

#include "err/err.h"
#include "paper/words.h"

#define FONTS "NanumGothic, Noto Sans CJK KR, Noto Sans, sans-serif"

const struct ink_style ink_title = {26, PANGO_WEIGHT_BOLD, 0, 2};
const struct ink_style ink_strong = {17, PANGO_WEIGHT_BOLD, 0, 1};
const struct ink_style ink_plain = {12, PANGO_WEIGHT_NORMAL, 0.15, 2};
const struct ink_style ink_label = {9.5, PANGO_WEIGHT_NORMAL, 0.42, 1};
const struct ink_style ink_value = {15, PANGO_WEIGHT_BOLD, 0, 1};
const struct ink_style ink_small = {9.5, PANGO_WEIGHT_NORMAL, 0.3, 3};

static double put(struct ink *ink, const struct ink_style *style, double x, double y, double width,
                  struct view text, PangoAlignment alignment)
{
    PangoFontDescription *font = pango_font_description_from_string(FONTS);
    int height = 0;
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    pango_font_description_set_weight(font, style->weight);
    pango_layout_set_font_description(ink->layout, font);
    pango_layout_set_width(ink->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_height(ink->layout, -style->lines);
    pango_layout_set_ellipsize(ink->layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_wrap(ink->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(ink->layout, alignment);
    pango_layout_set_text(ink->layout, text.len ? text.at : "", (int)text.len);
    ink->missing += pango_layout_get_unknown_glyphs_count(ink->layout);
    cairo_set_source_rgb(ink->cairo, style->grey, style->grey, style->grey);
    cairo_move_to(ink->cairo, x, y);
    pango_cairo_show_layout(ink->cairo, ink->layout);
    pango_layout_get_size(ink->layout, NULL, &height);
    pango_font_description_free(font);
    return (double)height / PANGO_SCALE;
}

double ink_text(struct ink *ink, const struct ink_style *style, double x, double y, double width,
                struct view text)
{
    return put(ink, style, x, y, width, text, PANGO_ALIGN_LEFT);
}

double ink_text_right(struct ink *ink, const struct ink_style *style, double x, double y,
                      double width, struct view text)
{
    return put(ink, style, x, y, width, text, PANGO_ALIGN_RIGHT);
}

double ink_pair(struct ink *ink, const struct ink_style *style, double x, double y, double width,
                const char *name, struct view text)
{
    double height = ink_text(ink, &ink_label, x, y, width, view_str(name));
    return height + ink_text(ink, style, x, y + height, width, text);
}

void ink_rule(struct ink *ink, double y, double grey, bool dashed)
{
    static const double dashes[] = {4, 4};
    cairo_save(ink->cairo);
    cairo_set_source_rgb(ink->cairo, grey, grey, grey);
    cairo_set_line_width(ink->cairo, 0.8);
    cairo_set_dash(ink->cairo, dashes, dashed ? 2 : 0, 0);
    cairo_move_to(ink->cairo, INK_MARGIN, y);
    cairo_line_to(ink->cairo, INK_WIDTH - INK_MARGIN, y);
    cairo_stroke(ink->cairo);
    cairo_restore(ink->cairo);
}

/* ---- the file ---- */

#ifdef USHER_SANITIZE
/* fontconfig keeps 288 bytes that it does not point to any more (2.14, and before). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}
#endif

static cairo_status_t take_bytes(void *state, const unsigned char *bytes, unsigned len)
{
    struct ink *ink = state;
    if (ink->err == 0)
        ink->err = buf_append(ink->out, bytes, len);
    return ink->err == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Without a date of its own the file would carry the moment it was made. */
static void describe(cairo_surface_t *surface, const char *title, int64_t made_at_ms)
{
    const struct paper_clock c = paper_clock_at(made_at_ms, 0);
    char text[PAPER_TEXT_MAX];
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Usher");
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)c.year, c.month, c.day,
             c.hour, c.minute, c.second);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, text);
}

void ink_begin(struct ink *ink, struct buf *out, const char *title, int64_t made_at_ms)
{
    *ink = (struct ink){.out = out};
    ink->surface = cairo_pdf_surface_create_for_stream(take_bytes, ink, INK_WIDTH, INK_HEIGHT);
    describe(ink->surface, title, made_at_ms);
    ink->cairo = cairo_create(ink->surface);
    ink->layout = pango_cairo_create_layout(ink->cairo);
}

void ink_page(struct ink *ink)
{
    cairo_show_page(ink->cairo);
}

int ink_end(struct ink *ink, int err, int *ret_missing)
{
    cairo_surface_finish(ink->surface);
    if (err == 0 && ink->err == 0 && cairo_status(ink->cairo) != CAIRO_STATUS_SUCCESS)
        err = ERR_NO_MEMORY;
    g_object_unref(ink->layout);
    cairo_destroy(ink->cairo);
    cairo_surface_destroy(ink->surface);
    if (ink->err != 0)
        return ink->err;
    if (err == 0)
        *ret_missing = ink->missing;
    return err;
}
