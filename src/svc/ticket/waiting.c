/* JoinWaitingList, LeaveWaitingList, GetMyWishes; SetWaitingList, ListWaiting. */
#include "svc/ticket/waiting.h"

#include "sale/ledger.h"
#include "svc/ticket/bars.h"
#include "svc/ticket/bills.h"
#include "svc/ticket/contact.h"
#include "svc/ticket/persons.h"
#include "token/roles.h"

#define OFFER_MIN_MS 60000 /* an offer is mailed: it must be there before it is over */

static int refused(struct call *call, const struct owner_ask *ask)
{
    switch (ask->result) {
    case ERR_CONFLICT:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "PLACES_FREE", NULL,
                         "places of this kind are free: hold them instead");
    case ERR_DENIED:
        return desk_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "an account waits for %d things at most, and a performance has a list of "
                         "%d",
                         OWNER_WISHES_ACCOUNT, OWNER_WISHES_MAX);
    case ERR_NOT_FOUND:
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "wish_id",
                         "no such wish: it has ended, or never was this account's");
    case ERR_INVALID:
        return desk_fail(
            call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "fewest",
            "a party is 1 to %d people, and takes 1 place at the fewest, or more; and no "
            "fewer than it has wheelchairs",
            SEATS_PARTY_MAX);
    default:
        return desk_refused(call, ask);
    }
}

/* ---- the buyer's ---- */

/* What a live offer is, as any hold is told. An ask that prolongs nothing reads it. */
static int fill_offer(struct call *call, const struct catalog_performance *performance,
                      struct id account_id, const struct owner_wish *told, Usher__V1__Wish *wish)
{
    struct owner_ask ask = {
        .verb = OWNER_EXTEND, .account_id = account_id, .hold_id = told->hold_id};
    if (id_is_zero(told->hold_id) ||
        desk_ask(call_state(call), performance, &ask, call_deadline_ns(call)) != 0)
        return 0; /* it has ended since */
    wish->offer = arena_alloc(call_arena(call), sizeof(*wish->offer));
    if (!wish->offer)
        return desk_store_failed(call, ERR_NO_MEMORY);
    usher__v1__hold__init(wish->offer);
    return desk_fill_hold(call, performance, &ask, wish->offer);
}

static int fill_wish(struct call *call, const struct catalog_performance *performance,
                     struct id account_id, const struct owner_wish *told, Usher__V1__Wish *wish)
{
    wish->wish_id = desk_id(call_arena(call), told->wish_id);
    if (!wish->wish_id)
        return desk_store_failed(call, ERR_NO_MEMORY);
    wish->performance_id = performance->performance_id;
    if (told->category > 0) {
        wish->category_choice_case = USHER__V1__WISH__CATEGORY_CHOICE_CATEGORY;
        wish->category = told->category - 1;
    }
    if (told->section > 0) {
        wish->section_choice_case = USHER__V1__WISH__SECTION_CHOICE_SECTION;
        wish->section = told->section - 1;
    }
    wish->party = told->party;
    wish->fewest = told->fewest;
    wish->ahead = told->ahead;
    wish->lapses = told->lapses;
    wish->wheelchairs = told->wheelchairs;
    return fill_offer(call, performance, account_id, told, wish);
}

/* The account's wishes at a performance; wishes has room for them. */
static int ask_wishes(struct call *call, const struct catalog_performance *performance,
                      struct owner_ask *ask)
{
    ask->verb = OWNER_WISHES;
    ask->wishes_max = OWNER_WISHES_ACCOUNT;
    return desk_ask(call_state(call), performance, ask, call_deadline_ns(call));
}

bool desk_is_offer(struct call *call, const struct catalog_performance *performance,
                   struct id account_id, struct id hold_id)
{
    struct owner_wish list[OWNER_WISHES_ACCOUNT];
    struct owner_ask look = {.account_id = account_id, .wishes = list};
    bool found = false;
    if (ask_wishes(call, performance, &look) != 0)
        return false;
    for (uint32_t i = 0; i < look.wish_count; i++)
        found = found || id_eq(list[i].hold_id, hold_id);
    return found;
}

static int read_kind(struct call *call, const struct catalog_performance *performance,
                     const Usher__V1__JoinWaitingListRequest *wish, struct owner_ask *ask)
{
    const struct hall *hall = performance->hall->hall;
    ask->best = (struct seats_best){
        .party = wish->party, .category = -1, .section = -1, .wheelchairs = wish->wheelchairs};
    ask->fewest = wish->fewest ? wish->fewest : wish->party;
    if (wish->category_choice_case ==
        USHER__V1__JOIN_WAITING_LIST_REQUEST__CATEGORY_CHOICE_CATEGORY) {
        if (wish->category >= hall->category_count)
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "category",
                             "the hall has categories 0 to %u", hall->category_count - 1);
        ask->best.category = (int32_t)wish->category;
    }
    if (wish->section_choice_case == USHER__V1__JOIN_WAITING_LIST_REQUEST__SECTION_CHOICE_SECTION) {
        if (wish->section >= hall->section_count)
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "section",
                             "the hall has sections 0 to %u", hall->section_count - 1);
        ask->best.section = (int32_t)wish->section;
    }
    return 0;
}

