/* HoldSeats, HoldBest, ReleaseHold: the way that must be straight. */
#include "sale/currency.h"
#include "sale/ledger.h"
#include "svc/ticket/bars.h"
#include "svc/ticket/bills.h"
#include "svc/ticket/counted.h"
#include "svc/ticket/persons.h"
#include "svc/ticket/prices.h"
#include "svc/ticket/waiting.h"
#include "token/roles.h"

/* Account, pass, key and hash of the request. Non-zero after call_fail. */
static int begin(struct call *call, const struct catalog_performance *performance,
                 struct owner_ask *ask, const char *key, bool at_till)
{
    at_till = at_till && (call_identity(call)->roles & ROLE_PEER) != 0;
    int err = desk_account(call, &ask->account_id);
    if (err == 0)
        err = desk_check_bar(call, performance, ask->account_id);
    if (err == 0)
        err = desk_check_pass(call, performance, ask->account_id);
    if (err == 0 && !at_till)
        err = desk_find_person(call, performance, ask->account_id, &ask->person_id);
    if (err != 0)
        return err;
    if (at_till && performance->person_rule != 0) /* whom the box office sees */
        ask->person_id = ask->account_id;
    ask->origin = desk_origin(call);
    ask->begins_ms = desk_begins_ms(call, performance);
    ask->paying = (call_identity(call)->roles & ROLE_PEER) != 0; /* the payment role asks */
    ask->key = view_str(key);
    if (ask->key.len > OWNER_KEY_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "idempotency_key",
                         "an idempotency key has at most %d bytes", OWNER_KEY_MAX);
    if (ask->key.len > 0)
        call_request_hash(call, ask->request_hash);
    return 0;
}

int desk_fill_hold(struct call *call, const struct catalog_performance *performance,
                   const struct owner_ask *ask, Usher__V1__Hold *ret_hold)
{
    struct arena *arena = call_arena(call);
    const struct seats_hold *hold = &ask->hold;
    Usher__V1__HeldSeat *seats = arena_alloc(arena, hold->count * sizeof(*seats));
    Usher__V1__HeldSeat **list = arena_alloc(arena, hold->count * sizeof(*list));
    ret_hold->hold_id = desk_id(arena, hold->hold_id);
    if (!seats || !list || !ret_hold->hold_id)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (uint32_t i = 0; i < hold->count; i++) {
        usher__v1__held_seat__init(&seats[i]);
        seats[i].seat = hold->seats[i];
        seats[i].label = desk_label(arena, performance, hold->seats[i]);
        seats[i].category = performance->hall->hall->seats[hold->seats[i]].category;
        seats[i].kind = (Usher__V1__SeatKind)performance->hall->hall->seats[hold->seats[i]].kind;
        seats[i].amount = ask->amounts[i];
        seats[i].price_type = hold->types[i];
        if (!seats[i].label)
            return desk_store_failed(call, ERR_NO_MEMORY);
        list[i] = &seats[i];
    }
    ret_hold->performance_id = performance->performance_id;
    ret_hold->seats = list;
    ret_hold->n_seats = hold->count;
    ret_hold->expires_at_ms = hold->expires_at_ms;
    ret_hold->expires_in_ms =
        hold->expires_at_ms > ask->now_ms ? hold->expires_at_ms - ask->now_ms : 0;
    ret_hold->total = ask->total;
    ret_hold->currency = (char *)performance->currency;
    ret_hold->currency_digits = currency_digits(view_str(performance->currency));
    ret_hold->version = ask->version;
    ret_hold->code = hold->code;
    ret_hold->code_index = hold->code_index;
    const struct price_list *promised = catalog_price_list(performance, hold->price_list);
    if (promised && promised->type_count > 0) {
        ret_hold->n_price_types = promised->type_count;
        if (price_list_types(promised, arena, &ret_hold->price_types) != 0)
            return desk_store_failed(call, ERR_NO_MEMORY);
    }
    return 0;
}

