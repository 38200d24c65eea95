#include "svc/door/door.h"

#include <stdlib.h>

#include "store/doors.h"
#include "store/generations.h"
#include "store/hooks.h"
#include "store/payments.h"
#include "store/playbill.h"
#include "store/positions.h"
#include "store/reminders.h"
#include "svc/door/lobby.h"

#define DOOR_STAFF         LOBBY_DOOR_STAFF
#define COUNTER            (ROLES_MANAGE | ROLE_BOX_OFFICE)
#define HOLDERS            (ROLES_BUY | ROLE_OPERATOR)
#define HOLDERS_OR_COUNTER (ROLES_BUY | COUNTER)

CALL_HANDLER(door_add_order_note);
CALL_HANDLER(door_edit_contact);
CALL_HANDLER(door_export_orders);
CALL_HANDLER(door_list_buyer_messages);
CALL_HANDLER(door_list_order_notes);
CALL_HANDLER(door_message_buyers);
CALL_HANDLER(door_report_bounce);

static const struct method methods[] = {
    {"GetWalletLinks", METHOD_UNARY, HOLDERS, false, NULL, 0, door_get_wallet_links},
    {"GetTicketFile", METHOD_UNARY, HOLDERS_OR_COUNTER, false, NULL, 0, door_get_ticket_file},
    {"ResendTickets", METHOD_UNARY, HOLDERS_OR_COUNTER, false, NULL, 0, door_resend_tickets},
    {"GetTicketCodes", METHOD_UNARY, HOLDERS, false, NULL, 0, door_get_ticket_codes},
    {"PassTicketOn", METHOD_UNARY, HOLDERS, false, NULL, 0, door_pass_ticket_on},
    {"RenewTicket", METHOD_UNARY, HOLDERS, false, NULL, 0, door_renew_ticket},
    {"GetCheckKey", METHOD_UNARY, 0, true, "public, max-age=3600", 0, door_get_check_key},
    {"CheckIn", METHOD_UNARY, DOOR_STAFF, false, NULL, 0, door_check_in},
    {"GetDoorList", METHOD_UNARY, DOOR_STAFF, false, NULL, 0, door_get_door_list},
    {"UploadScans", METHOD_UNARY, DOOR_STAFF, false, NULL, 1u << 20, door_upload_scans},
    {"GetDoorCounts", METHOD_UNARY, DOOR_STAFF, false, NULL, 0, door_get_door_counts},
    {"ListDoubleEntries", METHOD_UNARY, DOOR_STAFF, false, NULL, 0, door_list_double_entries},
    {"ListMails", METHOD_UNARY, ROLE_OPERATOR, false, NULL, 0, door_list_mails},
    {"GetMail", METHOD_UNARY, ROLE_OPERATOR, false, NULL, 0, door_get_mail},
    {"ListScans", METHOD_UNARY, ROLE_OPERATOR, false, NULL, 0, door_list_scans},
    {"FindOrders", METHOD_UNARY, COUNTER, false, NULL, 0, door_find_orders},
    {"ExportOrders", METHOD_SERVER_STREAM, COUNTER, false, NULL, 0, door_export_orders},
    {"AddOrderNote", METHOD_UNARY, COUNTER, false, NULL, 0, door_add_order_note},
    {"ListOrderNotes", METHOD_UNARY, COUNTER, false, NULL, 0, door_list_order_notes},
    {"EditContact", METHOD_UNARY, COUNTER, false, NULL, 0, door_edit_contact},
    {"ReportBounce", METHOD_UNARY, ROLE_OPERATOR, false, NULL, 1u << 20, door_report_bounce},
    {"BlockTickets", METHOD_UNARY, COUNTER, false, NULL, 0, door_block_tickets},
    {"UnblockTickets", METHOD_UNARY, COUNTER, false, NULL, 0, door_unblock_tickets},
    {"ListTicketBlocks", METHOD_UNARY, COUNTER, false, NULL, 0, door_list_ticket_blocks},
    {"MessageBuyers", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, door_message_buyers},
    {"ListBuyerMessages", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, door_list_buyer_messages},
    {"SetEntryTimes", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, door_set_entry_times},
    {"GetEntryTimes", METHOD_UNARY, DOOR_STAFF | ROLE_BOX_OFFICE, false, NULL, 0,
     door_get_entry_times},
    {"SendMailAgain", METHOD_UNARY, ROLE_OPERATOR, false, NULL, 0, door_send_mail_again},
};

