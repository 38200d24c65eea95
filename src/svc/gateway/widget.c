#include "svc/gateway/widget.h"

#include <inttypes.h>
#include <string.h>

#include "call/client.h"
#include "codec/percent.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "fiber/loop.h"
#include "paper/words.h"
#include "store/sites.h"
#include "svc/gateway/head.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define DATES_MAX 40
#define PAGE_MAX  (64u << 10) /* bytes */
#define NOSNIFF   "X-Content-Type-Options: nosniff\r\n"
#define ANYWHERE  NOSNIFF "Cross-Origin-Resource-Policy: cross-origin\r\n"

#define TRY(call)                                                                                  \
    do {                                                                                           \
        int err_ = (call);                                                                         \
        if (err_ != 0)                                                                             \
            return err_;                                                                           \
    } while (0)

/* ---- what never changes ---- */

/* Runs on somebody else's page: it adds one element, and listens to that one alone. */
static const char script[] =
    "(function () {\n"
    "  'use strict';\n"
    "  var own = document.currentScript;\n"
    "  if (!own) return;\n"
    "  var home = new URL(own.src).origin;\n"
    "  var number = String(own.dataset.event || '').replace(/[^0-9]/g, '');\n"
    "  var lang = own.dataset.lang || document.documentElement.lang || navigator.language;\n"
    "  var frame = document.createElement('iframe');\n"
    "  frame.src = home + '/widget/' + number + '?lang=' + encodeURIComponent(lang);\n"
    "  frame.title = own.dataset.title || 'Tickets';\n"
    "  frame.setAttribute('sandbox', 'allow-scripts allow-popups allow-popups-to-escape-sandbox "
    "allow-same-origin');\n"
    "  frame.setAttribute('loading', 'lazy');\n"
    "  frame.style.cssText = 'width:100%;height:240px;border:0;display:block';\n"
    "  window.addEventListener('message', function (event) {\n"
    "    var tall = event.data && event.data.usherHeight;\n"
    "    if (event.source !== frame.contentWindow || event.origin !== home) return;\n"
    "    if (typeof tall === 'number' && tall > 0 && tall < 5000) frame.style.height = "
    "Math.ceil(tall) + 'px';\n"
    "  });\n"
    "  own.parentNode.insertBefore(frame, own.nextSibling);\n"
    "})();\n";

static const char frame_script[] =
    "'use strict';\n"
    "function tell() {\n"
    "  parent.postMessage({ usherHeight: document.body.offsetHeight }, '*');\n"
    "}\n"
    "new ResizeObserver(tell).observe(document.body);\n"
    "addEventListener('load', tell);\n";

static const char style[] =
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,'Apple SD Gothic Neo','Malgun "
    "Gothic',sans-serif;word-break:keep-all}\n"
    "body{margin:0;padding:1rem}\nh1{font-size:1.25rem;margin:0 0 .5rem}\n"
    "ul{list-style:none;margin:0;padding:0}\n"
    "li{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-"
    "between;padding:.75rem 0;border-top:1px solid color-mix(in srgb,currentColor 20%,transparent)}"
    "\nsmall{display:block}\n"
    "a{display:inline-block;min-height:2.75rem;line-height:2.75rem;padding:0 1.25rem;border-radius:"
    ".5rem;background:#b3123f;color:#fff;font-weight:600;text-decoration:none}\n"
    "a:focus-visible{outline:3px solid currentColor;outline-offset:2px}\n";

static const struct fixed {
    const char *path, *type, *body, *headers;
} fixed[] = {
    {"/widget.js", "text/javascript; charset=utf-8", script, ANYWHERE},
    {"/widget/frame.js", "text/javascript; charset=utf-8", frame_script, NOSNIFF},
    {"/widget/style.css", "text/css; charset=utf-8", style, NOSNIFF},
};

/* ---- the words ---- */

struct widget_words {
    const char *book, *past, *from, *soon, *none;
};
static const struct widget_words words[] = {
    [PAPER_ENGLISH] = {"Tickets", "Over", "from ", "Not on sale yet", "No dates are on sale."},
    [PAPER_KOREAN] = {"예매하기", "종료", "", "판매 예정", "예매할 수 있는 회차가 없습니다."},
};

