/*
 * usher account: what an operator looks up and bars: one account, the acts, the blocklist.
 */
#include "cmd/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "mem/id.h"
#include "term/plain.h"
#include "term/sheet.h"
#include "usher/v1/auth.pb-c.h"

#define ask(session, method, request, ret_response)                                                \
    session_call_of(session, &usher__v1__auth_service__descriptor, Usher__V1__AuthService, method, \
                    request, ret_response)

struct account_values {
    struct session_values session;
    const char *account;
    const char *reason;
    const char *until;
    const char *session_id;
    const char *before;
    int64_t page_size;
    const char *act, *text, *since; /* of acts */
    bool csv;
    const char *what; /* positional */
};

/* ---- show ---- */

static bool is_id(const char *text)
{
    struct id id;
    return id_parse(view_str(text), &id) == 0;
}

static int find(struct session *session, const char *who, const Usher__V1__Account **ret_account)
{
    Usher__V1__FindAccountRequest request = USHER__V1__FIND_ACCOUNT_REQUEST__INIT;
    if (is_id(who))
        request.account_id = (char *)who;
    else
        request.email = (char *)who;
    return ask(session, find_account, &request, ret_account);
}

static const char *role_name(Usher__V1__Role role)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&usher__v1__role__descriptor, (int)role);
    return value ? value->name + sizeof("ROLE_") - 1 : "?";
}

static int show(struct session *session, void *arg)
{
    struct account_values *values = arg;
    const Usher__V1__Account *account;
    char when[WHEN_TEXT_MAX];
    int code = find(session, values->what, &account);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, account);
    when_format(account->created_at_ms, when);
    printf("account   %s\nemail     %s\nname      %s\nlanguage  %s\nsince     %s\n",
           account->account_id, account->email, account->name, account->language, when);
    for (size_t i = 0; i < account->n_memberships; i++)
        printf("acts for  %u %s, as %s\n", account->memberships[i]->organiser_id,
               account->memberships[i]->organiser_name, role_name(account->memberships[i]->role));
    return CMD_OK;
}

/* ---- list ---- */

static void print_heads(struct sheet *sheet, const char *form, const char *const *heads)
{
    sheet_init(sheet, form);
    for (size_t i = 0; form[i]; i++)
        sheet_put(sheet, "%s", heads[i]);
}

