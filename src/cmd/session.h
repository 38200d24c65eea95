/*
 * session: a command's way to a running server: its channel, its key, and the one sentence it
 * says when a call is refused.
 *
 *     static int list(struct session *session, void *arg)
 *     {
 *         … session_call(session, list_halls, &request, &answer) …
 *     }
 *     return session_run("hall list", &values.session, SESSION_ORGANISER, list, &values);
 */
#ifndef USHER_CMD_SESSION_H
#define USHER_CMD_SESSION_H

#include <stdbool.h>

#include "call/client.h"
#include "cmd/cmd.h"
#include "token/key.h"

#define SESSION_ANSWER_MAX (256u << 20) /* bytes an unpacked answer may take */
#define SESSION_CALL_MS    30000        /* a call is waited for as long as the server may take */
#define SESSION_PATH_MAX   4096

/* What every command that talks to a server can be told. */
struct session_values {
    const char *url;
    const char *data;
    const char *key;
    const char *tls_ca;
    bool json;
};

/* The rows of those, for a struct `type` with a member `member` of struct session_values. */
#define SESSION_OPTIONS(type, member)                                                              \
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

enum session_caller { SESSION_ANYONE, SESSION_ORGANISER };

struct session {
    const char *command; /* "hall list", for sentences */
    struct channel *channel;
    struct arena arena; /* answers; until session_run returns */
    char broken[200];   /* what the last call said of a connection that broke; else empty */
};

/* Opens a connection in a world of fibers of its own and runs body(session, arg) there. For
 * SESSION_ORGANISER the operator key is shown with every call. Returns what body returned, or an
 * enum cmd_exit after having said what is wrong. */
int session_run(const char *command, const struct session_values *values,
                enum session_caller caller, int (*body)(struct session *session, void *arg),
                void *arg);

/* A whole command of the organiser's: reads its words against the table into *values, of which
 * session is a part; its first positional word goes to *ret_word where the table takes any. Then as
 * session_run with values as arg. */
int session_command(const struct conf_table *table, int argc, char **argv, void *values,
                    const struct session_values *session, const char **ret_word,
                    int (*body)(struct session *session, void *arg));

/* Calls a method of TicketService; on a terminal it shows that it waits. CMD_OK, and the answer, in
 * the session's arena, at *ret_response; or an enum cmd_exit after having said why. */
#define session_call(session, method, request, ret_response)                                       \
    session_call_of((session), &usher__v1__ticket_service__descriptor, Usher__V1__TicketService,   \
                    method, (request), (ret_response))
/* The same of any service. */
#define session_call_of(session, descriptor, service, method, request, ret_response)               \
    session_call_index((session), (descriptor), CLIENT_INDEX(service, method),                     \
                       CLIENT_CHECKED(service, method, request, ret_response),                     \
                       (const ProtobufCMessage **)(ret_response))
/* What the macros call. */
int session_call_index(struct session *session, const ProtobufCServiceDescriptor *service,
                       unsigned method, const ProtobufCMessage *request,
                       const ProtobufCMessage **ret_response);

/* Says why a call or a stream was refused: an enum cmd_exit. */
int session_refuse(struct session *session, const struct call_status *status);

/* The answer as JSON and a line end on standard output. */
int session_print_json(struct session *session, const void *response);

#endif
