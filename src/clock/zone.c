#include "clock/zone.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "err/err.h"

#define ZONE_FOLDER  "/usr/share/zoneinfo"
#define HEADER_BYTES 44
#define TYPE_BYTES   6

/* The counts of a header, in the order of the file. */
struct counts {
    uint32_t isut, isstd, leap, time, type, chars;
};

static uint32_t get_u32(const char *at)
{
    const uint8_t *bytes = (const uint8_t *)at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t get_i64(const char *at)
{
    return (int64_t)((uint64_t)get_u32(at) << 32 | get_u32(at + 4));
}

/* Takes a header and gives the length of what belongs to it, whose times have time_bytes each. */
static int take_header(struct view *file, size_t time_bytes, struct counts *ret_counts,
                       size_t *ret_len)
{
    if (file->len < HEADER_BYTES || memcmp(file->at, "TZif", 4) != 0 || file->at[4] < '2')
        return ERR_CORRUPT;
    const char *at = file->at + 20;
    *ret_counts = (struct counts){get_u32(at),      get_u32(at + 4),  get_u32(at + 8),
                                  get_u32(at + 12), get_u32(at + 16), get_u32(at + 20)};
    const struct counts *c = ret_counts;
    if (c->isut > ZONE_FILE_MAX || c->isstd > ZONE_FILE_MAX || c->leap > ZONE_FILE_MAX ||
        c->time > ZONE_FILE_MAX || c->type > ZONE_FILE_MAX || c->chars > ZONE_FILE_MAX)
        return ERR_CORRUPT;
    *ret_len = c->time * (time_bytes + 1) + (size_t)c->type * TYPE_BYTES + c->chars +
               c->leap * (time_bytes + 4) + c->isstd + c->isut;
    *file = view_of(file->at + HEADER_BYTES, file->len - HEADER_BYTES);
    return file->len >= *ret_len ? 0 : ERR_CORRUPT;
}

/* "KST-9", "<+0530>-5:30": what lies west of Greenwich counts up (POSIX). */
static int read_footer(struct view rule, int32_t *ret_minutes)
{
    uint64_t hours, minutes = 0;
    size_t i = 0;
    if (memchr(rule.at, ',', rule.len))
        return ERR_UNSUPPORTED;
    const bool quoted = rule.len > 0 && rule.at[0] == '<';
    while (i < rule.len && (quoted ? rule.at[i] != '>' : isalpha((unsigned char)rule.at[i]) != 0))
        i++;
    i += quoted;
    const bool east = i < rule.len && rule.at[i] == '-';
    i += i < rule.len && (east || rule.at[i] == '+');
    if (i >= rule.len)
        return ERR_CORRUPT;
    const struct view time = view_of(rule.at + i, rule.len - i);
    const char *colon = memchr(time.at, ':', time.len);
    const size_t len = colon ? (size_t)(colon - time.at) : time.len;
    if (!view_to_u64(view_of(time.at, len), 24, &hours) ||
        (colon && !view_to_u64(view_of(colon + 1, time.len - len - 1), 59, &minutes)))
        return ERR_CORRUPT;
    *ret_minutes = (east ? 1 : -1) * (int32_t)(hours * 60 + minutes);
    return 0;
}

int zone_offset_in(struct view file, int64_t at_ms, int32_t *ret_minutes)
{
    struct counts counts;
    size_t len;
    int err = take_header(&file, 4, &counts, &len);
    if (err != 0)
        return err;
    file = view_of(file.at + len, file.len - len); /* the same again, with times of 64 bits */
    err = take_header(&file, 8, &counts, &len);
    if (err != 0 || counts.type == 0)
        return ERR_CORRUPT;
    const char *times = file.at, *kinds = times + 8 * (size_t)counts.time,
               *types = kinds + counts.time;
    const int64_t at_s = at_ms / 1000;
    uint32_t i = 0;
    while (i < counts.time && get_i64(times + 8 * (size_t)i) <= at_s)
        i++;
    const struct view rest = view_of(file.at + len, file.len - len);
    if (i == counts.time && rest.len > 2 && rest.at[0] == '\n') {
        const char *end = memchr(rest.at + 1, '\n', rest.len - 1);
        if (end)
            return read_footer(view_of(rest.at + 1, (size_t)(end - rest.at) - 1), ret_minutes);
    }
    const uint32_t kind = i == 0 ? 0 : (uint8_t)kinds[i - 1];
    if (kind >= counts.type)
        return ERR_CORRUPT;
    *ret_minutes = (int32_t)get_u32(types + (size_t)kind * TYPE_BYTES) / 60;
    return 0;
}

/* Letters, digits and "/_+-", no part of it empty: no way out of the folder. */
static bool is_name(struct view name)
{
    bool fits = name.len > 0 && name.len <= ZONE_NAME_MAX && name.at[0] != '/' &&
                name.at[name.len - 1] != '/';
    for (size_t i = 0; i < name.len && fits; i++)
        fits = isalnum((unsigned char)name.at[i]) || strchr("/_+-", name.at[i]);
    return fits;
}

int zone_offset(struct view name, int64_t at_ms, int32_t *ret_minutes)
{
    char path[sizeof(ZONE_FOLDER) + ZONE_NAME_MAX + 2];
    size_t len = 0;
    ssize_t got = 0;
    if (!is_name(name))
        return ERR_NOT_FOUND;
    snprintf(path, sizeof(path), "%s/%.*s", ZONE_FOLDER, VIEW_ARG(name));
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = fd >= 0 ? malloc(ZONE_FILE_MAX) : NULL;
    while (bytes && len < ZONE_FILE_MAX && (got = read(fd, bytes + len, ZONE_FILE_MAX - len)) > 0)
        len += (size_t)got;
    int err = fd < 0 || got < 0 ? ERR_NOT_FOUND /* a folder, too */
              : bytes           ? zone_offset_in(view_of(bytes, len), at_ms, ret_minutes)
                                : ERR_NO_MEMORY;
    free(bytes);
    if (fd >= 0)
        close(fd);
    return err == ERR_CORRUPT ? ERR_NOT_FOUND : err; /* zone.tab and the like */
}
