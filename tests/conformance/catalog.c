/* Halls, events, performances, claims. */
#include "suite.h"

static struct store_hall a_hall(const char *name, uint8_t hash)
{
    return (struct store_hall){.name = view_str(name),
                               .layout_hash = {hash},
                               .place_count = 700,
                               .section_count = 3,
                               .layout = VIEW_LIT("a\0layout")};
}

static void halls_are_known_by_name_and_layout(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    uint32_t first = 0, again = 0, other_layout = 0, other_name = 0;
    struct store_hall hall = a_hall("Arena", 1), list_hall, *list;
    size_t count = 99;
    assert_int_equal(ops->hall_list(f->store, &f->arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    assert_int_equal(ops->hall_put(f->store, &hall, &first, DEADLINE_NEVER), 0);
    assert_int_equal(ops->hall_put(f->store, &hall, &again, DEADLINE_NEVER), 0);
    hall = a_hall("Arena", 2);
    assert_int_equal(ops->hall_put(f->store, &hall, &other_layout, DEADLINE_NEVER), 0);
    hall = a_hall("Opera", 1);
    assert_int_equal(ops->hall_put(f->store, &hall, &other_name, DEADLINE_NEVER), 0);
    assert_int_equal(first, 1);
    assert_int_equal(again, 1);
    assert_int_equal(other_layout, 2);
    assert_int_equal(other_name, 3);

    assert_int_equal(ops->hall_get(f->store, 3, &f->arena, &list_hall, DEADLINE_NEVER), 0);
    assert_true(view_eq(list_hall.name, VIEW_LIT("Opera")));
    assert_true(view_eq(list_hall.layout, VIEW_LIT("a\0layout")));
    assert_int_equal(list_hall.hall_id, 3);
    assert_int_equal(list_hall.layout_hash[0], 1);
    assert_int_equal(list_hall.place_count, 700);
    assert_int_equal(list_hall.section_count, 3);
    assert_int_equal(ops->hall_get(f->store, 4, &f->arena, &list_hall, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(ops->hall_get(f->store, 0, &f->arena, &list_hall, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(ops->hall_list(f->store, &f->arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list[i].hall_id, i + 1);
        assert_int_equal(list[i].layout.len, 0);
    }
}

static void events_keep_their_words(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    struct store_event event = {
        .name = VIEW_LIT("\xec\x84\x9c\xec\x9a\xb8"), .organiser_id = 1, .created_at_ms = -7};
    uint32_t first = 0, second = 0;
    assert_int_equal(ops->event_put(f->store, &event, NULL, &first, NULL, DEADLINE_NEVER), 0);
    event.name = VIEW_LIT("B");
    event.description = VIEW_LIT("two\nlines");
    event.organiser_id = UINT32_MAX;
    assert_int_equal(ops->event_put(f->store, &event, NULL, &second, NULL, DEADLINE_NEVER), 0);
    struct store_event *list;
    size_t count;
    assert_int_equal(ops->event_list(f->store, &f->arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].event_id, first);
    assert_int_equal(list[1].event_id, second);
    assert_true(view_eq(list[0].name, VIEW_LIT("\xec\x84\x9c\xec\x9a\xb8")));
    assert_int_equal(list[0].description.len, 0);
    assert_int_equal(list[0].created_at_ms, -7);
    assert_int_equal(list[0].organiser_id, 1);
    assert_int_equal(list[1].organiser_id, UINT32_MAX);
    assert_true(view_eq(list[1].description, VIEW_LIT("two\nlines")));
}

/* The two are one write: neither is ever there without the other. */
static void an_event_and_its_first_performance_are_one(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    const uint32_t before = script_performance(f->store, 20, 4);
    struct store_event event = {.name = VIEW_LIT("Both")}, *events;
    struct store_performance first, *performances;
    uint32_t event_id = 77, performance_id = 78;
    size_t count;
    assert_int_equal(ops->performance_get(f->store, before, &f->arena, &first, DEADLINE_NEVER), 0);
    first.event_id = 99; /* is not read */
    first.hall_id = 9;
    assert_int_equal(
        ops->event_put(f->store, &event, &first, &event_id, &performance_id, DEADLINE_NEVER),
        ERR_NOT_FOUND);
    first.hall_id = 1;
    first.prices.len = 7;
    assert_int_equal(
        ops->event_put(f->store, &event, &first, &event_id, &performance_id, DEADLINE_NEVER),
        ERR_INVALID);
    first.prices.len = 16;
    assert_int_equal(ops->event_list(f->store, &f->arena, &events, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_int_equal(event_id, 77);
    assert_int_equal(performance_id, 78);

    first.utc_offset_minutes = STORE_UTC_OFFSET_MAX + 1;
    assert_int_equal(
        ops->event_put(f->store, &event, &first, &event_id, &performance_id, DEADLINE_NEVER),
        ERR_INVALID);
    first.utc_offset_known = false;
    first.utc_offset_minutes = 0;
    assert_int_equal(
        ops->event_put(f->store, &event, &first, &event_id, &performance_id, DEADLINE_NEVER), 0);
    assert_int_equal(event_id, 2);
    assert_int_equal(performance_id, before + 1);
    assert_int_equal(
        ops->performance_list(f->store, &f->arena, &performances, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_int_equal(performances[1].event_id, 2);
    assert_false(performances[1].utc_offset_known);
    assert_int_equal(performances[1].utc_offset_minutes, 0);
    assert_int_equal(performances[1].seq, 0);
    assert_int_equal(performances[1].first_sale_state, DRAFT);
    struct store_hall hall;
    uint8_t genesis[STORE_HASH_BYTES];
    assert_int_equal(ops->hall_get(f->store, 1, &f->arena, &hall, DEADLINE_NEVER), 0);
    store_genesis_hash(&performances[1], &hall, event.name, genesis);
    assert_memory_equal(performances[1].head_hash, genesis, STORE_HASH_BYTES);
}

static void maxima_are_kept(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    static char long_name[STORE_DESCRIPTION_MAX + 1];
    uint32_t id = 77;
    struct store_hall hall = a_hall("x", 1);
    hall.name = view_of(long_name, STORE_NAME_MAX + 1);
    assert_int_equal(ops->hall_put(f->store, &hall, &id, DEADLINE_NEVER), ERR_INVALID);
    struct store_event event = {.description = view_of(long_name, sizeof(long_name))};
    assert_int_equal(ops->event_put(f->store, &event, NULL, &id, NULL, DEADLINE_NEVER),
                     ERR_INVALID);
    struct store_performance performance = {.prices = view_of(long_name, 7)};
    assert_int_equal(ops->performance_put(f->store, &performance, &id, DEADLINE_NEVER),
                     ERR_INVALID);
    assert_int_equal(id, 77);
}

static void the_catalog_has_an_end(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    struct store_event event = {.name = VIEW_LIT("E")};
    uint32_t id = 0;
    for (int i = 0; i < STORE_EVENTS_MAX; i++)
        assert_int_equal(ops->event_put(f->store, &event, NULL, &id, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(id, STORE_EVENTS_MAX);
    assert_int_equal(ops->event_put(f->store, &event, NULL, &id, NULL, DEADLINE_NEVER), ERR_FULL);
}

static void a_performance_begins_empty(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    uint32_t id = script_performance(f->store, 20, 4), unknown = 0;
    struct store_performance p, *list;
    size_t count;
    assert_int_equal(ops->performance_get(f->store, id, &f->arena, &p, DEADLINE_NEVER), 0);
    assert_int_equal(p.performance_id, id);
    assert_int_equal(p.event_id, 1);
    assert_int_equal(p.hall_id, 1);
    assert_int_equal(p.starts_at_ms, SCRIPT_START_MS + 1000000);
    assert_true(p.utc_offset_known);
    assert_int_equal(p.utc_offset_minutes, -300);
    assert_int_equal(p.hold_ttl_ms, SCRIPT_TTL_MS);
    assert_int_equal(p.places_max, 4);
    assert_true(view_eq(p.currency, VIEW_LIT("KRW")));
    assert_int_equal(p.prices.len, 16);
    assert_int_equal((uint8_t)p.prices.at[8], 0xd0);
    assert_int_equal(p.first_sale_state, DRAFT);
    assert_int_equal(p.sale_state, DRAFT);
    assert_int_equal(p.epoch, 0);
    assert_int_equal(p.version, 0);
    assert_int_equal(p.seq, 0);
    struct store_hall hall;
    uint8_t genesis[STORE_HASH_BYTES];
    assert_int_equal(ops->hall_get(f->store, 1, &f->arena, &hall, DEADLINE_NEVER), 0);
    store_genesis_hash(&p, &hall, VIEW_LIT("Test event"), genesis);
    assert_memory_equal(p.head_hash, genesis, STORE_HASH_BYTES);

    p.event_id = 9;
    assert_int_equal(ops->performance_put(f->store, &p, &unknown, DEADLINE_NEVER), ERR_NOT_FOUND);
    p.event_id = 1, p.hall_id = 9;
    assert_int_equal(ops->performance_put(f->store, &p, &unknown, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(unknown, 0);
    assert_int_equal(ops->performance_get(f->store, id + 1, &f->arena, &p, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(ops->performance_get(f->store, 0, &f->arena, &p, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
    assert_int_equal(script_performance(f->store, 20, 4), id + 1);
    assert_int_equal(ops->performance_list(f->store, &f->arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].performance_id, id);
    assert_int_equal(list[1].performance_id, id + 1);
    assert_memory_not_equal(list[0].head_hash, list[1].head_hash, STORE_HASH_BYTES);
    uint32_t *ids;
    assert_int_equal(ops->performance_ids(f->store, &f->arena, &ids, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_int_equal(ids[0], id);
    assert_int_equal(ids[1], id + 1);
}

static void claims_count_up(void **state)
{
    struct fixture *f = *state;
    const struct store_ops *ops = f->store->ops;
    uint32_t id = script_performance(f->store, 20, 4);
    struct store_performance p = {0};
    for (uint64_t epoch = 1; epoch < 4; epoch++) {
        assert_int_equal(ops->claim(f->store, id, &f->arena, &p, DEADLINE_NEVER), 0);
        assert_int_equal(p.epoch, epoch);
        assert_int_equal(p.performance_id, id);
    }
    assert_int_equal(ops->claim(f->store, id + 1, &f->arena, &p, DEADLINE_NEVER), ERR_NOT_FOUND);
    /* a claim whose answer finds no room was not made */
    struct arena small;
    arena_init(&small, 0);
    assert_int_equal(ops->claim(f->store, id, &small, &p, DEADLINE_NEVER), ERR_NO_MEMORY);
    arena_release(&small);
    assert_int_equal(p.epoch, 3);
    assert_int_equal(ops->performance_get(f->store, id, &f->arena, &p, DEADLINE_NEVER), 0);
    assert_int_equal(p.epoch, 3);
}

static const struct CMUnitTest tests[] = {
    SUITE_TEST(halls_are_known_by_name_and_layout),
    SUITE_TEST(events_keep_their_words),
    SUITE_TEST(an_event_and_its_first_performance_are_one),
    SUITE_TEST(maxima_are_kept),
    SUITE_TEST(the_catalog_has_an_end),
    SUITE_TEST(a_performance_begins_empty),
    SUITE_TEST(claims_count_up),
};
const struct group catalog_group = {"catalog", tests, sizeof(tests) / sizeof(tests[0])};
