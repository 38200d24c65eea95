/*
 * Who of several servers may be written to, and whether what is committed is on a replica.
 *
 * The primary is the one that is not read-only. With semi-sync=require it is used only while it
 * waits for a replica before it answers a commit (AFTER_SYNC): the replica then has all that
 * anybody was told. A server that has fallen back to asynchronous replication is refused at the
 * next connection and at the next commit (MariaDB, "Semisynchronous Replication"), which is
 * ERR_UNKNOWN: it is done there, and would be lost with that server.
 *
 * After a primary was lost, a person makes a replica the primary (deploy/mariadb-promote), and with
 * it writes into the table `promotion` that this server stands alone until it has a replica of its
 * own. The number of a promotion only grows, and what a pool has seen it remembers: a primary of
 * before that comes back, read-only or not, has a lower one and is never written to.
 */
#include <stdio.h>

#include "db/mariadb_conn.h"
#include "err/err.h"
#include "observe/metrics.h"

METRIC_COUNTER(lonely, "usher_mariadb_unreplicated_total",
               "Commits and connections refused because no semi-synchronous replica has what is "
               "committed.",
               "");

#define STATUS(name)                                                                               \
    "(SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = '" name "')"

const char mariadb_lonely_check[] = "IF @usher_chosen IS NULL AND " STATUS(
    "RPL_SEMI_SYNC_MASTER_STATUS") " <> 'ON' THEN "
                                   "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 50010, MESSAGE_TEXT "
                                   "= "
                                   "'it has fallen back to asynchronous replication'; END IF;";
_Static_assert(MARIADB_LONELY == 50010, "the check says so");

bool mariadb_needs_replica(const struct mariadb_conn *c)
{
    return c->needs_replica;
}

void mariadb_note_lonely(void)
{
    metric_add(&lonely, 1);
}

static int refuse(struct mariadb_conn *c, const char *sentence)
{
    snprintf(c->last_error, sizeof(c->last_error), "%s", sentence);
    return ERR_UNAVAILABLE;
}

static int judge_replication(struct mariadb_conn *c, bool named)
{
    uint64_t facts[4]; /* enabled, status, clients, after sync */
    if (mariadb_conn_numbers(c,
                             "SELECT @@rpl_semi_sync_master_enabled, " STATUS(
                                 "RPL_SEMI_SYNC_MASTER_STATUS") ", " STATUS("RPL_SEMI_SYNC_MASTER_"
                                                                            "CLIENTS") ", "
                                                                                       "@@rpl_semi_"
                                                                                       "sync_"
                                                                                       "master_"
                                                                                       "wait_point "
                                                                                       "= "
                                                                                       "'AFTER_"
                                                                                       "SYNC'",
                             facts, 4) != 0)
        return refuse(c, "what it says of semi-synchronous replication cannot be read");
    if (!facts[0] && named) {
        c->needs_replica = false;
        return mysql_query(&c->mysql, "SET @usher_chosen = 1") == 0
                   ? 0
                   : refuse(c, "it does not answer any more");
    }
    if (!facts[0])
        return refuse(c, "semi-sync=require, and its rpl_semi_sync_master_enabled is OFF");
    if (!facts[3])
        return refuse(c,
                      "its rpl_semi_sync_master_wait_point is not AFTER_SYNC: a replica may lack "
                      "what others have seen");
    if (facts[2] == 0 || !facts[1])
        mariadb_note_lonely();
    if (facts[2] == 0)
        return refuse(c, "no replica takes what it commits: nothing is sold until one does");
    if (!facts[1])
        return refuse(c,
                      "it has fallen back to asynchronous replication: nothing is sold until its "
                      "replica has caught up");
    return 0;
}

int mariadb_primary_judge(struct mariadb_conn *c, const struct mariadb_target *target,
                          uint64_t highest, uint64_t *ret_seen)
{
    uint64_t server[2] = {0}, promoted[2] = {0}; /* read-only, id; number, id */
    *ret_seen = 0;
    if (target->place_count == 1 && !target->semi_sync)
        return 0;
    if (mariadb_conn_numbers(c, "SELECT @@read_only, @@server_id", server, 2) != 0)
        return refuse(c, "whether it is read-only cannot be read");
    if (server[0])
        return refuse(c, "it is read-only: a replica, or not yet the primary");
    int err = mariadb_conn_numbers(
        c, "SELECT promotion_id, server_id FROM promotion ORDER BY promotion_id DESC LIMIT 1",
        promoted, 2);
    if (err && err != ERR_NOT_FOUND)
        return refuse(c, "its promotions cannot be read");
    *ret_seen = promoted[0];
    if (promoted[0] < highest)
        return refuse(c, "another server was made the primary after it: rebuild it as a replica");
    c->needs_replica = target->semi_sync;
    return target->semi_sync ? judge_replication(c, promoted[0] > 0 && promoted[1] == server[1])
                             : 0;
}
