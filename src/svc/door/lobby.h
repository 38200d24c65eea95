/*
 * lobby: what the calls of the door service share. For the files of this folder alone.
 */
#ifndef USHER_SVC_DOOR_LOBBY_H
#define USHER_SVC_DOOR_LOBBY_H

#include "err/err.h"
#include "paper/paper.h"
#include "store/contacts.h"
#include "store/doors.h"
#include "store/mails.h"
#include "store/scans.h"
#include "svc/door/door.h"
#include "token/roles.h"
#include "usher/v1/door.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define LOBBY_DOOR_STAFF    (ROLE_DOOR | ROLES_MANAGE)
#define LOBBY_COUNTER       (ROLE_BOX_OFFICE | ROLES_MANAGE)
#define LOBBY_SCANS_MAX     1000 /* of one UploadScans */
#define LOBBY_LIST_ORDERS   300  /* of one page of GetDoorList */
#define LOBBY_MAILS_PAGE    20
#define LOBBY_FOUND_MAX     20       /* orders of one FindOrders */
#define LOBBY_RESENDS_MAX   10       /* of an order's tickets */
#define LOBBY_PASSED_MAX    20       /* mails to friends, an order */
#define LOBBY_EARLY_SCAN_MS 86400000 /* an offline scan's clock may be ahead so far */

#define POST_LANES       4                /* mails under way at once */
#define POST_BATCH       32               /* mails looked at in one go */
#define POST_PAUSE_MS    1000             /* between looks where nothing is due */
#define POST_COUNT_MS    10000            /* between two counts of those that wait, for /metrics */
#define POST_TRY_MS      120000           /* a try is given up then */
#define POST_LEASE_MS    300000           /* and by others not begun before */
#define POST_BACK_MAX_MS INT64_C(3600000) /* the longest pause between tries */
#define POST_TRIES_MAX   30               /* a little more than a day */
#define POST_ARENA_MAX   (4u << 20) /* bytes for putting one mail together, without its files */

#define RELAY_PAUSE_MS  1000
#define RELAY_MANY      8 /* rows in one look: the next one follows; fewer gather for a pause */
#define RELAY_STEP_MS   10000
#define RELAY_ARENA_MAX (64u << 20)
#define RELAY_SWEEP_MS  INT64_C(3600000) /* contacts without orders are looked for */

#define REMIND_PAUSE_MS  5000 /* between looks at what opens */
#define REMIND_NEXT_MS   250  /* between batches of one event's mails */
#define REMIND_BATCH     MAIL_PAGE_MAX
#define REMIND_ARENA_MAX (64u << 20)
#define MOVES_PAGE       100 /* orders told in one go that a performance was moved */
#define MOVES_ARENA_MAX  (16u << 20)

struct door {
    struct door_options options;
    struct channel *lines; /* to WaitroomService; NULL: nobody knows where it is */
    struct code_keys codes;
    struct scope scope;         /* of the relay and the post, on the worker */
    struct fiber *post;         /* waits for mails; NULL: it works */
    struct smtp_client *client; /* for options.mail.url, or NULL */
    struct smtp *smtp;          /* what mails are sent with; NULL: they are kept */
};

/* The wall clock of the loop that the caller's fiber is on. */
int64_t lobby_now_ms(void);

/* ---- refusals.c: each returns what a handler returns ---- */

/* A reason of docs/errors.md with the sentence for people. */
#define lobby_fail(call, code, ...) call_refuse(call, code, 0, __VA_ARGS__)
/* Why the store failed. */
int lobby_store_failed(struct call *call, int err);

/* ---- orders.c ---- */

/* Asks TicketService for an order, in the caller's name: only the caller's own are found. 0, or
 * what a handler returns. */
int lobby_order(struct call *call, const char *order_id, const Usher__V1__Order **ret_order);
/* The same; and those of performances that the caller sells at the box office. */
int lobby_order_run(struct call *call, const char *order_id, const Usher__V1__Order **ret_order);
/* The same in the role's own name. ERR_NOT_FOUND: there is none; otherwise the channel's errors. */
int lobby_find_order(struct door *door, const char *order_id, struct arena *arena,
                     int64_t deadline_ns, const Usher__V1__Order **ret_order);
#define LOBBY_OWN_SEATS UINT32_MAX /* of lobby_paper_order: those that were not passed on */

/* The order as paper wants it, with signed codes, in the arena: what its owner may show, or that
 * seat alone. contact may be NULL. ERR_CORRUPT, ERR_NO_MEMORY. */
int lobby_paper_order(struct door *door, const Usher__V1__Order *order,
                      const struct contact *contact, uint32_t seat, struct arena *arena,
                      struct paper_order *ret_order);
/* "k…@example.org", in the arena: enough to know an address by, too little for somebody else. NULL:
 * no memory. */
char *lobby_mask(struct arena *arena, struct view email);
/* The contact of an order, or NULL. The store's errors. */
int lobby_contact(struct door *door, const Usher__V1__Order *order, struct arena *arena,
                  int64_t deadline_ns, const struct contact **ret_contact);