static int ask_and_fill(struct call *call, const struct catalog_performance *performance,
                        struct owner_ask *ask, Usher__V1__Hold *ret_hold)
{
    struct ticket *ticket = call_state(call);
    const int64_t began_ns = fiber_now_ns();
    const int err = desk_ask(ticket, performance, ask, call_deadline_ns(call));
    const int64_t took_ns = fiber_now_ns() - began_ns;
    pulse_note(&ticket->pulses[performance->performance_id], took_ns);
    pulse_note(&ticket->minutes[performance->performance_id], took_ns);
    if (err != 0)
        return desk_hold_refused(call, performance, ask);
    return desk_fill_hold(call, performance, ask, ret_hold);
}

/* What the buyer has typed. Non-zero after call_fail. */
static int put_code(struct call *call, const struct catalog_performance *performance,
                    const char *typed, struct owner_ask *ask)
{
    struct price_use use;
    const int err = desk_read_code(call, performance, typed, &use);
    ask->code = use.number;
    ask->code_index = use.index;
    return err;
}

int ticket_hold_seats(struct call *call, const void *request, void *response)
{
    const Usher__V1__HoldSeatsRequest *wish = request;
    const struct catalog_performance *performance = desk_shown(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_HOLD};
    if (!performance)
        return ERR_NOT_FOUND;
    int err = begin(call, performance, &ask, wish->idempotency_key, wish->at_till);
    if (err != 0)
        return err;
    if (wish->n_seats > SEATS_PARTY_MAX || wish->n_areas > SEATS_PARTY_MAX ||
        wish->n_seats + wish->n_areas == 0) {
        ask.result = ERR_INVALID;
        return desk_refused(call, &ask);
    }
    ask.seat_count = (uint32_t)wish->n_seats;
    for (size_t i = 0; i < wish->n_seats; i++)
        ask.seats[i] = wish->seats[i];
    if (wish->n_types > 0 && (wish->n_types != wish->n_seats || wish->n_areas > 0))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "types",
                         "types are one for each of seats, and none where areas are asked for");
    ask.type_count = (uint32_t)wish->n_types;
    for (size_t i = 0; i < wish->n_types; i++)
        ask.types[i] = wish->types[i];
    err = put_code(call, performance, wish->code, &ask);
    if (err != 0)
        return err;
    ask.area_count = (uint32_t)wish->n_areas;
    for (size_t i = 0; i < wish->n_areas; i++)
        ask.areas[i] = (struct owner_area){wish->areas[i]->section, wish->areas[i]->quantity};
    return ask_and_fill(call, performance, &ask, response);
}

int ticket_hold_best(struct call *call, const void *request, void *response)
{
    const Usher__V1__HoldBestRequest *wish = request;
    const struct catalog_performance *performance = desk_shown(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_HOLD_BEST};
    if (!performance)
        return ERR_NOT_FOUND;
    int err = begin(call, performance, &ask, wish->idempotency_key, wish->at_till);
    if (err != 0)
        return err;
    if (wish->party == 0 || wish->party > SEATS_PARTY_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "party",
                         "a party is 1 to %d people", SEATS_PARTY_MAX);
    if (wish->wheelchairs > wish->party)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "wheelchairs",
                         "there are more wheelchairs than people");
    ask.best = (struct seats_best){.party = wish->party,
                                   .category = -1,
                                   .section = -1,
                                   .apart = wish->apart,
                                   .wheelchairs = wish->wheelchairs,
                                   .restricted_view = wish->restricted_view};
    const struct hall *hall = performance->hall->hall;
    err = put_code(call, performance, wish->code, &ask);
    if (err != 0)
        return err;
    if (wish->category_choice_case == USHER__V1__HOLD_BEST_REQUEST__CATEGORY_CHOICE_CATEGORY) {
        if (wish->category >= hall->category_count)
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "category",
                             "the hall has categories 0 to %u", hall->category_count - 1);
        ask.best.category = (int32_t)wish->category;
    }
    if (wish->section_choice_case == USHER__V1__HOLD_BEST_REQUEST__SECTION_CHOICE_SECTION) {
        if (wish->section >= hall->section_count)
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "section",
                             "the hall has sections 0 to %u", hall->section_count - 1);
        ask.best.section = (int32_t)wish->section;
    }
    return ask_and_fill(call, performance, &ask, response);
}

