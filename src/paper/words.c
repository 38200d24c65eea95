#include "paper/words.h"

#include <inttypes.h>
#include <stdio.h>

#include "err/err.h"
#include "term/money.h"

#define DAY_MS    INT64_C(86400000)
#define MINUTE_MS 60000

enum paper_language paper_language_of(struct view tag)
{
    const bool korean = tag.len >= 2 && view_eq_nocase(view_of(tag.at, 2), VIEW_LIT("ko")) &&
                        (tag.len == 2 || tag.at[2] == '-' || tag.at[2] == '_');
    return korean ? PAPER_KOREAN : PAPER_ENGLISH;
}

/* ---- time ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct paper_clock paper_clock_at(int64_t ms, int32_t offset_minutes)
{
    const int64_t local_ms = ms + (int64_t)offset_minutes * MINUTE_MS;
    const int64_t days = floor_div(local_ms, DAY_MS);
    const int64_t second = floor_div(local_ms - days * DAY_MS, 1000);
    /* Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. */
    const int64_t z = days + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    const int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct paper_clock){
        .year = yoe + era * 400 + (month <= 2),
        .month = month,
        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
        .hour = (int)(second / 3600),
        .minute = (int)(second / 60 % 60),
        .second = (int)(second % 60),
        .weekday = (int)(((days + 4) % 7 + 7) % 7),
    };
}

const char *paper_weekday(int weekday)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    assert(weekday >= 0 && weekday < 7);
    return names[weekday];
}

const char *paper_month(int month)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    assert(month >= 1 && month <= 12);
    return names[month - 1];
}

static struct paper_clock start_of(const struct paper_order *order)
{
    return paper_clock_at(order->starts_at_ms,
                          order->utc_offset_known ? order->utc_offset_minutes : 0);
}

void paper_start_day(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX])
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    static const char *const weekdays[] = {"일", "월", "화", "수", "목", "금", "토"};
    const struct paper_clock c = start_of(order);
    if (order->language == PAPER_KOREAN)
        snprintf(ret_text, PAPER_TEXT_MAX, "%" PRId64 "년 %d월 %d일(%s)", c.year, c.month, c.day,
                 weekdays[c.weekday]);
    else
        snprintf(ret_text, PAPER_TEXT_MAX, "%s %d %s %" PRId64, paper_weekday(c.weekday), c.day,
                 months[c.month - 1], c.year);
}

void paper_start_time(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX])
{
    const struct paper_clock c = start_of(order);
    const char *zone = order->utc_offset_known ? "" : " UTC";
    const int hour = c.hour % 12 == 0 ? 12 : c.hour % 12;
    if (order->language == PAPER_KOREAN)
        snprintf(ret_text, PAPER_TEXT_MAX, "%s %d:%02d%s", c.hour < 12 ? "오전" : "오후", hour,
                 c.minute, zone);
    else
        snprintf(ret_text, PAPER_TEXT_MAX, "%02d:%02d%s", c.hour, c.minute, zone);
}

void paper_doors(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX])
{
    struct paper_order doors = *order;
    doors.starts_at_ms = order->doors_at_ms;
    const struct paper_clock opens = start_of(&doors), starts = start_of(order);
    if (opens.day == starts.day && opens.month == starts.month && opens.year == starts.year)
        paper_start_time(&doors, ret_text);
    else
        paper_start(&doors, ret_text);
}

void paper_start(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX])
{
    char day[PAPER_TEXT_MAX], time[PAPER_TEXT_MAX];
    paper_start_day(order, day);
    paper_start_time(order, time);
    snprintf(ret_text, PAPER_TEXT_MAX, "%.150s%s%.150s", day,
             order->language == PAPER_KOREAN ? " " : ", ", time);
}

/* ---- money and places ---- */

void paper_amount(enum paper_language language, int64_t amount, struct view currency,
                  char ret_text[PAPER_TEXT_MAX])
{
    char code[8], text[MONEY_TEXT_MAX];
    snprintf(code, sizeof(code), "%.*s", VIEW_ARG(currency));
    if (language == PAPER_KOREAN && view_eq(currency, VIEW_LIT("KRW"))) {
        money_group(amount, text);
        snprintf(ret_text, PAPER_TEXT_MAX, "%s원", text);
        return;
    }
    money_format(amount, code, text);
    snprintf(ret_text, PAPER_TEXT_MAX, "%s", text);
}

struct view paper_seat_kind(enum paper_language language, enum paper_seat kind)
{
    static const struct view words[][2] = {
        [PAPER_ORDINARY] = {{0}, {0}},
        [PAPER_WHEELCHAIR] = {VIEW_LIT("Wheelchair place"), VIEW_LIT("휠체어석")},
        [PAPER_COMPANION] = {VIEW_LIT("Companion seat"), VIEW_LIT("동반자석")},
        [PAPER_RESTRICTED_VIEW] = {VIEW_LIT("Restricted view"), VIEW_LIT("시야제한석")},
    };
    if ((size_t)kind >= sizeof(words) / sizeof(words[0]))
        return (struct view){0};
    return words[kind][language == PAPER_KOREAN];
}

/* "row A" in the plan's words or ours. */
static void row_words(enum paper_language language, const struct paper_ticket *ticket,
                      char ret_text[PAPER_TEXT_MAX])
{
    if (ticket->row_label.len > 0)
        snprintf(ret_text, PAPER_TEXT_MAX, "%.*s", VIEW_ARG(ticket->row_label));
    else
        snprintf(ret_text, PAPER_TEXT_MAX, language == PAPER_KOREAN ? "%.*s열" : "row %.*s",
                 VIEW_ARG(ticket->row));
}

static void seat_words(enum paper_language language, const struct paper_ticket *ticket,
                       char ret_text[PAPER_TEXT_MAX])
{
    if (ticket->seat_label.len > 0)
        snprintf(ret_text, PAPER_TEXT_MAX, "%.*s", VIEW_ARG(ticket->seat_label));
    else
        snprintf(ret_text, PAPER_TEXT_MAX, language == PAPER_KOREAN ? "%.*s번" : "seat %.*s",
                 VIEW_ARG(ticket->number));
}

void paper_place(enum paper_language language, const struct paper_ticket *ticket,
                 char ret_text[PAPER_TEXT_MAX])
{
    const struct view kind = paper_seat_kind(language, ticket->kind);
    const bool own = ticket->row_label.len + ticket->seat_label.len > 0;
    char row[PAPER_TEXT_MAX], seat[PAPER_TEXT_MAX];
    row_words(language, ticket, row);
    seat_words(language, ticket, seat);
    size_t at = (size_t)snprintf(ret_text, PAPER_TEXT_MAX, "%.*s", VIEW_ARG(ticket->section));
    if (ticket->row.len + ticket->number.len > 0 && at < PAPER_TEXT_MAX)
        at += (size_t)snprintf(ret_text + at, PAPER_TEXT_MAX - at, ", %s%s%s", row,
                               language == PAPER_KOREAN && !own ? " " : ", ", seat);
    if (kind.len > 0 && at < PAPER_TEXT_MAX)
        snprintf(ret_text + at, PAPER_TEXT_MAX - at, " (%.*s)", VIEW_ARG(kind));
}
