/*
 * Buys two tickets: libcurl carries the calls, protobuf-c the messages.
 *
 *     buy [URL]       http://127.0.0.1:8080
 *
 * A call of the Connect protocol is a POST of an encoded message; an answer that is not 200 is a
 * JSON object that says why.
 */
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

struct client {
    CURL *curl;
    const char *url;
    char authorization[4096]; /* "authorization: Bearer …", or empty */
};

struct body {
    uint8_t *at;
    size_t len;
};

static size_t receive(char *from, size_t size, size_t count, void *arg)
{
    struct body *body = arg;
    uint8_t *more = realloc(body->at, body->len + size * count + 1);
    if (!more)
        return 0;
    body->at = more;
    memcpy(body->at + body->len, from, size * count);
    body->len += size * count;
    body->at[body->len] = '\0';
    return size * count;
}

/* Calls "Service/Method". The answer is to be freed with protobuf_c_message_free_unpacked. A call
 * that fails ends the program: a real client would ask again after "unavailable", with the same
 * idempotency key. */
static void *call(struct client *client, const char *method, const ProtobufCMessage *request,
                  const ProtobufCMessageDescriptor *answers)
{
    char url[1000];
    struct body body = {0};
    long status = 0;
    size_t len = protobuf_c_message_get_packed_size(request);
    uint8_t *packed = malloc(len + 1);
    struct curl_slist *headers = curl_slist_append(NULL, "content-type: application/proto");
    if (client->authorization[0])
        headers = curl_slist_append(headers, client->authorization);
    if (!packed || !headers)
        exit(1);
    protobuf_c_message_pack(request, packed);
    snprintf(url, sizeof(url), "%s/usher.v1.%s", client->url, method);
    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, packed);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE, (long)len);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &body);
    CURLcode failed = curl_easy_perform(client->curl);
    if (failed == CURLE_OK)
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    free(packed);
    void *answer =
        status == 200 ? protobuf_c_message_unpack(answers, NULL, body.len, body.at) : NULL;
    if (!answer) {
        fprintf(stderr, "%s: %s\n", method,
                failed    ? curl_easy_strerror(failed)
                : body.at ? (char *)body.at
                          : "no answer");
        exit(1);
    }
    free(body.at);
    return answer;
}

static void release(void *message)
{
    protobuf_c_message_free_unpacked(message, NULL);
}

/* The first performance that is on sale, or 0. */
static uint32_t find_performance(struct client *client)
{
    Usher__V1__ListEventsRequest wish = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    Usher__V1__ListEventsResponse *events = call(client, "TicketService/ListEvents", &wish.base,
                                                 &usher__v1__list_events_response__descriptor);
    uint32_t found = 0;
    for (size_t i = 0; i < events->n_events && !found; i++) {
        for (size_t k = 0; k < events->events[i]->n_performances && !found; k++) {
            const Usher__V1__Performance *p = events->events[i]->performances[k];
            if (p->sale_state != USHER__V1__SALE_STATE__SALE_STATE_OPEN || p->sale_id)
                continue;
            printf("%s: %u places are free\n", p->event_name, p->counts->free);
            found = p->performance_id;
        }
    }
    release(events);
    return found;
}

/* A guest account: enough to buy with. */
static void become_guest(struct client *client)
{
    Usher__V1__CreateGuestRequest wish = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    Usher__V1__CreateGuestResponse *guest = call(client, "AuthService/CreateGuest", &wish.base,
                                                 &usher__v1__create_guest_response__descriptor);
    snprintf(client->authorization, sizeof(client->authorization), "authorization: Bearer %s",
             guest->token);
    release(guest);
}

static void buy(struct client *client, uint32_t performance_id)
{
    Usher__V1__HoldBestRequest wish = USHER__V1__HOLD_BEST_REQUEST__INIT;
    Usher__V1__PlaceOrderRequest purchase = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    char key[64];
    snprintf(key, sizeof(key), "buy.c %lld", (long long)time(NULL));
    wish.performance_id = performance_id;
    wish.party = 2;
    wish.idempotency_key = key;
    Usher__V1__Hold *hold =
        call(client, "TicketService/HoldBest", &wish.base, &usher__v1__hold__descriptor);
    printf("held for %" PRId64 " s: %zu places, %" PRId64 " %s\n", hold->expires_in_ms / 1000,
           hold->n_seats, hold->total, hold->currency);

    purchase.performance_id = performance_id;
    purchase.hold_id = hold->hold_id;
    purchase.payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE;
    purchase.idempotency_key = hold->hold_id;
    Usher__V1__Order *order =
        call(client, "TicketService/PlaceOrder", &purchase.base, &usher__v1__order__descriptor);
    printf("order %s\n", order->order_number);
    for (size_t i = 0; i < order->n_tickets; i++)
        printf("  %s: %s\n", order->tickets[i]->label, order->tickets[i]->ticket_code);
    release(order);
    release(hold);
}

int main(int argc, char **argv)
{
    struct client client = {.url = argc > 1 ? argv[1] : "http://127.0.0.1:8080"};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client.curl = curl_easy_init();
    uint32_t performance_id = find_performance(&client);
    if (!performance_id) {
        fprintf(stderr, "nothing is on sale\n");
        return 1;
    }
    become_guest(&client);
    buy(&client, performance_id);
    curl_easy_cleanup(client.curl);
    curl_global_cleanup();
    return 0;
}
