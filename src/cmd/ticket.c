#include "cmd/ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chance/chance.h"
#include "cmd/object.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "usher/v1/door.pb-c.h"

struct ticket_values {
    struct session_values session;
    const char *code; /* or order */
    const char *gate;
    const char *out;
    const char *format;
    const char *name, *email, *language; /* of a friend */
    int64_t performance_id;
    int64_t seat;
    bool leaving;
    bool force;
};

#define CALL(session, method, request, ret)                                                        \
    session_call_of((session), &usher__v1__door_service__descriptor, Usher__V1__DoorService,       \
                    method, (request), (ret))

/* ---- check ---- */

static const struct conf_option check_options[] = {
    {"performance", CONF_INT, offsetof(struct ticket_values, performance_id), NULL, 1, UINT32_MAX,
     .help = "whose door it is", .required = true},
    {"gate", CONF_STR, offsetof(struct ticket_values, gate), "", 0, 100, .help = "which gate"},
    {"leaving", CONF_BOOL, offsetof(struct ticket_values, leaving), "no",
     .help = "somebody goes out"},
    {"force", CONF_BOOL, offsetof(struct ticket_values, force), "no",
     .help = "let in although the door refuses; the reason is kept"},
    SESSION_OPTIONS(struct ticket_values, session),
};

static const struct conf_table check_table = {
    .command = "usher ticket check",
    .summary = "Checks a code and lets its holder in, or out. Exit code 0: let through, 1: not.",
    .positional = "CODE",
    .positional_min = 1,
    .positional_max = 1,
    .options = check_options,
    .option_count = sizeof(check_options) / sizeof(check_options[0]),
};

static const char *result_text(Usher__V1__CheckInResult result)
{
    static const char *const texts[] = {"no answer",
                                        "let through",
                                        "no code of ours",
                                        "cancelled: the ticket was given back",
                                        "revoked: the ticket was passed on, a newer code is good",
                                        "inside already",
                                        "a ticket for another performance",
                                        "a code of minutes ago: a picture of a screen",
                                        "goes out, but never came in",
                                        "unpaid: the money is not there",
                                        "blocked by the organiser",
                                        "not the time to come in"};
    return result < sizeof(texts) / sizeof(texts[0]) ? texts[result] : "unknown";
}

static void print_time(const char *word, int64_t at_ms)
{
    char when[WHEN_TEXT_MAX];
    if (at_ms == 0)
        return;
    when_format(at_ms, when);
    printf("let in %s %s\n", word, when);
}

static void print_check(const Usher__V1__CheckInResponse *answer)
{
    char when[WHEN_TEXT_MAX];
    printf("%s\n", result_text(answer->result));
    if (answer->label[0])
        printf("%s%s%s, order %s\n", answer->label, answer->name[0] ? ", " : "", answer->name,
               answer->order_number);
    if (answer->block_reason[0])
        printf("%s\n", answer->block_reason);
    if (answer->owes)
        printf("not paid yet: the box office is to collect it\n");
    print_time("from", answer->enters_at_ms);
    print_time("until", answer->enters_until_ms);
    if (answer->first_in_at_ms == 0)
        return;
    when_format(answer->first_in_at_ms, when);
    printf("inside since %s%s%s\n", when, answer->first_gate[0] ? ", gate " : "",
           answer->first_gate);
}

