/* Join, GetPlace, Enter, Leave, RestoreReceipt: a person's way through the line. */
#include "err/err.h"
#include "store/persons.h"
#include "svc/waitroom/desk.h"
#include "token/receipt.h"
#include "token/roles.h"

static Usher__V1__PlaceState state_of(const struct keeper_place *place)
{
    switch ((enum person_state)place->state) {
    case PERSON_IN_DRAW:
        return USHER__V1__PLACE_STATE__PLACE_STATE_IN_DRAW;
    case PERSON_WAITING:
        return USHER__V1__PLACE_STATE__PLACE_STATE_WAITING;
    case PERSON_CALLED:
        return USHER__V1__PLACE_STATE__PLACE_STATE_SERVED;
    case PERSON_INSIDE:
        return USHER__V1__PLACE_STATE__PLACE_STATE_INSIDE;
    case PERSON_ENDED:
        break;
    }
    return place->how == LINE_END_SKIPPED ? USHER__V1__PLACE_STATE__PLACE_STATE_SKIPPED
                                          : USHER__V1__PLACE_STATE__PLACE_STATE_DONE;
}

/* The caller's own part of a place. */
static int fill_own(struct call *call, struct keeper *keeper, const struct keeper_ask *ask,
                    Usher__V1__Place *ret_place)
{
    const struct waitroom *room = call_state(call);
    const struct keeper_place *place = &ask->place;
    const struct receipt_claims claims = {.sale_id = keeper->sale.sale_id,
                                          .number = place->number,
                                          .account_id = ask->account_id,
                                          .joined_at_ms = place->joined_at_ms};
    char *receipt = arena_alloc(call_arena(call), RECEIPT_CHARS + 1);
    if (!receipt)
        return room_refused(call, ERR_NO_MEMORY);
    receipt_write(room->receipt_key, &claims, receipt);
    ret_place->sale_id = keeper->sale.sale_id;
    ret_place->number = place->number;
    ret_place->receipt = receipt;
    ret_place->state = state_of(place);
    ret_place->joined_at_ms = place->joined_at_ms;
    ret_place->claim_until_ms = place->until_ms;
    ret_place->wait_min_ms = place->wait_min_ms;
    ret_place->wait_max_ms = place->wait_max_ms;
    return 0;
}

/* The same with what everybody is told. */
static int fill_place(struct call *call, struct keeper *keeper, const struct keeper_ask *ask,
                      Usher__V1__Place *ret_place)
{
    int err = fill_own(call, keeper, ask, ret_place);
    if (err != 0)
        return err;
    err = board_status(keeper->board, call_arena(call), &ret_place->status);
    return err == 0 ? 0 : room_refused(call, err);
}

static int refused(struct call *call, const struct keeper_ask *ask)
{
    if (ask->result == ERR_NOT_FOUND)
        return room_fail(call, CODE_NOT_FOUND, "NOT_IN_LINE", NULL,
                         "this account has no place in the line: join first");
    if (ask->result == ERR_BUSY && ask->verb == KEEPER_JOIN)
        return room_fail(call, CODE_FAILED_PRECONDITION, "LINE_NOT_OPEN", NULL,
                         "nobody can join now: the draw has not begun, or the sale is over");
    if (ask->result == ERR_BUSY)
        return room_fail(call, CODE_FAILED_PRECONDITION, "NOT_YET_SERVED", NULL,
                         "this number has not been called yet");
    if (ask->result == ERR_TIMEOUT && ask->verb == KEEPER_ENTER)
        return room_fail(call, CODE_FAILED_PRECONDITION, "TURN_OVER", NULL,
                         "the turn of this number is over: join again for a new one");
    return room_refused(call, ask->result);
}

/* The sale's keeper and the account that calls; NULL after call_fail. */
static struct keeper *begin(struct call *call, uint32_t sale_id, struct keeper_ask *ask)
{
    struct keeper *keeper = room_sale(call, sale_id);
    return keeper && room_account(call, &ask->account_id) == 0 ? keeper : NULL;
}

