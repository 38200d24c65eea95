#include "svc/gateway/page.h"

#include "call/client.h"
#include "codec/sha256.h"
#include "codec/squeeze.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/gateway/addresses.h"
#include "svc/gateway/assets.h"
#include "svc/gateway/negotiate.h"
#include "svc/gateway/reports.h"

#define TEXT "text/plain; charset=utf-8"

#define NOSNIFF "X-Content-Type-Options: nosniff\r\n"
/* The page runs its own script, speaks to its own server, and can be framed by nobody. */
#define GUARDS                                                                                     \
    NOSNIFF "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "   \
            "img-src 'self' https: data: blob:; font-src 'self'; connect-src 'self'; "             \
            "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "   \
            "report-uri " REPORTS_PATH "; report-to pages\r\n"                                     \
            "Reporting-Endpoints: pages=\"" REPORTS_PATH "\"\r\n"                                  \
            "Referrer-Policy: no-referrer\r\n"                                                     \
            "Cross-Origin-Opener-Policy: same-origin\r\n"                                          \
            "Cross-Origin-Resource-Policy: same-origin\r\n"
#define VARY "Vary: Accept-Encoding\r\n"

/* As Content-Encoding says it; nothing for what goes as it is. */
static const char *const codings[SQUEEZE_KINDS] = {
    [SQUEEZE_GZIP] = "gzip", [SQUEEZE_ZSTD] = "zstd"};

static struct page text_page(int status, struct view body)
{
    return (struct page){.status = status, .type = TEXT, .headers = NOSNIFF, .body = body};
}

/* ---- the browser client ---- */

/* Vite names what lies under /assets/ by its content; the page itself is asked about every time. */
static const char *cache_of(const struct web_asset *asset)
{
    if (view_starts(view_str(asset->path), VIEW_LIT("/assets/")))
        return "public, max-age=31536000, immutable";
    return view_eq(view_str(asset->path), VIEW_LIT("/index.html")) ? "no-cache"
                                                                   : "public, max-age=3600";
}

/* The client is also what an address that is none is answered with: it says so in the reader's
 * language and shows the way on. */
static bool is_found(const struct web_asset *asset, struct view path)
{
    return !view_eq(view_str(asset->path), VIEW_LIT("/index.html")) ||
           view_eq(path, VIEW_LIT("/index.html")) || addresses_has(path);
}

static struct page asset_page(const struct web_asset *asset, const struct page_request *ask)
{
    size_t len[SQUEEZE_KINDS];
    bool varies = false;
    for (int how = 0; how < SQUEEZE_KINDS; how++) {
        len[how] = asset->forms[how].len;
        varies |= how != SQUEEZE_NONE && len[how] > 0;
    }
    const enum squeeze how = negotiate_form(ask->accept_encoding, len);
    const struct web_form *form = &asset->forms[how];
    struct page page = {.status = 404,
                        .type = asset->type,
                        .constant = true,
                        .headers = varies ? GUARDS VARY : GUARDS};
    if (is_found(asset, ask->path)) {
        page.status = 200;
        page.cache = cache_of(asset);
        page.etag = form->etag;
        if (negotiate_has_tag(ask->if_none_match, view_str(page.etag))) {
            page.status = 304;
            page.type = NULL;
            return page;
        }
    }
    page.encoding = codings[how];
    page.body = view_of(form->bytes, form->len);
    return page;
}

/* ---- its head ---- */

/* No search engine needs what is one person's. */
static bool is_private(struct view path)
{
    return !(view_eq(path, VIEW_LIT("/")) || view_eq(path, VIEW_LIT("/past")) ||
             view_starts(path, VIEW_LIT("/line/")) ||
             view_starts(path, VIEW_LIT(GATEWAY_EVENT_PATH)) ||
             view_starts(path, VIEW_LIT(GATEWAY_PERFORMANCE_PATH)));
}

/* The page with what the facts say in place of its own head. False: it has no place for that. */
static bool write_page(const struct gateway *gateway, const struct web_asset *asset,
                       const struct head_facts *facts, struct buf *out)
{
    const struct web_form *plain = &asset->forms[SQUEEZE_NONE];
    const struct view all = view_of(plain->bytes, plain->len);
    const struct view open = VIEW_LIT(HEAD_OPEN_MARK), close = VIEW_LIT(HEAD_CLOSE_MARK);
    const char *from = memmem(all.at, all.len, open.at, open.len);
    const char *to =
        from ? memmem(from, all.len - (size_t)(from - all.at), close.at, close.len) : NULL;
    if (!to)
        return false;
    const char *rest = to + close.len;
    return buf_append(out, all.at, (size_t)(from - all.at)) == 0 &&
           head_write(out, &gateway->site, facts) == 0 &&
           buf_append(out, rest, all.len - (size_t)(rest - all.at)) == 0;
}

static char *tag_of(struct view body, struct arena *arena)
{
    uint8_t hash[SHA256_BYTES];
    sha256(body, hash);
    return arena_printf(arena, "\"%02x%02x%02x%02x%02x%02x%02x%02x\"", hash[0], hash[1], hash[2],
                        hash[3], hash[4], hash[5], hash[6], hash[7]);
}

