#include "cmd/paying.h"

#include "cmd/house.h"

#define PROVIDER_TEXTS (64u << 10)

int paying_start(struct house *house)
{
    struct payment_options options = {
        .offload = house->offload,
        .sql = house->ground.store->sql,
        .workers = house->workers,
        .worker_count = house->worker_count,
        .chance = chance_system(),
        .public_url = house->values.pay.public_url ? house->values.pay.public_url : house->url,
        .refund_rule = house->values.pay.refund_rule,
        .pay_ms = house->values.pay.pay_ms,
        .deposit_look_ms = house->values.pay.deposit_look_ms,
        .master = house->ground.secret,
        .providers = house->providers,
        .open_tickets = house_open_tickets,
        .open_state = house,
    };
    arena_init(&house->provider_texts, PROVIDER_TEXTS);
    int code = providers_read(&house->values.pay, &house->provider_texts, house->providers,
                              &options.provider_count);
    if (code != CMD_OK)
        return code;
    const int err = payment_start(&options, &house->payment);
    if (err != 0)
        return house_fail("the payments", err);
    payment_plains(house->payment, house->plains + house->plain_count);
    house->plain_count += PAYMENT_PLAINS;
    return CMD_OK;
}

void paying_stop(struct house *house)
{
    payment_stop(house->payment);
    arena_release(&house->provider_texts);
}

struct service paying_service(struct house *house)
{
    return payment_service(house->payment);
}

struct service paying_tills(struct house *house)
{
    return payment_till_service(house->payment);
}
