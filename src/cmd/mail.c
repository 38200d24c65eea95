#include "cmd/mail.h"

#include <stdio.h>

#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "term/sheet.h"
#include "usher/v1/door.pb-c.h"

struct mail_values {
    struct session_values session;
    const char *to;
    int64_t count;
    bool raw;
    uint64_t mail_id;
};

#define CALL(session, method, request, ret)                                                        \
    session_call_of((session), &usher__v1__door_service__descriptor, Usher__V1__DoorService,       \
                    method, (request), (ret))

/* ---- list ---- */

static const struct conf_option list_options[] = {
    {"to", CONF_STR, offsetof(struct mail_values, to), "", .help = "to this address alone"},
    {"count", CONF_INT, offsetof(struct mail_values, count), "20", 1, 100,
     .help = "how many, the newest first"},
    SESSION_OPTIONS(struct mail_values, session),
};

static const struct conf_table list_table = {
    .command = "usher mail list",
    .summary = "Lists mails, the newest first.",
    .options = list_options,
    .option_count = sizeof(list_options) / sizeof(list_options[0]),
};

static void print_list(const Usher__V1__ListMailsResponse *answer)
{
    static const char *const heads[] = {"mail", "made", "to", "about", "state", "tries", "error"};
    struct sheet sheet;
    char made[WHEN_TEXT_MAX];
    sheet_init(&sheet, "rllllrl");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_mails; i++) {
        const Usher__V1__Mail *mail = answer->mails[i];
        when_format(mail->created_at_ms, made);
        sheet_put(&sheet, "%llu", (unsigned long long)mail->mail_id);
        sheet_put(&sheet, "%s", made);
        sheet_put(&sheet, "%s", mail->to);
        sheet_put(&sheet, "%s", mail->template_);
        sheet_put(&sheet, "%s", mail->state);
        sheet_put(&sheet, "%u", mail->tries);
        sheet_put(&sheet, "%s", mail->last_error);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static int list(struct session *session, void *arg)
{
    const struct mail_values *values = arg;
    Usher__V1__ListMailsRequest request = USHER__V1__LIST_MAILS_REQUEST__INIT;
    const Usher__V1__ListMailsResponse *answer;
    request.to = (char *)values->to;
    request.page_size = (uint32_t)values->count;
    int code = CALL(session, list_mails, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    if (answer->n_mails == 0)
        printf("no mails\n");
    else
        print_list(answer);
    return CMD_OK;
}

static int list_command(int argc, char **argv)
{
    struct mail_values values = {0};
    struct conf conf;
    int code = cmd_options(&list_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("mail list", &values.session, SESSION_ORGANISER, list, &values);
    conf_release(&conf);
    return code;
}

/* ---- commands that name a mail ---- */

static const struct conf_option one_options[] = {
    {"raw", CONF_BOOL, offsetof(struct mail_values, raw), "no",
     .help = "the whole mail as it goes over the wire (RFC 5322)"},
    SESSION_OPTIONS(struct mail_values, session),
};

static const struct conf_table show_table = {
    .command = "usher mail show",
    .summary = "Shows a mail: its words, or with --raw all of it.",
    .positional = "MAIL",
    .positional_min = 1,
    .positional_max = 1,
    .options = one_options,
    .option_count = sizeof(one_options) / sizeof(one_options[0]),
};

static const struct conf_table again_table = {
    .command = "usher mail send-again",
    .summary = "Sends a mail again that was kept, failed or got lost.",
    .positional = "MAIL",
    .positional_min = 1,
    .positional_max = 1,
    .options = one_options + 1,
    .option_count = sizeof(one_options) / sizeof(one_options[0]) - 1,
};

static int show(struct session *session, void *arg)
{
    const struct mail_values *values = arg;
    Usher__V1__GetMailRequest request = USHER__V1__GET_MAIL_REQUEST__INIT;
    const Usher__V1__Mail *mail;
    request.mail_id = values->mail_id;
    int code = CALL(session, get_mail, &request, &mail);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, mail);
    if (mail->message.len == 0)
        return cmd_fail("mail show", CMD_FALSE,
                        "mail %llu to %s (%s, %s) has no words any more: its order is void, or "
                        "what it said was secret and is forgotten",
                        (unsigned long long)mail->mail_id, mail->to, mail->template_, mail->state);
    if (values->raw) {
        fwrite(mail->message.data, 1, mail->message.len, stdout);
        return CMD_OK;
    }
    printf("To: %s\nSubject: %s\nState: %s%s%s\n\n%s", mail->to, mail->subject, mail->state,
           mail->last_error[0] ? ", " : "", mail->last_error, mail->text);
    return CMD_OK;
}

static int again(struct session *session, void *arg)
{
    const struct mail_values *values = arg;
    Usher__V1__SendMailAgainRequest request = USHER__V1__SEND_MAIL_AGAIN_REQUEST__INIT;
    const Usher__V1__Mail *mail;
    request.mail_id = values->mail_id;
    int code = CALL(session, send_mail_again, &request, &mail);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, mail);
    printf("mail %llu to %s is %s\n", (unsigned long long)mail->mail_id, mail->to, mail->state);
    return CMD_OK;
}

/* Reads "MAIL [options]" and runs body as the operator. */
static int with_mail(const char *name, const struct conf_table *table, int argc, char **argv,
                     int (*body)(struct session *session, void *arg))
{
    struct mail_values values = {0};
    struct conf conf;
    int code = cmd_options(table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    if (!view_to_u64(view_str(conf.positional[0]), INT64_MAX, &values.mail_id))
        code = cmd_fail(name, CMD_USAGE, "\"%s\" is no mail's number; usher mail list tells them",
                        conf.positional[0]);
    else
        code = session_run(name, &values.session, SESSION_ORGANISER, body, &values);
    conf_release(&conf);
    return code;
}

static int show_command(int argc, char **argv)
{
    return with_mail("mail show", &show_table, argc, argv, show);
}

static int again_command(int argc, char **argv)
{
    return with_mail("mail send-again", &again_table, argc, argv, again);
}

/* ---- a bounce ---- */

#define BOUNCE_MAX       (256u << 10) /* bytes: what stands behind is the mail that came back */
#define EX_TEMPFAIL_CODE 75           /* sysexits.h: a mail server's pipe tries again */

static const struct conf_option bounce_options[] = {
    {"recipient", CONF_STR, offsetof(struct mail_values, to), "", 0, 300,
     .help = "the address that it came to; without it, as its head says"},
    SESSION_OPTIONS(struct mail_values, session),
};

static const struct conf_table bounce_table = {
    .command = "usher mail bounce",
    .summary = "Reads a bounce on standard input, from a mail server's pipe: its mail has failed.\n"
               "Exit code 0 where it was looked at, taken or not; 75: try again.",
    .options = bounce_options,
    .option_count = sizeof(bounce_options) / sizeof(bounce_options[0]),
};

static int bounce(struct session *session, void *arg)
{
    const struct mail_values *values = arg;
    Usher__V1__ReportBounceRequest request = USHER__V1__REPORT_BOUNCE_REQUEST__INIT;
    const Usher__V1__ReportBounceResponse *answer;
    request.recipient = (char *)values->to;
    request.message.data = arena_alloc(&session->arena, BOUNCE_MAX);
    if (!request.message.data)
        return cmd_fail("mail bounce", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    request.message.len = fread(request.message.data, 1, BOUNCE_MAX, stdin);
    while (getchar() != EOF) {
        /* the rest is read, so that whoever writes it is not cut off */
    }
    const int code = CALL(session, report_bounce, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    if (!answer->mail) {
        fprintf(stderr, "usher mail bounce: %s\n", answer->refused);
        return CMD_OK;
    }
    const Usher__V1__Mail *mail = answer->mail;
    printf("mail %llu to %s is %s%s%s\n", (unsigned long long)mail->mail_id, mail->to, mail->state,
           mail->last_error[0] ? ", " : "", mail->last_error);
    return CMD_OK;
}

/* What is refused is refused for good: the pipe shall not keep it, nor send it back. What could not
 * be asked is kept. */
static int bounce_command(int argc, char **argv)
{
    struct mail_values values = {0};
    const char *word;
    const int code =
        session_command(&bounce_table, argc, argv, &values, &values.session, &word, bounce);
    return code == CMD_UNREACHED || code == CMD_FALSE ? EX_TEMPFAIL_CODE : code;
}

const struct cmd mail_commands[MAIL_COMMANDS] = {
    {"bounce", "one that came back, from a mail server's pipe", bounce_command,
     .table = &bounce_table},
    {"list", "the newest first", list_command, .table = &list_table},
    {"show", "one mail's words", show_command, .table = &show_table},
    {"send-again", "one that was kept, failed or got lost", again_command, .table = &again_table},
};
