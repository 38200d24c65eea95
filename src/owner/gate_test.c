/* Several processes, one store: owners behind gates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"

static struct stage stage;

/* One process: its owner, and whether it may own. */
struct place {
    struct owner *owner;
    bool may;
    unsigned fenced;
    uint64_t seen_version;
    uint32_t seen_list;
    uint32_t seen_changes;
    uint32_t loads;
};

static bool may(void *state)
{
    return ((struct place *)state)->may;
}

/* Whoever is fenced may not try again before somebody has looked whose the lease is. */
static void fenced(void *state)
{
    struct place *place = state;
    place->fenced++;
    place->may = false;
}

static void committed(void *state, const struct owner_public *now,
                      const struct owner_change *changes, size_t count)
{
    struct place *place = state;
    assert_true(now->version >= place->seen_version);
    place->seen_version = now->version;
    place->seen_list = now->price_list;
    place->seen_changes += (uint32_t)count;
}

static void loaded(void *state, const struct owner_public *now, const uint8_t *states)
{
    struct place *place = state;
    assert_true(now->version >= place->seen_version);
    place->seen_version = now->version;
    place->seen_list = now->price_list;
    place->loads++;
}

static void begin(struct place *place, bool it_may)
{
    const struct owner_gate gate = {.may = may, .fenced = fenced, .state = place};
    const struct owner_listener listener = {
        .committed = committed, .loaded = loaded, .state = place};
    *place = (struct place){.may = it_may};
    place->owner = stage_gated_owner(&stage, stage.mem, &listener, &gate);
}

static int hold(struct place *place, uint64_t account, uint32_t seat)
{
    struct owner_ask ask = {
        .verb = OWNER_HOLD, .account_id = stage_id(account), .seat_count = 1, .seats = {seat}};
    return owner_ask(place->owner, &ask);
}

static void let(struct place *place, bool it_may)
{
    place->may = it_may;
    owner_look(place->owner);
}

static void one_is_away_and_takes_over(void *arg)
{
    struct place a, b;
    begin(&a, true);
    begin(&b, false);
    assert_true(stage_serving(a.owner));
    stage_run_ready();
    assert_true(owner_is_away(b.owner));
    assert_int_equal(hold(&a, 1, 0), 0);
    assert_int_equal(hold(&b, 2, 1), ERR_FENCED);

    let(&a, false);
    stage_run_ready();
    assert_true(owner_is_away(a.owner));
    assert_int_equal(hold(&a, 1, 2), ERR_FENCED);
    let(&b, true);
    assert_true(stage_serving(b.owner));
    assert_int_equal(hold(&b, 2, 0), ERR_CONFLICT); /* the other's hold stands */
    assert_int_equal(hold(&b, 2, 1), 0);

    let(&b, false);
    let(&a, true);
    assert_true(stage_serving(a.owner));
    assert_int_equal(hold(&a, 1, 1), ERR_CONFLICT);
    assert_int_equal(a.fenced + b.fenced, 0);
    owner_check(a.owner);
    owner_stop(a.owner);
    owner_stop(b.owner);
}

/* Both believe to be the one, as after a loss of the leases: the store decides. */
static void who_is_fenced_asks_the_gate(void *arg)
{
    struct place a, b;
    begin(&a, true);
    assert_true(stage_serving(a.owner));
    begin(&b, true);
    assert_true(stage_serving(b.owner));
    assert_int_equal(hold(&b, 2, 1), 0);
    assert_int_equal(hold(&a, 1, 0), ERR_UNAVAILABLE); /* nothing was promised */
    stage_run_ready();
    assert_int_equal(a.fenced, 1);
    assert_true(owner_is_away(a.owner));
    assert_int_equal(hold(&b, 2, 0), 0);
    owner_stop(a.owner);
    owner_stop(b.owner);
}

