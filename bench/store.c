#include "bench/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/log.h"
#include "bench/server.h"
#include "chance/chance.h"
#include "clock/clock.h"
#include "codec/sha256.h"
#include "store/store.h"
#include "usher/v1/ticket.pb-c.h"

#define PLACES     20000
#define CHANGES    100000 /* in one measurement */
#define BATCH_MAX  512
#define PATH_BYTES 256
#define FILE_BYTES (64 << 20)
#define KEY_LEN    16 /* of every idempotency key */

/* What fills the batches: hold k takes seat order[k], and is sold in the batch after. */
struct bench {
    struct store *store;
    struct arena arena;
    struct chance_seeded chance;
    struct store_performance head;
    uint32_t order[PLACES];
    struct id holds[PLACES];
    struct id accounts[PLACES]; /* of guests, made one after the other; they buy in any order */
    uint32_t held;              /* holds made */
    uint32_t sold;              /* of them sold */
    uint8_t seats[BATCH_MAX][4];
    struct change changes[BATCH_MAX];
    struct store_sale sales[BATCH_MAX];
    struct store_order orders[BATCH_MAX];
    uint64_t bytes; /* of bodies written */
};

static int next_performance(struct bench *b)
{
    const struct store_ops *ops = b->store->ops;
    struct store_hall hall = {
        .name = VIEW_LIT("Bench"), .place_count = PLACES, .layout = VIEW_LIT("none")};
    struct store_event event = {.name = VIEW_LIT("Bench")};
    struct store_performance p = {.hold_ttl_ms = 300000,
                                  .places_max = 8,
                                  .currency = VIEW_LIT("KRW"),
                                  .sale_state = USHER__V1__SALE_STATE__SALE_STATE_OPEN};
    uint32_t id = 0;
    sha256(hall.layout, hall.layout_hash);
    int rc = ops->hall_put(b->store, &hall, &p.hall_id, DEADLINE_NEVER);
    if (rc == 0)
        rc = ops->event_put(b->store, &event, NULL, &p.event_id, NULL, DEADLINE_NEVER);
    if (rc == 0)
        rc = ops->performance_put(b->store, &p, &id, DEADLINE_NEVER);
    arena_reset(&b->arena);
    if (rc == 0)
        rc = ops->claim(b->store, id, &b->arena, &b->head, DEADLINE_NEVER);
    for (uint32_t i = 0; i < PLACES; i++) {
        uint32_t j = (uint32_t)chance_below(&b->chance.chance, i + 1);
        b->order[i] = b->order[j];
        b->order[j] = i;
    }
    for (uint32_t i = 0; i < PLACES; i++) {
        uint32_t j = (uint32_t)chance_below(&b->chance.chance, i + 1);
        b->accounts[i] = b->accounts[j];
        b->accounts[j] = chance_id_at(&b->chance.chance, clock_wall_ms(clock_system()) + i / 10);
    }
    b->held = b->sold = 0;
    return rc;
}

static void put_hold(struct bench *b, uint32_t at, int64_t now_ms)
{
    const struct id hold_id = chance_id_at(&b->chance.chance, now_ms);
    b->holds[b->held] = hold_id;
    b->changes[at] = (struct change){.kind = CHANGE_HOLD,
                                     .at_ms = now_ms,
                                     .hold_id = hold_id,
                                     .account_id = b->accounts[b->held],
                                     .seat_count = 1,
                                     .seats = {b->order[b->held++]},
                                     .expires_at_ms = now_ms + 300000,
                                     .key_len = KEY_LEN};
}

