#include "sale/refund_rule.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err/err.h"

#define PERMILLE_ALL 1000

/* ---- reading ---- */

/* The next part of *rest up to any of the stops, without spaces around it; empty at the end. */
static struct view next_part(struct view *rest, char stop)
{
    const char *end = rest->len > 0 ? memchr(rest->at, stop, rest->len) : NULL;
    struct view part = end ? view_of(rest->at, (size_t)(end - rest->at)) : *rest;
    const size_t taken = part.len + (end ? 1 : 0);
    *rest = rest->len > 0 ? view_of(rest->at + taken, rest->len - taken) : *rest;
    while (part.len > 0 && part.at[0] == ' ')
        part = view_of(part.at + 1, part.len - 1);
    while (part.len > 0 && part.at[part.len - 1] == ' ')
        part.len--;
    return part;
}

/* The next word of an item. */
static struct view next_word(struct view *rest)
{
    while (rest->len > 0 && rest->at[0] == ' ')
        *rest = view_of(rest->at + 1, rest->len - 1);
    return next_part(rest, ' ');
}

/* "24h": a number with that mark at its end. */
static bool read_marked(struct view word, char mark, uint64_t max, uint64_t *ret_number)
{
    return word.len >= 2 && word.len <= 10 && word.at[word.len - 1] == mark &&
           view_to_u64(view_of(word.at, word.len - 1), max, ret_number);
}

/* "12.5%": whole thousandths. */
static bool read_percent(struct view word, uint32_t *ret_permille)
{
    const char *point = word.len > 0 ? memchr(word.at, '.', word.len) : NULL;
    uint64_t whole, tenth = 0;
    if (point) {
        const size_t len = (size_t)(point - word.at);
        if (!read_marked(view_of(point + 1, word.len - len - 1), '%', 9, &tenth) ||
            word.len - len != 3 || !view_to_u64(view_of(word.at, len), 100, &whole))
            return false;
    } else if (!read_marked(word, '%', 100, &whole)) {
        return false;
    }
    *ret_permille = (uint32_t)(10 * whole + tenth);
    return *ret_permille <= PERMILLE_ALL;
}

/* "17:00" */
static bool read_clock(struct view word, uint32_t *ret_minute)
{
    uint64_t hour, minute;
    if (word.len != 5 || word.at[2] != ':' || !view_to_u64(view_of(word.at, 2), 23, &hour) ||
        !view_to_u64(view_of(word.at + 3, 2), 59, &minute))
        return false;
    *ret_minute = (uint32_t)(60 * hour + minute);
    return true;
}

static const char *read_step(struct view first, struct view rest, struct refund_ladder *ladder)
{
    struct refund_step step = {0};
    uint64_t days, flat;
    if (!read_marked(first, 'd', REFUND_DAYS_MAX, &days) ||
        !read_percent(next_word(&rest), &step.kept_permille))
        return "a step is days before the start, and how much is kept: 7d 10%";
    const struct view more = next_word(&rest);
    if (more.len > 0) {
        if (!view_eq(more, VIEW_LIT("max")) ||
            !view_to_u64(next_word(&rest), REFUND_FLAT_MAX, &flat) || flat == 0)
            return "a step may end with the most that is kept of a ticket: 10d 10% max 4000";
        step.kept_flat = (int64_t)flat;
    }
    if (next_word(&rest).len > 0)
        return "one step ends at a comma";
    if (ladder->step_count == REFUND_STEPS_MAX)
        return "a rule has eight steps at most";
    step.days_before = (uint32_t)days;
    if (ladder->step_count > 0) {
        const struct refund_step *before = &ladder->steps[ladder->step_count - 1];
        if (step.days_before >= before->days_before)
            return "steps come with fewer and fewer days before the start";
        if (step.kept_permille < before->kept_permille)
            return "a later step never keeps less";
    }
    ladder->steps[ladder->step_count++] = step;
    return NULL;
}

