/*
 * queue: a sale behind a waiting room, from a seed, in virtual time: the real role over a database
 * that fails, a ticket service that does as it is told, and people who come, wait, enter, pay,
 * leave and lose their devices.
 *
 *     people ──calls──▶ room: the waiting room's role ──▶ tables in memory, which fail
 *     director ──kills and stops──▶ ┘        └──calls──▶ tickets: places, and if they are on sale
 *
 * A crash cuts the room off from its tables at once: what is not there is gone. Whatever was told
 * is remembered here, outside of it, and must stay true: numbers, their order, serving, receipts,
 * passes. The line's ledger is audited whenever a room has died, and at the end.
 */
#ifndef USHER_TESTS_SIM_QUEUE_H
#define USHER_TESTS_SIM_QUEUE_H

#include "call/client.h"
#include "call/method.h"
#include "owner/stage_test.h"
#include "sim/follow.h"
#include "sim/tale.h"
#include "svc/waitroom/waitroom.h"
#include "token/pass.h"
#include "token/receipt.h"
#include "usher/v1/waitroom.pb-c.h"

#define QUEUE_PEOPLE_MAX   24
#define QUEUE_ACCOUNTS_MAX 20
#define QUEUE_NUMBERS_MAX  4096
#define QUEUE_ARENA        (1u << 20)
#define QUEUE_PERFORMANCE  7 /* its id at the ticket service */

/* What the seeds of a run met, so that a run which proves nothing is noticed. */
struct queue_coverage {
    uint64_t draws, drawn, arrivals, ahead, entered, paid, left, skipped, ran_out, restored,
        taken_over;
    uint64_t passes_refused, limits, pauses, emergencies, sold_out, reopened, crashes, stops,
        before, after;
    uint64_t refused; /* answers that nobody got */
};

struct queue_world;

/* A process with the waiting room's role. */
struct room {
    struct queue_world *world;
    uint32_t number;
    bool dead, leaving;
    uint32_t visitors;
    struct sql *sql; /* fails as planned, around the world's */
    struct worker *worker;
    struct waitroom *waitroom;
    struct service service;
    struct routes routes, ticket_routes;
    struct channel *channel, *tickets;
};

/* What an account was told. */
struct told {
    uint64_t number;                 /* the newest; 0: none */
    char receipt[RECEIPT_CHARS + 1]; /* the newest; empty: none */
    char pass[PASS_CHARS + 1];       /* the newest, empty: none */
    int64_t pass_ends_ms;
    bool pass_over;            /* paid, left, or a newer one was asked for: it may be refused */
    uint32_t enters, entering; /* asked for ever, and under way: two at once may be in any order */
    uint32_t leaving;          /* leaves and pays under way: they end the pass of an enter beside */
    bool asked;                /* it has asked for a number since it was told one … */
    uint64_t floor;            /* … and the highest that anybody was told when it first did */
};

struct queue_person {
    struct queue_world *world;
    uint32_t account; /* place in told; two devices may have the same */
    struct chance_seeded dice;
};

struct queue_world {
    uint64_t seed;
    bool still, calm, ended;
    struct stage stage;
    struct tale tale;
    struct chance *chance;
    struct queue_coverage *coverage;
    struct sql *sql; /* durable */
    struct room *room;
    uint32_t room_count;
    uint32_t before_ppm, after_ppm;
    int64_t latency_ms;
    uint32_t sale_id;
    struct line_sale sale;
    /* the ticket service */
    uint32_t free, held;
    bool on_sale;
    bool stopped; /* by an announcement */
    int64_t stopped_at_ms;
    uint32_t opened;
    /* people */
    struct told told[QUEUE_ACCOUNTS_MAX];
    struct queue_person people[QUEUE_PEOPLE_MAX];
    uint32_t account_count, person_count, people_left;
    uint32_t owner_of[QUEUE_NUMBERS_MAX]; /* a number's account + 1; 0: nobody was told it */
    uint64_t told_max;                    /* the highest number that anybody was told */
    struct follow follow;                 /* what is durable, as far as it was read */
    uint64_t serving_told, version_told;  /* the highest */
    uint64_t steps, crash_at;
    bool crash_due;
};

struct queue_play {
    uint64_t seed;
    bool verbose;
    bool still; /* few people and no faults, but the crash */
    uint64_t crash_at;
};
bool queue_play(struct queue_world *world, const struct queue_play *play,
                struct queue_coverage *coverage);

/* ---- for the files of the world alone ---- */

#define queue_say(world, ...)  tale_say(&(world)->tale, __VA_ARGS__)
#define queue_fail(world, ...) tale_fail(&(world)->tale, __VA_ARGS__)
uint32_t queue_below(struct queue_world *world, uint32_t limit);
void queue_wait(struct queue_world *world, int64_t max_ms);
void queue_step(struct queue_world *world);
int64_t queue_wall_ms(const struct queue_world *world);

/* room.c */
struct room *room_open(struct queue_world *world);
void room_close(struct room *room, bool crash);
struct id queue_account(uint32_t account);
/* A call in an account's name, or (account UINT32_MAX) in the operator's, or (… - 1) a peer's. */
#define QUEUE_OPERATOR UINT32_MAX
#define QUEUE_PEER     (UINT32_MAX - 1)
int queue_call_index(struct queue_world *world, uint32_t account, struct arena *arena,
                     unsigned method, const ProtobufCMessage *request,
                     const ProtobufCMessage **ret_response, const char **ret_reason);
#define queue_call(world, account, arena, method, request, ret_response, ret_reason)               \
    queue_call_index((world), (account), (arena),                                                  \
                     CLIENT_INDEX(Usher__V1__WaitroomService, method),                             \
                     CLIENT_CHECKED(Usher__V1__WaitroomService, method, request, ret_response),    \
                     (const ProtobufCMessage **)(ret_response), (ret_reason))

/* person.c, director.c: bodies of fibers */
void queue_person_run(void *arg);
void queue_director_run(void *arg);

/* check.c */
/* Begins to read the durable ledger, once the sale is there; then reads what is new in it. */
void check_begin(struct queue_world *world);
void check_follow(struct queue_world *world);
/* What was known of a place when it was asked about. */
struct known {
    uint64_t number;           /* that the account had been told */
    uint64_t serving, version; /* the highest that anybody had */
};
/* An answer about a place. */
void check_place(struct queue_world *world, uint32_t account, const Usher__V1__Place *place,
                 const struct known *known);
/* The line's ledger as it is, with every rule of docs/internals/line.md. */
void check_ledger(struct queue_world *world);
/* The draw, by what it published. */
void check_draw(struct queue_world *world);

#endif
