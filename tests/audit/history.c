#include "history.h"

#include "err/err.h"

static void rested(struct script *s, struct script_seats seats)
{
    struct change change = {.kind = CHANGE_RESTED, .seat_count = (uint32_t)seats.count};
    memcpy(change.seats, seats.at, seats.count * sizeof(*seats.at));
    script_change(s, &change);
}

static void write_first(struct store *store)
{
    uint32_t id = script_performance(store, 200, 4);
    struct script *s = script_new(store, id);
    script_state(s, OPEN);
    history_commit(s); /* row 1 */
    script_hold(s, 101, 11, SEATS(120, 121), "k1");
    script_hold(s, 102, 12, SEATS(5), NULL);
    script_hold(s, 103, 13, SEATS(7, 8, 9), "k1");
    history_commit(s); /* row 2 */
    script_sell(s, 1, 101, 11, SEATS(120, 121), "k2");
    script_release(s, 102);
    history_commit(s); /* row 3 */
    script_free(s);
    s = script_new(store, id); /* another owner takes over */
    s->now_ms = SCRIPT_START_MS + 10000;
    script_hold(s, 104, 12, SEATS(5), NULL);
    script_sell(s, 2, 104, 12, SEATS(5), NULL);
    script_hold(s, 105, 11, SEATS(0, 199), "k3");
    script_extend(s, 105, 11, SEATS(0, 199), 10000);
    for (uint32_t stage = CHANGE_STAGE_STARTING; stage <= CHANGE_STAGE_PAYING; stage++) {
        struct change more = {.kind = CHANGE_EXTEND,
                              .hold_id = script_id(105),
                              .account_id = script_id(11),
                              .seat_count = 2,
                              .seats = {0, 199},
                              .stage = stage,
                              .expires_at_ms = s->now_ms + SCRIPT_TTL_MS + 10000 + 10000 * stage};
        script_change(s, &more);
    }
    script_give_back(s, 1, 11, SEATS(120), SEATS(121));
    history_commit(s); /* row 4 */
    s->now_ms += SCRIPT_TTL_MS + 30000;
    script_expire(s, 103);
    script_expire(s, 105);
    script_cancel(s, 1, 11, SEATS(121));
    script_hold(s, 106, 14, SEATS(120), NULL);
    history_commit(s); /* row 5 */
    script_state(s, PAUSED);
    script_sell(s, 3, 106, 14, SEATS(120), NULL);
    script_order_key(s, 3, 14, "k1");
    script_order_key(s, 1, 11, "k4"); /* cancelled meanwhile */
    history_commit(s);                /* row 6 */
    s->now_ms += SCRIPT_TTL_MS + LEDGER_KEY_KEEP_MS;
    script_state(s, OPEN);
    script_hold(s, 107, 11, SEATS(150), "k1"); /* the key is old enough to be used again */
    history_commit(s);                         /* row 7: a hold that is live */
    script_free(s);
}

static void set_clock(struct script *s, int64_t before_ms)
{
    script_change(s, &(struct change){.kind = CHANGE_CLOCK, .before_ms = before_ms});
}

/* Served with the clock a day ahead, once. */
static void write_a_day_ahead(struct store *store)
{
    struct script *s = script_new(store, script_performance(store, 50, 8));
    s->now_ms += 86400000;
    script_state(s, OPEN);
    script_hold(s, 401, 11, SEATS(7), "k1");
    history_commit(s);
    const int64_t before_ms = s->now_ms - 1000;
    s->now_ms = SCRIPT_START_MS;
    set_clock(s, before_ms);
    history_commit(s);
    script_hold(s, 402, 11, SEATS(7), "k1"); /* the seat is free, and the key was forgotten */
    history_commit(s);
    script_free(s);
}

/* Every way in which places come free, and rest. */
static void write_rests(struct store *store)
{
    struct script *s = script_new(store, script_performance(store, 50, 8));
    script_state(s, OPEN);
    script_hold(s, 501, 11, SEATS(1, 2), NULL);
    script_hold(s, 502, 12, SEATS(3), NULL);
    script_hold(s, 503, 13, SEATS(5, 6), NULL);
    script_sell(s, 5, 503, 13, SEATS(5, 6), NULL);
    script_release(s, 501);
    script_last(s)->rest_until_ms = s->now_ms + SCRIPT_REST_MS;
    history_commit(s);
    script_give_back(s, 5, 13, SEATS(5), SEATS(6));
    script_last(s)->rest_until_ms = s->now_ms + 1;
    history_commit(s);
    script_cancel(s, 5, 13, SEATS(6));
    script_last(s)->rest_until_ms = s->now_ms + SCRIPT_REST_MS;
    rested(s, SEATS(5));
    script_hold(s, 504, 12, SEATS(5), NULL);
    history_commit(s);
    s->now_ms += SCRIPT_TTL_MS;
    rested(s, SEATS(1, 2));
    rested(s, SEATS(6));
    script_expire(s, 502);
    script_last(s)->rest_until_ms = s->now_ms + SCRIPT_REST_MS;
    history_commit(s);
    script_free(s);
}

