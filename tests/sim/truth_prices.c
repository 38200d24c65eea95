/* What a hold costs by its list, and how many places its code has in use: by the ledger alone. */
#include "sim/truth.h"

int64_t truth_amount(const struct truth *truth, const struct truth_hold *known, uint32_t seat)
{
    if (known->comp)
        return 0;
    const struct price_list *list = &truth->lists[known->hold.price_list];
    const uint32_t category = truth->hall->seats[seat].category;
    uint32_t type = 0;
    for (uint32_t i = 0; i < known->hold.count; i++) {
        if (known->hold.seats[i] == seat)
            type = known->hold.types[i];
    }
    int64_t amount = type == 0 ? list->amounts[category] : PRICE_NONE;
    for (uint32_t i = 1; i < list->type_count; i++) {
        if (list->types[i].number == type)
            amount = list->types[i].amounts[category];
    }
    for (uint32_t i = 0; amount > 0 && i < list->code_count; i++) {
        if (list->codes[i].number == known->hold.code) {
            amount -= amount * list->codes[i].off_permille / 1000;
            amount -= amount < list->codes[i].off_amount ? amount : list->codes[i].off_amount;
        }
    }
    return amount;
}

void truth_uses(const struct truth *truth, const struct truth_hold *known, uint32_t *ret_all,
                uint32_t *ret_whose)
{
    *ret_all = *ret_whose = 0;
    for (uint32_t i = 0; i < truth->hold_count; i++) {
        const struct truth_hold *one = &truth->holds[i];
        if (one == known || one->hold.code != known->hold.code ||
            one->hold.code_index != known->hold.code_index)
            continue;
        uint32_t places = one->fate == TRUTH_HELD ? one->hold.count : 0;
        places += one->fate == TRUTH_SOLD ? one->order.count : 0;
        *ret_all += places;
        *ret_whose += id_eq(seats_counted(&one->hold), seats_counted(&known->hold)) ? places : 0;
    }
}
