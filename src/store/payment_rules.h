/*
 * payment_rules: whether a performance sells unpaid orders, which the box office collects later.
 *
 * A performance without a row takes them, as all did before 0.10.0. The rule is written and read
 * with its date (store/playbill.h).
 */
#ifndef USHER_STORE_PAYMENT_RULES_H
#define USHER_STORE_PAYMENT_RULES_H

#include "db/sql.h"

/* As sql_migrate. */
int payment_rules_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Writes the rule, within the job that writes the date. As sql_run. */
int payment_rule_put(struct sql_txn *txn, uint32_t performance_id, bool payment_required);

/* Whether the performance ever took unpaid orders. As sql_read. */
int payment_rule_took_unpaid(struct sql *sql, uint32_t performance_id, bool *ret_took,
                             int64_t deadline_ns);

#endif
