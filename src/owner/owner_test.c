/* Every answer that owner.h documents, one at a time, in virtual time over the store in memory. */
#include "owner/owner.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

#include "owner/stage_test.h"
#include "owner/state.h"
#include "store/wrap/fault.h"

#define TTL_MS     1000
#define PLACES_MAX 4

/* Six seats in two rows (0–2 and 3–5), and ten places that stand (6–15) in section 1. */
static const char *const rows[] = {"...", "..|.", NULL};
#define STANDING 10
#define FLOOR    1

static struct stage stage;
static struct store *faulty;
static struct owner *owner;

static struct owner_ask ask_of(uint64_t account, enum owner_verb verb)
{
    return (struct owner_ask){.verb = verb, .account_id = stage_id(account)};
}

static struct owner_ask wish(uint64_t account, uint32_t count, const uint32_t *seats)
{
    struct owner_ask ask = ask_of(account, OWNER_HOLD);
    ask.seat_count = count;
    memcpy(ask.seats, seats, count * sizeof(*seats));
    return ask;
}
#define SEATS(...)                                                                                 \
    (uint32_t)(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)), (uint32_t[])                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static struct owner_ask wish_floor(uint64_t account, uint32_t quantity)
{
    struct owner_ask ask = ask_of(account, OWNER_HOLD);
    ask.area_count = 1;
    ask.areas[0] = (struct owner_area){FLOOR, quantity};
    return ask;
}

static void with_key(struct owner_ask *ask, const char *key, uint8_t request)
{
    ask->key = view_str(key);
    memset(ask->request_hash, request, sizeof(ask->request_hash));
}

static int ask_for(struct owner_ask ask, struct owner_ask *ret_ask)
{
    *ret_ask = ask;
    return owner_ask(owner, ret_ask);
}

static struct id held(struct owner_ask ask)
{
    assert_int_equal(owner_ask(owner, &ask), 0);
    return ask.hold.hold_id;
}

static int about(uint64_t account, enum owner_verb verb, struct id id)
{
    struct owner_ask ask = ask_of(account, verb);
    ask.hold_id = id;
    return owner_ask(owner, &ask);
}

static int set_sale(uint32_t state)
{
    struct owner_ask ask = ask_of(0, OWNER_SET_SALE);
    ask.sale_state = state;
    return owner_ask(owner, &ask);
}

static struct owner_figures figures(void)
{
    struct owner_figures f;
    owner_figures(owner, &f);
    return f;
}

static void start(void)
{
    owner = stage_owner(&stage, faulty, NULL);
    assert_true(stage_serving(owner));
}

static void restart(void)
{
    owner_stop(owner);
    start();
}

/* The next call to the store meets this. */
static void next_call(enum store_fault fault)
{
    store_fault_plan(
        faulty, &(struct store_fault_plan){.at = store_fault_count(faulty) + 1, .fault = fault});
}

static void run_one(void *arg)
{
    void (*body)(void) = *(void (**)(void))arg;
    start();
    body();
    owner_check(owner);
    owner_stop(owner);
}

static void play_in(struct stage_options options, void (*body)(void))
{
    options.seed = 7;
    stage_open(&stage, &options);
    assert_int_equal(store_fault_new(stage.mem, NULL, &faulty), 0);
    stage_run(&stage, run_one, &body);
    assert_int_equal(sched_fiber_count(stage.sched), 0); /* nobody waits for ever */
    store_free(faulty);
    stage_close(&stage);
}

static void play(uint32_t sale_state, void (*body)(void))
{
    play_in((struct stage_options){.rows = rows,
                                   .standing = STANDING,
                                   .hold_ttl_ms = TTL_MS,
                                   .places_max = PLACES_MAX,
                                   .sale_state = sale_state},
            body);
}

