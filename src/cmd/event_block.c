/*
 * usher event block|unblock|blocks: places that an organiser keeps back from sale (house seats).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/event.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "term/sheet.h"
#include "usher/v1/ticket.pb-c.h"

#define SEATS_MAX 1000 /* in one request: the server's limit */

struct block_values {
    struct session_values session;
    const char *word; /* the performance */
    const char *seats;
    const char *reason;
    const char *until;
    const char *block;
};

static int read_performance(const struct session *session, const struct block_values *values,
                            uint32_t *ret_id)
{
    uint64_t id;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    *ret_id = (uint32_t)id;
    return CMD_OK;
}

/* "0-15,20": one piece of it, with the places added. */
static bool read_range(struct view piece, uint32_t *seats, size_t *count)
{
    const char *dash = piece.len > 0 ? memchr(piece.at, '-', piece.len) : NULL;
    const size_t first_len = dash ? (size_t)(dash - piece.at) : piece.len;
    uint64_t first, last;
    if (!view_to_u64(view_of(piece.at, first_len), UINT32_MAX, &first))
        return false;
    last = first;
    if (dash && !view_to_u64(view_of(dash + 1, piece.len - first_len - 1), UINT32_MAX, &last))
        return false;
    if (last < first || last - first >= SEATS_MAX - *count)
        return false;
    for (uint64_t seat = first; seat <= last; seat++)
        seats[(*count)++] = (uint32_t)seat;
    return true;
}

static int read_seats(const struct session *session, const char *text, uint32_t *seats,
                      size_t *ret_count)
{
    *ret_count = 0;
    for (const char *at = text; *at;) {
        const size_t len = strcspn(at, ",");
        if (!read_range(view_of(at, len), seats, ret_count))
            return cmd_fail(session->command, CMD_USAGE,
                            "--seats %s: write places by number, as in 0-15,20, at most %d", text,
                            SEATS_MAX);
        at += len + (at[len] == ',');
    }
    return CMD_OK;
}

static int block(struct session *session, void *arg)
{
    const struct block_values *values = arg;
    static uint32_t seats[SEATS_MAX];
    Usher__V1__BlockSeatsRequest wish = USHER__V1__BLOCK_SEATS_REQUEST__INIT;
    const Usher__V1__BlockSeatsResponse *answer;
    int32_t offset;
    int code = read_performance(session, values, &wish.performance_id);
    if (code == CMD_OK)
        code = read_seats(session, values->seats, seats, &wish.n_seats);
    if (code == CMD_OK && values->until[0] &&
        when_parse(view_str(values->until), clock_wall_ms(clock_system()), &wish.until_ms,
                   &offset) != 0)
        code = cmd_fail(session->command, CMD_USAGE,
                        "--until %s: write 2026-12-24T19:30+09:00, or +2h, or +30d", values->until);
    if (code != CMD_OK)
        return code;
    wish.seats = seats;
    wish.reason = (char *)values->reason;
    code = session_call(session, block_seats, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    printf("block %s: %zu places are kept back\n", answer->block->block_id, answer->block->n_seats);
    for (size_t i = 0; i < answer->block->n_labels; i++)
        printf("  %s\n", answer->block->labels[i]);
    if (answer->n_taken > 0)
        printf("%zu places were not free, and stay as they are\n", answer->n_taken);
    return answer->block->n_seats > 0 ? CMD_OK : CMD_FALSE;
}

static int unblock(struct session *session, void *arg)
{
    const struct block_values *values = arg;
    static uint32_t seats[SEATS_MAX];
    Usher__V1__UnblockSeatsRequest wish = USHER__V1__UNBLOCK_SEATS_REQUEST__INIT;
    const Usher__V1__UnblockSeatsResponse *answer;
    int code = read_performance(session, values, &wish.performance_id);
    if (code == CMD_OK)
        code = read_seats(session, values->seats, seats, &wish.n_seats);
    if (code != CMD_OK)
        return code;
    wish.seats = seats;
    wish.block_id = (char *)values->block;
    code = session_call(session, unblock_seats, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    printf("%u places go on sale again, each after its rest\n", answer->place_count);
    return answer->place_count > 0 ? CMD_OK : CMD_FALSE;
}

static int blocks(struct session *session, void *arg)
{
    static const char *const heads[] = {"block", "places", "until", "reason"};
    const struct block_values *values = arg;
    Usher__V1__ListSeatBlocksRequest wish = USHER__V1__LIST_SEAT_BLOCKS_REQUEST__INIT;
    const Usher__V1__ListSeatBlocksResponse *answer;
    struct sheet sheet;
    char until[WHEN_TEXT_MAX];
    int code = read_performance(session, values, &wish.performance_id);
    if (code == CMD_OK)
        code = session_call(session, list_seat_blocks, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    if (answer->n_blocks == 0) {
        printf("nothing is kept back\n");
        return CMD_OK;
    }
    sheet_init(&sheet, "lrll");
    for (size_t i = 0; i < 4; i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_blocks; i++) {
        const Usher__V1__SeatBlock *one = answer->blocks[i];
        if (one->until_ms != 0)
            when_format(one->until_ms, until);
        sheet_put(&sheet, "%s", one->block_id);
        sheet_put(&sheet, "%zu", one->n_seats);
        sheet_put(&sheet, "%s", one->until_ms != 0 ? until : "ended by hand");
        sheet_put(&sheet, "%s", one->reason);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static const struct conf_option block_options[] = {
    {"seats", CONF_STR, offsetof(struct block_values, seats), "", 0, 8000,
     .help = "the places, by number: 0-15,20"},
    {"reason", CONF_STR, offsetof(struct block_values, reason), "", 0, 100,
     .help = "why: \"sound desk\", \"press\""},
    {"until", CONF_STR, offsetof(struct block_values, until), "", 0, 64,
     .help = "it ends by itself then: 2026-12-24T19:30+09:00, or +2h; else by usher event unblock"},
    SESSION_OPTIONS(struct block_values, session),
};

static const struct conf_option unblock_options[] = {
    {"block", CONF_STR, offsetof(struct block_values, block), "", 0, 64,
     .help = "its number, of usher event blocks"},
    {"seats", CONF_STR, offsetof(struct block_values, seats), "", 0, 8000,
     .help = "these places alone, by number: 0-15,20"},
    SESSION_OPTIONS(struct block_values, session),
};

static const struct conf_option blocks_options[] = {
    SESSION_OPTIONS(struct block_values, session),
};

EVENT_PLACES_TABLE(block, "Keeps free places of a performance back from sale, with a reason.")
EVENT_PLACES_TABLE(unblock, "Lets places that were kept back go on sale again.")
EVENT_PLACES_TABLE(blocks, "Lists what is kept back of a performance.")

static int run(const struct conf_table *table, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct block_values values = {0};
    return session_command(table, argc, argv, &values, &values.session, &values.word, body);
}

int event_block_command(int argc, char **argv)
{
    return run(&event_block_table, argc, argv, block);
}

int event_unblock_command(int argc, char **argv)
{
    return run(&event_unblock_table, argc, argv, unblock);
}

int event_blocks_command(int argc, char **argv)
{
    return run(&event_blocks_table, argc, argv, blocks);
}
