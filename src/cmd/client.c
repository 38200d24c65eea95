#include "cmd/client.h"

#include <errno.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/target.h"
#include "codec/json.h"
#include "err/err.h"
#include "term/progress.h"

#define CLIENT_CONNECT_MS        5000
#define CLIENT_AUTHORIZATION_MAX (sizeof("Bearer ") + KEY_TEXT_CHARS)

/* ---- the key ---- */

/* The operator key of the values as a header value, "Bearer …". CMD_OK, or an enum cmd_exit after
 * having said what is wrong. */
static int authorize(const char *command, const struct client_values *values,
                     char ret_text[CLIENT_AUTHORIZATION_MAX])
{
    char path[CLIENT_PATH_MAX], text[KEY_TEXT_CHARS + 1];
    uint8_t key[KEY_BYTES];
    int len = values->key ? snprintf(path, sizeof(path), "%s", values->key)
                          : snprintf(path, sizeof(path), "%s/operator.key", values->data);
    if (len < 0 || (size_t)len >= sizeof(path))
        return cmd_fail(command, CMD_USAGE, "the path of the operator key is too long");
    int err = key_load(path, key);
    switch (err) {
    case 0:
        key_format(key, text);
        snprintf(ret_text, CLIENT_AUTHORIZATION_MAX, "Bearer %s", text);
        return CMD_OK;
    case ERR_NOT_FOUND:
        return cmd_fail(command, CMD_USAGE,
                        "there is no %s; usher serve writes it, --data DIR or --key FILE says "
                        "where it is",
                        path);
    case ERR_DENIED:
        return cmd_fail(command, CMD_USAGE, "%s may be read by others than its owner: chmod 600 %s",
                        path, path);
    default:
        return cmd_fail(command, CMD_USAGE, "%s: %s", path,
                        err == ERR_IO ? strerrordesc_np(errno)
                                      : "it holds no key; the one wanted is DIR/operator.key");
    }
}

/* ---- calls ---- */

struct wait {
    const char *what;
    struct scope scope;
};

/* Shows that time goes by, until its scope is cancelled. */
static void show_wait(void *arg)
{
    struct wait *wait = arg;
    struct progress progress;
    int64_t start_ns = fiber_now_ns();
    progress_start(&progress, wait->what, 0);
    while (fiber_sleep_until(fiber_now_ns() + PROGRESS_EVERY_NS) == 0)
        progress_at(&progress, (uint64_t)((fiber_now_ns() - start_ns) / NS_PER_S));
    progress_end(&progress);
}

/* "usher hall import: the plan has no seats (BAD_ARGUMENT, zones[0])" */
static int refuse(struct client *client, const struct rpc_status *status)
{
    const Usher__V1__ErrorDetail *detail = status->detail;
    if (status->code == RPC_DEADLINE_EXCEEDED)
        return cmd_fail(client->command, CMD_UNREACHED,
                        "no answer within %d s; what was asked for may be done or not: look before "
                        "you ask again",
                        CLIENT_CALL_MS / 1000);
    if (!detail || !detail->reason[0]) {
        if (status->code == RPC_UNAVAILABLE) {
            snprintf(client->broken, sizeof(client->broken), "%s", status->message);
            return CMD_UNREACHED; /* client_run says why */
        }
        if (status->code == RPC_UNAUTHENTICATED)
            return cmd_fail(
                client->command, CMD_FALSE,
                "the server does not take this operator key; --data DIR or --key FILE names "
                "its own (%s)",
                status->message);
        return cmd_fail(client->command, CMD_FALSE, "%s (%s)", status->message,
                        rpc_code_name(status->code));
    }
    if (detail->field[0])
        return cmd_fail(client->command, CMD_FALSE, "%s (%s, %s)", status->message, detail->reason,
                        detail->field);
    return cmd_fail(client->command, CMD_FALSE, "%s (%s)", status->message, detail->reason);
}

int client_ask(struct client *client, const char *method, const ProtobufCMessage *request,
               const ProtobufCMessageDescriptor *answer, void *ret_response)
{
    struct wait wait = {.what = "waiting for the server, seconds"};
    struct rpc_status status;
    const ProtobufCMessage *response;
    char path[80];
    snprintf(path, sizeof(path), "/usher.v1.TicketService/%s", method);
    scope_init(&wait.scope);
    fiber_spawn(&wait.scope, show_wait, &wait);
    int err =
        rpc_channel_call(client->channel, path, NULL, request, answer, &client->arena, &response,
                         &status, deadline_after_ms(fiber_now_ns(), CLIENT_CALL_MS));
    scope_close(&wait.scope);
    if (err)
        return refuse(client, &status);
    *(const ProtobufCMessage **)ret_response = response;
    return CMD_OK;
}

int client_print_json(struct client *client, const void *response)
{
    struct buf out;
    buf_init(&out, JSON_TEXT_MAX);
    int err = json_write(response, &out);
    if (!err)
        printf("%.*s\n", VIEW_ARG(buf_view(&out)));
    buf_release(&out);
    return err ? cmd_fail(client->command, CMD_FALSE, "the answer as JSON: %s", err_text(err))
               : CMD_OK;
}

/* ---- the world ---- */

struct session {
    struct client client;
    const struct client_values *values;
    const char *authorization;
    int (*body)(struct client *client, void *arg);
    void *arg;
    int code;
    int open_err; /* of the connection */
};

static void run(void *arg)
{
    struct session *session = arg;
    struct client *client = &session->client;
    const struct rpc_channel_options options = {
        .url = session->values->url,
        .authorization = session->authorization,
        .tls_ca_path = session->values->tls_ca,
    };
    session->open_err = rpc_channel_open(
        &options, deadline_after_ms(fiber_now_ns(), CLIENT_CONNECT_MS), &client->channel);
    if (session->open_err)
        return;
    arena_init(&client->arena, CLIENT_ANSWER_MAX);
    session->code = session->body(client, session->arg);
    arena_release(&client->arena);
    rpc_channel_close(client->channel);
}

int client_run(const char *command, const struct client_values *values, enum client_caller caller,
               int (*body)(struct client *client, void *arg), void *arg)
{
    char authorization[CLIENT_AUTHORIZATION_MAX];
    struct session session = {
        .client.command = command, .values = values, .body = body, .arg = arg};
    int code = target_check(command, values->url, values->tls_ca);
    if (code != CMD_OK)
        return code;
    if (caller == CLIENT_ORGANISER) {
        code = authorize(command, values, authorization);
        if (code != CMD_OK)
            return code;
        session.authorization = authorization;
    }
    int err = fiber_main(run, &session);
    if (err)
        return cmd_fail(command, CMD_FALSE, "%s", err_text(err));
    if (session.open_err || session.client.broken[0])
        return target_explain(command, values->url, values->tls_ca,
                              session.client.broken[0] ? session.client.broken
                                                       : err_text(session.open_err));
    return session.code;
}