/* Places are kept back by hand and for a time, in a draft too; what comes back rests. */
static void write_blocks(struct store *store)
{
    struct script *s = script_new(store, script_performance(store, 50, 8));
    script_block(s, 701, SEATS(1, 2, 3), 0);
    script_block(s, 702, SEATS(10), s->now_ms + 5000);
    history_commit(s);
    script_state(s, OPEN);
    script_hold(s, 601, 11, SEATS(4), NULL);
    script_unblock(s, 701, SEATS(2), false);
    script_last(s)->rest_until_ms = s->now_ms + SCRIPT_REST_MS;
    history_commit(s);
    s->now_ms += SCRIPT_REST_MS;
    script_unblock(s, 702, SEATS(10), true);
    rested(s, SEATS(2));
    script_hold(s, 602, 12, SEATS(2, 10), NULL);
    history_commit(s);
    script_free(s);
}

void history_write(struct store *store)
{
    write_first(store);
    struct script *s = script_new(store, script_performance(store, 50, 8));
    script_state(s, OPEN);
    script_hold(s, 201, 11, SEATS(0, 1, 2, 3, 4, 5, 6, 7), "k1");
    script_sell(s, 4, 201, 11, SEATS(0, 1, 2, 3, 4, 5, 6, 7), NULL);
    history_commit(s);
    script_free(s);
    script_performance(store, 50, 8); /* one without a row */
    write_a_day_ahead(store);
    write_rests(store);
    write_blocks(store);
    history_write_prices(store);
    history_write_persons(store);
    history_write_waiting(store);
    history_write_comps(store);
    history_write_moves(store);
    history_write_unpaid(store);
}

/* The tables refuse what the ledger here claims: leave the last order out of them. */
static void hide_order(struct script *s)
{
    s->order_count--;
    s->sale_count -= s->orders[s->order_count].seats.len / 4;
}

static void hold_held_seat(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_hold(s, 102, 12, SEATS(3, 4), NULL);
}

static void hold_sold_seat(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_hold(s, 102, 12, SEATS(4), NULL);
}

static void hold_outside(struct script *s)
{
    script_hold(s, 101, 11, SEATS(200), NULL);
}

static void hold_twice(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_release(s, 101);
    script_hold(s, 101, 11, SEATS(5), NULL);
}

static void hold_while_paused(struct script *s)
{
    script_state(s, PAUSED);
    script_hold(s, 101, 11, SEATS(4), NULL);
}

static void hold_too_long(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_last(s)->expires_at_ms++;
}

static void hold_no_time(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_last(s)->expires_at_ms = s->now_ms;
}

static void hold_for_ever(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_last(s)->at_ms = INT64_MIN;
    script_last(s)->expires_at_ms = INT64_MAX;
}

/* Seats 4 and 5 rest. */
static void let_rest(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_release(s, 101);
    script_last(s)->rest_until_ms = s->now_ms + SCRIPT_REST_MS;
}

static void hold_what_rests(struct script *s)
{
    let_rest(s);
    script_hold(s, 102, 12, SEATS(5), NULL);
}

static void rest_too_long(struct script *s)
{
    let_rest(s);
    script_last(s)->rest_until_ms++;
}

static void rest_before_it_begins(struct script *s)
{
    let_rest(s);
    script_last(s)->rest_until_ms = s->now_ms;
}

static void rested_too_early(struct script *s)
{
    let_rest(s);
    s->now_ms += SCRIPT_REST_MS - 1;
    rested(s, SEATS(4, 5));
}

static void rested_without_rest(struct script *s)
{
    let_rest(s);
    s->now_ms += SCRIPT_REST_MS;
    rested(s, SEATS(4, 6));
}

static void rested_twice(struct script *s)
{
    let_rest(s);
    s->now_ms += SCRIPT_REST_MS;
    rested(s, SEATS(4));
    rested(s, SEATS(4));
}

static void hold_what_is_kept_back(struct script *s)
{
    script_block(s, 701, SEATS(4, 5), 0);
    script_hold(s, 101, 11, SEATS(5, 6), NULL);
}

