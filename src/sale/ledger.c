#include "sale/ledger.h"

#include "codec/be.h"
#include "codec/sha256.h"

/* 16 bytes each: a hash of one kind can never be taken for one of the other. */
static const char ROW_TAG[16] = "usher ledger v1\n";
static const char GENESIS_TAG[16] = "usher genesis 1\n";
static const char GENESIS_2_TAG[16] = "usher genesis 2\n";
static const char GENESIS_3_TAG[16] = "usher genesis 3\n";

#define CLOCK_ARENA_MAX (64u << 10) /* a row of one entry needs less */

static void first_genesis_hash(const struct ledger_genesis *genesis,
                               uint8_t ret_hash[LEDGER_HASH_BYTES])
{
    uint8_t preimage[LEDGER_GENESIS_PREIMAGE], *at = preimage;
    uint8_t currency[LEDGER_HASH_BYTES], prices[LEDGER_HASH_BYTES];
    sha256(genesis->currency, currency);
    sha256(genesis->prices, prices);
    at = be_put_bytes(at, GENESIS_TAG, sizeof(GENESIS_TAG));
    at = be_put(at, genesis->performance_id, 4);
    at = be_put(at, genesis->event_id, 4);
    at = be_put(at, genesis->hall_id, 4);
    at = be_put_bytes(at, genesis->layout_hash, LEDGER_HASH_BYTES);
    at = be_put(at, (uint64_t)genesis->starts_at_ms, 8);
    at = be_put(at, genesis->hold_ttl_ms, 4);
    at = be_put(at, genesis->places_max, 4);
    at = be_put(at, genesis->first_sale_state, 4);
    at = be_put_bytes(at, currency, LEDGER_HASH_BYTES);
    at = be_put_bytes(at, prices, LEDGER_HASH_BYTES);
    assert(at - preimage == LEDGER_GENESIS_PREIMAGE);
    sha256(view_of(preimage, LEDGER_GENESIS_PREIMAGE), ret_hash);
}

void ledger_genesis_hash(const struct ledger_genesis *genesis, uint8_t ret_hash[LEDGER_HASH_BYTES])
{
    uint8_t preimage[LEDGER_GENESIS_2_BYTES], *at = preimage;
    uint8_t first[LEDGER_HASH_BYTES], event[LEDGER_HASH_BYTES], hall[LEDGER_HASH_BYTES];
    first_genesis_hash(genesis, first);
    if (!genesis->covers_names) {
        memcpy(ret_hash, first, sizeof(first));
        return;
    }
    sha256(genesis->event_name, event);
    sha256(genesis->hall_name, hall);
    at = be_put_bytes(at, GENESIS_2_TAG, sizeof(GENESIS_2_TAG));
    at = be_put_bytes(at, first, LEDGER_HASH_BYTES);
    at = be_put(at, genesis->rest_ms, 4);
    at = be_put(at, genesis->section_count, 4);
    at = be_put(at, genesis->utc_offset_known, 4);
    at = be_put(at, (uint64_t)(int64_t)genesis->utc_offset_minutes, 4);
    at = be_put_bytes(at, event, LEDGER_HASH_BYTES);
    at = be_put_bytes(at, hall, LEDGER_HASH_BYTES);
    assert(at - preimage == LEDGER_GENESIS_2_BYTES);
    sha256(view_of(preimage, LEDGER_GENESIS_2_BYTES), ret_hash);
    if (genesis->person_rule == 0)
        return;
    at = be_put_bytes(preimage, GENESIS_3_TAG, sizeof(GENESIS_3_TAG));
    at = be_put_bytes(at, ret_hash, LEDGER_HASH_BYTES);
    at = be_put(at, genesis->person_rule, 4);
    assert(at - preimage == LEDGER_GENESIS_3_BYTES);
    sha256(view_of(preimage, LEDGER_GENESIS_3_BYTES), ret_hash);
}

static void row_hash(uint32_t performance_id, const struct ledger_row *row,
                     uint8_t ret_hash[LEDGER_HASH_BYTES])
{
    uint8_t preimage[LEDGER_ROW_PREIMAGE], body[LEDGER_HASH_BYTES], *at = preimage;
    sha256(row->body, body);
    at = be_put_bytes(at, ROW_TAG, sizeof(ROW_TAG));
    at = be_put(at, performance_id, 4);
    at = be_put(at, row->seq, 8);
    at = be_put(at, row->epoch, 8);
    at = be_put(at, row->version_before, 8);
    at = be_put(at, row->version, 8);
    at = be_put(at, (uint64_t)row->at_ms, 8);
    at = be_put_bytes(at, row->prev_hash, LEDGER_HASH_BYTES);
    at = be_put_bytes(at, body, LEDGER_HASH_BYTES);
    assert(at - preimage == LEDGER_ROW_PREIMAGE);
    sha256(view_of(preimage, LEDGER_ROW_PREIMAGE), ret_hash);
}

void ledger_seal(uint32_t performance_id, struct ledger_row *row)
{
    row_hash(performance_id, row, row->hash);
}

