/*
 * line: a sale's line, entry by entry, in plain arrays.
 *
 * It knows the rules that docs/internals/line.md states, and nothing of how src/line keeps them. An
 * entry that breaks a rule is a finding, and is then applied as far as it makes sense, so that one
 * fault does not hide the others.
 */
#ifndef USHER_AUDIT_LINE_H
#define USHER_AUDIT_LINE_H

#include "audit/audit.h"

struct sql;

/* Replays the lines of all sales: the chain of rows; strict order, no number twice, one place an
 * account; never more inside than the capacity; the draw. Adds to the report's findings and counts.
 * A database without the tables of lines has no lines. ERR_NO_MEMORY, ERR_IO and what else the
 * database says. */
int audit_lines(struct sql *sql, struct audit_report *report);

#endif
