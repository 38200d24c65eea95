/*
 * picture: a poster as somebody uploads it, made ours: decoded, scaled down, and encoded anew.
 *
 * What leaves here is a JPEG that we have written: nothing of the uploaded file but its colours, no
 * metadata, no other file hidden in it. PNG by libpng, JPEG by libjpeg-turbo, WebP by libwebp;
 * sizes are looked at before anything of them is unpacked. Takes tenths of a second and up to
 * 70 MB: away from the loop.
 */
#ifndef USHER_PAPER_PICTURE_H
#define USHER_PAPER_PICTURE_H

#include "mem/buf.h"

#define PICTURE_FILE_MAX   (5u << 20) /* bytes of an uploaded file */
#define PICTURE_SIDE_MAX   8000       /* pixels */
#define PICTURE_PIXELS_MAX 16000000   /* of a whole picture, as it is unpacked */
#define PICTURE_SIDE_MIN   50
#define PICTURE_JPEG_MAX   (2u << 20) /* bytes of one that leaves here */

#define PICTURE_SIZES 3
/* Widths in pixels; a picture is never made wider than it is. */
extern const uint32_t picture_widths[PICTURE_SIZES];

struct picture {
    uint32_t width, height;
    struct buf jpeg;
};

/* ERR_INVALID: it is no PNG, JPEG (of RGB or grey) or WebP, or a damaged one; ERR_FULL: it is
 * beyond the maxima above, or below the least; ERR_NO_MEMORY. Release all of them in any case. */
int picture_make(struct view file, struct picture ret_pictures[PICTURE_SIZES]);
void picture_release(struct picture pictures[PICTURE_SIZES]);

#endif
