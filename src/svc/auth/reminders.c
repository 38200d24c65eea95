/* AuthService.RequestReminder, ConfirmReminder, CancelReminder, ListReminders: who wants a mail
 * before the sale of an event opens. The door writes the mails (svc/door/reminders.c). */
#include <inttypes.h>
#include <stdio.h>

#include "err/err.h"
#include "observe/metrics.h"
#include "store/reminders.h"
#include "svc/auth/handlers.h"
#include "token/roles.h"

#define REMINDER_METRIC(variable, what)                                                            \
    METRIC_COUNTER(variable, "usher_reminder_requests_total",                                      \
                   "Reminders of an opening that were asked for and taken back.",                  \
                   "outcome=\"" what "\"")
REMINDER_METRIC(reminders_added, "added");
REMINDER_METRIC(reminders_cancelled, "cancelled");

static int answer(struct call *call, const struct reminder *reminder, bool added,
                  Usher__V1__Reminder *ret_answer)
{
    char *id = auth_format_id(call_arena(call), reminder->reminder_id);
    ret_answer->event_id = reminder->event_id;
    ret_answer->email = arena_copy(call_arena(call), reminder->email);
    *(added ? &ret_answer->reminder_id : &ret_answer->request_id) = id;
    ret_answer->before_ms = auth_of(call)->remind_ms;
    ret_answer->created_at_ms = added ? reminder->created_at_ms : 0;
    return id && ret_answer->email ? 0 : auth_fail_by_err(call, ERR_NO_MEMORY);
}

static int fail(struct call *call, int err)
{
    switch (err) {
    case ERR_NOT_FOUND:
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "event_id", "no such event");
    case ERR_BUSY:
        return auth_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "email",
                         "an address has at most %d reminders at a time", REMINDERS_ADDRESS_MAX);
    case ERR_FULL:
        return auth_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "event_id",
                         "this event has as many reminders as it may have");
    default:
        return auth_fail_by_err(call, err);
    }
}

static int read_language(struct call *call, const char *text, struct view otherwise,
                         struct view *ret_language)
{
    const struct view language = view_str(text);
    if (language.len > 0 && !view_eq(language, VIEW_LIT("en")) &&
        !view_eq(language, VIEW_LIT("ko")))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "language",
                         "\"ko\" or \"en\"");
    *ret_language = language.len > 0 ? language : otherwise;
    return 0;
}

/* The address is another than the caller's account's: a code goes there. */
static int ask(struct call *call, struct reminder *reminder, void *response)
{
    struct auth *auth = auth_of(call);
    uint8_t hash[PROOF_HASH_BYTES];
    char digits[16];
    if (auth_charge_mail(call))
        return 1;
    snprintf(digits, sizeof(digits), "%08" PRIu64, chance_below(auth->chance, UINT64_C(100000000)));
    auth_hash_code(auth, reminder->reminder_id, digits, hash);
    const char *params = arena_printf(call_arena(call), "{\"code\":\"%s\"}", digits);
    if (!params)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    const struct mail code = {.to = reminder->email,
                              .template = VIEW_LIT("remindcode"),
                              .language = reminder->language,
                              .params = view_str(params),
                              .created_at_ms = reminder->created_at_ms};
    int err = reminder_ask(auth->sql, reminder, hash, &code, call_deadline_ns(call));
    if (err == ERR_FULL)
        return auth_fail_later(call, PROOF_LIFE_MS, "this address was sent enough mails for now");
    return err == 0 ? answer(call, reminder, false, response) : fail(call, err);
}

int auth_request_reminder(struct call *call, const void *request, void *response)
{
    const Usher__V1__RequestReminderRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct account account = {.language = VIEW_LIT("en")};
    struct reminder reminder = {.event_id = wish->event_id,
                                .created_at_ms = clock_wall_ms(auth->clock)};
    const bool known = identity_has(call_identity(call), ROLE_BUYER);
    if (auth_check_address(call) || (known && auth_read_account(call, &account)))
        return 1;
    if (wish->email[0] || !known) {
        if (auth_read_email(call, wish->email, &reminder.email))
            return 1;
    } else {
        reminder.email = account.email;
    }
    if (read_language(call, wish->language, account.language, &reminder.language))
        return 1;
    reminder.reminder_id = chance_id_at(auth->chance, reminder.created_at_ms);
    reminder.account_id = account.account_id;
    if (!known || !view_eq(reminder.email, account.email))
        return ask(call, &reminder, response);
    int err = reminder_add(auth->sql, &reminder, &reminder.reminder_id, call_deadline_ns(call));
    if (err != 0)
        return fail(call, err);
    metric_add(&reminders_added, 1);
    return answer(call, &reminder, true, response);
}

int auth_confirm_reminder(struct call *call, const void *request, void *response)
{
    const Usher__V1__ConfirmReminderRequest *wish = request;
    struct auth *auth = auth_of(call);
    const int64_t now_ms = clock_wall_ms(auth->clock);
    uint8_t hash[PROOF_HASH_BYTES];
    struct reminder reminder;
    struct id proof_id;
    if (auth_check_address(call) ||
        auth_read_proof(call, wish->request_id, wish->code, &proof_id, hash))
        return 1;
    int err = reminder_show(auth->sql, proof_id, hash, chance_id_at(auth->chance, now_ms), now_ms,
                            call_arena(call), &reminder, call_deadline_ns(call));
    if (err == ERR_DENIED || err == ERR_NOT_FOUND)
        return auth_fail_proof(call, err);
    if (err != 0)
        return fail(call, err);
    metric_add(&reminders_added, 1);
    return answer(call, &reminder, true, response);
}

int auth_cancel_reminder(struct call *call, const void *request, void *response)
{
    const Usher__V1__CancelReminderRequest *wish = request;
    const struct identity *caller = call_identity(call);
    struct id reminder_id = {0};
    if (wish->reminder_id[0] &&
        (id_parse(view_str(wish->reminder_id), &reminder_id) || id_is_zero(reminder_id)))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "reminder_id",
                         "the id that RequestReminder or ConfirmReminder answered");
    if (id_is_zero(reminder_id) && !identity_has(caller, ROLE_BUYER))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "reminder_id",
                         "who has not signed in takes a reminder back by its id");
    int err = reminder_cancel(auth_of(call)->sql, reminder_id, caller->account_id, wish->event_id,
                              call_deadline_ns(call));
    if (err == 0)
        metric_add(&reminders_cancelled, 1);
    return err == 0 ? 0 : auth_fail_by_err(call, err);
}

int auth_list_reminders(struct call *call, const void *request, void *response)
{
    Usher__V1__ListRemindersResponse *list = response;
    struct arena *arena = call_arena(call);
    struct reminder *reminders;
    size_t count;
    int err = reminder_list(auth_of(call)->sql, call_identity(call)->account_id, arena, &reminders,
                            &count, call_deadline_ns(call));
    if (err != 0)
        return auth_fail_by_err(call, err);
    Usher__V1__Reminder *rows = arena_alloc(arena, count * sizeof(*rows));
    list->reminders = arena_alloc(arena, count * sizeof(*list->reminders));
    if (!rows || !list->reminders)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        usher__v1__reminder__init(&rows[i]);
        list->reminders[list->n_reminders++] = &rows[i];
        if (answer(call, &reminders[i], true, &rows[i]))
            return 1;
    }
    return 0;
}
