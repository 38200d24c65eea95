/*
 * desk: what the files of the waiting room share: the role's parts and its refusals.
 */
#ifndef USHER_SVC_WAITROOM_DESK_H
#define USHER_SVC_WAITROOM_DESK_H

#include <pthread.h>

#include "call/call.h"
#include "call/work.h"
#include "store/bars.h"
#include "store/refusals.h"
#include "store/rows.h"
#include "svc/waitroom/keeper.h"
#include "svc/waitroom/waitroom.h"
#include "token/pass.h"

#define WAITROOM_CLAIM_MS       120000
#define WAITROOM_PASS_MS        600000
#define WAITROOM_TIME_MIN_MS    1000 /* of claim_ms and pass_ms */
#define WAITROOM_TIME_MAX_MS    86400000
#define WAITROOM_CAPACITY_MIN   50
#define WAITROOM_CAPACITY_MAX   2000
#define WAITROOM_CAPACITY_LIMIT 1000000 /* an organiser may set */
#define WAITROOM_KEYS_MAX       2048    /* of a draw, in one answer */
#define WAITROOM_BEGIN_POLL_MS  2
#define WAITROOM_RETRY_AFTER_MS 200

struct room_lease;

struct waitroom {
    struct waitroom_options options;
    struct method *rows; /* the service's: as its methods, but handled here or elsewhere */
    _Atomic(struct room_lease *) lease; /* NULL: this process is alone, or has not joined yet */
    uint8_t receipt_key[KEY_BYTES];
    struct work *work; /* that Join asks for */
    struct pass_key pass_key;
    pthread_key_t checked;                 /* each thread's passes that it checked lately */
    struct bar_list bars;                  /* whom organisers do not let in */
    struct tally tally;                    /* of refusals */
    struct scope follow_scope;             /* of who follows the store, on worker 0 */
    atomic_bool behind;                    /* the store may have sales that are not here */
    atomic_bool begun[LINE_SALES_MAX + 1]; /* by id: somebody begins it, or has */
    _Atomic(struct keeper *) keepers[LINE_SALES_MAX + 1]; /* by id; once there, for good */
    _Atomic uint32_t last;                                /* the highest id */
    _Atomic uint32_t sale_of[STORE_PERFORMANCES_MAX + 1]; /* by performance; 0: none */
};

/* Starts the keeper of a stored sale. 0 also where somebody else has or is about to. ERR_FULL,
 * ERR_NO_MEMORY: it may be tried again. */
int room_begin_sale(struct waitroom *room, const struct line_sale *sale);
/* Begins every sale that is stored and has no keeper yet. In a fiber. The store's errors. */
int room_load_sales(struct waitroom *room);
/* The method itself, of a row of the service. */
const struct method *room_method(const struct waitroom *room, const struct method *row);
/* The keeper of a sale, or NULL. Any thread. */
struct keeper *room_find(struct waitroom *room, uint32_t sale_id);

/* Frees what the calling worker's thread remembers of passes; passes.c. arg: the waiting room. */
void room_forget_passes(void *arg);
/* Runs job(arg) on a thread of the pool, where there is one, and waits for it. As offload_run. */
int room_offload(struct waitroom *room, void (*job)(void *arg), void *arg);
/* The channel of this worker to the ticket service. */
struct channel *room_tickets(const struct waitroom *room);

/* ---- refusals.c: each returns what a handler returns ---- */

/* A reason of docs/errors.md with the sentence for people. */
#define room_fail(call, code, ...)                                                                 \
    call_refuse(call, code,                                                                        \
                (code) == CODE_UNAVAILABLE || (code) == CODE_RESOURCE_EXHAUSTED                    \
                    ? WAITROOM_RETRY_AFTER_MS                                                      \
                    : 0,                                                                           \
                __VA_ARGS__)
/* The sale's keeper, or NULL after call_fail: there is none, or the caller is not told of it, as
 * its event is not published. */
struct keeper *room_sale(struct call *call, uint32_t sale_id);
/* The same for who runs it: NULL also where the caller does not manage its organiser. */
struct keeper *room_own_sale(struct call *call, uint32_t sale_id);
/* Whether the caller is told of a sale. */
bool room_may_see(struct call *call, const struct keeper *keeper);
/* The account that calls. Non-zero after call_fail: the caller has none. */
int room_account(struct call *call, struct id *ret_account_id);
/* Why a keeper refused, or the store failed. */
int room_refused(struct call *call, int err);

/* after_told.c: who was refused, how fast holds were answered, and who was barred, from the
 * report's beginning to its end. The store's errors. */
int room_fill_told(struct call *call, struct waitroom *room, uint32_t organiser_id,
                   const struct line_sale *sale, Usher__V1__AfterReport *report);
/* Writes what is counted of refusals. Failures are logged. */
void room_keep_counts(struct waitroom *room);

/* Fills a sale as it is told. ERR_UNAVAILABLE: its line is not loaded; ERR_NO_MEMORY. */
int room_fill_sale(struct keeper *keeper, struct arena *arena, Usher__V1__Sale *ret_sale);

/* ---- the calls: request and response are of the method's types ---- */
int waitroom_list_sales(struct call *call, const void *request, void *response);
int waitroom_get_sale(struct call *call, const void *request, void *response);
int waitroom_watch_line(struct call *call, const void *request, void *response);
int waitroom_get_draw(struct call *call, const void *request, void *response);
int waitroom_get_challenge(struct call *call, const void *request, void *response);
int waitroom_join(struct call *call, const void *request, void *response);
int waitroom_get_place(struct call *call, const void *request, void *response);
int waitroom_enter(struct call *call, const void *request, void *response);
int waitroom_leave(struct call *call, const void *request, void *response);
int waitroom_restore_receipt(struct call *call, const void *request, void *response);
int waitroom_create_sale(struct call *call, const void *request, void *response);
int waitroom_set_admission(struct call *call, const void *request, void *response);
int waitroom_pause_line(struct call *call, const void *request, void *response);
int waitroom_resume_line(struct call *call, const void *request, void *response);
int waitroom_get_line_report(struct call *call, const void *request, void *response);
int waitroom_check_pass(struct call *call, const void *request, void *response);
int waitroom_pass_done(struct call *call, const void *request, void *response);
int waitroom_read_line(struct call *call, const void *request, void *response);

#endif
