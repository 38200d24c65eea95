/*
 * fixture: a server over loopback with TicketService answered by simple handlers, for the tests of
 * this folder; and a plain blocking HTTP/1.1 client, byte by byte under the test's control.
 */
#ifndef USHER_WIRE_FIXTURE_TEST_H
#define USHER_WIRE_FIXTURE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mem/buf.h"
#include "wire/server.h"

/* What WatchSeats does, by performance_id; any other number: sends so many messages and ends. */
enum {
    WATCH_FOR_EVER = 1000001, /* messages of 8 KB until it is cancelled or nobody reads */
    WATCH_DETACHED = 1000002, /* one frame at once, then one for every push of the test */
    WATCH_FAILS = 1000003,    /* three messages, then NOT_FOUND */
    WATCH_BEHIND = 1000004    /* one message, and "usher-behind" twice behind it */
};

/* What HoldSeats does, by performance_id; any other number: a hold of the seats asked for. */
enum {
    HOLD_WAITS = 2000001,  /* until it is cancelled or its deadline passes */
    HOLD_TAKEN = 2000002,  /* ABORTED with SEATS_TAKEN */
    HOLD_SPINS = 2000003,  /* ready in every turn, until fixture_spins is false */
    HOLD_BEHIND = 2000004, /* a hold, and "usher-behind" twice behind it */
    HOLD_FURTHER = 2000005 /* HOLD_TAKEN with a further detail */
};

/* Of GetPerformance: NOT_FOUND, with a sentence longer than there may be. */
#define PERFORMANCE_LONG 300

/* Roles of the fixture's callers. */
#define FIXTURE_BUYER     1u
#define FIXTURE_ORGANISER 2u

struct fixture {
    struct worker *worker;
    struct server *server;
    uint16_t port;
    char url[64];
};

/* Counted by the handlers; read by tests after what they wait for. */
extern _Atomic uint32_t fixture_cancelled, fixture_waiting, fixture_sinks, fixture_maps;
extern atomic_bool fixture_spins;

/* As options says, but for services, hooks and listen. Bearer "buyer" and "organiser" are known, as
 * is who shows "Peer ours" beside an identity. */
void fixture_start(struct fixture *f, struct server_options options);
/* TicketService as the fixture answers it, for a channel of the test's own. After fixture_start. */
const struct service *fixture_service(void);
void fixture_stop(struct fixture *f, int64_t grace_ms);
/* Pushes one frame of that performance version to every detached watcher; in the worker. */
void fixture_push(struct fixture *f, uint64_t version);
/* Returns when the worker's loop has turned a few times. */
void fixture_turn(struct fixture *f);
/* Waits until *value is expected; fails the test after five seconds. */
void fixture_await(_Atomic uint32_t *value, uint32_t expected);

/* ---- a client ---- */

int client_connect(const struct fixture *f);
void client_send(int fd, const char *text);
/* Reads until the text is there, or the connection ends (then false), or five seconds pass (fails).
 */
bool client_read_until(int fd, struct buf *in, const char *text);
/* Reads to the end of the connection. */
void client_read_all(int fd, struct buf *in);
/* One exchange on a connection of its own: sends, reads one answer with content-length or to the
 * end; NUL-terminated in *in. */
void client_exchange(const struct fixture *f, const char *request, struct buf *in);
/* POST of a Connect call; headers: further lines or "". */
void client_post(const struct fixture *f, const char *path, const char *type, const char *headers,
                 const char *body, struct buf *in);
/* Whether the answer contains this. */
void assert_has(const struct buf *in, const char *text);

#endif
