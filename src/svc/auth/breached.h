/*
 * breached: passwords that stood in a breach, in a file that the operator gives: as Have I Been
 * Pwned's downloader writes it, a line a password, "SHA-1 in 40 capital hex digits:count", in order
 * of the hash. The file is never loaded: a look-up reads some thirty places of it. It is read while
 * the server runs, so a newer one is put into its place by renaming, and found at the next start.
 */
#ifndef USHER_SVC_AUTH_BREACHED_H
#define USHER_SVC_AUTH_BREACHED_H

#include <stdbool.h>

#include "mem/view.h"

struct breached;

/* Opens the file and looks at its first and its last line. ERR_IO (errno says why); ERR_CORRUPT:
 * it has no such lines, or not in order; ERR_NO_MEMORY. */
int breached_open(const char *path, struct breached **ret_breached);
void breached_close(struct breached *breached);

/* Whether the password is in it. Reads a disk: not on a loop. Any thread. ERR_IO; ERR_CORRUPT. */
int breached_look(const struct breached *breached, struct view password, bool *ret_found);

#endif