static void put_sale(struct bench *b, uint32_t at, size_t order_at, int64_t now_ms)
{
    const struct id hold_id = b->holds[b->sold];
    const struct id account_id = b->accounts[b->sold];
    const uint32_t seat = b->order[b->sold++];
    b->changes[at] = (struct change){.kind = CHANGE_SALE,
                                     .at_ms = now_ms,
                                     .order_id = hold_id,
                                     .hold_id = hold_id,
                                     .account_id = account_id,
                                     .seat_count = 1,
                                     .seats = {seat},
                                     .total = 1000,
                                     .key_len = KEY_LEN};
    for (unsigned i = 0; i < 4; i++)
        b->seats[order_at][i] = (uint8_t)(seat >> (8 * i));
    b->sales[order_at] = (struct store_sale){seat, hold_id};
    b->orders[order_at] = (struct store_order){
        .order_id = hold_id,
        .account_id = account_id,
        .hold_id = hold_id,
        .performance_id = b->head.performance_id,
        .state = USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED,
        .payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE,
        .placed_at_ms = now_ms,
        .total = 1000,
        .seats = view_of(b->seats[order_at], 4),
    };
}

static int sale_by_seat(const void *a, const void *b)
{
    const struct store_sale *x = a, *y = b;
    return x->seat < y->seat ? -1 : x->seat > y->seat;
}

/* One batch of `size` changes, packed, sealed and committed. */
static int commit_one(struct bench *b, uint32_t size)
{
    int64_t now_ms = clock_wall_ms(clock_system());
    uint32_t sales = b->held - b->sold < size / 2 ? b->held - b->sold : size / 2;
    for (uint32_t i = 0; i < size; i++) {
        if (i < sales)
            put_sale(b, i, i, now_ms);
        else
            put_hold(b, i, now_ms);
    }
    qsort(b->sales, sales, sizeof(b->sales[0]), sale_by_seat);
    struct store_batch batch = {
        .performance_id = b->head.performance_id,
        .epoch = b->head.epoch,
        .row = {.seq = b->head.seq + 1,
                .epoch = b->head.epoch,
                .version_before = b->head.version,
                .version = b->head.version + size,
                .at_ms = now_ms},
        .sale_state = b->head.sale_state,
        .sales = b->sales,
        .sale_count = sales,
        .orders = b->orders,
        .order_count = sales,
        .outbox = sales ? VIEW_LIT("an outbox row") : (struct view){0},
    };
    memcpy(batch.row.prev_hash, b->head.head_hash, STORE_HASH_BYTES);
    arena_reset(&b->arena);
    int rc = ledger_pack(b->changes, size, &b->arena, &batch.row.body);
    ledger_seal(batch.performance_id, &batch.row);
    if (rc == 0)
        rc = b->store->ops->commit(b->store, &batch, DEADLINE_NEVER);
    if (rc < 0)
        return rc;
    b->head.seq++;
    b->head.version += size;
    memcpy(b->head.head_hash, batch.row.hash, STORE_HASH_BYTES);
    b->bytes += batch.row.body.len;
    return 0;
}

/* Batches of one size; *ret_us is the mean of one, *ret_worst_us the longest. */
static int measure_store(struct bench *b, uint32_t size, double *ret_us, double *ret_worst_us)
{
    uint32_t batches = CHANGES / size;
    int64_t spent_ns = 0, worst_ns = 0;
    int rc = next_performance(b);
    b->bytes = 0;
    for (uint32_t i = 0; rc == 0 && i < batches; i++) {
        if (b->held + size > PLACES)
            rc = next_performance(b);
        int64_t begun_ns = clock_mono_ns(clock_system());
        if (rc == 0)
            rc = commit_one(b, size);
        int64_t took_ns = clock_mono_ns(clock_system()) - begun_ns;
        spent_ns += took_ns;
        worst_ns = took_ns > worst_ns ? took_ns : worst_ns;
    }
    *ret_us = (double)spent_ns / batches / 1000;
    *ret_worst_us = (double)worst_ns / 1000;
    return rc;
}

