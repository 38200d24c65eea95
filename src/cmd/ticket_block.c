/*
 * usher ticket block|unblock|blocked|entry: what organisers tell the doors.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/order.h"
#include "cmd/session.h"
#include "cmd/ticket.h"
#include "cmd/when.h"
#include "sale/entry.h"
#include "term/sheet.h"
#include "usher/v1/door.pb-c.h"

struct block_values {
    struct session_values session;
    const char *order; /* positional: an order's id or number */
    const char *seats;
    const char *reason;
    const char *early, *late;
    int64_t performance_id;
};

#define CALL(session, method, request, ret)                                                        \
    session_call_of((session), &usher__v1__door_service__descriptor, Usher__V1__DoorService,       \
                    method, (request), (ret))

#define SEATS                                                                                      \
    {                                                                                              \
        "seats", CONF_STR, offsetof(struct block_values, seats), "", 0, 100,                       \
            .help = "these alone, by number, as in 17,18"                                          \
    }
#define PERFORMANCE                                                                                \
    {                                                                                              \
        "performance", CONF_INT, offsetof(struct block_values, performance_id), NULL, 1,           \
            UINT32_MAX, .help = "whose doors", .required = true                                    \
    }

/* ---- blocks ---- */

static int print_blocks(struct session *session, const struct block_values *values,
                        const Usher__V1__TicketBlocks *answer)
{
    static const char *const heads[] = {"order", "seat", "since", "reason"};
    struct sheet sheet;
    if (values->session.json)
        return session_print_json(session, answer);
    if (answer->n_blocks == 0) {
        printf("no ticket is blocked\n");
        return CMD_OK;
    }
    sheet_init(&sheet, "lrll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_blocks; i++) {
        const Usher__V1__TicketBlock *block = answer->blocks[i];
        char since[WHEN_TEXT_MAX];
        when_format(block->created_at_ms, since);
        sheet_put(&sheet, "%s", block->order_id);
        sheet_put(&sheet, "%u", block->seat);
        sheet_put(&sheet, "%s", since);
        sheet_put(&sheet, "%s", block->reason);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

/* The order and the seats that the words name: seats has room for ORDER_SEATS_MAX. */
static int read_aim(struct session *session, const struct block_values *values, uint32_t *ret_seats,
                    size_t *ret_count, const char **ret_order_id)
{
    const int code = order_read_seats(session->command, values->seats, ret_seats, ret_count);
    return code == CMD_OK ? order_find_id(session, values->order, ret_order_id) : code;
}

static int block(struct session *session, void *arg)
{
    const struct block_values *values = arg;
    Usher__V1__BlockTicketsRequest wish = USHER__V1__BLOCK_TICKETS_REQUEST__INIT;
    const Usher__V1__TicketBlocks *answer;
    uint32_t seats[ORDER_SEATS_MAX];
    const char *order_id;
    int code = read_aim(session, values, seats, &wish.n_seats, &order_id);
    if (code != CMD_OK)
        return code;
    wish.order_id = (char *)order_id;
    wish.seats = seats;
    wish.reason = (char *)values->reason;
    code = CALL(session, block_tickets, &wish, &answer);
    return code == CMD_OK ? print_blocks(session, values, answer) : code;
}

static int unblock(struct session *session, void *arg)
{
    const struct block_values *values = arg;
    Usher__V1__UnblockTicketsRequest wish = USHER__V1__UNBLOCK_TICKETS_REQUEST__INIT;
    const Usher__V1__TicketBlocks *answer;
    uint32_t seats[ORDER_SEATS_MAX];
    const char *order_id;
    int code = read_aim(session, values, seats, &wish.n_seats, &order_id);
    if (code != CMD_OK)
        return code;
    wish.order_id = (char *)order_id;
    wish.seats = seats;
    code = CALL(session, unblock_tickets, &wish, &answer);
    return code == CMD_OK ? print_blocks(session, values, answer) : code;
}

static int blocked(struct session *session, void *arg)
{
    const struct block_values *values = arg;
    Usher__V1__ListTicketBlocksRequest wish = USHER__V1__LIST_TICKET_BLOCKS_REQUEST__INIT;
    const Usher__V1__TicketBlocks *answer;
    wish.performance_id = (uint32_t)values->performance_id;
    const int code = CALL(session, list_ticket_blocks, &wish, &answer);
    return code == CMD_OK ? print_blocks(session, values, answer) : code;
}

static const struct conf_option block_options[] = {
    SEATS,
    {"reason", CONF_STR, offsetof(struct block_values, reason), NULL, 1, 200,
     .help = "why, for the staff at the door", .required = true},
    SESSION_OPTIONS(struct block_values, session),
};
static const struct conf_option unblock_options[] = {
    SEATS,
    SESSION_OPTIONS(struct block_values, session),
};
static const struct conf_option blocked_options[] = {
    PERFORMANCE,
    SESSION_OPTIONS(struct block_values, session),
};

#define COUNT(options) (sizeof(options) / sizeof((options)[0]))

const struct conf_table ticket_block_table = {
    .command = "usher ticket block",
    .summary = "Keeps the tickets of an order from the doors; order and money stay as they are.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = block_options,
    .option_count = COUNT(block_options),
};
const struct conf_table ticket_unblock_table = {
    .command = "usher ticket unblock",
    .summary = "Lets blocked tickets of an order in again.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = unblock_options,
    .option_count = COUNT(unblock_options),
};
const struct conf_table ticket_blocked_table = {
    .command = "usher ticket blocked",
    .summary = "Tells which tickets of a performance are blocked, the last 1,000.",
    .options = blocked_options,
    .option_count = COUNT(blocked_options),
};

int ticket_block_command(int argc, char **argv)
{
    struct block_values values = {0};
    return session_command(&ticket_block_table, argc, argv, &values, &values.session, &values.order,
                           block);
}

int ticket_unblock_command(int argc, char **argv)
{
    struct block_values values = {0};
    return session_command(&ticket_unblock_table, argc, argv, &values, &values.session,
                           &values.order, unblock);
}

int ticket_blocked_command(int argc, char **argv)
{
    struct block_values values = {0};
    return session_command(&ticket_blocked_table, argc, argv, &values, &values.session,
                           &values.order, blocked);
}

/* ---- when people are let in ---- */

static int read_minutes(struct session *session, const char *name, const char *text,
                        uint32_t *ret_minutes)
{
    uint64_t minutes;
    if (!view_to_u64(view_str(text), ENTRY_MINUTES_MAX, &minutes))
        return cmd_fail(session->command, CMD_USAGE, "--%s %s: minutes, at most %d", name, text,
                        ENTRY_MINUTES_MAX);
    *ret_minutes = (uint32_t)minutes;
    return CMD_OK;
}

static int ask_times(struct session *session, const struct block_values *values,
                     const Usher__V1__EntryTimes **ret_times)
{
    Usher__V1__GetEntryTimesRequest ask = USHER__V1__GET_ENTRY_TIMES_REQUEST__INIT;
    Usher__V1__SetEntryTimesRequest wish = USHER__V1__SET_ENTRY_TIMES_REQUEST__INIT;
    int code = CMD_OK;
    ask.performance_id = wish.performance_id = (uint32_t)values->performance_id;
    if (!values->early[0] && !values->late[0])
        return CALL(session, get_entry_times, &ask, ret_times);
    if (values->early[0]) {
        wish.early_choice_case = USHER__V1__SET_ENTRY_TIMES_REQUEST__EARLY_CHOICE_EARLY_MINUTES;
        code = read_minutes(session, "early", values->early, &wish.early_minutes);
    }
    if (code == CMD_OK && values->late[0]) {
        wish.late_choice_case = USHER__V1__SET_ENTRY_TIMES_REQUEST__LATE_CHOICE_LATE_MINUTES;
        code = read_minutes(session, "late", values->late, &wish.late_minutes);
    }
    return code == CMD_OK ? CALL(session, set_entry_times, &wish, ret_times) : code;
}

static int entry(struct session *session, void *arg)
{
    const struct block_values *values = arg;
    const Usher__V1__EntryTimes *times;
    char from[WHEN_TEXT_MAX] = "any time", until[WHEN_TEXT_MAX] = "any time";
    const int code = ask_times(session, values, &times);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, times) : code;
    if (times->enters_at_ms != 0)
        when_format(times->enters_at_ms, from);
    if (times->enters_until_ms != 0)
        when_format(times->enters_until_ms, until);
    printf("performance %u lets people in from %s until %s\n", times->performance_id, from, until);
    return CMD_OK;
}

static const struct conf_option entry_options[] = {
    PERFORMANCE,
    {"early", CONF_STR, offsetof(struct block_values, early), "", 0, 6,
     .help = "minutes before the doors open (or the start, where nobody said when they do)"},
    {"late", CONF_STR, offsetof(struct block_values, late), "", 0, 6,
     .help = "minutes after the start; 0: nobody says when the evening ends"},
    SESSION_OPTIONS(struct block_values, session),
};

const struct conf_table ticket_entry_table = {
    .command = "usher ticket entry",
    .summary = "Tells, or sets, from when until when the doors of a performance let people in.\n"
               "Where nobody set it: from 30 minutes before doors that were told, without an end.",
    .options = entry_options,
    .option_count = COUNT(entry_options),
};

int ticket_entry_command(int argc, char **argv)
{
    struct block_values values = {0};
    return session_command(&ticket_entry_table, argc, argv, &values, &values.session, &values.order,
                           entry);
}
