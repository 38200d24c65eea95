#include "sale/change.h"

/* ---- the list as tables ---- */

const struct change_rule *change_rule(enum change_kind kind)
{
    static const struct change_rule rules[] = {
#define X(NAME, member, FROM, TO, WAS, IS, SALE)                                                   \
    [CHANGE_##NAME] = {.name = #member,                                                            \
                       .seats_from = CHANGE_SEATS_##FROM,                                          \
                       .seats_to = CHANGE_SEATS_##TO,                                              \
                       .order_from = CHANGE_ORDER_##WAS,                                           \
                       .order_to = CHANGE_ORDER_##IS,                                              \
                       .sale = CHANGE_SALE_##SALE},
        CHANGE_LIST(X)
#undef X
    };
    assert((size_t)kind < sizeof(rules) / sizeof(rules[0]) && rules[kind].name);
    return &rules[kind];
}

static enum change_seats held_or_offered(const struct change *change, enum change_seats seats)
{
    return seats == CHANGE_SEATS_HELD && !id_is_zero(change->wish_id) ? CHANGE_SEATS_OFFERED
                                                                      : seats;
}

enum change_seats change_seats_from(const struct change *change)
{
    return held_or_offered(change, change_rule(change->kind)->seats_from);
}

enum change_seats change_seats_to(const struct change *change)
{
    const enum change_seats to = change_rule(change->kind)->seats_to;
    return to == CHANGE_SEATS_FREE && change->rest_until_ms != 0 ? CHANGE_SEATS_RESTING
                                                                 : held_or_offered(change, to);
}

bool change_fits_sale(enum change_kind kind, uint32_t sale_state)
{
    return sale_state < 32 && ((uint32_t)change_rule(kind)->sale >> sale_state & 1) != 0;
}

bool change_sale_may_go(uint32_t from, uint32_t to)
{
#define X(FROM, TO)                                                                                \
    if (from == USHER__V1__SALE_STATE__SALE_STATE_##FROM &&                                        \
        to == USHER__V1__SALE_STATE__SALE_STATE_##TO)                                              \
        return true;
    CHANGE_SALE_WAYS(X)
#undef X
    return false;
}

/* ---- writing: each macro is a field of the type in its name ---- */

static bool write_id(struct arena *arena, struct id id, ProtobufCBinaryData *ret_bytes)
{
    uint8_t *bytes = arena_alloc(arena, ID_BYTES);
    if (!bytes)
        return false;
    id_to_bytes(id, bytes);
    *ret_bytes = (ProtobufCBinaryData){.len = ID_BYTES, .data = bytes};
    return true;
}

static bool write_key(struct arena *arena, struct change *change, Usher__V1__LedgerKey **ret_key)
{
    if (change->key_len == 0)
        return true;
    Usher__V1__LedgerKey *key = arena_alloc(arena, sizeof(*key));
    if (!key)
        return false;
    usher__v1__ledger_key__init(key);
    key->key = (ProtobufCBinaryData){.len = change->key_len, .data = change->key};
    key->request_hash =
        (ProtobufCBinaryData){.len = CHANGE_HASH_BYTES, .data = change->request_hash};
    *ret_key = key;
    return true;
}

#define WRITE_id(name) written = written && write_id(arena, change->name, &message->name);
#define WRITE_id_may(name)                                                                         \
    if (!id_is_zero(change->name))                                                                 \
    WRITE_id(name)
#define WRITE_i64(name) message->name = change->name;
#define WRITE_u32(name) message->name = change->name;
#define WRITE_text(name)                                                                           \
    message->name = (ProtobufCBinaryData){.len = change->name##_len, .data = change->name};
#define WRITE_bytes(name)                                                                          \
    message->name =                                                                                \
        (ProtobufCBinaryData){.len = change->name.len, .data = (uint8_t *)change->name.at};
#define WRITE_amounts(name)                                                                        \
    message->n_##name = change->amount_count;                                                      \
    message->name = change->name;
#define WRITE_types(name)                                                                          \
    message->n_##name = change->type_count;                                                        \
    message->name = change->name;
#define WRITE_key_may(name)  written = written && write_key(arena, change, &message->name);
#define WRITE_key_must(name) WRITE_key_may(name)
#define WRITE_seats(name)                                                                          \
    message->n_##name = change->seat_count;                                                        \
    message->name = change->name;
#define WRITE_left(name)                                                                           \
    message->n_##name = change->left_count;                                                        \
    message->name = change->left;
#define WRITE_to(name)                                                                             \
    message->n_##name = change->seat_count;                                                        \
    message->name = change->to;
#define WRITE(type, name) WRITE_##type(name)

int change_write(struct change *change, struct arena *arena, Usher__V1__LedgerEntry *ret_entry)
{
    bool written = false;
    usher__v1__ledger_entry__init(ret_entry);
    ret_entry->at_ms = change->at_ms;
    ret_entry->change_case = (Usher__V1__LedgerEntry__ChangeCase)change->kind;
    switch (change->kind) {
#define X(NAME, member, ...)                                                                       \
    case CHANGE_##NAME: {                                                                          \
        typeof(ret_entry->member) message = arena_alloc(arena, sizeof(*message));                  \
        written = message != NULL;                                                                 \
        if (!written)                                                                              \
            break;                                                                                 \
        usher__v1__ledger_##member##__init(message);                                               \
        CHANGE_FIELDS_##NAME(WRITE) ret_entry->member = message;                                   \
        break;                                                                                     \
    }
        CHANGE_LIST(X)
#undef X
    }
    return written ? 0 : ERR_NO_MEMORY;
}

/* ---- reading ---- */

static bool read_id(const ProtobufCBinaryData *bytes, struct id *ret_id)
{
    return id_from_bytes(view_of(bytes->data, bytes->len), ret_id) == 0 && !id_is_zero(*ret_id);
}

static bool read_seats(const uint32_t *seats, size_t count, uint32_t ret_seats[CHANGE_SEATS_MAX],
                       uint32_t *ret_count)
{
    if (count == 0 || count > CHANGE_SEATS_MAX)
        return false;
    for (size_t i = 1; i < count; i++) {
        if (seats[i - 1] >= seats[i])
            return false;
    }
    *ret_count = (uint32_t)count;
    memcpy(ret_seats, seats, count * sizeof(*seats));
    return true;
}

/* Each is another of what the order has then. */
static bool read_to(const uint32_t *to, size_t count, struct change *ret_change)
{
    if (count != ret_change->seat_count || count > ret_change->left_count)
        return false;
    for (size_t i = 0; i < count; i++) {
        bool right = false;
        for (uint32_t k = 0; k < ret_change->left_count; k++)
            right = right || ret_change->left[k] == to[i];
        for (size_t k = 0; k < i; k++)
            right = right && to[k] != to[i];
        if (!right)
            return false;
        ret_change->to[i] = to[i];
    }
    return true;
}

/* One with the hash of what was asked under it. */
static bool read_key(const Usher__V1__LedgerKey *key, struct change *ret_change)
{
    if (key->key.len == 0 || key->key.len > CHANGE_KEY_MAX ||
        key->request_hash.len != CHANGE_HASH_BYTES)
        return false;
    ret_change->key_len = (uint32_t)key->key.len;
    memcpy(ret_change->key, key->key.data, key->key.len);
    memcpy(ret_change->request_hash, key->request_hash.data, CHANGE_HASH_BYTES);
    return true;
}

static bool read_reason(const ProtobufCBinaryData *text, struct change *ret_change)
{
    if (text->len == 0 || text->len > CHANGE_REASON_MAX)
        return false;
    ret_change->reason_len = (uint32_t)text->len;
    memcpy(ret_change->reason, text->data, text->len);
    return true;
}

static bool read_amounts(const int64_t *amounts, size_t count, struct change *ret_change)
{
    if (count != 0 && count != ret_change->seat_count)
        return false;
    ret_change->amount_count = (uint32_t)count;
    if (count > 0)
        memcpy(ret_change->amounts, amounts, count * sizeof(*amounts));
    return true;
}

static bool read_types(const uint32_t *types, size_t count, struct change *ret_change)
{
    if (count != 0 && count != ret_change->seat_count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (types[i] >= CHANGE_TYPES_MAX)
            return false;
        ret_change->types[i] = types[i];
    }
    ret_change->type_count = (uint32_t)count;
    return true;
}

#define READ_id(name) right &= read_id(&message->name, &ret_change->name);
#define READ_id_may(name)                                                                          \
    right &= message->name.len == 0 || read_id(&message->name, &ret_change->name);
#define READ_i64(name)  ret_change->name = message->name;
#define READ_u32(name)  ret_change->name = message->name;
#define READ_text(name) right &= read_reason(&message->name, ret_change);
#define READ_bytes(name)                                                                           \
    right &= message->name.len > 0 && message->name.len <= CHANGE_LIST_MAX;                        \
    ret_change->name = view_of(message->name.data, message->name.len);
#define READ_amounts(name)                                                                         \
    right = right && read_amounts(message->name, message->n_##name, ret_change);
#define READ_types(name) right = right && read_types(message->name, message->n_##name, ret_change);
#define READ_seats(name)                                                                           \
    right &=                                                                                       \
        read_seats(message->name, message->n_##name, ret_change->name, &ret_change->seat_count);
#define READ_left(name)                                                                            \
    right &=                                                                                       \
        read_seats(message->name, message->n_##name, ret_change->name, &ret_change->left_count);
#define READ_to(name)       right = right && read_to(message->name, message->n_##name, ret_change);
#define READ_key_may(name)  right &= !message->name || read_key(message->name, ret_change);
#define READ_key_must(name) right &= message->name && read_key(message->name, ret_change);
#define READ(type, name)    READ_##type(name)

int change_read(const Usher__V1__LedgerEntry *entry, struct change *ret_change)
{
    bool right = false;
    *ret_change = (struct change){.kind = (enum change_kind)entry->change_case};
    ret_change->at_ms = entry->at_ms;
    switch (ret_change->kind) {
#define X(NAME, member, ...)                                                                       \
    case CHANGE_##NAME: {                                                                          \
        const typeof(*entry->member) *message = entry->member;                                     \
        right = true;                                                                              \
        CHANGE_FIELDS_##NAME(READ) break;                                                          \
    }
        CHANGE_LIST(X)
#undef X
    }
    return right ? 0 : ERR_CORRUPT;
}
