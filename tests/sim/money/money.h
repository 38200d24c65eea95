/*
 * money: an on-sale that is paid for, from a seed, in virtual time: the real roles and the real
 * stand-in provider, over a network, a database and a mail server that fail.
 *
 *     buyers ──join, enter──▶ room: the waiting room's role ──▶ its tables in memory
 *       │                      ▲ │ what is left, opens
 *       │         good passes? │ ▼
 *       ├──calls──▶ usher: ticket, payment and door roles ──▶ store and tables in memory
 *       │                  │ ▲                        └──mails──▶ a mail server that fails
 *       │            HTTP  ▼ │ webhooks
 *       └──pay page──▶ psp: its ledger is a file in memory
 *
 * A crash of usher, or of the room, cuts it off from everything at once: what is not in the store
 * is gone. A crash of the provider breaks its connections; it goes on from its ledger. At rest the
 * books of usher and the provider are compared to the won, the line's ledger is audited, and every
 * mail is looked for. In some worlds no line leads to the sale.
 */
#ifndef USHER_TESTS_SIM_MONEY_H
#define USHER_TESTS_SIM_MONEY_H

#include "owner/stage_test.h"
#include "psp/psp.h"
#include "sim/follow.h"
#include "sim/money/process.h"
#include "sim/tale.h"
#include "token/pass.h"

#define MONEY_BUYERS_MAX 12
#define MONEY_MAILS_MAX  2048
#define MONEY_DONES_MAX  512

/* What the seeds of a run met, so that a run which proves nothing is noticed. */
struct money_coverage {
    uint64_t fees; /* worlds in which there are fees */
    uint64_t begun, done, declined, abandoned, refunded, returned_late, box_office, equal;
    uint64_t usher_crashes, usher_stops, psp_crashes, net_refused, net_lost, sql_before, sql_after;
    uint64_t deposits, deposits_paid; /* to a bank's account, until a deadline */
    uint64_t taken_back;              /* by somebody at the provider, of what was paid */
    uint64_t parts_taken_back;        /* likewise, a part of it */
    uint64_t hooks, hooks_lost, mails, mails_twice, mails_unclear, tampered, made_up, both_ways,
        parts;
    uint64_t lines, joined, entered, passes_refused, later_refused, paid_in_line;
    uint64_t room_crashes, room_stops, links_lost;
    int64_t settled_max_ms; /* the longest from calm to rest */
};

/* What goes wrong, in a million. */
struct money_weather {
    uint32_t refused_ppm; /* a connection is not made */
    uint32_t lost_ppm;    /* an answer does not come back */
    uint32_t sql_before_ppm, sql_after_ppm;
    uint32_t store_ppm; /* of the sale's store, before and after each */
    uint32_t mail_ppm;  /* a mail is not taken now; or is, and nobody hears so */
    int64_t latency_ms; /* of the network, at most, one way */
    const char *script; /* of the provider's faults */
};

struct money_world;

/* Who may die alone. */
enum money_party { MONEY_USHER, MONEY_PSP, MONEY_ROOM };

/* A mail that the server has taken. */
struct money_mail {
    char message_id[128];
    uint32_t count;
};

/* What a buyer was told: his payment is done. */
struct money_done {
    char payment_id[ID_TEXT_CHARS + 1];
};

/* A pass that somebody has been given. */
struct held_pass {
    char text[PASS_CHARS + 1]; /* empty: none */
    uint32_t number, serial;
};

struct money_buyer {
    struct money_world *world;
    uint32_t number;
    struct identity who;
    struct chance_seeded dice; /* its own, so that others' acts do not change what it wants */
    uint32_t keys;
    struct held_pass pass, old_pass;
    const char *shown;  /* the pass that calls show; NULL: none */
    const char *reason; /* of the last call that was refused; static or the call's arena's */
};

struct money_world {
    uint64_t seed;
    struct stage stage;
    struct tale tale;
    struct chance *chance;
    struct money_coverage *coverage;
    struct money_weather weather;
    struct sql *sql; /* durable: all tables of usher beside the sale's */
    int ledger_fd;   /* durable: the provider's */
    char ledger_path[64];
    struct usher *usher; /* NULL: nobody */
    uint32_t usher_count;
    bool has_line;
    struct line_sale sale;
    uint32_t sale_id;
    struct follow line; /* what is durable of it */
    struct room *room;  /* NULL: nobody */
    uint32_t room_count;
    struct psp *psp; /* NULL: down */
    struct worker *psp_worker;
    uint32_t psp_life;
    uint32_t psp_visitors;
    struct http *psp_http;
    struct scope net; /* what is on its way */
    struct money_buyer buyers[MONEY_BUYERS_MAX];
    uint32_t buyer_count, buyers_left;
    struct money_mail mails[MONEY_MAILS_MAX];
    uint32_t mail_count;
    struct money_done dones[MONEY_DONES_MAX];
    uint32_t done_count;
    uint64_t steps;    /* beginnings and ends of operations so far */
    uint64_t crash_at; /* the step at which somebody dies; 0: none */
    enum money_party crash_of;
    bool crash_due; /* the director has to clear up */
    bool still;
    bool later;    /* it may be paid later, to a bank's account */
    bool flawless; /* nothing goes wrong but people */
    bool calm;
    bool ended;
};

/* How a world is played, beyond its seed. */
struct money_play {
    uint64_t seed;
    bool verbose;
    bool still;        /* two buyers and no faults, but the crash */
    uint64_t crash_at; /* as in the world */
    enum money_party crash_of;
};
bool money_world_play(struct money_world *world, const struct money_play *play,
                      struct money_coverage *coverage);

/* ---- for the files of the world alone ---- */

#define money_say(world, ...)  tale_say(&(world)->tale, __VA_ARGS__)
#define money_fail(world, ...) tale_fail(&(world)->tale, __VA_ARGS__)
bool money_happens(struct money_world *world, uint32_t ppm);
uint32_t money_below(struct money_world *world, uint32_t limit);
void money_wait(struct money_world *world, int64_t max_ms);
/* An operation begins, or has ended: a crash may be planned for that moment. */
void money_step(struct money_world *world);

/* buyer.c, director.c: bodies of fibers; arg: struct money_buyer, struct money_world */
void money_buyer_run(void *arg);
void money_director_run(void *arg);

/* check.c */
/* Whether nothing is left to do; what is said of it is in world->tale.failure's room, ret_what. */
bool check_rest(struct money_world *world, char *ret_what, size_t size);
void check_books(struct money_world *world);
void check_mails(struct money_world *world);
void check_ledger(struct money_world *world);
void check_promises(struct money_world *world);
void check_flawless(struct money_world *world);

#endif
