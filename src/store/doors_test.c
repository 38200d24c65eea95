#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/doors.h"
#include "store/payments.h"

static struct sql *sql;
static struct arena arena;
static const struct id order = {1, 2}, other = {1, 3};
static const struct act act = {.at_ms = 1000, .what = VIEW_LIT("ticket.block")};

static struct door_said read_of(uint32_t performance_id, const struct id *orders, size_t count)
{
    struct door_said said;
    assert_int_equal(doors_read(sql, performance_id, orders, count, &arena, &said, DEADLINE_NEVER),
                     0);
    return said;
}

static int block(struct id order_id, uint32_t seat, const char *reason, int64_t at_ms)
{
    const struct door_block one = {
        .order_id = order_id, .seat = seat, .reason = view_str(reason), .created_at_ms = at_ms};
    return doors_block(sql, 7, &one, 1, &act, DEADLINE_NEVER);
}

static void a_ticket_is_blocked_and_free_again(void **state)
{
    const struct id both[] = {order, other};
    const uint32_t seat = 4;
    assert_int_equal(block(order, 4, "stolen", 10), 0);
    assert_int_equal(block(order, 5, "stolen", 10), 0);
    assert_int_equal(block(other, 4, "resold", 20), 0);
    assert_int_equal(block(order, 4, "stolen, says the police", 30), 0);
    struct door_said said = read_of(7, both, 2);
    assert_int_equal(said.block_count, 3);
    const struct door_block *found = door_block_in(&said, order, 4);
    assert_non_null(found);
    assert_int_equal(found->created_at_ms, 10); /* since then, whatever the reason is now */
    assert_true(view_eq(found->reason, VIEW_LIT("stolen, says the police")));
    assert_null(door_block_in(&said, other, 5));
    struct door_block *list;
    size_t count;
    assert_int_equal(doors_blocked(sql, 7, 0, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 3);
    assert_true(id_eq(list[0].order_id, other));
    assert_int_equal(doors_blocked(sql, 8, 0, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    assert_int_equal(doors_blocked(sql, 0, 2, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_int_equal(doors_unblock(sql, order, &seat, 1, &act, DEADLINE_NEVER), 0);
    said = read_of(7, both, 2);
    assert_null(door_block_in(&said, order, 4));
    assert_non_null(door_block_in(&said, order, 5));
    assert_int_equal(doors_unblock(sql, order, NULL, 0, &act, DEADLINE_NEVER), 0);
    assert_int_equal(doors_unblock(sql, order, NULL, 0, &act, DEADLINE_NEVER), 0);
    said = read_of(7, both, 2);
    assert_int_equal(said.block_count, 1);
}

static void a_performance_has_its_times(void **state)
{
    const struct entry_rule rule = {.said = true, .early_minutes = 0, .late_minutes = 240};
    struct door_said said = read_of(7, NULL, 0);
    assert_false(said.entry.said);
    assert_int_equal(said.entry.early_minutes, ENTRY_EARLY_MINUTES);
    for (int i = 0; i < 2; i++)
        assert_int_equal(doors_set_entry(sql, 7, &rule, &act, DEADLINE_NEVER), 0);
    said = read_of(7, NULL, 0);
    assert_true(said.entry.said);
    assert_int_equal(said.entry.early_minutes, 0);
    assert_int_equal(said.entry.late_minutes, 240);
    assert_false(read_of(8, NULL, 0).entry.said);
}

/* A payment of the order whose provider says otherwise than the books. */
static void contradict(uint64_t n, struct id order_id, const char *why, int64_t amount)
{
    struct payment p = {.payment_id = {9, n},
                        .hold_id = order_id,
                        .account_id = {9, 1},
                        .performance_id = 7,
                        .state = PAYMENT_WAITING,
                        .books.amount = 1000,
                        .currency = VIEW_LIT("KRW"),
                        .provider = VIEW_LIT("toss"),
                        .seats = {4},
                        .seat_count = 1};
    const uint8_t hash[32] = {(uint8_t)n};
    const char key[] = {(char)('a' + n), '\0'};
    assert_int_equal(payment_put(sql, &p, view_str(key), view_of(hash, 32), DEADLINE_NEVER), 0);
    assert_int_equal(payment_get(sql, p.payment_id, &arena, &p, DEADLINE_NEVER), 0);
    p.state = PAYMENT_CAPTURED;
    p.books.captured = 1000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    p.state = PAYMENT_DONE;
    p.order_id = order_id;
    p.books.sold = 1000;
    p.contradiction = view_str(why);
    p.contradicted = amount;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
}

static void money_that_is_not_there_is_known(void **state)
{
    const struct {
        const char *why;
        int64_t amount;
        bool unpaid;
    } rows[] = {{"", 0, false},
                {"DISPUTED", 1000, false}, /* who is right may still stand at the door */
                {"REFUND_UNDONE", 1000, false},
                {"TAKEN_BACK", 400, false}, /* a person says of which tickets */
                {"TAKEN_BACK", 1000, true},
                {"DEPOSIT_UNDONE", 1000, true},
                {"MONEY_GONE", 1000, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct id order_id = {5, i};
        contradict(i, order_id, rows[i].why, rows[i].amount);
        const struct door_said said = read_of(7, &order_id, 1);
        assert_int_equal(door_unpaid_in(&said, order_id), rows[i].unpaid);
        assert_false(door_unpaid_in(&said, other));
    }
}

static void a_performance_has_room_for_so_many(void **state)
{
    static struct door_block many[DOOR_BLOCKS_MAX];
    for (uint32_t i = 0; i < DOOR_BLOCKS_MAX; i++)
        many[i] = (struct door_block){
            .order_id = {2, i}, .seat = i, .reason = VIEW_LIT("r"), .created_at_ms = 5};
    for (size_t i = 0; i < DOOR_BLOCKS_MAX; i += 20)
        assert_int_equal(doors_block(sql, 9, &many[i], 20, &act, DEADLINE_NEVER), 0);
    const struct door_block more = {.order_id = order, .seat = 1, .reason = VIEW_LIT("r")};
    assert_int_equal(doors_block(sql, 9, &more, 1, &act, DEADLINE_NEVER), ERR_FULL);
    assert_int_equal(doors_block(sql, 9, many, 1, &act, DEADLINE_NEVER), 0); /* is there already */
    const struct door_said said = read_of(9, &order, 1);
    assert_null(door_block_in(&said, order, 1));
}

static int set_up(void **state)
{
    arena_init(&arena, 16 << 20);
    int err = sql_faulty_new(&arena, &sql);
    if (err == 0)
        err = accounts_migrate(sql, false, 1);
    if (err == 0)
        err = payments_migrate(sql, false, 1);
    return err == 0 ? doors_migrate(sql, false, 1) : err;
}

static int tear_down(void **state)
{
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_is_blocked_and_free_again),
        cmocka_unit_test(a_performance_has_its_times),
        cmocka_unit_test(money_that_is_not_there_is_known),
        cmocka_unit_test(a_performance_has_room_for_so_many),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
