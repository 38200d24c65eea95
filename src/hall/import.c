#include "hall/formats.h"

int hall_import(struct view plan, const struct hall_wish *wish, struct hall **ret_hall,
                struct hall_notes *ret_notes, struct hall_error *ret_error)
{
    static const struct view mark = VIEW_LIT("\xef\xbb\xbf");
    if (view_starts(plan, mark))
        plan = view_of(plan.at + mark.len, plan.len - mark.len);
    size_t blanks = 0;
    while (blanks < plan.len && memchr(" \t\r\n", plan.at[blanks], 4))
        blanks++;
    const char first = blanks < plan.len ? plan.at[blanks] : '{';
    /* Damaged JSON is told as such: a table begins with a name. */
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    return first == '<'             ? svg_import(plan, wish, ret_hall, ret_notes, ret_error)
           : letter || first == '"' ? csv_import(plan, wish, ret_hall, ret_notes, ret_error)
                                    : pretix_import(plan, wish, ret_hall, ret_notes, ret_error);
}