static void sell_what_is_kept_back(struct script *s)
{
    script_block(s, 701, SEATS(4), 0);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
}

static void block_what_is_held(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_block(s, 701, SEATS(4), 0);
}

static void block_what_rests(struct script *s)
{
    let_rest(s);
    script_block(s, 701, SEATS(4), 0);
}

static void block_twice(struct script *s)
{
    script_block(s, 701, SEATS(4), 0);
    script_block(s, 702, SEATS(4), 0);
    s->hide_blocks = true;
}

static void block_outside(struct script *s)
{
    script_block(s, 701, SEATS(200), 0);
    s->hide_blocks = true;
}

static void block_until_before(struct script *s)
{
    script_block(s, 701, SEATS(4), s->now_ms);
}

static void block_without_reason(struct script *s)
{
    script_block(s, 701, SEATS(4), 0);
    script_last(s)->reason_len = 0;
}

static void unblock_nothing(struct script *s)
{
    script_unblock(s, 701, SEATS(4), false);
    s->hide_blocks = true;
}

static void unblock_another_s(struct script *s)
{
    script_block(s, 701, SEATS(4), 0);
    script_unblock(s, 702, SEATS(4), false);
    s->hide_blocks = true;
}

static void unblock_before_the_time(struct script *s)
{
    script_block(s, 701, SEATS(4), s->now_ms + 1000);
    assert(script_commit(s) == 0);
    s->now_ms += 999;
    script_unblock(s, 701, SEATS(4), true);
}

static void unblock_by_no_time(struct script *s)
{
    script_block(s, 701, SEATS(4), 0);
    assert(script_commit(s) == 0);
    script_unblock(s, 701, SEATS(4), true);
}

static void extend_nothing(struct script *s)
{
    script_extend(s, 101, 11, SEATS(4), 1);
}

static void extend_backwards(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_extend(s, 101, 11, SEATS(4), 0);
}

static void extend_for_ever(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_extend(s, 101, 11, SEATS(4), LEDGER_EXTEND_MAX_MS + 1);
}

/* At most five minutes, and once: of a payment that begins, and of a buyer who pays. */
static void extend_at(struct script *s, uint32_t stage, int64_t more_ms)
{
    struct change change = {.kind = CHANGE_EXTEND,
                            .hold_id = script_id(101),
                            .account_id = script_id(11),
                            .seat_count = 1,
                            .seats = {4},
                            .stage = stage,
                            .expires_at_ms = s->now_ms + SCRIPT_TTL_MS + more_ms};
    script_change(s, &change);
}

static void extend_for_a_start(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    extend_at(s, CHANGE_STAGE_PAYING, 1);
    extend_at(s, CHANGE_STAGE_STARTING, LEDGER_START_MAX_MS + 1);
}

static void extend_twice(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    extend_at(s, CHANGE_STAGE_PAYING, 1);
    extend_at(s, CHANGE_STAGE_PAYING, 2);
}

static void extend_at_no_stage(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    extend_at(s, CHANGE_STAGE_LATER + 1, 1);
}

static void extend_other_seats(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_extend(s, 101, 11, SEATS(5), 1);
}

static void extend_another_s(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_extend(s, 101, 12, SEATS(4), 1);
}

static void extend_too_late(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    s->now_ms += SCRIPT_TTL_MS;
    script_extend(s, 101, 11, SEATS(4), 1);
}

static void card_without_payment(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_last(s)->payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_CARD;
    s->orders[s->order_count - 1].payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_CARD;
}

static void payment_without_card(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_last(s)->payment_id = script_id(900);
}

static void too_many_places(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5, 6), NULL);
    script_sell(s, 1, 101, 11, SEATS(4, 5, 6), NULL);
    script_hold(s, 102, 11, SEATS(7, 8), NULL);
}

static void key_again(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), "k");
    script_sell(s, 1, 101, 11, SEATS(4), "k");
}

static void key_of_an_order_again(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), "k");
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_order_key(s, 1, 11, "k");
}

static void key_of_no_order(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_order_key(s, 101, 11, "k");
}

static void key_of_another_s_order(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_order_key(s, 1, 12, "k");
}

static void order_key_without_key(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_order_key(s, 1, 11, NULL);
}

static void release_nothing(struct script *s)
{
    script_release(s, 101);
}

static void release_twice(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_release(s, 101);
    script_release(s, 101);
}

static void expire_early(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    s->now_ms += SCRIPT_TTL_MS - 1;
    script_expire(s, 101);
}