/* TEST(name): a test whose body runs in a fiber, before an owner of an open sale. */
#define TEST_IN(name, sale_state)                                                                  \
    static void name##_body(void);                                                                 \
    static void name(void **state)                                                                 \
    {                                                                                              \
        play(sale_state, name##_body);                                                             \
    }                                                                                              \
    static void name##_body(void)
#define TEST(name) TEST_IN(name, STAGE_OPEN)

/* ---- holding ---- */

TEST(a_hold_takes_seats_for_its_time)
{
    struct owner_ask ask;
    assert_int_equal(ask_for(wish(1, SEATS(3, 0, 1)), &ask), 0);
    assert_int_equal(ask.hold.count, 3);
    assert_memory_equal(ask.hold.seats, ((uint32_t[]){0, 1, 3}), 12); /* ascending */
    assert_int_equal(ask.total, 1000 + 1000 + 700);
    assert_true(id_eq(ask.hold.account_id, stage_id(1)));
    assert_int_equal(ask.hold.expires_at_ms, ask.at_ms + TTL_MS);
    assert_int_equal(ask.version, 1);
    const struct owner_figures f = figures();
    assert_int_equal(f.counts.held, 3);
    assert_int_equal(f.counts.free, 6 + STANDING - 3);
    assert_int_equal(f.version, 1);
}

TEST(a_taken_seat_is_refused_at_once_with_what_is_near)
{
    struct owner_ask ask;
    held(wish(1, SEATS(1)));
    assert_int_equal(ask_for(wish(2, SEATS(0, 1)), &ask), ERR_CONFLICT);
    assert_int_equal(ask.refusal.taken_count, 1);
    assert_int_equal(ask.refusal.taken[0], 1);
    assert_int_equal(ask.refusal.nearest_count, 2);
    assert_int_equal(figures().counts.held, 1); /* all or nothing */
}

TEST(what_is_out_of_range_is_invalid)
{
    struct owner_ask ask = wish(1, SEATS(0));
    assert_int_equal(ask_for(wish(1, SEATS(16)), &ask), ERR_INVALID);
    assert_int_equal(ask_for(wish(1, SEATS(2, 2)), &ask), ERR_INVALID);
    assert_int_equal(ask_for(ask_of(1, OWNER_HOLD), &ask), ERR_INVALID); /* nothing */
    assert_int_equal(ask_for(wish(1, SEATS(6)), &ask), ERR_INVALID);     /* stands: by quantity */
    assert_int_equal(ask_for(wish_floor(1, 0), &ask), ERR_INVALID);
    assert_int_equal(ask_for(wish_floor(1, 9), &ask), ERR_INVALID);
    ask = wish_floor(1, 1);
    ask.areas[0].section = 0; /* a seated one */
    assert_int_equal(owner_ask(owner, &ask), ERR_INVALID);
    ask = wish_floor(1, 1);
    ask.area_count = 2;
    ask.areas[1] = ask.areas[0];
    assert_int_equal(owner_ask(owner, &ask), ERR_INVALID);
    ask = wish(1, SEATS(0));
    ask.seat_count = SEATS_PARTY_MAX + 1;
    assert_int_equal(owner_ask(owner, &ask), ERR_INVALID);
    ask = wish_floor(1, 1);
    ask.area_count = SEATS_PARTY_MAX + 1;
    assert_int_equal(owner_ask(owner, &ask), ERR_INVALID);
    assert_int_equal(figures().version, 0);
}

static int ask_as_nobody(struct owner_ask ask)
{
    ask.account_id = (struct id){0};
    return owner_ask(owner, &ask);
}

/* A row of the ledger in nobody's name could not be read again. */
TEST(nobody_has_no_places)
{
    struct owner_ask hold = wish(1, SEATS(1)), about_order = ask_of(1, OWNER_ORDER);
    about_order.hold_id = held(wish(1, SEATS(0)));
    assert_int_equal(owner_ask(owner, &about_order), 0);
    const uint64_t version = figures().version;
    assert_int_equal(ask_as_nobody(hold), ERR_INVALID);
    assert_int_equal(ask_as_nobody(about_order), ERR_INVALID);
    about_order.verb = OWNER_RELEASE;
    assert_int_equal(ask_as_nobody(about_order), ERR_INVALID);
    about_order.verb = OWNER_KEEP_KEY;
    with_key(&about_order, "nobody's", 1);
    assert_int_equal(ask_as_nobody(about_order), ERR_INVALID);
    assert_int_equal(figures().version, version);
}

TEST(an_account_has_its_limit_over_holds_and_orders)
{
    struct owner_ask ask;
    const struct id first = held(wish(1, SEATS(0, 1)));
    assert_int_equal(about(1, OWNER_ORDER, first), 0);
    held(wish_floor(1, 1));
    assert_int_equal(ask_for(wish(1, SEATS(2, 3)), &ask), ERR_FULL);
    assert_int_equal(ask_for(wish(1, SEATS(2)), &ask), 0);
    assert_int_equal(ask_for(wish(1, SEATS(3)), &ask), ERR_FULL);
    restart();
    assert_int_equal(ask_for(wish(1, SEATS(3)), &ask), ERR_FULL); /* it is known after loading */
    assert_int_equal(ask_for(wish(2, SEATS(3)), &ask), 0);
}

TEST(standing_places_are_the_lowest_free_ones)
{
    struct owner_ask ask;
    assert_int_equal(ask_for(wish_floor(1, 3), &ask), 0);
    assert_memory_equal(ask.hold.seats, ((uint32_t[]){6, 7, 8}), 12);
    assert_int_equal(ask.total, 3 * 500);
    struct owner_ask mixed = wish_floor(2, 2);
    mixed.seat_count = 1;
    mixed.seats[0] = 2;
    assert_int_equal(ask_for(mixed, &ask), 0);
    assert_memory_equal(ask.hold.seats, ((uint32_t[]){2, 9, 10}), 12);
    held(wish_floor(3, 4));
    assert_int_equal(ask_for(wish_floor(4, 2), &ask), ERR_CONFLICT); /* one is left */
    assert_int_equal(ask_for(wish_floor(4, 1), &ask), 0);
}

TEST(the_best_seats_are_chosen_or_none)
{
    struct owner_ask best = ask_of(1, OWNER_HOLD_BEST), ask;
    best.best = (struct seats_best){.party = 3, .category = 0, .section = -1};
    assert_int_equal(ask_for(best, &ask), 0);
    assert_memory_equal(ask.hold.seats, ((uint32_t[]){0, 1, 2}), 12);
    best.account_id = stage_id(2);
    assert_int_equal(ask_for(best, &ask), ERR_CONFLICT);
    best.best.party = 0;
    assert_int_equal(ask_for(best, &ask), ERR_INVALID);
    best.best = (struct seats_best){.party = 3, .category = 1, .section = -1};
    assert_int_equal(ask_for(best, &ask), ERR_CONFLICT); /* an aisle parts them */
    best.best.apart = true;
    assert_int_equal(ask_for(best, &ask), 0);
}

/* ---- the sale's state ---- */

TEST_IN(a_sale_is_opened_paused_and_opened_again, STAGE_DRAFT)
{
    struct owner_ask ask;
    assert_int_equal(ask_for(wish(1, SEATS(0)), &ask), ERR_BUSY);
    assert_int_equal(set_sale(STAGE_PAUSED), ERR_BUSY); /* never opened */
    assert_int_equal(set_sale(STAGE_OPEN), 0);
    assert_int_equal(set_sale(STAGE_OPEN), 0);
    assert_int_equal(figures().version, 1); /* which changes nothing */
    const struct id hold = held(wish(1, SEATS(0)));
    const struct id other = held(wish(1, SEATS(1)));
    assert_int_equal(set_sale(STAGE_PAUSED), 0);
    assert_int_equal(ask_for(wish(2, SEATS(2)), &ask), ERR_BUSY);
    assert_int_equal(about(1, OWNER_ORDER, hold), 0); /* what is held may be ordered */
    assert_int_equal(about(1, OWNER_RELEASE, other), 0);
    assert_int_equal(set_sale(STAGE_DRAFT), ERR_BUSY);
    restart();
    assert_int_equal(figures().sale_state, STAGE_PAUSED);
    assert_int_equal(ask_for(wish(2, SEATS(2)), &ask), ERR_BUSY);
    assert_int_equal(set_sale(STAGE_OPEN), 0);
    assert_int_equal(ask_for(wish(2, SEATS(2)), &ask), 0);
}

/* ---- what one has ---- */

TEST(a_hold_is_released_by_its_account_alone)
{
    const struct id hold = held(wish(1, SEATS(0, 1)));
    assert_int_equal(about(2, OWNER_RELEASE, hold), ERR_NOT_FOUND);
    assert_int_equal(about(1, OWNER_RELEASE, stage_id(77)), ERR_NOT_FOUND);
    assert_int_equal(about(1, OWNER_RELEASE, (struct id){0}), ERR_NOT_FOUND);
    assert_int_equal(about(1, OWNER_RELEASE, hold), 0);
    assert_int_equal(about(1, OWNER_RELEASE, hold), ERR_NOT_FOUND);
    assert_int_equal(figures().counts.held, 0);
    restart();
    assert_int_equal(figures().counts.held, 0);
    assert_int_equal(about(1, OWNER_RELEASE, hold), ERR_NOT_FOUND);
}

TEST(an_order_has_the_id_of_its_hold_and_is_in_the_store)
{
    struct owner_ask ask = ask_of(1, OWNER_ORDER);
    struct store_order order;
    struct arena arena;
    const struct id hold = held(wish(1, SEATS(4, 3)));
    assert_int_equal(about(2, OWNER_ORDER, hold), ERR_NOT_FOUND);
    ask.hold_id = hold;
    ask.payment_method = 1;
    assert_int_equal(owner_ask(owner, &ask), 0);
    assert_int_equal(ask.total, 1400);
    arena_init(&arena, 65536);
    assert_int_equal(stage.mem->ops->order_get(stage.mem, hold, &arena, &order, DEADLINE_NEVER), 0);
    assert_true(id_eq(order.order_id, order.hold_id));
    assert_true(id_eq(order.account_id, stage_id(1)));
    assert_int_equal(order.total, 1400);
    assert_int_equal(order.placed_at_ms, ask.at_ms);
    assert_int_equal(order.payment_method, 1);
    assert_memory_equal(order.seats.at, "\3\0\0\0\4\0\0\0", 8);
    arena_release(&arena);
    assert_int_equal(about(1, OWNER_ORDER, hold), ERR_NOT_FOUND); /* the store has it */
    assert_int_equal(about(1, OWNER_RELEASE, hold), ERR_NOT_FOUND);
    assert_int_equal(figures().orders_confirmed, 1);
    assert_int_equal(figures().counts.sold, 2);
    restart();
    assert_int_equal(figures().orders_confirmed, 1);
    assert_int_equal(figures().counts.sold, 2);
    assert_int_equal(ask_for(wish(3, SEATS(3)), &ask), ERR_CONFLICT);
}

static int cancel(uint64_t account, struct id order_id, uint32_t count, const uint32_t *seats)
{
    struct owner_ask ask = wish(account, count, seats);
    ask.verb = OWNER_CANCEL;
    ask.hold_id = order_id;
    return owner_ask(owner, &ask);
}

TEST(an_order_is_cancelled_whole_by_its_account_alone)
{
    struct owner_ask ask;
    const struct id hold = held(wish(1, SEATS(0, 1)));
    assert_int_equal(cancel(1, hold, SEATS(0, 1)), ERR_NOT_FOUND); /* not ordered */
    assert_int_equal(about(1, OWNER_ORDER, hold), 0);
    const uint64_t version = figures().version;
    assert_int_equal(cancel(2, hold, SEATS(0, 1)), ERR_NOT_FOUND);
    assert_int_equal(cancel(1, stage_id(5), SEATS(0, 1)), ERR_NOT_FOUND);
    assert_int_equal(cancel(1, (struct id){0}, SEATS(2, 3)), ERR_NOT_FOUND);
    assert_int_equal(cancel(1, hold, SEATS(0)), ERR_NOT_FOUND); /* half of it */
    assert_int_equal(cancel(1, hold, SEATS(0, 0)), ERR_NOT_FOUND);
    assert_int_equal(cancel(1, hold, SEATS(1, 0)), ERR_NOT_FOUND);
    assert_int_equal(cancel(1, hold, SEATS(0, 99)), ERR_NOT_FOUND);
    assert_int_equal(figures().version, version);
    assert_int_equal(cancel(1, hold, SEATS(0, 1)), 0);
    assert_int_equal(cancel(1, hold, SEATS(0, 1)), ERR_NOT_FOUND);
    assert_int_equal(figures().orders_cancelled, 1);
    assert_int_equal(figures().counts.sold, 0);
    assert_int_equal(ask_for(wish(2, SEATS(0, 1)), &ask), 0); /* they are for sale again */
    assert_int_equal(about(2, OWNER_ORDER, ask.hold.hold_id), 0);
    restart();
    assert_int_equal(figures().orders_cancelled, 1);
    assert_int_equal(figures().orders_confirmed, 1);
    assert_int_equal(cancel(1, hold, SEATS(0, 1)), ERR_NOT_FOUND);
}

/* ---- time ---- */

TEST(a_hold_ends_by_itself)
{
    struct owner_ask ask;
    const struct id hold = held(wish(1, SEATS(0)));
    stage_sleep(TTL_MS - 1);
    assert_int_equal(ask_for(wish(2, SEATS(0)), &ask), ERR_CONFLICT);
    stage_sleep(2);
    assert_int_equal(figures().counts.held, 0);
    assert_int_equal(figures().version, 2);
    assert_int_equal(about(1, OWNER_ORDER, hold), ERR_NOT_FOUND);
    assert_int_equal(ask_for(wish(2, SEATS(0)), &ask), 0);
}

TEST(an_expired_hold_that_was_not_collected_yet_is_not_sold)
{
    const struct id hold = held(wish(1, SEATS(0)));
    loop_disarm(stage.loop, &owner->expiry); /* its timer is late */
    stage_sleep(TTL_MS);
    assert_int_equal(about(1, OWNER_ORDER, hold), ERR_TIMEOUT);
    assert_int_equal(figures().counts.sold, 0);
}

TEST(the_owners_time_does_not_jump_with_the_wall_clock)
{
    struct owner_ask ask;
    const struct id hold = held(wish(1, SEATS(0)));
    const int64_t now_ms = owner_now_ms(owner);
    loop_jump_wall(stage.loop, 3600000);
    stage_sleep(10);
    assert_int_equal(owner_now_ms(owner), now_ms + 10);
    assert_int_equal(about(1, OWNER_ORDER, hold), 0);
    loop_jump_wall(stage.loop, -7200000);
    stage_sleep(500);
    next_call(STORE_FAULT_AFTER); /* it loads again, with a wall clock that went back */
    assert_int_equal(ask_for(wish(2, SEATS(1)), &ask), 0);
    assert_true(owner_now_ms(owner) >= now_ms + 510);
    restart(); /* a fresh one knows the time of the last row */
    assert_true(owner_now_ms(owner) >= now_ms + 510);
    assert_int_equal(figures().counts.held, 1);
}

/* Ledger rows are found again by time: the end of a hold must not be written later than that
 * reaches, even where nobody was there for hours. */
TEST(holds_that_ended_while_nobody_served_are_written_down_first)
{
    struct owner_ask ask;
    struct ledger_row *found;
    struct arena arena;
    size_t count;
    assert_int_equal(ask_for(wish(1, SEATS(0, 1)), &ask), 0);
    held(wish(2, SEATS(2)));
    owner_stop(owner);
    loop_jump_wall(stage.loop, 86400000);
    start();
    assert_int_equal(figures().counts.held, 0); /* before anybody could ask */
    assert_int_equal(figures().version, 4);
    arena_init(&arena, 65536);
    assert_int_equal(stage.mem->ops->ledger_read(stage.mem, stage.performance_id, 3, 9, &arena,
                                                 &found, &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 1);
    assert_int_equal(found[0].at_ms, ask.hold.expires_at_ms);
    arena_release(&arena);
    assert_true(owner_now_ms(owner) >= ask.at_ms + 86400000);
    assert_int_equal(ask_for(wish(3, SEATS(0, 1)), &ask), 0);
    restart();
    assert_int_equal(figures().counts.held, 2);
}

/* ---- keys ---- */

TEST(the_same_key_is_the_same_answer)
{
    struct owner_ask wanted = wish(1, SEATS(0)), first, again;
    with_key(&wanted, "k1", 1);
    assert_int_equal(ask_for(wanted, &first), 0);
    assert_int_equal(ask_for(wanted, &again), 0);
    assert_true(id_eq(first.hold.hold_id, again.hold.hold_id));
    assert_int_equal(first.at_ms, again.at_ms);
    assert_int_equal(first.total, again.total);
    assert_int_equal(figures().version, 1);

    with_key(&wanted, "k1", 2);
    assert_int_equal(ask_for(wanted, &again), ERR_EXISTS);
    wanted.account_id = stage_id(2); /* another account's key of that name is another key */
    assert_int_equal(ask_for(wanted, &again), ERR_CONFLICT);

    with_key(&wanted, "k1", 1);
    wanted.account_id = stage_id(1);
    assert_int_equal(about(1, OWNER_RELEASE, first.hold.hold_id), 0);
    assert_int_equal(ask_for(wanted, &again), 0); /* the answer that was given, not a new hold */
    assert_true(id_eq(first.hold.hold_id, again.hold.hold_id));
    assert_int_equal(figures().counts.held, 0);
    restart();
    assert_int_equal(ask_for(wanted, &again), 0);
    assert_true(id_eq(first.hold.hold_id, again.hold.hold_id));
    assert_int_equal(first.at_ms, again.at_ms);
    with_key(&wanted, "k1", 2);
    assert_int_equal(ask_for(wanted, &again), ERR_EXISTS);
}

TEST(an_orders_key_gives_the_order_again)
{
    struct owner_ask order = ask_of(1, OWNER_ORDER), first, again;
    order.hold_id = held(wish(1, SEATS(0, 3)));
    with_key(&order, "pay", 1);
    assert_int_equal(ask_for(order, &first), 0);
    stage_sleep(100);
    assert_int_equal(ask_for(order, &again), 0);
    restart();
    assert_int_equal(ask_for(order, &again), 0);
    assert_true(id_eq(again.hold.hold_id, order.hold_id));
    assert_int_equal(again.at_ms, first.at_ms);
    assert_int_equal(again.total, 1700);
    assert_int_equal(again.hold.count, 2);
}

/* An order that another request placed is found in the store by the caller, who has the key kept.
 */
TEST(a_key_that_came_after_its_order_is_used_too)
{
    struct owner_ask order = ask_of(1, OWNER_ORDER), keep, again, other;
    order.hold_id = held(wish(1, SEATS(0)));
    with_key(&order, "first", 1);
    assert_int_equal(ask_for(order, &again), 0);
    with_key(&order, "second", 2);
    assert_int_equal(ask_for(order, &again), ERR_NOT_FOUND);
    keep = order;
    keep.verb = OWNER_KEEP_KEY;
    const struct owner_figures before = figures();
    assert_int_equal(ask_for(keep, &again), 0);
    assert_int_equal(ask_for(keep, &again), 0);
    assert_int_equal(figures().version, before.version + 1); /* written once */
    assert_int_equal(figures().counts.sold, before.counts.sold);

    other = ask_of(1, OWNER_ORDER);
    other.hold_id = held(wish(1, SEATS(1)));
    with_key(&other, "second", 3);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(ask_for(other, &again), ERR_EXISTS);
        assert_int_equal(ask_for(order, &again), 0);
        assert_true(again.as_stored);
        assert_true(id_eq(again.hold.hold_id, order.hold_id));
        restart();
    }
    assert_int_equal(figures().counts.held, 1);
}

TEST(a_refusal_is_not_kept_under_its_key)
{
    struct owner_ask wanted = wish(2, SEATS(0)), ask;
    const struct id hold = held(wish(1, SEATS(0)));
    with_key(&wanted, "k", 1);
    assert_int_equal(ask_for(wanted, &ask), ERR_CONFLICT);
    assert_int_equal(about(1, OWNER_RELEASE, hold), 0);
    assert_int_equal(ask_for(wanted, &ask), 0);
}

/* A key that was forgotten and used anew is twice in the rows that the next owner reads. */
TEST(a_key_may_come_again_after_it_was_forgotten)
{
    struct owner_ask wanted = wish(1, SEATS(0)), first, second, again;
    with_key(&wanted, "k", 1);
    assert_int_equal(ask_for(wanted, &first), 0);
    stage_sleep(TTL_MS + OWNER_KEY_KEEP_MS);
    struct owner_ask other = wish(2, SEATS(1));
    held(wish(3, SEATS(1)));
    with_key(&other, "x", 1);
    /* A new key makes the owner forget the old ones; a refused one leaves no trace of it. */
    assert_int_equal(ask_for(other, &again), ERR_CONFLICT);
    assert_int_equal(ask_for(wanted, &second), 0);
    assert_false(id_eq(first.hold.hold_id, second.hold.hold_id));
    restart();
    assert_int_equal(ask_for(wanted, &again), 0);
    assert_true(id_eq(second.hold.hold_id, again.hold.hold_id));
}

/* ---- when a commit fails ---- */

TEST(a_commit_that_was_written_without_a_word_is_found)
{
    struct owner_ask ask, wanted = wish(2, SEATS(1));
    next_call(STORE_FAULT_AFTER);
    assert_int_equal(ask_for(wish(1, SEATS(0)), &ask), 0);
    next_call(STORE_FAULT_AFTER);
    assert_int_equal(about(1, OWNER_ORDER, ask.hold.hold_id), 0);
    next_call(STORE_FAULT_AFTER);
    assert_int_equal(cancel(1, ask.hold.hold_id, SEATS(0)), 0);
    with_key(&wanted, "k", 1);
    next_call(STORE_FAULT_AFTER);
    assert_int_equal(ask_for(wanted, &ask), 0);
    next_call(STORE_FAULT_AFTER);
    assert_int_equal(about(2, OWNER_RELEASE, ask.hold.hold_id), 0);
    next_call(STORE_FAULT_AFTER);
    assert_int_equal(set_sale(STAGE_PAUSED), 0);
    assert_int_equal(figures().version, 6);
    assert_true(figures().serving);
}

TEST(what_comes_after_its_deadline_is_not_decided)
{
    struct owner_ask ask, wanted = wish(1, SEATS(0));
    wanted.deadline_ns = 1;
    assert_int_equal(ask_for(wanted, &ask), ERR_UNAVAILABLE);
    assert_int_equal(figures().version, 0);
    wanted.deadline_ns = DEADLINE_NEVER;
    assert_int_equal(ask_for(wanted, &ask), 0);
}

TEST(a_commit_that_was_not_written_changes_nothing)
{
    struct owner_ask ask, wanted = wish(1, SEATS(0));
    with_key(&wanted, "k", 1);
    next_call(STORE_FAULT_BEFORE);
    assert_int_equal(ask_for(wanted, &ask), ERR_UNAVAILABLE);
    assert_int_equal(figures().counts.held, 0);
    next_call(STORE_FAULT_IO);
    assert_int_equal(ask_for(wanted, &ask), ERR_UNAVAILABLE);
    assert_int_equal(figures().version, 0);
    assert_int_equal(ask_for(wanted, &ask), 0); /* the same key may be tried again */
    const struct id hold = ask.hold.hold_id;
    next_call(STORE_FAULT_IO);
    assert_int_equal(about(1, OWNER_ORDER, hold), ERR_UNAVAILABLE);
    next_call(STORE_FAULT_IO);
    assert_int_equal(about(1, OWNER_RELEASE, hold), ERR_UNAVAILABLE);
    assert_int_equal(figures().counts.held, 1);
    assert_int_equal(about(1, OWNER_ORDER, hold), 0);
    next_call(STORE_FAULT_IO);
    assert_int_equal(cancel(1, hold, SEATS(0)), ERR_UNAVAILABLE);
    next_call(STORE_FAULT_IO);
    assert_int_equal(set_sale(STAGE_PAUSED), ERR_UNAVAILABLE);
    assert_int_equal(figures().counts.sold, 1);
    assert_int_equal(figures().sale_state, STAGE_OPEN);
}

TEST(while_the_store_is_down_everything_is_refused)
{
    struct owner_ask ask, wanted = wish(1, SEATS(0));
    with_key(&wanted, "k", 1);
    held(wanted);
    store_fault_crash(faulty);
    assert_int_equal(ask_for(wish(2, SEATS(1)), &ask), ERR_UNAVAILABLE);
    assert_false(figures().serving);
    stage_sleep(20000);
    assert_int_equal(ask_for(wish(2, SEATS(1)), &ask), ERR_UNAVAILABLE);
    assert_int_equal(ask_for(wanted, &ask), ERR_UNAVAILABLE);
    store_fault_reset(faulty);
    stage_sleep(OWNER_RELOAD_MAX_MS + 1);
    assert_true(figures().serving);
    assert_int_equal(figures().counts.held, 0); /* it ended meanwhile */
    assert_int_equal(ask_for(wanted, &ask), 0);
    assert_int_equal(ask_for(wish(2, SEATS(1)), &ask), 0);
}

TEST(a_fenced_owner_grants_nothing_and_learns)
{
    struct owner_ask ask;
    held(wish(1, SEATS(0)));
    struct owner *old = owner;
    start(); /* another, which takes over */
    assert_int_equal(ask_for(wish(2, SEATS(1)), &ask), 0);
    struct owner *newer = owner;
    owner = old;
    assert_int_equal(ask_for(wish(3, SEATS(1)), &ask), ERR_UNAVAILABLE);
    assert_int_equal(figures().version, 2); /* it has loaded what the other wrote */
    assert_int_equal(ask_for(wish(3, SEATS(1)), &ask), ERR_CONFLICT);
    assert_int_equal(ask_for(wish(3, SEATS(2)), &ask), 0);
    owner_stop(newer);
}

TEST(a_stopping_owner_finishes_what_it_has)
{
    held(wish(1, SEATS(0)));
    store_fault_crash(faulty); /* even one that cannot load stops */
    struct owner_ask ask;
    assert_int_equal(ask_for(wish(1, SEATS(1)), &ask), ERR_UNAVAILABLE);
    owner_stop(owner);
    store_fault_reset(faulty);
    start();
    assert_int_equal(figures().counts.held, 1);
}

static int stop_result;

static void stop_in_a_cancelled_scope(void *arg)
{
    while (!fiber_cancelled())
        fiber_park_deaf();
    owner_stop(owner);
    stop_result = 1;
}

TEST(an_owner_is_stopped_from_a_fiber_that_is_cancelled)
{
    struct scope scope;
    scope_init(&scope);
    stop_result = 0;
    store_fault_plan(faulty, &(struct store_fault_plan){.chance = &stage.chance.chance,
                                                        .delay_ppm = 1000000,
                                                        .delay_max_ns = NS_PER_MS});
    assert_int_equal(fiber_spawn(&scope, stop_in_a_cancelled_scope, NULL), 0);
    loop_disarm(stage.loop, &owner->expiry);
    scope_cancel(&scope);
    scope_close(&scope);
    assert_int_equal(stop_result, 1);
    start();
}

/* ---- limits ---- */

/* One entry of a commit is left for what a change brings with it. */
#define GRANTED (OWNER_ENTRIES_MAX + OWNER_WAITING_MAX)
#define CROWD   (GRANTED + 100)

static struct owner_ask crowd[CROWD];
static char crowd_keys[CROWD][OWNER_KEY_MAX];

static void crowd_run(void *arg)
{
    owner_ask(owner, arg);
}

static void overload_body(void)
{
    struct scope scope;
    uint32_t granted = 0, unavailable = 0;
    scope_init(&scope);
    store_fault_plan(faulty, &(struct store_fault_plan){.chance = &stage.chance.chance,
                                                        .delay_ppm = 1000000,
                                                        .delay_max_ns = 100 * NS_PER_MS});
    crowd[0] = wish(1, SEATS(0)); /* its commit takes a while; the others gather */
    for (uint32_t i = 1; i < CROWD; i++) {
        crowd[i] = ask_of(1 + i, OWNER_HOLD);
        crowd[i].area_count = 1;
        crowd[i].areas[0] = (struct owner_area){FLOOR, 8};
        snprintf(crowd_keys[i], sizeof(crowd_keys[i]), "%063u", i);
        with_key(&crowd[i], crowd_keys[i], 1);
    }
    for (uint32_t i = 0; i < CROWD; i++) {
        assert_int_equal(fiber_spawn(&scope, crowd_run, &crowd[i]), 0);
        if (i == 0)
            stage_run_ready();
    }
    assert_int_equal(scope_join(&scope, DEADLINE_NEVER), 0);
    for (uint32_t i = 0; i < CROWD; i++) {
        granted += crowd[i].result == 0;
        unavailable += crowd[i].result == ERR_UNAVAILABLE;
    }
    assert_int_equal(granted, GRANTED);
    assert_int_equal(unavailable, CROWD - GRANTED);
    assert_int_equal(figures().counts.held, 1 + 8 * (GRANTED - 1));
    /* Those that found the commit full were decided in the order in which they came. */
    for (uint32_t i = 2; i < GRANTED; i++)
        assert_true(crowd[i].hold.seats[0] > crowd[i - 1].hold.seats[0]);
    /* More holds end at once than one commit has entries, and a commit is on disk just then. */
    const int64_t left_ms = crowd[1].hold.expires_at_ms - owner_now_ms(owner);
    stage_sleep(left_ms - 1);
    crowd[0] = ask_of(0, OWNER_SET_SALE);
    crowd[0].sale_state = STAGE_PAUSED;
    assert_int_equal(fiber_spawn(&scope, crowd_run, &crowd[0]), 0);
    stage_sleep(1000);
    assert_int_equal(scope_join(&scope, DEADLINE_NEVER), 0);
    assert_int_equal(figures().counts.held, 0);
    store_fault_plan(faulty, &(struct store_fault_plan){0});
    restart();
    assert_int_equal(figures().counts.free, stage.hall->place_count);
}

static void beyond_a_commits_entries_they_wait_and_beyond_those_it_is_not_now(void **state)
{
    play_in((struct stage_options){.rows = rows,
                                   .standing = 8 * CROWD,
                                   .hold_ttl_ms = 4 * TTL_MS,
                                   .places_max = 8,
                                   .sale_state = STAGE_OPEN,
                                   .fibers_max = CROWD + 8},
            overload_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_takes_seats_for_its_time),
        cmocka_unit_test(a_taken_seat_is_refused_at_once_with_what_is_near),
        cmocka_unit_test(what_is_out_of_range_is_invalid),
        cmocka_unit_test(nobody_has_no_places),
        cmocka_unit_test(an_account_has_its_limit_over_holds_and_orders),
        cmocka_unit_test(standing_places_are_the_lowest_free_ones),
        cmocka_unit_test(the_best_seats_are_chosen_or_none),
        cmocka_unit_test(a_sale_is_opened_paused_and_opened_again),
        cmocka_unit_test(a_hold_is_released_by_its_account_alone),
        cmocka_unit_test(an_order_has_the_id_of_its_hold_and_is_in_the_store),
        cmocka_unit_test(an_order_is_cancelled_whole_by_its_account_alone),
        cmocka_unit_test(a_hold_ends_by_itself),
        cmocka_unit_test(an_expired_hold_that_was_not_collected_yet_is_not_sold),
        cmocka_unit_test(the_owners_time_does_not_jump_with_the_wall_clock),
        cmocka_unit_test(holds_that_ended_while_nobody_served_are_written_down_first),
        cmocka_unit_test(the_same_key_is_the_same_answer),
        cmocka_unit_test(an_orders_key_gives_the_order_again),
        cmocka_unit_test(a_key_that_came_after_its_order_is_used_too),
        cmocka_unit_test(a_refusal_is_not_kept_under_its_key),
        cmocka_unit_test(a_key_may_come_again_after_it_was_forgotten),
        cmocka_unit_test(a_commit_that_was_written_without_a_word_is_found),
        cmocka_unit_test(a_commit_that_was_not_written_changes_nothing),
        cmocka_unit_test(while_the_store_is_down_everything_is_refused),
        cmocka_unit_test(a_fenced_owner_grants_nothing_and_learns),
        cmocka_unit_test(a_stopping_owner_finishes_what_it_has),
        cmocka_unit_test(an_owner_is_stopped_from_a_fiber_that_is_cancelled),
        cmocka_unit_test(what_comes_after_its_deadline_is_not_decided),
        cmocka_unit_test(beyond_a_commits_entries_they_wait_and_beyond_those_it_is_not_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
