/*
 * overlong: a filter in front of a server's libnghttp2, for header values longer than it decodes.
 *
 * libnghttp2 gives up a connection for a string of more than 64 KiB in a header block
 * (COMPRESSION_ERROR, as its table could differ from the other side's from then on): one guest's
 * cookie of 100 kB would end all requests that a proxy sends on the same connection. The filter
 * follows the frames, and the fields of blocks that have CONTINUATIONs, for no other can be that
 * long. It passes everything on as it is, but such a value: in its place goes a shorter one, still
 * longer than any header list that is taken, and fields without a meaning for the bytes left over.
 * So no frame changes its length, the block is too large as before and is answered 431, and the
 * table is what it would have been: an entry larger than it empties it (RFC 7541, 4.4).
 *
 * Not helped are names, and :path and others in front of which a malformed block would stand: that
 * stream is reset. How much a block may have in all is the engine's to say.
 *
 * No memory but its own, no I/O; bytes may be cut anywhere.
 */
#ifndef USHER_HTTP_OVERLONG_H
#define USHER_HTTP_OVERLONG_H

#include "mem/view.h"

#define OVERLONG_MIN 65537 /* bytes, as they stand in the block, of a value that is replaced */

/* Embed it; the members are the filter's own. */
struct overlong {
    uint32_t preface; /* bytes of the preface still to come */
    uint32_t left;    /* bytes of the frame's payload still to come */
    uint32_t before;  /* … of them before the block's part: length of the padding, priority */
    uint32_t block;   /* … and of the block's part, behind which is padding */
    uint8_t head[9];  /* of the frame */
    uint8_t head_len;
    bool follows; /* the block has, or may have, a CONTINUATION */
    bool padded;  /* the length of the padding is still to come */
    uint8_t state;
    bool packed;     /* the string is in Huffman's code */
    uint8_t shift;   /* of the next byte of a length */
    uint32_t len;    /* a length as far as it was read; then the bytes of the string to come */
    uint32_t value;  /* bytes of the shorter value to come … */
    uint32_t filler; /* … and of the fields behind it … */
    uint32_t field;  /* … and of the one of them that was begun */
    uint8_t field_head[7];
    uint8_t field_head_at;
};

void overlong_init(struct overlong *o);
/* Hands on as many bytes as it is given, in pieces; stops where take says anything but 0, and
 * returns it. */
int overlong_feed(struct overlong *o, struct view bytes, int (*take)(void *user, struct view bytes),
                  void *user);

#endif
