#include "sale/price_list.h"

#include <string.h>

#include "codec/proto.h"
#include "err/err.h"
#include "mem/utf8.h"

#define AMOUNT_BYTES 8

int price_list_first(struct view stored, struct price_list *ret_list)
{
    *ret_list = (struct price_list){.category_count = (uint32_t)(stored.len / AMOUNT_BYTES)};
    if (stored.len % AMOUNT_BYTES != 0 || stored.len / AMOUNT_BYTES > HALL_CATEGORIES_MAX)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < ret_list->category_count; i++) {
        uint64_t amount = 0;
        for (uint32_t k = 0; k < AMOUNT_BYTES; k++)
            amount |= (uint64_t)(uint8_t)stored.at[AMOUNT_BYTES * i + k] << (8 * k);
        ret_list->amounts[i] = (int64_t)amount;
    }
    return 0;
}

static bool read_name(const char *text, char ret_name[PRICE_NAME_MAX + 1])
{
    const struct view name = view_str(text);
    if (name.len == 0 || name.len > PRICE_NAME_MAX || !utf8_line(name) || !utf8_visible(name))
        return false;
    memcpy(ret_name, name.at, name.len);
    return true;
}

/* One of them, behind those that were read before. */
static bool read_type(const struct price_list *list, const Usher__V1__PriceType *from,
                      struct price_type *to)
{
    const bool first = list->type_count == 0;
    bool had = first;
    *to = (struct price_type){.number = (uint8_t)from->number,
                              .most = (uint8_t)from->most,
                              .proof = from->proof,
                              .companion = from->companion};
    if (from->number >= PRICE_NUMBERS || first != (from->number == 0) ||
        (!first && from->number <= list->types[list->type_count - 1].number) ||
        from->most > CHANGE_SEATS_MAX || (first && (from->companion || from->most > 0)) ||
        from->n_amounts != (first ? 0 : list->category_count) ||
        !read_name(from->korean, to->korean) || !read_name(from->english, to->english))
        return false;
    for (size_t i = 0; i < from->n_amounts; i++) {
        if (from->amounts[i] < PRICE_NONE || from->amounts[i] > PRICE_MAX)
            return false;
        had = had || from->amounts[i] != PRICE_NONE;
        to->amounts[i] = from->amounts[i];
    }
    return had;
}

int price_list_set_types(struct price_list *list, Usher__V1__PriceType *const *types, size_t count)
{
    list->type_count = 0;
    if (count > PRICE_TYPES_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < count; i++) {
        if (!read_type(list, types[i], &list->types[i]))
            return ERR_INVALID;
        list->type_count++;
    }
    return 0;
}

static int read_list(struct view packed, uint32_t category_count, int64_t least,
                     struct arena *arena, struct price_list *ret_list)
{
    ProtobufCMessage *message;
    if (packed.len == 0 || packed.len > CHANGE_LIST_MAX)
        return ERR_CORRUPT;
    int err = proto_unpack(&usher__v1__price_list__descriptor, packed, arena, &message);
    if (err != 0)
        return err == ERR_FULL ? ERR_NO_MEMORY : ERR_CORRUPT;
    const Usher__V1__PriceList *list = (const Usher__V1__PriceList *)message;
    if (list->n_amounts != category_count || category_count > HALL_CATEGORIES_MAX)
        return ERR_CORRUPT;
    *ret_list = (struct price_list){.category_count = category_count};
    for (uint32_t i = 0; i < category_count; i++) {
        if (list->amounts[i] < least || list->amounts[i] > PRICE_MAX)
            return ERR_CORRUPT;
        ret_list->amounts[i] = list->amounts[i];
    }
    return price_list_set_types(ret_list, list->types, list->n_types) == 0 &&
                   price_list_set_hidden(ret_list, list->hidden) == 0 &&
                   price_list_set_codes(ret_list, list->codes) == 0 &&
                   price_list_set_rules(ret_list, list->rules) == 0
               ? 0
               : ERR_CORRUPT;
}

