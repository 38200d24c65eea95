/*
 * modules: every module of src/store that has tables of its own (db/sql.h), beside the sale's.
 */
#ifndef USHER_STORE_MODULES_H
#define USHER_STORE_MODULES_H

#include "db/sql.h"

/* Makes all their tables, or brings them to the newest step. As sql_migrate. */
int modules_migrate(struct sql *sql, int64_t now_ms);

#endif