/* A guest's address is kept as long as it waits for something there. */
static void forget_contact(struct call *call, const struct catalog_performance *performance,
                           struct id account_id)
{
    struct owner_wish list[OWNER_WISHES_ACCOUNT];
    struct owner_ask look = {.account_id = account_id, .wishes = list};
    if (ask_wishes(call, performance, &look) == 0 && look.wish_count == 0)
        desk_forget_wish_contact(call, performance->performance_id, account_id);
}

CALL_HANDLER(ticket_join_waiting_list)
{
    const Usher__V1__JoinWaitingListRequest *wish = request;
    const struct catalog_performance *performance = desk_shown(call, wish->performance_id);
    struct owner_wish list[OWNER_WISHES_ACCOUNT];
    struct owner_ask ask = {.verb = OWNER_JOIN}, look = {.wishes = list};
    if (!performance)
        return ERR_NOT_FOUND;
    int err = desk_account(call, &ask.account_id);
    if (err == 0)
        err = desk_check_bar(call, performance, ask.account_id);
    if (err == 0)
        err = desk_find_person(call, performance, ask.account_id, &ask.person_id);
    if (err == 0)
        err = read_kind(call, performance, wish, &ask);
    const bool mails = wish->email[0] && !identity_has(call_identity(call), ROLE_BUYER);
    if (err == 0 && mails) /* before there can be an offer */
        err =
            desk_keep_wish_contact(call, performance, ask.account_id, wish->email, wish->language);
    if (err != 0)
        return err;
    ask.begins_ms = desk_begins_ms(call, performance);
    if (desk_ask(call_state(call), performance, &ask, call_deadline_ns(call)) != 0) {
        if (mails)
            forget_contact(call, performance, ask.account_id);
        return refused(call, &ask);
    }
    look.account_id = ask.account_id;
    if (ask_wishes(call, performance, &look) != 0)
        return refused(call, &look);
    for (uint32_t i = 0; i < look.wish_count; i++) {
        if (id_eq(list[i].wish_id, ask.hold.hold_id))
            return fill_wish(call, performance, ask.account_id, &list[i], response);
    }
    look.result = ERR_NOT_FOUND; /* it has ended already, from another device */
    return refused(call, &look);
}

CALL_HANDLER(ticket_leave_waiting_list)
{
    const Usher__V1__LeaveWaitingListRequest *wish = request;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_LEAVE};
    if (!performance)
        return ERR_NOT_FOUND;
    const int err = desk_account(call, &ask.account_id);
    if (err != 0)
        return err;
    ask.result = id_parse(view_str(wish->wish_id), &ask.hold_id) == 0 ? 0 : ERR_NOT_FOUND;
    if (ask.result != 0 ||
        desk_ask(call_state(call), performance, &ask, call_deadline_ns(call)) != 0)
        return refused(call, &ask);
    forget_contact(call, performance, ask.account_id);
    return 0;
}

/* Adds the wishes at one performance, unless it has begun. */
static int add_wishes(struct call *call, const struct catalog_performance *performance,
                      struct id account_id, Usher__V1__GetMyWishesResponse *answer)
{
    struct owner_wish list[OWNER_WISHES_ACCOUNT];
    struct owner_ask look = {.account_id = account_id, .wishes = list};
    if (ask_wishes(call, performance, &look) != 0)
        return refused(call, &look);
    answer->offer_ms = look.offer_ms;
    if (look.now_ms >= catalog_date(performance)->starts_at_ms) {
        answer->offer_ms = 0;
        return 0;
    }
    for (uint32_t i = 0; i < look.wish_count; i++) {
        Usher__V1__Wish *wish = arena_alloc(call_arena(call), sizeof(*wish));
        if (!wish)
            return desk_store_failed(call, ERR_NO_MEMORY);
        usher__v1__wish__init(wish);
        answer->wishes[answer->n_wishes++] = wish;
        const int err = fill_wish(call, performance, account_id, &list[i], wish);
        if (err != 0)
            return err;
    }
    return 0;
}

CALL_HANDLER(ticket_get_my_wishes)
{
    const Usher__V1__GetMyWishesRequest *wish = request;
    Usher__V1__GetMyWishesResponse *answer = response;
    const struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    struct arena *arena = call_arena(call);
    struct id account_id;
    uint32_t one = wish->performance_id, *ids = &one;
    size_t count = 1;
    int err = desk_account(call, &account_id);
    if (err != 0)
        return err;
    if (one == 0)
        err = store->ops->waiting_of(store, account_id, TICKET_WAITING_PERFORMANCES, arena, &ids,
                                     &count, call_deadline_ns(call));
    answer->wishes =
        arena_alloc(arena, (count * OWNER_WISHES_ACCOUNT + 1) * sizeof(*answer->wishes));
    if (err == 0 && !answer->wishes)
        err = ERR_NO_MEMORY;
    if (err != 0)
        return desk_store_failed(call, err);
    for (size_t i = 0; i < count; i++) {
        const struct catalog_performance *performance =
            one != 0 ? desk_shown(call, one) : catalog_performance(ticket->catalog, ids[i]);
        if (!performance && one != 0)
            return ERR_NOT_FOUND;
        err = performance ? add_wishes(call, performance, account_id, answer) : 0;
        if (err != 0)
            return err;
    }
    if (one == 0)
        answer->offer_ms = 0;
    return 0;
}

