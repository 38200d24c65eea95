#include "store/store.h"

#include "err/err.h"

int store_hall_check(const struct store_hall *hall)
{
    bool fits = hall->name.len <= STORE_NAME_MAX && hall->layout.len <= STORE_LAYOUT_MAX;
    return fits ? 0 : ERR_INVALID;
}

int store_event_check(const struct store_event *event)
{
    bool fits =
        event->name.len <= STORE_NAME_MAX && event->description.len <= STORE_DESCRIPTION_MAX;
    return fits ? 0 : ERR_INVALID;
}

int store_performance_check(const struct store_performance *performance)
{
    const int32_t offset = performance->utc_offset_minutes;
    const bool covers =
        performance->covers_names || (performance->rest_ms == 0 && performance->person_rule == 0);
    bool fits = covers && performance->rest_ms <= LEDGER_REST_MAX_MS &&
                offset >= -STORE_UTC_OFFSET_MAX && offset <= STORE_UTC_OFFSET_MAX &&
                (performance->utc_offset_known || offset == 0) &&
                performance->currency.len <= STORE_NAME_MAX &&
                performance->prices.len <= STORE_PRICES_MAX && performance->prices.len % 8 == 0;
    return fits ? 0 : ERR_INVALID;
}

static uint64_t little_endian(const char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t k = 0; k < bytes; k++)
        value |= (uint64_t)(uint8_t)at[k] << (8 * k);
    return value;
}

static uint8_t *put_little_endian(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t k = 0; k < bytes; k++)
        *at++ = (uint8_t)(value >> (8 * k));
    return at;
}

struct view store_amounts_write(uint32_t price_list, const uint32_t *seats, const int64_t *amounts,
                                const uint32_t *types, size_t count, uint32_t code,
                                uint32_t code_index, uint8_t *bytes)
{
    const uint32_t coded = code != 0 ? STORE_AMOUNTS_CODED : 0;
    uint8_t *at = put_little_endian(bytes, price_list | coded, STORE_AMOUNTS_HEAD);
    if (code != 0) {
        at = put_little_endian(at, code, sizeof(code));
        at = put_little_endian(at, code_index, sizeof(code_index));
    }
    for (size_t i = 0; i < count; i++) {
        at = put_little_endian(at, seats[i], STORE_SEAT_BYTES);
        at = put_little_endian(at, (uint64_t)amounts[i], sizeof(amounts[i]));
    }
    for (size_t i = 0; types && i < count; i++)
        at = put_little_endian(at, types[i], 1);
    return view_of(bytes, (size_t)(at - bytes));
}

static uint32_t amounts_head(struct view amounts)
{
    return amounts.len < STORE_AMOUNTS_HEAD
               ? 0
               : (uint32_t)little_endian(amounts.at, STORE_AMOUNTS_HEAD);
}

/* Where the seats begin. */
static size_t amounts_seats(struct view amounts)
{
    return STORE_AMOUNTS_HEAD +
           ((amounts_head(amounts) & STORE_AMOUNTS_CODED) != 0 ? STORE_AMOUNTS_CODE : 0);
}

uint32_t store_amounts_code(struct view amounts, uint32_t *ret_index)
{
    *ret_index = 0;
    if (amounts_seats(amounts) == STORE_AMOUNTS_HEAD || amounts.len < amounts_seats(amounts))
        return 0;
    *ret_index = (uint32_t)little_endian(amounts.at + STORE_AMOUNTS_HEAD + 4, 4);
    return (uint32_t)little_endian(amounts.at + STORE_AMOUNTS_HEAD, 4);
}

static bool amounts_have_moved(struct view amounts)
{
    return (amounts_head(amounts) & STORE_AMOUNTS_MOVED) != 0;
}

/* How many seats they are of: 8 at most, so their length says whether there are types; or tickets
 * have moved, and there are. */
static size_t amounts_count(struct view amounts)
{
    const size_t head = amounts_seats(amounts), len = amounts.len > head ? amounts.len - head : 0;
    if (amounts_have_moved(amounts))
        return len / (STORE_AMOUNTS_SEAT_BYTES + 2);
    return len % STORE_AMOUNTS_SEAT_BYTES == 0 ? len / STORE_AMOUNTS_SEAT_BYTES
                                               : len / (STORE_AMOUNTS_SEAT_BYTES + 1);
}

