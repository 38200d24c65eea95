/* What the store has done but not said is on sale all the same. */
#include "err/err.h"
#include "store/wrap/fault.h"
#include "svc/ticket/desk_test.h"

static struct desk desk;

static int start(void **state)
{
    desk_start(&desk);
    return 0;
}

static int stop(void **state)
{
    desk_stop(&desk);
    return 0;
}

/* Asks for the events until there is one, with the performance that came with it: a moment later,
 * for it is begun after its event is known. Five seconds at most. */
static const Usher__V1__ListEventsResponse *await_event(void)
{
    const Usher__V1__ListEventsRequest r = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const int64_t until_ns = deadline_after_ms(clock_mono_ns(clock_system()), 5000);
    for (;;) {
        const Usher__V1__ListEventsResponse *list;
        assert_int_equal(desk_call(&desk, list_events, &r, &list), CODE_OK);
        if ((list->n_events > 0 && list->events[0]->n_performances > 0) ||
            clock_mono_ns(clock_system()) > until_ns)
            return list;
    }
}

static void what_was_put_in_doubt_comes_on_sale(void **state)
{
    Usher__V1__CreateEventRequest r = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    Usher__V1__CreatePerformanceRequest first = USHER__V1__CREATE_PERFORMANCE_REQUEST__INIT;
    Usher__V1__Price prices[8], *list[8];
    struct chance_seeded chance;
    Usher__V1__GenerateHallRequest shape = USHER__V1__GENERATE_HALL_REQUEST__INIT;
    const Usher__V1__Hall *hall;
    const Usher__V1__Event *event;
    const Usher__V1__Performance *performance;
    chance_seed(&chance, 1);
    shape.name = "Hall";
    shape.capacity = 500;
    assert_int_equal(desk_call(&desk, generate_hall, &shape, &hall), CODE_OK);
    first.hall_id = hall->hall_id;
    first.n_prices = hall->n_categories;
    assert_true(first.n_prices <= 8);
    for (uint32_t i = 0; i < first.n_prices; i++) {
        usher__v1__price__init(&prices[i]);
        prices[i].category = i;
        list[i] = &prices[i];
    }
    first.prices = list;
    first.starts_at_ms = INT64_C(1800000000000);
    r.name = "In doubt";
    r.performance = &first;
    /* Every write is done, and answered as if nobody knew. */
    store_fault_plan(desk.store,
                     &(struct store_fault_plan){.chance = &chance.chance, .after_ppm = 1000000});
    assert_int_equal(desk_call(&desk, create_event, &r, &event), CODE_UNAVAILABLE);
    store_fault_plan(desk.store, &(struct store_fault_plan){0});
    const Usher__V1__ListEventsResponse *events = await_event();
    assert_int_equal(events->n_events, 1);
    assert_int_equal(events->events[0]->n_performances, 1);
    /* It sells, once its owner has loaded. */
    desk_await_owners(&desk);
    Usher__V1__OpenSaleRequest open = USHER__V1__OPEN_SALE_REQUEST__INIT;
    open.performance_id = events->events[0]->performances[0]->performance_id;
    assert_int_equal(desk_call(&desk, open_sale, &open, &performance), CODE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_in_doubt_comes_on_sale),
    };
    return cmocka_run_group_tests_name("svc/follow", tests, start, stop);
}
