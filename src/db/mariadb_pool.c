/* The pool: who has a connection, who waits for one. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/mariadb_conn.h"
#include "db/waiter.h"
#include "err/err.h"
#include "fiber/offload.h"
#include "observe/log.h"
#include "observe/metrics.h"

#define OPENERS 2 /* threads that open connections */

METRIC_GAUGE(connections_open, "usher_mariadb_connections", "Connections to MariaDB that are open.",
             "");
METRIC_COUNTER(connections_lost, "usher_mariadb_lost_total",
               "Connections to MariaDB that broke or were given up.", "");

struct mariadb {
    struct mariadb_target target;
    char name[512];
    char failure[MARIADB_WHY_MAX]; /* of the last opening, under the lock */
    struct offload *openers;
    pthread_mutex_t lock;
    struct list idle; /* the one used last is the first */
    uint32_t count;   /* open or being opened */
    struct list waiting;
    uint32_t waiting_count;
};

/* One who waits; on its stack. */
struct turn {
    struct list link;
    struct waiter waiter;
    struct mariadb_conn *conn; /* NULL when woken: there is room to open one */
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void init_library(void)
{
    mysql_library_init(0, NULL, NULL);
}

int mariadb_new(const char *url, char ret_why[MARIADB_WHY_MAX], struct mariadb **ret_mariadb)
{
    struct mariadb *m = calloc(1, sizeof(*m));
    if (!m)
        return ERR_NO_MEMORY;
    int err = mariadb_target_read(url, &m->target, ret_why);
    if (err) {
        free(m);
        return err;
    }
    const struct mariadb_target *t = &m->target;
    if (t->socket[0])
        snprintf(m->name, sizeof(m->name), "%s/%s", t->socket, t->database);
    else
        snprintf(m->name, sizeof(m->name), "%s:%u/%s", t->host, t->port, t->database);
    pthread_once(&library_once, init_library);
    pthread_mutex_init(&m->lock, NULL);
    list_init(&m->idle);
    list_init(&m->waiting);
    err = offload_new(OPENERS, MARIADB_WAITING_MAX, &m->openers);
    if (err) {
        mariadb_free(m);
        return err;
    }
    *ret_mariadb = m;
    return 0;
}

static void close_conn(struct mariadb *m, struct mariadb_conn *c)
{
    if (c->broken) {
        metric_add(&connections_lost, 1);
        log_event(LOG_WARN, "mariadb.lost", log_str("server.address", m->name),
                  log_str("error.message", c->last_error));
    }
    mariadb_conn_close(c);
    free(c);
    metric_add(&connections_open, -1);
}

void mariadb_free(struct mariadb *m)
{
    struct list *link;
    if (!m)
        return;
    assert(list_empty(&m->waiting));
    while ((link = list_take(&m->idle))) {
        m->count--;
        close_conn(m, list_of(link, struct mariadb_conn, link));
    }
    assert(m->count == 0);
    if (m->openers)
        offload_free(m->openers);
    pthread_mutex_destroy(&m->lock);
    explicit_bzero(&m->target, sizeof(m->target));
    free(m);
}

const char *mariadb_name(const struct mariadb *m)
{
    return m->name;
}

/* Hands conn, or the room of one that is no more, to who waits the longest; under the lock. False:
 * nobody waits. */
static bool hand_over(struct mariadb *m, struct mariadb_conn *conn)
{
    struct list *link = list_take(&m->waiting);
    if (!link)
        return false;
    struct turn *turn = list_of(link, struct turn, link);
    m->waiting_count--;
    turn->conn = conn;
    waiter_wake(&turn->waiter);
    return true;
}

/* A connection less; who waits may open another in its place. */
static void leave(struct mariadb *m)
{
    pthread_mutex_lock(&m->lock);
    if (!hand_over(m, NULL)) /* the room is the other's now */
        m->count--;
    pthread_mutex_unlock(&m->lock);
}

/* Called and returns under the lock. 0: *ret_conn, or NULL and room to open one. */
static int wait_for_turn(struct mariadb *m, int64_t deadline_ns, struct mariadb_conn **ret_conn)
{
    struct turn turn = {0};
    if (m->waiting_count == MARIADB_WAITING_MAX)
        return ERR_FULL;
    waiter_init(&turn.waiter);
    list_append(&m->waiting, &turn.link);
    m->waiting_count++;
    pthread_mutex_unlock(&m->lock);
    bool woken = waiter_wait_until(&turn.waiter, deadline_ns);
    pthread_mutex_lock(&m->lock);
    if (!woken && list_linked(&turn.link)) {
        list_remove(&turn.link);
        m->waiting_count--;
        waiter_give_up(&turn.waiter);
        return ERR_TIMEOUT;
    }
    if (!woken) { /* it was handed over in the last moment: the wake is on its way */
        pthread_mutex_unlock(&m->lock);
        waiter_wait(&turn.waiter);
        pthread_mutex_lock(&m->lock);
    }
    *ret_conn = turn.conn;
    return 0;
}

struct opening {
    struct mariadb *pool;
    struct mariadb_conn *conn;
    int64_t deadline_ns;
    int result;
};

static void run_opening(void *arg)
{
    struct opening *opening = arg;
    opening->result =
        mariadb_conn_open(opening->conn, &opening->pool->target, opening->deadline_ns);
}

static int open_conn(struct mariadb *m, int64_t deadline_ns, struct mariadb_conn **ret_conn)
{
    struct mariadb_conn *c = calloc(1, sizeof(*c));
    if (!c)
        return ERR_NO_MEMORY;
    c->pool = m;
    struct opening opening = {.pool = m, .conn = c, .deadline_ns = deadline_ns};
    int err = offload_run(m->openers, run_opening, &opening);
    if (err) {
        free(c);
        return err;
    }
    metric_add(&connections_open, 1);
    if (opening.result) {
        pthread_mutex_lock(&m->lock);
        memcpy(m->failure, c->last_error, sizeof(m->failure));
        pthread_mutex_unlock(&m->lock);
        log_event(LOG_WARN, "mariadb.connect", log_str("server.address", m->name),
                  log_str("error.message", c->last_error), log_err(opening.result));
        c->broken = false; /* it never was one */
        close_conn(m, c);
        return opening.result;
    }
    *ret_conn = c;
    return 0;
}

/* An idle connection, or NULL and room to open one; under the lock. */
static int find(struct mariadb *m, int64_t deadline_ns, struct mariadb_conn **ret_conn)
{
    struct list *link = list_take(&m->idle);
    *ret_conn = NULL;
    if (link) {
        *ret_conn = list_of(link, struct mariadb_conn, link);
        return 0;
    }
    if (m->count == m->target.connections)
        return wait_for_turn(m, deadline_ns, ret_conn);
    m->count++;
    return 0;
}

int mariadb_take(struct mariadb *m, int64_t deadline_ns, struct mariadb_conn **ret_conn)
{
    struct mariadb_conn *c = NULL;
    pthread_mutex_lock(&m->lock);
    int err = find(m, deadline_ns, &c);
    pthread_mutex_unlock(&m->lock);
    if (err)
        return err;
    if (c && !mariadb_conn_is_alive(c)) {
        snprintf(c->last_error, sizeof(c->last_error), "the server has closed it");
        c->broken = true;
        close_conn(m, c);
        c = NULL; /* its room is ours */
    }
    if (!c)
        err = open_conn(m, deadline_ns, &c);
    if (err == 0) {
        c->last_errno = 0;
        err = mariadb_conn_attach(c, deadline_ns);
        if (err) {
            mariadb_conn_detach(c);
            close_conn(m, c);
        }
    }
    if (err) {
        leave(m);
        return err;
    }
    *ret_conn = c;
    return 0;
}

void mariadb_give(struct mariadb_conn *conn)
{
    struct mariadb *m = conn->pool;
    mariadb_rollback(conn);
    mariadb_conn_detach(conn);
    if (conn->broken) {
        close_conn(m, conn);
        leave(m);
        return;
    }
    pthread_mutex_lock(&m->lock);
    if (!hand_over(m, conn)) {
        conn->link.prev = &m->idle; /* first: the fewer are in use, the fewer stay warm */
        conn->link.next = m->idle.next;
        m->idle.next->prev = &conn->link;
        m->idle.next = &conn->link;
    }
    pthread_mutex_unlock(&m->lock);
}

void mariadb_rest(struct mariadb_conn *conn)
{
    mariadb_conn_detach(conn);
}

int mariadb_wake(struct mariadb_conn *conn, int64_t deadline_ns)
{
    int err = conn->broken ? ERR_UNAVAILABLE : mariadb_conn_attach(conn, deadline_ns);
    if (err)
        mariadb_conn_detach(conn);
    return err;
}

const char *mariadb_last_failure(const struct mariadb *m)
{
    return m->failure;
}
