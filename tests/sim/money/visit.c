#include "sim/money/visit.h"

#include "err/err.h"

uint32_t buyer_below(struct money_buyer *buyer, uint32_t limit)
{
    return (uint32_t)chance_below(&buyer->dice.chance, limit);
}

bool buyer_odds(struct money_buyer *buyer, uint32_t in_hundred)
{
    return buyer_below(buyer, 100) < in_hundred;
}

void buyer_wait(struct money_buyer *buyer, uint32_t max_ms)
{
    stage_sleep(1 + buyer_below(buyer, max_ms));
}

bool visit_begin(struct visit *visit, enum visit_of whom, struct arena *arena)
{
    static const ProtobufCServiceDescriptor *const services[] = {
        [VISIT_TICKETS] = &usher__v1__ticket_service__descriptor,
        [VISIT_PAYMENTS] = &usher__v1__payment_service__descriptor,
        [VISIT_LINE] = &usher__v1__waitroom_service__descriptor};
    struct money_buyer *buyer = visit->buyer;
    struct usher *usher = buyer->world->usher;
    struct room *room = buyer->world->room;
    struct channel *channel = NULL;
    struct metadata *metadata = NULL;
    visit->party = NULL;
    if (whom == VISIT_LINE && room) {
        visit->party = &room->party;
        channel = room->channel;
    } else if (whom != VISIT_LINE && usher) {
        visit->party = &usher->party;
        channel = whom == VISIT_PAYMENTS ? usher->payments : usher->tickets;
    }
    if (!visit->party || visit->party->leaving || visit->party->dead)
        return false;
    visit->party->visitors++;
    client_init(&visit->client, channel, services[whom], arena);
    visit->client.identity = &buyer->who;
    if (buyer->shown) {
        int err = metadata_add(&metadata, arena, VIEW_LIT("usher-pass"), view_str(buyer->shown));
        assert(err == 0);
    }
    visit->client.metadata = metadata;
    return true;
}

bool visit_end(struct visit *visit, int *err)
{
    const struct call_status *status = &visit->client.status;
    const bool dead = visit->party->dead;
    visit->party->visitors--;
    visit->buyer->reason = *err != 0 && status->detail ? status->detail->reason : "";
    if (dead)
        *err = ERR_UNKNOWN;
    return dead || (*err != 0 &&
                    (status->code == CODE_UNAVAILABLE || status->code == CODE_DEADLINE_EXCEEDED ||
                     status->code == CODE_INTERNAL || status->code == CODE_UNKNOWN));
}