/* Where it cannot be packed it goes as it is. */
static void pack_page(enum squeeze how, struct page *page, struct arena *arena)
{
    struct buf out;
    buf_init(&out, page->body.len + HEAD_MAX);
    const bool packed = squeeze_pack(how, page->body, &out) == 0;
    const struct view bytes = buf_view(&out);
    const char *copy = packed ? arena_copy(arena, bytes) : NULL;
    if (copy) {
        page->body = view_of(copy, bytes.len);
        page->encoding = codings[how];
    }
    buf_release(&out);
}

static struct page headed_page(const struct gateway *gateway, const struct page_request *ask,
                               const struct head_facts *facts, bool found)
{
    const struct web_asset *asset = web_asset_find(VIEW_LIT("/index.html"));
    struct buf out;
    buf_init(&out, HEAD_MAX + asset->forms[SQUEEZE_NONE].len);
    const bool whole = write_page(gateway, asset, facts, &out);
    const struct view text = buf_view(&out);
    const char *copy = whole ? arena_copy(ask->arena, text) : NULL;
    buf_release(&out);
    if (!copy)
        return asset_page(asset, ask);
    struct page page = {.status = found ? 200 : 404,
                        .type = asset->type,
                        .headers = GUARDS VARY,
                        .body = view_of(copy, text.len)};
    const size_t alike[SQUEEZE_KINDS] = {text.len, text.len, text.len};
    const enum squeeze how = negotiate_form(ask->accept_encoding, alike);
    if (how != SQUEEZE_NONE)
        pack_page(how, &page, ask->arena);
    if (found) {
        page.cache = "no-cache";
        page.etag = tag_of(page.body, ask->arena);
        if (page.etag && negotiate_has_tag(ask->if_none_match, view_str(page.etag)))
            page = (struct page){
                .status = 304, .cache = page.cache, .etag = page.etag, .headers = GUARDS VARY};
    }
    return page;
}

/* A page that is about no event. */
static struct page front_page(const struct gateway *gateway, const struct page_request *ask)
{
    const struct view index = VIEW_LIT("/index.html");
    const bool found = view_eq(ask->path, index) || addresses_has(ask->path);
    const struct head_facts facts = {.path = view_eq(ask->path, index) ? VIEW_LIT("/") : ask->path,
                                     .is_private = !found || is_private(ask->path)};
    return headed_page(gateway, ask, &facts, found);
}

/* ---- the head of an event ---- */

#define EVENT_ANSWER_MS 1500 /* nobody waits longer for a page because of its head */

struct finding {
    struct client client;
    struct head_facts facts;
    int err; /* ERR_NOT_FOUND: there is none; others: nobody knows */
};

static void find_event(struct finding *finding, uint32_t event_id, uint32_t performance_id)
{
    const Usher__V1__ListEventsRequest all = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *list;
    finding->err =
        client_call(&finding->client, Usher__V1__TicketService, list_events, &all, &list);
    for (size_t i = 0; finding->err == 0 && i < list->n_events && !finding->facts.event; i++) {
        const Usher__V1__Event *event = list->events[i];
        if (event->event_id != event_id)
            continue;
        finding->facts.event = event;
        for (size_t k = 0; k < event->n_performances; k++)
            if (event->performances[k]->performance_id == performance_id)
                finding->facts.only = event->performances[k];
    }
    if (finding->err == 0 && !finding->facts.event)
        finding->err = ERR_NOT_FOUND;
}

static void find_performance(struct finding *finding, uint32_t performance_id)
{
    Usher__V1__GetPerformanceRequest wish = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    wish.performance_id = performance_id;
    finding->err = client_call(&finding->client, Usher__V1__TicketService, get_performance, &wish,
                               &performance);
    if (finding->err == 0)
        find_event(finding, performance->event_id, performance_id);
}

void gateway_event_page(void *state, const struct plain_request *ask, struct page *ret_page)
{
    struct gateway *gateway = state;
    static const struct view events = {GATEWAY_EVENT_PATH, 3};
    const bool of_event = view_starts(ask->path, events);
    const struct page_request plain = {
        .method = ask->method,
        .path = ask->path,
        .if_none_match = plain_field(ask, VIEW_LIT("if-none-match")),
        .accept_encoding = plain_field(ask, VIEW_LIT("accept-encoding")),
        .arena = ask->arena,
    };
    struct view word = view_of(ask->path.at + events.len, ask->path.len - events.len);
    struct finding finding = {.facts = {.path = ask->path}, .err = ERR_NOT_FOUND};
    uint64_t id;
    if (!view_eq(ask->method, VIEW_LIT("GET")) && !view_eq(ask->method, VIEW_LIT("HEAD"))) {
        *ret_page = (struct page){.status = 405, .headers = "Allow: GET, HEAD\r\n"};
        return;
    }
    if (!gateway->has_pages || !addresses_has(ask->path) || !gateway->tickets) {
        gateway_page(gateway, &plain, ret_page);
        return;
    }
    if (word.len > 0 && word.at[word.len - 1] == '/')
        word.len--;
    client_init(&finding.client, gateway->tickets, &usher__v1__ticket_service__descriptor,
                ask->arena);
    finding.client.timeout_ms = EVENT_ANSWER_MS;
    if (view_to_u64(word, UINT32_MAX, &id) && of_event)
        find_event(&finding, (uint32_t)id, 0);
    else if (view_to_u64(word, UINT32_MAX, &id))
        find_performance(&finding, (uint32_t)id);
    finding.facts.is_private = finding.err != 0;
    *ret_page = headed_page(gateway, &plain, &finding.facts, finding.err != ERR_NOT_FOUND);
}