static void away_shows_what_it_is_told(void *arg)
{
    struct place a;
    struct owner_figures figures;
    const uint8_t states[] = {0x01};
    const struct owner_change change = {1, SEATS_SOLD};
    begin(&a, false);
    stage_run_ready();
    owner_mirror(a.owner, &(struct owner_mirrored){.version = 5,
                                                   .sale_state = STAGE_OPEN,
                                                   .counts = {.free = 3, .held = 1},
                                                   .price_list = 2,
                                                   .states = states});
    assert_int_equal(a.seen_list, 2);
    owner_mirror(a.owner, &(struct owner_mirrored){.version = 6,
                                                   .sale_state = STAGE_OPEN,
                                                   .counts = {.free = 2, .held = 1, .sold = 1},
                                                   .price_list = 3,
                                                   .from_version = 5,
                                                   .changes = &change,
                                                   .change_count = 1});
    owner_figures(a.owner, &figures);
    assert_int_equal(figures.version, 6);
    assert_int_equal(figures.counts.sold, 1);
    assert_int_equal(figures.price_list, 3);
    assert_int_equal(a.seen_list, 3);
    assert_false(figures.serving);
    assert_int_equal(a.seen_version, 6);
    assert_int_equal(a.seen_changes, 1);
    owner_stop(a.owner);
}

/* Two that each take the other for the owner show each other the same hall: it must not be news for
 * ever. */
static void what_is_known_is_no_news(void *arg)
{
    struct place a;
    const uint8_t states[] = {0x01};
    struct owner_mirrored hall = {
        .sale_state = STAGE_OPEN, .counts = {.free = 3, .held = 1}, .states = states};
    begin(&a, false);
    stage_run_ready();
    for (int i = 0; i < 3; i++)
        assert_true(owner_mirror(a.owner, &hall));
    assert_int_equal(a.loads, 1); /* of version 0, too */
    hall.version = 5;
    for (int i = 0; i < 3; i++)
        assert_true(owner_mirror(a.owner, &hall));
    assert_int_equal(a.loads, 2);
    owner_stop(a.owner);
}

/* Changes that lead from another hall than the one that is shown would make a third, which never
 * was. */
static void changes_lead_on(void *arg)
{
    struct place a;
    const uint8_t states[] = {0x00};
    const struct owner_change change = {1, SEATS_HELD};
    struct owner_mirrored news = {.version = 3,
                                  .sale_state = STAGE_OPEN,
                                  .counts = {.free = 3, .held = 1},
                                  .from_version = 2,
                                  .changes = &change,
                                  .change_count = 1};
    begin(&a, true);
    assert_true(stage_serving(a.owner));
    assert_false(owner_mirror(a.owner, &news)); /* it owns */
    assert_int_equal(hold(&a, 1, 0), 0);
    let(&a, false);
    stage_run_ready();
    assert_true(owner_is_away(a.owner));
    assert_false(owner_mirror(a.owner, &news)); /* it shows version 1 */
    assert_int_equal(a.seen_version, 1);
    news.from_version = 1;
    assert_true(owner_mirror(a.owner, &news));
    assert_int_equal(a.seen_version, 3);
    news.version = 2;
    news.states = states;
    assert_false(owner_mirror(a.owner, &news)); /* it would go back */
    owner_stop(a.owner);
}

static void run(void (*body)(void *arg))
{
    static const char *const rows[] = {"....", NULL};
    const struct stage_options options = {
        .seed = 3, .rows = rows, .hold_ttl_ms = 60000, .places_max = 4, .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, body, NULL);
    stage_close(&stage);
}

static void test_takes_over(void **state)
{
    run(one_is_away_and_takes_over);
}

static void test_fenced(void **state)
{
    run(who_is_fenced_asks_the_gate);
}

static void test_mirror(void **state)
{
    run(away_shows_what_it_is_told);
}

static void test_no_news(void **state)
{
    run(what_is_known_is_no_news);
}

static void test_changes(void **state)
{
    run(changes_lead_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_over), cmocka_unit_test(test_fenced),
        cmocka_unit_test(test_mirror),     cmocka_unit_test(test_no_news),
        cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
