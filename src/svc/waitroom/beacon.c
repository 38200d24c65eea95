/* NameBeacon, GiveBeacon: public randomness for a draw. */
#include "codec/sha256.h"
#include "err/err.h"
#include "svc/waitroom/desk.h"

#define SIGNATURE_SHORT 48 /* a point of G1, of BLS12-381 … */
#define SIGNATURE_LONG  96 /* … or of G2 */
#define LATE_S          60 /* a round may be published so long after the opening */
#define SECOND_MS       1000

/* drand's chains, whose rounds come by the clock: round n at genesis + (n - 1) × period. */
static const struct chain {
    uint8_t hash[LINE_HASH_BYTES];
    int64_t genesis_s, period_s;
} chains[] = {
    {{0x52, 0xdb, 0x9b, 0xa7, 0x0e, 0x0c, 0xc0, 0xf6, 0xea, 0xf7, 0x80,
      0x3d, 0xd0, 0x74, 0x47, 0xa1, 0xf5, 0x47, 0x77, 0x35, 0xfd, 0x3f,
      0x66, 0x17, 0x92, 0xba, 0x94, 0x60, 0x0c, 0x84, 0xe9, 0x71},
     1692803367,
     3}, /* quicknet */
    {{0x89, 0x90, 0xe7, 0xa9, 0xaa, 0xed, 0x2f, 0xfe, 0xd7, 0x3d, 0xbd,
      0x70, 0x92, 0x12, 0x3d, 0x6f, 0x28, 0x99, 0x30, 0x54, 0x0d, 0x76,
      0x51, 0x33, 0x62, 0x25, 0xdc, 0x17, 0x2e, 0x51, 0xb2, 0xce},
     1595431050,
     30}, /* default */
};

/* NULL: a chain whose clock is not known here. */
static const struct chain *find_chain(const uint8_t hash[LINE_HASH_BYTES])
{
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        if (memcmp(chains[i].hash, hash, LINE_HASH_BYTES) == 0)
            return &chains[i];
    }
    return NULL;
}

/* Of a chain that is known, a round that is published when nobody can enter any more. */
static int read_round(struct call *call, const struct chain *chain, int64_t opens_at_ms,
                      uint32_t *round)
{
    const int64_t opens_s = (opens_at_ms + SECOND_MS - 1) / SECOND_MS;
    if (!chain)
        return *round != 0 ? 0
                           : room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "round",
                                       "of this chain a round has to be named");
    const int64_t first = (opens_s - chain->genesis_s + chain->period_s - 1) / chain->period_s + 1;
    const int64_t last = first + LATE_S / chain->period_s;
    if (first < 1 || last > UINT32_MAX)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "round",
                         "the chain has no round at that time");
    if (*round == 0)
        *round = (uint32_t)first;
    return *round >= first && *round <= last
               ? 0
               : room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "round",
                           "a round from %lld to %lld, which is published at the opening or up to "
                           "%d s later: known before, it would be of no use",
                           (long long)first, (long long)last, LATE_S);
}

static int answer(struct call *call, struct keeper *keeper, struct keeper_ask *ask, void *response)
{
    switch (keeper_ask(keeper, ask)) {
    case 0:
        return room_fill_sale(keeper, call_arena(call), response) == 0
                   ? 0
                   : room_refused(call, ERR_UNAVAILABLE);
    case ERR_INVALID:
        return room_fail(call, CODE_FAILED_PRECONDITION, "LINE_NOT_OPEN", NULL,
                         "this sale has no draw");
    case ERR_NOT_FOUND:
        return room_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "round",
                         "this round was not named for the draw");
    case ERR_CONFLICT:
        return room_fail(call, CODE_ALREADY_EXISTS, "BEACON_GIVEN", "signature",
                         "something else was given for this round");
    case ERR_BUSY:
        return room_fail(call, CODE_FAILED_PRECONDITION, "LINE_NOT_OPEN", NULL,
                         "a beacon is named once, before the draw opens, and given between the "
                         "opening and the draw");
    default:
        return room_refused(call, ask->result);
    }
}

CALL_HANDLER(waitroom_name_beacon)
{
    const Usher__V1__NameBeaconRequest *wish = request;
    struct keeper_ask ask = {.verb = KEEPER_NAME_BEACON, .number = wish->round};
    struct keeper *keeper = room_own_sale(call, wish->sale_id);
    if (!keeper)
        return ERR_NOT_FOUND;
    if (wish->chain.len != 0 && wish->chain.len != LINE_HASH_BYTES)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "chain",
                         "the hash of a chain, 32 bytes, or nothing: drand's quicknet");
    memcpy(ask.hash, wish->chain.len != 0 ? wish->chain.data : chains[0].hash, LINE_HASH_BYTES);
    if (read_round(call, find_chain(ask.hash), keeper->sale.opens_at_ms, &ask.number) != 0)
        return ERR_INVALID;
    return answer(call, keeper, &ask, response);
}

CALL_HANDLER(waitroom_give_beacon)
{
    const Usher__V1__GiveBeaconRequest *wish = request;
    const struct view signature = view_of(wish->signature.data, wish->signature.len);
    struct keeper_ask ask = {.verb = KEEPER_GIVE_BEACON, .number = wish->round};
    struct keeper *keeper = room_own_sale(call, wish->sale_id);
    if (!keeper)
        return ERR_NOT_FOUND;
    if (signature.len != SIGNATURE_SHORT && signature.len != SIGNATURE_LONG)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "signature",
                         "the signature of the round, %d or %d bytes", SIGNATURE_SHORT,
                         SIGNATURE_LONG);
    sha256(signature, ask.hash);
    return answer(call, keeper, &ask, response);
}
