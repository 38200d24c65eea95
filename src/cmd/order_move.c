/*
 * usher order move: tickets of an order are for other places from now on.
 */
#include <stdio.h>

#include "cmd/order.h"
#include "cmd/session.h"
#include "usher/v1/ticket.pb-c.h"

struct move_values {
    struct session_values session;
    const char *word; /* an order's id or number */
    const char *seats;
    int64_t waive;
    bool check;
};

struct moves {
    Usher__V1__SeatMove one[ORDER_SEATS_MAX], *list[ORDER_SEATS_MAX];
    size_t count;
};

/* "17:30,18:31": as order_find_id. */
static int read_moves(const char *command, const char *text, struct moves *ret_moves)
{
    struct view rest = view_str(text);
    ret_moves->count = 0;
    while (rest.len > 0) {
        const char *comma = memchr(rest.at, ',', rest.len);
        const size_t len = comma ? (size_t)(comma - rest.at) : rest.len;
        const char *colon = memchr(rest.at, ':', len);
        const size_t from_len = colon ? (size_t)(colon - rest.at) : len;
        uint64_t from, to;
        if (!colon || ret_moves->count == ORDER_SEATS_MAX ||
            !view_to_u64(view_of(rest.at, from_len), UINT32_MAX, &from) ||
            !view_to_u64(view_of(colon + 1, len - from_len - 1), UINT32_MAX, &to))
            return cmd_fail(command, CMD_USAGE,
                            "--seats %s: at most %d pairs of numbers, as in 17:30,18:31", text,
                            ORDER_SEATS_MAX);
        Usher__V1__SeatMove *move = &ret_moves->one[ret_moves->count];
        usher__v1__seat_move__init(move);
        move->from = (uint32_t)from;
        move->to = (uint32_t)to;
        ret_moves->list[ret_moves->count++] = move;
        rest = comma ? view_of(comma + 1, rest.len - len - 1) : (struct view){0};
    }
    return CMD_OK;
}

static int move(struct session *session, void *arg)
{
    const struct move_values *values = arg;
    Usher__V1__MoveSeatsRequest wish = USHER__V1__MOVE_SEATS_REQUEST__INIT;
    const Usher__V1__MoveSeatsResponse *moved;
    struct moves moves;
    const char *order_id;
    int code = read_moves(session->command, values->seats, &moves);
    if (code == CMD_OK)
        code = order_find_id(session, values->word, &order_id);
    if (code != CMD_OK)
        return code;
    wish.order_id = (char *)order_id;
    wish.moves = moves.list;
    wish.n_moves = moves.count;
    wish.difference = values->waive;
    wish.check = values->check;
    code = session_call(session, move_seats, &wish, &moved);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, moved);
    if (values->check) {
        printf("these places are free, and cost %lld more than the tickets did; nothing moved\n",
               (long long)moved->difference);
        return CMD_OK;
    }
    printf("order %s %s these places; the old codes of the others have ended\n",
           moved->order->order_number, moved->again ? "has had" : "has");
    for (size_t i = 0; i < moved->order->n_tickets; i++)
        printf("  %u  %s\n", moved->order->tickets[i]->seat, moved->order->tickets[i]->label);
    return CMD_OK;
}

static const struct conf_option move_options[] = {
    {"seats", CONF_STR, offsetof(struct move_values, seats), NULL, 1, 200,
     .help = "which ticket goes where, by the numbers of the seats, as in 17:30,18:31"},
    {"waive", CONF_INT, offsetof(struct move_values, waive), "0", INT64_MIN, INT64_MAX,
     .help = "what the new places cost more (less: negative), which nobody pays"},
    {"check", CONF_BOOL, offsetof(struct move_values, check), "no",
     .help = "move nothing; say what the new places cost more"},
    SESSION_OPTIONS(struct move_values, session),
};

const struct conf_table order_move_table = {
    .command = "usher order move",
    .summary = "Moves tickets of an order to other free places, and mails the new tickets.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = move_options,
    .option_count = sizeof(move_options) / sizeof(move_options[0]),
};

int order_move_command(int argc, char **argv)
{
    struct move_values values = {0};
    return session_command(&order_move_table, argc, argv, &values, &values.session, &values.word,
                           move);
}
