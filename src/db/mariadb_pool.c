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

#define OPENERS        2    /* threads that open connections */
#define TURN_MS        2000 /* a host of several has for opening */
#define NAME_HOSTS_MAX 2048 /* bytes of a pool's name that hosts have, and one more of them */

METRIC_GAUGE(connections_open, "usher_mariadb_connections", "Connections to MariaDB that are open.",
             "");
METRIC_COUNTER(switches, "usher_mariadb_switches_total",
               "Times that another MariaDB server was found to be the primary.", "");
METRIC_COUNTER(connections_lost, "usher_mariadb_lost_total",
               "Connections to MariaDB that broke or were given up.", "");

struct mariadb {
    struct mariadb_target target;
    char name[NAME_HOSTS_MAX + 512];
    char failure[MARIADB_WHY_MAX]; /* of the last opening, under the lock */
    struct offload *openers;
    pthread_mutex_t lock;
    struct list idle; /* the one used last is the first */
    uint32_t count;   /* open or being opened */
    struct list waiting;
    uint32_t waiting_count;
    uint32_t place;      /* where the primary was found last */
    uint32_t generation; /* connections of another are closed: the primary has moved since */
    uint64_t promotion;  /* the highest that was seen: below it stands a primary of before */
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
    int len = t->socket[0] ? snprintf(m->name, sizeof(m->name), "%s", t->socket) : 0;
    for (uint32_t i = 0; !t->socket[0] && i < t->place_count && len < NAME_HOSTS_MAX; i++)
        len += snprintf(m->name + len, sizeof(m->name) - (size_t)len, "%s%s:%u", i ? "," : "",
                        t->places[i].host, t->places[i].port);
    snprintf(m->name + len, sizeof(m->name) - (size_t)len, "/%s", t->database);
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

/* The pool learns whom it has found. False: meanwhile another was promoted. */
static bool found(struct mariadb *m, struct mariadb_conn *c, uint32_t place, uint64_t promotion)
{
    pthread_mutex_lock(&m->lock);
    const bool newest = promotion >= m->promotion, moved = newest && place != m->place;
    if (newest) {
        m->promotion = promotion;
        m->place = place;
        m->generation += moved;
    }
    c->generation = m->generation;
    pthread_mutex_unlock(&m->lock);
    if (moved) {
        metric_add(&switches, 1);
        log_event(LOG_WARN, "mariadb.primary",
                  log_str("server.address", m->target.places[place].host),
                  log_uint("server.port", m->target.places[place].port),
                  log_uint("usher.promotion", promotion));
    }
    return newest;
}

/* One of the hosts; where it will not do, the connection is as if it had never been. */
static int try_place(struct opening *o, uint32_t place, uint64_t highest)
{
    struct mariadb *m = o->pool;
    uint64_t promotion = 0;
    int64_t until_ns = o->deadline_ns;
    /* One that says nothing leaves time for the others. */
    if (m->target.place_count > 1) {
        const int64_t turn_ns = deadline_after_ms(clock_mono_ns(clock_system()), TURN_MS);
        until_ns = turn_ns < until_ns ? turn_ns : until_ns;
    }
    int err = mariadb_conn_open(o->conn, &m->target, &m->target.places[place], until_ns);
    if (err == 0)
        err = mariadb_primary_judge(o->conn, &m->target, highest, &promotion);
    if (err == 0 && !found(m, o->conn, place, promotion))
        err = ERR_UNAVAILABLE;
    return err;
}

/* Back to nothing, but what went wrong. */
static void wipe(struct mariadb_conn *c)
{
    struct mariadb_conn fresh = {.pool = c->pool};
    memcpy(fresh.last_error, c->last_error, sizeof(fresh.last_error));
    c->broken = false; /* it never was one */
    mariadb_conn_close(c);
    *c = fresh;
}

/* The one that was the primary first, then the others in turn. */
static void run_opening(void *arg)
{
    struct opening *o = arg;
    struct mariadb *m = o->pool;
    char all[MARIADB_WHY_MAX] = "";
    size_t len = 0;
    pthread_mutex_lock(&m->lock);
    const uint32_t first = m->place;
    const uint64_t highest = m->promotion;
    pthread_mutex_unlock(&m->lock);
    const uint32_t count = m->target.place_count;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (first + i) % count;
        o->result = try_place(o, at, highest);
        if (o->result == 0)
            return;
        if (count > 1 && len < sizeof(all))
            len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s:%u: %s", i ? "; " : "",
                                    m->target.places[at].host, m->target.places[at].port,
                                    o->conn->last_error[0] ? o->conn->last_error
                                                           : err_text(o->result));
        wipe(o->conn);
    }
    if (count > 1)
        memcpy(o->conn->last_error, all, sizeof(all));
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
    if (opening.result) {
        pthread_mutex_lock(&m->lock);
        memcpy(m->failure, c->last_error, sizeof(m->failure));
        pthread_mutex_unlock(&m->lock);
        log_event(LOG_WARN, "mariadb.connect", log_str("server.address", m->name),
                  log_str("error.message", c->last_error), log_err(opening.result));
        free(c);
        return opening.result;
    }
    metric_add(&connections_open, 1);
    *ret_conn = c;
    return 0;
}

void mariadb_pool_forget(struct mariadb *m)
{
    if (m->target.place_count == 1 && !m->target.semi_sync)
        return; /* there is no other, and it may be read on */
    pthread_mutex_lock(&m->lock);
    m->generation++;
    pthread_mutex_unlock(&m->lock);
}

const char *mariadb_after_commit(const struct mariadb *m)
{
    return m->target.semi_sync ? mariadb_lonely_check : "";
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
    const bool moved = err == 0 && c && c->generation != m->generation;
    pthread_mutex_unlock(&m->lock);
    if (err)
        return err;
    if (c && (moved || !mariadb_conn_is_alive(c))) {
        snprintf(c->last_error, sizeof(c->last_error), "%s",
                 moved ? "the primary has moved" : "the server has closed it");
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
