#include "svc/monitor/elastic.h"

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "codec/tree.h"
#include "err/err.h"
#include "mem/buf.h"
#include "svc/monitor/elastic_fields.h"

#define ELASTIC_BODY_MAX (SHIP_BATCH_MAX * (RECORD_BODY_MAX + 256))
#define ELASTIC_URL_MAX  512
#define JSON_TYPE        "Content-Type: application/json"
#define BULK_TYPE        "Content-Type: application/x-ndjson"

static const char *const stream_names[] = {
    [RECORD_LOGS] = "usher-logs", [RECORD_EVENTS] = "usher-events", [RECORD_SPANS] = "usher-spans"};

static struct elastic *of(struct ship_target *target)
{
    return (struct elastic *)((char *)target - offsetof(struct elastic, target));
}

static int call(struct elastic *e, const char *method, const char *path, const char *type,
                struct view body, struct arena *arena, struct http_answer *ret_answer,
                int64_t deadline_ns)
{
    const char *url = arena_printf(arena, "%s%s", e->target.url, path);
    struct http_ask ask = {.method = method, .url = url, .body = body, .ret_why = &e->target.why};
    size_t fields = 0;
    if (!url)
        return ERR_NO_MEMORY;
    if (body.len > 0)
        ask.fields[fields++] = type;
    if (e->authorization)
        ask.fields[fields++] = e->authorization;
    return http_call(e->http, &ask, arena, ret_answer, deadline_ns);
}

/* ---- preparing ---- */

static void put_mappings(json_t *template)
{
    json_t *fields = json_object();
#define X(name, type) json_object_set_new(fields, name, json_pack("{s:s}", "type", type));
    ELASTIC_FIELD_LIST(X)
#undef X
    json_object_set_new(template, "mappings",
                        json_pack("{s:b,s:o}", "dynamic", 0, "properties", fields));
}

