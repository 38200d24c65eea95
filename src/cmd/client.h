/*
 * client: a command's way to a running server: its connection, its key, and the one sentence it
 * says when a call is refused.
 *
 *     static int list(struct client *client, void *arg) { … client_ask(client, "ListHalls", …) … }
 *     return client_run("hall list", &values.client, CLIENT_ORGANISER, list, &values);
 */
#ifndef USHER_CMD_CLIENT_H
#define USHER_CMD_CLIENT_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "rpc/channel.h"
#include "token/key.h"

#define CLIENT_ANSWER_MAX (256u << 20) /* bytes an unpacked answer may take */
#define CLIENT_CALL_MS    30000        /* a call is waited for as long as the server may take */
#define CLIENT_PATH_MAX   4096

/* What every command that talks to a server can be told. */
struct client_values {
    const char *url;
    const char *data;
    const char *key;
    const char *tls_ca;
    bool json;
};

/* The rows of those, for a struct `type` with a member `member` of struct client_values. */
#define CLIENT_OPTIONS(type, member)                                                               \
    {"url", CONF_STR, offsetof(type, member.url), "http://127.0.0.1:8080",                         \
     .help = "the server, http://HOST:PORT or https://HOST:PORT"},                                 \
        {"data", CONF_PATH, offsetof(type, member.data), "run",                                    \
         .help = "the server's data folder, where operator.key is"},                               \
        {"key", CONF_PATH, offsetof(type, member.key), NULL,                                       \
         .help = "the operator key's file, where the folder is elsewhere"},                        \
        {"tls-ca", CONF_PATH, offsetof(type, member.tls_ca), NULL,                                 \
         .help = "roots to trust (PEM) instead of the system's, for https"},                       \
    {                                                                                              \
        "json", CONF_BOOL, offsetof(type, member.json), "no",                                      \
            .help = "one JSON object instead of text, for machines"                                \
    }

enum client_caller { CLIENT_ANYONE, CLIENT_ORGANISER };

struct client {
    const char *command; /* "hall list", for sentences */
    struct rpc_channel *channel;
    struct arena arena; /* answers; until client_run returns */
    char broken[200];   /* what the last call said of a connection that broke; else empty */
};

/* Opens a connection in a world of fibers of its own and runs body(client, arg) there. For
 * CLIENT_ORGANISER the operator key is shown with every call. Returns what body returned, or an
 * enum cmd_exit after having said what is wrong. */
int client_run(const char *command, const struct client_values *values, enum client_caller caller,
               int (*body)(struct client *client, void *arg), void *arg);

/* One call of TicketService; on a terminal it shows that it waits. CMD_OK, and the answer, in the
 * client's arena, at *ret_response, a pointer to the message's struct; or an enum cmd_exit after
 * having said why. */
int client_ask(struct client *client, const char *method, const ProtobufCMessage *request,
               const ProtobufCMessageDescriptor *answer, void *ret_response);

/* The answer as JSON and a line end on standard output. */
int client_print_json(struct client *client, const void *response);

#endif
