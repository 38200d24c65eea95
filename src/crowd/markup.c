#include "crowd/markup.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/json.h"
#include "err/err.h"

void markup_init(struct markup *m, size_t max)
{
    *m = (struct markup){.first = true};
    buf_init(&m->out, max);
}

void markup_release(struct markup *m)
{
    buf_release(&m->out);
}

static void append(struct markup *m, const char *text, size_t len)
{
    m->cut |= buf_append(&m->out, text, len) != 0;
}

void markup_put(struct markup *m, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof(text)); /* pieces are ours, and short */
    append(m, text, (size_t)len);
}

void markup_literal(struct markup *m, const char *literal)
{
    append(m, literal, strlen(literal));
}

void markup_text(struct markup *m, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            append(m, "&amp;", 5);
            break;
        case '<':
            append(m, "&lt;", 4);
            break;
        case '>':
            append(m, "&gt;", 4);
            break;
        case '"':
            append(m, "&quot;", 6);
            break;
        case '\'':
            append(m, "&#39;", 5);
            break;
        default:
            /* Of the control characters HTML knows only these (HTML, 13.2.3.5). */
            if ((unsigned char)*text >= 0x20 || *text == '\n' || *text == '\t')
                append(m, text, 1);
        }
    }
}

static void json_name(struct markup *m, const char *name)
{
    if (!m->first)
        append(m, ",", 1);
    m->first = false;
    if (name) {
        m->cut |= json_write_string(view_str(name), &m->out) != 0;
        append(m, ":", 1);
    }
}

void put_text(struct markup *m, const char *name, const char *text)
{
    json_name(m, name);
    m->cut |= json_write_string(view_str(text), &m->out) != 0;
}

void put_int(struct markup *m, const char *name, int64_t number)
{
    json_name(m, name);
    markup_put(m, "%" PRId64, number);
}

void put_real(struct markup *m, const char *name, double number)
{
    json_name(m, name);
    if (isfinite(number))
        markup_put(m, "%.3f", number);
    else
        append(m, "null", 4);
}

void put_bool(struct markup *m, const char *name, bool value)
{
    json_name(m, name);
    markup_put(m, "%s", value ? "true" : "false");
}

void put_open(struct markup *m, const char *name, char bracket)
{
    json_name(m, name);
    append(m, &bracket, 1);
    m->first = true;
}

void put_close(struct markup *m, char bracket)
{
    append(m, &bracket, 1);
    m->first = false;
}

void put_item(struct markup *m, int64_t number)
{
    put_int(m, NULL, number);
}

int markup_write(const struct markup *m, int fd)
{
    struct view rest = buf_view(&m->out);
    struct stat file;
    if (m->cut)
        return ERR_FULL;
    /* Only now: a report that was there before stays until there is another. */
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && fd != STDOUT_FILENO && ftruncate(fd, 0))
        return ERR_IO;
    while (rest.len > 0) {
        ssize_t len = write(fd, rest.at, rest.len);
        if (len < 0 && errno != EINTR)
            return ERR_IO;
        if (len > 0)
            rest = view_of(rest.at + len, rest.len - (size_t)len);
    }
    return 0;
}
