#include "call/remote.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "call/limits.h"
#include "call/link.h"
#include "call/reader.h"
#include "err/err.h"
#include "mem/list.h"

struct slot {
    struct link *link;   /* NULL: not open */
    uint32_t generation; /* in which it was opened */
    bool opening;
};

struct remote {
    struct channel channel;
    struct remote_options options; /* its strings are ours, and its identity */
    char *strings[6];
    struct identity identity;
    struct slot slots[REMOTE_LINKS_MAX];
    struct waitlist waiting; /* for the one that opens */
    uint32_t next;           /* slot */
    uint32_t opened;
    uint32_t failures;         /* to connect, one after another */
    int64_t retry_at_ns;       /* nothing is opened before */
    char why[NET_TLS_WHY_MAX]; /* the last try failed, where TLS says it; else empty */
};

struct remote_stream {
    struct channel_stream stream;
    struct remote *remote;
    struct reader reader;
};

static _Atomic uint32_t generation; /* of connections; remote_renew begins another */

static struct remote *remote_of(const struct channel *channel)
{
    return list_of(channel, struct remote, channel);
}

/* ---- connections ---- */

/* The next try comes after a pause that doubles. Every process has its own beginning of failures,
 * so that no further spreading is needed. */
static void note_failure(struct remote *remote)
{
    int64_t ms = REMOTE_BACKOFF_MIN_MS;
    for (uint32_t i = 0; i < remote->failures && ms < REMOTE_BACKOFF_MAX_MS; i++)
        ms *= 2;
    if (ms > REMOTE_BACKOFF_MAX_MS)
        ms = REMOTE_BACKOFF_MAX_MS;
    remote->failures++;
    remote->retry_at_ns = deadline_after_ms(fiber_now_ns(), ms);
}

static int open_slot(struct remote *remote, struct slot *slot, int64_t deadline_ns)
{
    const int64_t connect_ns = deadline_after_ms(fiber_now_ns(), REMOTE_CONNECT_MS);
    slot->opening = true;
    slot->generation = atomic_load(&generation);
    int err = link_open(&remote->options, deadline_ns < connect_ns ? deadline_ns : connect_ns,
                        remote->why, &slot->link);
    slot->opening = false;
    if (!err) {
        remote->opened++;
        remote->failures = 0;
        remote->retry_at_ns = 0;
    } else if (err != ERR_CANCELLED && err != ERR_NO_MEMORY) {
        note_failure(remote);
    }
    waitlist_wake_all(&remote->waiting);
    return err;
}

/* The last user of a link that is no longer in its slot closes it. */
static void give_back(struct remote *remote, struct link *link)
{
    link->users--;
    for (uint32_t i = 0; i < remote->options.links; i++) {
        if (remote->slots[i].link == link && !link_is_open(link))
            remote->slots[i].link = NULL;
        else if (remote->slots[i].link == link)
            return;
    }
    if (link->users == 0)
        link_close(link);
}

/* Takes what has ended, or was opened before the last remote_renew, out of its slot. */
static void clear_slot(struct slot *slot)
{
    struct link *link = slot->link;
    if (link && slot->generation != atomic_load(&generation))
        link->retired = true;
    if (!link || link_is_open(link))
        return;
    slot->link = NULL;
    if (link->users == 0)
        link_close(link);
}

/* An open link, for one more user: give_back it. ERR_BUSY: the pause is not over; else as
 * link_open. */
static int take_link(struct remote *remote, int64_t deadline_ns, struct link **ret_link)
{
    struct slot *slot = &remote->slots[remote->next++ % remote->options.links];
    for (;;) {
        clear_slot(slot);
        if (slot->link)
            break;
        int err;
        if (slot->opening)
            err = waitlist_wait(&remote->waiting, deadline_ns);
        else if (fiber_now_ns() < remote->retry_at_ns)
            err = ERR_BUSY;
        else
            err = open_slot(remote, slot, deadline_ns);
        if (err)
            return err;
    }
    slot->link->users++;
    *ret_link = slot->link;
    return 0;
}

static int fail_to_connect(struct call_status *ret_status, int err)
{
    switch (err) {
    case ERR_CANCELLED:
        return call_status_set(ret_status, CODE_CANCELED, "cancelled here");
    case ERR_TIMEOUT:
        return call_status_set(ret_status, CODE_DEADLINE_EXCEEDED, "the deadline has passed");
    case ERR_BUSY:
        return call_status_set(ret_status, CODE_UNAVAILABLE,
                               "the server did not answer lately, and is not tried yet");
    default:
        return call_status_set(ret_status, CODE_UNAVAILABLE, err_text(err));
    }
}

/* As fail_to_connect, and where TLS has something against the server, that. */
static int fail_to_trust(const struct remote *remote, struct arena *arena,
                         struct call_status *ret_status, int err)
{
    const int failed = fail_to_connect(ret_status, err);
    const char *why = remote->why[0] && ret_status->code == CODE_UNAVAILABLE
                          ? arena_copy(arena, view_str(remote->why))
                          : NULL;
    return why ? call_status_set(ret_status, CODE_UNAVAILABLE, why) : failed;
}

/* ---- calls ---- */

/* Opens the call on the link, with what the channel adds to what the request says of its caller. */
static int open_on(struct remote *remote, struct link *link, struct reader *reader,
                   const struct channel_request *request, struct call_status *ret_status)
{
    const struct remote_options *o = &remote->options;
    struct channel_request whole = *request;
    whole.identity = request->identity ? request->identity : o->identity;
    return reader_open(reader, link, &whole,
                       request->authorization ? request->authorization : o->authorization,
                       ret_status);
}

