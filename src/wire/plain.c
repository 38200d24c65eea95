#include "wire/plain.h"

#include "call/limits.h"
#include "err/err.h"
#include "wire/answer.h"
#include "wire/caller.h"
#include "wire/limits.h"
#include "wire/page.h"
#include "wire/shard.h"

static const struct method plain_method = {.name = "plain", .kind = METHOD_UNARY};

const struct route plain_route = {.method = &plain_method, .arena_max = CALL_ARENA_MAX};

const struct plain_rule *plain_find(const struct server_options *options, struct view path)
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

int plain_keep(struct exchange *exchange, const struct plain_rule *rule, const struct head *head)
{
    struct arena *arena = &exchange->arena;
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
                .metadata = exchange->call.received,
                .address = metadata_find(exchange->call.received, CALLER_ADDRESS),
                .arena = arena,
                .deadline_ns = exchange->call.deadline_ns},
    };
    bool ok = copy(arena, &plain->ask.method) && copy(arena, &plain->ask.path) &&
              copy(arena, &plain->ask.query);
    for (size_t i = 0; ok && i < head->field_count; i++) {
        fields[i] = head->fields[i];
        ok = copy(arena, &fields[i].name) && copy(arena, &fields[i].value);
    }
    exchange->plain = plain;
    return ok ? 0 : ERR_NO_MEMORY;
}

struct view plain_field(const struct plain_request *ask, struct view name)
{
    for (size_t i = 0; i < ask->field_count; i++) {
        if (view_eq_nocase(ask->fields[i].name, name))
            return ask->fields[i].value;
    }
    return (struct view){0};
}

void plain_run(struct exchange *exchange)
{
    struct plain *plain = exchange->plain;
    struct page page = {.status = 404};
    plain->ask.body = buf_view(&exchange->body);
    plain->rule->handle(plain->rule->state, &plain->ask, &page);
    if (!exchange->conn)
        return;
    if (page.status == 0)
        exchange->conn->engine->cut(exchange->conn, exchange->h2, H2_INTERNAL_ERROR);
    else
        page_send(exchange->conn, exchange->h2, &page, &exchange->arena);
    exchange_part(exchange);
}

void plain_refuse(struct exchange *exchange)
{
    const struct refusal refusal = {.status = code_http(exchange->call.code),
                                    .why = exchange->call.message};
    answer_refusal(exchange->conn, exchange->h2, &refusal);
    exchange_part(exchange);
}
