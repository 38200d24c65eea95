#include "db/mariadb_conn.h"

#include <errmsg.h>
#include <errno.h>
#include <fcntl.h>
#include <mysqld_error.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "err/err.h"
#include "observe/log.h"

/* There is one primary. On a server set up for several, each number would be a gap to wait at. */
#define SESSION                                                                                    \
    "SET sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00',"             \
    " autocommit = 1, tx_isolation = 'READ-COMMITTED', wait_timeout = 600,"                        \
    " innodb_lock_wait_timeout = 5, lock_wait_timeout = 5,"                                        \
    " auto_increment_increment = 1, auto_increment_offset = 1"
_Static_assert(MARIADB_LOCK_WAIT_S == 5, "the session says so");

/* ---- what went wrong ---- */

struct meaning {
    unsigned number;
    int code;
};

static const struct meaning meanings[] = {
    {ER_DUP_ENTRY, ERR_CONFLICT},
    {ER_DUP_ENTRY_WITH_KEY_NAME, ERR_CONFLICT},
    {ER_NO_REFERENCED_ROW_2, ERR_CONFLICT},
    {ER_ROW_IS_REFERENCED_2, ERR_CONFLICT},
    {ER_CONSTRAINT_FAILED, ERR_CONFLICT},
    {ER_LOCK_DEADLOCK, ERR_BUSY},
    {ER_LOCK_WAIT_TIMEOUT, ERR_BUSY},
    {ER_CHECKREAD, ERR_BUSY},                        /* record has changed since last read */
    {ER_OPTION_PREVENTS_STATEMENT, ERR_UNAVAILABLE}, /* read-only */
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ERR_UNAVAILABLE},
    {ER_OPEN_AS_READONLY, ERR_UNAVAILABLE},
    {ER_CON_COUNT_ERROR, ERR_UNAVAILABLE},
    {ER_TOO_MANY_USER_CONNECTIONS, ERR_UNAVAILABLE},
    {ER_SERVER_SHUTDOWN, ERR_UNAVAILABLE},
    {ER_DISK_FULL, ERR_UNAVAILABLE},
    {ER_RECORD_FILE_FULL, ERR_UNAVAILABLE},
    {ER_HOST_IS_BLOCKED, ERR_UNAVAILABLE},
    {ER_QUERY_INTERRUPTED, ERR_TIMEOUT},
    {ER_STATEMENT_TIMEOUT, ERR_TIMEOUT},
    {ER_ACCESS_DENIED_ERROR, ERR_DENIED},
    {ER_DBACCESS_DENIED_ERROR, ERR_DENIED},
    {ER_TABLEACCESS_DENIED_ERROR, ERR_DENIED},
    {ER_BAD_DB_ERROR, ERR_NOT_FOUND},
    {ER_DATA_TOO_LONG, ERR_INVALID},
    {ER_WARN_DATA_OUT_OF_RANGE, ERR_INVALID},
    {ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ERR_INVALID},
    {ER_BAD_NULL_ERROR, ERR_INVALID},
    {ER_NOT_KEYFILE, ERR_CORRUPT},
    {ER_CRASHED_ON_USAGE, ERR_CORRUPT},
    {MARIADB_LONELY, ERR_UNKNOWN},
    {ER_OUTOFMEMORY, ERR_NO_MEMORY},
    {CR_OUT_OF_MEMORY, ERR_NO_MEMORY},
    {CR_CONNECTION_ERROR, ERR_UNAVAILABLE},
    {CR_CONN_HOST_ERROR, ERR_UNAVAILABLE},
    {CR_UNKNOWN_HOST, ERR_UNAVAILABLE},
    {CR_SSL_CONNECTION_ERROR, ERR_UNAVAILABLE},
    {CR_SERVER_GONE_ERROR, ERR_UNAVAILABLE},
    {CR_SERVER_LOST, ERR_UNAVAILABLE},
};

static int meaning_of(unsigned number)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].number == number)
            return meanings[i].code;
    return ERR_IO;
}

/* Errors of the library (2000 … 2999, "Connector/C error codes") and those after which the server
 * hangs up. */
