/* desk: what the calls of the ticket service share: the role's parts, answers and refusals. For the
 * files of this folder alone. */
#ifndef USHER_SVC_TICKET_DESK_H
#define USHER_SVC_TICKET_DESK_H

#include <pthread.h>
#include <stdatomic.h>

#include "call/channel.h"
#include "err/err.h"
#include "store/bars.h"
#include "store/generations.h"
#include "store/refusals.h"
#include "svc/ticket/catalog.h"
#include "svc/ticket/pulse.h"
#include "svc/ticket/tenure.h"
#include "svc/ticket/ticket.h"

#define TICKET_NAME_MAX        200         /* bytes of an event's or hall's name */
#define TICKET_DESCRIPTION_MAX 4000        /* bytes */
#define TICKET_HALL_PLAN_MAX   (48u << 20) /* bytes of a plan to import */
#define TICKET_HOLD_TTL_MIN_MS 1000
#define TICKET_HOLD_TTL_MAX_MS 86400000
#define TICKET_HOLD_TTL_MS     480000
#define TICKET_PLACES_MAX      8 /* places an account, where the organiser says nothing */
#define TICKET_PLACES_MAX_MAX  1000
#define TICKET_BEGIN_POLL_MS   2 /* how often a new owner is looked at */
#define TICKET_RETRY_AFTER_MS  200
#define TICKET_ORDERS_PAGE     20
#define TICKET_ORDERS_PAGE_MAX 100
#define TICKET_ALL_PAGE        100 /* of all orders of a performance */
#define TICKET_ALL_PAGE_MAX    1000
#define TICKET_OUTBOX_ROWS     16

/* What is known of who owns a performance. */
struct post {
    struct ticket *ticket;
    uint32_t performance_id;
    atomic_bool ours;      /* its owner may claim here */
    atomic_bool is_new;    /* made here: nobody else knows of it yet */
    int64_t kept_until_ns; /* so long it stays here, though it should be another's; the keeper's */
    int64_t lease_ends_ns; /* where ours, if it is not renewed; the keeper alone looks */
    char holder[COORD_HOLDER_MAX + 1]; /* under posts_lock; "URL ID", or empty */
};

struct ticket {
    struct ticket_options options;
    struct code_keys codes;
    struct catalog *catalog;
    struct scope *scopes; /* of owners, one a worker; each touched on its worker alone */
    struct post *posts;   /* by performance id */
    pthread_mutex_t posts_lock;
    _Atomic(struct tenure *) tenure;  /* NULL: this process is alone, or has not joined yet */
    struct elsewhere *elsewhere;      /* NULL: alone */
    struct scope follow_scope;        /* of who follows the store, on worker 0 */
    struct channel *const *waitrooms; /* one a worker; NULL: there is no waiting room */
    struct pulse pulses[STORE_PERFORMANCES_MAX + 1];      /* by id */
    struct pulse minutes[STORE_PERFORMANCES_MAX + 1];     /* by id; what is not kept yet */
    struct tally tally;                                   /* of refusals */
    struct bar_list bars;                                 /* whom organisers do not sell to */
    _Atomic uint64_t notices[STORE_PERFORMANCES_MAX + 1]; /* by id: as notices.c packs them */
    _Atomic int64_t notices_version;                      /* of what was read of them last */
    atomic_bool behind;                            /* the store may have what the catalog has not */
    atomic_bool begun[STORE_PERFORMANCES_MAX + 1]; /* by id: somebody begins it, or has */
};

/* ---- refusals.c: each returns what a handler returns ---- */

/* A reason of docs/errors.md with the sentence for people. */
#define desk_fail(call, code, ...)                                                                 \
    call_refuse(call, code, (code) == CODE_UNAVAILABLE ? TICKET_RETRY_AFTER_MS : 0, __VA_ARGS__)
/* The account that calls, for what is done in an account's name. Non-zero after call_fail: a peer
 * that calls in nobody's name has none. */
