/* What places cost: the lists of a performance, and that each sale is of what its hold promised. */
#include "audit/prices.h"

#include "audit/codes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clock/clock.h"
#include "err/err.h"
#include "sale/payment.h"

#define READ_ARENA_MAX (64u << 10) /* one list, unpacked */

static void put_category(uint32_t *categories, uint32_t place_count, uint32_t first, uint32_t count,
                         const uint32_t *of_seats, size_t of_count, uint32_t section)
{
    for (uint32_t i = 0; i < count && first < place_count && i < place_count - first; i++) {
        const uint32_t category = of_count == 0  ? 0
                                  : i < of_count ? of_seats[i]
                                                 : of_seats[of_count - 1];
        categories[first + i] = section << AUDIT_SECTION |
                                (category < AUDIT_WHEELCHAIR ? category : AUDIT_WHEELCHAIR - 1);
    }
}

static void put_wheelchairs(uint32_t *categories, uint32_t place_count, const Usher__V1__Row *row)
{
    for (size_t i = 0; i < row->n_kinds && i < row->n_numbers && row->first_seat < place_count &&
                       i < place_count - row->first_seat;
         i++) {
        if (row->kinds[i] == USHER__V1__SEAT_KIND__SEAT_KIND_WHEELCHAIR)
            categories[row->first_seat + i] |= AUDIT_WHEELCHAIR;
    }
}

static uint32_t category_of(const struct audit_replay *r, uint32_t seat)
{
    return r->categories[seat] & (AUDIT_WHEELCHAIR - 1);
}

uint32_t *audit_categories(const Usher__V1__SeatMap *map)
{
    const uint32_t places = map->place_count;
    uint32_t *categories = calloc((size_t)places + 1, sizeof(*categories));
    for (size_t i = 0; categories && i < map->n_sections; i++) {
        const Usher__V1__Section *section = map->sections[i];
        if (section->kind == USHER__V1__SECTION_KIND__SECTION_KIND_STANDING)
            put_category(categories, places, section->first_seat, section->place_count,
                         &section->category, 1, (uint32_t)i);
        for (size_t k = 0; k < section->n_rows; k++) {
            const Usher__V1__Row *row = section->rows[k];
            put_category(categories, places, row->first_seat, (uint32_t)row->n_numbers,
                         row->categories, row->n_categories, (uint32_t)i);
            put_wheelchairs(categories, places, row);
        }
    }
    return categories;
}

static const struct price_list *list_at(const struct audit_replay *r, uint32_t number)
{
    return &((const struct audit_prices *)r->lists.items + number)->list;
}

static uint32_t valid_list(const struct audit_replay *r)
{
    return r->lists.count - 1;
}

const struct price_list *audit_valid_list(const struct audit_replay *r)
{
    return list_at(r, valid_list(r));
}

int audit_first_prices(struct audit_replay *r)
{
    struct audit_prices *first = audit_list_add(&r->lists, sizeof(*first));
    if (!first)
        return ERR_NO_MEMORY;
    if (price_list_first(r->performance->prices, &first->list) != 0)
        audit_find(r, "the prices of its row are none");
    return 0;
}

/* The plan that waits, or NULL. */
static struct audit_plan *find_plan(const struct audit_replay *r, struct id plan_id)
{
    struct audit_plan *plans = r->plans.items;
    for (uint32_t i = 0; i < r->plans.count; i++) {
        if (!plans[i].over && id_eq(plans[i].plan_id, plan_id))
            return &plans[i];
    }
    return NULL;
}

int audit_replay_plan(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct price_list list;
    struct arena arena;
    const struct audit_plan *plans = r->plans.items;
    for (uint32_t i = 0; i < r->plans.count; i++) {
        if (id_eq(plans[i].plan_id, change->plan_id)) {
            audit_find(r, "price plan %s was made before", audit_id(change->plan_id, &text));
            return 0;
        }
    }
    if (change->from_ms <= change->at_ms)
        audit_find(r, "price plan %s is for a time that is over", audit_id(change->plan_id, &text));
    arena_init(&arena, READ_ARENA_MAX);
    int err = price_list_read_plan(change->list, list_at(r, 0)->category_count, &arena, &list);
    arena_release(&arena);
    if (err == ERR_NO_MEMORY)
        return err;
    if (err != 0) {
        audit_find(r, "price plan %s is none", audit_id(change->plan_id, &text));
        return 0;
    }
    const char *bytes = arena_copy(&r->reasons, change->list);
    struct audit_plan *plan = audit_list_add(&r->plans, sizeof(*plan));
    if (!bytes || !plan)
        return ERR_NO_MEMORY;
    *plan = (struct audit_plan){.plan_id = change->plan_id,
                                .from_ms = change->from_ms,
                                .list = list,
                                .bytes = view_of(bytes, change->list.len)};
    return 0;
}

