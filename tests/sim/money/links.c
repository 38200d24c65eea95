/* The wire between usher and the waiting room, as between two processes: late, cut, and nobody
 * answers where the other one is not there. */
#include <stdlib.h>

#include "sim/money/money.h"
#include "token/roles.h"

#define LINK_MS 50 /* after which a connection that is not made is given up */

struct link {
    struct channel channel;
    struct party *from;
    bool to_room;
};

/* The other end as it is now; NULL: nobody answers. */
static struct party *find(const struct link *link, struct channel **ret_channel)
{
    struct money_world *world = link->from->world;
    struct party *to = NULL;
    if (link->to_room && world->room) {
        to = &world->room->party;
        *ret_channel = world->room->channel;
    } else if (!link->to_room && world->usher) {
        to = &world->usher->party;
        *ret_channel = world->usher->tickets;
    }
    return to && !to->leaving && !to->dead ? to : NULL;
}

static bool is_lost(const struct link *link, uint32_t ppm)
{
    struct money_world *world = link->from->world;
    const bool lost = link->from->stormy && money_happens(world, ppm);
    world->coverage->links_lost += lost;
    return lost;
}

static int not_reached(struct call_status *ret_status)
{
    return call_status_set(ret_status, CODE_UNAVAILABLE, "the other process is not reached");
}

static int call(struct channel *channel, const struct channel_request *request, struct arena *arena,
                const ProtobufCMessage **ret_response, struct call_status *ret_status)
{
    static const struct identity peer = {.roles = ROLE_PEER};
    const struct link *link = (const struct link *)channel;
    struct money_world *world = link->from->world;
    struct channel_request ask = *request;
    struct channel *there;
    if (link->from->stormy)
        money_wait(world, world->weather.latency_ms);
    if (link->to_room) /* what the room asks is asked every second, and changes nothing */
        money_step(world);
    struct party *to = find(link, &there);
    if (link->from->dead || !to || is_lost(link, world->weather.refused_ppm)) {
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), LINK_MS));
        return not_reached(ret_status);
    }
    if (!ask.identity)
        ask.identity = &peer;
    to->visitors++;
    int err = channel_call(there, &ask, arena, ret_response, ret_status);
    to->visitors--;
    const bool died = to->dead;
    if (link->to_room)
        money_step(world);
    return died || link->from->dead || is_lost(link, world->weather.lost_ppm)
               ? not_reached(ret_status)
               : err;
}

static int stream(struct channel *channel, const struct channel_request *request,
                  struct channel_stream **ret_stream, struct call_status *ret_status)
{
    return call_status_set(ret_status, CODE_UNIMPLEMENTED, "no streams here");
}

static void free_link(struct channel *channel)
{
    free(channel);
}

struct channel *link_new(struct party *from, bool to_room)
{
    static const struct channel_ops ops = {.call = call, .stream = stream, .free = free_link};
    struct link *link = calloc(1, sizeof(*link));
    assert(link);
    *link = (struct link){.channel = {&ops}, .from = from, .to_room = to_room};
    return &link->channel;
}
