/* Pages, windows, the outbox, and arenas that are too small. */
#include "suite.h"

/* Twelve rows, one a second, each with a hold and its release. */
static struct script *twelve_rows(struct fixture *f)
{
    struct script *s = script_new(f->store, script_performance(f->store, 20, 4));
    for (uint64_t i = 0; i < 12; i++) {
        script_hold(s, 100 + i, 11, SEATS(3), NULL);
        script_release(s, 100 + i);
        assert_int_equal(script_commit(s), 0);
        s->now_ms += 1000;
    }
    return s;
}

static void assert_window(struct fixture *f, uint32_t performance_id, uint64_t from_seq,
                          size_t rows_max, uint64_t first, size_t wanted)
{
    struct ledger_row *rows;
    size_t count = 99;
    assert_int_equal(f->store->ops->ledger_read(f->store, performance_id, from_seq, rows_max,
                                                &f->arena, &rows, &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows[i].seq, first + i);
}

static void the_ledger_is_read_in_windows(void **state)
{
    struct fixture *f = *state;
    struct script *s = twelve_rows(f);
    uint32_t id = s->performance_id;
    assert_window(f, id, 0, 100, 1, 12);
    assert_window(f, id, 1, 5, 1, 5);
    assert_window(f, id, 6, 5, 6, 5);
    assert_window(f, id, 11, 5, 11, 2);
    assert_window(f, id, 12, SIZE_MAX, 12, 1);
    assert_window(f, id, 13, 5, 0, 0);
    assert_window(f, id, UINT64_MAX, 5, 0, 0);
    assert_window(f, id, 1, 0, 0, 0);
    assert_window(f, id + 1, 1, 5, 0, 0);
    script_free(s);
}

static void a_sound_store_finds_nothing_wrong_with_itself(void **state)
{
    struct fixture *f = *state;
    struct script *s = twelve_rows(f);
    struct view *texts;
    size_t count = 99;
    assert_int_equal(f->store->ops->self_check(f->store, &f->arena, &texts, &count, DEADLINE_NEVER),
                     0);
    if (count > 0)
        fail_msg("%.*s", VIEW_ARG(texts[0]));
    script_free(s);
}

static void large_bodies_come_in_several_answers(void **state)
{
    struct fixture *f = *state;
    struct script *s = script_new(f->store, script_performance(f->store, 20, 4));
    static uint8_t filler[1000000];
    const size_t rows_made = 20; /* of about 1 MB */
    for (size_t i = 0; i < rows_made; i++) {
        /* an unknown field makes a body as large as is wanted; the store does not look inside */
        script_release(s, 100);
        struct store_batch batch = script_batch(s);
        batch.row.body = view_of(filler, sizeof(filler));
        ledger_seal(s->performance_id, &batch.row);
        assert_int_equal(f->store->ops->commit(f->store, &batch, DEADLINE_NEVER), 0);
        s->head.seq++;
        s->head.version++;
        memcpy(s->head.head_hash, batch.row.hash, STORE_HASH_BYTES);
        script_drop(s);
    }
    size_t seen = 0, answers = 0, count = 1;
    for (struct ledger_row *rows; count > 0; seen += count, answers++) {
        arena_reset(&f->arena);
        assert_int_equal(f->store->ops->ledger_read(f->store, s->performance_id, seen + 1, 1000,
                                                    &f->arena, &rows, &count, DEADLINE_NEVER),
                         0);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(rows[i].seq, seen + 1 + i);
            assert_int_equal(rows[i].body.len, sizeof(filler));
        }
        assert_true(count * sizeof(filler) <= STORE_READ_BYTES_MAX);
    }
    assert_int_equal(seen, rows_made);
    assert_int_equal(answers, 3);
    script_free(s);
}

/* Orders 1 … 10 of account 11, two placed in the same millisecond each; and one of account 12. */
static struct script *eleven_orders(struct fixture *f)
{
    struct script *s = script_new(f->store, script_performance(f->store, 40, 20));
    for (uint32_t i = 1; i <= 10; i++) {
        s->now_ms = SCRIPT_START_MS + 1000 * (i / 2);
        script_sell(s, i, 100 + i, 11, SEATS(i), NULL);
        assert_int_equal(script_commit(s), 0);
    }
    script_sell(s, 0x500, 0x600, 12, SEATS(30), NULL);
    assert_int_equal(script_commit(s), 0);
    return s;
}

