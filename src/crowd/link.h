/*
 * link: a connection that many share and that is opened again when it breaks.
 *
 * Lives on one thread of fibers. A call that finds the connection broken ends with RPC_UNAVAILABLE
 * and its caller decides whether to try again; the broken connection is closed when the last call
 * on it has ended, and the next call opens another.
 */
#ifndef USHER_CROWD_LINK_H
#define USHER_CROWD_LINK_H

#include "fiber/waitlist.h"
#include "rpc/channel.h"

struct link_end;
struct link {
    struct rpc_channel_options options; /* borrowed strings */
    struct link_end *end;               /* NULL: not open */
    bool opening;
    struct waitlist waiting; /* for the one that opens */
    uint32_t opened;         /* how often; more than once: it broke */
};

void link_init(struct link *link, const struct rpc_channel_options *options);
/* Opens now. 0, or as rpc_channel_open. */
int link_open(struct link *link, int64_t deadline_ns);
/* No call may be under way. */
void link_release(struct link *link);
/* As rpc_channel_call. */
int link_call(struct link *link, const char *path, const char *authorization,
              const ProtobufCMessage *request, const ProtobufCMessageDescriptor *answer,
              struct arena *arena, const ProtobufCMessage **ret_response,
              struct rpc_status *ret_status, int64_t deadline_ns);

#endif
