/* What a history says of prices, and the ways to spoil it. */
#include "err/err.h"
#include "history.h"
#include "sale/price_list.h"

void history_commit(struct script *s)
{
    int rc = script_commit(s);
    assert(rc == 0);
    s->now_ms += 1000;
}

/* The first seat is a child's. */
static void give_type(struct change *change, uint32_t type)
{
    change->type_count = change->seat_count;
    change->types[0] = type;
}

/* By a list of script_types, at 700: one child, and the others. */
static void sell_typed(struct script *s, uint64_t order, uint64_t hold, uint64_t account,
                       struct script_seats seats, uint32_t list)
{
    script_sell(s, order, hold, account, seats, NULL);
    give_type(script_last(s), 1);
    script_amounts(s, list, 1500);
    script_seat_amount(s, 0, 700);
}

static void give_code(struct change *change, uint32_t list, uint32_t code, uint32_t index)
{
    change->price_list = list;
    change->code = code;
    change->code_index = index;
}

/* By a list of script_codes, with code 3: 1500 less 10 % and 50. */
static void sell_coded(struct script *s, uint64_t order, uint64_t hold, uint64_t account,
                       struct script_seats seats, uint32_t list)
{
    script_sell(s, order, hold, account, seats, NULL);
    give_code(script_last(s), list, 3, 0);
    script_amounts(s, list, 1300);
}

/* Sold last, for nothing. */
static void give_comp(struct script *s, uint32_t list)
{
    const uint32_t method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COMP;
    script_amounts(s, list, 0);
    script_last(s)->payment_method = method;
    s->orders[s->order_count - 1].payment_method = method;
}

/* Places that are given, by the first prices and by others; one comes back. */
void history_write_comps(struct store *store)
{
    struct script *s = script_new(store, script_performance(store, 50, 8));
    script_state(s, OPEN);
    script_hold(s, 711, 11, SEATS(1, 2), NULL);
    script_prices(s, 1, 1500);
    script_hold(s, 712, 12, SEATS(3), NULL);
    script_last(s)->price_list = 1;
    history_commit(s);
    script_sell(s, 77, 711, 11, SEATS(1, 2), NULL);
    give_comp(s, 0);
    script_sell(s, 76, 712, 12, SEATS(3), NULL);
    give_comp(s, 1);
    history_commit(s);
    script_give_back(s, 77, 11, SEATS(1), SEATS(2));
    history_commit(s);
    script_free(s);
}

/* Prices change twice: what is held is paid as it was promised. */
void history_write_prices(struct store *store)
{
    struct script *s = script_new(store, script_performance(store, 50, 8));
    script_state(s, OPEN);
    script_hold(s, 701, 11, SEATS(1, 2), NULL);
    script_prices(s, 1, 1500);
    script_hold(s, 702, 12, SEATS(3, 4), NULL);
    script_last(s)->price_list = 1;
    history_commit(s);
    script_sell(s, 7, 701, 11, SEATS(1, 2), NULL); /* by the list before */
    script_prices(s, 2, 0);
    script_sell(s, 8, 702, 12, SEATS(3, 4), NULL);
    script_amounts(s, 1, 1500);
    script_hold(s, 703, 13, SEATS(5), NULL);
    script_last(s)->price_list = 2;
    history_commit(s);
    script_extend(s, 703, 13, SEATS(5), 1000);
    script_last(s)->price_list = 2;
    script_plan(s, 71, s->now_ms + 1000, 1200);
    script_plan(s, 72, s->now_ms + 5000, 1300);
    script_plan(s, 73, s->now_ms + 9000, 1400);
    script_give_back(s, 8, 12, SEATS(3), SEATS(4)); /* its amounts stay */
    history_commit(s);
    script_prices(s, 3, 1200); /* the first plan's time has come */
    script_last(s)->plan_id = script_id(71);
    script_plan_end(s, 72);
    history_commit(s);
    script_types(s, 4, 700);
    script_hold(s, 704, 14, SEATS(6, 7), NULL);
    script_last(s)->price_list = 4;
    script_choose(s, 704, 14, SEATS(6, 7), 1);
    script_last(s)->price_list = 4;
    script_hold(s, 705, 15, SEATS(8), NULL);
    script_last(s)->price_list = 4;
    give_type(script_last(s), 1);
    script_extend(s, 705, 15, SEATS(8), 1000);
    script_last(s)->price_list = 4;
    give_type(script_last(s), 1);
    history_commit(s);
    sell_typed(s, 79, 704, 14, SEATS(6, 7), 4);
    history_commit(s);
    script_give_back(s, 79, 14, SEATS(6), SEATS(7));
    history_commit(s);
    script_codes(s, 5, 1);
    script_hold(s, 706, 16, SEATS(9, 10), NULL);
    give_code(script_last(s), 5, 3, 0);
    script_hold(s, 707, 17, SEATS(11), NULL);
    give_code(script_last(s), 5, 3, 0);
    history_commit(s);
    sell_coded(s, 78, 706, 16, SEATS(9, 10), 5);
    history_commit(s);
    script_give_back(s, 78, 16, SEATS(9), SEATS(10)); /* its place may be had with the code again */
    script_hold(s, 708, 16, SEATS(9), NULL);
    give_code(script_last(s), 5, 3, 0);
    history_commit(s);
    script_free(s);
}

