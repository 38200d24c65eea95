#include "codec/envelope.h"

#include "err/err.h"

void envelope_write(uint8_t flags, uint32_t len, uint8_t ret_head[ENVELOPE_BYTES])
{
    ret_head[0] = flags;
    ret_head[1] = (uint8_t)(len >> 24);
    ret_head[2] = (uint8_t)(len >> 16);
    ret_head[3] = (uint8_t)(len >> 8);
    ret_head[4] = (uint8_t)len;
}

void envelope_init(struct envelope_reader *r, size_t message_max)
{
    *r = (struct envelope_reader){0};
    buf_init(&r->message, message_max);
}

void envelope_release(struct envelope_reader *r)
{
    buf_release(&r->message);
}

bool envelope_is_half(const struct envelope_reader *r)
{
    return r->head_len > 0 && !r->given;
}

static struct view take(struct view *bytes, size_t len)
{
    struct view taken = view_of(bytes->at, len);
    bytes->at += len;
    bytes->len -= len;
    return taken;
}

/* True once the five bytes of a head are there. */
static bool read_head(struct envelope_reader *r, struct view *bytes)
{
    while (r->head_len < ENVELOPE_BYTES && bytes->len > 0)
        r->head[r->head_len++] = (uint8_t)*take(bytes, 1).at;
    return r->head_len == ENVELOPE_BYTES;
}

enum envelope_found envelope_next(struct envelope_reader *r, struct view *bytes, uint8_t *ret_flags,
                                  struct view *ret_message)
{
    if (r->given) {
        buf_clear(&r->message);
        r->given = false;
        r->head_len = 0;
    }
    if (r->head_len < ENVELOPE_BYTES) {
        if (!read_head(r, bytes))
            return ENVELOPE_MORE;
        r->left = (uint32_t)r->head[1] << 24 | (uint32_t)r->head[2] << 16 |
                  (uint32_t)r->head[3] << 8 | r->head[4];
        if (r->left > r->message.max)
            return ENVELOPE_TOO_LARGE;
    }
    struct view piece = take(bytes, bytes->len < r->left ? bytes->len : r->left);
    r->left -= (uint32_t)piece.len;
    bool whole = r->left == 0;
    if (!whole || r->message.len > 0) {
        /* The room is taken as bytes come, not as the head promises. */
        if (buf_append_view(&r->message, piece))
            return ENVELOPE_NO_MEMORY;
        if (!whole)
            return ENVELOPE_MORE;
        piece = buf_view(&r->message);
    }
    r->given = true;
    *ret_flags = r->head[0];
    *ret_message = piece;
    return ENVELOPE_MESSAGE;
}