/* ---- the page in the frame ---- */

struct frame {
    const struct plain_request *ask;
    const Usher__V1__Event *event;
    const Usher__V1__Sites *sites;
    enum paper_language language;
    int64_t now_ms;
};

static int put_price(struct buf *out, const struct frame *f, const Usher__V1__Performance *p)
{
    char text[PAPER_TEXT_MAX];
    int64_t low = INT64_MAX;
    for (size_t i = 0; i < p->n_prices; i++)
        low = p->prices[i]->amount < low ? p->prices[i]->amount : low;
    if (p->n_prices == 0)
        return 0;
    paper_amount(f->language, low, view_str(p->currency), text);
    TRY(buf_printf(out, " · %s%s", words[f->language].from, text));
    return buf_append_view(out, f->language == PAPER_KOREAN && p->n_prices > 1 ? VIEW_LIT("부터")
                                                                               : VIEW_LIT(""));
}

static int put_date(struct buf *out, const struct frame *f, const Usher__V1__Performance *p)
{
    const struct widget_words *say = &words[f->language];
    char start[PAPER_TEXT_MAX];
    const struct paper_order when = {
        .language = f->language,
        .starts_at_ms = p->starts_at_ms,
        .utc_offset_known = p->utc_offset_choice_case ==
                            USHER__V1__PERFORMANCE__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES,
        .utc_offset_minutes = p->utc_offset_minutes};
    paper_start(&when, start);
    TRY(buf_printf(out, "<li><span>%s<small>", start));
    TRY(head_put_text(out, view_str(p->hall ? p->hall->name : "")));
    TRY(put_price(out, f, p));
    TRY(buf_append_view(out, VIEW_LIT("</small></span>")));
    if (p->sale_state == USHER__V1__SALE_STATE__SALE_STATE_DRAFT)
        TRY(buf_printf(out, "<span>%s</span>", say->soon));
    else
        TRY(buf_printf(out,
                       "<a href=\"/p/%" PRIu32 "\" target=\"_blank\" rel=\"noopener\" "
                       "aria-label=\"%s: %s\">%s</a>",
                       p->performance_id, say->book, start, say->book));
    return buf_append_view(out, VIEW_LIT("</li>\n"));
}

static int put_page(struct buf *out, const struct frame *f)
{
    size_t told = 0;
    TRY(buf_printf(out,
                   "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"robots\" content=\"noindex\">\n<title>",
                   f->language == PAPER_KOREAN ? "ko" : "en"));
    TRY(head_put_text(out, view_str(f->event->name)));
    TRY(buf_append_view(out,
                        VIEW_LIT("</title>\n<link rel=\"stylesheet\" href=\"/widget/style.css\">\n"
                                 "<script src=\"/widget/frame.js\" defer></script>\n</head>\n"
                                 "<body>\n<h1>")));
    TRY(head_put_text(out, view_str(f->event->name)));
    TRY(buf_append_view(out, VIEW_LIT("</h1>\n<ul>\n")));
    for (size_t i = 0; i < f->event->n_performances && told < DATES_MAX; i++) {
        if (f->event->performances[i]->starts_at_ms <= f->now_ms)
            continue;
        told++;
        TRY(put_date(out, f, f->event->performances[i]));
    }
    TRY(buf_append_view(out, VIEW_LIT("</ul>\n")));
    if (told == 0)
        TRY(buf_printf(out, "<p>%s</p>\n", words[f->language].none));
    return buf_append_view(out, VIEW_LIT("</body>\n</html>\n"));
}

/* Where the page may be shown, and what it may load. NULL: no memory. */
static const char *headers_of(const struct frame *f)
{
    struct buf out;
    buf_init(&out, SITES_MAX * (SITE_BYTES_MAX + 1) + 1024);
    int err = buf_append_view(
        &out, VIEW_LIT(NOSNIFF "Referrer-Policy: no-referrer\r\nVary: Accept-Language\r\n"
                               "Content-Security-Policy: default-src 'none'; script-src 'self'; "
                               "style-src 'self'; base-uri 'none'; form-action 'none'; "
                               "frame-ancestors "));
    if (err == 0 && f->sites->n_sites == 0)
        err = buf_append_view(&out, VIEW_LIT("'none'"));
    for (size_t i = 0; err == 0 && i < f->sites->n_sites; i++) {
        const struct view site = view_str(f->sites->sites[i]);
        if (site_is(site))
            err = buf_printf(&out, "%s%.*s", i ? " " : "", VIEW_ARG(site));
    }
    if (err == 0)
        err = buf_append_view(&out, VIEW_LIT("\r\n"));
    const char *text = err == 0 ? arena_copy(f->ask->arena, buf_view(&out)) : NULL;
    buf_release(&out);
    return text;
}

