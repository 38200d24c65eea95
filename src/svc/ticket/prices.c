/* SetPrices, ListPricePlans, EndPricePlan: what places cost from now on, or from a time on. What is
 * held, or was bought, keeps its price. */
#include "svc/ticket/prices.h"
#include "observe/log.h"

#define SET_TRIES    20   /* against others who change prices at the same moment */
#define SET_PAUSE_MS 10   /* until theirs is durable */
#define SHOW_MAX_MS  2000 /* until this process has heard of the new list */

int desk_read_prices(struct call *call, const struct hall *hall, Usher__V1__Price *const *prices,
                     size_t count, struct price_list *list, bool given[HALL_CATEGORIES_MAX])
{
    for (size_t i = 0; i < count; i++) {
        const Usher__V1__Price *price = prices[i];
        if (price->category >= hall->category_count || given[price->category])
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "prices",
                             "prices[%zu]: the hall has categories 0 to %u, each has one price", i,
                             hall->category_count - 1);
        if (price->amount < 0 || price->amount > PRICE_MAX)
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "prices",
                             "prices[%zu]: an amount is 0 to %lld", i, (long long)PRICE_MAX);
        given[price->category] = true;
        list->amounts[price->category] = price->amount;
    }
    return 0;
}

/* The types of the wish, where it has any to say of them. Non-zero after call_fail. */
static int read_types(struct call *call, const Usher__V1__PriceTypes *wish, struct price_list *list)
{
    if (!wish || price_list_set_types(list, wish->types, wish->n_types) == 0)
        return 0;
    return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "types",
                     "at most %d types, numbered 0 (which costs prices, without a limit) and on to "
                     "%d, rising; each with a Korean and an English name of 1 to %d bytes; but for "
                     "0 with an amount for each category, -1 where it is not to be had",
                     PRICE_TYPES_MAX, PRICE_NUMBERS - 1, PRICE_NAME_MAX);
}

/* Hidden categories and codes, likewise. */
static int read_codes(struct call *call, const struct catalog_performance *performance,
                      const Usher__V1__SetPricesRequest *wish, struct price_list *list)
{
    const uint32_t next = catalog_next_code(performance);
    struct owner_figures figures;
    owner_figures(performance->owner, &figures);
    const struct price_list *valid = catalog_price_list(performance, figures.price_list);
    for (size_t i = 0; wish->codes && i < wish->codes->n_codes; i++) {
        const uint32_t number = wish->codes->codes[i]->number;
        if (number < next && !(valid && price_list_code(valid, number)))
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "codes",
                             "codes[%zu]: a new code has a number from %u on", i, next);
    }
    if (wish->hidden && price_list_set_hidden(list, wish->hidden) != 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "hidden",
                         "hidden categories are the hall's, each named once, the lowest first");
    if (wish->codes && price_list_set_codes(list, wish->codes) != 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "codes",
                         "at most %d codes, numbered 1 to %d, rising; each with a word of its own, "
                         "%d to %d of A-Z, 0-9 and -, or a count of up to %d",
                         PRICE_CODES_MAX, PRICE_CODE_LAST, PRICE_WORD_MIN, PRICE_WORD_MAX,
                         PRICE_COUNT_MAX);
    if (wish->rules && price_list_set_rules(list, wish->rules) != 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "rules",
                         "category_places is one for each of the hall's %u categories, or none",
                         list->category_count);
    return 0;
}