/* ---- metrics ---- */

struct sample {
    enum metric_type type;
    const char *name, *help;
    int64_t value;
};

static int render_server(struct exposition *page, const struct server *server)
{
    struct server_stats stats;
    server_stats(server, &stats);
    const struct sample samples[] = {
        {METRIC_IS_GAUGE, "usher_connections_open", "Connections now.",
         (int64_t)stats.connections_open},
        {METRIC_IS_COUNTER, "usher_connections_total", "Connections taken.",
         (int64_t)stats.connections_total},
        {METRIC_IS_COUNTER, "usher_connections_refused_total",
         "Connections closed at once: there were as many as there may be.",
         (int64_t)stats.connections_refused},
        {METRIC_IS_GAUGE, "usher_streams_open", "Streams now.", (int64_t)stats.streams_open},
        {METRIC_IS_COUNTER, "usher_received_bytes_total", "Bytes read from connections.",
         (int64_t)stats.bytes_in},
        {METRIC_IS_COUNTER, "usher_sent_bytes_total", "Bytes written to connections.",
         (int64_t)stats.bytes_out},
    };
    int err = 0;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]) && !err; i++)
        err = metrics_render_one(page, samples[i].type, samples[i].name, samples[i].help,
                                 samples[i].value);
    return err ? err : server_render_calls(server, page);
}

static struct page metrics_page(struct gateway *gateway, const struct page_request *ask)
{
    const struct server *server = atomic_load(&gateway->server);
    struct page page = text_page(503, VIEW_LIT("no memory to write the metrics in\n"));
    struct buf out;
    struct exposition shown = {.out = &out, .open_metrics = exposition_is_open(ask->accept)};
    buf_init(&out, PAGE_METRICS_MAX);
    int err = server ? render_server(&shown, server) : 0;
    if (!err && gateway->figures)
        err = gateway->figures(gateway->state, &shown);
    if (!err)
        err = metrics_render(&shown);
    if (!err)
        err = metrics_render_one(&shown, METRIC_IS_COUNTER, "usher_log_lines_lost_total",
                                 "Log lines that could not be written.", (int64_t)log_lost());
    if (!err)
        err = exposition_end(&shown);
    struct view text = buf_view(&out);
    const char *copy = err ? NULL : arena_copy(ask->arena, text);
    if (copy) {
        page.status = 200;
        page.type = shown.open_metrics ? METRICS_OPEN_TYPE : METRICS_TYPE;
        page.body = view_of(copy, text.len);
    } else {
        log_event(LOG_WARN, "metrics.skip", log_err(err ? err : ERR_NO_MEMORY));
    }
    buf_release(&out);
    return page;
}

static struct page ready_page(struct gateway *gateway)
{
    if (atomic_load(&gateway->draining))
        return text_page(503, VIEW_LIT("draining\n"));
    return !gateway->ready || gateway->ready(gateway->state)
               ? text_page(200, VIEW_LIT("ready\n"))
               : text_page(503, VIEW_LIT("not ready\n"));
}

static struct page live_page(struct gateway *gateway)
{
    return !gateway->live || gateway->live(gateway->state)
               ? text_page(200, VIEW_LIT("alive\n"))
               : text_page(503, VIEW_LIT("a loop does not turn\n"));
}

void gateway_page(struct gateway *gateway, const struct page_request *ask, struct page *ret_page)
{
    const struct web_asset *asset;
    *ret_page = text_page(404, VIEW_LIT("nothing here\n"));
    if (view_eq(ask->path, VIEW_LIT("/metrics")))
        *ret_page = metrics_page(gateway, ask);
    else if (view_eq(ask->path, VIEW_LIT("/livez")))
        *ret_page = live_page(gateway);
    else if (view_eq(ask->path, VIEW_LIT("/healthz")))
        *ret_page = atomic_load(&gateway->draining) ? text_page(503, VIEW_LIT("draining\n"))
                                                    : text_page(200, VIEW_LIT("ok\n"));
    else if (view_eq(ask->path, VIEW_LIT("/readyz")))
        *ret_page = ready_page(gateway);
    else if (!gateway->has_pages)
        return;
    else if (view_eq(ask->path, VIEW_LIT("/robots.txt")))
        *ret_page = text_page(200, VIEW_LIT("User-agent: *\nDisallow: /usher.v1.\n"));
    else if ((asset = web_asset_find(ask->path)) &&
             view_eq(view_str(asset->path), VIEW_LIT("/index.html")))
        *ret_page = front_page(gateway, ask);
    else if (asset)
        *ret_page = asset_page(asset, ask);
}
