#include "svc/gateway/head.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/json.h"
#include "paper/words.h"

#define TRY(call)                                                                                  \
    do {                                                                                           \
        int err_ = (call);                                                                         \
        if (err_ != 0)                                                                             \
            return err_;                                                                           \
    } while (0)

#define SITE_NAME        "Usher"
#define SITE_DESCRIPTION "Live seats, fairly held. 실시간 좌석, 공정한 예매."
#define DESCRIPTION_MAX  300 /* bytes: previews show less */

/* ---- HTML ---- */

int head_put_text(struct buf *out, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        const char *as = c == '&'                              ? "&amp;"
                         : c == '<'                            ? "&lt;"
                         : c == '>'                            ? "&gt;"
                         : c == '"'                            ? "&quot;"
                         : c == '\''                           ? "&#39;"
                         : (unsigned char)c < ' ' || c == 0x7f ? " "
                                                               : NULL;
        TRY(as ? buf_append_view(out, view_str(as)) : buf_append_byte(out, (uint8_t)c));
    }
    return 0;
}

/* <meta NAME="KEY" content="…">, nothing where there is no content. */
static int put_meta(struct buf *out, const char *kind, const char *key, struct view content)
{
    if (content.len == 0)
        return 0;
    TRY(buf_printf(out, "<meta %s=\"%s\" content=\"", kind, key));
    TRY(head_put_text(out, content));
    return buf_append_view(out, VIEW_LIT("\" />\n"));
}

static int put_link(struct buf *out, const char *rel, const char *href, struct view path)
{
    if (!href || !href[0])
        return 0;
    TRY(buf_printf(out, "<link rel=\"%s\" href=\"", rel));
    TRY(head_put_text(out, view_str(href)));
    TRY(head_put_text(out, path));
    return buf_append_view(out, VIEW_LIT("\" />\n"));
}

/* The first bytes of a text, whole characters of UTF-8. */
static struct view shortened(const char *text)
{
    struct view v = view_str(text ? text : "");
    if (v.len <= DESCRIPTION_MAX)
        return v;
    size_t len = DESCRIPTION_MAX;
    while (len > 0 && ((unsigned char)v.at[len] & 0xc0) == 0x80)
        len--;
    return view_of(v.at, len);
}

/* ---- JSON-LD ---- */

/* A JSON string that may stand in a script: "<" begins no tag there (HTML, 4.12.1.3). */
static int put_json(struct buf *out, const char *text)
{
    struct buf plain;
    buf_init(&plain, HEAD_MAX);
    int err = json_write_string(view_str(text ? text : ""), &plain);
    const struct view v = buf_view(&plain);
    for (size_t i = 0; i < v.len && err == 0; i++) {
        const char c = v.at[i];
        err = c == '<' || c == '>' || c == '&' ? buf_printf(out, "\\u%04x", (unsigned)c)
                                               : buf_append_byte(out, (uint8_t)c);
    }
    buf_release(&plain);
    return err;
}

static int put_member(struct buf *out, const char *name, const char *text)
{
    if (!text || !text[0])
        return 0;
    TRY(buf_printf(out, ",\"%s\":", name));
    return put_json(out, text);
}

/* A moment of the performance in ISO 8601, by the hall's clock where it is known. */
static int put_moment(struct buf *out, const char *name, const Usher__V1__Performance *p,
                      int64_t at_ms)
{
    const bool known =
        p->utc_offset_choice_case == USHER__V1__PERFORMANCE__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
    const int32_t offset = known ? p->utc_offset_minutes : 0;
    const int32_t away = offset < 0 ? -offset : offset;
    const struct paper_clock c = paper_clock_at(at_ms, offset);
    return buf_printf(out, ",\"%s\":\"%04" PRId64 "-%02d-%02dT%02d:%02d:%02d%c%02d:%02d\"", name,
                      c.year, c.month, c.day, c.hour, c.minute, c.second, offset < 0 ? '-' : '+',
                      (int)(away / 60), (int)(away % 60));
}

static int put_amount(struct buf *out, const char *name, int64_t amount, uint32_t digits)
{
    int64_t unit = 1;
    for (uint32_t i = 0; i < digits && i < 6; i++)
        unit *= 10;
    if (unit == 1)
        return buf_printf(out, ",\"%s\":\"%" PRId64 "\"", name, amount);
    return buf_printf(out, ",\"%s\":\"%" PRId64 ".%0*" PRId64 "\"", name, amount / unit,
                      (int)digits, amount % unit);
}

static int put_offers(struct buf *out, const struct head_site *site,
                      const Usher__V1__Performance *p)
{
    int64_t low = INT64_MAX, high = 0;
    for (size_t i = 0; i < p->n_prices; i++) {
        low = p->prices[i]->amount < low ? p->prices[i]->amount : low;
        high = p->prices[i]->amount > high ? p->prices[i]->amount : high;
    }
    if (p->n_prices == 0)
        return 0;
    const bool out_of_stock = p->counts && p->counts->free == 0;
    TRY(buf_printf(out,
                   ",\"offers\":{\"@type\":\"AggregateOffer\",\"availability\":"
                   "\"https://schema.org/%s\"",
                   out_of_stock ? "SoldOut" : "InStock"));
    TRY(put_member(out, "priceCurrency", p->currency));
    TRY(put_amount(out, "lowPrice", low, p->currency_digits));
    TRY(put_amount(out, "highPrice", high, p->currency_digits));
    if (site->public_url) {
        TRY(buf_append_view(out, VIEW_LIT(",\"url\":")));
        char path[32];
        snprintf(path, sizeof(path), "/p/%" PRIu32, p->performance_id);
        struct buf url;
        buf_init(&url, HEAD_MAX);
        int err = buf_printf(&url, "%s%s", site->public_url, path);
        err = err ? err : buf_append_byte(&url, 0);
        err = err ? err : put_json(out, buf_view(&url).at);
        buf_release(&url);
        TRY(err);
    }
    return buf_append_byte(out, '}');
}

