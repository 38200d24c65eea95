#include "sale/refund.h"

#include <stddef.h>
#include <string.h>

#include "err/err.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

static const struct refund_ladder presets[] = {
    /* Fair Trade Commission, Consumer Dispute Resolution Standard, performances. */
    {
        .name = "kr-standard",
        .steps = {{10, 0, 0}, {7, 100, 0}, {3, 200, 0}, {1, 300, 0}, {0, 900, 0}},
        .step_count = 5,
        .free_hours = 24,
        .free_days_before = 3,
    },
    /* What the large Korean sellers do: nothing within seven days of the order, then 4,000 won a
     * ticket (at most a tenth), then the standard's steps; nothing from 17:00 of the day before. */
    {
        .name = "kr-sellers",
        .steps = {{10, 100, 4000}, {7, 100, 0}, {3, 200, 0}, {1, 300, 0}, {0, 1000, 0}},
        .step_count = 5,
        .free_hours = 7 * 24,
        .free_days_before = 10,
        .fee_on_order_day = true,
        .cut_off = true,
        .cut_off_minute = 17 * 60,
    },
    /* Until the start everything is returned. */
    {.name = "all", .steps = {{0, 0, 0}}, .step_count = 1},
    /* Nothing is, unless the organiser cancels. */
    {.name = "none", .steps = {{0, 1000, 0}}, .step_count = 1},
};

const struct refund_ladder *refund_ladder_at(uint32_t i)
{
    return i < sizeof(presets) / sizeof(presets[0]) ? &presets[i] : NULL;
}

const struct refund_ladder *refund_ladder_find(const char *name)
{
    const struct refund_ladder *ladder;
    for (uint32_t i = 0; (ladder = refund_ladder_at(i)); i++) {
        if (strcmp(ladder->name, name) == 0)
            return ladder;
    }
    return NULL;
}

/* Days since 1970-01-01 of the hall's calendar, and back. */
static int64_t day_of(const struct refund_ask *ask, int64_t at_ms)
{
    const int64_t local_ms = at_ms + ask->utc_offset_minutes * MINUTE_MS;
    return local_ms / DAY_MS - (local_ms % DAY_MS < 0);
}

static int64_t ms_of_day(const struct refund_ask *ask, int64_t day)
{
    return day * DAY_MS - ask->utc_offset_minutes * MINUTE_MS;
}

static int64_t share(int64_t price, uint32_t permille)
{
    return price / 1000 * permille + price % 1000 * permille / 1000;
}

static int64_t kept_by(const struct refund_step *step, const struct refund_ask *ask)
{
    const int64_t part = share(ask->price, step->kept_permille);
    const int64_t flat = step->kept_flat * ask->unit;
    const int64_t kept = flat > 0 && flat < part ? flat : part;
    return ask->step > 1 ? kept - kept % ask->step : kept; /* in the buyer's favour */
}

static int64_t cut_off_at(const struct refund_ladder *ladder, const struct refund_ask *ask)
{
    return ladder->cut_off ? ms_of_day(ask, day_of(ask, ask->starts_at_ms) - 1) +
                                 ladder->cut_off_minute * MINUTE_MS
                           : ask->starts_at_ms;
}

static bool fee_goes_back(const struct refund_ladder *ladder, const struct refund_ask *ask,
                          int64_t now_ms, int64_t kept)
{
    if (ask->fee_back == FEE_BACK_ALWAYS || ask->fee_back == FEE_BACK_NEVER)
        return ask->fee_back == FEE_BACK_ALWAYS;
    const bool order_day = day_of(ask, now_ms) == day_of(ask, ask->ordered_at_ms);
    return ladder->fee_on_order_day ? order_day : kept == 0;
}