/* Whether the account has no place in the line any more, or never had one. */
static bool has_left(struct keeper *keeper, struct id account_id)
{
    struct keeper_ask look = {.verb = KEEPER_LOOK, .account_id = account_id};
    const int err = keeper_ask(keeper, &look);
    return err == ERR_NOT_FOUND || (err == 0 && look.place.state == PERSON_ENDED);
}

/* Where places are counted by person, a person has one, whichever account it is of. Non-zero after
 * call_fail. */
static int take_place(struct call *call, struct keeper *keeper, struct id account_id)
{
    struct sql *sql = keeper->room->options.sql;
    const uint32_t rule = atomic_load(&keeper->person_rule);
    const int64_t now_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())));
    struct person_place place = {.sale_id = keeper->sale.sale_id, .account_id = account_id};
    struct id whose, over = {0};
    if (rule == 0)
        return 0;
    int err = person_get(sql, account_id, (enum person_kind)rule, &place.person_id,
                         call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return room_fail(call, CODE_FAILED_PRECONDITION, "PERSON_NEEDED", "sale_id",
                         "this sale has one place for a person: prove who you are first "
                         "(AuthService/BeginPerson)");
    for (int i = 0; i < 2 && err == 0; i++) {
        err = person_place_take(sql, &place, over, now_ms, &whose, call_deadline_ns(call));
        if (err == 0 && id_eq(whose, account_id))
            return 0;
        if (err == 0 && !has_left(keeper, whose))
            break;
        over = whose;
    }
    return err != 0 ? room_refused(call, err)
                    : room_fail(call, CODE_FAILED_PRECONDITION, "PERSON_HAS_PLACE", NULL,
                                "another account of this person has a place in this line");
}

static int join(struct call *call, struct keeper *keeper, struct keeper_ask *ask)
{
    const struct identity *who = call_identity(call);
    struct waitroom *room = call_state(call);
    if (!keeper->sale.guests && !identity_has(who, ROLE_BUYER))
        return room_fail(call, CODE_PERMISSION_DENIED, "GUESTS_NOT_ADMITTED", NULL,
                         "this sale is for accounts with a sign-in");
    if (bar_list_has(&room->bars, atomic_load(&keeper->organiser_id), ask->account_id,
                     call_metadata(call, VIEW_LIT("usher-address")),
                     clock_wall_ms(loop_clock(sched_loop(sched_current())))))
        return room_fail(call, CODE_PERMISSION_DENIED, "BARRED", NULL,
                         "the organiser does not sell to this account, or from this address");
    const int err = take_place(call, keeper, ask->account_id);
    if (err != 0)
        return err;
    ask->verb = KEEPER_JOIN;
    return keeper_ask(keeper, ask) == 0 ? 0 : refused(call, ask);
}

/* What was found out for Join goes into its answer. */
static int answer_join(struct call *call, struct keeper *keeper, const struct keeper_ask *ask,
                       const Usher__V1__JoinRequest *wish, Usher__V1__Place *ret_place)
{
    return wish->without_status ? fill_own(call, keeper, ask, ret_place)
                                : fill_place(call, keeper, ask, ret_place);
}

/* What a handler ended with; a refusal counts for the report after the sale. */
static int counted(struct call *call, const struct keeper *keeper, int result)
{
    struct waitroom *room = call_state(call);
    if (call->code != CODE_OK)
        tally_add(&room->tally, keeper->sale.sale_id, 0, REFUSAL_REFUSED, call_reason(call), 1);
    return result;
}

static int join_with_work(struct call *call, struct keeper *keeper, struct keeper_ask *ask,
                          const Usher__V1__JoinRequest *wish, Usher__V1__Place *ret_place)
{
    struct waitroom *room = call_state(call);
    const struct work_aim aim = {.sale_id = wish->sale_id, .account_id = ask->account_id};
    if (work_done(room->work, call, aim, wish->challenge, wish->solution)) {
        work_note(room->work, call);
        const int err = join(call, keeper, ask);
        return err != 0 ? err : answer_join(call, keeper, ask, wish, ret_place);
    }
    /* Who is in line already has done it. */
    ask->verb = KEEPER_LOOK;
    if (keeper_ask(keeper, ask) == 0 && ask->place.state != PERSON_ENDED)
        return answer_join(call, keeper, ask, wish, ret_place);
    return room_fail(call, CODE_FAILED_PRECONDITION, "WORK_REQUIRED", "challenge",
                     "a challenge has to be solved first: GetChallenge");
}

