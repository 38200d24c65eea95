/* be: numbers as bytes, the most significant first: what is hashed. */
#ifndef USHER_CODEC_BE_H
#define USHER_CODEC_BE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Writes the lowest `width` (at most 8) bytes of value; the place behind them. */
static inline uint8_t *be_put(uint8_t *at, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    return at + width;
}

/* Copies the bytes; the place behind them. */
static inline uint8_t *be_put_bytes(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

#endif
