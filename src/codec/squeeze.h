/*
 * squeeze: bytes packed and unpacked, by gzip (RFC 1952) and Zstandard (RFC 8878).
 *
 * What is unpacked is somebody else's and may unfold to any size: it has a maximum, which is looked
 * at while it unfolds.
 */
#ifndef USHER_CODEC_SQUEEZE_H
#define USHER_CODEC_SQUEEZE_H

#include "mem/buf.h"

enum squeeze { SQUEEZE_NONE, SQUEEZE_GZIP, SQUEEZE_ZSTD };

#define SQUEEZE_KINDS 3
#define SQUEEZE_NAMES "gzip, zstd, identity" /* as in Accept-Encoding */

/* "gzip", "zstd", "identity". */
struct view squeeze_name(enum squeeze how);
/* The kind of that name, in any case; the empty name is NONE. False: none is called so. */
bool squeeze_find(struct view name, enum squeeze *ret_how);

/* Appends the packed bytes. how is not NONE. ERR_FULL, ERR_NO_MEMORY: what was appended is cut off.
 */
int squeeze_pack(enum squeeze how, struct view bytes, struct buf *out);
/* As SQUEEZE_ZSTD, in half of its time, hardly larger: for what is read soon, and by us alone. */
int squeeze_pack_fast(struct view bytes, struct buf *out);
/* Appends what the bytes unfold to. ERR_FULL: more than out takes. ERR_INVALID: they are damaged,
 * cut off, or something follows them. ERR_NO_MEMORY. */
int squeeze_unpack(enum squeeze how, struct view bytes, struct buf *out);

#endif