static bool breaks(unsigned number)
{
    return (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) || number == 0 ||
           number == ER_SERVER_SHUTDOWN || number == ER_CONNECTION_KILLED ||
           number == ER_NET_PACKETS_OUT_OF_ORDER || number == ER_NET_READ_ERROR ||
           number == ER_NET_READ_INTERRUPTED || number == ER_NET_PACKET_TOO_LARGE;
}

/* What a person has to see to at the server: room, or a damaged table. */
static void log_trouble(unsigned number, const char *sentence)
{
    char text[12];
    if (number != ER_DISK_FULL && number != ER_RECORD_FILE_FULL && number != ER_NOT_KEYFILE &&
        number != ER_CRASHED_ON_USAGE)
        return;
    snprintf(text, sizeof(text), "%u", number);
    log_event(LOG_ERROR, "store.mariadb", log_str("error.code", text),
              log_str("error.message", sentence));
}

int mariadb_conn_failed(struct mariadb_conn *c, unsigned number, const char *sentence)
{
    int code = meaning_of(number);
    log_trouble(number, sentence);
    c->last_errno = number;
    snprintf(c->last_error, sizeof(c->last_error), "%s", c->late ? "it took too long" : sentence);
    if (number == MARIADB_LONELY)
        mariadb_note_lonely();
    if (number == MARIADB_LONELY || number == ER_OPTION_PREVENTS_STATEMENT)
        mariadb_pool_forget(c->pool);
    if (breaks(number) || c->late) {
        c->broken = true;
        code = c->late ? ERR_TIMEOUT : ERR_UNAVAILABLE;
        if (c->phase != MARIADB_OPEN)
            code = ERR_UNKNOWN;
        c->phase = MARIADB_IDLE;
    }
    return code;
}

/* ---- opening and closing ---- */

static int set_options(MYSQL *mysql, const struct mariadb_target *target, int64_t timeout_ms)
{
    const unsigned seconds = (unsigned)((timeout_ms + 999) / 1000);
    const my_bool on = 1, off = 0;
    const bool verify = target->tls == MARIADB_TLS_VERIFY;
    const enum mysql_protocol_type way =
        target->socket[0] ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    int failed = mysql_options(mysql, MYSQL_OPT_NONBLOCK, NULL);
    failed |= mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    failed |= mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &seconds);
    failed |= mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    failed |= mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    failed |= mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &(unsigned){0});
    failed |= mysql_options(mysql, MYSQL_INIT_COMMAND, SESSION);
    if (target->tls != MARIADB_TLS_OFF)
        failed |= mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    failed |= mysql_options(mysql, MYSQL_OPT_PROTOCOL, &way); /* localhost is no socket */
    if (target->tls_cert[0]) {
        failed |= mysql_options(mysql, MYSQL_OPT_SSL_CERT, target->tls_cert);
        failed |= mysql_options(mysql, MYSQL_OPT_SSL_KEY, target->tls_key);
    }
    if (target->tls_ca[0])
        failed |= mysql_options(mysql, MYSQL_OPT_SSL_CA, target->tls_ca);
    failed |= mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify ? &on : &off);
    return failed ? ERR_NO_MEMORY : 0;
}

int mariadb_conn_numbers(struct mariadb_conn *c, const char *text, uint64_t *ret_numbers,
                         unsigned count)
{
    if (mysql_query(&c->mysql, text) != 0)
        return mysql_errno(&c->mysql) == ER_NO_SUCH_TABLE ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
    MYSQL_RES *result = mysql_store_result(&c->mysql);
    MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
    for (unsigned i = 0; row && i < count; i++) {
        ret_numbers[i] = 0;
        if (i < mysql_num_fields(result) && row[i] &&
            !view_to_u64(view_str(row[i]), INT64_MAX, &ret_numbers[i]))
            ret_numbers[i] = strcmp(row[i], "ON") == 0;
    }
    const int err = !result ? ERR_UNAVAILABLE : row ? 0 : ERR_NOT_FOUND;
    mysql_free_result(result);
    return err;
}

