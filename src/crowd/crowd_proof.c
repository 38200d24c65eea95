/* What is proved by what came of a crowd. */
#include "crowd/crowd.h"

const char *crowd_outcome_name(enum crowd_outcome outcome)
{
    static const char *const names[CROWD_OUTCOMES] = {"unsent", "unanswered", "error", "ordered",
                                                      "held",   "released",   "taken", "refused"};
    return names[outcome];
}

bool crowd_answered(enum crowd_outcome outcome)
{
    return outcome != CROWD_UNSENT && outcome != CROWD_UNANSWERED && outcome != CROWD_ERROR;
}

bool crowd_all_answered(const struct crowd *crowd)
{
    return crowd->outcomes[CROWD_UNSENT] == 0 && crowd->outcomes[CROWD_UNANSWERED] == 0 &&
           crowd->outcomes[CROWD_ERROR] == 0;
}

bool crowd_apart(const struct crowd *crowd)
{
    return crowd->conflict_count == 0 &&
           (crowd->held_count > 0 || crowd->outcomes[CROWD_TAKEN] > 0);
}

bool crowd_all_there(const struct crowd *crowd)
{
    const uint32_t orders = crowd->outcomes[CROWD_ORDERED];
    return crowd->orders_there == orders && (orders > 0 || crowd->order_wishes == 0);
}

bool crowd_line_kept(const struct crowd *crowd)
{
    const struct crowd_line *line = &crowd->line;
    return line->entered > 0 && line->twice == 0 && line->unordered == 0 && line->excess == 0 &&
           line->cheats_won == 0 && line->renumbered == 0;
}

bool crowd_proved(const struct crowd *crowd)
{
    return crowd_all_answered(crowd) && crowd_apart(crowd) && crowd_all_there(crowd) &&
           (!crowd->options.line || crowd_line_kept(crowd)) && !crowd->error[0];
}
