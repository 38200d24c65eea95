/*
 * usher organiser bar|unbar|barred: whom an organiser does not sell to.
 */
#include <stdio.h>

#include "clock/clock.h"
#include "cmd/session.h"
#include "cmd/team.h"
#include "cmd/when.h"
#include "mem/id.h"
#include "term/sheet.h"
#include "usher/v1/ticket.pb-c.h"

struct bar_values {
    struct session_values session;
    const char *what; /* positional: an account, address or network; a bar's number */
    const char *reason;
    const char *until;
    int64_t organiser;
};

static void print_bars(Usher__V1__Bar *const *bars, size_t count)
{
    static const char *const heads[] = {"bar", "whom", "until", "reason"};
    struct sheet sheet;
    sheet_init(&sheet, "rlll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < count; i++) {
        char until[WHEN_TEXT_MAX] = "ended by hand";
        if (bars[i]->until_ms != 0)
            when_format(bars[i]->until_ms, until);
        sheet_put(&sheet, "%u", bars[i]->bar_id);
        sheet_put(&sheet, "%s", bars[i]->value);
        sheet_put(&sheet, "%s", until);
        sheet_put(&sheet, "%s", bars[i]->reason);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static int bar(struct session *session, void *arg)
{
    const struct bar_values *values = arg;
    Usher__V1__BarBuyerRequest wish = USHER__V1__BAR_BUYER_REQUEST__INIT;
    const Usher__V1__Bar *answer;
    struct id account_id;
    int32_t offset;
    if (values->until[0] && when_parse(view_str(values->until), clock_wall_ms(clock_system()),
                                       &wish.until_ms, &offset) != 0)
        return cmd_fail(session->command, CMD_USAGE,
                        "--until %s: write 2026-12-24T19:30+09:00, or +2h, or +30d", values->until);
    wish.organiser_id = (uint32_t)values->organiser;
    wish.kind = id_parse(view_str(values->what), &account_id) == 0
                    ? USHER__V1__BAR_KIND__BAR_KIND_ACCOUNT
                    : USHER__V1__BAR_KIND__BAR_KIND_ADDRESS;
    wish.value = (char *)values->what;
    wish.reason = (char *)values->reason;
    const int code = session_call(session, bar_buyer, &wish, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    Usher__V1__Bar *const one = (Usher__V1__Bar *)answer;
    print_bars(&one, 1);
    return CMD_OK;
}

static int unbar(struct session *session, void *arg)
{
    const struct bar_values *values = arg;
    Usher__V1__EndBarRequest wish = USHER__V1__END_BAR_REQUEST__INIT;
    const Usher__V1__EndBarResponse *answer;
    uint64_t bar_id;
    if (!view_to_u64(view_str(values->what), UINT32_MAX, &bar_id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no bar's number; usher organiser barred tells them",
                        values->what);
    wish.organiser_id = (uint32_t)values->organiser;
    wish.bar_id = (uint32_t)bar_id;
    const int code = session_call(session, end_bar, &wish, &answer);
    return code == CMD_OK && values->session.json ? session_print_json(session, answer) : code;
}

static int barred(struct session *session, void *arg)
{
    const struct bar_values *values = arg;
    Usher__V1__ListBarredRequest wish = USHER__V1__LIST_BARRED_REQUEST__INIT;
    const Usher__V1__ListBarredResponse *answer;
    wish.organiser_id = (uint32_t)values->organiser;
    const int code = session_call(session, list_barred, &wish, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    if (answer->n_bars == 0)
        printf("nobody is barred\n");
    else
        print_bars(answer->bars, answer->n_bars);
    return CMD_OK;
}

#define ORGANISER                                                                                  \
    {                                                                                              \
        "organiser", CONF_INT, offsetof(struct bar_values, organiser), "1", 1, UINT32_MAX,         \
            .help = "the organiser's number; 1 is there from the beginning"                        \
    }

static const struct conf_option bar_options[] = {
    {"reason", CONF_STR, offsetof(struct bar_values, reason), "", 0, 200,
     .help = "why, for the organiser; the barred are not told"},
    {"until", CONF_STR, offsetof(struct bar_values, until), "", 0, 64,
     .help = "it ends by itself then: 2026-12-24T19:30+09:00, or +2h; else by unbar"},
    ORGANISER,
    SESSION_OPTIONS(struct bar_values, session),
};
static const struct conf_option plain_options[] = {ORGANISER,
                                                   SESSION_OPTIONS(struct bar_values, session)};

#define TABLE(options_)                                                                            \
    .options = (options_), .option_count = sizeof(options_) / sizeof(options_[0])
const struct conf_table
    organiser_bar_table = {.command = "usher organiser bar",
                           .summary =
                               "Bars an account, an address or a network from holding, "
                               "ordering and joining\nlines in all that the organiser sells.",
                           .positional = "WHOM",
                           .positional_min = 1,
                           .positional_max = 1,
                           TABLE(bar_options)},
    organiser_unbar_table = {.command = "usher organiser unbar",
                             .summary = "Ends a bar.",
                             .positional = "BAR",
                             .positional_min = 1,
                             .positional_max = 1,
                             TABLE(plain_options)},
    organiser_barred_table = {.command = "usher organiser barred",
                              .summary = "Lists whom an organiser does not sell to.",
                              TABLE(plain_options)};

#define COMMAND(name)                                                                              \
    int organiser_##name##_command(int argc, char **argv)                                          \
    {                                                                                              \
        struct bar_values values = {0};                                                            \
        return session_command(&organiser_##name##_table, argc, argv, &values, &values.session,    \
                               &values.what, name);                                                \
    }
COMMAND(bar)
COMMAND(unbar)
COMMAND(barred)
