#include "http/overlong.h"

#include "err/err.h"
#include "http/preface.h"

/*
 *   FIELD --a name follows--> NAME --length--> NAME_BYTES --> VALUE
 *   VALUE --length--> VALUE_BYTES --> FIELD
 *   FIELD --an index, with a value--> VALUE, or INDEX first where it is a long one
 *   FIELD --an index alone, a table's size--> FIELD, or NUMBER first
 *   VALUE --a length of OVERLONG_MIN or more--> REPLACED --> FIELD
 */
enum { FIELD, NUMBER, INDEX, NAME, NAME_LEN, NAME_BYTES, VALUE, VALUE_LEN, VALUE_BYTES, REPLACED };

enum { HEADERS = 1, CONTINUATION = 9, END_HEADERS = 4, PADDED = 8, PRIORITISED = 32 };

#define MADE_BYTES 1024
#define FIELD_MAX  32000u /* bytes of a field without a meaning … */
#define FIELDS_MIN                                                                                 \
    48000u /* … while so many are to be filled: so none is left that holds no field */

void overlong_init(struct overlong *o)
{
    *o = (struct overlong){.preface = PREFACE_LEN};
}

/* ---- what is put in place of a value ---- */

/* Only the third and last byte of a length is changed: to 1, so it is from 16,511 to 32,894. */
static uint32_t short_len(uint32_t len)
{
    return (len - 127) % (1u << 14) + (1u << 14) + 127;
}

static uint8_t shorten(struct overlong *o)
{
    o->value = short_len(o->len);
    o->filler = o->len - o->value;
    o->field = 0;
    o->state = REPLACED;
    return 1;
}

static void begin_field(struct overlong *o)
{
    o->field = o->filler > FIELDS_MIN ? FIELD_MAX : o->filler;
    const uint32_t more = o->field - (uint32_t)sizeof(o->field_head) - 127;
    const uint8_t head[] = {0, /* not indexed, named by a string (RFC 7541, 6.2.2) */
                            1,
                            'x',
                            127,
                            (uint8_t)(0x80 | (more & 127)),
                            (uint8_t)(0x80 | (more >> 7 & 127)),
                            (uint8_t)(more >> 14)};
    memcpy(o->field_head, head, sizeof(head));
    o->field_head_at = 0;
}

/* A byte of the value. In Huffman's code 0 has five zero bits; what is over is filled with ones
 * (RFC 7541, 5.2). */
static uint8_t value_byte(struct overlong *o)
{
    if (!o->packed)
        return '0';
    const uint32_t over = short_len(o->len) * 8 % 5;
    return (uint8_t)(o->value == 0 ? (1u << over) - 1 : 0);
}

static uint8_t next_byte(struct overlong *o)
{
    if (o->value > 0) {
        o->value--;
        return value_byte(o);
    }
    if (o->field == 0)
        begin_field(o);
    o->field--;
    o->filler--;
    return o->field_head_at < sizeof(o->field_head) ? o->field_head[o->field_head_at++] : '0';
}

/* ---- what is followed ---- */

static void begin_string(struct overlong *o, uint8_t b)
{
    o->packed = b & 0x80;
    o->len = b & 127;
    o->shift = 0;
    if (o->len == 127)
        o->state = o->state == NAME ? NAME_LEN : VALUE_LEN;
    else if (o->state == NAME)
        o->state = o->len ? NAME_BYTES : VALUE;
    else
        o->state = o->len ? VALUE_BYTES : FIELD;
}

/* The byte that goes on. */
static uint8_t go_on_string(struct overlong *o, uint8_t b)
{
    if (o->shift > 21) {
        o->follows = false; /* beyond everything: libnghttp2 will say so */
        return b;
    }
    o->len += (uint32_t)(b & 127) << o->shift;
    o->shift += 7;
    if (b & 0x80)
        return b;
    if (o->state == VALUE_LEN && o->len >= OVERLONG_MIN && o->shift == 21)
        return shorten(o);
    o->state = o->state == NAME_LEN ? NAME_BYTES : VALUE_BYTES;
    return b;
}