/* The last list that is durable, whatever this process has heard of. Non-zero after call_fail. */
static int read_valid(struct call *call, const struct catalog_performance *performance,
                      struct price_list *ret_list)
{
    struct store *store = ((struct ticket *)call_state(call))->options.store;
    struct store_prices *stored;
    size_t count = 0;
    *ret_list = *catalog_price_list(performance, 0);
    int err = store->ops->price_lists(store, performance->performance_id, call_arena(call), &stored,
                                      &count, call_deadline_ns(call));
    if (err == 0 && count > 0)
        err = price_list_read(stored[count - 1].list, stored[count - 1].number,
                              ret_list->category_count, call_arena(call), ret_list);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

/* One try: the wish over the list that is valid. Non-zero after call_fail; *ret_again: another list
 * has become valid meanwhile. */
static int try_set(struct call *call, const struct catalog_performance *performance,
                   const Usher__V1__SetPricesRequest *wish, struct owner_ask *ask, bool *ret_again)
{
    bool given[HALL_CATEGORIES_MAX] = {false};
    struct price_list list;
    *ret_again = false;
    int err = read_valid(call, performance, &list);
    if (err == 0)
        err = desk_read_prices(call, performance->hall->hall, wish->prices, wish->n_prices, &list,
                               given);
    if (err == 0)
        err = read_types(call, wish->types, &list);
    if (err == 0)
        err = read_codes(call, performance, wish, &list);
    if (err != 0)
        return err;
    *ask = (struct owner_ask){.verb = OWNER_PRICES, .price_list = list.number};
    if (price_list_write(&list, call_arena(call), &ask->list) != 0)
        return desk_store_failed(call, ERR_NO_MEMORY);
    err = desk_ask(call_state(call), performance, ask, call_deadline_ns(call));
    *ret_again = err == ERR_EXISTS;
    if (err == ERR_CONFLICT)
        return desk_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "prices",
                         "the prices of a performance change at most %d times", PRICE_LISTS_MAX);
    if (err == ERR_INVALID)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "prices",
                         "these are no prices of this hall");
    return err == 0 || *ret_again ? 0 : desk_refused(call, ask);
}

/* Who has changed a price sees it: another process's news of it may be under way. */
static void wait_until_shown(const struct catalog_performance *performance, uint32_t number)
{
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), SHOW_MAX_MS);
    struct owner_figures figures;
    for (owner_figures(performance->owner, &figures); figures.price_list < number;
         owner_figures(performance->owner, &figures)) {
        if (fiber_now_ns() >= until_ns ||
            fiber_sleep_until(deadline_after_ms(fiber_now_ns(), SET_PAUSE_MS)) != 0)
            return;
    }
}

static int show(struct call *call, const struct catalog_performance *performance, void *response)
{
    int err = desk_fill_performance(call_arena(call), performance, response);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

/* A plan with the prices that it changes, in the arena. ERR_NO_MEMORY, ERR_CORRUPT. */
static int fill_plan(const struct catalog_performance *performance, const struct store_plan *stored,
                     struct arena *arena, Usher__V1__PricePlan **ret_plan)
{
    const uint32_t count = performance->hall->hall->category_count;
    struct price_list *list = arena_alloc(arena, sizeof(*list)); /* the answer looks at it */
    int err = list ? price_list_read_plan(stored->list, count, arena, list) : ERR_NO_MEMORY;
    Usher__V1__PricePlan *plan = arena_alloc(arena, sizeof(*plan));
    Usher__V1__Price *prices = arena_alloc(arena, count * sizeof(*prices));
    if (err != 0 || !plan || !prices)
        return err != 0 ? err : ERR_NO_MEMORY;
    usher__v1__price_plan__init(plan);
    plan->plan_id = desk_id(arena, stored->plan_id);
    plan->from_ms = stored->from_ms;
    plan->prices = arena_alloc(arena, count * sizeof(*plan->prices));
    for (uint32_t i = 0; plan->prices && i < count; i++) {
        if (list->amounts[i] == PRICE_STAYS)
            continue;
        usher__v1__price__init(&prices[i]);
        prices[i].category = i;
        prices[i].amount = list->amounts[i];
        plan->prices[plan->n_prices++] = &prices[i];
    }
    *ret_plan = plan;
    plan->n_types = list->type_count;
    err = price_list_types(list, arena, &plan->types);
    if (err == 0)
        err = price_list_hidden(list, arena, &plan->hidden);
    if (err == 0)
        err = price_list_codes(list, arena, &plan->codes);
    if (err == 0)
        err = price_list_rules(list, arena, &plan->rules);
    return plan->plan_id && plan->prices ? err : ERR_NO_MEMORY;
}

/* Prices that wait for their time: those of the wish, over whatever is valid then. */
static int plan_prices(struct call *call, const struct catalog_performance *performance,
                       const Usher__V1__SetPricesRequest *wish)
{
    bool given[HALL_CATEGORIES_MAX] = {false};
    struct ticket *ticket = call_state(call);
    struct price_list list = {.category_count = performance->hall->hall->category_count};
    struct owner_ask ask = {.verb = OWNER_PLAN_PRICES, .until_ms = wish->from_ms};
    if (wish->from_ms <= clock_wall_ms(loop_clock(sched_loop(sched_current()))))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "from_ms",
                         "prices become valid in the future, or with 0 at once");
    for (uint32_t i = 0; i < list.category_count; i++)
        list.amounts[i] = PRICE_STAYS;
    int err =
        desk_read_prices(call, performance->hall->hall, wish->prices, wish->n_prices, &list, given);
    if (err == 0)
        err = read_types(call, wish->types, &list);
    if (err == 0)
        err = read_codes(call, performance, wish, &list);
    if (err != 0)
        return err;
    ask.hold_id = chance_id(ticket->options.chance);
    if (price_list_write(&list, call_arena(call), &ask.list) != 0)
        return desk_store_failed(call, ERR_NO_MEMORY);
    err = desk_ask(ticket, performance, &ask, call_deadline_ns(call));
    if (err == ERR_CONFLICT)
        return desk_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "prices",
                         "at most %d prices wait for their time, of %d in all", PRICE_PLANS_MAX,
                         PRICE_LISTS_MAX);
    return err == 0 ? 0 : desk_refused(call, &ask);
}