struct service door_service(struct door *door)
{
    return (struct service){
        .descriptor = &usher__v1__door_service__descriptor,
        .methods = methods,
        .method_count = sizeof(methods) / sizeof(methods[0]),
        .state = door,
    };
}

int64_t lobby_now_ms(void)
{
    return clock_wall_ms(loop_clock(sched_loop(sched_current())));
}

int door_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    int (*const migrate[])(struct sql *, bool, int64_t) = {
        mails_migrate,       reminders_migrate, contacts_migrate,  playbill_migrate, hooks_migrate,
        generations_migrate, scans_migrate,     positions_migrate, payments_migrate, doors_migrate};
    int err = 0;
    for (size_t i = 0; err == 0 && i < sizeof(migrate) / sizeof(migrate[0]); i++)
        err = migrate[i](sql, read_only, now_ms);
    return err;
}

/* ---- starting and stopping, in a fiber of the worker ---- */

struct start {
    struct door *door;
    int result;
};

static int open_smtp(struct door *door)
{
    const struct door_mail *mail = &door->options.mail;
    const char *at = strchr(mail->from, '@');
    const struct smtp_options options = {
        .url = mail->url,
        .name = at ? at + 1 : "localhost",
        .user = mail->user,
        .secret = mail->secret,
        .ca_path = mail->ca,
    };
    door->smtp = mail->smtp;
    if (mail->smtp || !mail->url)
        return 0;
    int err = smtp_client_new(sched_loop(sched_current()), &options, &door->client);
    if (err == 0)
        door->smtp = smtp_client(door->client);
    return err;
}

/* A waiting room that nobody here knows of has no sales: what is open is told all the same. */
static int begin_reminding(struct door *door)
{
    int err = door->options.open(door->options.open_state, "waitroom", &door->lines);
    return err == 0 || err == ERR_NOT_FOUND ? fiber_spawn(&door->scope, lobby_remind, door) : err;
}

static void start_in_fiber(void *arg)
{
    struct start *start = arg;
    struct door *door = start->door;
    start->result = open_smtp(door);
    if (start->result == 0)
        start->result = fiber_spawn(&door->scope, lobby_relay, door);
    if (start->result == 0)
        start->result = fiber_spawn(&door->scope, lobby_tell_moves, door);
    if (start->result == 0 && door->options.open)
        start->result = begin_reminding(door);
    if (start->result == 0)
        start->result = fiber_spawn(&door->scope, lobby_post, door);
}

static void stop_in_fiber(void *arg)
{
    struct door *door = arg;
    scope_close(&door->scope);
    if (door->lines)
        channel_free(door->lines);
    smtp_client_free(door->client);
}

int door_start(const struct door_options *options, struct door **ret_door)
{
    struct door *door = calloc(1, sizeof(*door));
    if (!door)
        return ERR_NO_MEMORY;
    door->options = *options;
    door->codes = *options->codes;
    scope_init(&door->scope);
    struct start start = {.door = door};
    int err = worker_call(options->worker, start_in_fiber, &start);
    if (err == 0)
        err = start.result;
    if (err != 0) {
        door_stop(door);
        return err;
    }
    *ret_door = door;
    return 0;
}

void door_stop(struct door *door)
{
    if (!door)
        return;
    int err = worker_call(door->options.worker, stop_in_fiber, door);
    assert(err == 0);
    explicit_bzero(&door->codes, sizeof(door->codes));
    free(door);
}