/* What is kept at that time; price and fee where nothing is taken back any more. */
static int64_t kept_at(const struct refund_ladder *ladder, const struct refund_ask *ask,
                       int64_t now_ms, bool *ret_possible, int64_t *ret_fee_kept)
{
    *ret_fee_kept = ask->fee;
    const int64_t before = day_of(ask, ask->starts_at_ms) - day_of(ask, now_ms);
    *ret_possible = now_ms < ask->starts_at_ms && now_ms < cut_off_at(ladder, ask);
    if (!*ret_possible)
        return ask->price + ask->fee;
    const bool is_free = now_ms < ask->ordered_at_ms + ladder->free_hours * HOUR_MS &&
                         before >= ladder->free_days_before;
    uint32_t i = 0;
    while (i + 1 < ladder->step_count && before < ladder->steps[i].days_before)
        i++;
    const int64_t kept = is_free ? 0 : kept_by(&ladder->steps[i], ask);
    *ret_fee_kept = fee_goes_back(ladder, ask, now_ms, kept) ? 0 : ask->fee;
    return kept + *ret_fee_kept;
}

/* The first time after now at which more is kept: only at the ladder's own times can it change. */
static int64_t less_from(const struct refund_ladder *ladder, const struct refund_ask *ask,
                         int64_t kept)
{
    const int64_t start_day = day_of(ask, ask->starts_at_ms);
    int64_t times[REFUND_STEPS_MAX + 5], first = 0, fee_kept;
    uint32_t count = 0;
    bool possible;
    for (uint32_t i = 0; i + 1 < ladder->step_count; i++)
        times[count++] = ms_of_day(ask, start_day - ladder->steps[i].days_before + 1);
    times[count++] = ask->ordered_at_ms + ladder->free_hours * HOUR_MS;
    times[count++] = ms_of_day(ask, start_day - ladder->free_days_before + 1);
    times[count++] = ms_of_day(ask, day_of(ask, ask->ordered_at_ms) + 1);
    times[count++] = cut_off_at(ladder, ask);
    times[count++] = ask->starts_at_ms;
    for (uint32_t i = 0; i < count; i++) {
        if (times[i] > ask->now_ms && (first == 0 || times[i] < first) &&
            kept_at(ladder, ask, times[i], &possible, &fee_kept) > kept)
            first = times[i];
    }
    return first;
}

void refund_quote(const struct refund_ladder *ladder, const struct refund_ask *ask,
                  struct refund_quote *ret_quote)
{
    const int64_t paid = ask->price + ask->fee;
    assert(ladder->step_count > 0 && ladder->steps[ladder->step_count - 1].days_before == 0);
    if (ask->organisers_fault) {
        *ret_quote =
            (struct refund_quote){.possible = true, .refunded = paid, .fee_refunded = ask->fee};
        return;
    }
    bool possible;
    int64_t fee_kept;
    const int64_t kept = kept_at(ladder, ask, ask->now_ms, &possible, &fee_kept);
    *ret_quote = (struct refund_quote){
        .possible = possible,
        .refunded = paid - kept,
        .fee_refunded = ask->fee - fee_kept,
        .kept = kept,
        .less_from_ms = kept < paid ? less_from(ladder, ask, kept) : 0,
    };
}

void refund_quote_tickets(const struct refund_ladder *ladder, const struct refund_ask *at,
                          const struct fee_rule *rule, const int64_t *prices, size_t count,
                          bool last, struct refund_quote *ret_quote)
{
    struct refund_quote sum = {.possible = count > 0};
    for (size_t i = 0; i < count; i++) {
        struct refund_ask ask = *at;
        struct refund_quote one;
        ask.price = prices[i];
        ask.fee = fee_of_ticket(rule, prices[i]) + (last && i == 0 ? rule->order : 0);
        ask.fee_back = rule->back;
        refund_quote(ladder, &ask, &one);
        sum.possible = sum.possible && one.possible;
        sum.refunded += one.refunded;
        sum.fee_refunded += one.fee_refunded;
        sum.kept += one.kept;
        if (one.less_from_ms > 0 && (sum.less_from_ms == 0 || one.less_from_ms < sum.less_from_ms))
            sum.less_from_ms = one.less_from_ms;
    }
    *ret_quote = sum;
}
