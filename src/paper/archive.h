/*
 * archive: a few files as one zip file (PKWARE APPNOTE), in memory, by libzip.
 */
#ifndef USHER_PAPER_ARCHIVE_H
#define USHER_PAPER_ARCHIVE_H

#include "mem/buf.h"

struct archive_file {
    const char *name;
    struct view content; /* borrowed */
};

/* Appends the zip file. ERR_FULL, ERR_NO_MEMORY. */
int archive_write(const struct archive_file *files, size_t count, struct buf *out);

#endif