/* ---- blocks.c ---- */

/* Whether the caller has one of the roles for that performance's organiser; ret_performance may be
 * NULL. 0, or the channel's errors. */
int lobby_runs(struct call *call, uint32_t performance_id, uint32_t any_of,
               const Usher__V1__Performance **ret_performance, bool *ret_runs);
/* The same for a call that is for such callers alone: 0, or what a handler returns. */
int lobby_check_runs(struct call *call, uint32_t performance_id, uint32_t any_of,
                     const Usher__V1__Performance **ret_performance);
/* An order of a performance that the caller sells; NULL after call_fail. */
const Usher__V1__Order *lobby_own_order(struct call *call, const char *order_id, struct id *ret_id);
/* What the caller does now, for the log of acts; the texts are borrowed. */
struct act lobby_act(struct call *call, const char *what, const char *about);
/* The blocks of an order's tickets. The store's errors. */
int lobby_add_blocks(struct call *call, struct id order_id, uint32_t performance_id,
                     Usher__V1__FoundOrder *found);

/* ---- find.c, notes.c ---- */

/* A contact as it is told, in the arena; NULL: no memory. */
Usher__V1__Contact *lobby_fill_contact(struct arena *arena, const struct contact *contact);
/* The notes on an order. The store's errors. */
int lobby_add_notes(struct call *call, struct id order_id, Usher__V1__OrderNote ***ret_notes,
                    size_t *ret_count);

/* ---- compose.c ---- */

/* A mail put together: its words and, as it goes over the wire, itself. Release it. */
struct composed {
    struct buf message;
    struct buf text;
    struct buf subject;
    bool secret; /* its parameters are forgotten once it is sent */
};
/* Draws pages and all, in the offload pool. ERR_NOT_FOUND: what it is about is no more;
 * ERR_INVALID: it can never be put together; the channel's, the store's and the pool's errors. */
int lobby_compose(struct door *door, const struct mail *mail, struct view message_id,
                  struct arena *arena, int64_t deadline_ns, struct composed *ret_mail);
void composed_release(struct composed *mail);

/* A file of an order, drawn in the offload pool: 0 and *out; as lobby_compose. */
int lobby_draw(struct door *door, Usher__V1__TicketFormat format, const struct paper_order *order,
               struct buf *out);

/* ---- relay.c, reminders.c, post.c: bodies of fibers. arg: struct door ---- */

/* Makes mails of what happened to orders. */
void lobby_relay(void *arg);
/* Writes mails to who wants to be told that a sale opens (reminders.c). */
void lobby_remind(void *arg);
/* Sends them. */
void lobby_post(void *arg);
/* Tells who has tickets that a performance was moved (moves.c), and what organisers say. */
void lobby_tell_moves(void *arg);
/* Writes the mails of a page of orders of the oldest message to buyers (messages.c). 1: there may
 * be more; 0; or an error. */
int lobby_mail_message(struct door *door, struct arena *arena, int64_t deadline_ns);
/* Whether the post has caught up, so that many mails may be written that nobody waits for. The
 * arena is used up by some of the store's answer. */
bool lobby_post_is_free(struct door *door, struct arena *arena, int64_t deadline_ns);
/* There are mails to send: on the worker. */
void lobby_wake_post(struct door *door);

/* ---- the calls: request and response are of the method's types ---- */
int door_get_wallet_links(struct call *call, const void *request, void *response);
int door_get_ticket_file(struct call *call, const void *request, void *response);
int door_resend_tickets(struct call *call, const void *request, void *response);
int door_get_ticket_codes(struct call *call, const void *request, void *response);
int door_pass_ticket_on(struct call *call, const void *request, void *response);
int door_renew_ticket(struct call *call, const void *request, void *response);
int door_block_tickets(struct call *call, const void *request, void *response);
int door_unblock_tickets(struct call *call, const void *request, void *response);
int door_list_ticket_blocks(struct call *call, const void *request, void *response);
int door_set_entry_times(struct call *call, const void *request, void *response);
int door_get_entry_times(struct call *call, const void *request, void *response);
int door_get_check_key(struct call *call, const void *request, void *response);
int door_check_in(struct call *call, const void *request, void *response);
int door_get_door_list(struct call *call, const void *request, void *response);
int door_upload_scans(struct call *call, const void *request, void *response);
int door_get_door_counts(struct call *call, const void *request, void *response);
int door_list_scans(struct call *call, const void *request, void *response);
int door_list_double_entries(struct call *call, const void *request, void *response);
/* How it went with a mail, without its words; texts are the mail's. */
void lobby_fill_mail(const struct mail *mail, Usher__V1__Mail *ret_mail);
int door_list_mails(struct call *call, const void *request, void *response);
int door_get_mail(struct call *call, const void *request, void *response);
int door_send_mail_again(struct call *call, const void *request, void *response);
int door_find_orders(struct call *call, const void *request, void *response);

#endif