static void begin_entry(struct overlong *o, uint8_t b)
{
    if (b & 0x80)
        o->state = (b & 127) == 127 ? NUMBER : FIELD;
    else if (b & 0x40)
        o->state = (b & 63) == 0 ? NAME : (b & 63) == 63 ? INDEX : VALUE;
    else if (b & 0x20)
        o->state = (b & 31) == 31 ? NUMBER : FIELD;
    else
        o->state = (b & 15) == 0 ? NAME : (b & 15) == 15 ? INDEX : VALUE;
}

/* One byte of a block that is followed; returns the one that goes on. */
static uint8_t follow(struct overlong *o, uint8_t b)
{
    switch (o->state) {
    case FIELD:
        begin_entry(o, b);
        return b;
    case NUMBER:
    case INDEX:
        if (!(b & 0x80))
            o->state = o->state == INDEX ? VALUE : FIELD;
        return b;
    case NAME:
    case VALUE:
        begin_string(o, b);
        return b;
    case NAME_LEN:
    case VALUE_LEN:
        return go_on_string(o, b);
    case NAME_BYTES:
    case VALUE_BYTES:
        if (--o->len == 0)
            o->state = o->state == NAME_BYTES ? VALUE : FIELD;
        return b;
    default:
        b = next_byte(o);
        if (o->value == 0 && o->filler == 0)
            o->state = FIELD;
        return b;
    }
}

/* ---- frames ---- */

static void begin_frame(struct overlong *o)
{
    const uint8_t type = o->head[3], flags = o->head[4];

    o->head_len = 0;
    o->left = (uint32_t)o->head[0] << 16 | (uint32_t)o->head[1] << 8 | o->head[2];
    o->before = 0;
    if (type == HEADERS) {
        o->follows = !(flags & END_HEADERS);
        o->state = FIELD;
        o->padded = flags & PADDED;
        o->before = (o->padded ? 1 : 0) + (flags & PRIORITISED ? 5 : 0);
    } else if (type != CONTINUATION) {
        o->follows = false;
    }
    o->block = o->left > o->before ? o->left - o->before : 0;
}

/* One byte of the payload of a frame that is followed; returns the one that goes on. */
static uint8_t payload_byte(struct overlong *o, uint8_t b)
{
    o->left--;
    if (o->before > 0) {
        o->before--;
        if (o->padded)
            o->block = o->block > b ? o->block - b : 0;
        o->padded = false;
        return b;
    }
    if (o->block == 0)
        return b; /* padding */
    o->block--;
    return follow(o, b);
}

/* What needs no look: returns how many of the bytes. */
static size_t pass_over(struct overlong *o, struct view bytes)
{
    uint32_t *left = o->preface > 0 ? &o->preface : &o->left;
    const size_t n = bytes.len < *left ? bytes.len : *left;

    *left -= (uint32_t)n;
    return n;
}

/* Bytes of a frame's head, or of a payload that is not followed, as they are. */
static size_t passed_on(struct overlong *o, struct view bytes)
{
    size_t n = 0;

    while (n < bytes.len && (o->preface > 0 || o->left == 0 || !o->follows)) {
        if (o->preface > 0 || o->left > 0) {
            n += pass_over(o, view_of(bytes.at + n, bytes.len - n));
            continue;
        }
        o->head[o->head_len++] = (uint8_t)bytes.at[n++];
        if (o->head_len == sizeof(o->head))
            begin_frame(o);
    }
    return n;
}

int overlong_feed(struct overlong *o, struct view bytes, int (*take)(void *user, struct view bytes),
                  void *user)
{
    int err = 0;

    while (bytes.len > 0 && err == 0) {
        uint8_t made[MADE_BYTES];
        size_t n = passed_on(o, bytes);

        if (n > 0) {
            err = take(user, view_of(bytes.at, n));
        } else {
            while (n < bytes.len && n < sizeof(made) && o->left > 0) {
                made[n] = payload_byte(o, (uint8_t)bytes.at[n]);
                n++;
            }
            err = take(user, view_of(made, n));
        }
        bytes = view_of(bytes.at + n, bytes.len - n);
    }
    return err;
}