/* 0; ERR_NOT_FOUND: everybody may see no such event; the channel's errors. */
static int find(const struct widget *widget, struct frame *f, uint32_t event_id)
{
    const Usher__V1__ListEventsRequest all = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    Usher__V1__GetSitesRequest of = USHER__V1__GET_SITES_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *list;
    struct client client;
    client_init(&client, widget->services, &usher__v1__ticket_service__descriptor, f->ask->arena);
    client.deadline_ns = f->ask->deadline_ns;
    int err = client_call(&client, Usher__V1__TicketService, list_events, &all, &list);
    for (size_t i = 0; err == 0 && i < list->n_events && !f->event; i++) {
        if (list->events[i]->event_id == event_id)
            f->event = list->events[i];
    }
    if (err != 0 || !f->event)
        return err ? err : ERR_NOT_FOUND;
    of.organiser_id = f->event->organiser_id;
    client_init(&client, widget->services, &usher__v1__auth_service__descriptor, f->ask->arena);
    client.deadline_ns = f->ask->deadline_ns;
    return client_call(&client, Usher__V1__AuthService, get_sites, &of, &f->sites);
}

static enum paper_language language_of(const struct plain_request *ask)
{
    struct view tag;
    if (!query_find(ask->query, VIEW_LIT("lang"), &tag) || tag.len == 0)
        tag = plain_field(ask, VIEW_LIT("accept-language"));
    return paper_language_of(tag);
}

static void answer_frame(const struct widget *widget, const struct plain_request *ask,
                         struct view word, struct page *ret_page)
{
    struct frame f = {.ask = ask,
                      .language = language_of(ask),
                      .now_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())))};
    struct buf out;
    uint64_t id;
    int err = view_to_u64(word, UINT32_MAX, &id) ? find(widget, &f, (uint32_t)id) : ERR_NOT_FOUND;
    if (err != 0) {
        *ret_page = (struct page){.status = err == ERR_NOT_FOUND ? 404 : 503,
                                  .type = "text/plain; charset=utf-8",
                                  .headers = NOSNIFF,
                                  .body = VIEW_LIT("no such event\n")};
        return;
    }
    buf_init(&out, PAGE_MAX);
    err = put_page(&out, &f);
    const struct view page = buf_view(&out);
    const char *body = err == 0 ? arena_copy(ask->arena, page) : NULL;
    const char *headers = headers_of(&f);
    *ret_page = body && headers ? (struct page){.status = 200,
                                                .type = "text/html; charset=utf-8",
                                                .cache = "no-cache",
                                                .headers = headers,
                                                .body = view_of(body, page.len)}
                                : (struct page){.status = 500};
    buf_release(&out);
}

void widget_page(void *state, const struct plain_request *ask, struct page *ret_page)
{
    const struct view frames = VIEW_LIT(WIDGET_PATH "/");
    if (!view_eq(ask->method, VIEW_LIT("GET")) && !view_eq(ask->method, VIEW_LIT("HEAD"))) {
        *ret_page = (struct page){.status = 405, .headers = "Allow: GET, HEAD\r\n"};
        return;
    }
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (!view_eq(ask->path, view_str(fixed[i].path)))
            continue;
        *ret_page = (struct page){.status = 200,
                                  .type = fixed[i].type,
                                  .cache = "public, max-age=3600",
                                  .headers = fixed[i].headers,
                                  .body = view_str(fixed[i].body)};
        return;
    }
    if (view_starts(ask->path, frames))
        answer_frame(state, ask, view_of(ask->path.at + frames.len, ask->path.len - frames.len),
                     ret_page);
    else
        *ret_page = (struct page){.status = 404, .headers = NOSNIFF};
}
