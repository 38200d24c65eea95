/*
 * ways: the channels of one worker to other processes, by their addresses: each is made when it is
 * first wanted, and makes room when others are. Touched on its worker alone.
 */
#ifndef USHER_CALL_WAYS_H
#define USHER_CALL_WAYS_H

#include "call/remote.h"

#define WAYS_MAX     64 /* processes that one worker asks at once */
#define WAYS_URL_MAX 256

struct way {
    char url[WAYS_URL_MAX + 1];
    struct channel *channel; /* NULL: free */
    uint32_t users;          /* calls and streams on it */
};

/* Makes a channel to the process at url. The errors of remote_new. */
typedef int ways_open(void *state, const char *url, struct channel **ret_channel);

/* Zeroed: none yet, and each will be a connection (call/remote.h). */
struct ways {
    struct way at[WAYS_MAX];
    ways_open *open; /* makes them instead; NULL: nothing does */
    void *open_state;
};

/* A channel to a process, until ways_leave. how: what is shown to it and what of it is trusted; its
 * url and tries are the way's own. NULL: no memory, or too many processes at once. From a fiber;
 * may wait. */
struct channel *ways_enter(struct ways *ways, const char *url, const struct remote_options *how);
void ways_leave(struct ways *ways, struct channel *channel);
/* Closes all; nobody may be on one. From a fiber. */
void ways_close(struct ways *ways);

#endif
