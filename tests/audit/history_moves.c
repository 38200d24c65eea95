/* Tickets that move: a good history, and each way to break the rule. */
#include "history.h"

static struct view keep(struct view record, uint8_t bytes[STORE_MOVED_MAX])
{
    memcpy(bytes, record.at, record.len);
    return view_of(bytes, record.len);
}

void history_write_moves(struct store *store)
{
    struct script *s = script_new(store, script_performance(store, 50, 8));
    uint8_t bytes[STORE_MOVED_MAX];
    script_state(s, OPEN);
    script_hold(s, 801, 11, SEATS(1, 2, 3), NULL);
    script_prices(s, 1, 1500);
    script_hold(s, 802, 12, SEATS(5, 6), NULL);
    script_last(s)->price_list = 1;
    history_commit(s);
    script_sell(s, 81, 801, 11, SEATS(1, 2, 3), NULL);
    script_sell(s, 82, 802, 12, SEATS(5, 6), NULL);
    script_amounts(s, 1, 1500);
    history_commit(s);
    script_give_back(s, 81, 11, SEATS(2), SEATS(1, 3));
    history_commit(s);
    const struct change *first = script_move(s, 81, 11, SEATS(1, 3), SEATS(20, 4), SEATS(4, 20),
                                             script_amounts_of(s, 0, SEATS(1, 3), 1000));
    const struct view record = keep(first->record, bytes);
    script_last(s)->rest_until_ms = s->now_ms + SCRIPT_REST_MS;
    script_move(s, 82, 12, SEATS(5), SEATS(30), SEATS(6, 30),
                script_amounts_of(s, 1, SEATS(5, 6), 1500));
    script_hold(s, 803, 13, SEATS(5), NULL); /* it is free, and did not rest */
    script_last(s)->price_list = 1;
    history_commit(s);
    script_move(s, 81, 11, SEATS(20), SEATS(40), SEATS(4, 40), record);
    history_commit(s);
    script_give_back(s, 81, 11, SEATS(4), SEATS(40));
    script_cancel(s, 82, 12, SEATS(6, 30));
    history_commit(s);
    script_free(s);
}

/* Order 1 of account 11 has seats 4 and 5, by the first list. */
static void order(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_sell(s, 1, 101, 11, SEATS(4, 5), NULL);
    assert(script_commit(s) == 0);
}

static struct change *move_4(struct script *s, uint64_t account, uint32_t to)
{
    return script_move(s, 1, account, SEATS(4), SEATS(to), SEATS(5, to),
                       script_amounts_of(s, 0, SEATS(4, 5), 1000));
}

static void move_nothing(struct script *s)
{
    move_4(s, 11, 8);
    s->cancel_count = 0;
}

static void move_another_s(struct script *s)
{
    order(s);
    move_4(s, 12, 8);
}

static void move_others(struct script *s)
{
    order(s);
    script_move(s, 1, 11, SEATS(4), SEATS(8), SEATS(6, 8),
                script_amounts_of(s, 0, SEATS(4, 5), 1000));
    s->cancel_count = 0;
}

static void move_to_what_is_held(struct script *s)
{
    order(s);
    script_hold(s, 102, 12, SEATS(8), NULL);
    move_4(s, 11, 8);
}

static void move_to_what_is_sold(struct script *s)
{
    order(s);
    script_hold(s, 102, 12, SEATS(8), NULL);
    script_sell(s, 2, 102, 12, SEATS(8), NULL);
    assert(script_commit(s) == 0);
    move_4(s, 11, 8);
    s->cancel_count = 0;
}

static void move_to_what_is_kept_back(struct script *s)
{
    order(s);
    script_block(s, 701, SEATS(8), 0);
    move_4(s, 11, 8);
}

static void move_to_what_rests(struct script *s)
{
    order(s);
    script_hold(s, 102, 12, SEATS(8), NULL);
    script_release(s, 102);
    script_last(s)->rest_until_ms = s->now_ms + SCRIPT_REST_MS;
    move_4(s, 11, 8);
}

static void move_outside(struct script *s)
{
    order(s);
    move_4(s, 11, 200);
    s->cancel_count = 0;
}

static void move_back(struct script *s)
{
    order(s);
    move_4(s, 11, 8);
    assert(script_commit(s) == 0);
    script_move(s, 1, 11, SEATS(8), SEATS(4), SEATS(4, 5),
                script_amounts_of(s, 0, SEATS(8, 5), 1000));
}

static void move_for_nothing(struct script *s)
{
    order(s);
    move_4(s, 11, 8)->difference = -1;
}

static void move_and_cost_more(struct script *s)
{
    order(s);
    script_move(s, 1, 11, SEATS(4), SEATS(8), SEATS(5, 8),
                script_amounts_of(s, 0, SEATS(4, 5), 1001));
}

static void move_and_rest_too_long(struct script *s)
{
    order(s);
    move_4(s, 11, 8)->rest_until_ms = s->now_ms + SCRIPT_REST_MS + 1;
}

static void move_to_what_is_not_left(struct script *s)
{
    order(s);
    move_4(s, 11, 8)->to[0] = 9;
}

const struct broken_rule broken_move_rules[] = {
    {"move_nothing", move_nothing, "move, but it is not confirmed"},
    {"move_another_s", move_another_s, "move for another account"},
    {"move_others", move_others, "the seats that tickets move from and that are left"},
    {"move_to_what_is_held", move_to_what_is_held, "moves to seat 8, which is held"},
    {"move_to_what_is_sold", move_to_what_is_sold, "moves to seat 8, which is sold"},
    {"move_to_what_is_kept_back", move_to_what_is_kept_back, "moves to seat 8, which is kept back"},
    {"move_to_what_rests", move_to_what_rests, "moves to seat 8, which rests"},
    {"move_outside", move_outside, "seat 200 is not in the hall"},
    {"move_back", move_back, "moves to a place that it had before"},
    {"move_for_nothing", move_for_nothing, "places that cost 0 more are said to cost -1 more"},
    {"move_and_cost_more", move_and_cost_more, "is said to cost what it does not"},
    {"move_and_rest_too_long", move_and_rest_too_long, "a rest of 5001 ms"},
    {"move_to_what_is_not_left", move_to_what_is_not_left, "its body cannot be read"},
};
const size_t broken_move_rule_count = sizeof(broken_move_rules) / sizeof(broken_move_rules[0]);
