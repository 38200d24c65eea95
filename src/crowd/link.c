#include "crowd/link.h"

#include <stdlib.h>

#include "err/err.h"

struct link_end {
    struct rpc_channel *channel;
    uint32_t calls; /* under way */
    bool broken;    /* no longer the link's: the last call closes it */
};

void link_init(struct link *link, const struct rpc_channel_options *options)
{
    *link = (struct link){.options = *options};
    waitlist_init(&link->waiting);
}

static int open_end(struct link *link, int64_t deadline_ns)
{
    struct link_end *end = calloc(1, sizeof(*end));
    if (!end)
        return ERR_NO_MEMORY;
    int err = rpc_channel_open(&link->options, deadline_ns, &end->channel);
    if (err) {
        free(end);
        return err;
    }
    link->end = end;
    link->opened++;
    return 0;
}

int link_open(struct link *link, int64_t deadline_ns)
{
    while (!link->end) {
        if (link->opening) {
            int err = waitlist_wait(&link->waiting, deadline_ns);
            if (err)
                return err;
            continue;
        }
        link->opening = true;
        int err = open_end(link, deadline_ns);
        link->opening = false;
        waitlist_wake_all(&link->waiting);
        if (err)
            return err;
    }
    return 0;
}

static void close_end(struct link_end *end)
{
    rpc_channel_close(end->channel);
    free(end);
}

void link_release(struct link *link)
{
    if (!link->end)
        return;
    assert(link->end->calls == 0);
    close_end(link->end);
    link->end = NULL;
}

int link_call(struct link *link, const char *path, const char *authorization,
              const ProtobufCMessage *request, const ProtobufCMessageDescriptor *answer,
              struct arena *arena, const ProtobufCMessage **ret_response,
              struct rpc_status *ret_status, int64_t deadline_ns)
{
    int err = link_open(link, deadline_ns);
    if (err) {
        *ret_status = (struct rpc_status){.code = err == ERR_TIMEOUT ? RPC_DEADLINE_EXCEEDED
                                                                     : RPC_UNAVAILABLE,
                                          .message = err_text(err)};
        return err == ERR_TIMEOUT ? err : ERR_UNAVAILABLE;
    }
    struct link_end *end = link->end;
    end->calls++;
    err = rpc_channel_call(end->channel, path, authorization, request, answer, arena, ret_response,
                           ret_status, deadline_ns);
    end->calls--;
    /* A server that is there says why it does not serve; without a word the connection is gone. */
    if (err && ret_status->code == RPC_UNAVAILABLE && !ret_status->detail) {
        if (link->end == end)
            link->end = NULL;
        end->broken = true;
    }
    if (end->broken && end->calls == 0)
        close_end(end);
    return err;
}
