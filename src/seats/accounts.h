/*
 * accounts: how many places each account has, held and sold together.
 *
 * Only accounts with places are in it. An account keeps its slot (1 … accounts_max) while it has
 * places, so a seat or a hold can name it by slot. Nothing is allocated after accounts_init.
 */
#ifndef USHER_SEATS_ACCOUNTS_H
#define USHER_SEATS_ACCOUNTS_H

#include "mem/id.h"
#include "mem/table.h"

struct account {
    struct id id;
    uint32_t places;    /* 0: the slot is free */
    uint32_t next_free; /* slot, or 0 */
};

struct accounts {
    struct table slots;   /* id → slot */
    struct account *list; /* accounts_max + 1 */
    uint32_t max;
    uint32_t used; /* slots 1 … used have been used at some time */
    uint32_t free; /* a slot given back, or 0 */
};

/* accounts_max > 0. ERR_NO_MEMORY; release it all the same. */
int accounts_init(struct accounts *a, uint32_t accounts_max);
void accounts_release(struct accounts *a);

/* The account's slot, or 0 if it has no places. */
uint32_t accounts_find(const struct accounts *a, struct id id);
/* Adds places > 0 to the account's, at most places_max together. ERR_FULL: it would have more, or
 * there would be more accounts than accounts_max. */
int accounts_take(struct accounts *a, struct id id, uint32_t places, uint32_t places_max,
                  uint32_t *ret_slot);
/* The slot has at least that many. */
void accounts_give_back(struct accounts *a, uint32_t slot, uint32_t places);

#endif
