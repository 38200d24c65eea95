/*
 * follow: a line as its durable ledger has it, read as it grows. Whatever a waiting room has told
 * must be in it.
 */
#ifndef USHER_TESTS_SIM_FOLLOW_H
#define USHER_TESTS_SIM_FOLLOW_H

#include "db/sql.h"
#include "line/line.h"
#include "sim/tale.h"
#include "store/line.h"

struct follow {
    struct tale *tale; /* borrowed; told of a row that breaks a rule */
    struct sql *sql;   /* borrowed; nothing of it fails */
    uint32_t sale_id;
    struct line line; /* as far as it was read */
    uint64_t seq;
    void (*note)(void *arg, const struct line_entry *entry); /* each that was read */
    void *arg;
};

/* Of a sale that was put, with nothing read yet. */
void follow_init(struct follow *follow, struct tale *tale, struct sql *sql, uint32_t sale_id,
                 const struct line_sale *sale);
/* Zeroed is fine. */
void follow_release(struct follow *follow);
/* Reads what is new. Does not wait. */
void follow_read(struct follow *follow);

#endif