static const char *read_item(struct view item, struct refund_ladder *ladder)
{
    uint64_t hours, days;
    struct view rest = item;
    const struct view first = next_word(&rest);
    if (view_eq(first, VIEW_LIT("free"))) {
        if (ladder->free_hours > 0 ||
            !read_marked(next_word(&rest), 'h', REFUND_HOURS_MAX, &hours) || hours == 0 ||
            !read_marked(next_word(&rest), 'd', REFUND_DAYS_MAX, &days) || next_word(&rest).len > 0)
            return "once: free, hours after the order, days before the start: free 24h 3d";
        ladder->free_hours = (uint32_t)hours;
        ladder->free_days_before = (uint32_t)days;
        return NULL;
    }
    if (view_eq(first, VIEW_LIT("fee"))) {
        if (!view_eq(next_word(&rest), VIEW_LIT("order-day")) || next_word(&rest).len > 0)
            return "the booking fee: fee order-day";
        ladder->fee_on_order_day = true;
        return NULL;
    }
    if (view_eq(first, VIEW_LIT("cut-off"))) {
        if (!read_clock(next_word(&rest), &ladder->cut_off_minute) || next_word(&rest).len > 0)
            return "a time of the day before the start: cut-off 17:00";
        ladder->cut_off = true;
        return NULL;
    }
    return read_step(first, rest, ladder);
}

int refund_rule_read(struct view text, struct refund_ladder *ret_ladder, const char **ret_why)
{
    struct refund_ladder ladder = {.name = "written"};
    struct view rest = text;
    for (uint32_t i = 0; refund_ladder_at(i); i++) {
        if (view_eq(text, view_str(refund_ladder_at(i)->name))) {
            *ret_ladder = *refund_ladder_at(i);
            return 0;
        }
    }
    *ret_why = text.len > REFUND_RULE_MAX ? "a rule is a line of 255 bytes at most" : NULL;
    while (!*ret_why && rest.len > 0)
        *ret_why = read_item(next_part(&rest, ','), &ladder);
    if (!*ret_why &&
        (ladder.step_count == 0 || ladder.steps[ladder.step_count - 1].days_before != 0))
        *ret_why =
            "a rule is kr-standard, kr-sellers, all, none, or steps of which the last is of the "
            "day itself: 7d 0%, 1d 20%, 0d 90%";
    if (*ret_why)
        return ERR_INVALID;
    *ret_ladder = ladder;
    return 0;
}

/* ---- writing ---- */

static void put(char *text, size_t *len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void put(char *text, size_t *len, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text + *len, REFUND_RULE_MAX + 1 - *len, format, args);
    va_end(args);
    assert(n >= 0 && (size_t)n <= REFUND_RULE_MAX - *len);
    *len += (size_t)n;
}

void refund_rule_write(const struct refund_ladder *ladder, char ret_text[REFUND_RULE_MAX + 1])
{
    size_t len = 0;
    ret_text[0] = '\0';
    for (uint32_t i = 0; i < ladder->step_count; i++) {
        const struct refund_step *step = &ladder->steps[i];
        put(ret_text, &len, "%s%" PRIu32 "d %" PRIu32, i > 0 ? ", " : "", step->days_before,
            step->kept_permille / 10);
        if (step->kept_permille % 10 > 0)
            put(ret_text, &len, ".%" PRIu32, step->kept_permille % 10);
        put(ret_text, &len, "%%");
        if (step->kept_flat > 0)
            put(ret_text, &len, " max %" PRId64, step->kept_flat);
    }
    if (ladder->free_hours > 0)
        put(ret_text, &len, ", free %" PRIu32 "h %" PRIu32 "d", ladder->free_hours,
            ladder->free_days_before);
    if (ladder->fee_on_order_day)
        put(ret_text, &len, ", fee order-day");
    if (ladder->cut_off)
        put(ret_text, &len, ", cut-off %02" PRIu32 ":%02" PRIu32, ladder->cut_off_minute / 60,
            ladder->cut_off_minute % 60);
}
