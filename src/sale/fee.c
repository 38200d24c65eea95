#include "sale/fee.h"

#include "err/err.h"

int64_t fee_of_ticket(const struct fee_rule *rule, int64_t price)
{
    assert(price >= 0 && rule->permille <= FEE_PERMILLE_MAX);
    const int64_t part = price / 1000 * rule->permille + price % 1000 * rule->permille / 1000;
    return rule->ticket + (rule->step > 1 ? part - part % rule->step : part);
}

int64_t fee_of_order(const struct fee_rule *rule, const int64_t *prices, size_t count)
{
    int64_t sum = count > 0 ? rule->order : 0;
    for (size_t i = 0; i < count; i++)
        sum += fee_of_ticket(rule, prices[i]);
    return sum;
}

int64_t fee_vat_within(int64_t amount, uint32_t permille)
{
    const int64_t whole = 1000 + permille;
    assert(amount >= 0 && permille <= VAT_PERMILLE_MAX);
    /* amount × permille / whole, without overflow; the rest is below whole². */
    const int64_t rest = amount % whole * permille;
    return amount / whole * permille + rest / whole + (2 * (rest % whole) > whole);
}