int price_list_read(struct view packed, uint32_t number, uint32_t category_count,
                    struct arena *arena, struct price_list *ret_list)
{
    int err = read_list(packed, category_count, 0, arena, ret_list);
    ret_list->number = number;
    return err;
}

int price_list_read_plan(struct view packed, uint32_t category_count, struct arena *arena,
                         struct price_list *ret_list)
{
    int err = read_list(packed, category_count, PRICE_STAYS, arena, ret_list);
    bool changes = err == 0 && (ret_list->type_count > 0 || ret_list->says_hidden ||
                                ret_list->says_codes || ret_list->says_rules);
    for (uint32_t i = 0; err == 0 && i < category_count; i++)
        changes = changes || ret_list->amounts[i] != PRICE_STAYS;
    return err == 0 && !changes ? ERR_CORRUPT : err;
}

void price_list_merge(struct price_list *list, const struct price_list *plan)
{
    for (uint32_t i = 0; i < list->category_count && i < plan->category_count; i++) {
        if (plan->amounts[i] != PRICE_STAYS)
            list->amounts[i] = plan->amounts[i];
    }
    if (plan->type_count > 0) {
        list->type_count = plan->type_count;
        memcpy(list->types, plan->types, sizeof(list->types));
    }
    if (plan->says_hidden)
        list->hidden = plan->hidden;
    if (plan->says_codes) {
        list->code_count = plan->code_count;
        memcpy(list->codes, plan->codes, sizeof(list->codes));
    }
    if (plan->says_rules) {
        list->no_orphans = plan->no_orphans;
        memcpy(list->category_places, plan->category_places, sizeof(list->category_places));
    }
}

int price_list_set_rules(struct price_list *list, const Usher__V1__SaleRules *rules)
{
    list->says_rules = rules != NULL;
    list->no_orphans = rules && rules->no_orphans;
    memset(list->category_places, 0, sizeof(list->category_places));
    if (rules && rules->n_category_places != 0 && rules->n_category_places != list->category_count)
        return ERR_INVALID;
    for (size_t i = 0; rules && i < rules->n_category_places; i++)
        list->category_places[i] = rules->category_places[i];
    return 0;
}

static bool has_limits(const struct price_list *list)
{
    bool any = false;
    for (uint32_t i = 0; i < list->category_count; i++)
        any = any || list->category_places[i] > 0;
    return any;
}

int price_list_rules(const struct price_list *list, struct arena *arena,
                     Usher__V1__SaleRules **ret_rules)
{
    *ret_rules = NULL;
    if (!list->says_rules && !list->no_orphans && !has_limits(list))
        return 0;
    Usher__V1__SaleRules *rules = arena_alloc(arena, sizeof(*rules));
    if (!rules)
        return ERR_NO_MEMORY;
    usher__v1__sale_rules__init(rules);
    rules->no_orphans = list->no_orphans;
    rules->category_places = (uint32_t *)list->category_places;
    rules->n_category_places = has_limits(list) ? list->category_count : 0;
    *ret_rules = rules;
    return 0;
}

static void write_type(const struct price_list *list, const struct price_type *from,
                       Usher__V1__PriceType *to)
{
    usher__v1__price_type__init(to);
    to->number = from->number;
    to->korean = (char *)from->korean;
    to->english = (char *)from->english;
    to->n_amounts = from->number == 0 ? 0 : list->category_count;
    to->amounts = (int64_t *)from->amounts;
    to->proof = from->proof;
    to->companion = from->companion;
    to->most = from->most;
}

int price_list_types(const struct price_list *list, struct arena *arena,
                     Usher__V1__PriceType ***ret_types)
{
    Usher__V1__PriceType *types = arena_alloc(arena, (list->type_count + 1) * sizeof(*types));
    Usher__V1__PriceType **all = arena_alloc(arena, (list->type_count + 1) * sizeof(*all));
    if (!types || !all)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < list->type_count; i++) {
        write_type(list, &list->types[i], &types[i]);
        all[i] = &types[i];
    }
    *ret_types = all;
    return 0;
}