/* The picture's whole address: of one on this site it begins with where the site is; where nobody
 * said that, there is none. To be released. */
static int image_of(const struct head_site *site, const Usher__V1__Event *event,
                    struct buf *ret_url)
{
    const char *poster = event->poster ? event->poster : "";
    const char *site_url = poster[0] != '/' ? "" : site->public_url ? site->public_url : NULL;
    buf_init(ret_url, HEAD_MAX);
    return site_url ? buf_printf(ret_url, "%s%s", site_url, poster) : 0;
}

static int put_image(struct buf *out, const struct head_site *site, const Usher__V1__Event *event)
{
    struct buf url;
    int err = image_of(site, event, &url);
    if (err == 0)
        err = buf_append_byte(&url, 0);
    if (err == 0)
        err = put_member(out, "image", buf_view(&url).at);
    buf_release(&url);
    return err;
}

static int put_og_image(struct buf *out, const struct head_site *site,
                        const Usher__V1__Event *event)
{
    struct buf url;
    int err = image_of(site, event, &url);
    if (err == 0)
        err = put_meta(out, "property", "og:image", buf_view(&url));
    buf_release(&url);
    return err;
}

static int put_date(struct buf *out, const struct head_site *site, const Usher__V1__Event *event,
                    const Usher__V1__Performance *p)
{
    TRY(buf_append_view(out, VIEW_LIT("{\"@context\":\"https://schema.org\",\"@type\":\"Event\"")));
    TRY(put_member(out, "name", event->name));
    TRY(put_member(out, "description", event->description));
    TRY(put_image(out, site, event));
    TRY(put_moment(out, "startDate", p, p->starts_at_ms));
    if (p->doors_at_ms > 0)
        TRY(put_moment(out, "doorTime", p, p->doors_at_ms));
    TRY(buf_append_view(out, VIEW_LIT(",\"eventStatus\":\"https://schema.org/EventScheduled\","
                                      "\"eventAttendanceMode\":"
                                      "\"https://schema.org/OfflineEventAttendanceMode\"")));
    if (p->hall) {
        TRY(buf_append_view(out, VIEW_LIT(",\"location\":{\"@type\":\"Place\"")));
        TRY(put_member(out, "name", p->hall->name));
        TRY(put_member(out, "address", p->venue_address));
        TRY(buf_append_byte(out, '}'));
    }
    TRY(put_offers(out, site, p));
    return buf_append_byte(out, '}');
}

static int put_dates(struct buf *out, const struct head_site *site, const struct head_facts *facts)
{
    const Usher__V1__Event *event = facts->event;
    size_t told = 0;
    TRY(buf_append_view(out, VIEW_LIT("<script type=\"application/ld+json\">[")));
    for (size_t i = 0; i < event->n_performances && told < HEAD_DATES_MAX; i++) {
        const Usher__V1__Performance *p = event->performances[i];
        if (facts->only && facts->only != p)
            continue;
        if (told++ > 0)
            TRY(buf_append_byte(out, ','));
        TRY(put_date(out, site, event, p));
    }
    return buf_append_view(out, VIEW_LIT("]</script>\n"));
}

/* ---- the whole ---- */

static int put_what(struct buf *out, const struct head_site *site, const struct head_facts *facts)
{
    const Usher__V1__Event *event = facts->event;
    const struct view name = view_str(event ? event->name : SITE_NAME);
    const struct view told = event && event->description[0] ? shortened(event->description)
                             : event                        ? name
                                                            : VIEW_LIT(SITE_DESCRIPTION);
    TRY(buf_append_view(out, VIEW_LIT("<title>")));
    TRY(head_put_text(out, name));
    TRY(buf_append_view(out,
                        event ? VIEW_LIT(" · " SITE_NAME "</title>\n") : VIEW_LIT("</title>\n")));
    TRY(put_meta(out, "name", "description", told));
    TRY(put_meta(out, "property", "og:site_name", VIEW_LIT(SITE_NAME)));
    TRY(put_meta(out, "property", "og:type", VIEW_LIT("website")));
    TRY(put_meta(out, "property", "og:title", name));
    TRY(put_meta(out, "property", "og:description", told));
    if (event)
        TRY(put_og_image(out, site, event));
    if (facts->is_private)
        return put_meta(out, "name", "robots", VIEW_LIT("noindex"));
    if (!site->public_url)
        return 0;
    TRY(put_link(out, "canonical", site->public_url, facts->path));
    TRY(buf_append_view(out, VIEW_LIT("<meta property=\"og:url\" content=\"")));
    TRY(head_put_text(out, view_str(site->public_url)));
    TRY(head_put_text(out, facts->path));
    return buf_append_view(out, VIEW_LIT("\" />\n"));
}

int head_write(struct buf *out, const struct head_site *site, const struct head_facts *facts)
{
    TRY(put_what(out, site, facts));
    TRY(put_link(out, "terms-of-service", site->terms_url, (struct view){0}));
    TRY(put_link(out, "privacy-policy", site->privacy_url, (struct view){0}));
    TRY(put_link(out, "help", site->help_url, (struct view){0}));
    TRY(put_meta(out, "name", "seller", view_str(site->seller ? site->seller : "")));
    if (site->test_money)
        TRY(put_meta(out, "name", "test-money", VIEW_LIT("yes")));
    return facts->event ? put_dates(out, site, facts) : 0;
}