int desk_account(struct call *call, struct id *ret_account_id);
/* For owner_ask: the performance's start; 0 for box office, organiser and peers. */
int64_t desk_begins_ms(const struct call *call, const struct catalog_performance *performance);
/* Where the caller is, for owner_ask; zero: not known, or this machine. */
struct id desk_origin(const struct call *call);
/* Why the owner refused. */
int desk_refused(struct call *call, const struct owner_ask *ask);
/* The same about a hold: one that ended lately, by its id, is HOLD_EXPIRED also where forgotten. */
int desk_hold_refused(struct call *call, const struct catalog_performance *performance,
                      const struct owner_ask *ask);
/* Non-zero after call_fail where the catalog is full: last is the highest id of what (plural). */
int desk_check_room(struct call *call, uint32_t last, uint32_t max, const char *what);
/* Why the store failed. */
int desk_store_failed(struct call *call, int err);

/* ---- tenants.c: each 0, or non-zero after call_fail ---- */

/* The organiser that the call is made for: wanted, or where that is 0 the only one that the caller
 * manages, of an operator the first. */
int desk_organiser(struct call *call, uint32_t wanted, uint32_t *ret_organiser_id);
/* Whether the caller manages the event's organiser. */
int desk_check_event(struct call *call, const struct catalog_event *event);
/* The halls that an organiser has, marked by id; the store's errors, without call_fail. */
int desk_list_halls(struct call *call, uint32_t organiser_id, bool ret_has[STORE_HALLS_MAX + 1]);
/* Whether the organiser has this hall; not, and it is not there: the caller cannot tell. */
int desk_check_hall(struct call *call, uint32_t hall_id, uint32_t organiser_id);
/* The organiser has this hall from now on. */
int desk_own_hall(struct call *call, uint32_t hall_id, uint32_t organiser_id);

/* ---- answers.c ---- */

/* The performance, or NULL after call_fail; and counts as contracts have them, there and back. */
const struct catalog_performance *desk_performance(struct call *call, uint32_t performance_id);
void desk_fill_counts(const struct seats_counts *counts, Usher__V1__Counts *ret_counts);
struct seats_counts desk_read_counts(const Usher__V1__Counts *counts);
/* Both: ERR_NO_MEMORY. */
int desk_fill_hall(struct arena *arena, const struct catalog_hall *hall, Usher__V1__Hall *ret_hall);
int desk_fill_performance(struct arena *arena, const struct catalog_performance *performance,
                          Usher__V1__Performance *ret_performance);
/* "Stalls, row C, seat 12", in the arena. NULL: out of memory. */
char *desk_label(struct arena *arena, const struct catalog_performance *performance, uint32_t seat);
char *desk_id(struct arena *arena, struct id id);
/* generations: of the order's tickets, whatever else is in the list; those not there are at 0. */
int desk_fill_order(struct ticket *ticket, struct arena *arena, const struct store_order *order,
                    const struct generation *generations, size_t generation_count,
                    Usher__V1__Order *ret_order);

/* ---- performances.c ---- */

/* Starts owner and feed of a stored performance and adds it to the catalog. 0 also where somebody
 * else has or is about to. ERR_CORRUPT, ERR_FULL, ERR_NO_MEMORY: it may be tried again. */
int desk_begin_performance(struct ticket *ticket, const struct store_performance *stored);

/* ---- elsewhere.c: performances that another process owns ---- */

/* Keeps the spans of an answered ask, and of its commit, where the running call's are kept. */
void desk_keep_spans(uint32_t performance_id, const struct owner_ask *ask, int64_t began_ns);
/* As owner_ask, wherever the owner is; one that is not known is waited for, for a while. */
int desk_ask(struct ticket *ticket, const struct catalog_performance *performance,
             struct owner_ask *ask, int64_t deadline_ns);