void audit_replay_plan_end(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    struct audit_plan *plan = find_plan(r, change->plan_id);
    if (plan)
        plan->over = true;
    else
        audit_find(r, "price plan %s is taken back, but does not wait",
                   audit_id(change->plan_id, &text));
}

/* A list that a plan has become: once, not before its time, and nothing but that. */
static void check_plan(struct audit_replay *r, const struct change *change,
                       const struct price_list *list)
{
    struct audit_id text;
    struct price_list should = *list_at(r, valid_list(r));
    struct audit_plan *plan = find_plan(r, change->plan_id);
    audit_id(change->plan_id, &text);
    if (!plan) {
        audit_find(r, "price plan %s becomes valid, but does not wait", text.text);
        return;
    }
    plan->over = true;
    if (change->at_ms < plan->from_ms)
        audit_find(r, "price plan %s becomes valid before its time", text.text);
    price_list_merge(&should, &plan->list);
    if (!price_list_same(&should, list))
        audit_find(r, "price plan %s becomes valid with other prices", text.text);
}

int audit_replay_prices(struct audit_replay *r, const struct change *change)
{
    const uint32_t number = r->lists.count;
    struct price_list list;
    struct arena arena;
    if (change->number != number) {
        audit_find(r, "price list %" PRIu32 " follows list %" PRIu32, change->number, number - 1);
        return 0;
    }
    arena_init(&arena, READ_ARENA_MAX);
    int err = price_list_read(change->list, number, list_at(r, 0)->category_count, &arena, &list);
    arena_release(&arena);
    if (err == ERR_NO_MEMORY)
        return err;
    if (err != 0) {
        audit_find(r, "price list %" PRIu32 " is none", number);
        list = *list_at(r, valid_list(r)); /* so that the number is there */
    }
    if (!id_is_zero(change->plan_id))
        check_plan(r, change, &list);
    const char *bytes = arena_copy(&r->reasons, change->list);
    struct audit_prices *kept = audit_list_add(&r->lists, sizeof(*kept));
    if (!bytes || !kept)
        return ERR_NO_MEMORY;
    *kept = (struct audit_prices){
        .list = list, .begun = r->version, .bytes = view_of(bytes, change->list.len)};
    kept->list.number = number;
    return 0;
}

/* Each type is one of the list's, to be had in its category, and within its limits. */
static void check_types(struct audit_replay *r, const struct change *change)
{
    struct price_wish wishes[CHANGE_SEATS_MAX];
    if (change->price_list >= r->lists.count)
        return; /* said before */
    for (uint32_t i = 0; i < change->seat_count; i++)
        wishes[i] = (struct price_wish){
            .category = category_of(r, change->seats[i]),
            .type = change_type(change, i),
            .wheelchair = (r->categories[change->seats[i]] & AUDIT_WHEELCHAIR) != 0};
    const struct price_list *list = list_at(r, change->price_list);
    if (!price_list_allows(list, wishes, change->seat_count, price_list_code(list, change->code)))
        audit_find(r, "price types that price list %" PRIu32 " does not allow", change->price_list);
}

void audit_check_promise(struct audit_replay *r, const struct change *change)
{
    if (change->price_list != valid_list(r))
        audit_find(r, "a hold by price list %" PRIu32 ", where list %" PRIu32 " is valid",
                   change->price_list, valid_list(r));
    check_types(r, change);
}

int audit_replay_types(struct audit_replay *r, const struct change *change, struct audit_hold *hold)
{
    const struct price_use use = {change->code, change->code_index};
    audit_check_code(r, change, hold->account, hold);
    int rc = audit_use_code(r, hold->use, hold->account, -(int64_t)hold->count);
    if (rc == 0)
        rc = audit_use_code(r, use, hold->account, hold->count);
    hold->use = use;
    if (change->price_list != hold->price_list)
        audit_find(r, "types are chosen by another price list than the hold's");
    for (uint32_t i = 0; i < hold->count; i++)
        hold->types[i] = change_type(change, i);
    check_types(r, change);
    return rc;
}

static bool same_types(const struct audit_hold *hold, const struct change *change)
{
    bool same = hold->use.number == change->code && hold->use.index == change->code_index;
    for (uint32_t i = 0; i < hold->count && i < change->seat_count; i++)
        same = same && hold->types[i] == change_type(change, i);
    return same;
}

void audit_check_kept(struct audit_replay *r, const struct change *change,
                      const struct audit_hold *hold)
{
    if (change->price_list != hold->price_list || !same_types(hold, change))
        audit_find(r, "a hold is extended by another price list, or with other types");
}

