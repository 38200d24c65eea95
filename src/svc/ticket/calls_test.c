/* The calls of TicketService as their callers see them, without a connection. */
#include "clock/clock.h"
#include "err/err.h"
#include "svc/ticket/desk.h"
#include "svc/ticket/desk_test.h"

static struct desk desk;
static uint32_t performance_id;

static int start(void **state)
{
    desk_start(&desk);
    performance_id = desk_put_on_sale(&desk);
    return 0;
}

static int stop(void **state)
{
    desk_stop(&desk);
    return 0;
}

static void be_guest(uint64_t number)
{
    desk.caller = (struct identity){.roles = ROLE_GUEST, .account_id = {1, number}};
}

static enum code hold(uint32_t seat, const char *key, const Usher__V1__Hold **ret_hold)
{
    Usher__V1__HoldSeatsRequest wish = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    wish.performance_id = performance_id;
    wish.seats = &seat;
    wish.n_seats = 1;
    wish.idempotency_key = (char *)key;
    return desk_call(&desk, hold_seats, &wish, ret_hold);
}

static enum code buy(const Usher__V1__Hold *hold, const Usher__V1__Order **ret_order)
{
    Usher__V1__PlaceOrderRequest wish = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    wish.performance_id = performance_id;
    wish.hold_id = hold->hold_id;
    wish.payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE;
    return desk_call(&desk, place_order, &wish, ret_order);
}

static void assert_reason(const char *reason)
{
    assert_non_null(desk.status.detail);
    assert_string_equal(desk.status.detail->reason, reason);
}

static void a_seat_is_held_once_and_sold(void **state)
{
    const Usher__V1__Hold *mine, *theirs;
    const Usher__V1__Order *order;
    be_guest(1);
    assert_int_equal(hold(7, "a", &mine), CODE_OK);
    assert_int_equal(mine->seats[0]->seat, 7);
    be_guest(2);
    assert_int_equal(hold(7, "", &theirs), CODE_ABORTED);
    assert_reason("SEATS_TAKEN");
    assert_int_equal(desk.status.detail->n_nearest, 1);
    assert_int_equal(buy(mine, &order), CODE_NOT_FOUND); /* it is not theirs */
    assert_reason("HOLD_NOT_FOUND");
    be_guest(1);
    assert_int_equal(buy(mine, &order), CODE_OK);
    assert_int_equal(order->n_tickets, 1);
    assert_int_equal(order->tickets[0]->seat, 7);
}

/* A performance of its own that began in 1970, and is on sale. */
static void be_late(void)
{
    Usher__V1__OpenSaleRequest opening = USHER__V1__OPEN_SALE_REQUEST__INIT;
    Usher__V1__CreatePerformanceRequest wish = USHER__V1__CREATE_PERFORMANCE_REQUEST__INIT;
    Usher__V1__GetPerformanceRequest first = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance, *late;
    desk.caller = (struct identity){.roles = ROLE_OPERATOR};
    first.performance_id = performance_id;
    assert_int_equal(desk_call(&desk, get_performance, &first, &performance), CODE_OK);
    wish.event_id = performance->event_id;
    wish.hall_id = performance->hall->hall_id;
    wish.starts_at_ms = 1;
    wish.prices = performance->prices;
    wish.n_prices = performance->n_prices;
    assert_int_equal(desk_call(&desk, create_performance, &wish, &late), CODE_OK);
    desk_await_owners(&desk);
    performance_id = opening.performance_id = late->performance_id;
    assert_int_equal(desk_call(&desk, open_sale, &opening, &late), CODE_OK);
}