int price_list_write(const struct price_list *list, struct arena *arena, struct view *ret_packed)
{
    Usher__V1__PriceList message = USHER__V1__PRICE_LIST__INIT;
    message.n_amounts = list->category_count;
    message.amounts = (int64_t *)list->amounts;
    message.n_types = list->type_count;
    if (price_list_types(list, arena, &message.types) != 0 ||
        price_list_hidden(list, arena, &message.hidden) != 0 ||
        price_list_codes(list, arena, &message.codes) != 0 ||
        price_list_rules(list, arena, &message.rules) != 0)
        return ERR_NO_MEMORY;
    uint8_t *bytes = arena_alloc(arena, usher__v1__price_list__get_packed_size(&message));
    if (!bytes)
        return ERR_NO_MEMORY;
    *ret_packed = view_of(bytes, usher__v1__price_list__pack(&message, bytes));
    return 0;
}

const struct price_type *price_list_type(const struct price_list *list, uint32_t number)
{
    for (uint32_t i = 0; i < list->type_count; i++) {
        if (list->types[i].number == number)
            return &list->types[i];
    }
    return NULL;
}

static int64_t cost_of_type(const struct price_list *list, uint32_t category, uint32_t type)
{
    if (type == 0)
        return price_list_amount(list, category);
    const struct price_type *known = price_list_type(list, type);
    return known && category < list->category_count ? known->amounts[category] : PRICE_NONE;
}

int64_t price_list_cost(const struct price_list *list, uint32_t category, uint32_t type,
                        const struct price_code *code)
{
    const int64_t cost = cost_of_type(list, category, type);
    if (!code || cost == PRICE_NONE)
        return cost;
    const int64_t left = cost - cost * code->off_permille / 1000; /* PRICE_MAX is far from 2^63 */
    return left > code->off_amount ? left - code->off_amount : 0;
}

static bool is_hidden(const struct price_list *list, uint32_t category,
                      const struct price_code *code)
{
    const uint64_t bit = category < HALL_CATEGORIES_MAX ? UINT64_C(1) << category : 0;
    return (list->hidden & bit) != 0 && (!code || (code->opens & bit) == 0);
}

bool price_list_allows(const struct price_list *list, const struct price_wish *wishes,
                       uint32_t count, const struct price_code *code)
{
    uint32_t wheelchairs = 0, companions = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct price_type *type = price_list_type(list, wishes[i].type);
        uint32_t same = 0;
        for (uint32_t k = 0; k < count; k++)
            same += wishes[k].type == wishes[i].type;
        if (is_hidden(list, wishes[i].category, code) ||
            cost_of_type(list, wishes[i].category, wishes[i].type) == PRICE_NONE ||
            (type && type->most > 0 && same > type->most))
            return false;
        wheelchairs += wishes[i].wheelchair;
        companions += type && type->companion;
    }
    return companions <= wheelchairs;
}

static bool same_type(const struct price_list *list, const struct price_type *a,
                      const struct price_type *b)
{
    return a->number == b->number && a->most == b->most && a->proof == b->proof &&
           a->companion == b->companion && strcmp(a->korean, b->korean) == 0 &&
           strcmp(a->english, b->english) == 0 &&
           memcmp(a->amounts, b->amounts, list->category_count * sizeof(a->amounts[0])) == 0;
}

bool price_list_same(const struct price_list *a, const struct price_list *b)
{
    if (a->category_count != b->category_count || a->type_count != b->type_count ||
        memcmp(a->amounts, b->amounts, a->category_count * sizeof(a->amounts[0])) != 0)
        return false;
    for (uint32_t i = 0; i < a->type_count; i++) {
        if (!same_type(a, &a->types[i], &b->types[i]))
            return false;
    }
    return price_codes_same(a, b) && a->no_orphans == b->no_orphans &&
           memcmp(a->category_places, b->category_places,
                  a->category_count * sizeof(a->category_places[0])) == 0;
}
