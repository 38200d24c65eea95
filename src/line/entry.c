#include "line/entry.h"

#include "codec/sha256.h"
#include "err/err.h"

static_assert(LINE_HASH_BYTES == SHA256_BYTES, "hashes are SHA-256");

/* What a kind carries, in the order of the bits. */
enum { ACCOUNT = 1, NUMBER = 2, HOW = 4, OTHER = 8, SECRETS = 16, HASH = 32 };
static const struct {
    uint8_t carries;
    uint8_t how_last;
    const char *text;
} kinds[LINE_KIND_LAST + 1] = {
    [LINE_DRAW_OPENED] = {0, 0, "the draw opened"},
    [LINE_ENTERED_DRAW] = {ACCOUNT, 0, "entered the draw"},
    [LINE_LEFT_DRAW] = {ACCOUNT, 0, "left the draw"},
    [LINE_DRAWN] = {NUMBER | SECRETS, 0, "drawn"},
    [LINE_OPENED] = {0, 0, "opened"},
    [LINE_JOINED] = {ACCOUNT | NUMBER, 0, "joined"},
    [LINE_CALLED_UP_TO] = {NUMBER, 0, "called up to"},
    [LINE_CAME_IN] = {NUMBER | OTHER, 0, "came in"},
    [LINE_ENDED] = {NUMBER | HOW, LINE_END_LAST, "ended"},
    [LINE_LIMITS] = {NUMBER | OTHER, 0, "limits"},
    [LINE_CAPACITY] = {NUMBER | HOW | OTHER, LINE_WHY_LAST, "capacity"},
    [LINE_HALTED] = {0, 0, "paused"},
    [LINE_RESUMED] = {0, 0, "resumed"},
    [LINE_CLOSED] = {HOW, LINE_OVER_LAST, "over"},
    [LINE_BEACON_NAMED] = {NUMBER | HASH, 0, "beacon named"},
    [LINE_BEACON_GIVEN] = {NUMBER | HASH, 0, "beacon given"},
    [LINE_STOPPED] = {0, 0, "stopped"},
};

const char *line_kind_text(enum line_kind kind)
{
    return kind >= 1 && kind <= LINE_KIND_LAST ? kinds[kind].text : "an unknown kind";
}

static void put(uint8_t **at, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *(*at)++ = (uint8_t)(number >> (8 * i));
}

static void put_bytes(uint8_t **at, const void *bytes, size_t len)
{
    memcpy(*at, bytes, len);
    *at += len;
}

int line_entry_write(const struct line_entry *entry, struct buf *out)
{
    uint8_t bytes[LINE_ENTRY_MAX], *at = bytes;
    assert(entry->kind >= 1 && entry->kind <= LINE_KIND_LAST);
    const uint8_t carries = kinds[entry->kind].carries;
    put(&at, entry->kind, 1);
    put(&at, (uint64_t)entry->at_ms, 6);
    if (carries & ACCOUNT) {
        id_to_bytes(entry->account_id, at);
        at += ID_BYTES;
    }
    if (carries & NUMBER)
        put(&at, entry->number, 4);
    if (carries & HOW)
        put(&at, entry->how, 1);
    if (carries & OTHER)
        put(&at, entry->other, 4);
    if (carries & SECRETS) {
        put_bytes(&at, entry->secret, LINE_HASH_BYTES);
        put_bytes(&at, entry->root, LINE_HASH_BYTES);
    }
    if (carries & HASH)
        put_bytes(&at, entry->root, LINE_HASH_BYTES);
    return buf_append(out, bytes, (size_t)(at - bytes));
}

/* Takes a number off the front; 0 where the view is too short, which *ret_short then says. */
static uint64_t take(struct view *from, size_t bytes, bool *ret_short)
{
    uint64_t number = 0;
    if (from->len < bytes) {
        *ret_short = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | (uint8_t)from->at[i];
    *from = view_of(from->at + bytes, from->len - bytes);
    return number;
}

static void take_bytes(struct view *from, uint8_t *to, size_t bytes, bool *ret_short)
{
    if (from->len < bytes) {
        *ret_short = true;
        return;
    }
    memcpy(to, from->at, bytes);
    *from = view_of(from->at + bytes, from->len - bytes);
}

int line_entry_read(struct view *body, struct line_entry *ret_entry)
{
    struct line_entry entry = {0};
    struct view left = *body;
    bool is_short = false;
    const uint64_t kind = take(&left, 1, &is_short);
    if (is_short || kind < 1 || kind > LINE_KIND_LAST)
        return ERR_CORRUPT;
    const uint8_t carries = kinds[kind].carries;
    entry.kind = (enum line_kind)kind;
    entry.at_ms = (int64_t)take(&left, 6, &is_short);
    if (carries & ACCOUNT) {
        entry.account_id.hi = take(&left, 8, &is_short);
        entry.account_id.lo = take(&left, 8, &is_short);
        is_short |= id_is_zero(entry.account_id);
    }
    if (carries & NUMBER)
        entry.number = (uint32_t)take(&left, 4, &is_short);
    if (carries & HOW)
        entry.how = (uint8_t)take(&left, 1, &is_short);
    if (carries & OTHER)
        entry.other = (uint32_t)take(&left, 4, &is_short);
    if (carries & SECRETS) {
        take_bytes(&left, entry.secret, LINE_HASH_BYTES, &is_short);
        take_bytes(&left, entry.root, LINE_HASH_BYTES, &is_short);
    }
    if (carries & HASH)
        take_bytes(&left, entry.root, LINE_HASH_BYTES, &is_short);
    if (is_short || ((carries & HOW) && (entry.how < 1 || entry.how > kinds[kind].how_last)))
        return ERR_CORRUPT;
    *ret_entry = entry;
    *body = left;
    return 0;
}

/* ---- rows ---- */

void line_genesis_hash(uint32_t sale_id, const uint8_t commitment[LINE_HASH_BYTES],
                       uint8_t ret_hash[LINE_HASH_BYTES])
{
    static const char title[] = "usher line 1";
    uint8_t bytes[sizeof(title) + 4 + LINE_HASH_BYTES], *at = bytes;
    put_bytes(&at, title, sizeof(title));
    put(&at, sale_id, 4);
    put_bytes(&at, commitment, LINE_HASH_BYTES);
    sha256(view_of(bytes, sizeof(bytes)), ret_hash);
}

/* sale 4 | seq 8 | epoch 8 | time 8 | hash before 32 | length 8 | body */
void line_seal(uint32_t sale_id, struct line_row *row)
{
    uint8_t head[LINE_ROW_PREIMAGE], *at = head;
    put(&at, sale_id, 4);
    put(&at, row->seq, 8);
    put(&at, row->epoch, 8);
    put(&at, (uint64_t)row->at_ms, 8);
    put_bytes(&at, row->prev_hash, LINE_HASH_BYTES);
    put(&at, row->body.len, 8);
    assert(at == head + sizeof(head));
    sha256_begin();
    sha256_add(view_of(head, sizeof(head)));
    sha256_add(row->body);
    sha256_end(row->hash);
}
