/*
 * began: the trace of the call that began something (call/trace.h), as it is kept with what is to
 * be done about it later: a mail, an event of a feed, a payment.
 */
#ifndef USHER_STORE_BEGAN_H
#define USHER_STORE_BEGAN_H

#include "call/trace.h"
#include "db/sql.h"

/* The value of a row's column: what the row itself says, or else the call whose job this is; NULL
 * where neither is known. Borrows text. */
static inline struct sql_value began_value(const struct sql_txn *txn, struct view said,
                                           char text[TRACE_PARENT_CHARS + 1])
{
    const struct view trace = said.len ? said : trace_write_parent(sql_asker(txn), text);
    return trace.len ? sql_text(trace) : sql_null();
}

#endif