/* The seat's place in them; the count: they do not have it. */
static size_t amounts_place(struct view amounts, uint32_t seat)
{
    const size_t count = amounts_count(amounts);
    size_t i = 0;
    while (i < count &&
           little_endian(amounts.at + amounts_seats(amounts) + STORE_AMOUNTS_SEAT_BYTES * i,
                         STORE_SEAT_BYTES) != seat)
        i++;
    return i;
}

bool store_amounts_find(struct view amounts, uint32_t seat, int64_t *ret_amount)
{
    const size_t i = amounts_place(amounts, seat);
    if (i == amounts_count(amounts))
        return false;
    *ret_amount = (int64_t)little_endian(amounts.at + amounts_seats(amounts) +
                                             STORE_AMOUNTS_SEAT_BYTES * i + STORE_SEAT_BYTES,
                                         sizeof(*ret_amount));
    return true;
}

uint32_t store_amounts_list(struct view amounts)
{
    return amounts_head(amounts) & ~(STORE_AMOUNTS_CODED | STORE_AMOUNTS_MOVED);
}

uint32_t store_amounts_type(struct view amounts, uint32_t seat)
{
    const size_t count = amounts_count(amounts), i = amounts_place(amounts, seat);
    const size_t at = amounts_seats(amounts) + STORE_AMOUNTS_SEAT_BYTES * count + i;
    return i < count && at < amounts.len ? (uint8_t)amounts.at[at] : 0;
}

/* The number of the place where a ticket moved, from 1; 0: it did not. */
static size_t amounts_next(struct view amounts, size_t place)
{
    const size_t count = amounts_count(amounts);
    const size_t at = amounts_seats(amounts) + (STORE_AMOUNTS_SEAT_BYTES + 1) * count + place;
    return amounts_have_moved(amounts) && at < amounts.len ? (uint8_t)amounts.at[at] : 0;
}

static uint32_t amounts_seat(struct view amounts, size_t place)
{
    return (uint32_t)little_endian(
        amounts.at + amounts_seats(amounts) + STORE_AMOUNTS_SEAT_BYTES * place, STORE_SEAT_BYTES);
}

bool store_amounts_moved(struct view amounts, size_t number, uint32_t *ret_from, uint32_t *ret_to)
{
    const size_t count = amounts_count(amounts);
    size_t first =
        0; /* of the places that tickets moved to: they stand behind those that were sold */
    for (size_t i = 0; i < count; i++) {
        const size_t next = amounts_next(amounts, i);
        first = next > 0 && (first == 0 || next < first) ? next : first;
    }
    for (size_t i = 0; first > 0 && i < count; i++) {
        if (amounts_next(amounts, i) != first + number || first + number > count)
            continue;
        *ret_from = amounts_seat(amounts, i);
        *ret_to = amounts_seat(amounts, first + number - 1);
        return true;
    }
    return false;
}

uint32_t store_amounts_follow(struct view amounts, uint32_t seat)
{
    const size_t count = amounts_count(amounts);
    size_t place = amounts_place(amounts, seat);
    if (place == count)
        return seat;
    for (size_t next = amounts_next(amounts, place); next > place + 1 && next <= count;
         next = amounts_next(amounts, place))
        place = next - 1;
    return amounts_seat(amounts, place);
}

