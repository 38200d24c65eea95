#include "net/range.h"
#include "observe/log.h"
#include "svc/ticket/desk.h"
#include "svc/ticket/prices.h"
#include "token/roles.h"

#define ALL_HELD_RETRY_MS    3000             /* a freed place rests about so long */
#define HOLD_ENDED_LATELY_MS (60 * 60 * 1000) /* so long after its end a hold is said to be over */

int desk_account(struct call *call, struct id *ret_account_id)
{
    return call_account(call, ret_account_id);
}

int64_t desk_begins_ms(const struct call *call, const struct catalog_performance *performance)
{
    const bool sells = identity_has_for(call_identity(call), performance->event->organiser_id,
                                        ROLES_MANAGE | ROLE_BOX_OFFICE | ROLE_PEER);
    return sells ? 0 : catalog_date(performance)->starts_at_ms;
}

struct id desk_origin(const struct call *call)
{
    struct id origin = {0};
    struct in6_addr address;
    if (net_range_address(call_metadata(call, VIEW_LIT("usher-address")), &address) == 0 &&
        !net_range_is_local(&address))
        (void)id_from_bytes(view_of(&address, sizeof(address)), &origin);
    return origin;
}

int desk_refuse_code(struct call *call)
{
    return desk_fail(call, CODE_FAILED_PRECONDITION, "CODE_UNKNOWN", "code",
                     "there is no such code for these places, or it is not good now");
}

static int seats_taken(struct call *call, const struct owner_ask *ask)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    const struct seats_refusal *refusal = &ask->refusal;
    if (refusal->left == SEATS_LEFT_SOON) {
        detail.reason = (char *)"ALL_HELD";
        detail.retry_after_ms = ALL_HELD_RETRY_MS;
        return call_fail(call, CODE_ABORTED, &detail,
                         "all that is left of this kind is in others' holds, or rests: look again "
                         "in a moment");
    }
    if (refusal->left == SEATS_LEFT_NONE)
        return desk_fail(call, CODE_ABORTED, "SOLD_OUT", NULL, "nothing of this kind is left");
    if (refusal->left == SEATS_LEFT_KINDS) {
        detail.reason = (char *)"NO_ADJACENT_SEATS";
        detail.nearest = (uint32_t *)refusal->nearest;
        detail.n_nearest = refusal->nearest_count;
        return call_fail(call, CODE_ABORTED, &detail,
                         "no ordinary place is free: what is left are places for wheelchairs, "
                         "companions' seats beside them, or seats with a restricted view; ask for "
                         "those (wheelchairs, restricted_view)");
    }
    if (ask->verb == OWNER_HOLD_BEST && ask->best.party == 1)
        return desk_fail(call, CODE_ABORTED, "NO_ADJACENT_SEATS", NULL,
                         "no seat of this kind is free");
    if (ask->verb == OWNER_HOLD_BEST)
        return desk_fail(call, CODE_ABORTED, "NO_ADJACENT_SEATS", NULL,
                         "no %u adjacent seats of this kind are free", ask->best.party);
    detail.reason = (char *)"SEATS_TAKEN";
    detail.seats = (uint32_t *)refusal->taken;
    detail.n_seats = refusal->taken_count;
    detail.nearest = (uint32_t *)refusal->nearest;
    detail.n_nearest = refusal->nearest_count;
    if (refusal->taken_count == 0)
        return call_fail(call, CODE_ABORTED, &detail,
                         "the standing area has fewer free places than asked for");
    return call_fail(call, CODE_ABORTED, &detail, "%u of the seats asked for %s not free",
                     refusal->taken_count, refusal->taken_count == 1 ? "is" : "are");
}

static int too_early(struct call *call, const struct owner_ask *ask)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    const int64_t wait_ms = ask->until_ms > ask->now_ms ? ask->until_ms - ask->now_ms : 1;
    detail.reason = (char *)"HOLD_TOO_EARLY";
    detail.retry_after_ms = (uint32_t)wait_ms; /* HABITS_PAUSE_MS at most */
    return call_fail(call, CODE_RESOURCE_EXHAUSTED, &detail,
                     "a hold of this account, or from this address, ended unused lately: the next "
                     "is possible in %lld s",
                     (long long)(wait_ms + 999) / 1000);
}

static int left_alone(struct call *call, const struct owner_ask *ask)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = (char *)"SEAT_LEFT_ALONE";
    detail.seats = (uint32_t *)ask->refusal.taken;
    detail.n_seats = ask->refusal.taken_count;
    return call_fail(call, CODE_FAILED_PRECONDITION, &detail,
                     "a single place would be left alone, and as many others beside one another in "
                     "that row would leave fewer: take it too, or move along");
}

static int price_differs(struct call *call, const struct owner_ask *ask)
{
    return desk_fail(
        call, CODE_FAILED_PRECONDITION, "PRICE_DIFFERS", "difference",
        "the new places cost %lld %s than the tickets did, and nobody would pay or get "
        "it: say difference %lld to waive it",
        (long long)(ask->total < 0 ? -ask->total : ask->total), ask->total < 0 ? "less" : "more",
        (long long)ask->total);
}

