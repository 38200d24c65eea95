#include "svc/gateway/reports.h"

#include <jansson.h>

#include "codec/tree.h"
#include "observe/log.h"
#include "observe/metrics.h"

#define TEXT_MAX 200 /* bytes of what goes into the log */

METRIC_COUNTER(reported, "usher_csp_reports_total",
               "Violations of the pages' Content-Security-Policy that browsers reported.", "");

/* The beginning of an address, or of a word, that can be seen: behind '?' and '#' stand secrets. */
static struct view plain_part(const json_t *text)
{
    const struct view all = view_of(json_string_value(text), json_string_length(text));
    size_t len = 0;
    while (len < all.len && len < TEXT_MAX && all.at[len] > ' ' && all.at[len] < 0x7f &&
           all.at[len] != '?' && all.at[len] != '#')
        len++;
    return view_of(all.at, len);
}

/* One report: the names of its three parts differ by the way it is sent. */
static void note(const json_t *report, const char *directive, const char *blocked, const char *page)
{
    const struct view what = plain_part(json_object_get(report, directive));
    if (what.len == 0)
        return;
    metric_add(&reported, 1);
    log_event(LOG_WARN, "page.violation", log_view("usher.directive", what),
              log_view("usher.blocked", plain_part(json_object_get(report, blocked))),
              log_view("url.full", plain_part(json_object_get(report, page))));
}

static void note_all(const json_t *said)
{
    note(json_object_get(said, "csp-report"), "effective-directive", "blocked-uri", "document-uri");
    for (size_t i = 0; i < json_array_size(said) && i < REPORTS_EACH; i++)
        note(json_object_get(json_array_get(said, i), "body"), "effectiveDirective", "blockedURL",
             "documentURL");
}

void reports_page(void *unused, const struct plain_request *ask, struct page *ret_page)
{
    if (!view_eq(ask->method, VIEW_LIT("POST"))) {
        *ret_page = (struct page){.status = 405, .headers = "Allow: POST\r\n"};
        return;
    }
    json_t *said = tree_read(ask->body, 0, NULL);
    if (said)
        note_all(said);
    json_decref(said);
    *ret_page = (struct page){.status = 204};
}
