/*
 * What places cost: the lists of a performance, as the owner decides by them. A hold remembers the
 * number of the list that was valid when it was decided; that list is what it costs for ever.
 */
#include <stdlib.h>

#include "observe/metrics.h"
#include "owner/state.h"

#define READ_ARENA_MAX (64u << 10) /* one list, unpacked */

METRIC_COUNTER(prices_changed, "usher_price_changes_total",
               "New price lists that became valid after their performance was made.", "");

int owner_first_prices(struct owner *owner)
{
    const struct hall *hall = owner->options.hall;
    owner->lists = calloc(PRICE_LISTS_MAX + 1, sizeof(*owner->lists));
    owner->list_bytes = calloc(PRICE_LISTS_MAX + 1, sizeof(*owner->list_bytes));
    struct price_list *first = calloc(1, sizeof(*first));
    if (!owner->lists || !owner->list_bytes || !first) {
        free(first);
        return ERR_NO_MEMORY;
    }
    first->category_count = hall->category_count;
    memcpy(first->amounts, owner->options.prices, hall->category_count * sizeof(first->amounts[0]));
    owner->options.prices = first->amounts;
    owner->lists[0] = first;
    owner->list_count = 1;
    return 0;
}

static void forget(struct owner *owner, uint32_t from)
{
    for (; owner->list_count > from; owner->list_count--) {
        const uint32_t last = owner->list_count - 1;
        free(owner->lists[last]);
        free((void *)owner->list_bytes[last].at);
        owner->lists[last] = NULL;
        owner->list_bytes[last] = (struct view){0};
    }
}

void owner_free_prices(struct owner *owner)
{
    forget(owner, 0);
    free(owner->lists);
    free(owner->list_bytes);
}

/* One more list, which is read; its bytes are kept where the ledger is to have them. */
static int add(struct owner *owner, struct view packed, bool keep_bytes)
{
    const uint32_t number = owner->list_count;
    struct arena arena;
    struct price_list *list = calloc(1, sizeof(*list));
    char *bytes = keep_bytes ? malloc(packed.len + 1) : NULL;
    int err = list && (bytes || !keep_bytes) ? 0 : ERR_NO_MEMORY;
    arena_init(&arena, READ_ARENA_MAX);
    if (err == 0)
        err = price_list_read(packed, number, owner->options.hall->category_count, &arena, list);
    arena_release(&arena);
    if (err != 0) {
        free(list);
        free(bytes);
        return err;
    }
    if (keep_bytes) {
        memcpy(bytes, packed.at, packed.len);
        owner->list_bytes[number] = view_of(bytes, packed.len);
    }
    owner->lists[number] = list;
    owner->list_count++;
    return 0;
}

int owner_load_prices(struct owner *owner, struct arena *arena, int64_t deadline_ns)
{
    struct store_prices *stored;
    size_t count;
    struct store *store = owner->options.store;
    int err = store->ops->price_lists(store, owner->options.performance_id, arena, &stored, &count,
                                      deadline_ns);
    if (err != 0)
        return err;
    forget(owner, 1);
    if (count > PRICE_LISTS_MAX)
        return ERR_CORRUPT;
    for (size_t i = 0; err == 0 && i < count; i++)
        err =
            stored[i].number == owner->list_count ? add(owner, stored[i].list, false) : ERR_CORRUPT;
    return err;
}

int64_t owner_price(const struct owner *owner, const struct seats_hold *hold,
                    int64_t ret_amounts[SEATS_PARTY_MAX])
{
    int64_t total = 0;
    assert(hold->price_list < owner->list_count);
    const struct price_list *list = owner->lists[hold->price_list];
    for (uint32_t i = 0; i < hold->count; i++) {
        ret_amounts[i] =
            price_list_amount(list, owner->options.hall->seats[hold->seats[i]].category);
        total += ret_amounts[i];
    }
    return total;
}

int owner_decide_prices(struct owner *owner, struct owner_ask *ask, bool *ret_new)
{
    const uint32_t valid = owner->list_count - 1;
    ask->hold = (struct seats_hold){.price_list = valid};
    *ret_new = false;
    if (owner_has_prices(owner, ask))
        return 0;
    if (ask->price_list != valid)
        return ERR_EXISTS;
    if (owner->list_count > PRICE_LISTS_MAX)
        return ERR_CONFLICT;
    int err = add(owner, ask->list, true);
    if (err != 0)
        return err == ERR_CORRUPT ? ERR_INVALID : ERR_UNAVAILABLE;
    metric_add(&prices_changed, 1);
    ask->hold.price_list = valid + 1;
    *ret_new = true;
    return 0;
}

bool owner_has_prices(const struct owner *owner, const struct owner_ask *ask)
{
    struct price_list wanted;
    struct arena arena;
    const struct price_list *valid = owner->lists[owner->list_count - 1];
    arena_init(&arena, READ_ARENA_MAX);
    const bool has = price_list_read(ask->list, 0, valid->category_count, &arena, &wanted) == 0 &&
                     price_list_same(valid, &wanted);
    arena_release(&arena);
    return has;
}

void owner_tell_prices(const struct owner *owner, uint32_t from)
{
    const struct owner_listener *listener = &owner->options.listener;
    for (uint32_t i = from; listener->priced && i < owner->list_count; i++)
        listener->priced(listener->prices_state, owner->lists[i]);
}
