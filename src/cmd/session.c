#include "cmd/session.h"

#include <errno.h>
#include <string.h>

#include "call/remote.h"
#include "clock/clock.h"
#include "cmd/target.h"
#include "codec/json.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "term/progress.h"

#define SESSION_CONNECT_MS        5000
#define SESSION_AUTHORIZATION_MAX (sizeof("Bearer ") + KEY_TEXT_CHARS)

/* ---- the key ---- */

/* The operator key of the values as a header value, "Bearer …". CMD_OK, or an enum cmd_exit after
 * having said what is wrong. */
static int authorize(const char *command, const struct session_values *values,
                     char ret_text[SESSION_AUTHORIZATION_MAX])
{
    char path[SESSION_PATH_MAX], text[KEY_TEXT_CHARS + 1];
    uint8_t key[KEY_BYTES];
    int len = values->key ? snprintf(path, sizeof(path), "%s", values->key)
                          : snprintf(path, sizeof(path), "%s/operator.key", values->data);
    if (len < 0 || (size_t)len >= sizeof(path))
        return cmd_fail(command, CMD_USAGE, "the path of the operator key is too long");
    int err = key_load(path, key);
    switch (err) {
    case 0:
        key_format(key, text);
        snprintf(ret_text, SESSION_AUTHORIZATION_MAX, "Bearer %s", text);
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
int session_refuse(struct session *session, const struct call_status *status)
{
    const Usher__V1__ErrorDetail *detail = status->detail;
    if (status->code == CODE_DEADLINE_EXCEEDED)
        return cmd_fail(session->command, CMD_UNREACHED,
                        "no answer within %d s; what was asked for may be done or not: look before "
                        "you ask again",
                        SESSION_CALL_MS / 1000);
    if (!detail || !detail->reason[0]) {
        if (status->code == CODE_UNAVAILABLE) {
            snprintf(session->broken, sizeof(session->broken), "%s", status->message);
            return CMD_UNREACHED; /* session_run says why */
        }
        if (status->code == CODE_UNAUTHENTICATED)
            return cmd_fail(
                session->command, CMD_FALSE,
                "the server does not take this operator key; --data DIR or --key FILE names "
                "its own (%s)",
                status->message);
        return cmd_fail(session->command, CMD_FALSE, "%s (%s)", status->message,
                        code_name(status->code));
    }
    if (detail->field[0])
        return cmd_fail(session->command, CMD_FALSE, "%s (%s, %s)", status->message, detail->reason,
                        detail->field);
    return cmd_fail(session->command, CMD_FALSE, "%s (%s)", status->message, detail->reason);
}

int session_call_index(struct session *session, const ProtobufCServiceDescriptor *service,
                       unsigned method, const ProtobufCMessage *request,
                       const ProtobufCMessage **ret_response)
{
    struct wait wait = {.what = "waiting for the server, seconds"};
    struct client client;
    client_init(&client, session->channel, service, &session->arena);
    client.timeout_ms = SESSION_CALL_MS;
    scope_init(&wait.scope);
    fiber_spawn(&wait.scope, show_wait, &wait);
    int err = client_call_index(&client, method, request, ret_response);
    scope_close(&wait.scope);
    return err ? session_refuse(session, &client.status) : CMD_OK;
}

int session_print_json(struct session *session, const void *response)
{
    struct buf out;
    buf_init(&out, JSON_TEXT_MAX);
    int err = json_write(response, &out);
    if (!err)
        printf("%.*s\n", VIEW_ARG(buf_view(&out)));
    buf_release(&out);
    return err ? cmd_fail(session->command, CMD_FALSE, "the answer as JSON: %s", err_text(err))
               : CMD_OK;
}

/* ---- the world ---- */

struct world {
    struct session session;
    const struct session_values *values;
    const char *authorization;
    int (*body)(struct session *session, void *arg);
    void *arg;
    int code;
    int open_err; /* of the connection */
};

static void run(void *arg)
{
    struct world *world = arg;
    struct session *session = &world->session;
    const struct remote_options options = {
        .url = world->values->url,
        .authorization = world->authorization,
        .tls_ca_path = world->values->tls_ca,
        .tries = 1, /* the caller sees what happened */
    };
    world->open_err = remote_new(&options, &session->channel);
    if (!world->open_err)
        world->open_err =
            remote_connect(session->channel, deadline_after_ms(fiber_now_ns(), SESSION_CONNECT_MS));
    if (!world->open_err) {
        arena_init(&session->arena, SESSION_ANSWER_MAX);
        world->code = world->body(session, world->arg);
        arena_release(&session->arena);
    }
    channel_free(session->channel);
}

int session_run(const char *command, const struct session_values *values,
                enum session_caller caller, int (*body)(struct session *session, void *arg),
                void *arg)
{
    char authorization[SESSION_AUTHORIZATION_MAX];
    struct world world = {.session.command = command, .values = values, .body = body, .arg = arg};
    int code = target_check(command, values->url, values->tls_ca);
    if (code != CMD_OK)
        return code;
    if (caller == SESSION_ORGANISER) {
        code = authorize(command, values, authorization);
        if (code != CMD_OK)
            return code;
        world.authorization = authorization;
    }
    int err = fiber_main(run, &world);
    if (err)
        return cmd_fail(command, CMD_FALSE, "%s", err_text(err));
    if (world.open_err || world.session.broken[0])
        return target_explain(command, values->url, values->tls_ca,
                              world.session.broken[0] ? world.session.broken
                                                      : err_text(world.open_err));
    return world.code;
}

int session_command(const struct conf_table *table, int argc, char **argv, void *values,
                    const struct session_values *session, const char **ret_word,
                    int (*body)(struct session *session, void *arg))
{
    struct conf conf;
    int code = cmd_options(table, argc, argv, &conf, values);
    if (code != CMD_GO_ON)
        return code;
    *ret_word = table->positional ? conf.positional[0] : NULL;
    code = session_run(table->command + sizeof("usher ") - 1, session, SESSION_ORGANISER, body,
                       values);
    conf_release(&conf);
    return code;
}