static int check(struct session *session, void *arg)
{
    const struct ticket_values *values = arg;
    Usher__V1__CheckInRequest request = USHER__V1__CHECK_IN_REQUEST__INIT;
    const Usher__V1__CheckInResponse *answer;
    char nonce[ID_TEXT_CHARS + 1];
    id_format(chance_id(chance_system()), nonce);
    request.code = (char *)values->code;
    request.performance_id = (uint32_t)values->performance_id;
    request.nonce = nonce;
    request.gate = (char *)values->gate;
    request.direction =
        values->leaving ? USHER__V1__DIRECTION__DIRECTION_OUT : USHER__V1__DIRECTION__DIRECTION_IN;
    request.force = values->force;
    int code = CALL(session, check_in, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        code = session_print_json(session, answer);
    else
        print_check(answer);
    return code == CMD_OK && answer->result != USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_OK
               ? CMD_FALSE
               : code;
}

/* ---- file ---- */

static const struct conf_option file_options[] = {
    {"out", CONF_PATH, offsetof(struct ticket_values, out), NULL,
     .help = "the file to write; - is standard output", .required = true},
    {"format", CONF_CHOICE, offsetof(struct ticket_values, format), "pdf", .help = "what to make",
     .choices = "pdf|calendar|pkpass"},
    SESSION_OPTIONS(struct ticket_values, session),
};

static const struct conf_table file_table = {
    .command = "usher ticket file",
    .summary = "Writes the tickets of an order as a PDF file, a calendar entry or a wallet pass.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = file_options,
    .option_count = sizeof(file_options) / sizeof(file_options[0]),
};

static int write_file(const char *path, const ProtobufCBinaryData *content)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (!file)
        return cmd_fail("ticket file", CMD_FALSE, "%s: %s", path, strerrordesc_np(errno));
    const bool written = fwrite(content->data, 1, content->len, file) == content->len;
    const bool closed = file == stdout ? fflush(file) == 0 : fclose(file) == 0;
    return written && closed
               ? CMD_OK
               : cmd_fail("ticket file", CMD_FALSE, "%s: %s", path, strerrordesc_np(errno));
}

static Usher__V1__TicketFormat format_of(const char *word)
{
    if (strcmp(word, "calendar") == 0)
        return USHER__V1__TICKET_FORMAT__TICKET_FORMAT_CALENDAR;
    return strcmp(word, "pkpass") == 0 ? USHER__V1__TICKET_FORMAT__TICKET_FORMAT_PKPASS
                                       : USHER__V1__TICKET_FORMAT__TICKET_FORMAT_PDF;
}

static int make_file(struct session *session, void *arg)
{
    const struct ticket_values *values = arg;
    Usher__V1__GetTicketFileRequest request = USHER__V1__GET_TICKET_FILE_REQUEST__INIT;
    const Usher__V1__TicketFile *answer;
    request.order_id = (char *)values->code;
    request.format = format_of(values->format);
    if (values->session.json && strcmp(values->out, "-") == 0)
        return cmd_fail("ticket file", CMD_USAGE,
                        "--out - and --json cannot share standard output");
    int code = CALL(session, get_ticket_file, &request, &answer);
    if (code != CMD_OK)
        return code;
    code = write_file(values->out, &answer->content);
    return code == CMD_OK && values->session.json
               ? object_print("ticket file", json_pack("{s:s, s:I}", "file", values->out, "bytes",
                                                       (json_int_t)answer->content.len))
               : code;
}

/* ---- renew ---- */

static const struct conf_option renew_options[] = {
    {"seat", CONF_INT, offsetof(struct ticket_values, seat), NULL, 0, UINT32_MAX,
     .help = "the seat's index in the hall", .required = true},
    SESSION_OPTIONS(struct ticket_values, session),
};

static const struct conf_table renew_table = {
    .command = "usher ticket renew",
    .summary = "Ends the codes of a ticket and begins others, which it prints.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = renew_options,
    .option_count = sizeof(renew_options) / sizeof(renew_options[0]),
};

/* The generation of a ticket's codes now. */
static int ask_generation(struct session *session, const struct ticket_values *values,
                          uint32_t *ret_generation)
{
    Usher__V1__GetTicketCodesRequest ask = USHER__V1__GET_TICKET_CODES_REQUEST__INIT;
    const Usher__V1__TicketCodes *codes;
    ask.order_id = (char *)values->code;
    int code = CALL(session, get_ticket_codes, &ask, &codes);
    for (size_t i = 0; code == CMD_OK && i < codes->n_tickets; i++) {
        if (codes->tickets[i]->seat == (uint32_t)values->seat)
            *ret_generation = codes->tickets[i]->generation;
    }
    return code;
}

