/*
 * usher webhook: servers of an organiser's own that are told what happens.
 */
#include "cmd/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "term/sheet.h"
#include "usher/v1/webhook.pb-c.h"

#define TYPES_MAX 32

#define ask(session, method, request, ret_response)                                                \
    session_call_of(session, &usher__v1__webhook_service__descriptor, Usher__V1__WebhookService,   \
                    method, request, ret_response)

struct webhook_values {
    struct session_values session;
    int64_t organiser;
    int64_t from;
    int64_t overlap_ms;
    int64_t before;
    const char *types;
    const char *what; /* positional: an address, or a number */
};

/* The number that was written. CMD_OK, or an enum cmd_exit. */
static int read_id(const struct session *session, const struct webhook_values *values,
                   uint64_t *ret_id)
{
    return view_to_u64(view_str(values->what), INT64_MAX, ret_id)
               ? CMD_OK
               : cmd_fail(session->command, CMD_USAGE,
                          "%s: the webhook's number is wanted, as usher webhook list shows it",
                          values->what);
}

/* ---- showing ---- */

static void state_of(const Usher__V1__Webhook *hook, char *ret_text, size_t room)
{
    if (hook->state == USHER__V1__WEBHOOK_STATE__WEBHOOK_STATE_GIVEN_UP)
        snprintf(ret_text, room, "given up: %s", hook->last_error);
    else if (hook->tries > 0)
        snprintf(ret_text, room, "%" PRIu32 " tries: %s", hook->tries, hook->last_error);
    else
        snprintf(ret_text, room, "%s", hook->taken_at_ms ? "well" : "nothing was sent yet");
}

