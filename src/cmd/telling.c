#include "cmd/telling.h"

#include "cmd/house.h"

int telling_start(struct house *house)
{
    const struct telling_values *values = &house->values.telling;
    const struct webhook_options options = {
        .sql = house->ground.store->sql,
        .workers = house->workers,
        .worker_count = house->worker_count,
        .chance = chance_system(),
        .master = house->ground.secret,
        .allowed = house->webhook_networks,
        .allowed_count = (uint32_t)house->webhook_network_count,
        .alone = !house->values.store,
        .ca_path = values->ca,
        .retry_ms = values->retry_ms,
        .end_ms = values->end_ms,
    };
    int err = webhook_start(&options, &house->webhook);
    return err == 0 ? CMD_OK : house_fail("the webhooks", err);
}

void telling_stop(struct house *house)
{
    webhook_stop(house->webhook);
}

struct service telling_service(struct house *house)
{
    return webhook_service(house->webhook);
}
