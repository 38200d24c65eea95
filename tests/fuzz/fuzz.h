/* fuzz: what libFuzzer calls with bytes of its own making, over and over. */
#ifndef USHER_FUZZ_H
#define USHER_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