/* Seats 4 and 5 are held with a code, and need it. */
static void held_coded(struct script *s)
{
    script_codes(s, 1, 1);
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    give_code(script_last(s), 1, 3, 0);
}

static void hidden_without_a_code(struct script *s)
{
    held_coded(s);
    give_code(script_last(s), 1, 0, 0);
}

static void hidden_with_another_code(struct script *s)
{
    script_codes(s, 1, 1);
    script_hold(s, 101, 11, SEATS(4), NULL);
    give_code(script_last(s), 1, 7, 9);
}

static void code_that_is_none(struct script *s)
{
    held_coded(s);
    give_code(script_last(s), 1, 4, 0);
}

static void code_of_more_than_were_generated(struct script *s)
{
    script_codes(s, 1, 0);
    script_hold(s, 101, 11, SEATS(4), NULL);
    give_code(script_last(s), 1, 7, 10);
}

static void code_too_late(struct script *s)
{
    script_codes(s, 1, 1);
    assert(script_commit(s) == 0);
    s->now_ms += SCRIPT_TTL_MS;
    script_hold(s, 101, 11, SEATS(4), NULL);
    give_code(script_last(s), 1, 3, 0);
}

static void code_overdrawn(struct script *s)
{
    held_coded(s);
    script_hold(s, 102, 12, SEATS(6, 7), NULL);
    give_code(script_last(s), 1, 3, 0);
}

static void code_overdrawn_by_one(struct script *s)
{
    held_coded(s);
    script_hold(s, 102, 11, SEATS(6), NULL);
    give_code(script_last(s), 1, 3, 0);
}

static void voucher_twice(struct script *s)
{
    script_codes(s, 1, 0);
    script_hold(s, 101, 11, SEATS(4), NULL);
    give_code(script_last(s), 1, 7, 2);
    script_hold(s, 102, 12, SEATS(5), NULL);
    give_code(script_last(s), 1, 7, 2);
}

static void code_by_a_sale(struct script *s)
{
    script_codes(s, 1, 0);
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_last(s)->price_list = 1;
    sell_coded(s, 1, 101, 11, SEATS(4), 1);
}

static void code_without_its_discount(struct script *s)
{
    held_coded(s);
    sell_coded(s, 1, 101, 11, SEATS(4, 5), 1);
    script_seat_amount(s, 0, 1350);
}

static void code_that_the_table_forgets(struct script *s)
{
    held_coded(s);
    sell_coded(s, 1, 101, 11, SEATS(4, 5), 1);
    script_last(s)->code = 0;
    script_seat_amount(s, 0, 1300);
    script_last(s)->code = 3;
}

/* Seats 4 and 5 are held by list 1, at 700 and 1500. */
static void held_typed(struct script *s)
{
    script_types(s, 1, 700);
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_last(s)->price_list = 1;
    give_type(script_last(s), 1);
}

