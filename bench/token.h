/*
 * bench_tokens: what it costs to see who calls: an access token that was seen before, and a new
 * one beside OpenSSL's bare check of the same signature.
 */
#ifndef USHER_BENCH_TOKEN_H
#define USHER_BENCH_TOKEN_H

#include "bench/bench.h"

/* Measures, about three seconds. 0; ERR_NO_MEMORY: no key could be made. */
int bench_tokens(bench_row_fn *row, void *state);

#endif
