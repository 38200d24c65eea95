/*
 * usher event holders|unhold: who holds places of a performance, and the end of such a hold.
 */
#include <stdio.h>

#include "cmd/event.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "mem/view.h"
#include "term/sheet.h"
#include "usher/v1/ticket.pb-c.h"

struct holder_values {
    struct session_values session;
    const char *word; /* the performance */
    const char *hold;
    int64_t top;
};

static int read_performance(const struct session *session, const struct holder_values *values,
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

static void print_holder(struct sheet *sheet, const Usher__V1__Holder *holder)
{
    char until[WHEN_TEXT_MAX];
    for (size_t i = 0; i < holder->n_holds; i++) {
        const Usher__V1__HolderHold *hold = holder->holds[i];
        when_format(hold->expires_at_ms, until);
        sheet_put(sheet, "%s%s", holder->account_id, holder->barred ? " (barred)" : "");
        sheet_put(sheet, "%u", holder->held);
        sheet_put(sheet, "%u", holder->places - holder->held);
        sheet_put(sheet, "%s", hold->hold_id);
        sheet_put(sheet, "%zu", hold->n_seats);
        sheet_put(sheet, "%s", until);
        sheet_put(sheet, "%s", hold->address[0] ? hold->address : "not known");
    }
}

static int holders(struct session *session, void *arg)
{
    static const char *const heads[] = {"account", "held",  "bought", "hold",
                                        "places",  "until", "from"};
    const struct holder_values *values = arg;
    Usher__V1__ListHoldersRequest wish = USHER__V1__LIST_HOLDERS_REQUEST__INIT;
    const Usher__V1__ListHoldersResponse *answer;
    struct sheet sheet;
    int code = read_performance(session, values, &wish.performance_id);
    wish.page_size = (uint32_t)values->top;
    if (code == CMD_OK)
        code = session_call(session, list_holders, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    printf("%u places are held, %zu accounts shown\n", answer->counts->held, answer->n_holders);
    if (answer->n_holders == 0)
        return CMD_OK;
    sheet_init(&sheet, "lrrlrll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_holders; i++)
        print_holder(&sheet, answer->holders[i]);
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static int unhold(struct session *session, void *arg)
{
    const struct holder_values *values = arg;
    Usher__V1__EndHoldRequest wish = USHER__V1__END_HOLD_REQUEST__INIT;
    const Usher__V1__EndHoldResponse *answer;
    int code = read_performance(session, values, &wish.performance_id);
    wish.hold_id = (char *)values->hold;
    if (code == CMD_OK)
        code = session_call(session, end_hold, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    printf("the hold is over: %u places go on sale again, each after its rest\n",
           answer->place_count);
    return CMD_OK;
}

static const struct conf_option holders_options[] = {
    {"top", CONF_INT, offsetof(struct holder_values, top), "100", 1, 1000,
     .help = "so many holds, of the accounts that have most places"},
    SESSION_OPTIONS(struct holder_values, session),
};

static const struct conf_option unhold_options[] = {
    {"hold", CONF_STR, offsetof(struct holder_values, hold), "", 0, 64,
     .help = "its id, of usher event holders"},
    SESSION_OPTIONS(struct holder_values, session),
};

EVENT_PLACES_TABLE(holders, "Shows who holds places of a performance, those with most first.")
EVENT_PLACES_TABLE(unhold, "Ends a hold; its places go on sale again.")

static int run(const struct conf_table *table, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct holder_values values = {0};
    return session_command(table, argc, argv, &values, &values.session, &values.word, body);
}

int event_holders_command(int argc, char **argv)
{
    return run(&event_holders_table, argc, argv, holders);
}

int event_unhold_command(int argc, char **argv)
{
    return run(&event_unhold_table, argc, argv, unhold);
}
