/*
 * faulty: a database for tests in which everything goes wrong once before it goes right.
 *
 * Around the inline body. Each job that is handed in runs many times: with its first statement
 * failing, with its second, and so on; then with an arena that is full at its first allocation, at
 * the next, and so on; and at last as it should, which is what the test sees. A test of a store
 * that says what happens so also proves, without a line more, that every failure of a statement is
 * told and not swallowed: a job that goes on after one ends the test. (A failed job is taken back
 * by the database, and may run again from the start: both are promises of db/sql.h.)
 */
#ifndef USHER_DB_FAULTY_TEST_H
#define USHER_DB_FAULTY_TEST_H

#include "db/sql.h"

/* As sql_inline_new. arena, or NULL: the one of the test's answers. */
int sql_faulty_new(struct arena *arena, struct sql **ret_sql);

#endif
