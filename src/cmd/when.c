#include "cmd/when.h"

#include <stdio.h>
#include <time.h>

#include "clock/zone.h"
#include "err/err.h"

#define MS_PER_S 1000
#define STEP_MAX 4000000000u /* units after "+" */

/* Takes count digits and, if it is not 0, the mark behind them from the front. */
static bool take(struct view *text, size_t count, char mark, int max, int *ret)
{
    uint64_t value;
    size_t len = count + (mark ? 1 : 0);
    if (text->len < len || !view_to_u64(view_of(text->at, count), (uint64_t)max, &value) ||
        (mark && text->at[count] != mark))
        return false;
    *text = view_of(text->at + len, text->len - len);
    *ret = (int)value;
    return true;
}

static int parse_step(struct view text, int64_t now_ms, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    uint64_t count;
    if (text.len < 2 || !view_to_u64(view_of(text.at, text.len - 1), STEP_MAX, &count))
        return ERR_INVALID;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (text.at[text.len - 1] == units[i].unit) {
            *ret_ms = now_ms + (int64_t)count * units[i].ms;
            return 0;
        }
    }
    return ERR_INVALID;
}

/* How far this machine's clock is from UTC then; 0 where nobody knows. */
static int32_t offset_here(int64_t ms)
{
    struct tm tm;
    time_t at_s = ms / MS_PER_S;
    return localtime_r(&at_s, &tm) ? (int32_t)(tm.tm_gmtoff / 60) : 0;
}

/* "", "Z" or "+09:00": seconds east of Greenwich. */
static int parse_zone(struct view text, bool *ret_local, int64_t *ret_east_s)
{
    int hours, minutes;
    *ret_local = text.len == 0;
    *ret_east_s = 0;
    if (text.len == 0 || view_eq(text, VIEW_LIT("Z")))
        return 0;
    int sign = text.at[0] == '+' ? 1 : text.at[0] == '-' ? -1 : 0;
    struct view rest = view_of(text.at + 1, text.len - 1);
    if (sign == 0 || !take(&rest, 2, ':', 23, &hours) || !take(&rest, 2, 0, 59, &minutes) ||
        rest.len != 0)
        return ERR_INVALID;
    *ret_east_s = sign * (hours * 3600 + minutes * 60);
    return 0;
}

static int parse_date(struct view text, int64_t *ret_ms, int32_t *ret_offset_minutes)
{
    struct tm tm = {.tm_isdst = -1};
    bool local;
    int64_t east_s;
    int year, month;
    if (!take(&text, 4, '-', 9999, &year) || !take(&text, 2, '-', 12, &month) ||
        !take(&text, 2, 0, 31, &tm.tm_mday) || text.len == 0 ||
        (text.at[0] != 'T' && text.at[0] != ' '))
        return ERR_INVALID;
    text = view_of(text.at + 1, text.len - 1);
    if (!take(&text, 2, ':', 23, &tm.tm_hour) || !take(&text, 2, 0, 59, &tm.tm_min))
        return ERR_INVALID;
    if (text.len > 0 && text.at[0] == ':') {
        text = view_of(text.at + 1, text.len - 1);
        if (!take(&text, 2, 0, 59, &tm.tm_sec))
            return ERR_INVALID;
    }
    if (parse_zone(text, &local, &east_s))
        return ERR_INVALID;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    /* timegm and mktime turn the 31st of April into the 1st of May: then it was no date. */
    struct tm asked = tm;
    int64_t at_s = local ? mktime(&tm) : timegm(&tm);
    if (asked.tm_mday != tm.tm_mday || asked.tm_mon != tm.tm_mon || at_s <= 0)
        return ERR_INVALID;
    *ret_ms = (at_s - east_s) * MS_PER_S;
    *ret_offset_minutes = local ? offset_here(*ret_ms) : (int32_t)(east_s / 60);
    return 0;
}

int when_parse(struct view text, int64_t now_ms, int64_t *ret_ms, int32_t *ret_offset_minutes)
{
    if (text.len == 0 || text.at[0] != '+')
        return parse_date(text, ret_ms, ret_offset_minutes);
    int err = parse_step(view_of(text.at + 1, text.len - 1), now_ms, ret_ms);
    if (err == 0)
        *ret_offset_minutes = offset_here(*ret_ms);
    return err;
}

int when_parse_in(const char *zone, const char *text, int64_t now_ms, int64_t *ret_ms,
                  int32_t *ret_offset_minutes)
{
    char as_utc[WHEN_TEXT_MAX + 2];
    int64_t ms;
    int32_t offset, again;
    if (!zone)
        return when_parse(view_str(text), now_ms, ret_ms, ret_offset_minutes);
    const bool says =
        text[0] == '+' || strpbrk(text, "Z+") || (strlen(text) > 11 && strchr(text + 11, '-'));
    snprintf(as_utc, sizeof(as_utc), "%s%s", text, says ? "" : "Z");
    int err = when_parse(view_str(as_utc), now_ms, &ms, &offset);
    if (err == 0)
        err = zone_offset(view_str(zone), ms, &offset);
    if (err == 0 && !says) { /* where the clock is changed in between, the second look is right */
        err = zone_offset(view_str(zone), ms - (int64_t)offset * 60000, &again);
        offset = again;
        ms -= (int64_t)again * 60000;
    }
    if (err == 0) {
        *ret_ms = ms;
        *ret_offset_minutes = offset;
    }
    return err;
}

void when_format(int64_t ms, char ret_text[WHEN_TEXT_MAX])
{
    struct tm tm;
    time_t at_s = ms / MS_PER_S;
    if (!localtime_r(&at_s, &tm) ||
        strftime(ret_text, WHEN_TEXT_MAX, "%Y-%m-%d %H:%M %Z", &tm) == 0)
        snprintf(ret_text, WHEN_TEXT_MAX, "%lld ms", (long long)ms);
}

void when_format_there(int64_t ms, int32_t offset_minutes, char ret_text[WHEN_TEXT_MAX])
{
    struct tm tm;
    char text[WHEN_TEXT_MAX];
    const int away = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    time_t at_s = ms / MS_PER_S + (int64_t)offset_minutes * 60;
    if (offset_minutes == offset_here(ms) || !gmtime_r(&at_s, &tm) ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm) == 0)
        when_format(ms, ret_text);
    else
        snprintf(ret_text, WHEN_TEXT_MAX, "%.20s %c%02d:%02d", text, offset_minutes < 0 ? '-' : '+',
                 away / 60 % 24, away % 60);
}