static void sell_without_hold(struct script *s)
{
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
}

static void sell_late(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    s->now_ms += SCRIPT_TTL_MS;
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
}

static void sell_to_another(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 12, SEATS(4), NULL);
}

static void sell_a_part(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
}

static void sell_other_seats(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_sell(s, 1, 101, 11, SEATS(4, 6), NULL);
}

static void sell_a_held_seat(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_hold(s, 102, 12, SEATS(5), NULL);
    script_sell(s, 1, 102, 12, SEATS(4), NULL);
}

static void sell_twice(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_sell(s, 2, 101, 11, SEATS(4), NULL);
    hide_order(s);
}

static void order_again(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    script_hold(s, 102, 11, SEATS(5), NULL);
    script_sell(s, 1, 102, 11, SEATS(5), NULL);
    hide_order(s);
}

static void sell_outside(struct script *s)
{
    script_sell(s, 1, 101, 11, SEATS(4, 200), NULL);
}

static void cancel_nothing(struct script *s)
{
    script_cancel(s, 1, 11, SEATS(4));
    s->cancel_count = 0;
}

static void cancel_another_s(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    assert(script_commit(s) == 0);
    script_cancel(s, 1, 12, SEATS(4));
}

static void cancel_a_part(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_sell(s, 1, 101, 11, SEATS(4, 5), NULL);
    script_cancel(s, 1, 11, SEATS(4));
    s->cancel_count = 0;
}

static void give_back_nothing(struct script *s)
{
    script_give_back(s, 1, 11, SEATS(4), SEATS(5));
    s->cancel_count = 0;
}

static void give_back_another_s(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_sell(s, 1, 101, 11, SEATS(4, 5), NULL);
    assert(script_commit(s) == 0);
    script_give_back(s, 1, 12, SEATS(4), SEATS(5));
}

static void give_back_others(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5), NULL);
    script_sell(s, 1, 101, 11, SEATS(4, 5), NULL);
    script_give_back(s, 1, 11, SEATS(4), SEATS(6));
    s->cancel_count = 0;
}

static void no_state(struct script *s)
{
    script_state(s, 9);
}

static void draft_again(struct script *s)
{
    script_state(s, DRAFT);
}

static void open_again(struct script *s)
{
    script_state(s, OPEN);
}

static void draft_after_a_pause(struct script *s)
{
    script_state(s, PAUSED);
    script_state(s, DRAFT);
}

static void clock_among_others(struct script *s)
{
    set_clock(s, s->now_ms);
    script_hold(s, 101, 11, SEATS(4), NULL);
}

static void clock_from_another_time(struct script *s)
{
    set_clock(s, s->now_ms + 7);
}

/* A hold from before the clock was set is over. */
static void sell_after_the_clock(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    assert(script_commit(s) == 0);
    set_clock(s, s->now_ms);
    assert(script_commit(s) == 0);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
}

static void backwards(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_hold(s, 102, 12, SEATS(5), NULL);
    script_last(s)->at_ms--;
}

static void ahead_of_its_row(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_last(s)->at_ms++;
}

static void other_total(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    s->orders[0].total = 1;
}

static void no_order(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    hide_order(s);
}

static void zero_account(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_last(s)->account_id = (struct id){0};
}

