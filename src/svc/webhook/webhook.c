#include "svc/webhook/webhook.h"

#include <stdlib.h>

#include "svc/webhook/post.h"
#include "token/roles.h"

CALL_HANDLER(webhook_create);
CALL_HANDLER(webhook_list);
CALL_HANDLER(webhook_rotate);
CALL_HANDLER(webhook_test);
CALL_HANDLER(webhook_replay);
CALL_HANDLER(webhook_delete);
CALL_HANDLER(webhook_list_events);

static const struct method methods[] = {
    {"CreateWebhook", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, webhook_create},
    {"ListWebhooks", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, webhook_list},
    {"RotateWebhookSecret", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, webhook_rotate},
    {"TestWebhook", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, webhook_test},
    {"ReplayWebhook", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, webhook_replay},
    {"DeleteWebhook", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, webhook_delete},
    {"ListWebhookEvents", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, webhook_list_events},
};

struct service webhook_service(struct webhook_role *role)
{
    return (struct service){
        .descriptor = &usher__v1__webhook_service__descriptor,
        .methods = methods,
        .method_count = sizeof(methods) / sizeof(methods[0]),
        .state = role,
    };
}

struct start {
    struct webhook_role *role;
    int err;
};

static void start_in_fiber(void *arg)
{
    struct start *start = arg;
    struct webhook_role *role = start->role;
    start->err = hooks_migrate(role->options.sql, false, post_now_ms());
    if (start->err == 0 && role->options.alone)
        start->err = hook_begin_anew(role->options.sql, DEADLINE_NEVER);
    if (start->err == 0)
        start->err = fiber_spawn(&role->scope, tell_all, role);
}

static void stop_in_fiber(void *arg)
{
    struct webhook_role *role = arg;
    scope_close(&role->scope);
}

int webhook_start(const struct webhook_options *options, struct webhook_role **ret_role)
{
    struct webhook_role *role = calloc(1, sizeof(*role));
    if (!role)
        return ERR_NO_MEMORY;
    role->options = *options;
    key_derive(options->master, KEY_FOR_WEBHOOK, role->seal_key);
    scope_init(&role->scope);
    struct start start = {.role = role};
    int err =
        http_workers_new(options->workers, options->worker_count, options->ca_path, &role->clients);
    if (err == 0) {
        http_workers_guard(role->clients, tell_may, role);
        err = worker_call(options->workers[0], start_in_fiber, &start);
    }
    if (err == 0)
        err = start.err;
    if (err != 0) {
        webhook_stop(role);
        return err;
    }
    *ret_role = role;
    return 0;
}

void webhook_stop(struct webhook_role *role)
{
    if (!role)
        return;
    int err = worker_call(role->options.workers[0], stop_in_fiber, role);
    assert(err == 0);
    http_workers_free(role->clients);
    explicit_bzero(role->seal_key, sizeof(role->seal_key));
    free(role);
}
