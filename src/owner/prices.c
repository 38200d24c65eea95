/*
 * What places cost: the lists of a performance, as the owner decides by them. A hold remembers the
 * number of the list that was valid when it was decided; that list is what it costs for ever.
 */
#include <stdlib.h>

#include "observe/metrics.h"
#include "owner/state.h"

#define READ_ARENA_MAX (64u << 10) /* one list, unpacked */
#define NONE           UINT32_MAX

METRIC_COUNTER(prices_changed, "usher_price_changes_total",
               "New price lists that became valid after their performance was made.", "");

int owner_first_prices(struct owner *owner)
{
    const struct hall *hall = owner->options.hall;
    owner->lists = calloc(PRICE_LISTS_MAX + 1, sizeof(*owner->lists));
    owner->list_bytes = calloc(PRICE_LISTS_MAX + 1, sizeof(*owner->list_bytes));
    owner->plans = calloc(PRICE_PLANS_MAX, sizeof(*owner->plans));
    owner->plan_ms = INT64_MAX;
    struct price_list *first = calloc(1, sizeof(*first));
    if (!owner->plans || !owner->lists || !owner->list_bytes || !first) {
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

static void forget_plan(struct owner *owner, uint32_t at)
{
    free((void *)owner->plans[at].bytes.at);
    owner->plans[at] = owner->plans[--owner->plan_count];
    owner->plans[owner->plan_count] = (struct owner_plan){0};
}

/* The next that begins, of two at the same time that of the lower id; NONE: there is none. */
static uint32_t next_plan(const struct owner *owner)
{
    uint32_t next = NONE;
    for (uint32_t i = 0; i < owner->plan_count; i++) {
        const struct owner_plan *plan = &owner->plans[i];
        const struct owner_plan *first = next == NONE ? NULL : &owner->plans[next];
        if (!first || plan->from_ms < first->from_ms ||
            (plan->from_ms == first->from_ms && plan->plan_id.hi < first->plan_id.hi))
            next = i;
    }
    return next;
}

static void find_next_plan(struct owner *owner)
{
    const uint32_t next = next_plan(owner);
    owner->plan_ms = next == NONE ? INT64_MAX : owner->plans[next].from_ms;
}

void owner_free_prices(struct owner *owner)
{
    while (owner->plan_count > 0)
        forget_plan(owner, owner->plan_count - 1);
    free(owner->plans);
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
    if (bytes) {
        memcpy(bytes, packed.at, packed.len);
        owner->list_bytes[number] = view_of(bytes, packed.len);
        metric_add(&prices_changed, 1);
    }
    owner->lists[number] = list;
    owner->list_count++;
    owner->hides = list->hidden != 0;
    owner->least_limit = 0;
    for (uint32_t i = 0; i < list->category_count; i++) {
        const uint32_t most = list->category_places[i];
        if (most > 0 && (owner->least_limit == 0 || most < owner->least_limit))
            owner->least_limit = most;
    }
    owner->offers_made = UINT64_MAX; /* what is free may be hidden no longer */
    return 0;
}

static int load_plans(struct owner *owner, struct arena *arena, int64_t deadline_ns)
{
    struct store_plan *stored;
    size_t count;
    struct store *store = owner->options.store;
    int err = store->ops->price_plans(store, owner->options.performance_id, arena, &stored, &count,
                                      deadline_ns);
    while (owner->plan_count > 0)
        forget_plan(owner, owner->plan_count - 1);
    if (err == 0 && count > PRICE_PLANS_MAX)
        err = ERR_CORRUPT;
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct owner_plan *plan = &owner->plans[owner->plan_count];
        err = price_list_read_plan(stored[i].list, owner->options.hall->category_count, arena,
                                   &plan->list);
        if (err != 0)
            continue;
        plan->plan_id = stored[i].plan_id;
        plan->from_ms = stored[i].from_ms;
        owner->plan_count++;
    }
    find_next_plan(owner);
    return err;
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
    owner->hides = false;
    owner->least_limit = 0;
    if (count > PRICE_LISTS_MAX)
        return ERR_CORRUPT;
    for (size_t i = 0; err == 0 && i < count; i++)
        err =
            stored[i].number == owner->list_count ? add(owner, stored[i].list, false) : ERR_CORRUPT;
    return err == 0 ? load_plans(owner, arena, deadline_ns) : err;
}

int64_t owner_price(const struct owner *owner, const struct seats_hold *hold,
                    int64_t ret_amounts[SEATS_PARTY_MAX])
{
    int64_t total = 0;
    assert(hold->price_list < owner->list_count);
    const struct price_list *list = owner->lists[hold->price_list];
    const struct price_code *code = hold->code != 0 ? price_list_code(list, hold->code) : NULL;
    for (uint32_t i = 0; i < hold->count; i++) {
        const uint32_t category = owner->options.hall->seats[hold->seats[i]].category;
        ret_amounts[i] = price_list_cost(list, category, hold->types[i], code);
        assert(ret_amounts[i] >= 0); /* owner_types_fit was asked */
        total += ret_amounts[i];
    }
    return total;
}

bool owner_types_fit(const struct owner *owner, const struct seats_hold *hold,
                     enum owner_why *ret_why)
{
    struct price_wish wishes[SEATS_PARTY_MAX];
    uint64_t categories = 0;
    assert(hold->count <= SEATS_PARTY_MAX && hold->price_list < owner->list_count);
    const struct price_list *list = owner->lists[hold->price_list];
    const struct price_code *code = hold->code != 0 ? price_list_code(list, hold->code) : NULL;
    *ret_why = OWNER_WHY_CODE;
    if (hold->code != 0 && !code)
        return false;
    for (uint32_t i = 0; i < hold->count; i++) {
        const struct hall_seat *seat = &owner->options.hall->seats[hold->seats[i]];
        categories |= UINT64_C(1) << seat->category;
        wishes[i] = (struct price_wish){.category = seat->category,
                                        .type = hold->types[i],
                                        .wheelchair = seat->kind == HALL_WHEELCHAIR};
    }
    *ret_why = (categories & list->hidden & ~(code ? code->opens : 0)) != 0 ? OWNER_WHY_HIDDEN
                                                                            : OWNER_WHY_TYPES;
    return price_list_allows(list, wishes, hold->count, code);
}

int owner_read_types(const struct owner_ask *ask, const struct seats_hold *hold,
                     uint8_t ret_types[SEATS_PARTY_MAX])
{
    memset(ret_types, 0, SEATS_PARTY_MAX);
    if (ask->type_count != 0 && ask->type_count != ask->seat_count)
        return ERR_INVALID;
    for (uint32_t i = 0; i < ask->type_count; i++) {
        uint32_t place = 0;
        while (place < hold->count && hold->seats[place] != ask->seats[i])
            place++;
        if (place == hold->count || ask->types[i] >= PRICE_NUMBERS)
            return ERR_INVALID;
        ret_types[place] = (uint8_t)ask->types[i];
    }
    return 0;
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
    if (owner->list_count + owner->plan_count > PRICE_LISTS_MAX)
        return ERR_CONFLICT;
    int err = add(owner, ask->list, true);
    if (err != 0)
        return err == ERR_CORRUPT ? ERR_INVALID : ERR_UNAVAILABLE;
    ask->hold.price_list = valid + 1;
    *ret_new = true;
    return 0;
}

bool owner_has_plan(const struct owner *owner, struct id plan_id)
{
    for (uint32_t i = 0; i < owner->plan_count; i++) {
        if (id_eq(owner->plans[i].plan_id, plan_id))
            return true;
    }
    return false;
}

int owner_decide_plan(struct owner *owner, struct owner_ask *ask, bool *ret_new)
{
    struct owner_plan plan = {
        .plan_id = ask->hold_id, .from_ms = ask->until_ms, .version = owner->version_decided + 1};
    struct arena arena;
    ask->hold = (struct seats_hold){0};
    *ret_new = false;
    if (id_is_zero(plan.plan_id) || plan.from_ms <= owner_now_ms(owner))
        return ERR_INVALID;
    if (owner_has_plan(owner, plan.plan_id))
        return 0;
    if (owner->plan_count == PRICE_PLANS_MAX ||
        owner->list_count + owner->plan_count > PRICE_LISTS_MAX)
        return ERR_CONFLICT;
    arena_init(&arena, READ_ARENA_MAX);
    int err =
        price_list_read_plan(ask->list, owner->options.hall->category_count, &arena, &plan.list);
    arena_release(&arena);
    char *bytes = err == 0 ? malloc(ask->list.len) : NULL;
    if (!bytes)
        return err == ERR_CORRUPT ? ERR_INVALID : ERR_UNAVAILABLE;
    memcpy(bytes, ask->list.at, ask->list.len);
    plan.bytes = view_of(bytes, ask->list.len);
    *ret_new = true;
    owner->plans[owner->plan_count++] = plan;
    find_next_plan(owner);
    return 0;
}

int owner_decide_plan_end(struct owner *owner, struct owner_ask *ask)
{
    uint32_t at = 0;
    ask->hold = (struct seats_hold){0};
    while (at < owner->plan_count && !id_eq(owner->plans[at].plan_id, ask->hold_id))
        at++;
    if (at == owner->plan_count)
        return ERR_NOT_FOUND;
    if (owner->plans[at].version > owner->version)
        return ERR_UNAVAILABLE; /* a batch cannot end what it begins: the store ends first */
    forget_plan(owner, at);
    find_next_plan(owner);
    return 0;
}

/* The plan over the list that is valid, as the next list. */
static int make_valid(struct owner *owner, const struct owner_plan *plan)
{
    struct price_list list = *owner->lists[owner->list_count - 1];
    struct arena arena;
    struct view packed;
    price_list_merge(&list, &plan->list);
    arena_init(&arena, READ_ARENA_MAX);
    int err = price_list_write(&list, &arena, &packed);
    if (err == 0)
        err = add(owner, packed, true);
    arena_release(&arena);
    return err;
}

void owner_begin_prices(struct owner *owner)
{
    const int64_t now_ms = owner_now_ms(owner);
    while (owner->plan_ms <= now_ms) {
        const uint32_t at = next_plan(owner);
        const struct owner_plan *plan = &owner->plans[at];
        if (plan->version > owner->version || !owner_batch_has(&owner->pending, CHANGE_LIST_MAX) ||
            make_valid(owner, plan) != 0)
            return; /* a little later */
        const struct seats_hold by = {.price_list = owner->list_count - 1};
        struct change *change = owner_add_change(owner, CHANGE_PRICES, &by);
        change->number = by.price_list;
        change->list = owner->list_bytes[by.price_list];
        change->plan_id = plan->plan_id;
        owner->pending.more_bytes += (uint32_t)change->list.len;
        forget_plan(owner, at);
        find_next_plan(owner);
    }
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
