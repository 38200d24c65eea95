/*
 * What a request says in its fields, beside the body: cookies, what a browser takes, what it has, a
 * deadline, a trace, whose name a peer calls in, and what proxies say of it. Lines "name: value";
 * behind a first byte of 1 a header of the PROXY protocol.
 */
#include <stdlib.h>
#include <string.h>

#include "call/identity.h"
#include "call/trace.h"
#include "codec/percent.h"
#include "codec/timeout.h"
#include "err/err.h"
#include "fuzz.h"
#include "net/range.h"
#include "svc/gateway/negotiate.h"
#include "wire/caller.h"
#include "wire/proxy.h"
#include "wire/shard.h"

static bool is_in(struct view part, struct view whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void read_lines(struct view text, struct head *head, struct metadata **metadata,
                       struct arena *arena)
{
    while (text.len > 0) {
        const char *end = memchr(text.at, '\n', text.len);
        const struct view line = view_of(text.at, end ? (size_t)(end - text.at) : text.len);
        const char *colon = line.len > 0 ? memchr(line.at, ':', line.len) : NULL;
        text = end ? view_of(end + 1, text.len - line.len - 1) : (struct view){0};
        if (!colon || head->field_count == HEAD_FIELDS_MAX)
            continue;
        const struct view name = view_of(line.at, (size_t)(colon - line.at));
        const struct view value = view_of(colon + 1, line.len - name.len - 1);
        if (view_eq_nocase(name, VIEW_LIT("cookie")) && head->cookie_count < HEAD_COOKIES_MAX)
            head->cookies[head->cookie_count++] = value;
        head->fields[head->field_count++] = (struct head_field){.name = name, .value = value};
        (void)metadata_add(metadata, arena, name, value);
    }
}

static void read_values(const struct head *head, struct view whole)
{
    const size_t lens[SQUEEZE_KINDS] = {100, 60, 50};
    for (size_t i = 0; i < head->field_count; i++) {
        const struct view value = head->fields[i].value;
        struct identity identity;
        struct in6_addr address;
        struct net_range range;
        struct view found;
        int64_t ns;
        size_t len = 0;
        char *plain = malloc(value.len + 1);
        if (!plain)
            abort();
        const enum squeeze squeeze = negotiate_form(value, lens);
        assert(squeeze < SQUEEZE_KINDS && (squeeze == SQUEEZE_NONE || lens[squeeze] > 0));
        (void)negotiate_has_tag(value, VIEW_LIT("\"abc\""));
        assert(timeout_read_grpc(value, &ns) != 0 || ns >= 0);
        assert(timeout_read_connect(value, &ns) != 0 || ns >= 0);
        (void)identity_parse(value, &identity);
        (void)net_range_address(value, &address);
        if (net_range_read(value, &range) == 0) {
            char text[NET_RANGE_CHARS + 1], once_more[NET_RANGE_CHARS + 1];
            net_range_write(&range, true, text);
            struct net_range again;
            assert(net_range_read(view_str(text), &again) == 0);
            net_range_write(&again, true, once_more);
            assert(strcmp(once_more, text) == 0);
        }
        if (query_find(value, VIEW_LIT("a"), &found))
            assert(is_in(found, whole));
        assert(query_read(value, plain, &len) != 0 || len <= value.len);
        assert(percent_read(value, plain) <= value.len);
        free(plain);
    }
}

static void read_caller(struct head *head, struct view whole)
{
    static struct server_options options;
    static struct shard shard = {.options = &options};
    static struct conn conn = {.shard = &shard};
    for (int way = 0; way < 4; way++) {
        char text[CALLER_ADDRESS_MAX];
        options.proxy_forwarded = way == 1;
        options.behind_proxy = way == 2;
        conn.proxied = way < 2;
        options.proxies = &(struct net_range){.bits = NET_RANGE_BITS4};
        options.proxy_count = 1;
        const struct view address = caller_address(&conn, head, text);
        assert(address.len < CALLER_ADDRESS_MAX);
        (void)caller_secure(&conn, head);
        assert(is_in(caller_cookie(head, way % 2), whole));
    }
}

/* What is whole says its length, and every beginning of it waits for more. */
static void read_announced(struct view bytes)
{
    struct proxy_header header;
    const int err = proxy_header_read(bytes, &header);
    assert(err == 0 || err == ERR_BUSY || err == ERR_INVALID || err == ERR_NOT_FOUND);
    if (err != 0)
        return;
    assert(header.len <= bytes.len && header.len <= PROXY_HEADER_MAX);
    assert(memchr(header.host, '\0', sizeof(header.host)));
    for (size_t len = 0; len < header.len; len++)
        assert(proxy_header_read(view_of(bytes.at, len), &header) == ERR_BUSY);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < 1 || len > 16384)
        return 0;
    const struct view whole = view_of(bytes, len);
    if (bytes[0] == 1) {
        read_announced(view_of(bytes + 1, len - 1));
        return 0;
    }
    static struct head head;
    struct arena arena;
    struct trace trace = {0};
    arena_init(&arena, 1u << 20);
    struct metadata *metadata = NULL;
    head = (struct head){.authority = VIEW_LIT("tickets.example")};
    read_lines(whole, &head, &metadata, &arena);
    read_values(&head, whole);
    read_caller(&head, whole);
    trace_take(&trace, metadata);
    char parent[TRACE_PARENT_CHARS + 1], request_id[TRACE_REQUEST_ID_MAX + 1];
    assert(trace_request_id(&trace, request_id).len <= TRACE_REQUEST_ID_MAX);
    assert(trace_write_parent(&trace, parent).len <= TRACE_PARENT_CHARS);
    arena_release(&arena);
    return 0;
}
