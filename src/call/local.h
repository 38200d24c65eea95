/*
 * local: a channel to services of this process: a call is a function call on the caller's fiber,
 * without a byte encoded. The request is borrowed by the handler; the answer is made in the
 * caller's arena.
 *
 * A server stream's handler gets a fiber of its own, on the same thread; one message at a time is
 * on its way, so a reader that is slow makes its handler wait, or its sink skip.
 */
#ifndef USHER_CALL_LOCAL_H
#define USHER_CALL_LOCAL_H

#include "call/channel.h"
#include "call/method.h"

/* routes is borrowed; identity is that of calls which name none. ERR_NO_MEMORY. */
int local_new(const struct routes *routes, const struct identity *identity,
              struct channel **ret_channel);

#endif
