#include "crowd/figures.h"

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

void figures_init(struct figures *m, size_t max)
{
    *m = (struct figures){.first = true};
    buf_init(&m->out, max);
}

void figures_release(struct figures *m)
{
    buf_release(&m->out);
}

static void append(struct figures *m, const char *text, size_t len)
{
    m->cut |= buf_append(&m->out, text, len) != 0;
}

static void put_format(struct figures *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put_format(struct figures *m, const char *format, ...)
{
    char text[400]; /* a double of any size */
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof(text));
    append(m, text, (size_t)len);
}

static void json_name(struct figures *m, const char *name)
{
    if (!m->first)
        append(m, ",", 1);
    m->first = false;
    if (name) {
        m->cut |= json_write_string(view_str(name), &m->out) != 0;
        append(m, ":", 1);
    }
}

void put_text(struct figures *m, const char *name, const char *text)
{
    json_name(m, name);
    m->cut |= json_write_string(view_str(text), &m->out) != 0;
}

void put_int(struct figures *m, const char *name, int64_t number)
{
    json_name(m, name);
    put_format(m, "%" PRId64, number);
}

void put_real(struct figures *m, const char *name, double number)
{
    json_name(m, name);
    if (isfinite(number))
        put_format(m, "%.3f", number);
    else
        append(m, "null", 4);
}

void put_bool(struct figures *m, const char *name, bool value)
{
    json_name(m, name);
    put_format(m, "%s", value ? "true" : "false");
}

void put_open(struct figures *m, const char *name, char bracket)
{
    json_name(m, name);
    append(m, &bracket, 1);
    m->first = true;
}

void put_close(struct figures *m, char bracket)
{
    append(m, &bracket, 1);
    m->first = false;
}

void put_item(struct figures *m, int64_t number)
{
    put_int(m, NULL, number);
}

static int write_all(struct view rest, int fd)
{
    while (rest.len > 0) {
        ssize_t len = write(fd, rest.at, rest.len);
        if (len < 0 && errno != EINTR)
            return ERR_IO;
        if (len > 0)
            rest = view_of(rest.at + len, rest.len - (size_t)len);
    }
    return 0;
}

/* Only now, when there is another report, what was there before goes. */
static int empty_file(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && fd != STDOUT_FILENO && ftruncate(fd, 0)
               ? ERR_IO
               : 0;
}

int figures_write(const struct figures *m, int fd)
{
    int err = m->cut ? ERR_FULL : empty_file(fd);
    err = err ? err : write_all(buf_view(&m->out), fd);
    return err ? err : write_all(VIEW_LIT("\n"), fd);
}

int figures_write_within(const struct figures *m, struct view before, struct view after, int fd)
{
    const struct view json = buf_view(&m->out);
    struct buf safe;
    int err = m->cut ? ERR_FULL : 0;
    buf_init(&safe, json.len * sizeof("\\u003c"));
    assert(json.at || json.len == 0);
    for (size_t i = 0; i < json.len && !err; i++) {
        const char c = (char)json.at[i];
        err = c == '<'   ? buf_append(&safe, "\\u003c", 6)
              : c == '>' ? buf_append(&safe, "\\u003e", 6)
              : c == '&' ? buf_append(&safe, "\\u0026", 6)
                         : buf_append(&safe, &c, 1);
    }
    err = err ? err : empty_file(fd);
    err = err ? err : write_all(before, fd);
    err = err ? err : write_all(buf_view(&safe), fd);
    err = err ? err : write_all(after, fd);
    buf_release(&safe);
    return err;
}
