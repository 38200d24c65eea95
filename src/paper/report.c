#include "paper/report.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LINES_MAX 4000 /* that are looked at */

/* A text, line by line, each without its end. */
struct lines {
    struct view rest;
    size_t count;
};

static bool next_line(struct lines *lines, struct view *ret_line)
{
    if (lines->rest.len == 0 || lines->count++ == LINES_MAX)
        return false;
    const char *end = memchr(lines->rest.at, '\n', lines->rest.len);
    size_t len = end ? (size_t)(end - lines->rest.at) : lines->rest.len;
    *ret_line = view_of(lines->rest.at, len);
    lines->rest =
        view_of(lines->rest.at + len + (end != NULL), lines->rest.len - len - (end != NULL));
    if (len > 0 && ret_line->at[len - 1] == '\r')
        ret_line->len--;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct view trimmed(struct view text)
{
    while (text.len > 0 && is_blank(text.at[0]))
        text = view_of(text.at + 1, text.len - 1);
    while (text.len > 0 && is_blank(text.at[text.len - 1]))
        text.len--;
    return text;
}

/* What stands behind "name:"; false: it is another field. */
static bool field(struct view line, const char *name, struct view *ret_value)
{
    const size_t len = strlen(name);
    if (line.len <= len || strncasecmp(line.at, name, len) != 0 || line.at[len] != ':')
        return false;
    *ret_value = trimmed(view_of(line.at + len + 1, line.len - len - 1));
    return true;
}

static bool has(struct view text, const char *word)
{
    const size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (strncasecmp(text.at + i, word, len) == 0)
            return true;
    }
    return false;
}

/* ---- the head ---- */

/* Words with an "@" in them: enough for addresses of our own making. */
static void add_addresses(struct report *report, struct view value)
{
    static const char ends[] = " \t<>,;:\"()";
    size_t i = 0;
    while (i < value.len && report->address_count < REPORT_ADDRESSES) {
        while (i < value.len && memchr(ends, value.at[i], sizeof(ends) - 1))
            i++;
        const size_t from = i;
        while (i < value.len && !memchr(ends, value.at[i], sizeof(ends) - 1))
            i++;
        if (i > from && memchr(value.at + from, '@', i - from))
            report->addresses[report->address_count++] = view_of(value.at + from, i - from);
    }
}

/* Reads the head. Whether it is of a report on a delivery. */
static bool read_head(struct lines *lines, struct report *report)
{
    static const char *const to[] = {"to", "delivered-to", "x-original-to", "envelope-to"};
    struct view line, value;
    bool of_type = false, is_report = false;
    while (next_line(lines, &line) && line.len > 0) {
        const bool more = is_blank(line.at[0]); /* of the field before */
        for (size_t i = 0; !more && i < sizeof(to) / sizeof(to[0]); i++) {
            if (field(line, to[i], &value))
                add_addresses(report, value);
        }
        of_type = more ? of_type : field(line, "content-type", &value);
        if (of_type && (has(line, "report-type=delivery-status") ||
                        has(line, "report-type=\"delivery-status\"")))
            is_report = true;
    }
    return is_report;
}

/* ---- the part that says it ---- */

/* Printable ASCII, cut where there is no more room. */
static void append(char *out, size_t max, struct view text)
{
    size_t len = strlen(out);
    if (len > 0 && text.len > 0 && len + 1 < max)
        out[len++] = ' ';
    for (size_t i = 0; i < text.len && len + 1 < max; i++)
        out[len++] = text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?';
    out[len] = '\0';
}

static enum report_action action_of(struct view word)
{
    if (word.len == 6 && strncasecmp(word.at, "failed", 6) == 0)
        return REPORT_FAILED;
    return word.len == 7 && strncasecmp(word.at, "delayed", 7) == 0 ? REPORT_DELAYED : REPORT_OTHER;
}

/* The fields of one recipient, up to an empty line or the next part. False: the text is over. */
static bool read_recipient(struct lines *lines, struct report *report, bool *ret_found)
{
    struct view line, value, status = {0}, diagnostic = {0};
    enum report_action action = REPORT_OTHER;
    bool found = false, more;
    while ((more = next_line(lines, &line)) && line.len > 0 && !view_starts(line, VIEW_LIT("--"))) {
        if (field(line, "action", &value)) {
            action = action_of(value);
            found = true;
        } else if (field(line, "status", &value))
            status = value;
        else if (field(line, "diagnostic-code", &value))
            diagnostic = value;
    }
    if (found && (!*ret_found || action > report->action)) {
        const char *type = diagnostic.len ? memchr(diagnostic.at, ';', diagnostic.len) : NULL;
        if (type) /* "smtp; 550 …" */
            diagnostic =
                trimmed(view_of(type + 1, diagnostic.len - (size_t)(type - diagnostic.at) - 1));
        report->action = action;
        report->reason[0] = '\0';
        append(report->reason, sizeof(report->reason), status);
        append(report->reason, sizeof(report->reason), diagnostic);
    }
    *ret_found = *ret_found || found;
    return more && line.len == 0;
}

bool report_read(struct view text, struct report *ret_report)
{
    struct lines lines = {.rest = view_of(text.at, text.len < REPORT_MAX ? text.len : REPORT_MAX)};
    struct view line, value;
    bool found = false, status = false;
    *ret_report = (struct report){0};
    if (!read_head(&lines, ret_report))
        return false;
    while (!status && next_line(&lines, &line))
        status = field(line, "content-type", &value) && has(value, "message/delivery-status");
    while (status && next_line(&lines, &line) && line.len > 0) {
        /* the rest of the part's own head */
    }
    while (status && read_recipient(&lines, ret_report, &found)) {
        /* first what holds for all, then one recipient after the other */
    }
    return found;
}
