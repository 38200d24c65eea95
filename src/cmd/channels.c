/* How a role of this process reaches another: by its contract, wherever that role runs. */
#include "call/local.h"
#include "call/remote.h"
#include "cmd/roles.h"
#include "err/err.h"
#include "token/roles.h"

static const struct identity peer = {.roles = ROLE_PEER};

int channels_let_in(struct house *house, size_t role, struct service service)
{
    house->role_services[role] = service;
    int err = routes_init(&house->role_routes[role], &house->role_services[role], 1);
    return err == 0 ? 0 : house_fail("a channel to a role", err);
}

void channels_close(struct house *house)
{
    for (size_t i = 0; i < HOUSE_ROLES_MAX; i++) {
        if (house->role_routes[i].slots)
            routes_release(&house->role_routes[i]);
    }
}

int house_channel(struct house *house, const char *role, struct channel **ret_channel)
{
    const size_t i = roles_find(role);
    if (house->role_routes[i].slots)
        return local_new(&house->role_routes[i], &peer, ret_channel);
    if (roles_has(house, role))
        return ERR_UNAVAILABLE;
    if (!house->peer_urls[i][0])
        return ERR_NOT_FOUND;
    struct remote_options options = house->peer;
    options.url = house->peer_urls[i];
    return remote_new(&options, ret_channel);
}

int house_open(void *house, const char *role, struct channel **ret_channel)
{
    return house_channel(house, role, ret_channel);
}

int house_open_tickets(void *house, struct channel **ret_channel)
{
    return house_channel(house, "ticket", ret_channel);
}
