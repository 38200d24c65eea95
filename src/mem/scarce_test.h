/*
 * scarce: memory that runs out when a test says so.
 *
 * A test that depends on `scarce` (src/mem/meson.build) has its own calls of malloc, calloc and
 * realloc, and those of the libraries of this tree in it, come here first.
 */
#ifndef USHER_MEM_SCARCE_TEST_H
#define USHER_MEM_SCARCE_TEST_H

#include <stdbool.h>
#include <stddef.h>

/* The next `calls` calls of this thread succeed, the one after fails, those behind it succeed. */
void scarce_after(size_t calls);
/* No call fails any more. True: one has failed since scarce_after. */
bool scarce_end(void);

#endif
