#include "rpc/plain.h"

#include "err/err.h"
#include "rpc/answer.h"
#include "rpc/limits.h"
#include "rpc/page.h"
#include "rpc/shard.h"

static const struct rpc_method plain_method = {.name = "plain", .kind = RPC_UNARY};

const struct route plain_route = {.method = &plain_method, .arena_max = RPC_ARENA_MAX};

const struct rpc_plain *plain_find(const struct rpc_server_options *options, struct view path)
{
    for (size_t i = 0; i < options->plain_count; i++) {
        if (view_starts(path, view_str(options->plains[i].prefix)))
            return &options->plains[i];
    }
    return NULL;
}

static bool copy(struct arena *arena, struct view *v)
{
    const char *at = arena_copy(arena, *v);
    v->at = at;
    return at;
}

int plain_keep(struct rpc_call *call, const struct rpc_plain *rule, const struct head *head)
{
    struct arena *arena = &call->arena;
    struct plain *plain = arena_alloc(arena, sizeof(*plain));
    struct head_field *fields = arena_alloc(arena, head->field_count * sizeof(*fields));
    if (!plain || !fields)
        return ERR_NO_MEMORY;
    *plain = (struct plain){
        .rule = rule,
        .ask = {.method = head->method_name,
                .path = head->path,
                .query = head->query,
                .fields = fields,
                .field_count = head->field_count,
                .arena = arena,
                .deadline_ns = call->deadline_ns},
    };
    bool ok = copy(arena, &plain->ask.method) && copy(arena, &plain->ask.path) &&
              copy(arena, &plain->ask.query);
    for (size_t i = 0; ok && i < head->field_count; i++) {
        fields[i] = head->fields[i];
        ok = copy(arena, &fields[i].name) && copy(arena, &fields[i].value);
    }
    call->plain = plain;
    return ok ? 0 : ERR_NO_MEMORY;
}

struct view rpc_plain_field(const struct rpc_plain_ask *ask, struct view name)
{
    for (size_t i = 0; i < ask->field_count; i++) {
        if (view_eq_nocase(ask->fields[i].name, name))
            return ask->fields[i].value;
    }
    return (struct view){0};
}

/* Over HTTP/2 the stream alone is reset. */
static void cut(struct rpc_call *call)
{
    struct conn *conn = call->conn;
    if (call->h2)
        h2_reset(call->h2, H2_INTERNAL_ERROR);
    else
        conn->failed = true;
    conn_touch(conn);
}

void plain_run(struct rpc_call *call)
{
    struct plain *plain = call->plain;
    struct rpc_page page = {.status = 404};
    plain->ask.body = buf_view(&call->body);
    plain->rule->handle(plain->rule->state, &plain->ask, &page);
    if (!call->conn)
        return;
    if (page.status == 0)
        cut(call);
    else
        page_send(call->conn, call->h2, &page, &call->arena);
    call_part(call);
}

void plain_refuse(struct rpc_call *call)
{
    const struct refusal refusal = {.status = rpc_code_http(call->code), .why = call->message};
    answer_refusal(call->conn, call->h2, &refusal);
    call_part(call);
}
