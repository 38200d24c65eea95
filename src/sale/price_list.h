/*
 * price_list: what the places of a performance cost.
 *
 * A performance is created with list 0, which its genesis hash covers. Later lists are entries of
 * its ledger (CHANGE_PRICES), numbered 1, 2, 3, …; each is valid from its entry on. A hold is
 * priced once, by the list that is valid when it is decided, and what was promised then is what is
 * paid.
 *
 * Pure: no I/O. Amounts are in the smallest unit of the performance's currency.
 */
#ifndef USHER_SALE_PRICE_LIST_H
#define USHER_SALE_PRICE_LIST_H

#include "hall/hall.h"
#include "mem/arena.h"
#include "sale/change.h"

#define PRICE_MAX       INT64_C(1000000000000)
#define PRICE_LISTS_MAX 200  /* that a performance may have in its life, beside list 0 */
#define PRICE_PLANS_MAX 20   /* that may wait for their time at once */
#define PRICE_STAYS     (-1) /* of a plan: the category costs what it did before */

struct price_list {
    uint32_t number;
    uint32_t category_count;
    int64_t amounts[HALL_CATEGORIES_MAX]; /* one a category */
};

/* List 0 as a performance's row has it: 8 bytes a category, little-endian. ERR_CORRUPT: another
 * length than whole amounts, or more of them than a hall may have categories. */
int price_list_first(struct view stored, struct price_list *ret_list);

/* A list as a ledger entry has it; memory is the arena's. ERR_CORRUPT: it does not decode, has not
 * category_count amounts, or one that is not 0 … PRICE_MAX. ERR_NO_MEMORY. */
int price_list_read(struct view packed, uint32_t number, uint32_t category_count,
                    struct arena *arena, struct price_list *ret_list);

/* The same of a plan, whose amounts may be PRICE_STAYS, but not all. */
int price_list_read_plan(struct view packed, uint32_t category_count, struct arena *arena,
                         struct price_list *ret_list);
/* Puts a plan's amounts over a list's. */
void price_list_merge(struct price_list *list, const struct price_list *plan);

/* Packs a list as a ledger entry has it, into the arena. ERR_NO_MEMORY. */
int price_list_write(const struct price_list *list, struct arena *arena, struct view *ret_packed);

/* What a place of that category costs; 0 of one that the list does not have. */
static inline int64_t price_list_amount(const struct price_list *list, uint32_t category)
{
    return category < list->category_count ? list->amounts[category] : 0;
}

/* Whether two lists say the same, whatever their numbers. */
bool price_list_same(const struct price_list *a, const struct price_list *b);

#endif