CALL_HANDLER(ticket_list_price_plans)
{
    const Usher__V1__ListPricePlansRequest *wish = request;
    Usher__V1__ListPricePlansResponse *answer = response;
    struct store *store = ((struct ticket *)call_state(call))->options.store;
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    struct store_plan *stored;
    size_t count = 0;
    if (!performance || desk_check_event(call, performance->event) != 0)
        return ERR_NOT_FOUND;
    int err = store->ops->price_plans(store, performance->performance_id, arena, &stored, &count,
                                      call_deadline_ns(call));
    answer->plans = arena_alloc(arena, (count + 1) * sizeof(*answer->plans));
    if (err == 0 && !answer->plans)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++)
        err = fill_plan(performance, &stored[i], arena, &answer->plans[answer->n_plans++]);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

CALL_HANDLER(ticket_end_price_plan)
{
    const Usher__V1__EndPricePlanRequest *wish = request;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_END_PLAN};
    if (!performance || desk_check_event(call, performance->event) != 0)
        return ERR_NOT_FOUND;
    if (id_parse(view_str(wish->plan_id), &ask.hold_id) != 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "plan_id", "not a plan's id");
    const int err = desk_ask(call_state(call), performance, &ask, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "plan_id",
                         "no such plan waits: its time has come, or it was taken back");
    return err == 0 ? 0 : desk_refused(call, &ask);
}

CALL_HANDLER(ticket_set_prices)
{
    const Usher__V1__SetPricesRequest *wish = request;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    struct owner_ask ask;
    bool again = true;
    if (!performance || desk_check_event(call, performance->event) != 0)
        return ERR_NOT_FOUND;
    if (wish->n_prices == 0 && !wish->hidden && !wish->codes && !wish->rules &&
        !(wish->types && (wish->from_ms == 0 || wish->types->n_types > 0)))
        return desk_fail(
            call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "prices",
            "at least one category has a new price, or there are other types, codes or rules");
    if (wish->from_ms != 0) {
        int planned = plan_prices(call, performance, wish);
        return planned == 0 ? show(call, performance, response) : planned;
    }
    for (uint32_t i = 0; i < SET_TRIES && again; i++) {
        if (i > 0 && fiber_sleep_until(deadline_after_ms(fiber_now_ns(), SET_PAUSE_MS)) != 0)
            return ERR_CANCELLED;
        int err = try_set(call, performance, wish, &ask, &again);
        if (err != 0)
            return err;
    }
    if (again)
        return desk_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE", NULL,
                         "others change the prices at the same time: look, and try again");
    log_event(LOG_INFO, "prices.set", log_uint("usher.performance", performance->performance_id),
              log_uint("usher.price_list", ask.hold.price_list));
    wait_until_shown(performance, ask.hold.price_list);
    return show(call, performance, response);
}
