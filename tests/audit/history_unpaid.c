/* Unpaid orders that are paid later: a good history, and each way to break the rule. */
#include "history.h"

void history_write_unpaid(struct store *store)
{
    struct script *s = script_new(store, script_performance(store, 50, 8));
    script_state(s, OPEN);
    script_hold(s, 901, 11, SEATS(1, 2, 3), NULL);
    history_commit(s);
    script_sell(s, 91, 901, 11, SEATS(1, 2, 3), NULL);
    history_commit(s);
    script_give_back(s, 91, 11, SEATS(2), SEATS(1, 3));
    history_commit(s);
    script_move(s, 91, 11, SEATS(3), SEATS(20), SEATS(1, 20),
                script_amounts_of(s, 0, SEATS(1, 3), 1000));
    history_commit(s);
    script_collect(s, 91, 11, 2000);
    history_commit(s);
    script_cancel(s, 91, 11, SEATS(1, 20));
    history_commit(s);
    script_free(s);
}

/* Order 1 of account 11 has seats 4 and 5, which cost 1000 each. */
static void order(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_sell(s, 1, 101, 11, SEATS(4, 5), NULL);
    assert(script_commit(s) == 0);
}

static void collect_nothing(struct script *s)
{
    script_collect(s, 1, 11, 2000);
    s->collect_count = 0;
}

static void collect_twice(struct script *s)
{
    order(s);
    script_collect(s, 1, 11, 2000);
    assert(script_commit(s) == 0);
    script_collect(s, 1, 11, 2000);
    s->collect_count = 0;
}

static void collect_what_is_cancelled(struct script *s)
{
    order(s);
    script_cancel(s, 1, 11, SEATS(4, 5));
    assert(script_commit(s) == 0);
    script_collect(s, 1, 11, 2000);
    s->collect_count = 0;
}

static void collect_for_another(struct script *s)
{
    order(s);
    script_collect(s, 1, 12, 2000);
}

static void collect_less(struct script *s)
{
    order(s);
    script_collect(s, 1, 11, 1999);
}

static void collect_by_card(struct script *s)
{
    order(s);
    script_collect(s, 1, 11, 2000)->payment_method = 2;
    s->collects[0].payment_method = 2;
}

const struct broken_rule broken_unpaid_rules[] = {
    {"collect_nothing", collect_nothing, "is collected, but owes nothing"},
    {"collect_twice", collect_twice, "is collected, but owes nothing"},
    {"collect_what_is_cancelled", collect_what_is_cancelled, "is collected, but owes nothing"},
    {"collect_for_another", collect_for_another, "is collected for another account"},
    {"collect_less", collect_less, "is collected for 1999, and owes 2000"},
    {"collect_by_card", collect_by_card, "otherwise than at the box office"},
};
const size_t broken_unpaid_rule_count =
    sizeof(broken_unpaid_rules) / sizeof(broken_unpaid_rules[0]);
