#include "seats/accounts.h"

#include <stdlib.h>

#include "err/err.h"

int accounts_init(struct accounts *a, uint32_t accounts_max)
{
    *a = (struct accounts){.max = accounts_max};
    a->list = calloc((size_t)accounts_max + 1, sizeof(*a->list));
    if (!a->list)
        return ERR_NO_MEMORY;
    return table_init(&a->slots, accounts_max, 0);
}

void accounts_release(struct accounts *a)
{
    table_release(&a->slots);
    free(a->list);
    *a = (struct accounts){0};
}

uint32_t accounts_find(const struct accounts *a, struct id id)
{
    uint32_t slot = 0;
    table_get(&a->slots, id, &slot);
    return slot;
}

static int add_account(struct accounts *a, struct id id, uint32_t *ret_slot)
{
    uint32_t slot = a->free;
    if (slot)
        a->free = a->list[slot].next_free;
    else if (a->used < a->max)
        slot = ++a->used;
    else
        return ERR_FULL;
    int code = table_put(&a->slots, id, slot);
    assert(code == 0); /* the table has as many places as the list */
    a->list[slot] = (struct account){.id = id};
    *ret_slot = slot;
    return 0;
}

int accounts_take(struct accounts *a, struct id id, uint32_t places, uint32_t places_max,
                  uint32_t *ret_slot)
{
    uint32_t slot = accounts_find(a, id);
    uint32_t had = slot ? a->list[slot].places : 0;
    if (had > places_max || places > places_max - had)
        return ERR_FULL;
    if (!slot && add_account(a, id, &slot) != 0)
        return ERR_FULL;
    a->list[slot].places += places;
    *ret_slot = slot;
    return 0;
}

void accounts_give_back(struct accounts *a, uint32_t slot, uint32_t places)
{
    struct account *account = &a->list[slot];
    assert(slot != 0 && places <= account->places);
    account->places -= places;
    if (account->places > 0)
        return;
    bool removed = table_remove(&a->slots, account->id);
    assert(removed);
    *account = (struct account){.next_free = a->free};
    a->free = slot;
}
