/* The calls that this process's port answered, as the operator's page shows them. */
#include "cmd/house.h"

static void add_calls(struct server *server, struct monitor_calls *ret_calls)
{
    static const char *const holds[] = {"usher.v1.TicketService/HoldSeats",
                                        "usher.v1.TicketService/HoldBest"};
    struct server_calls calls;
    server_calls(server, NULL, &calls);
    for (int code = 0; code < SERVER_CODES; code++)
        ret_calls->total += calls.codes[code];
    ret_calls->failures = calls.codes[CODE_UNKNOWN] + calls.codes[CODE_INTERNAL] +
                          calls.codes[CODE_UNAVAILABLE] + calls.codes[CODE_DATA_LOSS];
    ret_calls->limited = calls.codes[CODE_RESOURCE_EXHAUSTED];
    for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
        server_calls(server, holds[i], &calls);
        for (int code = 0; code < SERVER_CODES; code++)
            ret_calls->holds += calls.codes[code];
        ret_calls->conflicts += calls.codes[CODE_ABORTED];
        for (int k = 0; k <= METRIC_BUCKETS; k++)
            ret_calls->hold_buckets[k] += calls.buckets[k];
    }
    server_calls(server, "usher.v1.TicketService/PlaceOrder", &calls);
    ret_calls->orders = calls.codes[CODE_OK];
}

void house_count_calls(struct house *house, struct server *server)
{
    pthread_mutex_lock(&house->counting);
    house->counted = server;
    pthread_mutex_unlock(&house->counting);
}

void house_calls(void *arg, struct monitor_calls *ret_calls)
{
    struct house *house = arg;
    pthread_mutex_lock(&house->counting); /* so that it is not freed meanwhile */
    if (house->counted)
        add_calls(house->counted, ret_calls);
    pthread_mutex_unlock(&house->counting);
}