static void hold_of_no_type(struct script *s)
{
    held_typed(s);
    script_last(s)->types[0] = 2;
}

static void hold_of_too_many(struct script *s)
{
    held_typed(s);
    script_last(s)->types[1] = 1;
}

static void hold_of_a_companion_alone(struct script *s)
{
    held_typed(s);
    script_last(s)->types[0] = 4;
}

static void type_of_the_first_list(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    give_type(script_last(s), 1);
}

static void choose_for_nothing(struct script *s)
{
    held_typed(s);
    script_choose(s, 102, 11, SEATS(4, 5), 1);
    script_last(s)->price_list = 1;
}

static void choose_for_another(struct script *s)
{
    held_typed(s);
    script_choose(s, 101, 12, SEATS(4, 5), 0);
    script_last(s)->price_list = 1;
}

static void choose_too_late(struct script *s)
{
    held_typed(s);
    s->now_ms += SCRIPT_TTL_MS;
    script_choose(s, 101, 11, SEATS(4, 5), 0);
    script_last(s)->price_list = 1;
    script_last(s)->expires_at_ms = s->now_ms;
}

static void choose_and_prolong(struct script *s)
{
    held_typed(s);
    script_choose(s, 101, 11, SEATS(4, 5), 0);
    script_last(s)->price_list = 1;
    script_last(s)->expires_at_ms++;
}

static void choose_by_another_list(struct script *s)
{
    held_typed(s);
    script_choose(s, 101, 11, SEATS(4, 5), 0);
}

static void choose_what_is_not_had(struct script *s)
{
    held_typed(s);
    script_choose(s, 101, 11, SEATS(4, 5), 3);
    script_last(s)->price_list = 1;
}

static void extend_with_other_types(struct script *s)
{
    held_typed(s);
    script_extend(s, 101, 11, SEATS(4, 5), 1);
    script_last(s)->price_list = 1;
}

static void sell_with_other_types(struct script *s)
{
    held_typed(s);
    script_choose(s, 101, 11, SEATS(4, 5), 0);
    script_last(s)->price_list = 1;
    sell_typed(s, 1, 101, 11, SEATS(4, 5), 1);
}

static void sell_a_child_as_dear(struct script *s)
{
    held_typed(s);
    sell_typed(s, 1, 101, 11, SEATS(4, 5), 1);
    script_seat_amount(s, 0, 1500);
}

static void types_with_a_gap(struct script *s)
{
    script_types(s, 1, PRICE_NONE - 1);
}

static void types_for_nobody(struct script *s)
{
    script_types(s, 1, PRICE_NONE);
}

static void other_types_in_the_table(struct script *s)
{
    held_typed(s);
    sell_typed(s, 1, 101, 11, SEATS(4, 5), 1);
    s->orders[0].amounts.len -= 2;
}

/* Seat 4 is held by list 1, at 1500. */
static void dear(struct script *s)
{
    script_prices(s, 1, 1500);
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_last(s)->price_list = 1;
}

static void hold_by_an_old_list(struct script *s)
{
    dear(s);
    script_hold(s, 102, 12, SEATS(5), NULL);
}

static void hold_by_a_list_to_come(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_last(s)->price_list = 1;
    script_prices(s, 1, 1500);
}

static void sell_at_the_price_of_now(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_prices(s, 1, 1500);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_amounts(s, 1, 1500);
}

static void sell_at_the_price_of_before(struct script *s)
{
    dear(s);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
}

static void sell_for_another_sum(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_last(s)->total = s->orders[0].total = 1001;
}

static void sell_for_another_amount(struct script *s)
{
    dear(s);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_amounts(s, 1, 1499);
    script_last(s)->total = s->orders[0].total = 1500;
}

static void sell_without_amounts(struct script *s)
{
    dear(s);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_amounts(s, 1, 1500);
    script_last(s)->amount_count = 0;
}

static void extend_by_another_list(struct script *s)
{
    dear(s);
    script_extend(s, 101, 11, SEATS(4), 1);
}