static void an_account_s_orders_come_newest_first(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    struct script *s = eleven_orders(f);
    struct store_order *orders;
    size_t count, seen = 0;
    struct id after = {0};
    for (int pages = 0; pages < 4; pages++) {
        assert_int_equal(ops->order_list(f->store, script_id(11), after, 3, &f->arena, &orders,
                                         &count, DEADLINE_NEVER),
                         0);
        assert_int_equal(count, pages < 3 ? 3 : 1);
        for (size_t i = 0; i < count; i++, seen++)
            assert_true(id_eq(orders[i].order_id, script_id(10 - seen)));
        after = orders[count - 1].order_id;
    }
    assert_int_equal(seen, 10);
    assert_int_equal(ops->order_list(f->store, script_id(11), after, 3, &f->arena, &orders, &count,
                                     DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 0);
    assert_int_equal(ops->order_list(f->store, script_id(99), (struct id){0}, 3, &f->arena, &orders,
                                     &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 0);
    assert_int_equal(ops->order_list(f->store, script_id(11), script_id(99), 3, &f->arena, &orders,
                                     &count, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(ops->order_list(f->store, script_id(11), script_id(0x500), 3, &f->arena,
                                     &orders, &count, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    script_free(s);
}

static void a_performance_s_orders_come_in_order_of_commit(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    struct script *s = eleven_orders(f);
    struct script *other = script_new(f->store, script_performance(f->store, 40, 20));
    script_sell(other, 0x700, 0x800, 12, SEATS(30), NULL);
    assert_int_equal(script_commit(other), 0);
    struct store_order *orders;
    size_t count = 1, seen = 0;
    struct id after = {0};
    while (count > 0) {
        assert_int_equal(ops->order_scan(f->store, s->performance_id, after, 4, &f->arena, &orders,
                                         &count, DEADLINE_NEVER),
                         0);
        for (size_t i = 0; i < count; i++, seen++)
            assert_true(id_eq(orders[i].order_id, script_id(seen < 10 ? seen + 1 : 0x500)));
        if (count > 0)
            after = orders[count - 1].order_id;
    }
    assert_int_equal(seen, 11);
    assert_int_equal(ops->order_scan(f->store, s->performance_id, script_id(0x700), 4, &f->arena,
                                     &orders, &count, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(ops->order_scan(f->store, s->performance_id + 7, (struct id){0}, 4, &f->arena,
                                     &orders, &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 0);
    struct store_order order;
    assert_int_equal(ops->order_get(f->store, script_id(0x500), &f->arena, &order, DEADLINE_NEVER),
                     0);
    assert_true(id_eq(order.account_id, script_id(12)));
    assert_int_equal(ops->order_get(f->store, script_id(0x501), &f->arena, &order, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    script_free(other);
    script_free(s);
}

static void the_outbox_goes_away_once_delivered(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    struct script *s = eleven_orders(f);
    struct store_outbox_row *rows;
    size_t count;
    assert_int_equal(ops->outbox_read(f->store, 4, &f->arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 4);
    for (size_t i = 1; i < 4; i++)
        assert_true(rows[i].outbox_id > rows[i - 1].outbox_id);
    uint64_t third = rows[2].outbox_id, fourth = rows[3].outbox_id;
    assert_int_equal(ops->outbox_remove(f->store, third, DEADLINE_NEVER), 0);
    assert_int_equal(ops->outbox_remove(f->store, third, DEADLINE_NEVER), 0);
    assert_int_equal(ops->outbox_read(f->store, 100, &f->arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 8);
    assert_int_equal(rows[0].outbox_id, fourth);
    uint64_t last = rows[7].outbox_id;
    assert_int_equal(ops->outbox_remove(f->store, last, DEADLINE_NEVER), 0);
    assert_int_equal(ops->outbox_read(f->store, 100, &f->arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    /* numbers are never given again */
    script_sell(s, 0x900, 0x901, 12, SEATS(31), NULL);
    assert_int_equal(script_commit(s), 0);
    assert_int_equal(ops->outbox_read(f->store, 100, &f->arena, &rows, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_true(rows[0].outbox_id > last);
    script_free(s);
}

/* With every size from nothing up to enough: ERR_NO_MEMORY with the outputs untouched, then the
 * answer. */
static void a_small_arena_is_an_error(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    struct script *s = eleven_orders(f);
    for (int call = 0; call < 8; call++) {
        int rc = ERR_NO_MEMORY;
        for (size_t max = 0; rc != 0; max += 64) {
            void *const untouched = (void *)f;
            void *items = untouched;
            size_t count = 99;
            struct arena small;
            struct store_order order;
            struct store_performance performance;
            struct store_hall hall;
            arena_init(&small, max);
            switch (call) {
            case 0:
                rc = ops->ledger_read(f->store, s->performance_id, 1, 9, &small,
                                      (struct ledger_row **)&items, &count, DEADLINE_NEVER);
                break;
            case 1:
                rc = ops->order_list(f->store, script_id(11), (struct id){0}, 9, &small,
                                     (struct store_order **)&items, &count, DEADLINE_NEVER);
                break;
            case 2:
                rc = ops->order_scan(f->store, s->performance_id, (struct id){0}, 9, &small,
                                     (struct store_order **)&items, &count, DEADLINE_NEVER);
                break;
            case 3:
                rc = ops->sold_list(f->store, s->performance_id, &small,
                                    (struct store_sale **)&items, &count, DEADLINE_NEVER);
                break;
            case 4:
                rc = ops->outbox_read(f->store, 9, &small, (struct store_outbox_row **)&items,
                                      &count, DEADLINE_NEVER);
                break;
            case 5:
                rc = ops->order_get(f->store, script_id(1), &small, &order, DEADLINE_NEVER);
                break;
            case 6:
                rc = ops->performance_get(f->store, s->performance_id, &small, &performance,
                                          DEADLINE_NEVER);
                break;
            default:
                rc = ops->hall_get(f->store, 1, &small, &hall, DEADLINE_NEVER);
            }
            arena_release(&small);
            if (rc != 0) {
                assert_int_equal(rc, ERR_NO_MEMORY);
                assert_ptr_equal(items, untouched);
                assert_int_equal(count, 99);
            }
            assert_true(max < 65536);
        }
    }
    /* and the store is none the worse */
    assert_head(f, s);
    script_free(s);
}

static const struct CMUnitTest tests[] = {
    SUITE_TEST(the_ledger_is_read_in_windows),
    SUITE_TEST(a_sound_store_finds_nothing_wrong_with_itself),
    SUITE_TEST(large_bodies_come_in_several_answers),
    SUITE_TEST(an_account_s_orders_come_newest_first),
    SUITE_TEST(a_performance_s_orders_come_in_order_of_commit),
    SUITE_TEST(the_outbox_goes_away_once_delivered),
    SUITE_TEST(a_small_arena_is_an_error),
};
const struct group read_group = {"read", tests, sizeof(tests) / sizeof(tests[0])};