/* Whether the row is one clock change, from which time runs anew. */
static bool sets_the_clock(const struct ledger_row *row)
{
    struct arena arena;
    struct change *changes;
    size_t count = 0;
    arena_init(&arena, CLOCK_ARENA_MAX);
    const int rc = ledger_unpack(row->body, &arena, &changes, &count);
    const bool sets = rc == 0 && count == 1 && changes[0].kind == CHANGE_CLOCK;
    arena_release(&arena);
    return sets;
}

static enum ledger_break find_break(const struct ledger_row *row, const struct ledger_tail *tail,
                                    const uint8_t hash[LEDGER_HASH_BYTES])
{
    if (row->seq != tail->seq + 1)
        return LEDGER_BREAK_SEQ;
    if (row->version_before != tail->version || row->version <= row->version_before)
        return LEDGER_BREAK_VERSION;
    if (row->epoch == 0 || row->epoch < tail->epoch)
        return LEDGER_BREAK_EPOCH;
    if (row->at_ms < tail->at_ms && !sets_the_clock(row))
        return LEDGER_BREAK_TIME;
    if (memcmp(row->prev_hash, tail->hash, LEDGER_HASH_BYTES) != 0)
        return LEDGER_BREAK_PREV_HASH;
    if (memcmp(row->hash, hash, LEDGER_HASH_BYTES) != 0)
        return LEDGER_BREAK_HASH;
    return LEDGER_OK;
}

enum ledger_break ledger_follow(uint32_t performance_id, const struct ledger_row *row,
                                struct ledger_tail *tail)
{
    uint8_t hash[LEDGER_HASH_BYTES];
    row_hash(performance_id, row, hash);
    const enum ledger_break broken = find_break(row, tail, hash);
    tail->seq = row->seq;
    tail->epoch = row->epoch;
    tail->version = row->version;
    tail->at_ms = row->at_ms;
    memcpy(tail->hash, row->hash, LEDGER_HASH_BYTES);
    return broken;
}

const char *ledger_break_text(enum ledger_break broken)
{
    switch (broken) {
    case LEDGER_OK:
        return "it follows";
    case LEDGER_BREAK_SEQ:
        return "its number does not follow the row before";
    case LEDGER_BREAK_VERSION:
        return "its versions do not follow the row before";
    case LEDGER_BREAK_EPOCH:
        return "its epoch is less than the row's before";
    case LEDGER_BREAK_TIME:
        return "its time is before the row's before";
    case LEDGER_BREAK_PREV_HASH:
        return "its prev_hash is not the hash of the row before";
    case LEDGER_BREAK_HASH:
        return "its hash is not the hash of its content";
    }
    return "it is broken";
}

int ledger_pack(struct change *changes, size_t count, struct arena *arena, struct view *ret_body)
{
    assert(count > 0);
    if (count > LEDGER_ENTRIES_MAX)
        return ERR_FULL;
    Usher__V1__LedgerEntry *entries = arena_alloc(arena, count * sizeof(*entries));
    Usher__V1__LedgerEntry **list = arena_alloc(arena, count * sizeof(*list));
    if (!entries || !list)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        list[i] = &entries[i];
        int rc = change_write(&changes[i], arena, list[i]);
        if (rc < 0)
            return rc;
    }
    Usher__V1__LedgerBatch batch = USHER__V1__LEDGER_BATCH__INIT;
    batch.n_entries = count;
    batch.entries = list;
    const size_t len = usher__v1__ledger_batch__get_packed_size(&batch);
    if (len > LEDGER_BODY_MAX)
        return ERR_FULL;
    uint8_t *bytes = arena_alloc(arena, len);
    if (!bytes)
        return ERR_NO_MEMORY;
    usher__v1__ledger_batch__pack(&batch, bytes);
    *ret_body = view_of(bytes, len);
    return 0;
}

/* protobuf-c gives NULL for want of memory and for bad bytes alike; full tells which. */
struct arena_taker {
    struct arena *arena;
    bool full;
};

static void *arena_take(void *state, size_t size)
{
    struct arena_taker *taker = state;
    void *bytes = arena_alloc(taker->arena, size);
    taker->full |= !bytes;
    return bytes;
}

static void arena_leave(void *state, void *bytes)
{
    (void)state, (void)bytes; /* goes with its arena */
}

int ledger_unpack(struct view body, struct arena *arena, struct change **ret_changes,
                  size_t *ret_count)
{
    struct arena_taker taker = {.arena = arena};
    ProtobufCAllocator allocator = {
        .alloc = arena_take, .free = arena_leave, .allocator_data = &taker};
    if (body.len == 0 || body.len > LEDGER_BODY_MAX)
        return ERR_CORRUPT;
    const Usher__V1__LedgerBatch *batch =
        usher__v1__ledger_batch__unpack(&allocator, body.len, (const uint8_t *)body.at);
    if (!batch)
        return taker.full ? ERR_NO_MEMORY : ERR_CORRUPT;
    if (batch->n_entries == 0 || batch->n_entries > LEDGER_ENTRIES_MAX)
        return ERR_CORRUPT;
    struct change *changes = arena_alloc(arena, batch->n_entries * sizeof(*changes));
    if (!changes)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < batch->n_entries; i++) {
        int rc = change_read(batch->entries[i], &changes[i]);
        if (rc < 0)
            return rc;
    }
    *ret_changes = changes;
    *ret_count = batch->n_entries;
    return 0;
}
