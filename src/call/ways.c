#include "call/ways.h"

#include <stdio.h>
#include <string.h>

#define TRIES 1 /* what was asked is tried again elsewhere, where another may answer by then */

/* The way to that process; or a free one, made so if need be; or NULL. */
static struct way *find_way(struct ways *ways, const char *url)
{
    struct way *spare = NULL;
    for (int i = 0; i < WAYS_MAX; i++) {
        struct way *way = &ways->at[i];
        if (way->channel && strcmp(way->url, url) == 0)
            return way;
        if (way->users == 0 && (!spare || (spare->channel && !way->channel)))
            spare = way;
    }
    return spare;
}

static int open_way(const struct ways *ways, const char *url, const struct remote_options *how,
                    struct channel **ret_channel)
{
    struct remote_options options = *how;
    options.url = url;
    options.tries = TRIES;
    return ways->open ? ways->open(ways->open_state, url, ret_channel)
                      : remote_new(&options, ret_channel);
}

struct channel *ways_enter(struct ways *ways, const char *url, const struct remote_options *how)
{
    struct way *way = find_way(ways, url);
    if (!way)
        return NULL;
    if (!way->channel || strcmp(way->url, url) != 0) {
        channel_free(way->channel); /* may wait: the way is taken by being in use */
        way->channel = NULL;
        snprintf(way->url, sizeof(way->url), "%s", url);
        if (open_way(ways, url, how, &way->channel) != 0)
            return NULL;
    }
    way->users++;
    return way->channel;
}

void ways_leave(struct ways *ways, struct channel *channel)
{
    for (int i = 0; i < WAYS_MAX; i++)
        if (ways->at[i].channel == channel)
            ways->at[i].users--;
}

void ways_close(struct ways *ways)
{
    for (int i = 0; i < WAYS_MAX; i++) {
        assert(ways->at[i].users == 0);
        channel_free(ways->at[i].channel);
        ways->at[i].channel = NULL;
    }
}