static void lists_with_a_gap(struct script *s)
{
    script_prices(s, 2, 1500);
}

static void list_again(struct script *s)
{
    script_prices(s, 1, 1500);
    assert(script_commit(s) == 0);
    script_prices(s, 1, 1400);
    s->hide_prices = true;
}

static void list_of_another_hall(struct script *s)
{
    script_prices(s, 1, 1500);
    script_last(s)->list = VIEW_LIT("\x0a\x01\x05");
}

static void list_of_less_than_nothing(struct script *s)
{
    script_prices(s, 1, -1);
}

static void list_that_is_hidden(struct script *s)
{
    script_prices(s, 1, 1500);
    s->hide_prices = true;
}

static void plan_for_a_time_that_is_over(struct script *s)
{
    script_plan(s, 71, s->now_ms, 1500);
}

static void plan_again(struct script *s)
{
    script_plan(s, 71, s->now_ms + 1, 1500);
    assert(script_commit(s) == 0);
    script_plan(s, 71, s->now_ms + 2, 1500);
    s->hide_prices = true;
}

static void plan_of_nothing(struct script *s)
{
    script_plan(s, 71, s->now_ms + 1, PRICE_STAYS);
}

static void plan_end_of_none(struct script *s)
{
    script_plan_end(s, 71);
    s->hide_prices = true;
}

/* Plan 71 waits for a second. */
static void wait_for_it(struct script *s)
{
    script_plan(s, 71, s->now_ms + 1000, 1500);
    assert(script_commit(s) == 0);
}

static void plan_before_its_time(struct script *s)
{
    wait_for_it(s);
    s->now_ms += 999;
    script_prices(s, 1, 1500);
    script_last(s)->plan_id = script_id(71);
}

static void plan_at_another_price(struct script *s)
{
    wait_for_it(s);
    s->now_ms += 1000;
    script_prices(s, 1, 1501);
    script_last(s)->plan_id = script_id(71);
}

static void plan_that_does_not_wait(struct script *s)
{
    script_prices(s, 1, 1500);
    script_last(s)->plan_id = script_id(71);
    s->hide_prices = true;
}

static void plan_twice(struct script *s)
{
    wait_for_it(s);
    s->now_ms += 1000;
    script_prices(s, 1, 1500);
    script_last(s)->plan_id = script_id(71);
    assert(script_commit(s) == 0);
    script_prices(s, 2, 1500);
    script_last(s)->plan_id = script_id(71);
    s->hide_prices = true;
}

static void plan_that_is_hidden(struct script *s)
{
    script_plan(s, 71, s->now_ms + 1000, 1500);
    s->hide_prices = true;
}

static void other_amounts(struct script *s)
{
    dear(s);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_amounts(s, 1, 1500);
    s->orders[0].amounts = (struct view){0};
}

static void sell_comp(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    give_comp(s, 0);
}

static void comp_without_amounts(struct script *s)
{
    sell_comp(s);
    script_last(s)->amount_count = 0;
}

static void comp_that_costs(struct script *s)
{
    sell_comp(s);
    script_amounts(s, 0, 1000);
}

static void comp_by_a_payment(struct script *s)
{
    sell_comp(s);
    script_last(s)->payment_id = script_id(900);
}