/* Nobody buys or gives back after the start but at the box office of who sells it. */
static void after_the_start_the_box_office_sells_alone(void **state)
{
    const Usher__V1__Hold *mine;
    const Usher__V1__Order *order;
    Usher__V1__CancelOrderRequest back = USHER__V1__CANCEL_ORDER_REQUEST__INIT;
    be_late();
    be_guest(1);
    assert_int_equal(hold(7, "a", &mine), CODE_FAILED_PRECONDITION);
    assert_reason("PERFORMANCE_BEGUN");
    desk.caller.roles = ROLE_BUYER;
    desk.caller.tenants[0] = (struct identity_tenant){.tenant_id = 1, .roles = ROLE_BOX_OFFICE};
    desk.caller.tenant_count = 1;
    assert_int_equal(hold(7, "a", &mine), CODE_OK);
    assert_int_equal(buy(mine, &order), CODE_OK);
    desk.caller.tenants[0].tenant_id = 2; /* another organiser's */
    assert_int_equal(hold(8, "b", &mine), CODE_FAILED_PRECONDITION);
    back.order_id = order->order_id;
    assert_int_equal(desk_call(&desk, cancel_order, &back, &order), CODE_FAILED_PRECONDITION);
    assert_reason("PERFORMANCE_BEGUN");
    desk.caller = (struct identity){.roles = ROLE_OPERATOR};
    assert_int_equal(desk_call(&desk, cancel_order, &back, &order), CODE_OK);
}

static enum code hold_any(uint32_t category, uint32_t section, uint32_t party,
                          const Usher__V1__Hold **ret_hold)
{
    Usher__V1__HoldBestRequest wish = USHER__V1__HOLD_BEST_REQUEST__INIT;
    wish.performance_id = performance_id;
    wish.party = party;
    wish.apart = true;
    wish.category_choice_case = USHER__V1__HOLD_BEST_REQUEST__CATEGORY_CHOICE_CATEGORY;
    wish.category = category;
    if (section != UINT32_MAX) {
        wish.section_choice_case = USHER__V1__HOLD_BEST_REQUEST__SECTION_CHOICE_SECTION;
        wish.section = section;
    }
    return desk_call(&desk, hold_best, &wish, ret_hold);
}

/* What others hold is not sold out: it may come back in a moment. */
static void a_category_in_baskets_is_not_sold_out(void **state)
{
    const Usher__V1__Hold *held, *mine = NULL;
    const Usher__V1__Order *order;
    uint64_t person = 100;
    for (enum code code = CODE_OK; code == CODE_OK;) {
        be_guest(person++);
        code = hold_any(0, UINT32_MAX, 1, &held);
        if (code == CODE_OK && mine)
            assert_int_equal(buy(held, &order), CODE_OK);
        else if (code == CODE_OK)
            mine = held;
    }
    assert_non_null(mine);
    assert_reason("ALL_HELD");
    assert_true(desk.status.detail->retry_after_ms > 0);
    be_guest(100);
    assert_int_equal(buy(mine, &order), CODE_OK);
    be_guest(person);
    assert_int_equal(hold_any(0, UINT32_MAX, 1, &held), CODE_ABORTED);
    assert_reason("SOLD_OUT");
    assert_int_equal(hold_any(1, UINT32_MAX, 1, &held), CODE_OK);
}

static void the_same_key_gives_the_same_answer(void **state)
{
    const Usher__V1__Hold *first, *again, *other;
    be_guest(3);
    assert_int_equal(hold(20, "key", &first), CODE_OK);
    assert_int_equal(hold(20, "key", &again), CODE_OK);
    assert_string_equal(first->hold_id, again->hold_id);
    assert_int_equal(hold(21, "key", &other), CODE_ALREADY_EXISTS);
    assert_reason("KEY_REUSED");
}

static void who_may_not_is_refused(void **state)
{
    Usher__V1__PauseSaleRequest pause = USHER__V1__PAUSE_SALE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    const Usher__V1__Hold *h;
    pause.performance_id = performance_id;
    desk.caller = (struct identity){0};
    assert_int_equal(hold(30, "", &h), CODE_UNAUTHENTICATED);
    assert_int_equal(desk_call(&desk, pause_sale, &pause, &performance), CODE_UNAUTHENTICATED);
    be_guest(4);
    assert_int_equal(desk_call(&desk, pause_sale, &pause, &performance), CODE_PERMISSION_DENIED);
    desk.caller = (struct identity){.roles = ROLE_OPERATOR};
    assert_int_equal(hold(30, "", &h), CODE_PERMISSION_DENIED);
    /* Roles are a set: who has both may do both. */
    desk.caller = (struct identity){.roles = ROLE_OPERATOR | ROLE_GUEST, .account_id = {1, 5}};
    assert_int_equal(hold(30, "", &h), CODE_OK);
    /* A role without an account has no name to buy in. */
    desk.caller = (struct identity){.roles = ROLE_GUEST};
    assert_int_equal(hold(31, "", &h), CODE_PERMISSION_DENIED);
}

