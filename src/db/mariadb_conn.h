/*
 * mariadb_conn: one connection, and how its user waits for the server. For the driver alone.
 *
 *     CLOSED ──open──▶ IDLE ──begin──▶ OPEN ──commit, rollback──▶ IDLE
 *        ▲              │                │
 *        └── broken ────┴────────────────┘
 */
#ifndef USHER_DB_MARIADB_CONN_H
#define USHER_DB_MARIADB_CONN_H

#include <mysql.h>

#include "db/mariadb_target.h"
#include "fiber/fiber.h"
#include "mem/list.h"

enum mariadb_phase { MARIADB_IDLE, MARIADB_OPEN, MARIADB_COMMITTING };

struct mariadb_conn {
    struct mariadb *pool;
    struct list link; /* in the pool, while idle */
    MYSQL mysql;
    int fd;    /* a second descriptor of its socket: the library closes the first when it likes */
    bool made; /* mysql is to be closed */
    bool broken;
    bool needs_replica; /* of its commits; not where a person has said that it stands alone */
    uint32_t generation;
    enum mariadb_phase phase;
    struct list statements; /* the one used last is the last */
    uint32_t statement_count;
    unsigned last_errno;
    char last_error[MARIADB_WHY_MAX];

    /* of who has it */
    int64_t deadline_ns;
    struct fiber *fiber; /* NULL: a plain thread */
    struct loop *loop;
    struct loop_io io;
    struct loop_timer timer;
    int ready; /* MYSQL_WAIT_* that the loop has told of */
    bool late;
};

/* Connects and sets what every session must have; blocks. 0, or the error, with its sentence. */
int mariadb_conn_open(struct mariadb_conn *c, const struct mariadb_target *target,
                      const struct mariadb_place *place, int64_t deadline_ns);
/* One row of up to `count` numbers, of a connection that nobody waits with; NULL and words are 0,
 * ON is 1. Blocks. ERR_NOT_FOUND: no row, or no such table; ERR_UNAVAILABLE. */
int mariadb_conn_numbers(struct mariadb_conn *c, const char *text, uint64_t *ret_numbers,
                         unsigned count);
/* Says good-bye where it is not broken. May be called on a zeroed one. */
void mariadb_conn_close(struct mariadb_conn *c);
/* Whether the server has kept an idle connection. */
bool mariadb_conn_is_alive(const struct mariadb_conn *c);

/* The calling fiber or thread begins or ends to use it. ERR_IO: it cannot be watched. */
int mariadb_conn_attach(struct mariadb_conn *c, int64_t deadline_ns);
void mariadb_conn_detach(struct mariadb_conn *c);

/* Waits for some of the events that a call of the library asks for (MYSQL_WAIT_*), and gives those
 * that happened, for its continuation. At the deadline the connection is shut, so that the library
 * comes to its end at once. */
int mariadb_conn_wait(struct mariadb_conn *c, int events);

/* What a failed call means: takes note of the library's error, and breaks the connection where it
 * is of no use any more. */
int mariadb_conn_failed(struct mariadb_conn *c, unsigned number, const char *sentence);

/* Whether the server that was just connected may be written to; blocks. 0, or ERR_UNAVAILABLE with
 * its sentence; *ret_seen is its own promotion. */
int mariadb_primary_judge(struct mariadb_conn *c, const struct mariadb_target *target,
                          uint64_t highest, uint64_t *ret_seen);
/* Behind a COMMIT where a replica must have it. */
extern const char mariadb_lonely_check[];
/* Counts a commit or a connection that was refused for want of a replica. */
void mariadb_note_lonely(void);
bool mariadb_needs_replica(const struct mariadb_conn *c);
/* The server is no primary any more: all connections are to be looked for anew. */
void mariadb_pool_forget(struct mariadb *m);

/* Closes all prepared statements; with the connection. */
void mariadb_statements_drop(struct mariadb_conn *c);

/* Drives a call of the library to its end:
 *     MARIADB_DRIVE(c, mysql_ping_start(&ret, &c->mysql), mysql_ping_cont(&ret, &c->mysql, events))
 */
#define MARIADB_DRIVE(conn, start, cont)                                                           \
    do {                                                                                           \
        int waits = (start);                                                                       \
        while (waits != 0) {                                                                       \
            const int events = mariadb_conn_wait((conn), waits);                                   \
            waits = (cont);                                                                        \
        }                                                                                          \
    } while (0)

#endif
