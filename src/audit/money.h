/*
 * money: do the payments agree with the orders, with themselves, and with the provider's books?
 */
#ifndef USHER_AUDIT_MONEY_H
#define USHER_AUDIT_MONEY_H

#include "audit/audit.h"
#include "sale/payment.h"

#define AUDIT_MONEY_ROWS 32

/* All attempts at one provider in one currency. */
struct audit_money_row {
    char provider[32];
    char currency[8];
    struct payment_books books; /* summed; amount: of all attempts */
};

struct audit_money {
    struct audit_money_row rows[AUDIT_MONEY_ROWS];
    size_t row_count;
    uint64_t attempts;
    uint64_t unsettled; /* money may be on its way, or seats or refunds follow yet */
};

/* Checks every attempt's books, every order that was paid by card against its one payment, and,
 * where ledger_path is not NULL, charge by charge and refund by refund, the ledger of usher psp.
 * Findings go into report. 0; ERR_NOT_FOUND: no such file; ERR_INVALID: it is no ledger; and as
 * audit_run. performance_id 0: all; with a ledger it must be. */
int audit_money(struct store *store, uint32_t performance_id, const char *ledger_path,
                struct audit_report *report, struct audit_money *ret_money);

#endif
