/*
 * usher: one binary, a tree of commands.
 *
 * main hands the words to the command they name; each command says in its own file whom it talks to
 * and what it may touch.
 */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cmd/account.h"
#include "cmd/audit.h"
#include "cmd/check.h"
#include "cmd/clock.h"
#include "cmd/cmd.h"
#include "cmd/device.h"
#include "cmd/event.h"
#include "cmd/hall.h"
#include "cmd/mail.h"
#include "cmd/manual.h"
#include "cmd/monitor.h"
#include "cmd/move.h"
#include "cmd/order.h"
#include "cmd/proto.h"
#include "cmd/psp.h"
#include "cmd/ready.h"
#include "cmd/sale.h"
#include "cmd/serve.h"
#include "cmd/stampede.h"
#include "cmd/status.h"
#include "cmd/team.h"
#include "cmd/ticket.h"
#include "cmd/till.h"
#include "cmd/trace.h"
#include "cmd/version.h"
#include "cmd/webhook.h"
#include "err/err.h"
#include "term/plain.h"

static const struct cmd commands[] = {
    {"serve", "the server: the page, gRPC and Connect on one port", serve_command,
     .table = &serve_table},
    {"audit", "does the store keep its promises? replays the ledger and compares", audit_command,
     .table = &audit_table},
    {"status", "which processes live, and which of them owns what", status_command,
     .table = &status_table},
    {"check", "looks at this machine before a sale", check_command, .table = &check_table},
    {"ready", "does a process serve?", ready_command, .table = &ready_table},
    {"move", "carries a store to another database", move_command, .table = &move_table},
    {"hall", "halls: import a plan, generate one, list them", .rows = hall_commands,
     .row_count = HALL_COMMANDS, .about = "Halls: where people sit."},
    {"event", "events: create, open, pause, report, list", .rows = event_commands,
     .row_count = EVENT_COMMANDS, .about = "Events and their performances: what is on sale."},
    {"ticket", "tickets: check a code, let people in, make the file", .rows = ticket_commands,
     .row_count = TICKET_COMMANDS, .about = "Tickets: what opens the door."},
    {"mail", "mails: what went out, what waits", .rows = mail_commands, .row_count = MAIL_COMMANDS,
     .about = "Mails: what went out, and what did not."},
    {"clock", "a ledger that is ahead of the clock", .rows = clock_commands,
     .row_count = CLOCK_COMMANDS,
     .about = "Clock: a store that was served while the clock was wrong."},
    {"sale", "sales: lines in front of performances", .rows = sale_commands,
     .row_count = SALE_COMMANDS, .about = "Sales: a line, and passes for who has come through."},
    {"draw", "draws: was it fair?", .rows = draw_commands, .row_count = DRAW_COMMANDS,
     .about = "Draws: who gets the first numbers of a line."},
    {"organiser", "organisers: create, list, bar, sites", .rows = organiser_commands,
     .row_count = ORGANISER_COMMANDS, .about = "Organisers: who sells here."},
    {"member", "an organiser's team: set, list", .rows = member_commands,
     .row_count = MEMBER_COMMANDS, .about = "Members: people who act for an organiser."},
    {"device", "scanning devices of the doors: create, list, revoke", .rows = device_commands,
     .row_count = DEVICE_COMMANDS,
     .about = "Scanning devices: what lets people in and is no browser."},
    {"token", "tokens of machines: create, list, revoke", .rows = token_commands,
     .row_count = TOKEN_COMMANDS, .about = "API tokens: machines that act for an organiser."},
    {"webhook", "webhooks: create, list, test, replay, rotate, delete", .rows = webhook_commands,
     .row_count = WEBHOOK_COMMANDS,
     .about = "Webhooks: an organiser's own servers, which are told what happens."},
    {"account", "accounts: show, acts, block, unblock, blocked", .rows = account_commands,
     .row_count = ACCOUNT_COMMANDS, .about = "Accounts: who is known, and who is barred."},
    {"stampede", "sends a crowd to the public port, and proves that no seat was sold twice",
     stampede_command, .table = &stampede_table},
    {"monitor", "what the processes say and what is sold, searched", .rows = monitor_commands,
     .row_count = MONITOR_COMMANDS, .about = "The monitor: what was said and sold lately."},
    {"trace", "all that happened to an order, from every role", trace_command,
     .table = &trace_table},
    {"order", "orders that were paid by card: where the money is, give one back",
     .rows = order_commands, .row_count = ORDER_COMMANDS, .about = "Orders and their money."},
    {"payment", "payments by card: list them, give all of them back", .rows = payment_commands,
     .row_count = PAYMENT_COMMANDS, .about = "Attempts to pay by card."},
    {"till", "the box office's till: open, sell, show, close", .rows = till_commands,
     .row_count = TILL_COMMANDS, .about = "The box office's till: what is sold over its counter."},
    {"psp", "a stand-in payment provider with test money", psp_command, .table = &psp_table},
    {"proto", "the contracts, their descriptors, OpenAPI", proto_command, .table = &proto_table},
    {"version", "which usher this is", version_command, .table = &version_table},
    {"help", "this list, or the help of a command: usher help COMMAND", .run = NULL},
};

static const struct cmd usher = {
    .name = "usher",
    .about = "Usher seats a crowd: a ticketing system for on-sales.",
    .rows = commands,
    .row_count = sizeof(commands) / sizeof(commands[0]),
    .notes = "Exit codes: 0 done and true, 1 false or failed, 2 wrong words, 3 no server there.",
};

int main(int argc, char **argv)
{
    /* A reader that went away is an error of one write, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return cmd_fail("", CMD_FALSE, "libsodium finds no source of randomness");
    plain_standard_output();
    if (argc > 1 && strcmp(argv[1], "--version") == 0)
        argv[1] = (char *)"version";
    int code = CMD_OK;
    if (argc == 3 && strcmp(argv[1], "help") == 0 && strcmp(argv[2], "--man") == 0)
        manual_write(&usher, USHER_VERSION, stdout);
    else if (argc == 3 && strcmp(argv[1], "help") == 0 && strcmp(argv[2], "--completion") == 0)
        manual_write_completion(&usher, stdout);
    else
        code = cmd_dispatch(&usher, argc, argv);
    /* What was printed and did not reach its reader was not done. */
    const bool lost = fflush(stdout) != 0 || ferror(stdout);
    if (lost && code == CMD_OK)
        return cmd_fail(argv[1], CMD_FALSE, "standard output could not be written");
    return code;
}