void audit_check_paid(struct audit_replay *r, const struct change *change,
                      const struct audit_hold *hold)
{
    const uint32_t number = hold->price_list;
    int64_t total = 0;
    if (change->price_list != number)
        audit_find(r, "sold by price list %" PRIu32 ", held by list %" PRIu32, change->price_list,
                   number);
    if (!same_types(hold, change))
        audit_find(r, "sold with other price types than held");
    const bool comp = payment_is_comp(change->payment_method);
    if ((change->amount_count > 0) != (change->price_list > 0 || comp))
        audit_find(r, "amounts where the first price list says them, or none where it does not");
    if (number >= r->lists.count)
        return; /* said when it was held */
    const struct price_code *code = price_list_code(list_at(r, number), change->code);
    for (uint32_t i = 0; i < change->seat_count; i++) {
        const int64_t amount =
            comp ? 0
                 : price_list_cost(list_at(r, number), category_of(r, change->seats[i]),
                                   change_type(change, i), code);
        if (i < change->amount_count && change->amounts[i] != amount)
            audit_find(r, "seat %" PRIu32 " is sold for %" PRId64 ", and costs %" PRId64,
                       change->seats[i], change->amounts[i], amount);
        total += amount;
    }
    if (total != change->total)
        audit_find(r, "sold for %" PRId64 ", where %" PRId64 " was promised", change->total, total);
}

/* What the places cost that the order has. */
static int64_t order_cost(const struct audit_replay *r, const struct audit_order *order)
{
    const struct view seats = view_of(order->seat_bytes, order->row.seats.len);
    int64_t total = 0, amount;
    for (size_t i = 0; i < store_seat_count(seats); i++) {
        const uint32_t seat = store_seat_at(seats, i);
        if (!store_amounts_find(audit_order_amounts(order), seat, &amount))
            amount = price_list_amount(list_at(r, 0), category_of(r, seat));
        total += amount;
    }
    return total;
}

void audit_replay_collect(struct audit_replay *r, const struct change *change)
{
    struct audit_id text;
    const uint32_t place = audit_place(&r->order_places, change->order_id);
    struct audit_order *order = place == AUDIT_NONE ? NULL : audit_order_at(r, place);
    audit_id(change->order_id, &text);
    if (!order || order->row.state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED ||
        !payment_is_owed(order->row.payment_method)) {
        audit_find(r, "order %s is collected, but owes nothing", text.text);
        return;
    }
    if (!id_eq(order->row.account_id, change->account_id))
        audit_find(r, "order %s is collected for another account", text.text);
    if (change->payment_method != USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED)
        audit_find(r, "order %s is collected otherwise than at the box office", text.text);
    if (change->total != order_cost(r, order))
        audit_find(r, "order %s is collected for %" PRId64 ", and owes %" PRId64, text.text,
                   change->total, order_cost(r, order));
    order->row.payment_method = change->payment_method;
    order->row.total = change->total;
}

int64_t audit_to_collect(const struct audit_replay *r)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < r->orders.count; i++) {
        const struct audit_order *order = audit_order_at(r, i);
        if (order->row.state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED &&
            payment_is_owed(order->row.payment_method))
            total += order_cost(r, order);
    }
    return total;
}

static int compare_plans(struct store *store, struct audit_replay *r, struct arena *arena)
{
    struct audit_id text;
    struct store_plan *stored;
    size_t count = 0, waiting = 0;
    int err = store->ops->price_plans(store, r->performance->performance_id, arena, &stored, &count,
                                      DEADLINE_NEVER);
    if (err == ERR_CORRUPT)
        audit_find(r, "its price plans cannot be read: the data are damaged");
    if (err != 0)
        return err == ERR_CORRUPT ? 0 : err;
    for (uint32_t i = 0; i < r->plans.count; i++)
        waiting += !((const struct audit_plan *)r->plans.items)[i].over;
    if (count != waiting)
        audit_find(r, "%zu price plans wait, %zu by the ledger", count, waiting);
    for (size_t i = 0; i < count; i++) {
        const struct audit_plan *plan = find_plan(r, stored[i].plan_id);
        if (!plan || plan->from_ms != stored[i].from_ms || !view_eq(plan->bytes, stored[i].list))
            audit_find(r, "price plan %s is not what the ledger says",
                       audit_id(stored[i].plan_id, &text));
    }
    return 0;
}

int audit_compare_prices(struct store *store, struct audit_replay *r, struct arena *arena)
{
    struct store_prices *stored;
    size_t count = 0;
    int err = store->ops->price_lists(store, r->performance->performance_id, arena, &stored, &count,
                                      DEADLINE_NEVER);
    if (err == ERR_CORRUPT)
        audit_find(r, "its price lists cannot be read: the data are damaged");
    if (err != 0)
        return err == ERR_CORRUPT ? 0 : err;
    if (count != valid_list(r))
        audit_find(r, "%zu price lists, %" PRIu32 " by the ledger", count, valid_list(r));
    for (size_t i = 0; i < count && i < valid_list(r); i++) {
        const uint32_t number = (uint32_t)i + 1;
        const struct audit_prices *known = (const struct audit_prices *)r->lists.items + number;
        if (stored[i].number != number || stored[i].begun != known->begun ||
            !view_eq(stored[i].list, known->bytes))
            audit_find(r, "price list %" PRIu32 " is not what the ledger says", number);
    }
    return compare_plans(store, r, arena);
}