/* A batch must fit into one packet. */
static int check_packet(struct mariadb_conn *c)
{
    uint64_t size = 0;
    if (mariadb_conn_numbers(c, "SELECT @@max_allowed_packet", &size, 1) != 0)
        return ERR_UNAVAILABLE;
    if (size >= MARIADB_PACKET_MIN)
        return 0;
    snprintf(c->last_error, sizeof(c->last_error),
             "max_allowed_packet is %llu, at least %u are needed", (unsigned long long)size,
             MARIADB_PACKET_MIN);
    return ERR_UNSUPPORTED;
}

int mariadb_conn_open(struct mariadb_conn *c, const struct mariadb_target *target,
                      const struct mariadb_place *place, int64_t deadline_ns)
{
    const int64_t now_ns = clock_mono_ns(clock_system());
    int64_t timeout_ms = MARIADB_CONNECT_MAX_MS;
    /* Whatever fails from here on, the connection can be closed. */
    list_init(&c->statements);
    c->fd = -1;
    if (!mysql_init(&c->mysql))
        return ERR_NO_MEMORY;
    c->made = true;
    if (deadline_ns <= now_ns)
        return ERR_TIMEOUT;
    if ((deadline_ns - now_ns) / NS_PER_MS < timeout_ms)
        timeout_ms = (deadline_ns - now_ns) / NS_PER_MS;
    int err = set_options(&c->mysql, target, timeout_ms);
    if (err)
        return err;
    const bool local = target->socket[0];
    if (!mysql_real_connect(&c->mysql, local ? NULL : place->host, target->user, target->password,
                            target->database, place->port, local ? target->socket : NULL,
                            CLIENT_FOUND_ROWS)) {
        snprintf(c->last_error, sizeof(c->last_error), "%s", mysql_error(&c->mysql));
        c->broken = true;
        return meaning_of(mysql_errno(&c->mysql));
    }
    c->fd = fcntl((int)mysql_get_socket(&c->mysql), F_DUPFD_CLOEXEC, 0);
    return c->fd < 0 ? ERR_UNAVAILABLE : check_packet(c);
}

void mariadb_conn_close(struct mariadb_conn *c)
{
    if (c->broken && c->fd >= 0)
        shutdown(c->fd, SHUT_RDWR); /* so that nothing below waits for the server */
    mariadb_statements_drop(c);
    if (c->made)
        mysql_close(&c->mysql);
    if (c->fd >= 0)
        close(c->fd);
}

