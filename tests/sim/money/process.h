/*
 * process: the processes of a world, each of which may die, and what they reach each other and the
 * outside by.
 */
#ifndef USHER_TESTS_SIM_MONEY_PROCESS_H
#define USHER_TESTS_SIM_MONEY_PROCESS_H

#include "call/client.h"
#include "call/method.h"
#include "db/http.h"
#include "db/smtp.h"
#include "store/wrap/fault.h"
#include "svc/door/door.h"
#include "svc/payment/payment.h"
#include "svc/ticket/ticket.h"
#include "svc/waitroom/waitroom.h"

struct money_weather;
struct money_world;

/* What a process of ours is to the others. */
struct party {
    struct money_world *world;
    bool dead;    /* it was killed: nothing that it does reaches anything any more */
    bool leaving; /* takes nothing new */
    bool stormy;  /* weather is for it */
    uint32_t visitors;
};

/* A process of the waiting room. */
struct room {
    struct party party;
    uint32_t number;
    struct sql *sql; /* as usher's */
    struct worker *worker;
    struct channel *to_tickets;
    struct waitroom *waitroom;
    struct service service;
    struct routes routes;
    struct channel *channel; /* for buyers, and for usher's calls */
};

/* A process of usher. */
struct usher {
    struct party party;
    uint32_t number;
    struct store *store; /* store_fault around the one in memory; has sql */
    struct sql *sql;     /* fails as planned, around the world's */
    struct http *http;
    struct smtp *smtp;
    struct worker *worker;
    struct ticket *ticket;
    struct payment_role *payment;
    struct door *door;
    struct service ticket_service, payment_service;
    struct routes ticket_routes, payment_routes;
    struct channel *door_tickets, *tickets, *payments; /* the last two for buyers */
    struct channel *to_room;                           /* NULL: there is no line */
    struct plain_rule plains[PAYMENT_PLAINS];
};

/* process.c: from a fiber */
struct usher *usher_open(struct money_world *world);
/* crash: it is cut off first. */
void usher_close(struct usher *usher, bool crash);
void usher_weather(struct usher *usher, const struct money_weather *weather);
void psp_open(struct money_world *world);
void psp_crash(struct money_world *world);
void psp_weather(struct money_world *world, const char *script);

/* room.c */
/* Makes the sale that the line leads to, before anybody comes. */
void room_make_sale(struct money_world *world);
struct room *room_open(struct money_world *world);
void room_close(struct room *room, bool crash);

/* links.c: from one process to the other, whichever is there at the time of a call */
struct channel *link_new(struct party *from, bool to_room);

/* tables.c */
struct sql *tables_new(struct party *party);
/* net.c: usher NULL: the provider's end */
struct http *net_new(struct money_world *world, struct usher *usher);
/* A buyer's browser: POST to the provider. 0, and the page with its texts in the arena. */
int net_browse(struct money_world *world, const char *url, const char *form, struct arena *arena,
               struct page *ret_page);
/* mails.c */
struct smtp *mails_new(struct usher *usher);

#endif
