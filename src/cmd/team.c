/*
 * usher organiser, usher member, usher token: who sells here, who acts for them, and their
 * machines.
 */
#include "cmd/team.h"

#include <stdio.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "term/sheet.h"
#include "usher/v1/auth.pb-c.h"

#define ask(session, method, request, ret_response)                                                \
    session_call_of(session, &usher__v1__auth_service__descriptor, Usher__V1__AuthService, method, \
                    request, ret_response)

struct team_values {
    struct session_values session;
    int64_t organiser;
    const char *owner;
    const char *role;
    const char *expires;
    const char *what; /* positional */
};

/* ---- roles, as people write them ---- */

static const struct {
    const char *name;
    Usher__V1__Role role;
} roles[] = {{"none", USHER__V1__ROLE__ROLE_UNSPECIFIED},
             {"door", USHER__V1__ROLE__ROLE_DOOR},
             {"box-office", USHER__V1__ROLE__ROLE_BOX_OFFICE},
             {"manager", USHER__V1__ROLE__ROLE_MANAGER},
             {"owner", USHER__V1__ROLE__ROLE_OWNER}};

static Usher__V1__Role role_of(const char *name)
{
    size_t i = 0;
    while (strcmp(roles[i].name, name) != 0)
        i++; /* conf has checked the choice */
    return roles[i].role;
}

static const char *name_of(Usher__V1__Role role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (roles[i].role == role)
            return roles[i].name;
    }
    return "?";
}

/* ---- organisers ---- */