bool mariadb_conn_is_alive(const struct mariadb_conn *c)
{
    char byte;
    /* Nothing may have come unasked: bytes are the server's last words. */
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* ---- waiting ---- */

static void wake(struct mariadb_conn *c)
{
    if (c->fiber)
        fiber_unpark(c->fiber);
}

static void on_ready(struct loop_io *io, unsigned events)
{
    struct mariadb_conn *c = list_of(io, struct mariadb_conn, io);
    if (events & (LOOP_READ | LOOP_HANGUP))
        c->ready |= MYSQL_WAIT_READ;
    if (events & (LOOP_WRITE | LOOP_HANGUP))
        c->ready |= MYSQL_WAIT_WRITE;
    wake(c);
}

static void on_late(struct loop_timer *timer)
{
    struct mariadb_conn *c = list_of(timer, struct mariadb_conn, timer);
    c->late = true;
    wake(c);
}

int mariadb_conn_attach(struct mariadb_conn *c, int64_t deadline_ns)
{
    c->deadline_ns = deadline_ns;
    c->late = false;
    c->ready = 0;
    c->fiber = fiber_self();
    if (!c->fiber)
        return 0;
    c->loop = sched_loop(sched_current());
    c->io = (struct loop_io){.fd = c->fd, .ready = on_ready};
    c->timer = (struct loop_timer){.fire = on_late};
    return loop_watch(c->loop, &c->io);
}

void mariadb_conn_detach(struct mariadb_conn *c)
{
    if (c->fiber)
        loop_unwatch(c->loop, &c->io);
    c->fiber = NULL;
    c->loop = NULL;
}

/* Ends what the library waits for. */
static int give_up(struct mariadb_conn *c, int events)
{
    c->late = true;
    shutdown(c->fd, SHUT_RDWR);
    return events | MYSQL_WAIT_TIMEOUT;
}

static int wait_by_poll(struct mariadb_conn *c, int events)
{
    struct pollfd fd = {.fd = c->fd};
    if (events & MYSQL_WAIT_READ)
        fd.events |= POLLIN;
    if (events & MYSQL_WAIT_WRITE)
        fd.events |= POLLOUT;
    for (;;) {
        int timeout_ms = -1;
        if (c->deadline_ns != DEADLINE_NEVER) {
            const int64_t left_ns = c->deadline_ns - clock_mono_ns(clock_system());
            if (left_ns <= 0)
                return give_up(c, events);
            timeout_ms = left_ns / NS_PER_MS >= INT_MAX ? INT_MAX : (int)(left_ns / NS_PER_MS) + 1;
        }
        if (poll(&fd, 1, timeout_ms) > 0)
            return events; /* hung up, or readable: it tries, and sees */
    }
}

int mariadb_conn_wait(struct mariadb_conn *c, int events)
{
    events &= MYSQL_WAIT_READ | MYSQL_WAIT_WRITE;
    if (c->late)
        return give_up(c, events);
    if (!c->fiber)
        return wait_by_poll(c, events);
    if (c->deadline_ns != DEADLINE_NEVER && loop_arm(c->loop, &c->timer, c->deadline_ns) != 0)
        return give_up(c, events);
    while (!(c->ready & events) && !c->late)
        fiber_park_deaf();
    loop_disarm(c->loop, &c->timer);
    if (c->late)
        return give_up(c, events);
    const int happened = c->ready & events;
    c->ready &= ~happened;
    return happened;
}

/* ---- texts and transactions ---- */

int mariadb_exec(struct mariadb_conn *c, struct view text, uint64_t *ret_changes)
{
    int failed = 0;
    if (c->broken)
        return ERR_UNAVAILABLE;
    MARIADB_DRIVE(c, mysql_real_query_start(&failed, &c->mysql, text.at, text.len),
                  mysql_real_query_cont(&failed, &c->mysql, events));
    if (failed)
        return mariadb_conn_failed(c, mysql_errno(&c->mysql), mysql_error(&c->mysql));
    assert(mysql_field_count(&c->mysql) == 0);
    if (ret_changes)
        *ret_changes = mysql_affected_rows(&c->mysql);
    return 0;
}

int mariadb_begin(struct mariadb_conn *c)
{
    assert(c->phase == MARIADB_IDLE);
    c->phase = MARIADB_OPEN; /* nothing is done by beginning, whatever its error */
    c->last_errno = 0;
    int err = mariadb_exec(c, VIEW_LIT("START TRANSACTION"), NULL);
    if (err)
        c->phase = MARIADB_IDLE;
    return err;
}

int mariadb_snapshot(struct mariadb_conn *c)
{
    assert(c->phase == MARIADB_IDLE);
    c->phase = MARIADB_OPEN;
    int err = mariadb_exec(c, VIEW_LIT("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"), NULL);
    if (err == 0)
        err = mariadb_exec(c, VIEW_LIT("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
                           NULL);
    if (err)
        c->phase = MARIADB_IDLE;
    return err;
}

int mariadb_commit(struct mariadb_conn *c)
{
    if (c->broken)
        return ERR_UNAVAILABLE; /* before COMMIT was sent */
    assert(c->phase == MARIADB_OPEN);
    c->phase = MARIADB_COMMITTING;
    char text[512];
    snprintf(text, sizeof(text), "BEGIN NOT ATOMIC COMMIT; %s END", mariadb_lonely_check);
    int err = mariadb_exec(c, mariadb_needs_replica(c) ? view_str(text) : VIEW_LIT("COMMIT"), NULL);
    c->phase = MARIADB_IDLE;
    if (err == 0)
        return 0;
    /* A refusal of the server itself: what it has done of it only it knows. */
    c->broken = true;
    return ERR_UNKNOWN;
}

void mariadb_rollback(struct mariadb_conn *c)
{
    if (c->phase == MARIADB_OPEN && !c->broken && mariadb_exec(c, VIEW_LIT("ROLLBACK"), NULL) != 0)
        c->broken = true;
    c->phase = MARIADB_IDLE;
}

unsigned mariadb_errno(const struct mariadb_conn *c)
{
    return c->last_errno;
}

const char *mariadb_error(const struct mariadb_conn *c)
{
    return c->last_error;
}