const struct broken_rule broken_price_rules[] = {
    {"comp_without_amounts", comp_without_amounts, "or none where it does not"},
    {"comp_that_costs", comp_that_costs, "is sold for 1000, and costs 0"},
    {"comp_by_a_payment", comp_by_a_payment, "has a payment, but is not paid by one"},
    {"hold_by_an_old_list", hold_by_an_old_list, "by price list 0, where list 1 is valid"},
    {"hold_by_a_list_to_come", hold_by_a_list_to_come, "by price list 1, where list 0 is valid"},
    {"sell_at_the_price_of_now", sell_at_the_price_of_now, "sold by price list 1, held by list 0"},
    {"sell_at_the_price_of_before", sell_at_the_price_of_before, "sold by price list 0, held by"},
    {"sell_for_another_sum", sell_for_another_sum, "sold for 1001, where 1000 was promised"},
    {"sell_for_another_amount", sell_for_another_amount, "is sold for 1499, and costs 1500"},
    {"sell_without_amounts", sell_without_amounts, "or none where it does not"},
    {"extend_by_another_list", extend_by_another_list, "is extended by another price list"},
    {"lists_with_a_gap", lists_with_a_gap, "price list 2 follows list 0"},
    {"list_again", list_again, "price list 1 follows list 1"},
    {"list_of_another_hall", list_of_another_hall, "price list 1 is none"},
    {"list_of_less_than_nothing", list_of_less_than_nothing, "price list 1 is none"},
    {"list_that_is_hidden", list_that_is_hidden, "0 price lists, 1 by the ledger"},
    {"plan_for_a_time_that_is_over", plan_for_a_time_that_is_over, "is for a time that is over"},
    {"plan_again", plan_again, "was made before"},
    {"plan_of_nothing", plan_of_nothing, "is none"},
    {"plan_end_of_none", plan_end_of_none, "is taken back, but does not wait"},
    {"plan_before_its_time", plan_before_its_time, "becomes valid before its time"},
    {"plan_at_another_price", plan_at_another_price, "becomes valid with other prices"},
    {"plan_that_does_not_wait", plan_that_does_not_wait, "becomes valid, but does not wait"},
    {"plan_twice", plan_twice, "becomes valid, but does not wait"},
    {"plan_that_is_hidden", plan_that_is_hidden, "0 price plans wait, 1 by the ledger"},
    {"hidden_without_a_code", hidden_without_a_code, "that price list 1 does not allow"},
    {"hidden_with_another_code", hidden_with_another_code, "that price list 1 does not allow"},
    {"code_that_is_none", code_that_is_none, "which price list 1 does not have"},
    {"code_of_more_than_were_generated", code_of_more_than_were_generated, "is not good then"},
    {"code_too_late", code_too_late, "with code 3, which is not good then"},
    {"code_overdrawn", code_overdrawn, "code 3 is used for more places than it has"},
    {"code_overdrawn_by_one", code_overdrawn_by_one, "for more places of an account, or person"},
    {"voucher_twice", voucher_twice, "code 7 is used for more places than it has"},
    {"code_by_a_sale", code_by_a_sale, "with other price types than held"},
    {"code_without_its_discount", code_without_its_discount, "for 1350, and costs 1300"},
    {"code_that_the_table_forgets", code_that_the_table_forgets, "its price by place is not"},
    {"hold_of_no_type", hold_of_no_type, "price types that price list 1 does not allow"},
    {"hold_of_too_many", hold_of_too_many, "price types that price list 1 does not allow"},
    {"hold_of_a_companion_alone", hold_of_a_companion_alone, "that price list 1 does not allow"},
    {"type_of_the_first_list", type_of_the_first_list, "that price list 0 does not allow"},
    {"choose_for_nothing", choose_for_nothing, "which is not live"},
    {"choose_for_another", choose_for_another, "with another account or other seats"},
    {"choose_too_late", choose_too_late, "after it has expired"},
    {"choose_and_prolong", choose_and_prolong, "and its time changes"},
    {"choose_by_another_list", choose_by_another_list, "by another price list than the hold's"},
    {"choose_what_is_not_had", choose_what_is_not_had, "that price list 1 does not allow"},
    {"extend_with_other_types", extend_with_other_types, "or with other types"},
    {"sell_with_other_types", sell_with_other_types, "with other price types than held"},
    {"sell_a_child_as_dear", sell_a_child_as_dear, "is sold for 1500, and costs 700"},
    {"types_with_a_gap", types_with_a_gap, "price list 1 is none"},
    {"types_for_nobody", types_for_nobody, "price list 1 is none"},
    {"other_types_in_the_table", other_types_in_the_table, "its price by place is not what"},
    {"other_amounts", other_amounts, "its price by place is not what the ledger says"},
};
const size_t broken_price_rule_count = sizeof(broken_price_rules) / sizeof(broken_price_rules[0]);
