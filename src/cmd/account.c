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
    int64_t page_size;
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

/* ---- acts ---- */

static int acts(struct session *session, void *arg)
{
    static const char *const heads[] = {"when", "what", "account", "address", "about"};
    struct account_values *values = arg;
    Usher__V1__ListActsRequest request = USHER__V1__LIST_ACTS_REQUEST__INIT;
    const Usher__V1__ListActsResponse *answer;
    const Usher__V1__Account *account;
    struct sheet sheet;
    request.page_size = (uint32_t)values->page_size;
    if (values->account) {
        int code = find(session, values->account, &account);
        if (code != CMD_OK)
            return code;
        request.account_id = account->account_id;
    }
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
    SESSION_OPTIONS(struct account_values, session),
};
static const struct conf_option block_options[] = {
    {"reason", CONF_STR, offsetof(struct account_values, reason), "no reason given", 1, 200,
     .help = "why, for whoever looks at the list later"},
    {"until", CONF_STR, offsetof(struct account_values, until), NULL,
     .help = "when it ends, +30d or 2026-12-24T19:30; for good where it is not given"},
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
COMMAND(show)
COMMAND(acts)
COMMAND(block)
COMMAND(unblock)
COMMAND(blocked)

const struct cmd account_commands[ACCOUNT_COMMANDS] = {
    {"show", "one account", show_command, .table = &show_table},
    {"acts", "sign-ins, failures and changes of rights", acts_command, .table = &acts_table},
    {"block", "bar an account, an address or a network", block_command, .table = &block_table},
    {"unblock", "let somebody in again", unblock_command, .table = &unblock_table},
    {"blocked", "who is barred", blocked_command, .table = &blocked_table},
};
