/* GetChallenge, and what Join asks of its solution: work that a person's device does in a moment,
 * and who wants ten thousand places does ten thousand times. */
#include "codec/base64.h"
#include "err/err.h"
#include "svc/waitroom/desk.h"

#define CHALLENGE_LIFE_MS 300000
#define COUNTER_MIN       64 /* the counter is picked from here … */
#define COUNTER_SPREAD    64 /* … on */

struct making {
    struct challenge challenge;
    uint32_t counter;
    uint8_t prefix[CHALLENGE_BYTES];
    int err;
};

static void make(void *arg)
{
    struct making *making = arg;
    making->err = challenge_prefix(&making->challenge, making->counter, making->prefix);
}

static char *hex(struct arena *arena, const uint8_t *bytes, size_t len)
{
    char *text = arena_alloc(arena, 2 * len + 1);
    if (text)
        hex_write(view_of(bytes, len), text);
    return text;
}

int waitroom_get_challenge(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetChallengeRequest *wish = request;
    Usher__V1__Challenge *answer = response;
    struct waitroom *room = call_state(call);
    struct chance *chance = room->options.chance;
    struct arena *arena = call_arena(call);
    uint8_t mac[CHALLENGE_MAC_BYTES];
    if (!room_sale(call, wish->sale_id))
        return ERR_NOT_FOUND;
    if (room->options.join_cost == 0)
        return 0; /* nothing has to be solved: the answer without an algorithm */
    struct making making = {
        .challenge = {.sale_id = wish->sale_id,
                      .cost = room->options.join_cost,
                      .expires_at_ms = clock_wall_ms(loop_clock(sched_loop(sched_current()))) +
                                       CHALLENGE_LIFE_MS},
        .counter = COUNTER_MIN + (uint32_t)chance_below(chance, COUNTER_SPREAD),
    };
    int err = room_account(call, &making.challenge.account_id);
    if (err != 0)
        return err;
    chance->fill(chance, making.challenge.nonce, CHALLENGE_BYTES);
    chance->fill(chance, making.challenge.salt, CHALLENGE_BYTES);
    err = offload_run(room->options.offload, make, &making);
    if (err != 0 || making.err != 0)
        return room_refused(call, err != 0 ? err : making.err);
    challenge_seal(room->challenge_key, &making.challenge, making.counter, mac);
    answer->algorithm = (char *)CHALLENGE_ALGORITHM;
    answer->nonce = hex(arena, making.challenge.nonce, CHALLENGE_BYTES);
    answer->salt = hex(arena, making.challenge.salt, CHALLENGE_BYTES);
    answer->cost = making.challenge.cost;
    answer->key_length = CHALLENGE_KEY_BYTES;
    answer->key_prefix = hex(arena, making.prefix, CHALLENGE_BYTES);
    answer->expires_at_ms = making.challenge.expires_at_ms;
    answer->signature = hex(arena, mac, sizeof(mac));
    return answer->nonce && answer->salt && answer->key_prefix && answer->signature
               ? 0
               : room_refused(call, ERR_NO_MEMORY);
}

bool room_work_done(struct call *call, struct id account_id, const Usher__V1__JoinRequest *wish)
{
    const struct waitroom *room = call_state(call);
    const Usher__V1__Challenge *said = wish->challenge;
    uint8_t mac[CHALLENGE_MAC_BYTES];
    if (room->options.join_cost == 0)
        return true;
    if (!said)
        return false;
    struct challenge challenge = {.sale_id = wish->sale_id,
                                  .account_id = account_id,
                                  .cost = said->cost,
                                  .expires_at_ms = said->expires_at_ms};
    return hex_read(view_str(said->nonce), challenge.nonce, CHALLENGE_BYTES) == 0 &&
           hex_read(view_str(said->salt), challenge.salt, CHALLENGE_BYTES) == 0 &&
           hex_read(view_str(said->signature), mac, sizeof(mac)) == 0 &&
           challenge_solved(room->challenge_key, &challenge, wish->solution, mac) &&
           clock_wall_ms(loop_clock(sched_loop(sched_current()))) < said->expires_at_ms;
}
