/*
 * scanning: what the files of the scanner share. Inside src/svc/gateway only.
 */
#ifndef USHER_SVC_GATEWAY_SCANNING_H
#define USHER_SVC_GATEWAY_SCANNING_H

#include <jansson.h>

#include "call/client.h"
#include "svc/gateway/scanner.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/door.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define SCANNING_PARTS_MAX 10          /* of a path, behind SCANNER_PATH */
#define SCANNING_PAGE      50          /* results in one answer */
#define SCANNING_ARENA_MAX (16u << 20) /* one page of a door's list */

/* A request while it is answered. */
struct visit {
    const struct scanner *scanner;
    const struct plain_request *ask;
    struct view parts[SCANNING_PARTS_MAX]; /* of the path */
    size_t part_count;
    struct identity identity;        /* the device's */
    const Usher__V1__Device *device; /* in the arena */
    const json_t *body;              /* an object; NULL: none, or no JSON */
    int status;                      /* of the answer */
    json_t *answer;                  /* owned; NULL: none */
};

/* Sets the answer; takes the reference, and a NULL is answered as an error of ours. */
void visit_answer(struct visit *v, int status, json_t *answer);
/* {"detail": "…"} */
void visit_refuse(struct visit *v, int status, const char *detail);
void visit_not_found(struct visit *v);
/* What a call was refused with. */
void visit_failed(struct visit *v, const struct call_status *status);
/* A page that holds all there is. Takes the reference. */
void visit_answer_list(struct visit *v, json_t *results);
/* A client of a service, in the device's name. */
struct client visit_client(const struct visit *v, const ProtobufCServiceDescriptor *service);
bool visit_is_post(const struct visit *v);
/* A value of the query, decoded, in the arena; "" where there is none. */
const char *visit_query(const struct visit *v, const char *name);
/* A text of the body; "" where it is none. */
const char *visit_text(const struct visit *v, const char *name);
/* "2026-12-24T10:30:00Z"; null of 0. */
json_t *scanning_time(int64_t at_ms);
/* The other way; 0: it is none. */
int64_t scanning_read_time(const char *text);
/* The wall clock. */
int64_t scanning_now_ms(void);
/* The address of a path of this site, in the arena. */
const char *visit_url(const struct visit *v, const char *path);

/* ---- scanner_events.c ---- */

/* The organiser's performance of that number, in the arena; NULL: none, after visit_not_found. */
const Usher__V1__Performance *visit_performance(struct visit *v, struct view number);
/* {"id", "name", "event", "subevent", "include_pending"} of a performance's check-in list. */
json_t *scanning_list_of(const Usher__V1__Performance *p);
/* The item of a category of a performance. */
int64_t scanning_item(uint32_t performance_id, uint32_t category);
/* /device/eventselection */
void visit_select(struct visit *v);
/* organizers/N/events/… but what is about tickets. False: it is none of its paths. */
bool visit_events(struct visit *v);

/* ---- scanner_tickets.c ---- */

/* A position, as an order and a list tell it. */
struct position {
    uint32_t performance_id, category, seat;
    const char *order_id, *order_number, *label, *name, *secret;
    const Usher__V1__PriceType *price_type; /* or NULL */
    int64_t inside_at_ms;                   /* 0: it is not inside */
    const char *gate;
    bool canceled, blocked, unpaid;
};
json_t *scanning_position(const struct position *p, bool at_door);
/* Reads a performance's list of tickets page by page. each: 0 to go on. */
int visit_tickets(struct visit *v, uint32_t performance_id,
                  int (*each)(void *arg, const Usher__V1__DoorList *list), void *arg);
/* …/orders, …/checkinlists/L/positions, …/revokedsecrets, …/blockedsecrets, checkinrpc/search. */
void visit_orders(struct visit *v);
void visit_search(struct visit *v, const Usher__V1__Performance *p);
void visit_revoked(struct visit *v);
void visit_blocked(struct visit *v);

/* ---- scanner_redeem.c ---- */

/* checkinrpc/redeem, and the same below a list, where the secret is in the path. */
void visit_redeem(struct visit *v, struct view list, struct view secret);
/* …/checkinlists/L/failed_checkins: what a door refused without the network. */
void visit_failed_scan(struct visit *v, const Usher__V1__Performance *p);

#endif