int waitroom_join(struct call *call, const void *request, void *response)
{
    const Usher__V1__JoinRequest *wish = request;
    struct keeper_ask ask = {.verb = KEEPER_JOIN};
    struct keeper *keeper = begin(call, wish->sale_id, &ask);
    if (!keeper)
        return ERR_DENIED;
    return counted(call, keeper, join_with_work(call, keeper, &ask, wish, response));
}

int waitroom_get_place(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetPlaceRequest *wish = request;
    struct keeper_ask ask = {.verb = KEEPER_LOOK};
    struct keeper *keeper = begin(call, wish->sale_id, &ask);
    if (!keeper)
        return ERR_DENIED;
    return keeper_ask(keeper, &ask) == 0 ? fill_place(call, keeper, &ask, response)
                                         : refused(call, &ask);
}

int waitroom_enter(struct call *call, const void *request, void *response)
{
    const Usher__V1__EnterRequest *wish = request;
    const struct waitroom *room = call_state(call);
    Usher__V1__Pass *answer = response;
    struct keeper_ask ask = {.verb = KEEPER_ENTER};
    struct keeper *keeper = begin(call, wish->sale_id, &ask);
    if (!keeper)
        return ERR_DENIED;
    if (keeper_ask(keeper, &ask) != 0)
        return counted(call, keeper, refused(call, &ask));
    const struct pass_claims claims = {.sale_id = wish->sale_id,
                                       .number = ask.place.number,
                                       .serial = ask.place.serial,
                                       .account_id = ask.account_id,
                                       .expires_at_ms = ask.place.until_ms};
    answer->pass = arena_alloc(call_arena(call), PASS_CHARS + 1);
    if (!answer->pass)
        return room_refused(call, ERR_NO_MEMORY);
    pass_write(&room->pass_key, &claims, answer->pass);
    answer->sale_id = wish->sale_id;
    answer->number = ask.place.number;
    answer->expires_at_ms = ask.place.until_ms;
    return 0;
}

int waitroom_leave(struct call *call, const void *request, void *response)
{
    const Usher__V1__LeaveRequest *wish = request;
    struct keeper_ask ask = {.verb = KEEPER_LEAVE};
    struct keeper *keeper = begin(call, wish->sale_id, &ask);
    if (!keeper)
        return ERR_DENIED;
    return keeper_ask(keeper, &ask) == 0 ? 0 : refused(call, &ask);
}

/* A receipt proves that its account was in the line. Where the line still knows it, its place is as
 * it was; where it was lost with the store, the account joins anew, at the end. */
int waitroom_restore_receipt(struct call *call, const void *request, void *response)
{
    const Usher__V1__RestoreReceiptRequest *wish = request;
    const struct waitroom *room = call_state(call);
    struct receipt_claims claims;
    struct keeper_ask ask = {.verb = KEEPER_LOOK};
    if (receipt_check(room->receipt_key, view_str(wish->receipt), &claims) != 0)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "receipt",
                         "this is no receipt of ours");
    struct keeper *keeper = begin(call, claims.sale_id, &ask);
    if (!keeper)
        return ERR_DENIED;
    if (!id_eq(claims.account_id, ask.account_id))
        return room_fail(call, CODE_PERMISSION_DENIED, "NOT_YOUR_RECEIPT", "receipt",
                         "the receipt is another account's");
    int err = keeper_ask(keeper, &ask);
    if (err == ERR_NOT_FOUND)
        err = join(call, keeper, &ask);
    else if (err != 0)
        err = refused(call, &ask);
    return err != 0 ? err : fill_place(call, keeper, &ask, response);
}