static void an_order_is_its_buyers_and_the_operators(void **state)
{
    Usher__V1__GetOrderRequest wish = USHER__V1__GET_ORDER_REQUEST__INIT;
    const Usher__V1__Hold *h;
    const Usher__V1__Order *order, *seen;
    be_guest(6);
    assert_int_equal(hold(40, "", &h), CODE_OK);
    assert_int_equal(buy(h, &order), CODE_OK);
    wish.order_id = order->order_id;
    assert_int_equal(desk_call(&desk, get_order, &wish, &seen), CODE_OK);
    be_guest(7);
    assert_int_equal(desk_call(&desk, get_order, &wish, &seen), CODE_NOT_FOUND);
    desk.caller = (struct identity){.roles = ROLE_OPERATOR};
    assert_int_equal(desk_call(&desk, get_order, &wish, &seen), CODE_OK);
    assert_string_equal(seen->order_id, wish.order_id);
}

static void what_is_not_there_is_said(void **state)
{
    Usher__V1__GetPerformanceRequest wish = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    wish.performance_id = 999;
    assert_int_equal(desk_call(&desk, get_performance, &wish, &performance), CODE_NOT_FOUND);
    assert_reason("NOT_FOUND");
    assert_string_equal(desk.status.detail->field, "performance_id");
}

/* P5 is stated to clients: the hold's time and ten minutes. */
static void the_life_of_a_key_is_told(void **state)
{
    Usher__V1__GetPerformanceRequest wish = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    wish.performance_id = performance_id;
    assert_int_equal(desk_call(&desk, get_performance, &wish, &performance), CODE_OK);
    assert_int_equal(performance->key_life_ms, performance->hold_ttl_ms + 600000);
}

static void release_of(int64_t made_ms)
{
    Usher__V1__ReleaseHoldRequest wish = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    const Usher__V1__ReleaseHoldResponse *answer;
    char text[ID_TEXT_CHARS + 1];
    id_format((struct id){(uint64_t)made_ms << 16, 1}, text);
    wish.performance_id = performance_id;
    wish.hold_id = text;
    assert_int_not_equal(desk_call(&desk, release_hold, &wish, &answer), CODE_OK);
}

static void a_hold_that_ended_lately_is_said_to_be_over(void **state)
{
    const int64_t now_ms = clock_wall_ms(clock_system()), minute_ms = 60000;
    be_guest(8);
    release_of(now_ms - minute_ms); /* it could be live */
    assert_reason("HOLD_NOT_FOUND");
    release_of(now_ms - TICKET_HOLD_TTL_MS - 1000);
    assert_reason("HOLD_EXPIRED");
    release_of(now_ms - 24 * 60 * minute_ms);
    assert_reason("HOLD_NOT_FOUND");
    release_of(0);
    assert_reason("HOLD_NOT_FOUND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seat_is_held_once_and_sold),
        cmocka_unit_test(the_same_key_gives_the_same_answer),
        cmocka_unit_test(who_may_not_is_refused),
        cmocka_unit_test(an_order_is_its_buyers_and_the_operators),
        cmocka_unit_test(the_life_of_a_key_is_told),
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(a_hold_that_ended_lately_is_said_to_be_over),
        cmocka_unit_test(a_category_in_baskets_is_not_sold_out),
        cmocka_unit_test(after_the_start_the_box_office_sells_alone),
    };
    return cmocka_run_group_tests_name("svc/calls", tests, start, stop);
}