static char *text_of(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

/* What the three streams have in common. OpenSearch finds the policy by its own pattern; an index
 * of Elasticsearch names it. */
static char *component_text(const struct elastic *e)
{
    json_t *inner = json_pack("{s:{s:s}}", "settings", "index.refresh_interval", "1s");
    if (e->kind == ELASTIC_ELASTICSEARCH && e->has_policy)
        json_object_set_new(json_object_get(inner, "settings"), "index.lifecycle.name",
                            json_string("usher"));
    put_mappings(inner);
    return text_of(json_pack("{s:o,s:{s:s}}", "template", inner, "_meta", "managed_by", "usher"));
}

static char *template_text(const struct elastic *e, const char *name)
{
    char pattern[64];
    snprintf(pattern, sizeof(pattern), e->data_streams ? "%s" : "%s-*", name);
    json_t *template = json_pack("{s:[s],s:i,s:[s],s:{s:s}}", "index_patterns", pattern, "priority",
                                 600, "composed_of", "usher", "_meta", "managed_by", "usher");
    if (e->data_streams)
        json_object_set_new(template, "data_stream", json_object());
    return text_of(template);
}

/* text is freed; NULL: no memory. */
static int put_text(struct elastic *e, const char *path, char *text, struct arena *arena,
                    struct http_answer *ret_answer, int64_t deadline_ns)
{
    int err = text && path
                  ? call(e, "PUT", path, JSON_TYPE, view_str(text), arena, ret_answer, deadline_ns)
                  : ERR_NO_MEMORY;
    free(text);
    return err == 0 || err == ERR_NO_MEMORY ? err : ERR_UNAVAILABLE;
}

static int put_template(struct elastic *e, const char *name, struct arena *arena,
                        struct http_answer *ret_answer, int64_t deadline_ns)
{
    return put_text(e, arena_printf(arena, "/_index_template/%s", name), template_text(e, name),
                    arena, ret_answer, deadline_ns);
}

/* What a status means to who prepares; 0 where it is a good one. */
static int err_of_status(int status)
{
    if (status >= 200 && status < 300)
        return 0;
    if (status == 401 || status == 403)
        return ERR_DENIED;
    return status == 429 || status >= 500 ? ERR_UNAVAILABLE : ERR_UNSUPPORTED;
}

static int say(struct arena *arena, const char *what, const struct http_answer *answer,
               const char **ret_why)
{
    const struct view body =
        view_of(answer->body.at, answer->body.len < 300 ? answer->body.len : 300);
    *ret_why =
        arena_printf(arena, "%s was answered with %d: %.*s", what, answer->status, VIEW_ARG(body));
    return err_of_status(answer->status);
}

/* GET / names the distribution; Elasticsearch has none. */
static int find_kind(struct elastic *e, struct arena *arena, const char **ret_why,
                     int64_t deadline_ns)
{
    struct http_answer answer;
    int err = call(e, "GET", "/", NULL, (struct view){0}, arena, &answer, deadline_ns);
    if (err != 0)
        return err == ERR_NO_MEMORY ? err : ERR_UNAVAILABLE;
    if (answer.status != 200)
        return say(arena, "GET /", &answer, ret_why);
    json_t *about = tree_read(answer.body, 0, NULL);
    const json_t *version = json_object_get(about, "version");
    const char *distribution = json_string_value(json_object_get(version, "distribution"));
    const char *number = json_string_value(json_object_get(version, "number"));
    if (distribution && strcmp(distribution, "opensearch") == 0)
        e->kind = ELASTIC_OPENSEARCH;
    else if (number)
        e->kind = ELASTIC_ELASTICSEARCH;
    json_decref(about);
    if (e->kind != ELASTIC_UNKNOWN)
        return 0;
    *ret_why = "what answers is neither Elasticsearch nor OpenSearch";
    return ERR_UNSUPPORTED;
}

/* How long records stay there: 50 GB or a day an index, 30 days in all. A server without the plugin
 * keeps them for ever, which its operator may want; so a no is no failure. */
static int put_policy(struct elastic *e, struct arena *arena, int64_t deadline_ns)
{
    static const char ilm[] =
        "{\"policy\":{\"phases\":{\"hot\":{\"actions\":{\"rollover\":{\"max_primary_shard_size\":"
        "\"50gb\",\"max_age\":\"1d\"}}},\"delete\":{\"min_age\":\"30d\",\"actions\":{\"delete\":{}}"
        "}}}}";
    static const char ism[] =
        "{\"policy\":{\"description\":\"usher\",\"default_state\":\"hot\",\"states\":[{\"name\":"
        "\"hot\",\"actions\":[{\"rollover\":{\"min_size\":\"50gb\",\"min_index_age\":\"1d\"}}],"
        "\"transitions\":[{\"state_name\":\"gone\",\"conditions\":{\"min_index_age\":\"30d\"}}]},{"
        "\"name\":\"gone\",\"actions\":[{\"delete\":{}}],\"transitions\":[]}],\"ism_template\":[{"
        "\"index_patterns\":[\"usher-logs*\",\"usher-events*\",\"usher-spans*\"],\"priority\":600}]"
        "}}";
    struct http_answer answer;
    const bool open = e->kind == ELASTIC_OPENSEARCH;
    int err = call(e, "PUT", open ? "/_plugins/_ism/policies/usher" : "/_ilm/policy/usher",
                   JSON_TYPE, view_str(open ? ism : ilm), arena, &answer, deadline_ns);
    e->has_policy = err == 0 && answer.status == 200;
    return err == 0 || err == ERR_NO_MEMORY ? err : ERR_UNAVAILABLE;
}

/* What all have in common, and one template a stream; with data streams, or without where the
 * server knows none. */
static int put_templates(struct elastic *e, struct arena *arena, const char **ret_why,
                         int64_t deadline_ns)
{
    struct http_answer answer;
    int err =
        put_text(e, "/_component_template/usher", component_text(e), arena, &answer, deadline_ns);
    if (err != 0)
        return err;
    err = err_of_status(answer.status);
    if (err != 0)
        return say(arena, "PUT /_component_template", &answer, ret_why);
    e->data_streams = true;
    for (size_t stream = RECORD_LOGS; stream <= RECORD_SPANS; stream++) {
        err = put_template(e, stream_names[stream], arena, &answer, deadline_ns);
        if (err == 0 && answer.status == 400 && e->data_streams) {
            e->data_streams = false;
            err = put_template(e, stream_names[stream], arena, &answer, deadline_ns);
        }
        if (err != 0)
            return err;
        err = err_of_status(answer.status);
        if (err != 0)
            return say(arena, "PUT /_index_template", &answer, ret_why);
    }
    return 0;
}

static int prepare(struct ship_target *target, struct arena *arena, const char **ret_why,
                   int64_t deadline_ns)
{
    struct elastic *e = of(target);
    *ret_why = NULL;
    e->kind = ELASTIC_UNKNOWN; /* it may be another one than before */
    int err = find_kind(e, arena, ret_why, deadline_ns);
    if (err == 0)
        err = put_policy(e, arena, deadline_ns);
    if (err == 0)
        err = put_templates(e, arena, ret_why, deadline_ns);
    target->prepared = err == 0;
    target->type = e->kind == ELASTIC_OPENSEARCH ? "opensearch" : "elasticsearch";
    return err;
}

/* ---- shipping ---- */

/* The index of a record: its stream, or the index of its own day. */
static void index_of(const struct elastic *e, const struct record *record, char ret_name[64])
{
    const char *stream = stream_names[record->stream];
    if (e->data_streams) {
        snprintf(ret_name, 64, "%s", stream);
        return;
    }
    char day[32];
    const time_t seconds = (time_t)(record->at_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(day, sizeof(day), "%Y.%m.%d", &utc);
    snprintf(ret_name, 64, "%s-%s", stream, day);
}

/* Nothing in it means anything in JSON: so are all ids of our own making. */
static bool is_plain(struct view id)
{
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.at[i], letter = (char)(c | 0x20);
        if (!(c >= '-' && c <= '9') && !(letter >= 'a' && letter <= 'z')) /* - . / and digits */
            return false;
    }
    return true;
}

/* A sender's id is a stranger's: it is written as JSON. */
static int put_action(const char *index, const struct record *record, struct buf *body)
{
    if (is_plain(record->id)) {
        const struct view parts[] = {VIEW_LIT("{\"create\":{\"_index\":\""), view_str(index),
                                     VIEW_LIT("\",\"_id\":\""), record->id, VIEW_LIT("\"}}")};
        int err = 0;
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && err == 0; i++)
            err = buf_append_view(body, parts[i]);
        return err;
    }
    json_t *action = json_pack("{s:{s:s,s:s%}}", "create", "_index", index, "_id", record->id.at,
                               record->id.len);
    char *text = json_dumps(action, JSON_COMPACT);
    json_decref(action);
    if (!text)
        return ERR_NO_MEMORY;
    int err = buf_append_view(body, view_str(text));
    free(text);
    return err;
}

