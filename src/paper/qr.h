/*
 * qr: a text as a QR code (ISO/IEC 18004), error correction M: 15 % of it may be dirt.
 */
#ifndef USHER_PAPER_QR_H
#define USHER_PAPER_QR_H

#include "mem/view.h"

#define QR_TEXT_MAX 300 /* bytes */
#define QR_QUIET    4   /* modules of white on each side (ISO/IEC 18004, 9.1) */

struct qr {
    int width;        /* modules a side, without the quiet zone */
    uint8_t *modules; /* width × width, row by row; 1 is dark; owned */
};

/* Makes the code of 1 to QR_TEXT_MAX bytes without a NUL. ERR_INVALID for others; ERR_NO_MEMORY. */
int qr_init(struct qr *qr, struct view text);
void qr_release(struct qr *qr);

static inline bool qr_dark(const struct qr *qr, int x, int y)
{
    return qr->modules[y * qr->width + x];
}

#endif
