/* What a history says of prices, and the ways to spoil it. */
#include "err/err.h"
#include "history.h"

void history_commit(struct script *s)
{
    int rc = script_commit(s);
    assert(rc == 0);
    s->now_ms += 1000;
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
    script_give_back(s, 8, 12, SEATS(3), SEATS(4)); /* its amounts stay */
    history_commit(s);
    script_free(s);
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

static void other_amounts(struct script *s)
{
    dear(s);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_amounts(s, 1, 1500);
    s->orders[0].amounts = (struct view){0};
}

const struct broken_rule broken_price_rules[] = {
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
    {"other_amounts", other_amounts, "its price by place is not what the ledger says"},
};
const size_t broken_price_rule_count = sizeof(broken_price_rules) / sizeof(broken_price_rules[0]);