static int renew(struct session *session, void *arg)
{
    const struct ticket_values *values = arg;
    Usher__V1__RenewTicketRequest request = USHER__V1__RENEW_TICKET_REQUEST__INIT;
    const Usher__V1__TicketCodes *codes;
    request.order_id = (char *)values->code;
    request.seat = (uint32_t)values->seat;
    int code = ask_generation(session, values, &request.generation);
    if (code == CMD_OK)
        code = CALL(session, renew_ticket, &request, &codes);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, codes);
    for (size_t i = 0; i < codes->n_tickets; i++) {
        if (codes->tickets[i]->seat == request.seat)
            printf("%s\n", codes->tickets[i]->signed_code);
    }
    return CMD_OK;
}

/* ---- pass ---- */

static const struct conf_option pass_options[] = {
    {"seat", CONF_INT, offsetof(struct ticket_values, seat), NULL, 0, UINT32_MAX,
     .help = "the seat's index in the hall", .required = true},
    {"name", CONF_STR, offsetof(struct ticket_values, name), NULL, 1, 100,
     .help = "the friend's name", .required = true},
    {"email", CONF_STR, offsetof(struct ticket_values, email), NULL, 3, 254,
     .help = "where the ticket goes", .required = true},
    {"language", CONF_CHOICE, offsetof(struct ticket_values, language), "en", .help = "of the mail",
     .choices = "en|ko"},
    SESSION_OPTIONS(struct ticket_values, session),
};

static const struct conf_table pass_table = {
    .command = "usher ticket pass",
    .summary = "Passes a ticket on to a friend, by mail. Its codes so far end.\n"
               "usher ticket renew takes it back.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = pass_options,
    .option_count = sizeof(pass_options) / sizeof(pass_options[0]),
};

static int pass_on(struct session *session, void *arg)
{
    const struct ticket_values *values = arg;
    Usher__V1__PassTicketOnRequest request = USHER__V1__PASS_TICKET_ON_REQUEST__INIT;
    const Usher__V1__PassTicketOnResponse *answer;
    request.order_id = (char *)values->code;
    request.seat = (uint32_t)values->seat;
    request.name = (char *)values->name;
    request.email = (char *)values->email;
    request.language = (char *)values->language;
    int code = ask_generation(session, values, &request.generation);
    if (code == CMD_OK)
        code = CALL(session, pass_ticket_on, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    printf("passed on to %s\n", answer->to);
    return CMD_OK;
}

/* ---- the commands ---- */

static int run(const char *name, const struct conf_table *table, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct ticket_values values = {0};
    struct conf conf;
    int code = cmd_options(table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.code = conf.positional[0];
    code = session_run(name, &values.session, SESSION_ORGANISER, body, &values);
    conf_release(&conf);
    return code;
}

static int check_command(int argc, char **argv)
{
    return run("ticket check", &check_table, argc, argv, check);
}

static int file_command(int argc, char **argv)
{
    return run("ticket file", &file_table, argc, argv, make_file);
}

static int renew_command(int argc, char **argv)
{
    return run("ticket renew", &renew_table, argc, argv, renew);
}

static int pass_command(int argc, char **argv)
{
    return run("ticket pass", &pass_table, argc, argv, pass_on);
}

const struct cmd ticket_commands[TICKET_COMMANDS] = {
    {"block", "keeps an order's tickets from the doors", ticket_block_command,
     .table = &ticket_block_table},
    {"blocked", "which tickets are blocked", ticket_blocked_command,
     .table = &ticket_blocked_table},
    {"check", "a code at a door", check_command, .table = &check_table},
    {"entry", "from when until when the doors let people in", ticket_entry_command,
     .table = &ticket_entry_table},
    {"file", "an order's tickets as a PDF file, a calendar entry or a wallet pass", file_command,
     .table = &file_table},
    {"pass", "to a friend, by mail", pass_command, .table = &pass_table},
    {"renew", "ends a ticket's codes and begins others", renew_command, .table = &renew_table},
    {"unblock", "lets blocked tickets in again", ticket_unblock_command,
     .table = &ticket_unblock_table},
};
