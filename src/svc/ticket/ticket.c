#include "svc/ticket/ticket.h"

#include <stdlib.h>

#include "store/accounts.h"
#include "store/contacts.h"
#include "store/generations.h"
#include "store/hall_owners.h"
#include "store/mails.h"
#include "store/notices.h"
#include "store/pictures.h"
#include "store/scans.h"
#include "svc/ticket/bills.h"
#include "svc/ticket/blocks.h"
#include "svc/ticket/counted.h"
#include "svc/ticket/desk.h"
#include "svc/ticket/watch_clock.h"
#include "token/roles.h"
#include "usher/v1/owner.pb-c.h"

#define START_OWNERS_MAX_MS 5000

CALL_HANDLER(ticket_read_outbox);
CALL_HANDLER(ticket_counted_hold_seats);
CALL_HANDLER(ticket_counted_hold_best);
CALL_HANDLER(ticket_counted_place_order);
CALL_HANDLER(ticket_get_sale_load);
CALL_HANDLER(ticket_move_seats);
CALL_HANDLER(ticket_list_holders);
CALL_HANDLER(ticket_end_hold);
CALL_HANDLER(ticket_bar_buyer);
CALL_HANDLER(ticket_end_bar);
CALL_HANDLER(ticket_list_barred);
CALL_HANDLER(ticket_choose_price_types);
CALL_HANDLER(ticket_set_prices);
CALL_HANDLER(ticket_list_price_plans);
CALL_HANDLER(ticket_end_price_plan);
CALL_HANDLER(ticket_list_price_codes);
CALL_HANDLER(ticket_get_generated_codes);

#define FOR_EVER "public, max-age=31536000, immutable"
#define SECONDS  "public, max-age=2"

CALL_HANDLER(ticket_get_grades);
CALL_HANDLER(ticket_preview_hall);
CALL_HANDLER(ticket_get_status);
CALL_HANDLER(ticket_list_performance_orders);
CALL_HANDLER(ticket_get_notice);
CALL_HANDLER(ticket_announce);
CALL_HANDLER(ticket_end_notice);

CALL_HANDLER(ticket_set_poster);
CALL_HANDLER(ticket_join_waiting_list);
CALL_HANDLER(ticket_leave_waiting_list);
CALL_HANDLER(ticket_get_my_wishes);
CALL_HANDLER(ticket_set_waiting_list);
CALL_HANDLER(ticket_list_waiting);