CALL_HANDLER(ticket_choose_price_types)
{
    const Usher__V1__ChoosePriceTypesRequest *wish = request;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_CHOOSE};
    if (!performance)
        return ERR_NOT_FOUND;
    int err = desk_account(call, &ask.account_id);
    if (err != 0)
        return err;
    if (wish->n_types > SEATS_PARTY_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "types",
                         "a hold has at most %d places", SEATS_PARTY_MAX);
    ask.keeps_code =
        wish->code_choice_case != USHER__V1__CHOOSE_PRICE_TYPES_REQUEST__CODE_CHOICE_CODE;
    if (!ask.keeps_code)
        err = put_code(call, performance, wish->code, &ask);
    if (err != 0)
        return err;
    ask.seat_count = ask.type_count = (uint32_t)wish->n_types;
    for (size_t i = 0; i < wish->n_types; i++) {
        ask.seats[i] = wish->types[i]->seat;
        ask.types[i] = wish->types[i]->type;
    }
    if (id_parse(view_str(wish->hold_id), &ask.hold_id) != 0) {
        ask.result = ERR_NOT_FOUND;
        return desk_refused(call, &ask);
    }
    return ask_and_fill(call, performance, &ask, response);
}

int ticket_release_hold(struct call *call, const void *request, void *response)
{
    const Usher__V1__ReleaseHoldRequest *wish = request;
    Usher__V1__ReleaseHoldResponse *answer = response;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_RELEASE};
    if (!performance)
        return ERR_NOT_FOUND;
    int err = desk_account(call, &ask.account_id);
    if (err != 0)
        return err;
    if (id_parse(view_str(wish->hold_id), &ask.hold_id) != 0)
        ask.result = ERR_NOT_FOUND;
    else
        desk_ask(call_state(call), performance, &ask, call_deadline_ns(call));
    if (ask.result != 0)
        return desk_hold_refused(call, performance, &ask);
    answer->version = ask.version;
    return 0;
}

int ticket_extend_hold(struct call *call, const void *request, void *response)
{
    const Usher__V1__ExtendHoldRequest *wish = request;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_EXTEND, .until_ms = wish->until_ms};
    if (!performance)
        return ERR_NOT_FOUND;
    int err = desk_account(call, &ask.account_id);
    if (err != 0)
        return err;
    (void)id_parse(view_str(wish->hold_id), &ask.hold_id); /* what is none is refused below */
    err = desk_check_pass_shown(call, performance, ask.account_id, ask.hold_id);
    if (err != 0)
        return err;
    if (wish->starting &&
        desk_bars(call_state(call), performance, ask.account_id, (struct view){0}))
        return desk_refuse_barred(call); /* nothing is paid yet */
    if (wish->until_ms != 0 && !identity_has(call_identity(call), ROLE_PEER))
        return desk_fail(call, CODE_PERMISSION_DENIED, "NOT_PAID", "until_ms",
                         "a hold lasts longer only while its buyer pays");
    if (id_parse(view_str(wish->hold_id), &ask.hold_id) != 0) {
        ask.result = ERR_NOT_FOUND;
        return desk_refused(call, &ask);
    }
    if (wish->later && !desk_pays_later(call, performance, ask.account_id))
        return desk_fail(call, CODE_FAILED_PRECONDITION, "PAY_LATER_OFF", "later",
                         "places of this performance are paid at once");
    ask.starting = wish->starting;
    ask.later = wish->later;
    if (wish->starting || wish->later) /* as of a bar: nothing is paid yet */
        ask.begins_ms = catalog_date(performance)->starts_at_ms;
    /* A hold's id begins with the time it was made; its owner knows of the limits that are the same
     * for all performances. */
    const int64_t most_ms = (int64_t)(ask.hold_id.hi >> 16) + catalog_date(performance)->later_ms +
                            LEDGER_EXTEND_MAX_MS;
    if (wish->later && ask.until_ms > most_ms)
        ask.until_ms = most_ms;
    return ask_and_fill(call, performance, &ask, response);
}