/* ---- the organiser's ---- */

static int fill_list(struct call *call, const struct catalog_performance *performance,
                     Usher__V1__WaitingList *answer)
{
    struct arena *arena = call_arena(call);
    struct owner_ask ask = {.verb = OWNER_WISHES, .wishes_max = TICKET_WAITING_KINDS};
    ask.wishes = arena_alloc(arena, TICKET_WAITING_KINDS * sizeof(*ask.wishes));
    Usher__V1__WaitingKind *kinds = arena_alloc(arena, TICKET_WAITING_KINDS * sizeof(*kinds));
    answer->kinds = arena_alloc(arena, TICKET_WAITING_KINDS * sizeof(*answer->kinds));
    if (!ask.wishes || !kinds || !answer->kinds)
        return desk_store_failed(call, ERR_NO_MEMORY);
    if (desk_ask(call_state(call), performance, &ask, call_deadline_ns(call)) != 0)
        return refused(call, &ask);
    answer->performance_id = performance->performance_id;
    answer->offer_ms = ask.offer_ms;
    for (uint32_t i = 0; i < ask.wish_count; i++) {
        const struct owner_wish *told = &ask.wishes[i];
        Usher__V1__WaitingKind *kind = answer->kinds[answer->n_kinds++] = &kinds[i];
        usher__v1__waiting_kind__init(kind);
        if (told->category > 0) {
            kind->category_choice_case = USHER__V1__WAITING_KIND__CATEGORY_CHOICE_CATEGORY;
            kind->category = told->category - 1;
        }
        if (told->section > 0) {
            kind->section_choice_case = USHER__V1__WAITING_KIND__SECTION_CHOICE_SECTION;
            kind->section = told->section - 1;
        }
        kind->party = told->party;
        kind->fewest = told->fewest;
        kind->wheelchairs = told->wheelchairs;
        kind->waiting = told->count;
        kind->offered = told->offered;
    }
    return 0;
}

/* A performance that the caller manages. NULL after call_fail. */
static const struct catalog_performance *managed(struct call *call, uint32_t performance_id)
{
    const struct catalog_performance *performance = desk_performance(call, performance_id);
    return performance && desk_check_event(call, performance->event) == 0 ? performance : NULL;
}

CALL_HANDLER(ticket_set_waiting_list)
{
    const Usher__V1__SetWaitingListRequest *wish = request;
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_SET_WAITING, .offer_ms = wish->offer_ms};
    if (!performance)
        return ERR_NOT_FOUND;
    if (wish->offer_ms != 0 &&
        (wish->offer_ms < OFFER_MIN_MS || wish->offer_ms > LEDGER_OFFER_MAX_MS))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "offer_ms",
                         "an offer lasts %d to %d minutes, or with 0 there are none",
                         OFFER_MIN_MS / 60000, LEDGER_OFFER_MAX_MS / 60000);
    ask.account_id = call_identity(call)->account_id;
    if (desk_ask(call_state(call), performance, &ask, call_deadline_ns(call)) != 0)
        return refused(call, &ask);
    return fill_list(call, performance, response);
}

CALL_HANDLER(ticket_list_waiting)
{
    const Usher__V1__ListWaitingRequest *wish = request;
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    return performance ? fill_list(call, performance, response) : ERR_NOT_FOUND;
}

void desk_end_wishes(struct call *call, uint32_t organiser_id, struct view account)
{
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    struct owner_wish list[OWNER_WISHES_ACCOUNT];
    struct id account_id;
    uint32_t *ids;
    size_t count;
    if (id_parse(account, &account_id) != 0 ||
        store->ops->waiting_of(store, account_id, STORE_PERFORMANCES_MAX, call_arena(call), &ids,
                               &count, call_deadline_ns(call)) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct catalog_performance *performance =
            catalog_performance(ticket->catalog, ids[i]);
        struct owner_ask look = {.account_id = account_id, .wishes = list};
        if (!performance || performance->event->organiser_id != organiser_id ||
            ask_wishes(call, performance, &look) != 0)
            continue;
        for (uint32_t k = 0; k < look.wish_count; k++) {
            struct owner_ask leave = {
                .verb = OWNER_LEAVE, .account_id = account_id, .hold_id = list[k].wish_id};
            (void)desk_ask(ticket, performance, &leave, call_deadline_ns(call));
        }
    }
}
