/* CheckPass, PassDone: what the ticket service asks and tells about who buys. */
#include <stdlib.h>

#include "err/err.h"
#include "svc/waitroom/desk.h"

/* Passes that a thread has checked lately: a signature is not checked twice. A place is found by
 * the signature's last letters, which nobody can choose without the key. */
#define CHECKED_SLOTS 1024
struct checked {
    char text[PASS_CHARS]; /* empty: begins with NUL */
    struct pass_claims claims;
};

void room_forget_passes(void *arg)
{
    struct waitroom *room = arg;
    free(pthread_getspecific(room->checked));
    pthread_setspecific(room->checked, NULL);
}

static struct checked *slot_of(const struct waitroom *room, struct view text)
{
    struct checked *slots = pthread_getspecific(room->checked);
    uint32_t hash = 2166136261u;
    if (!slots) {
        slots = calloc(CHECKED_SLOTS, sizeof(*slots));
        if (!slots || pthread_setspecific(room->checked, slots) != 0) {
            free(slots);
            return NULL;
        }
    }
    for (size_t i = text.len - 16; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.at[i]) * 16777619u;
    return &slots[hash % CHECKED_SLOTS];
}

/* As pass_check, but for its time, which the line knows better. */
static int read_pass(const struct waitroom *room, struct view text, struct pass_claims *ret_claims)
{
    if (text.len != PASS_CHARS)
        return ERR_DENIED;
    struct checked *slot = slot_of(room, text);
    if (slot && memcmp(slot->text, text.at, PASS_CHARS) == 0) {
        *ret_claims = slot->claims;
        return 0;
    }
    const int err = pass_check(room->pass_key.public, text, INT64_MIN, ret_claims);
    if (err == 0 && slot) {
        memcpy(slot->text, text.at, PASS_CHARS);
        slot->claims = *ret_claims;
    }
    return err;
}

static int is_invalid(struct call *call, const char *why)
{
    return room_fail(call, CODE_PERMISSION_DENIED, "PASS_INVALID", NULL, "%s", why);
}

/* The sale that the performance is in; NULL: none. */
static struct keeper *sale_of(struct waitroom *room, uint32_t performance_id)
{
    if (performance_id == 0 || performance_id > STORE_PERFORMANCES_MAX)
        return NULL;
    return room_find(room, atomic_load(&room->sale_of[performance_id]));
}

int waitroom_check_pass(struct call *call, const void *request, void *response)
{
    const Usher__V1__CheckPassRequest *wish = request;
    Usher__V1__CheckPassResponse *answer = response;
    struct waitroom *room = call_state(call);
    struct keeper *keeper = sale_of(room, wish->performance_id);
    struct keeper_ask ask = {.verb = KEEPER_CHECK};
    struct pass_claims claims;
    if (!keeper)
        return 0;
    if (wish->pass[0] == '\0')
        return room_fail(call, CODE_FAILED_PRECONDITION, "PASS_REQUIRED", NULL,
                         "this performance is sold through a line: join sale %u, and show the "
                         "pass in the header usher-pass",
                         keeper->sale.sale_id);
    if (read_pass(room, view_str(wish->pass), &claims) != 0)
        return is_invalid(call, "this is no pass of ours");
    if (claims.sale_id != keeper->sale.sale_id)
        return is_invalid(call, "the pass is another sale's");
    if (id_parse(view_str(wish->account_id), &ask.account_id) != 0 ||
        !id_eq(ask.account_id, claims.account_id))
        return is_invalid(call, "the pass is another account's");
    ask.number = claims.number;
    ask.serial = claims.serial;
    if (keeper_ask(keeper, &ask) == ERR_DENIED)
        return room_fail(call, CODE_FAILED_PRECONDITION, "PASS_OVER", NULL,
                         "the pass is over: its time ended, its account has paid or left, or "
                         "another device has a newer one");
    if (ask.result != 0)
        return room_refused(call, ask.result);
    answer->expires_at_ms = claims.expires_at_ms;
    return 0;
}

int waitroom_pass_done(struct call *call, const void *request, void *response)
{
    const Usher__V1__PassDoneRequest *wish = request;
    struct keeper *keeper = sale_of(call_state(call), wish->performance_id);
    struct keeper_ask ask = {.verb = KEEPER_PAID};
    if (!keeper)
        return 0;
    if (id_parse(view_str(wish->account_id), &ask.account_id) != 0)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "account_id",
                         "an account is 26 characters");
    const int err = keeper_ask(keeper, &ask);
    return err == 0 ? 0 : room_refused(call, err);
}
