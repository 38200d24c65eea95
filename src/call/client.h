/*
 * client: the typed way to a service: the compiler checks that request and answer are the method's.
 *
 *     struct client tickets;
 *     client_init(&tickets, channel, &usher__v1__ticket_service__descriptor, &arena);
 *     const Usher__V1__Hold *hold;
 *     if (client_call(&tickets, Usher__V1__TicketService, hold_seats, &wish, &hold))
 *         … tickets.status says how it ended …
 *
 * It is made of what protoc-c generates for a service, whose struct has a member a method. One
 * client serves one call at a time; it is small, and every fiber makes its own.
 */
#ifndef USHER_CALL_CLIENT_H
#define USHER_CALL_CLIENT_H

#include "call/channel.h"

struct client {
    struct channel *channel;
    const ProtobufCServiceDescriptor *service;
    struct arena *arena;             /* answers */
    const char *authorization;       /* or NULL: the channel's */
    const struct identity *identity; /* or NULL: the channel's */
    const struct metadata *metadata; /* or NULL */
    int64_t timeout_ms;              /* of a call; 0: none; at first CLIENT_TIMEOUT_MS */
    int64_t deadline_ns;             /* no call goes on for longer; DEADLINE_NEVER */
    bool (*still)(void *arg);        /* as struct channel_request's; NULL */
    void *still_arg;
    struct call_status status; /* of the last call */
};

#define CLIENT_TIMEOUT_MS 30000

/* Everything is borrowed; set further members as needed. */
void client_init(struct client *client, struct channel *channel,
                 const ProtobufCServiceDescriptor *service, struct arena *arena);

/* Calls a unary method: service is the prefix of the generated types, method their member; request
 * a pointer to the request's struct, and ret_response to a pointer to the answer's, const. 0, or an
 * err code, with client->status filled in either case. */
#define client_call(client, service, method, request, ret_response)                                \
    client_call_index((client), CLIENT_INDEX(service, method),                                     \
                      CLIENT_CHECKED(service, method, request, ret_response),                      \
                      (const ProtobufCMessage **)(ret_response))

/* Opens a server stream; channel_stream_next reads it. ret_message says, by its type, what the
 * messages will be, and is not touched. As channel_stream. */
#define client_stream(client, service, method, request, ret_message, ret_stream)                   \
    client_stream_index((client), CLIENT_INDEX(service, method),                                   \
                        CLIENT_CHECKED(service, method, request, ret_message), (ret_stream))

/* The number of a method: protoc-c puts the members in the order of the descriptor. */
#define CLIENT_INDEX(service, method)                                                              \
    (unsigned)((offsetof(service##_Service, method) - sizeof(ProtobufCService)) /                  \
               sizeof(void (*)(void)))
/* The request, if its type and the answer's are those of the method. */
#define CLIENT_CHECKED(service, method, request, ret_response)                                     \
    ((void)sizeof((                                                                                \
         ((service##_Service *)NULL)                                                               \
             ->method(NULL, (request), (void (*)(__typeof__(*(ret_response)), void *))NULL, NULL), \
         0)),                                                                                      \
     &(request)->base)

/* What the macros call. */
int client_call_index(struct client *client, unsigned method, const ProtobufCMessage *request,
                      const ProtobufCMessage **ret_response);
int client_stream_index(struct client *client, unsigned method, const ProtobufCMessage *request,
                        struct channel_stream **ret_stream);

#endif