static void print_organisers(Usher__V1__Organiser *const *organisers, size_t count)
{
    struct sheet sheet;
    sheet_init(&sheet, "rll");
    sheet_put(&sheet, "id");
    sheet_put(&sheet, "name");
    sheet_put(&sheet, "since");
    for (size_t i = 0; i < count; i++) {
        char when[WHEN_TEXT_MAX] = "the beginning";
        if (organisers[i]->created_at_ms)
            when_format(organisers[i]->created_at_ms, when);
        sheet_put(&sheet, "%u", organisers[i]->organiser_id);
        sheet_put(&sheet, "%s", organisers[i]->name);
        sheet_put(&sheet, "%s", when);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static int organiser_create(struct session *session, void *arg)
{
    struct team_values *values = arg;
    Usher__V1__CreateOrganiserRequest request = USHER__V1__CREATE_ORGANISER_REQUEST__INIT;
    const Usher__V1__Organiser *organiser;
    request.name = (char *)values->what;
    request.owner_email = (char *)values->owner;
    int code = ask(session, create_organiser, &request, &organiser);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, organiser) : code;
    Usher__V1__Organiser *const one = (Usher__V1__Organiser *)organiser;
    print_organisers(&one, 1);
    return CMD_OK;
}

static int organiser_list(struct session *session, void *arg)
{
    struct team_values *values = arg;
    Usher__V1__ListOrganisersRequest request = USHER__V1__LIST_ORGANISERS_REQUEST__INIT;
    const Usher__V1__ListOrganisersResponse *answer;
    int code = ask(session, list_organisers, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    print_organisers(answer->organisers, answer->n_organisers);
    return CMD_OK;
}

/* ---- members ---- */

static void print_members(Usher__V1__Member *const *members, size_t count)
{
    struct sheet sheet;
    sheet_init(&sheet, "lll");
    sheet_put(&sheet, "email");
    sheet_put(&sheet, "role");
    sheet_put(&sheet, "account");
    for (size_t i = 0; i < count; i++) {
        sheet_put(&sheet, "%s", members[i]->email);
        sheet_put(&sheet, "%s", name_of(members[i]->role));
        sheet_put(&sheet, "%s", members[i]->account_id[0] ? members[i]->account_id : "none yet");
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static int member_set(struct session *session, void *arg)
{
    struct team_values *values = arg;
    Usher__V1__SetMemberRequest request = USHER__V1__SET_MEMBER_REQUEST__INIT;
    const Usher__V1__Member *member;
    request.organiser_id = (uint32_t)values->organiser;
    request.email = (char *)values->what;
    request.role = role_of(values->role);
    int code = ask(session, set_member, &request, &member);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, member) : code;
    Usher__V1__Member *const one = (Usher__V1__Member *)member;
    print_members(&one, 1);
    return CMD_OK;
}

static int member_list(struct session *session, void *arg)
{
    struct team_values *values = arg;
    Usher__V1__ListMembersRequest request = USHER__V1__LIST_MEMBERS_REQUEST__INIT;
    const Usher__V1__ListMembersResponse *answer;
    request.organiser_id = (uint32_t)values->organiser;
    int code = ask(session, list_members, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    print_members(answer->members, answer->n_members);
    return CMD_OK;
}

/* ---- API tokens ---- */

static int token_create(struct session *session, void *arg)
{
    struct team_values *values = arg;
    Usher__V1__CreateApiTokenRequest request = USHER__V1__CREATE_API_TOKEN_REQUEST__INIT;
    const Usher__V1__ApiToken *token;
    int32_t offset;
    request.organiser_id = (uint32_t)values->organiser;
    request.name = (char *)values->what;
    request.role = role_of(values->role);
    if (values->expires && when_parse(view_str(values->expires), clock_wall_ms(clock_system()),
                                      &request.expires_at_ms, &offset) != 0)
        return cmd_fail("token create", CMD_USAGE, "--expires %s: write +30d, or 2026-12-24T19:30",
                        values->expires);
    int code = ask(session, create_api_token, &request, &token);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, token) : code;
    fprintf(stderr,
            "Keep it now: it is not shown again. Show it as \"authorization: Bearer …\".\n");
    printf("%s\n", token->token);
    return CMD_OK;
}

static int token_list(struct session *session, void *arg)
{
    static const char *const heads[] = {"id", "name", "role", "expires", "last used"};
    struct team_values *values = arg;
    Usher__V1__ListApiTokensRequest request = USHER__V1__LIST_API_TOKENS_REQUEST__INIT;
    const Usher__V1__ListApiTokensResponse *answer;
    struct sheet sheet;
    request.organiser_id = (uint32_t)values->organiser;
    int code = ask(session, list_api_tokens, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    sheet_init(&sheet, "lllll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_tokens; i++) {
        const Usher__V1__ApiToken *token = answer->tokens[i];
        char expires[WHEN_TEXT_MAX], used[WHEN_TEXT_MAX] = "not since the start";
        when_format(token->expires_at_ms, expires);
        if (token->used_at_ms)
            when_format(token->used_at_ms, used);
        sheet_put(&sheet, "%s", token->token_id);
        sheet_put(&sheet, "%s", token->name);
        sheet_put(&sheet, "%s", name_of(token->role));
        sheet_put(&sheet, "%s", expires);
        sheet_put(&sheet, "%s", used);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static int token_revoke(struct session *session, void *arg)
{
    struct team_values *values = arg;
    Usher__V1__RevokeApiTokenRequest request = USHER__V1__REVOKE_API_TOKEN_REQUEST__INIT;
    const Usher__V1__RevokeApiTokenResponse *answer;
    request.organiser_id = (uint32_t)values->organiser;
    request.token_id = (char *)values->what;
    int code = ask(session, revoke_api_token, &request, &answer);
    return code == CMD_OK && values->session.json ? session_print_json(session, answer) : code;
}

/* ---- the words ---- */

#define ORGANISER_OPTION                                                                           \
    {                                                                                              \
        "organiser", CONF_INT, offsetof(struct team_values, organiser), "1", 1, UINT32_MAX,        \
            .help = "the organiser's number; 1 is there from the beginning"                        \
    }
#define TABLE(options_)                                                                            \
    .options = (options_), .option_count = sizeof(options_) / sizeof(options_[0])
#define ONE(name_) .positional = (name_), .positional_min = 1, .positional_max = 1

static const struct conf_option create_options[] = {
    {"owner", CONF_STR, offsetof(struct team_values, owner), "",
     .help = "the e-mail address of its first owner; the account may be made later"},
    SESSION_OPTIONS(struct team_values, session),
};
static const struct conf_option plain_options[] = {SESSION_OPTIONS(struct team_values, session)};
static const struct conf_option list_options[] = {ORGANISER_OPTION,
                                                  SESSION_OPTIONS(struct team_values, session)};
static const struct conf_option set_options[] = {
    {"role", CONF_CHOICE, offsetof(struct team_values, role), "door",
     .choices = "none|door|box-office|manager|owner", .help = "none ends the membership"},
    ORGANISER_OPTION,
    SESSION_OPTIONS(struct team_values, session),
};
static const struct conf_option token_options[] = {
    {"role", CONF_CHOICE, offsetof(struct team_values, role), "door",
     .choices = "door|box-office|manager", .help = "what whoever shows it may do"},
    {"expires", CONF_STR, offsetof(struct team_values, expires), NULL,
     .help = "when it ends, +30d or 2026-12-24T19:30; a year from now where it is not given"},
    ORGANISER_OPTION,
    SESSION_OPTIONS(struct team_values, session),
};

static const struct conf_table organiser_create_table = {
    .command = "usher organiser create",
    .summary = "Makes an organiser, with its first owner.",
    ONE("NAME"),
    TABLE(create_options)};
static const struct conf_table organiser_list_table = {
    .command = "usher organiser list", .summary = "Lists all organisers.", TABLE(plain_options)};
static const struct conf_table member_set_table = {
    .command = "usher member set",
    .summary = "Gives somebody a role in an organiser's team, or ends it.\nWho has no account yet "
               "gets it with the account.",
    ONE("EMAIL"),
    TABLE(set_options)};
static const struct conf_table member_list_table = {
    .command = "usher member list", .summary = "Lists an organiser's team.", TABLE(list_options)};
static const struct conf_table token_create_table = {
    .command = "usher token create",
    .summary = "Makes a token for a machine of an organiser, and prints it.",
    ONE("NAME"),
    TABLE(token_options)};
static const struct conf_table token_list_table = {
    .command = "usher token list", .summary = "Lists an organiser's tokens.", TABLE(list_options)};
static const struct conf_table token_revoke_table = {.command = "usher token revoke",
                                                     .summary = "Ends a token at once.",
                                                     ONE("ID"),
                                                     TABLE(list_options)};

static int run(const struct conf_table *table, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct team_values values = {0};
    return session_command(table, argc, argv, &values, &values.session, &values.what, body);
}

#define COMMAND(name)                                                                              \
    static int name##_command(int argc, char **argv)                                               \
    {                                                                                              \
        return run(&name##_table, argc, argv, name);                                               \
    }
COMMAND(organiser_create)
COMMAND(organiser_list)
COMMAND(member_set)
COMMAND(member_list)
COMMAND(token_create)
COMMAND(token_list)
COMMAND(token_revoke)

const struct cmd organiser_commands[ORGANISER_COMMANDS] = {
    {"create", "make one, with its first owner", organiser_create_command,
     .table = &organiser_create_table},
    {"list", "all of them", organiser_list_command, .table = &organiser_list_table},
    {"bar", "an account or address it does not sell to", organiser_bar_command,
     .table = &organiser_bar_table},
    {"unbar", "ends a bar", organiser_unbar_command, .table = &organiser_unbar_table},
    {"barred", "whom it does not sell to", organiser_barred_command,
     .table = &organiser_barred_table},
    {"sites", "its own sites that may show its dates", organiser_sites_command,
     .table = &organiser_sites_table},
};
const struct cmd member_commands[MEMBER_COMMANDS] = {
    {"set", "give somebody a role, or end it", member_set_command, .table = &member_set_table},
    {"list", "an organiser's team", member_list_command, .table = &member_list_table},
};
const struct cmd token_commands[TOKEN_COMMANDS] = {
    {"create", "make one, and print it", token_create_command, .table = &token_create_table},
    {"list", "an organiser's tokens", token_list_command, .table = &token_list_table},
    {"revoke", "end one at once", token_revoke_command, .table = &token_revoke_table},
};