static const struct method methods[] = {
    {"ListEvents", METHOD_UNARY, 0, true, SECONDS, 0, ticket_list_events},
    {"GetPerformance", METHOD_UNARY, 0, true, SECONDS, 0, ticket_get_performance},
    {"GetSeatMap", METHOD_UNARY, 0, true, FOR_EVER, 0, ticket_get_seat_map},
    {"GetGrades", METHOD_UNARY, 0, true, SECONDS, 0, ticket_get_grades},
    {"GetNotice", METHOD_UNARY, 0, true, FOR_EVER, 0, ticket_get_notice},
    {"WatchSeats", METHOD_SERVER_STREAM, 0, false, NULL, 0, ticket_watch_seats},
    {"HoldSeats", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_counted_hold_seats},
    {"HoldBest", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_counted_hold_best},
    {"ReleaseHold", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_release_hold},
    {"ExtendHold", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_extend_hold},
    {"ChoosePriceTypes", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_choose_price_types},
    {"PlaceOrder", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_counted_place_order},
    {"JoinWaitingList", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_join_waiting_list},
    {"LeaveWaitingList", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_leave_waiting_list},
    {"GetMyWishes", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_get_my_wishes},
    {"GetOrder", METHOD_UNARY, ROLES_BUY | ROLE_OPERATOR | ROLE_PEER, false, NULL, 0,
     ticket_get_order},
    {"ListOrders", METHOD_UNARY, ROLES_BUY, false, NULL, 0, ticket_list_orders},
    {"CancelOrder", METHOD_UNARY, ROLES_BUY | ROLES_MANAGE | ROLE_BOX_OFFICE, false, NULL, 0,
     ticket_cancel_order},
    {"MoveSeats", METHOD_UNARY, ROLES_MANAGE | ROLE_BOX_OFFICE, false, NULL, 0, ticket_move_seats},
    {"ImportHall", METHOD_UNARY, ROLES_MANAGE, false, NULL, TICKET_HALL_PLAN_MAX,
     ticket_import_hall},
    {"PreviewHall", METHOD_UNARY, ROLES_MANAGE, false, NULL, TICKET_HALL_PLAN_MAX,
     ticket_preview_hall},
    {"GenerateHall", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_generate_hall},
    {"ListHalls", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_list_halls},
    {"CreateEvent", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_create_event},
    {"CreatePerformance", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_create_performance},
    {"UpdateEvent", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_update_event},
    {"SetPoster", METHOD_UNARY, ROLES_MANAGE, false, NULL, 6u << 20, ticket_set_poster},
    {"PublishEvent", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_publish_event},
    {"HideEvent", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_hide_event},
    {"DeleteEvent", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_delete_event},
    {"UpdatePerformance", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_update_performance},
    {"SetPrices", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_set_prices},
    {"ListPricePlans", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_list_price_plans},
    {"ListPriceCodes", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_list_price_codes},
    {"GetGeneratedCodes", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_get_generated_codes},
    {"EndPricePlan", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_end_price_plan},
    {"OpenSale", METHOD_UNARY, ROLES_MANAGE | ROLE_PEER, false, NULL, 0, ticket_open_sale},
    {"PauseSale", METHOD_UNARY, ROLES_MANAGE | ROLE_PEER, false, NULL, 0, ticket_pause_sale},
    {"GetSaleReport", METHOD_UNARY, ROLES_MANAGE | ROLE_PEER, false, NULL, 0,
     ticket_get_sale_report},
    {"BlockSeats", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_block_seats},
    {"UnblockSeats", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_unblock_seats},
    {"SetWaitingList", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_set_waiting_list},
    {"ListWaiting", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_list_waiting},
    {"ListSeatBlocks", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_list_seat_blocks},
    {"ListHolders", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_list_holders},
    {"EndHold", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_end_hold},
    {"BarBuyer", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_bar_buyer},
    {"EndBar", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_end_bar},
    {"ListBarred", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_list_barred},
    {"Announce", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_announce},
    {"EndNotice", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, ticket_end_notice},
    {"ReadLedger", METHOD_UNARY, ROLE_OPERATOR | ROLE_PEER, true, NULL, 0, ticket_read_ledger},
    {"GetSaleLoad", METHOD_UNARY, ROLE_PEER, false, NULL, 0, ticket_get_sale_load},
    {"ListPerformanceOrders", METHOD_UNARY, ROLE_OPERATOR | ROLE_PEER, false, NULL, 0,
     ticket_list_performance_orders},
    {"ReadOutbox", METHOD_UNARY, ROLE_PEER, false, NULL, 0, ticket_read_outbox},
};

struct service ticket_service(struct ticket *ticket)
{
    return (struct service){
        .descriptor = &usher__v1__ticket_service__descriptor,
        .methods = methods,
        .method_count = sizeof(methods) / sizeof(methods[0]),
        .state = ticket,
    };
}

static const struct method owner_methods[] = {
    {"Ask", METHOD_UNARY, ROLE_PEER, .handle = ticket_owner_ask},
    {"GetFigures", METHOD_UNARY, ROLE_PEER, true, .handle = ticket_owner_figures},
};

struct service ticket_owner_service(struct ticket *ticket)
{
    return (struct service){
        .descriptor = &usher__v1__owner_service__descriptor,
        .methods = owner_methods,
        .method_count = sizeof(owner_methods) / sizeof(owner_methods[0]),
        .state = ticket,
    };
}

static const struct method status_methods[] = {
    {"GetStatus", METHOD_UNARY, ROLE_OPERATOR, true, .handle = ticket_get_status},
};

struct service ticket_status_service(struct ticket *ticket)
{
    return (struct service){
        .descriptor = &usher__v1__installation_service__descriptor,
        .methods = status_methods,
        .method_count = sizeof(status_methods) / sizeof(status_methods[0]),
        .state = ticket,
    };
}

/* ---- joining others ---- */

int ticket_join(struct ticket *ticket, struct coord *coord, const char *url, int64_t lease_ms)
{
    struct tenure *tenure;
    assert(ticket->elsewhere);
    return tenure_start(ticket, coord, url, lease_ms, &tenure);
}

void ticket_leave(struct ticket *ticket)
{
    if (ticket)
        tenure_drain(atomic_load(&ticket->tenure));
}

struct tenure *ticket_tenure(struct ticket *ticket)
{
    return ticket ? atomic_load(&ticket->tenure) : NULL;
}

void ticket_connect(struct ticket *ticket, struct channel *const *waitrooms)
{
    ticket->waitrooms = waitrooms;
}

/* ---- starting: in a fiber of worker 0, where the store may be waited for ---- */

struct start {
    struct ticket *ticket;
    int result;
};

/* Owners load side by side. Who calls as soon as the port is open should find them at work; but one
 * that cannot load does not keep the others from selling. */