/* Whether a call that ended so is worth another try. A server that is there says why it does not
 * serve, in a detail: that is for the caller to judge. */
static bool may_retry(const struct reader *reader, const struct channel_request *request,
                      const struct call_status *status)
{
    return status->code == CODE_UNAVAILABLE && !status->detail &&
           (request->idempotent || reader_is_untouched(reader));
}

static int remote_call(struct channel *channel, const struct channel_request *request,
                       struct arena *arena, const ProtobufCMessage **ret_response,
                       struct call_status *ret_status)
{
    struct remote *remote = remote_of(channel);
    for (uint32_t tries = 1;; tries++) {
        struct link *link;
        struct reader reader;
        int err = take_link(remote, request->deadline_ns, &link);
        if (err)
            return fail_to_trust(remote, arena, ret_status, err);
        err = open_on(remote, link, &reader, request, ret_status);
        if (!err)
            err = reader_answer(&reader, request, arena, ret_response, ret_status);
        const bool again = err && may_retry(&reader, request, ret_status);
        reader_release(&reader);
        give_back(remote, link);
        if (!again || tries >= remote->options.tries)
            return err;
    }
}

/* ---- streams ---- */

static int stream_next(struct channel_stream *stream, struct arena *arena,
                       const ProtobufCMessage **ret_message, struct call_status *ret_status,
                       int64_t deadline_ns)
{
    struct remote_stream *s = list_of(stream, struct remote_stream, stream);
    return reader_next(&s->reader, stream->answer, arena, ret_message, ret_status, deadline_ns);
}

static void stream_free(struct channel_stream *stream)
{
    struct remote_stream *s = list_of(stream, struct remote_stream, stream);
    struct link *link = s->reader.link;
    reader_release(&s->reader);
    give_back(s->remote, link);
    free(s);
}

static const struct channel_stream_ops stream_ops = {.next = stream_next, .free = stream_free};

static int remote_stream(struct channel *channel, const struct channel_request *request,
                         struct channel_stream **ret_stream, struct call_status *ret_status)
{
    struct remote *remote = remote_of(channel);
    struct remote_stream *s = calloc(1, sizeof(*s));
    if (!s)
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED, err_text(ERR_NO_MEMORY));
    *s = (struct remote_stream){.stream = {&stream_ops, request->method->output}, .remote = remote};
    for (uint32_t tries = 1;; tries++) {
        struct link *link;
        int err = take_link(remote, request->deadline_ns, &link);
        if (err) {
            free(s);
            return fail_to_connect(ret_status, err);
        }
        err = open_on(remote, link, &s->reader, request, ret_status);
        if (!err) {
            *ret_stream = &s->stream;
            return 0;
        }
        const bool again = may_retry(&s->reader, request, ret_status);
        reader_release(&s->reader);
        give_back(remote, link);
        if (!again || tries >= remote->options.tries) {
            free(s);
            return err;
        }
    }
}

/* ---- life ---- */

static void remote_free(struct channel *channel)
{
    struct remote *remote = remote_of(channel);
    for (uint32_t i = 0; i < REMOTE_LINKS_MAX; i++) {
        assert(!remote->slots[i].opening);
        assert(!remote->slots[i].link || remote->slots[i].link->users == 0);
        link_close(remote->slots[i].link);
    }
    for (size_t i = 0; i < sizeof(remote->strings) / sizeof(remote->strings[0]); i++)
        free(remote->strings[i]);
    free(remote);
}

static const struct channel_ops remote_ops = {
    .call = remote_call,
    .stream = remote_stream,
    .free = remote_free,
};

/* Our own copy of an option's text. */
static int keep(const char **text, char **ret_copy)
{
    if (!*text)
        return 0;
    *ret_copy = strdup(*text);
    *text = *ret_copy;
    return *ret_copy ? 0 : ERR_NO_MEMORY;
}

int remote_new(const struct remote_options *options, struct channel **ret_channel)
{
    assert(options->url && options->links <= REMOTE_LINKS_MAX);
    struct remote *remote = calloc(1, sizeof(*remote));
    if (!remote)
        return ERR_NO_MEMORY;
    remote->channel.ops = &remote_ops;
    remote->options = *options;
    struct remote_options *o = &remote->options;
    o->links = o->links ? o->links : 1;
    o->tries = o->tries ? o->tries : REMOTE_TRIES_MAX;
    if (o->identity) {
        remote->identity = *o->identity;
        o->identity = &remote->identity;
    }
    waitlist_init(&remote->waiting);
    int err = keep(&o->url, &remote->strings[0]);
    if (!err)
        err = keep(&o->authorization, &remote->strings[1]);
    if (!err)
        err = keep(&o->tls_ca_path, &remote->strings[2]);
    if (!err)
        err = keep(&o->source_host, &remote->strings[3]);
    if (!err)
        err = keep(&o->tls_cert_path, &remote->strings[4]);
    if (!err)
        err = keep(&o->tls_key_path, &remote->strings[5]);
    if (err) {
        remote_free(&remote->channel);
        return err;
    }
    *ret_channel = &remote->channel;
    return 0;
}

int remote_connect(struct channel *channel, int64_t deadline_ns)
{
    struct link *link;
    struct remote *remote = remote_of(channel);
    assert(channel->ops == &remote_ops);
    int err = take_link(remote, deadline_ns, &link);
    if (!err)
        give_back(remote, link);
    return err == ERR_BUSY ? ERR_UNAVAILABLE : err;
}

void remote_renew(void)
{
    atomic_fetch_add(&generation, 1);
}

uint32_t remote_opened(const struct channel *channel)
{
    assert(channel->ops == &remote_ops);
    return remote_of(channel)->opened;
}
