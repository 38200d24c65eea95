#include "store/modules.h"

#include "store/accounts.h"
#include "store/bars.h"
#include "store/contacts.h"
#include "store/doors.h"
#include "store/generations.h"
#include "store/hall_owners.h"
#include "store/hooks.h"
#include "store/line.h"
#include "store/mails.h"
#include "store/notices.h"
#include "store/payment_rules.h"
#include "store/payments.h"
#include "store/pictures.h"
#include "store/playbill.h"
#include "store/positions.h"
#include "store/refusals.h"
#include "store/reminders.h"
#include "store/scans.h"

/* In order of their names. */
static int (*const modules[])(struct sql *sql, bool read_only, int64_t now_ms) = {
    accounts_migrate,    bars_migrate,        contacts_migrate,      doors_migrate,
    generations_migrate, hall_owners_migrate, hooks_migrate,         lines_migrate,
    mails_migrate,       notices_migrate,     payment_rules_migrate, payments_migrate,
    pictures_migrate,    playbill_migrate,    positions_migrate,     refusals_migrate,
    reminders_migrate,   scans_migrate,
};

int modules_migrate(struct sql *sql, int64_t now_ms)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < sizeof(modules) / sizeof(modules[0]); i++)
        err = modules[i](sql, false, now_ms);
    return err;
}