static int put_bulk(const struct elastic *e, const struct record *records, size_t count,
                    struct buf *body)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        char index[64];
        index_of(e, &records[i], index);
        err = put_action(index, &records[i], body);
        if (err == 0)
            err = buf_append_byte(body, '\n');
        if (err == 0)
            err = buf_append_view(body, records[i].body);
        if (err == 0)
            err = buf_append_byte(body, '\n');
    }
    return err;
}

/* Not for what the record says: the rights of the key, an index that cannot be made or is closed,
 * a cluster that has as many shards as it may, a full disk. Somebody will see to it. */
static bool is_not_its_fault(json_int_t status, const char *type)
{
    static const char *const types[] = {"validation_exception", "index_closed_exception"};
    bool not_its = status != 400;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        not_its = not_its || (type && strcmp(type, types[i]) == 0);
    return not_its;
}

static void read_item(const json_t *item, struct arena *arena, struct ship_outcome *outcome)
{
    const json_t *create = json_object_get(item, "create");
    const json_int_t status = json_integer_value(json_object_get(create, "status"));
    const json_t *error = json_object_get(create, "error");
    const char *type = json_string_value(json_object_get(error, "type"));
    const char *reason = json_string_value(json_object_get(error, "reason"));
    *outcome = (struct ship_outcome){.result = SHIP_SHIPPED};
    if (status == 200 || status == 201 || status == 409)
        return;
    outcome->result = is_not_its_fault(status, type) ? SHIP_AGAIN : SHIP_REFUSED;
    outcome->why = arena_printf(arena, "%s: %.300s", type ? type : "no type", reason ? reason : "");
    if (!outcome->why)
        outcome->why = "no memory for its reason";
}

/* Items come in the order of the records. Mostly none has an error, which the answer says first. */
static int read_items(const struct http_answer *answer, size_t count, struct arena *arena,
                      struct ship_outcome *outcomes)
{
    if (view_starts(answer->body, VIEW_LIT("{\"errors\":false,"))) {
        for (size_t i = 0; i < count; i++)
            outcomes[i] = (struct ship_outcome){.result = SHIP_SHIPPED};
        return 0;
    }
    json_t *text = tree_read(answer->body, 0, NULL);
    const json_t *items = json_object_get(text, "items");
    const bool whole = json_array_size(items) == count;
    for (size_t i = 0; whole && i < count; i++)
        read_item(json_array_get(items, i), arena, &outcomes[i]);
    json_decref(text);
    return whole ? 0 : ERR_UNKNOWN;
}

