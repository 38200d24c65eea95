#include "wire/page.h"

#include <stdlib.h>

#include "codec/squeeze.h"
#include "err/err.h"
#include "wire/access.h"
#include "wire/answer.h"
#include "wire/limits.h"
#include "wire/shard.h"

#define PAGE_FIELDS_MAX 24

struct page_fields {
    struct head_field at[PAGE_FIELDS_MAX];
    size_t count;
};

static void add(struct page_fields *f, struct view name, struct view value)
{
    assert(f->count < PAGE_FIELDS_MAX);
    f->at[f->count++] = (struct head_field){name, value};
}

/* Takes "Name: value\r\n…" apart; names go out in lower case, as the engines want them. */
static void add_lines(struct page_fields *f, const char *lines, struct arena *arena)
{
    while (lines && *lines) {
        const char *colon = strchr(lines, ':'), *end = strstr(lines, "\r\n");
        assert(colon && end && colon < end);
        char *name = arena_copy(arena, view_of(lines, (size_t)(colon - lines)));
        if (!name)
            return;
        for (char *c = name; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
        const char *value = colon + 1;
        while (*value == ' ')
            value++;
        add(f, view_str(name), view_of(value, (size_t)(end - value)));
        lines = end + 2;
    }
}

static void nothing(void *owner)
{
}

/* A page may look at the arena, which is reset; a large one is copied to memory of its own. */
static struct body page_body(const struct page *page)
{
    const struct view bytes = page->body;
    if (page->constant)
        return body_lent(bytes, nothing, NULL);
    void *copy = bytes.len > WIRE_COPY_MAX ? malloc(bytes.len) : NULL;
    if (!copy)
        return body_copied(bytes);
    memcpy(copy, bytes.at, bytes.len);
    return body_lent(view_of(copy, bytes.len), free, copy);
}

void page_send(struct conn *conn, struct h2_stream *h2, const struct page *page,
               struct arena *arena)
{
    struct page_fields f = {0};
    if (page->type)
        add(&f, VIEW_LIT("content-type"), view_str(page->type));
    add(&f, VIEW_LIT("cache-control"), page->cache ? view_str(page->cache) : VIEW_LIT("no-store"));
    add(&f, VIEW_LIT("date"), shard_date(conn->shard));
    if (page->etag)
        add(&f, VIEW_LIT("etag"), view_str(page->etag));
    if (page->encoding)
        add(&f, VIEW_LIT("content-encoding"), view_str(page->encoding));
    if (page->varies)
        add(&f, VIEW_LIT("vary"), VIEW_LIT("accept-encoding"));
    add_lines(&f, page->headers, arena);
    if (!page->headers || !strcasestr(page->headers, "x-content-type-options:"))
        add(&f, VIEW_LIT("x-content-type-options"), VIEW_LIT("nosniff"));
    if (conn->shard->tls)
        add(&f, VIEW_LIT("strict-transport-security"), VIEW_LIT("max-age=31536000"));
    struct head_answer answer = {page->status, f.at, f.count};
    answer_whole(conn, h2, &answer, page_body(page), NULL, 0);
}

/* Packs what is made anew for each reader, where he takes that; into the arena. */
static void squeeze_page(struct page *page, const struct head *head, struct arena *arena)
{
    const enum squeeze how =
        head_lists(head, VIEW_LIT("accept-encoding"), VIEW_LIT("zstd"))   ? SQUEEZE_ZSTD
        : head_lists(head, VIEW_LIT("accept-encoding"), VIEW_LIT("gzip")) ? SQUEEZE_GZIP
                                                                          : SQUEEZE_NONE;
    struct buf packed;
    if (how == SQUEEZE_NONE || page->body.len > WIRE_SQUEEZE_HERE)
        return;
    buf_init(&packed, 2 * page->body.len);
    if (squeeze_pack(how, page->body, &packed) == 0 && packed.len < page->body.len) {
        const char *copy = arena_copy(arena, buf_view(&packed));
        if (copy) {
            page->body = view_of(copy, packed.len);
            page->encoding = how == SQUEEZE_ZSTD ? "zstd" : "gzip";
        }
    }
    buf_release(&packed);
}

void page_answer(struct conn *conn, struct h2_stream *h2, const struct head *head)
{
    struct shard *shard = conn->shard;
    const struct server_options *options = shard->options;
    if (!options->page) {
        answer_refusal(conn, h2, &(struct refusal){.status = 404});
        return;
    }
    if (conn_is_full(conn)) {
        static const struct refusal full = {.status = 503, .why = CONN_FULL_TEXT};
        answer_refusal(conn, h2, &full);
        access_note_head(conn, head, full.status, 0);
        return;
    }
    struct page_request ask = {
        .method = head->method_name,
        .path = head->path,
        .if_none_match = head_get(head, VIEW_LIT("if-none-match")),
        .accept = head_get(head, VIEW_LIT("accept")),
        .accept_encoding = head_get(head, VIEW_LIT("accept-encoding")),
        .arena = &shard->page_arena,
    };
    struct page page = {.status = 404};
    /* Balancers ask so whether a server lives: "*" and "/" are all of it (RFC 9110, 9.3.7). */
    const bool options_only = head->method == HEAD_METHOD_OPTIONS;
    if (options_only && (view_eq(ask.path, VIEW_LIT("*")) || view_eq(ask.path, VIEW_LIT("/"))))
        ask.path = VIEW_LIT("/healthz");
    options->page(options->hook_state, &ask, &page);
    if (options_only && page.status < 400)
        page = (struct page){.status = 204, .headers = "Allow: GET, HEAD, OPTIONS\r\n"};
    if (!page.constant && !page.encoding && !page.etag && page.body.len > WIRE_SQUEEZE_MIN) {
        page.varies = true;
        squeeze_page(&page, head, &shard->page_arena);
    }
    page_send(conn, h2, &page, &shard->page_arena);
    access_note_head(conn, head, page.status, page.body.len);
    arena_reset(&shard->page_arena);
}