int store_amounts_move(struct view was, const uint32_t *seats, const uint32_t *to, size_t count,
                       uint8_t *bytes, struct view *ret_amounts)
{
    const size_t had = amounts_count(was), all = had + count;
    uint8_t types[STORE_MOVED_SEATS_MAX] = {0}, next[STORE_MOVED_SEATS_MAX] = {0};
    if (all > STORE_MOVED_SEATS_MAX)
        return ERR_FULL;
    uint8_t *at = put_little_endian(bytes, amounts_head(was) | STORE_AMOUNTS_MOVED, 4);
    at = (uint8_t *)memcpy(at, was.at + STORE_AMOUNTS_HEAD,
                           amounts_seats(was) - STORE_AMOUNTS_HEAD) +
         (amounts_seats(was) - STORE_AMOUNTS_HEAD);
    memcpy(at, was.at + amounts_seats(was), STORE_AMOUNTS_SEAT_BYTES * had);
    at += STORE_AMOUNTS_SEAT_BYTES * had;
    for (size_t i = 0; i < had; i++) {
        types[i] = (uint8_t)store_amounts_type(was, amounts_seat(was, i));
        next[i] = (uint8_t)amounts_next(was, i);
    }
    for (size_t i = 0; i < count; i++) {
        const size_t place = amounts_place(was, seats[i]);
        int64_t amount = 0;
        if (place == had || next[place] != 0)
            return ERR_NOT_FOUND;
        if (amounts_place(was, to[i]) != had)
            return ERR_EXISTS;
        (void)store_amounts_find(was, seats[i], &amount);
        types[had + i] = types[place];
        next[place] = (uint8_t)(had + i + 1);
        at = put_little_endian(at, to[i], STORE_SEAT_BYTES);
        at = put_little_endian(at, (uint64_t)amount, sizeof(amount));
    }
    memcpy(at, types, all);
    memcpy(at + all, next, all);
    *ret_amounts = view_of(bytes, (size_t)(at + 2 * all - bytes));
    return 0;
}

void store_batch_check(const struct store_batch *batch)
{
    const struct ledger_row *row = &batch->row;
    assert(row->seq > 0 && row->epoch == batch->epoch && row->epoch > 0);
    assert(row->version > row->version_before);
    assert(row->version - row->version_before <= LEDGER_ENTRIES_MAX);
    assert(row->body.len > 0 && row->body.len <= LEDGER_BODY_MAX);
    assert(batch->outbox.len <= LEDGER_BODY_MAX);
    for (size_t i = 0; i < batch->sale_count; i++) {
        assert(!id_is_zero(batch->sales[i].order_id));
        assert(i == 0 || batch->sales[i - 1].seat < batch->sales[i].seat);
    }
    size_t seats = 0;
    for (size_t i = 0; i < batch->order_count; i++) {
        const struct store_order *order = &batch->orders[i];
        seats += order->seats.len / 4;
        assert(!id_is_zero(order->order_id));
        assert(order->performance_id == batch->performance_id);
        assert(order->seats.len > 0 && order->seats.len <= 4 * CHANGE_SEATS_MAX);
    }
    assert(seats == batch->sale_count);
    for (size_t i = 0; i < batch->prices_count; i++)
        assert(batch->prices[i].number > 0 && batch->prices[i].list.len <= CHANGE_LIST_MAX);
    for (size_t i = 0; i < batch->cancel_count; i++)
        assert(batch->cancels[i].seats.len <= 4 * CHANGE_SEATS_MAX &&
               (batch->cancels[i].amounts.len > 0
                    ? batch->cancels[i].left.len == batch->cancels[i].seats.len
                    : batch->cancels[i].left.len < batch->cancels[i].seats.len));
}

void store_genesis_hash(const struct store_performance *performance, const struct store_hall *hall,
                        struct view event_name, uint8_t ret_hash[STORE_HASH_BYTES])
{
    struct ledger_genesis genesis = {
        .performance_id = performance->performance_id,
        .event_id = performance->event_id,
        .hall_id = performance->hall_id,
        .starts_at_ms = performance->starts_at_ms,
        .hold_ttl_ms = performance->hold_ttl_ms,
        .places_max = performance->places_max,
        .first_sale_state = performance->first_sale_state,
        .currency = performance->currency,
        .prices = performance->prices,
        .covers_names = performance->covers_names,
        .utc_offset_known = performance->utc_offset_known,
        .utc_offset_minutes = performance->utc_offset_minutes,
        .section_count = hall->section_count,
        .rest_ms = performance->rest_ms,
        .person_rule = performance->person_rule,
        .event_name = event_name,
        .hall_name = hall->name,
    };
    memcpy(genesis.layout_hash, hall->layout_hash, STORE_HASH_BYTES);
    ledger_genesis_hash(&genesis, ret_hash);
}