/* As many bytes a time into a file whose blocks are there already. */
static int measure_file(const char *dir, size_t len, uint32_t batches, double *ret_us)
{
    char path[PATH_BYTES + 8];
    snprintf(path, sizeof(path), "%s/file", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    char *zeros = calloc(1, FILE_BYTES);
    int rc = fd >= 0 && zeros ? 0 : ERR_IO;
    if (rc == 0 && (pwrite(fd, zeros, FILE_BYTES, 0) != FILE_BYTES || fsync(fd) < 0))
        rc = ERR_IO;
    int64_t begun_ns = clock_mono_ns(clock_system());
    off_t at = 0;
    for (uint32_t i = 0; rc == 0 && i < batches; i++, at += (off_t)len) {
        if (at + (off_t)len > FILE_BYTES)
            at = 0;
        if (pwrite(fd, zeros, len, at) != (ssize_t)len || fdatasync(fd) < 0)
            rc = ERR_IO;
    }
    *ret_us = (double)(clock_mono_ns(clock_system()) - begun_ns) / batches / 1000;
    free(zeros);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int measure(struct bench *b, const char *dir, uint32_t size,
                   void (*row)(void *state, const char *name, double value, const char *unit),
                   void *state)
{
    char name[64];
    double us = 0, worst_us = 0, limit_us = 0;
    int rc = measure_store(b, size, &us, &worst_us);
    if (rc == 0)
        rc = measure_file(dir, (size_t)(b->bytes / (CHANGES / size)), CHANGES / size, &limit_us);
    if (rc < 0)
        return rc;
    snprintf(name, sizeof(name), "store: sqlite FULL, batch of %u", size);
    row(state, name, us, "us");
    row(state, name, size * 1e6 / us, "reservations/s");
    snprintf(name, sizeof(name), "store: sqlite FULL, batch of %u, longest", size);
    row(state, name, worst_us, "us");
    snprintf(name, sizeof(name), "store: limit, file and fdatasync, batch of %u", size);
    row(state, name, limit_us, "us");
    snprintf(name, sizeof(name), "store: sqlite / limit, batch of %u", size);
    row(state, name, us / limit_us, "x");
    return 0;
}

/* The same batches on MariaDB, where tests/servers/with has started one. */
static int measure_mariadb(struct bench *b, const char *url,
                           void (*row)(void *state, const char *name, double value,
                                       const char *unit),
                           void *state)
{
    static const uint32_t sizes[] = {64, BATCH_MAX};
    char name[64], why[STORE_WHY_MAX] = "";
    int rc = store_mariadb_open(url, false, why, &b->store);
    /* The database is there from round to round, and ids are for ever. */
    chance_seed(&b->chance, (uint64_t)clock_mono_ns(clock_system()));
    for (size_t i = 0; rc == 0 && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        double us = 0, worst_us = 0;
        rc = measure_store(b, sizes[i], &us, &worst_us);
        snprintf(name, sizeof(name), "store: mariadb, batch of %u", sizes[i]);
        if (rc == 0) {
            row(state, name, us, "us");
            row(state, name, sizes[i] * 1e6 / us, "reservations/s");
        }
    }
    store_free(b->store);
    b->store = NULL;
    return rc;
}

void bench_store(void (*row)(void *state, const char *name, double value, const char *unit),
                 void *state)
{
    char dir[PATH_BYTES];
    struct bench *b = calloc(1, sizeof(*b));
    int rc = b ? bench_make_folder(dir, sizeof(dir)) : ERR_NO_MEMORY;
    if (rc == 0) {
        arena_init(&b->arena, 16 << 20);
        chance_seed(&b->chance, 1);
        rc = store_sqlite_open(dir, false, &b->store);
        if (rc == 0)
            rc = measure(b, dir, 64, row, state);
        if (rc == 0)
            rc = measure(b, dir, BATCH_MAX, row, state);
        store_free(b->store);
        b->store = NULL;
        if (rc == 0)
            rc = bench_log(dir, row, state);
        if (rc == 0 && getenv("USHER_TEST_MARIADB"))
            rc = measure_mariadb(b, getenv("USHER_TEST_MARIADB"), row, state);
        arena_release(&b->arena);
        bench_remove_folder(dir);
    }
    if (rc < 0)
        row(state, "store: failed", rc, "code");
    free(b);
}
