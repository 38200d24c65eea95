#include "svc/gateway/page.h"

#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/gateway/addresses.h"
#include "svc/gateway/assets.h"
#include "svc/gateway/negotiate.h"

#define TEXT "text/plain; charset=utf-8"

#define NOSNIFF "X-Content-Type-Options: nosniff\r\n"
/* The page runs its own script, speaks to its own server, and can be framed by nobody. */
#define GUARDS                                                                                     \
    NOSNIFF "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "   \
            "img-src 'self' https: data: blob:; font-src 'self'; connect-src 'self'; "             \
            "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n" \
            "Referrer-Policy: no-referrer\r\n"                                                     \
            "Cross-Origin-Opener-Policy: same-origin\r\n"                                          \
            "Cross-Origin-Resource-Policy: same-origin\r\n"
#define VARY "Vary: Accept-Encoding\r\n"

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
    bool packed = asset->gzip && negotiate_takes_gzip(ask->accept_encoding);
    struct page page = {.status = 404,
                        .type = asset->type,
                        .constant = true,
                        .headers = asset->gzip ? GUARDS VARY : GUARDS};
    if (is_found(asset, ask->path)) {
        page.status = 200;
        page.cache = cache_of(asset);
        page.etag = packed ? asset->gzip_etag : asset->etag;
        if (negotiate_has_tag(ask->if_none_match, view_str(page.etag))) {
            page.status = 304;
            page.type = NULL;
            return page;
        }
    }
    if (packed) {
        page.encoding = "gzip";
        page.body = view_of(asset->gzip, asset->gzip_len);
    } else {
        page.body = view_of(asset->bytes, asset->len);
    }
    return page;
}

/* ---- metrics ---- */

struct sample {
    enum metric_type type;
    const char *name, *help;
    int64_t value;
};

static int render_server(struct buf *out, const struct server *server)
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
        err = metrics_render_one(out, samples[i].type, samples[i].name, samples[i].help,
                                 samples[i].value);
    return err ? err : server_render_calls(server, out);
}

static struct page metrics_page(struct gateway *gateway, const struct page_request *ask)
{
    const struct server *server = atomic_load(&gateway->server);
    struct page page = text_page(503, VIEW_LIT("no memory to write the metrics in\n"));
    struct buf out;
    buf_init(&out, PAGE_METRICS_MAX);
    int err = server ? render_server(&out, server) : 0;
    if (!err && gateway->figures)
        err = gateway->figures(gateway->state, &out);
    if (!err)
        err = metrics_render(&out);
    if (!err)
        err = metrics_render_one(&out, METRIC_IS_COUNTER, "usher_log_lines_lost_total",
                                 "Log lines that could not be written.", (int64_t)log_lost());
    struct view text = buf_view(&out);
    const char *copy = err ? NULL : arena_copy(ask->arena, text);
    if (copy) {
        page.status = 200;
        page.type = METRICS_TYPE;
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
    else if ((asset = web_asset_find(ask->path)))
        *ret_page = asset_page(asset, ask);
}