static void wait_for_owners(struct ticket *ticket)
{
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), START_OWNERS_MAX_MS);
    int err = 0;
    while (err == 0 && !ticket_ready(ticket) && fiber_now_ns() < until_ns)
        err = fiber_sleep_until(deadline_after_ms(fiber_now_ns(), TICKET_BEGIN_POLL_MS));
}

static void start_in_fiber(void *arg)
{
    struct start *start = arg;
    struct ticket *ticket = start->ticket;
    start->result = desk_load_catalog(ticket);
    if (start->result == 0 && !ticket->elsewhere)
        wait_for_owners(ticket);
    if (start->result == 0)
        start->result = fiber_spawn(&ticket->follow_scope, desk_follow_store, ticket);
    if (start->result == 0)
        start->result = fiber_spawn(&ticket->follow_scope, desk_watch_clock, ticket);
}

static void free_ticket(struct ticket *ticket)
{
    if (ticket->posts)
        pthread_mutex_destroy(&ticket->posts_lock);
    free(ticket->posts);
    bar_list_release(&ticket->bars);
    tally_release(&ticket->tally);
    catalog_free(ticket->catalog);
    free(ticket->scopes);
    free(ticket);
}

static int make_posts(struct ticket *ticket)
{
    ticket->posts = calloc(STORE_PERFORMANCES_MAX + 1, sizeof(*ticket->posts));
    if (!ticket->posts)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i <= STORE_PERFORMANCES_MAX; i++) {
        ticket->posts[i].ticket = ticket;
        ticket->posts[i].performance_id = i;
    }
    pthread_mutex_init(&ticket->posts_lock, NULL);
    return 0;
}

/* The tables beside the sale's that calls of this role read and write, whatever other roles run
 * here. */
static int migrate(struct sql *sql)
{
    int (*const tables[])(struct sql *, bool, int64_t) = {
        hall_owners_migrate, generations_migrate, contacts_migrate, playbill_migrate,
        pictures_migrate,    accounts_migrate,    bars_migrate,     refusals_migrate,
        scans_migrate,       mails_migrate,       notices_migrate};
    int err = 0;
    for (size_t i = 0; err == 0 && i < sizeof(tables) / sizeof(tables[0]); i++)
        err = tables[i](sql, false, clock_wall_ms(clock_system()));
    return err;
}

int ticket_start(const struct ticket_options *options, struct ticket **ret_ticket)
{
    struct ticket *ticket = calloc(1, sizeof(*ticket));
    if (!ticket)
        return ERR_NO_MEMORY;
    ticket->options = *options;
    bar_list_init(&ticket->bars);
    ticket->notices_version = -1;
    tally_init(&ticket->tally);
    ticket->codes = *options->codes;
    ticket->scopes = calloc(options->worker_count, sizeof(*ticket->scopes));
    scope_init(&ticket->follow_scope);
    int err = ticket->scopes ? catalog_new(&ticket->catalog) : ERR_NO_MEMORY;
    if (err == 0 && options->store->sql)
        err = migrate(options->store->sql);
    if (err == 0)
        err = make_posts(ticket);
    if (err == 0 && options->peer)
        err = elsewhere_new(ticket, &ticket->elsewhere);
    for (uint32_t i = 0; err == 0 && i < options->worker_count; i++)
        scope_init(&ticket->scopes[i]);
    struct start start = {.ticket = ticket};
    if (err == 0)
        err = worker_call(options->workers[0], start_in_fiber, &start);
    if (err == 0)
        err = start.result;
    if (err != 0) {
        if (ticket->catalog)
            ticket_stop(ticket);
        else /* nothing was begun */
            free_ticket(ticket);
        return err;
    }
    *ret_ticket = ticket;
    return 0;
}

/* ---- stopping ---- */

static void stop_owner(void *arg)
{
    owner_stop(arg);
}

static void stop_following(void *arg)
{
    struct ticket *ticket = arg;
    scope_close(&ticket->follow_scope);
    desk_keep_counts(ticket);
}

void ticket_stop(struct ticket *ticket)
{
    if (!ticket)
        return;
    ticket_leave(ticket);
    int err = worker_call(ticket->options.workers[0], stop_following, ticket);
    assert(err == 0);
    elsewhere_free(ticket->elsewhere);
    for (uint32_t i = 1; i <= catalog_performance_last(ticket->catalog); i++) {
        const struct catalog_performance *entry = catalog_performance(ticket->catalog, i);
        if (!entry)
            continue;
        err = worker_call(entry->home, stop_owner, entry->owner);
        assert(err == 0); /* calls have ended: a worker has fibers left */
        err = feed_stop(entry->feed);
        assert(err == 0);
    }
    free_ticket(ticket);
}
