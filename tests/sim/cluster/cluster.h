/*
 * cluster: several ticket processes that own performances in turn, in virtual time, each at the end
 * of wires that are late, cut, lose what they carry, bring it twice, or long after its sender has
 * given it up.
 *
 *     buyers ──▶ process 1 ─┐ asks, and WatchSeats, between them
 *               process 2 ─┼──wire──▶ the store                          durable
 *               process 3 ─┘──wire──▶ Redis: coord/local, the same contract, may be lost
 *
 * A process is the ticket role as it is: catalog, owner, gate, lease, forwarding and mirror. What
 * it sends is on its own way: a process that is killed, or paused, has no power over a letter that
 * it has sent. To be paused is that nothing reaches it and nothing of it reaches anything, until it
 * goes on and finishes what it was about to do, however late that is.
 */
#ifndef USHER_TESTS_SIM_CLUSTER_H
#define USHER_TESTS_SIM_CLUSTER_H

#include "call/channel.h"
#include "coord/coord.h"
#include "sim/tale.h"
#include "sim/truth.h"

#define CLUSTER_PROCESSES_MAX 3
#define CLUSTER_LATE_MAX_MS   8000 /* a letter arrives so long after it was sent, at most */

/* What a process sends to, and hears from. Peers have ways of their own. */
enum cluster_wire { CLUSTER_STORE, CLUSTER_REDIS, CLUSTER_WIRES };
enum cluster_way { CLUSTER_THERE, CLUSTER_BACK, CLUSTER_WAYS };

/* Of each message, in a million. */
struct cluster_weather {
    uint32_t delay_ppm; /* evenly up to … */
    int64_t delay_max_ms;
    uint32_t lost_ppm;  /* and the sender notices that its connection broke */
    uint32_t twice_ppm; /* it arrives, and once more later */
    uint32_t late_ppm;  /* the sender gives it up, and it arrives after that */
};

/* What the seeds of a run met. */
struct cluster_counts {
    uint64_t kills, drains, starts, pauses, cuts, half_cuts, peer_cuts;
    uint64_t redis_downs, redis_flushes, redis_forgets, store_downs;
    uint64_t lost, twice, late_commits, late_claims, late_leases, refused_late;
    uint64_t forwarded, forwarded_lost, watched, fenced;
    int64_t settled_max_ms; /* the longest from calm to one owner whom all know */
};

struct process;

struct cluster {
    struct stage *stage;
    struct tale *tale;
    struct truth *truth;
    struct chance *chance;
    struct cluster_counts *counts;
    struct cluster_weather weather;
    int64_t lease_ms;
    struct coord *redis;         /* NULL: down */
    int64_t store_down_until_ns; /* it refuses everything until then */
    struct scope mail;           /* what is on its way */
    uint32_t mail_count;
    struct process *processes[CLUSTER_PROCESSES_MAX]; /* NULL: nobody */
    uint32_t process_count;                           /* ever */
    /* until when what the one sends does not reach the other */
    int64_t peers_cut_until_ns[CLUSTER_PROCESSES_MAX][CLUSTER_PROCESSES_MAX];
};

/* A process, for the files of the cluster; the world looks at it through the functions below. */
struct process {
    struct cluster *cluster;
    uint32_t number, slot;
    bool dead;    /* it was killed: it reaches nothing any more */
    bool leaving; /* it takes nothing new */
    bool starting;
    uint32_t visitors; /* calls and streams that are in it */
    int64_t paused_until_ns;
    int64_t cut_until_ns[CLUSTER_WIRES][CLUSTER_WAYS];
    struct store *store;
    struct coord *coord;
    void (*changed)(void *state); /* whom Redis tells that something changed */
    void *changed_state;
    struct channel *peers; /* the way in for other processes, and for browsers */
    struct house *house;   /* process.c's own */
};

/* ---- cluster.c: from fibers, but for begin and end ---- */

void cluster_begin(struct cluster *cluster, struct stage *stage, struct tale *tale,
                   struct truth *truth, struct cluster_counts *counts);
void cluster_end(struct cluster *cluster);
uint32_t cluster_below(struct cluster *cluster, uint32_t limit);
bool cluster_happens(struct cluster *cluster, uint32_t ppm);
/* Redis as it is at its first start: it knows nothing. Down before or not. */
void cluster_start_redis(struct cluster *cluster);
void cluster_stop_redis(struct cluster *cluster);
/* Some of what it knew is gone, as after a failover to a replica that lags. */
void cluster_forget_some(struct cluster *cluster);
/* Late letters arrive, then all faults end at once. */
void cluster_calm(struct cluster *cluster);

/* Sends body(arg) on its way: it runs after delay_ms, whatever becomes of the sender. */
void cluster_post(struct cluster *cluster, int64_t delay_ms, void (*body)(void *arg), void *arg);

/* One message of a process over a wire: 0 once it is there. ERR_UNAVAILABLE: it is lost, or the
 * process is dead. ERR_TIMEOUT: not until the deadline. */
int cluster_carry(struct process *process, enum cluster_wire wire, enum cluster_way way,
                  int64_t deadline_ns);
#define CLUSTER_URL "process-" /* and its number: where a process is reached */
uint32_t cluster_number(const char *url);
/* Waits while the process stands still. False: it is dead. */
bool cluster_await(const struct process *process);

/* ---- wires: store.c, redis.c, peers.c ---- */
struct store *cluster_store_new(struct process *process);
struct coord *cluster_redis_new(struct process *process);
/* As ways_open; state is the process. */
int cluster_open_peer(void *state, const char *url, struct channel **ret_channel);

/* ---- process.c ---- */

struct process *process_open(struct cluster *cluster);
/* crash: it is cut off from everything first. Else it hands over, and answers what it was asked. */
void process_close(struct process *process, bool crash);
/* As owner_ask, of a browser that is connected to this process. */
int process_ask(struct process *process, struct owner_ask *ask);
/* The owner in it, which may not own. */
struct owner *process_owner(const struct process *process);
/* Whether it owns the performance; otherwise *ret_number is of the process that it takes for the
 * owner, 0: it knows none. */
bool process_owns(const struct process *process, uint32_t *ret_number);

#endif
