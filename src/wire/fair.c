#include "wire/fair.h"

#include <inttypes.h>

#include "net/range.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "wire/caller.h"
#include "wire/shard.h"

enum share { SHARE_ACCOUNT, SHARE_ADDRESS, SHARE_NETWORK };

#define LIMITED(variable, by)                                                                      \
    METRIC_COUNTER(variable, "usher_calls_limited_total",                                          \
                   "Calls refused because their caller has had its share.", "by=\"" by "\"")
LIMITED(by_account, "account");
LIMITED(by_address, "address");
LIMITED(by_network, "network");

static const struct {
    const char *name;
    struct metric *count;
} shares[] = {
    [SHARE_ACCOUNT] = {"account", &by_account},
    [SHARE_ADDRESS] = {"address", &by_address},
    [SHARE_NETWORK] = {"network", &by_network},
};

static int64_t max_of(const struct server_options *options, enum share share)
{
    return share == SHARE_ACCOUNT   ? options->account_calls
           : share == SHARE_ADDRESS ? options->address_calls
                                    : options->network_calls;
}

static bool refuse(struct exchange *exchange, enum share share, int64_t wait_ms)
{
    struct call *call = &exchange->call;
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = (char *)"TOO_MANY_REQUESTS";
    detail.retry_after_ms = (uint64_t)wait_ms;
    metric_add(shares[share].count, 1);
    log_event(LOG_WARN, "call.limit", log_str("usher.by", shares[share].name),
              log_view("client.ip", metadata_find(call->received, CALLER_ADDRESS)),
              log_id("usher.account", call->identity.account_id),
              log_view("url.path", call->route->path), log_int("usher.retry_after_ms", wait_ms));
    call_fail(call, CODE_RESOURCE_EXHAUSTED, &detail,
              "this %s calls too often; try again in %" PRId64 " ms", shares[share].name, wait_ms);
    return true;
}

static bool exceeds(struct exchange *exchange, enum share share, const void *key, size_t len)
{
    const struct server_options *options = exchange->shard->options;
    const int64_t max = max_of(options, share);
    if (!options->quota || max == 0)
        return false;
    const struct quota_rule rule = {.every_us = 1000000 / max, .burst = WIRE_BURST_S * max};
    const int64_t wait_ms = quota_take(options->quota, share, &rule, view_of(key, len),
                                       shard_now_ns(exchange->shard) / NS_PER_MS);
    return wait_ms > 0 && refuse(exchange, share, wait_ms);
}

/* Where the caller is, cut to what counts as one; false where that is this machine or not known. */
static bool comes_from_afar(const struct exchange *exchange, struct in6_addr *ret_host)
{
    const struct view said = metadata_find(exchange->call.received, CALLER_ADDRESS);
    return !exchange->from_peer && net_range_address(said, ret_host) == 0 &&
           !net_range_is_local(ret_host);
}

static bool account_exceeds(struct exchange *exchange)
{
    uint8_t id[ID_BYTES];
    const struct id account_id = exchange->call.identity.account_id;
    id_to_bytes(account_id, id);
    return !id_is_zero(account_id) && exceeds(exchange, SHARE_ACCOUNT, id, sizeof(id));
}

bool fair_refuses_account(struct exchange *exchange)
{
    struct in6_addr host;
    return comes_from_afar(exchange, &host) && account_exceeds(exchange);
}

bool fair_refuses(struct exchange *exchange)
{
    const struct identity *caller = &exchange->call.identity;
    const bool machine = !identity_is_nobody(caller) && id_is_zero(caller->account_id);
    struct in6_addr host, network;
    if (machine || !comes_from_afar(exchange, &host))
        return false;
    network = host;
    net_range_cut_host(&host);
    net_range_cut_network(&network);
    return exceeds(exchange, SHARE_ADDRESS, &host, sizeof(host)) ||
           exceeds(exchange, SHARE_NETWORK, &network, sizeof(network)) || account_exceeds(exchange);
}