static int ship(struct ship_target *target, const struct record *records, size_t count,
                struct arena *arena, struct ship_outcome *outcomes, int64_t deadline_ns)
{
    struct elastic *e = of(target);
    static const char path[] =
        "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason";
    struct http_answer answer;
    struct buf body;
    assert(e->target.prepared && count > 0 && count <= SHIP_BATCH_MAX);
    buf_init(&body, ELASTIC_BODY_MAX);
    int err = put_bulk(e, records, count, &body);
    if (err == 0)
        err = call(e, "POST", path, BULK_TYPE, buf_view(&body), arena, &answer, deadline_ns);
    buf_release(&body);
    if (err == ERR_TIMEOUT || err == ERR_CANCELLED)
        return ERR_UNKNOWN;
    if (err != 0)
        return err == ERR_FULL || err == ERR_INVALID ? ERR_UNAVAILABLE : err;
    (void)say(arena, "POST /_bulk", &answer, &e->target.why);
    if (answer.status == 200)
        return read_items(&answer, count, arena, outcomes);
    if (answer.status == 401 || answer.status == 403)
        return ERR_DENIED;
    if (answer.status ==
        413) /* mostly of a proxy in front: nginx takes 1 MiB where nobody says more */
        return ERR_FULL;
    /* A gateway's 502 or 504 says nothing about what happened behind it. */
    return answer.status == 502 || answer.status == 504 ? ERR_UNKNOWN : ERR_UNAVAILABLE;
}

/* ---- finding ---- */

static char *find_text(const struct record *records, size_t count)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(ids, json_stringn(records[i].id.at, records[i].id.len));
    json_t *ask = json_pack("{s:{s:{s:o}},s:b,s:i}", "query", "ids", "values", ids, "_source", 0,
                            "size", (int)(2 * count));
    char *text = json_dumps(ask, JSON_COMPACT);
    json_decref(ask);
    return text;
}

static void mark_found(const json_t *hits, const struct record *records, size_t count, bool *found)
{
    size_t at;
    const json_t *hit;
    json_array_foreach((json_t *)hits, at, hit)
    {
        const json_t *id = json_object_get(hit, "_id");
        const struct view text = view_of(json_string_value(id), json_string_length(id));
        for (size_t i = 0; i < count; i++)
            found[i] = found[i] || view_eq(records[i].id, text);
    }
}

static int find(struct ship_target *target, const struct record *records, size_t count,
                struct arena *arena, bool *found, int64_t deadline_ns)
{
    struct elastic *e = of(target);
    static const char refresh[] = "/usher-logs*,usher-events*,usher-spans*/"
                                  "_refresh?ignore_unavailable=true&allow_no_indices=true";
    static const char search[] =
        "/usher-logs*,usher-events*,usher-spans*/_search?ignore_unavailable=true"
        "&allow_no_indices=true&filter_path=hits.hits._id";
    struct http_answer answer;
    memset(found, 0, count * sizeof(*found));
    int err = call(e, "POST", refresh, NULL, (struct view){0}, arena, &answer, deadline_ns);
    if (err == 0 && answer.status != 200)
        err = ERR_UNAVAILABLE;
    char *text = err == 0 ? find_text(records, count) : NULL;
    if (err == 0)
        err = text ? call(e, "POST", search, JSON_TYPE, view_str(text), arena, &answer, deadline_ns)
                   : ERR_NO_MEMORY;
    free(text);
    if (err != 0 || answer.status != 200)
        return err == ERR_NO_MEMORY ? err : ERR_UNAVAILABLE;
    json_t *whole = tree_read(answer.body, 0, NULL);
    mark_found(json_object_get(json_object_get(whole, "hits"), "hits"), records, count, found);
    json_decref(whole);
    return 0;
}

static const struct ship_target_body body_of_elastic = {
    .prepare = prepare, .ship = ship, .find = find};

void elastic_init(struct elastic *elastic)
{
    elastic->target.body = &body_of_elastic;
}
