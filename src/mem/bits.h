/*
 * bits: an array of 64-bit words seen as one row of bits; the caller owns the words.
 */
#ifndef USHER_MEM_BITS_H
#define USHER_MEM_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITS_WORDS(count) (((size_t)(count) + 63) / 64)

static inline bool bits_get(const uint64_t *words, size_t i)
{
    return words[i / 64] >> (i % 64) & 1;
}

static inline void bits_set(uint64_t *words, size_t i)
{
    words[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void bits_clear(uint64_t *words, size_t i)
{
    words[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

#endif
