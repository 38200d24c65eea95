/*
 * price_list: what the places of a performance cost.
 *
 * A performance is created with list 0, which its genesis hash covers. Later lists are entries of
 * its ledger (CHANGE_PRICES), numbered 1, 2, 3, …; each is valid from its entry on. A hold is
 * priced once, by the list that is valid when it is decided, and what was promised then is what is
 * paid.
 *
 * A list may have price types: a place's category times its type (adult, child, who comes with the
 * user of a wheelchair) is what it costs. Type 0 is whoever says nothing, and costs the list's
 * amounts; so a list without types is one in which everybody is of type 0.
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
#define PRICE_NONE      (-1) /* of a type: it is not to be had in the category */
#define PRICE_TYPES_MAX 12   /* of one list */
#define PRICE_NUMBERS   CHANGE_TYPES_MAX /* of types, in all lists of a performance alike */
#define PRICE_NAME_MAX  60               /* bytes of a type's name */
#define PRICE_CODES_MAX 24               /* of one list */
#define PRICE_CODE_LAST 999              /* number of a code, at most */
#define PRICE_WORD_MIN  4                /* characters of a code's word */
#define PRICE_WORD_MAX  24
#define PRICE_COUNT_MAX 100000 /* codes that are generated together */

struct price_type {
    uint8_t number;
    uint8_t most;   /* places of a hold, at most; 0: all */
    bool proof;     /* the door asks for a proof of it */
    bool companion; /* of a hold at most as many as it has places for wheelchairs */
    char korean[PRICE_NAME_MAX + 1];
    char english[PRICE_NAME_MAX + 1];
    int64_t amounts[HALL_CATEGORIES_MAX]; /* one a category; of number 0 none */
};

/* What a word is good for that a buyer types, or each of many that were generated. */
struct price_code {
    uint32_t number;
    uint32_t count; /* generated; 0: it is one word */
    char word[PRICE_WORD_MAX + 1];
    uint64_t opens; /* of the hidden categories, a bit each */
    uint32_t off_permille;
    int64_t off_amount;
    int64_t from_ms, until_ms; /* 0: without a bound */
    uint32_t places, places_account;
};

struct price_list {
    uint32_t number;
    uint32_t category_count;
    uint32_t type_count;
    uint32_t code_count;
    uint64_t hidden;                               /* categories that need a code, a bit each */
    bool says_hidden, says_codes, says_rules;      /* of a plan: false: they stay */
    bool no_orphans;                               /* see usher.v1.SaleRules, as the next */
    uint32_t category_places[HALL_CATEGORIES_MAX]; /* 0: no limit */
    struct price_code codes[PRICE_CODES_MAX];      /* by number */
    int64_t amounts[HALL_CATEGORIES_MAX];          /* one a category */
    struct price_type types[PRICE_TYPES_MAX];      /* by number, the first of them 0 */
};

/* A place of a hold, as its price sees it. */
struct price_wish {
    uint32_t category;
    uint32_t type;
    bool wheelchair; /* it is a place for one */
};

/* A code that a hold was made with; number 0: without one. */
struct price_use {
    uint32_t number;
    uint32_t index; /* of those that were generated */
};

/* List 0 as a performance's row has it: 8 bytes a category, little-endian. ERR_CORRUPT: another
 * length than whole amounts, or more of them than a hall may have categories. */
int price_list_first(struct view stored, struct price_list *ret_list);

/* A list as a ledger entry has it; memory is the arena's. ERR_CORRUPT: it does not decode, has not
 * category_count amounts, or one that is not 0 … PRICE_MAX. ERR_NO_MEMORY. */
int price_list_read(struct view packed, uint32_t number, uint32_t category_count,
                    struct arena *arena, struct price_list *ret_list);

/* The types of a list or a plan, of the contract's messages. ERR_INVALID: more than there may be,
 * numbers that do not begin with 0 or do not rise, a name that is no line of 1 to PRICE_NAME_MAX
 * bytes, amounts that are not one a category (of number 0: none), or none that can be had. */
int price_list_set_types(struct price_list *list, Usher__V1__PriceType *const *types, size_t count);

/* Which categories are hidden, and the codes; NULL: of a list none, of a plan those that there are.
 * ERR_INVALID: a category that there is not, numbers or categories that do not rise, a word that is
 * none or is there twice, neither a word nor a count or both, an amount or a rate out of range. */
int price_list_set_hidden(struct price_list *list, const Usher__V1__PriceHidden *hidden);
int price_list_set_codes(struct price_list *list, const Usher__V1__PriceCodes *codes);
/* The rules of a sale; NULL likewise. ERR_INVALID: limits that are not one a category, or none. */
int price_list_set_rules(struct price_list *list, const Usher__V1__SaleRules *rules);
/* The same back, in the arena; NULL where none is hidden, or there are none. ERR_NO_MEMORY. */
int price_list_rules(const struct price_list *list, struct arena *arena,
                     Usher__V1__SaleRules **ret_rules);
int price_list_hidden(const struct price_list *list, struct arena *arena,
                      Usher__V1__PriceHidden **ret_hidden);
int price_list_codes(const struct price_list *list, struct arena *arena,
                     Usher__V1__PriceCodes **ret_codes);

/* The same as price_list_read of a plan,  whose amounts may be PRICE_STAYS, but not all unless it
 * has types. */
int price_list_read_plan(struct view packed, uint32_t category_count, struct arena *arena,
                         struct price_list *ret_list);
/* Puts a plan's amounts over a list's; and its types, where it has any, in the place of the list's.
 */
void price_list_merge(struct price_list *list, const struct price_list *plan);

/* Packs a list as a ledger entry has it, into the arena. ERR_NO_MEMORY. */
int price_list_write(const struct price_list *list, struct arena *arena, struct view *ret_packed);

/* The types of a list as the contract's messages, in the arena; they look at the list, which must
 * outlive them. ERR_NO_MEMORY. */
int price_list_types(const struct price_list *list, struct arena *arena,
                     Usher__V1__PriceType ***ret_types);

/* What a place of that category costs for type 0; 0 of one that the list does not have. */
static inline int64_t price_list_amount(const struct price_list *list, uint32_t category)
{
    return category < list->category_count ? list->amounts[category] : 0;
}

/* The type of that number; NULL: the list has none. */
const struct price_type *price_list_type(const struct price_list *list, uint32_t number);

/* The code of that number; NULL: the list has none. */
const struct price_code *price_list_code(const struct price_list *list, uint32_t number);
/* The code with that word; NULL. */
const struct price_code *price_list_word(const struct price_list *list, struct view word);
/* Whether it is one of those that there are, and good at that time. */
bool price_code_good(const struct price_code *code, uint32_t index, int64_t at_ms);

/* What a place of that category and type costs with a code (NULL: without one); PRICE_NONE where it
 * is not to be had. */
int64_t price_list_cost(const struct price_list *list, uint32_t category, uint32_t type,
                        const struct price_code *code);

/* Whether a hold may have these types by that list, with a code or without one: each place is to be
 * had in its category and of its type, and the limits of the types are kept. */
bool price_list_allows(const struct price_list *list, const struct price_wish *wishes,
                       uint32_t count, const struct price_code *code);

/* Whether two lists hide the same and have the same codes. */
bool price_codes_same(const struct price_list *a, const struct price_list *b);
/* Whether two lists say the same, whatever their numbers. */
bool price_list_same(const struct price_list *a, const struct price_list *b);

#endif