static int list(struct session *session, void *arg)
{
    static const char *const heads[] = {"account", "email", "name", "since"};
    struct account_values *values = arg;
    Usher__V1__ListAccountsRequest request = USHER__V1__LIST_ACCOUNTS_REQUEST__INIT;
    const Usher__V1__ListAccountsResponse *answer;
    struct sheet sheet;
    request.page_size = (uint32_t)values->page_size;
    if (values->before)
        request.before_account_id = (char *)values->before;
    int code = ask(session, list_accounts, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    print_heads(&sheet, "llll", heads);
    for (size_t i = 0; i < answer->n_accounts; i++) {
        char when[WHEN_TEXT_MAX];
        when_format(answer->accounts[i]->created_at_ms, when);
        sheet_put(&sheet, "%s", answer->accounts[i]->account_id);
        sheet_put(&sheet, "%s", answer->accounts[i]->email);
        sheet_put(&sheet, "%s", answer->accounts[i]->name);
        sheet_put(&sheet, "%s", when);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

/* ---- sessions ---- */

static int list_sessions(struct session *session, const char *who, const char **ret_account_id,
                         const Usher__V1__ListSessionsResponse **ret_answer)
{
    Usher__V1__ListSessionsRequest request = USHER__V1__LIST_SESSIONS_REQUEST__INIT;
    const Usher__V1__Account *account;
    int code = find(session, who, &account);
    if (code != CMD_OK)
        return code;
    *ret_account_id = request.account_id = account->account_id;
    return ask(session, list_sessions, &request, ret_answer);
}

static int sessions(struct session *session, void *arg)
{
    static const char *const heads[] = {"session", "device", "address", "by", "last used"};
    struct account_values *values = arg;
    const Usher__V1__ListSessionsResponse *answer;
    const char *account_id;
    struct sheet sheet;
    int code = list_sessions(session, values->what, &account_id, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    print_heads(&sheet, "lllll", heads);
    for (size_t i = 0; i < answer->n_sessions; i++) {
        const Usher__V1__SessionInfo *row = answer->sessions[i];
        char when[WHEN_TEXT_MAX];
        when_format(row->used_at_ms, when);
        sheet_put(&sheet, "%s", row->session_id);
        sheet_put(&sheet, "%s", row->device);
        sheet_put(&sheet, "%s", row->address);
        sheet_put(&sheet, "%s", row->provider[0] ? row->provider : "password");
        sheet_put(&sheet, "%s", when);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static int end(struct session *session, void *arg)
{
    struct account_values *values = arg;
    const Usher__V1__ListSessionsResponse *all;
    const Usher__V1__EndSessionResponse *answer = NULL;
    const char *account_id;
    size_t ended = 0;
    int code = list_sessions(session, values->what, &account_id, &all);
    for (size_t i = 0; code == CMD_OK && i < all->n_sessions; i++) {
        Usher__V1__EndSessionRequest request = USHER__V1__END_SESSION_REQUEST__INIT;
        request.session_id = all->sessions[i]->session_id;
        request.account_id = (char *)account_id;
        if (values->session_id && strcmp(values->session_id, request.session_id) != 0)
            continue;
        code = ask(session, end_session, &request, &answer);
        ended++;
    }
    if (code != CMD_OK)
        return code;
    if (ended == 0)
        return cmd_fail("account end", CMD_FALSE, "%s has no such session", values->what);
    if (values->session.json)
        return session_print_json(session, answer);
    printf("%zu ended; what they were given before holds for ten minutes at most\n", ended);
    return CMD_OK;
}

/* ---- kept ---- */

static int kept(struct session *session, void *arg)
{
    struct account_values *values = arg;
    Usher__V1__OpenKeptRequest request = USHER__V1__OPEN_KEPT_REQUEST__INIT;
    const Usher__V1__OpenKeptResponse *answer;
    request.account_id = (char *)values->what;
    request.reason = (char *)values->reason;
    int code = ask(session, open_kept, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    for (size_t i = 0; i < answer->n_kept; i++) {
        char until[WHEN_TEXT_MAX];
        when_format(answer->kept[i]->until_ms, until);
        printf("%s, until %s: ", answer->kept[i]->kind, until);
        plain_put_json(view_of(answer->kept[i]->json.data, answer->kept[i]->json.len), stdout);
        printf("\n");
    }
    return answer->n_kept
               ? CMD_OK
               : cmd_fail("account kept", CMD_FALSE, "%s: nothing is kept", values->what);
}

/* ---- acts ---- */

/* As RFC 4180 has it; what a spreadsheet would take for a formula begins with a quote. */
static void put_cell(const char *text, const char *end)
{
    printf("\"%s", text[0] && strchr("=+-@", text[0]) ? "'" : "");
    for (; *text; text++)
        printf("%s%c", *text == '"' ? "\"" : "", *text);
    printf("\"%s", end);
}

/* All that fits, to the oldest. */
static int export_acts(struct session *session, Usher__V1__ListActsRequest *request)
{
    const Usher__V1__ListActsResponse *answer;
    int code;
    request->page_size = 100;
    printf("act_id,at_ms,what,account_id,address,about\r\n");
    do {
        code = ask(session, list_acts, request, &answer);
        for (size_t i = 0; code == CMD_OK && i < answer->n_acts; i++) {
            const Usher__V1__Act *act = answer->acts[i];
            printf("%" PRIu64 ",%" PRId64 ",", act->act_id, act->at_ms);
            put_cell(act->what, ",");
            put_cell(act->account_id, ",");
            put_cell(act->address, ",");
            put_cell(act->about, "\r\n");
        }
        request->before_act_id = code == CMD_OK ? answer->before_act_id : 0;
    } while (request->before_act_id != 0);
    return code;
}

static int acts(struct session *session, void *arg)
{
    static const char *const heads[] = {"when", "what", "account", "address", "about"};
    struct account_values *values = arg;
    Usher__V1__ListActsRequest request = USHER__V1__LIST_ACTS_REQUEST__INIT;
    const Usher__V1__ListActsResponse *answer;
    const Usher__V1__Account *account;
    struct sheet sheet;
    int32_t offset_minutes;
    request.page_size = (uint32_t)values->page_size;
    request.what = (char *)values->act;
    request.text = (char *)values->text;
    if (values->since[0] && when_parse(view_str(values->since), clock_wall_ms(clock_system()),
                                       &request.from_ms, &offset_minutes) != 0)
        return cmd_fail("account acts", CMD_USAGE,
                        "--since %s: write 2026-11-29T20:00 or 2026-11-29T20:00+09:00",
                        values->since);
    if (values->account) {
        int code = find(session, values->account, &account);
        if (code != CMD_OK)
            return code;
        request.account_id = account->account_id;
    }
    if (values->csv)
        return export_acts(session, &request);
    int code = ask(session, list_acts, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    sheet_init(&sheet, "lllll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_acts; i++) {
        char when[WHEN_TEXT_MAX];
        when_format(answer->acts[i]->at_ms, when);
        sheet_put(&sheet, "%s", when);
        sheet_put(&sheet, "%s", answer->acts[i]->what);
        sheet_put(&sheet, "%s", answer->acts[i]->account_id);
        sheet_put(&sheet, "%s", answer->acts[i]->address);
        sheet_put(&sheet, "%s", answer->acts[i]->about);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

/* ---- blocks ---- */

static const char *kind_name(Usher__V1__BlockKind kind)
{
    return kind == USHER__V1__BLOCK_KIND__BLOCK_KIND_ACCOUNT   ? "account"
           : kind == USHER__V1__BLOCK_KIND__BLOCK_KIND_ADDRESS ? "address"
                                                               : "network";
}

static void print_blocks(Usher__V1__BlockEntry *const *entries, size_t count)
{
    static const char *const heads[] = {"id", "kind", "who", "until", "reason"};
    struct sheet sheet;
    sheet_init(&sheet, "rllll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < count; i++) {
        char until[WHEN_TEXT_MAX] = "for good";
        if (entries[i]->until_ms)
            when_format(entries[i]->until_ms, until);
        sheet_put(&sheet, "%u", entries[i]->block_id);
        sheet_put(&sheet, "%s", kind_name(entries[i]->kind));
        sheet_put(&sheet, "%s", entries[i]->value);
        sheet_put(&sheet, "%s", until);
        sheet_put(&sheet, "%s", entries[i]->reason);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

/* An account by address or id, an IP address, or a network. */
static int block(struct session *session, void *arg)
{
    struct account_values *values = arg;
    Usher__V1__BlockRequest request = USHER__V1__BLOCK_REQUEST__INIT;
    const Usher__V1__BlockEntry *entry;
    const Usher__V1__Account *account;
    const int64_t now_ms = clock_wall_ms(clock_system());
    int32_t offset;
    if (values->until &&
        when_parse(view_str(values->until), now_ms, &request.until_ms, &offset) != 0)
        return cmd_fail("account block", CMD_USAGE, "--until %s: write +30d, or 2026-12-24T19:30",
                        values->until);
    request.value = (char *)values->what;
    request.reason = (char *)values->reason;
    request.kind = strchr(values->what, '/') ? USHER__V1__BLOCK_KIND__BLOCK_KIND_NETWORK
                   : is_id(values->what)     ? USHER__V1__BLOCK_KIND__BLOCK_KIND_ACCOUNT
                                             : USHER__V1__BLOCK_KIND__BLOCK_KIND_ADDRESS;
    if (strchr(values->what, '@')) {
        int code = find(session, values->what, &account);
        if (code != CMD_OK)
            return code;
        request.kind = USHER__V1__BLOCK_KIND__BLOCK_KIND_ACCOUNT;
        request.value = account->account_id;
    }
    int code = ask(session, block, &request, &entry);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, entry) : code;
    Usher__V1__BlockEntry *const one = (Usher__V1__BlockEntry *)entry;
    print_blocks(&one, 1);
    return CMD_OK;
}

static int unblock(struct session *session, void *arg)
{
    struct account_values *values = arg;
    Usher__V1__UnblockRequest request = USHER__V1__UNBLOCK_REQUEST__INIT;
    const Usher__V1__UnblockResponse *answer;
    uint64_t block_id;
    if (!view_to_u64(view_str(values->what), UINT32_MAX, &block_id))
        return cmd_fail("account unblock", CMD_USAGE, "%s: a number of usher account blocked",
                        values->what);
    request.block_id = (uint32_t)block_id;
    int code = ask(session, unblock, &request, &answer);
    return code == CMD_OK && values->session.json ? session_print_json(session, answer) : code;
}

static int blocked(struct session *session, void *arg)
{
    struct account_values *values = arg;
    Usher__V1__ListBlockedRequest request = USHER__V1__LIST_BLOCKED_REQUEST__INIT;
    const Usher__V1__ListBlockedResponse *answer;
    int code = ask(session, list_blocked, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    print_blocks(answer->entries, answer->n_entries);
    return CMD_OK;
}

/* ---- the words ---- */

static const struct conf_option plain_options[] = {SESSION_OPTIONS(struct account_values, session)};
static const struct conf_option acts_options[] = {
    {"account", CONF_STR, offsetof(struct account_values, account), NULL,
     .help = "of this account alone: its e-mail address or its id"},
    {"page-size", CONF_INT, offsetof(struct account_values, page_size), "20", 1, 100,
     .help = "how many, the newest first"},
    {"act", CONF_STR, offsetof(struct account_values, act), "",
     .help = "what begins so alone: member., bar, login.failed"},
    {"text", CONF_STR, offsetof(struct account_values, text), "",
     .help = "only entries that concern this, or that came from this address"},
    {"since", CONF_STR, offsetof(struct account_values, since), "",
     .help = "none before: 2026-11-29T20:00, or with +09:00 behind"},
    {"csv", CONF_BOOL, offsetof(struct account_values, csv), "no",
     .help = "all of them, for a spreadsheet"},
    SESSION_OPTIONS(struct account_values, session),
};
static const struct conf_option list_options[] = {
    {"page-size", CONF_INT, offsetof(struct account_values, page_size), "20", 1, 100,
     .help = "how many, the newest first"},
    {"before", CONF_STR, offsetof(struct account_values, before), NULL,
     .help = "go on behind this account's id"},
    SESSION_OPTIONS(struct account_values, session),
};
static const struct conf_option end_options[] = {
    {"session", CONF_STR, offsetof(struct account_values, session_id), NULL,
     .help = "this one alone, by its id"},
    SESSION_OPTIONS(struct account_values, session),
};
static const struct conf_option kept_options[] = {
    {"reason", CONF_STR, offsetof(struct account_values, reason), "no reason given", 1, 200,
     .help = "who asks and why; it is written down"},
    SESSION_OPTIONS(struct account_values, session),
};
static const struct conf_option block_options[] = {
    {"reason", CONF_STR, offsetof(struct account_values, reason), "no reason given", 1, 200,
     .help = "why, for whoever looks at the list later"},
    {"until", CONF_STR, offsetof(struct account_values, until), NULL,
     .help = "when it ends, +30d or 2026-12-24T19:30; without this option, never"},
    SESSION_OPTIONS(struct account_values, session),
};

#define TABLE(options_)                                                                            \
    .options = (options_), .option_count = sizeof(options_) / sizeof(options_[0])
#define ONE(name_) .positional = (name_), .positional_min = 1, .positional_max = 1

static const struct conf_table show_table = {
    .command = "usher account show",
    .summary = "Shows one account, and for which organisers it acts.",
    ONE("EMAIL|ID"),
    TABLE(plain_options)};
static const struct conf_table list_table = {.command = "usher account list",
                                             .summary = "Lists accounts, the newest first.",
                                             TABLE(list_options)};
static const struct conf_table sessions_table = {.command = "usher account sessions",
                                                 .summary = "Lists where an account is signed in.",
                                                 ONE("EMAIL|ID"),
                                                 TABLE(plain_options)};
static const struct conf_table end_table = {.command = "usher account end",
                                            .summary =
                                                "Ends an account's sessions, or one of them.",
                                            ONE("EMAIL|ID"),
                                            TABLE(end_options)};
static const struct conf_table kept_table = {
    .command = "usher account kept",
    .summary = "Opens the records of a deleted account that the law requires us to keep.",
    ONE("ID"),
    TABLE(kept_options)};
static const struct conf_table acts_table = {
    .command = "usher account acts",
    .summary = "Lists sign-ins, failures and changes of rights, the newest first.",
    TABLE(acts_options)};
static const struct conf_table block_table = {
    .command = "usher account block",
    .summary = "Bars an account (EMAIL or ID), an address, or a network (192.0.2.0/24).",
    ONE("WHO"),
    TABLE(block_options)};
static const struct conf_table unblock_table = {.command = "usher account unblock",
                                                .summary = "Lets somebody in again.",
                                                ONE("BLOCK"),
                                                TABLE(plain_options)};
static const struct conf_table blocked_table = {
    .command = "usher account blocked", .summary = "Lists who is barred.", TABLE(plain_options)};

static int run(const struct conf_table *table, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct account_values values = {0};
    return session_command(table, argc, argv, &values, &values.session, &values.what, body);
}

#define COMMAND(name)                                                                              \
    static int name##_command(int argc, char **argv)                                               \
    {                                                                                              \
        return run(&name##_table, argc, argv, name);                                               \
    }
COMMAND(list)
COMMAND(show)
COMMAND(sessions)
COMMAND(end)
COMMAND(kept)
COMMAND(acts)
COMMAND(block)
COMMAND(unblock)
COMMAND(blocked)

const struct cmd account_commands[ACCOUNT_COMMANDS] = {
    {"list", "accounts, the newest first", list_command, .table = &list_table},
    {"show", "one account", show_command, .table = &show_table},
    {"sessions", "where an account is signed in", sessions_command, .table = &sessions_table},
    {"end", "end an account's sessions", end_command, .table = &end_table},
    {"kept", "what is kept of a deleted account", kept_command, .table = &kept_table},
    {"acts", "sign-ins, failures and changes of rights", acts_command, .table = &acts_table},
    {"block", "bar an account, an address or a network", block_command, .table = &block_table},
    {"unblock", "let somebody in again", unblock_command, .table = &unblock_table},
    {"blocked", "who is barred", blocked_command, .table = &blocked_table},
};