/* The owner's figures: the true ones, or, where they cannot be had, what was seen last. */
void desk_figures(struct ticket *ticket, const struct catalog_performance *performance,
                  struct owner_figures *ret_figures, int64_t deadline_ns);
/* From a plain thread. ERR_NO_MEMORY. */
int elsewhere_new(struct ticket *ticket, struct elsewhere **ret_elsewhere);
/* Ends what is watched elsewhere, and closes what leads there. From a plain thread. */
void elsewhere_free(struct elsewhere *elsewhere);
/* Shows, from now on, what another process publishes of this performance, whenever one owns it. In
 * a fiber. ERR_FULL, ERR_NO_MEMORY. */
int elsewhere_mirror(struct elsewhere *elsewhere, const struct catalog_performance *performance);
/* A channel to a process, for the fibers of the calling worker, until elsewhere_leave. NULL: no
 * memory, or too many processes at once. */
struct channel *elsewhere_enter(struct elsewhere *elsewhere, const char *url);
void elsewhere_leave(struct elsewhere *elsewhere, struct channel *channel);

/* ---- passes.c ---- */

/* Asks the waiting room whether the call's pass is good. 0: it is, or none is needed, which
 * *ret_has_line says. A peer, the payment role, needs none: its buyer showed one when the payment
 * began. */
int desk_ask_pass(struct call *call, const struct catalog_performance *performance,
                  struct id account_id, bool *ret_has_line, struct call_status *ret_status);
/* For ExtendHold, with which a payment begins: checks the pass that goes along, if one does. */
int desk_check_pass_shown(struct call *call, const struct catalog_performance *performance,
                          struct id account_id, struct id hold_id);
/* Ends the call with what was said. */
int desk_pass_refused(struct call *call, const struct call_status *status);
/* Both: non-zero after call_fail. */
int desk_check_pass(struct call *call, const struct catalog_performance *performance,
                    struct id account_id);
/* Tells the waiting room that the account has bought. Waits. */
void desk_pass_done(struct ticket *ticket, const struct catalog_performance *performance,
                    struct id account_id);

/* ---- follow.c ---- */

/* Loads what the catalog has not, in a fiber. The store's errors, and desk_begin_performance's. */
int desk_load_catalog(struct ticket *ticket);
/* Body of a fiber: does so whenever the catalog is behind. arg: struct ticket. */
void desk_follow_store(void *arg);
/* What a put to the store returned: the catalog is behind where it may have been done after all. */
void desk_note_put(struct ticket *ticket, int err);

/* ---- the calls: request and response are of the method's types ---- */
int ticket_list_events(struct call *call, const void *request, void *response);
int ticket_get_performance(struct call *call, const void *request, void *response);
int ticket_get_seat_map(struct call *call, const void *request, void *response);
int ticket_watch_seats(struct call *call, const void *request, void *response);
int ticket_release_hold(struct call *call, const void *request, void *response);
int ticket_extend_hold(struct call *call, const void *request, void *response);
int ticket_get_order(struct call *call, const void *request, void *response);
int ticket_list_orders(struct call *call, const void *request, void *response);
int ticket_cancel_order(struct call *call, const void *request, void *response);
int ticket_import_hall(struct call *call, const void *request, void *response);
int ticket_generate_hall(struct call *call, const void *request, void *response);
int ticket_list_halls(struct call *call, const void *request, void *response);
int ticket_create_event(struct call *call, const void *request, void *response);
int ticket_create_performance(struct call *call, const void *request, void *response);
int ticket_open_sale(struct call *call, const void *request, void *response);
int ticket_pause_sale(struct call *call, const void *request, void *response);
int ticket_get_sale_report(struct call *call, const void *request, void *response);
int ticket_read_ledger(struct call *call, const void *request, void *response);
int ticket_owner_ask(struct call *call, const void *request, void *response);
int ticket_owner_figures(struct call *call, const void *request, void *response);

#endif