static int price_refused(struct call *call, const struct owner_ask *ask)
{
    switch (ask->why) {
    case OWNER_WHY_ALONE:
        return left_alone(call, ask);
    case OWNER_WHY_DIFFERENCE:
        return price_differs(call, ask);
    case OWNER_WHY_UNPAID:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "PAYMENT_REQUIRED", "payment_method",
                         "these places are sold for money alone: pay by card, or, where the "
                         "organiser gives time, have them held and pay until its end");
    case OWNER_WHY_CATEGORY:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "CATEGORY_LIMIT_REACHED", NULL,
                         "this account would have more places of a category than the organiser "
                         "allows");
    case OWNER_WHY_TYPES:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "PRICE_TYPE", "types",
                         "these price types are not to be had, or not so often, for these places");
    case OWNER_WHY_HIDDEN:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "CODE_NEEDED", "code",
                         "these places are held with a code alone that opens them");
    case OWNER_WHY_CODE:
        return desk_refuse_code(call);
    case OWNER_WHY_USED:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "CODE_USED", "code",
                         "this code has not so many places left");
    case OWNER_WHY_NO_LIST:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "NO_WAITING_LIST", NULL,
                         "this performance has no waiting list");
    case OWNER_WHY_ACCOUNT:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "CODE_USED", "code",
                         "this code has not so many places left for one buyer");
    }
    return desk_refuse_code(call);
}

int desk_refused(struct call *call, const struct owner_ask *ask)
{
    switch (ask->result) {
    case ERR_CONFLICT:
        return seats_taken(call, ask);
    case ERR_FULL:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "LIMIT_REACHED", NULL,
                         "this account would have more places than the organiser allows");
    case ERR_UNSUPPORTED:
        return price_refused(call, ask);
    case ERR_BUSY:
        if (ask->verb == OWNER_CHOOSE)
            return desk_fail(call, CODE_FAILED_PRECONDITION, "HOLD_IN_PAYMENT", "hold_id",
                             "a payment has prolonged this hold: its places cost what they do");
        return desk_fail(call, CODE_FAILED_PRECONDITION, "SALE_NOT_OPEN", NULL,
                         "the sale is not in a state that permits this");
    case ERR_NOT_FOUND:
        return desk_fail(call, CODE_NOT_FOUND, "HOLD_NOT_FOUND", "hold_id",
                         "no such hold: it was released, has expired, or never was this account's");
    case ERR_TIMEOUT:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "HOLD_EXPIRED", "hold_id",
                         "the hold has expired");
    case ERR_EXISTS:
        return desk_fail(call, CODE_ALREADY_EXISTS, "KEY_REUSED", "idempotency_key",
                         "this idempotency key was used with another request");
    case ERR_DENIED:
        log_event(LOG_WARN, "key.refuse",
                  log_view("client.ip", call_metadata(call, VIEW_LIT("usher-address"))),
                  log_id("usher.account", ask->account_id));
        return desk_fail(
            call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "idempotency_key",
            "this account, address or network has used as many idempotency keys as are "
            "remembered of one; they are forgotten ten minutes after the longest hold");
    case ERR_EARLY:
        return too_early(call, ask);
    case ERR_LATE:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "PERFORMANCE_BEGUN", NULL,
                         "the performance has begun: nothing of it is sold or given back any more");
    case ERR_INVALID:
        if (ask->verb == OWNER_CHOOSE)
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "types",
                             "types are numbers of the hold's price types, each for a seat of it");
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "seats",
                         "1 to %d places, each a seat of this hall, none twice; standing places go "
                         "by section and quantity",
                         SEATS_PARTY_MAX);
    default:
        call->cause = ask->result;
        return desk_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE", NULL,
                         "not possible right now; nothing was taken: try the same request again");
    }
}

/* An id begins with the time it was made, and no hold lives longer than this from then on. Whether
 * it was this account's nobody knows any more, and nothing is told that the id does not say. */
static bool ended_lately(const struct catalog_performance *performance, const struct owner_ask *ask)
{
    const int64_t made_ms = (int64_t)(ask->hold_id.hi >> 16);
    const int64_t ended_ms = made_ms + performance->hold_ttl_ms;
    return ask->now_ms >= ended_ms &&
           ask->now_ms - ended_ms <=
               catalog_date(performance)->later_ms + LEDGER_EXTEND_MAX_MS + HOLD_ENDED_LATELY_MS;
}

int desk_hold_refused(struct call *call, const struct catalog_performance *performance,
                      const struct owner_ask *ask)
{
    struct owner_ask ended = *ask;
    if (ask->result == ERR_NOT_FOUND && ended_lately(performance, ask))
        ended.result = ERR_TIMEOUT;
    return desk_refused(call, &ended);
}

int desk_check_room(struct call *call, uint32_t last, uint32_t max, const char *what)
{
    return last < max
               ? 0
               : desk_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                           "there are %u %s, which is as many as one store keeps", last, what);
}

int desk_store_failed(struct call *call, int err)
{
    return call_refuse_stored(call, err);
}
