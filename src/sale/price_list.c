#include "sale/price_list.h"

#include <string.h>

#include "codec/proto.h"
#include "err/err.h"

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
    return 0;
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
    bool changes = false;
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
}

int price_list_write(const struct price_list *list, struct arena *arena, struct view *ret_packed)
{
    Usher__V1__PriceList message = USHER__V1__PRICE_LIST__INIT;
    message.n_amounts = list->category_count;
    message.amounts = (int64_t *)list->amounts;
    uint8_t *bytes = arena_alloc(arena, usher__v1__price_list__get_packed_size(&message));
    if (!bytes)
        return ERR_NO_MEMORY;
    *ret_packed = view_of(bytes, usher__v1__price_list__pack(&message, bytes));
    return 0;
}

bool price_list_same(const struct price_list *a, const struct price_list *b)
{
    return a->category_count == b->category_count &&
           memcmp(a->amounts, b->amounts, a->category_count * sizeof(a->amounts[0])) == 0;
}
