/* An owner that sells for ever does not grow: what it remembers of an order, it forgets. And when
 * nobody asks any more it gives the memory back. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "owner/stage_test.h"

#define TTL_MS     8000
#define ORDERS     1000  /* in a round, each of another account, under keys of its own */
#define ROUND_MS   20000 /* its two keys and their like live for 31 rounds */
#define FULL       40    /* rounds until all that is remembered has been forgotten once */
#define MORE       40
#define GROWTH_MAX 4096      /* bytes: a tenth of a byte an order */
#define KEY_BYTES  150       /* a key has so many at least */
#define FORGET_MS  20000     /* keys whose time is over are forgotten within this */
#define QUIET_MAX  (2 << 20) /* and habits, which are few, and kept */

static struct stage stage;
static uint64_t account;
static size_t full_bytes, last_bytes;
static size_t fresh_resident, busy_resident, quiet_resident;

/* The store's own memory is not what is measured: it keeps nothing. */
static int forget(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    store_batch_check(batch);
    return 0;
}

static struct owner_ask ask_of(enum owner_verb verb, const char *key)
{
    return (struct owner_ask){
        .verb = verb, .account_id = stage_id(account), .seat_count = 1, .key = view_str(key)};
}

/* Holds, buys and gives back; every tenth only holds, and lets it go. */
static void buy_one(struct owner *owner)
{
    account++;
    struct owner_ask hold = ask_of(OWNER_HOLD, "hold");
    hold.seats[0] = (uint32_t)(account % 10);
    assert_int_equal(owner_ask(owner, &hold), 0);
    const bool buys = account % 10 != 0;
    struct owner_ask next = ask_of(buys ? OWNER_ORDER : OWNER_RELEASE, buys ? "order" : "");
    next.hold_id = hold.hold.hold_id;
    assert_int_equal(owner_ask(owner, &next), 0);
    if (!buys)
        return;
    struct owner_ask back = ask_of(OWNER_CANCEL, "");
    back.hold_id = hold.hold.hold_id;
    back.seats[0] = hold.seats[0];
    assert_int_equal(owner_ask(owner, &back), 0);
}

static void buy_many(struct owner *owner, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        for (int k = 0; k < ORDERS; k++)
            buy_one(owner);
        stage_sleep(ROUND_MS);
    }
}

static size_t bytes_in_use(void)
{
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Bytes of this process that are in memory: the keys' ring is not malloc's. */
static size_t resident(void)
{
    char line[256], *pages;
    malloc_trim(0); /* what is free is not what is asked */
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    pages = strchr(line, ' ');
    assert_non_null(pages);
    return strtoul(pages, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void sell(void *arg)
{
    struct owner *owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
    struct store_ops forgetful = *stage.mem->ops;
    const struct store_ops *whole = stage.mem->ops;
    forgetful.commit = forget;
    stage.mem->ops = &forgetful;
    buy_many(owner, 1);
    fresh_resident = resident();
    buy_many(owner, FULL - 1);
    full_bytes = bytes_in_use();
    buy_many(owner, MORE);
    last_bytes = bytes_in_use();
    busy_resident = resident();
    stage_sleep(TTL_MS + OWNER_KEY_KEEP_MS + FORGET_MS);
    quiet_resident = resident();
    owner_stop(owner);
    stage.mem->ops = whole;
}

static void memory_levels_off(void **state)
{
    static const char *const rows[] = {"..........", NULL};
    const struct stage_options options = {
        .seed = 1, .rows = rows, .hold_ttl_ms = TTL_MS, .places_max = 8, .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, sell, NULL);
    stage_close(&stage);
    print_message("in use after %d orders: %zu bytes; after %d: %zu\n", FULL * ORDERS, full_bytes,
                  (FULL + MORE) * ORDERS, last_bytes);
    assert_true(last_bytes <= full_bytes + GROWTH_MAX);
    print_message("resident at first: %zu; with all keys: %zu; when nobody asks any more: %zu\n",
                  fresh_resident, busy_resident, quiet_resident);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what is freed */
    const size_t keys = (TTL_MS + OWNER_KEY_KEEP_MS) / ROUND_MS * (2 * ORDERS - ORDERS / 10);
    assert_true(busy_resident >= fresh_resident + keys * KEY_BYTES);
    assert_true(quiet_resident <= fresh_resident + QUIET_MAX);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_levels_off)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
