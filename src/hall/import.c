#include "hall/formats.h"

int hall_import(struct view plan, const struct hall_wish *wish, struct hall **ret_hall,
                struct hall_notes *ret_notes, struct hall_error *ret_error)
{
    static const struct view mark = VIEW_LIT("\xef\xbb\xbf");
    if (view_starts(plan, mark))
        plan = view_of(plan.at + mark.len, plan.len - mark.len);
    return pretix_import(plan, wish, ret_hall, ret_notes, ret_error);
}