static void print_hooks(Usher__V1__Webhook *const *hooks, size_t count)
{
    struct sheet sheet;
    sheet_init(&sheet, "rrrlll");
    static const char *const heads[] = {"id",     "told up to", "of",
                                        "events", "address",    "how it goes"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < count; i++) {
        char state[300], types[400] = "all";
        size_t at = 0;
        for (size_t k = 0; k < hooks[i]->n_types && at < sizeof(types); k++)
            at += (size_t)snprintf(types + at, sizeof(types) - at, "%s%s", k ? "," : "",
                                   hooks[i]->types[k]);
        state_of(hooks[i], state, sizeof(state));
        sheet_put(&sheet, "%" PRIu64, hooks[i]->webhook_id);
        sheet_put(&sheet, "%" PRIu64, hooks[i]->told_up_to);
        sheet_put(&sheet, "%" PRIu64, hooks[i]->last_sequence);
        sheet_put(&sheet, "%s", types);
        sheet_put(&sheet, "%s", hooks[i]->address);
        sheet_put(&sheet, "%s", state);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

/* The secret alone on standard output, so that a script can keep it. */
static int print_secret(struct session *session, const struct webhook_values *values,
                        const Usher__V1__Webhook *hook)
{
    if (values->session.json)
        return session_print_json(session, hook);
    fprintf(stderr,
            "Webhook %" PRIu64 ". Keep the secret now: it is not shown again. The receiver checks "
            "signatures with it, by any library of Standard Webhooks.\n",
            hook->webhook_id);
    printf("%s\n", hook->secret);
    return CMD_OK;
}

static int print_hook(struct session *session, const struct webhook_values *values,
                      const Usher__V1__Webhook *hook)
{
    Usher__V1__Webhook *const one = (Usher__V1__Webhook *)hook;
    if (values->session.json)
        return session_print_json(session, hook);
    print_hooks(&one, 1);
    return CMD_OK;
}

/* ---- the commands ---- */

static int webhook_create(struct session *session, void *arg)
{
    struct webhook_values *values = arg;
    Usher__V1__CreateWebhookRequest request = USHER__V1__CREATE_WEBHOOK_REQUEST__INIT;
    const Usher__V1__Webhook *hook;
    char *names[TYPES_MAX], *rest = NULL;
    char *types = arena_copy(&session->arena, view_str(values->types));
    for (char *name = types ? strtok_r(types, ", ", &rest) : NULL;
         name && request.n_types < TYPES_MAX; name = strtok_r(NULL, ", ", &rest))
        names[request.n_types++] = name;
    request.types = names;
    request.organiser_id = (uint32_t)values->organiser;
    request.address = (char *)values->what;
    int code = ask(session, create_webhook, &request, &hook);
    return code == CMD_OK ? print_secret(session, values, hook) : code;
}

static int webhook_list(struct session *session, void *arg)
{
    struct webhook_values *values = arg;
    Usher__V1__ListWebhooksRequest request = USHER__V1__LIST_WEBHOOKS_REQUEST__INIT;
    const Usher__V1__ListWebhooksResponse *answer;
    request.organiser_id = (uint32_t)values->organiser;
    int code = ask(session, list_webhooks, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    print_hooks(answer->webhooks, answer->n_webhooks);
    return CMD_OK;
}

static int webhook_test(struct session *session, void *arg)
{
    struct webhook_values *values = arg;
    Usher__V1__TestWebhookRequest request = USHER__V1__TEST_WEBHOOK_REQUEST__INIT;
    const Usher__V1__TestWebhookResponse *answer;
    int code = read_id(session, values, &request.webhook_id);
    if (code == CMD_OK)
        code = ask(session, test_webhook, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        session_print_json(session, answer);
    else if (answer->taken)
        printf("taken: HTTP %" PRIu32 " after %" PRIu32 " ms\n", answer->status, answer->took_ms);
    else
        printf("not taken after %" PRIu32 " ms: %s\n", answer->took_ms, answer->error);
    return answer->taken ? CMD_OK : CMD_FALSE;
}

static int webhook_replay(struct session *session, void *arg)
{
    struct webhook_values *values = arg;
    Usher__V1__ReplayWebhookRequest request = USHER__V1__REPLAY_WEBHOOK_REQUEST__INIT;
    const Usher__V1__Webhook *hook;
    request.from_sequence = (uint64_t)values->from;
    int code = read_id(session, values, &request.webhook_id);
    if (code == CMD_OK)
        code = ask(session, replay_webhook, &request, &hook);
    return code == CMD_OK ? print_hook(session, values, hook) : code;
}

static int webhook_rotate(struct session *session, void *arg)
{
    struct webhook_values *values = arg;
    Usher__V1__RotateWebhookSecretRequest request = USHER__V1__ROTATE_WEBHOOK_SECRET_REQUEST__INIT;
    const Usher__V1__Webhook *hook;
    request.overlap_s = (uint32_t)(values->overlap_ms / 1000);
    int code = read_id(session, values, &request.webhook_id);
    if (code == CMD_OK)
        code = ask(session, rotate_webhook_secret, &request, &hook);
    return code == CMD_OK ? print_secret(session, values, hook) : code;
}

static int webhook_delete(struct session *session, void *arg)
{
    struct webhook_values *values = arg;
    Usher__V1__DeleteWebhookRequest request = USHER__V1__DELETE_WEBHOOK_REQUEST__INIT;
    const Usher__V1__DeleteWebhookResponse *answer;
    int code = read_id(session, values, &request.webhook_id);
    if (code == CMD_OK)
        code = ask(session, delete_webhook, &request, &answer);
    return code == CMD_OK && values->session.json ? session_print_json(session, answer) : code;
}

static int webhook_events(struct session *session, void *arg)
{
    struct webhook_values *values = arg;
    Usher__V1__ListWebhookEventsRequest request = USHER__V1__LIST_WEBHOOK_EVENTS_REQUEST__INIT;
    const Usher__V1__ListWebhookEventsResponse *answer;
    request.organiser_id = (uint32_t)values->organiser;
    request.before_sequence = (uint64_t)values->before;
    int code = ask(session, list_webhook_events, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    for (size_t i = 0; i < answer->n_events; i++) {
        char when[WHEN_TEXT_MAX];
        when_format(answer->events[i]->at_ms, when);
        printf("%" PRIu64 "  %s  %s\n", answer->events[i]->sequence, when, answer->events[i]->body);
    }
    return CMD_OK;
}

/* ---- the words ---- */

#define ORGANISER_OPTION                                                                           \
    {                                                                                              \
        "organiser", CONF_INT, offsetof(struct webhook_values, organiser), "1", 1, UINT32_MAX,     \
            .help = "the organiser's number; 1 is there from the beginning"                        \
    }
#define TABLE(options_)                                                                            \
    .options = (options_), .option_count = sizeof(options_) / sizeof(options_[0])
#define ONE(name_) .positional = (name_), .positional_min = 1, .positional_max = 1

static const struct conf_option create_options[] = {
    {"types", CONF_STR, offsetof(struct webhook_values, types), "",
     .help = "with commas, the events that are told: order.made, order.paid, order.reduced, "
             "order.cancelled, order.refunded, ticket.passed_on, ticket.checked_in, sale.opened, "
             "sale.paused, sale.closed, line.opened; all where it is not given"},
    ORGANISER_OPTION,
    SESSION_OPTIONS(struct webhook_values, session),
};
static const struct conf_option list_options[] = {ORGANISER_OPTION,
                                                  SESSION_OPTIONS(struct webhook_values, session)};
static const struct conf_option plain_options[] = {SESSION_OPTIONS(struct webhook_values, session)};
static const struct conf_option replay_options[] = {
    {"from", CONF_INT, offsetof(struct webhook_values, from), "0", 0, INT64_MAX,
     .help = "the first sequence number that is sent again; 0: go on where it stopped"},
    SESSION_OPTIONS(struct webhook_values, session),
};
static const struct conf_option rotate_options[] = {
    {"overlap", CONF_MS, offsetof(struct webhook_values, overlap_ms), "1d", 1000, 2592000000,
     .help = "how long the old secret signs beside the new one"},
    SESSION_OPTIONS(struct webhook_values, session),
};
static const struct conf_option events_options[] = {
    {"before", CONF_INT, offsetof(struct webhook_values, before), "0", 0, INT64_MAX,
     .help = "only those with a lower sequence number; 0: from the newest"},
    ORGANISER_OPTION,
    SESSION_OPTIONS(struct webhook_values, session),
};

static const struct conf_table create_table = {
    .command = "usher webhook create",
    .summary = "Tells a server what happens to an organiser's sales from now on, by Standard "
               "Webhooks,\nand prints the secret that its messages are signed with.",
    ONE("ADDRESS"),
    TABLE(create_options)};
static const struct conf_table list_table = {.command = "usher webhook list",
                                             .summary = "Lists an organiser's webhooks, and how "
                                                        "far each has been told.",
                                             TABLE(list_options)};
static const struct conf_table test_table = {
    .command = "usher webhook test",
    .summary = "Sends one message of the type webhook.test, and says what the receiver answered.",
    ONE("ID"),
    TABLE(plain_options)};
static const struct conf_table replay_table = {.command = "usher webhook replay",
                                               .summary =
                                                   "Sends everything again from a sequence number "
                                                   "on. A webhook that was given up goes on, too.",
                                               ONE("ID"),
                                               TABLE(replay_options)};
static const struct conf_table rotate_table = {
    .command = "usher webhook rotate",
    .summary =
        "Makes a new secret and prints it. For a while, messages are signed with both secrets.",
    ONE("ID"),
    TABLE(rotate_options)};
static const struct conf_table delete_table = {.command = "usher webhook delete",
                                               .summary = "Ends a webhook at once.",
                                               ONE("ID"),
                                               TABLE(plain_options)};
static const struct conf_table events_table = {
    .command = "usher webhook events",
    .summary = "Shows an organiser's feed, the newest first. A month of it is kept.",
    TABLE(events_options)};

static int run(const struct conf_table *table, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct webhook_values values = {0};
    return session_command(table, argc, argv, &values, &values.session, &values.what, body);
}

#define COMMAND(name)                                                                              \
    static int name##_command(int argc, char **argv)                                               \
    {                                                                                              \
        return run(&name##_table, argc, argv, webhook_##name);                                     \
    }
COMMAND(create)
COMMAND(list)
COMMAND(test)
COMMAND(replay)
COMMAND(rotate)
COMMAND(delete)
COMMAND(events)

const struct cmd webhook_commands[WEBHOOK_COMMANDS] = {
    {"create", "make one, and print its secret", create_command, .table = &create_table},
    {"list", "an organiser's webhooks, and how each goes", list_command, .table = &list_table},
    {"test", "send one message now", test_command, .table = &test_table},
    {"replay", "send all again from a sequence number on", replay_command, .table = &replay_table},
    {"rotate", "make a new secret, and print it", rotate_command, .table = &rotate_table},
    {"delete", "end one at once", delete_command, .table = &delete_table},
    {"events", "what the feed holds", events_command, .table = &events_table},
};