const struct broken_rule broken_rules[] = {
    {"hold_held_seat", hold_held_seat, "row 2, entry 2: seat 4 is held twice"},
    {"hold_sold_seat", hold_sold_seat, "row 2, entry 3: seat 4 is held while it is sold"},
    {"hold_outside", hold_outside, "seat 200 is not in the hall"},
    {"hold_twice", hold_twice, "entry 3: hold"},
    {"hold_while_paused", hold_while_paused, "a hold in a sale of state 3"},
    {"hold_too_long", hold_too_long, "a hold of 300001 ms"},
    {"hold_no_time", hold_no_time, "has expired when it is made"},
    {"hold_for_ever", hold_for_ever, "longer than the performance's"},
    {"hold_what_rests", hold_what_rests, "seat 5 is held while it rests"},
    {"rest_too_long", rest_too_long, "a rest of 5001 ms, where the performance says 5000"},
    {"rest_before_it_begins", rest_before_it_begins, "a rest of 0 ms"},
    {"rested_too_early", rested_too_early, "seat 4 has rested 1 ms before its time"},
    {"rested_without_rest", rested_without_rest, "seat 6 has rested, but did not rest"},
    {"rested_twice", rested_twice, "seat 4 has rested, but did not rest"},
    {"hold_what_is_kept_back", hold_what_is_kept_back, "seat 5 is held while it is kept back"},
    {"sell_what_is_kept_back", sell_what_is_kept_back, "seat 4 is sold while it is kept back"},
    {"block_what_is_held", block_what_is_held, "seat 4 is kept back while hold"},
    {"block_what_rests", block_what_rests, "seat 4 is kept back while it rests"},
    {"block_twice", block_twice, "seat 4 is kept back twice"},
    {"block_outside", block_outside, "seat 200 is not in the hall"},
    {"block_until_before", block_until_before, "until a time that is over"},
    {"block_without_reason", block_without_reason, "its body cannot be read"},
    {"unblock_nothing", unblock_nothing, "seat 4 is not kept back by block"},
    {"unblock_another_s", unblock_another_s, "seat 4 is not kept back by block"},
    {"unblock_before_the_time", unblock_before_the_time, "by its time, which is not over"},
    {"unblock_by_no_time", unblock_by_no_time, "by its time, which is not over"},
    {"extend_nothing", extend_nothing, "is extended, but is not live"},
    {"extend_backwards", extend_backwards, "is extended to an earlier time"},
    {"extend_for_ever", extend_for_ever, "is extended to 1260001 ms in all"},
    {"extend_for_a_start", extend_for_a_start, "is extended to 600001 ms in all"},
    {"extend_twice", extend_twice, "is extended once more for a buyer who pays"},
    {"extend_at_no_stage", extend_at_no_stage, "at a stage that there is not"},
    {"extend_other_seats", extend_other_seats, "with another account or other seats"},
    {"extend_another_s", extend_another_s, "with another account or other seats"},
    {"extend_too_late", extend_too_late, "is extended after it has expired"},
    {"card_without_payment", card_without_payment, "is paid without a payment"},
    {"payment_without_card", payment_without_card, "has a payment, but is not paid by one"},
    {"too_many_places", too_many_places, "5 places, more than the 4"},
    {"key_again", key_again, "key of the account was used before"},
    {"key_of_an_order_again", key_of_an_order_again, "key of the account was used before"},
    {"key_of_no_order", key_of_no_order, "which was never placed"},
    {"key_of_another_s_order", key_of_another_s_order, "entry 3: a key of order"},
    {"order_key_without_key", order_key_without_key, "its body cannot be read"},
    {"release_nothing", release_nothing, "is not live"},
    {"release_twice", release_twice, "entry 3: hold"},
    {"expire_early", expire_early, "1 ms before its time"},
    {"sell_without_hold", sell_without_hold, "sold without a live hold"},
    {"sell_late", sell_late, "which has expired"},
    {"sell_to_another", sell_to_another, "another account's"},
    {"sell_a_part", sell_a_part, "the seats sold are not those of hold"},
    {"sell_other_seats", sell_other_seats, "the seats sold are not those of hold"},
    {"sell_a_held_seat", sell_a_held_seat, "seat 4 is sold while another hold has it"},
    {"sell_twice", sell_twice, "entry 3: seat 4 is sold twice"},
    {"order_again", order_again, "was placed before"},
    {"sell_outside", sell_outside, "seat 200 is not in the hall"},
    {"cancel_nothing", cancel_nothing, "is not confirmed"},
    {"cancel_another_s", cancel_another_s, "cancelled by another account"},
    {"cancel_a_part", cancel_a_part, "the seats cancelled are not those"},
    {"give_back_nothing", give_back_nothing, "it is not confirmed"},
    {"give_back_another_s", give_back_another_s, "are given back by another account"},
    {"give_back_others", give_back_others, "the seats given back and left are not those"},
    {"no_state", no_state, "the sale goes from state 2 to 9"},
    {"draft_again", draft_again, "the sale goes from state 2 to 1"},
    {"open_again", open_again, "the sale goes from state 2 to 2"},
    {"draft_after_a_pause", draft_after_a_pause, "the sale goes from state 3 to 1"},
    {"clock_among_others", clock_among_others, "a clock change is not alone in its row"},
    {"clock_from_another_time", clock_from_another_time, "which is not the time before"},
    {"sell_after_the_clock", sell_after_the_clock, "sold without a live hold"},
    {"backwards", backwards, "its time is before the entry's before"},
    {"ahead_of_its_row", ahead_of_its_row, "its time is after the row's"},
    {"other_total", other_total, "its total is not what the ledger says"},
    {"no_order", no_order, "is in the ledger, but not among the orders"},
    {"zero_account", zero_account, "its body cannot be read"},
};
const size_t broken_rule_count = sizeof(broken_rules) / sizeof(broken_rules[0]);
