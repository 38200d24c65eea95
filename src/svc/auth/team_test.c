/* What people do with their accounts, and operators and owners with others'. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "err/err.h"
#include "store/kept.h"
#include "svc/auth/fixture_test.h"
#include "token/guest.h"
#include "token/roles.h"

#define PASSWORD "correct horse battery"

static const struct identity the_operator = {.roles = ROLE_OPERATOR};
static Usher__V1__Session session;
static Usher__V1__Member member;
static Usher__V1__ApiToken api_token;
static Usher__V1__BlockEntry entry;

/* fixture_call without the names twice: ask(auth_block, wish, block_entry, &entry). */
#define ask(handler, wish, type, answer)                                                           \
    fixture_call(handler, &(wish), &usher__v1__##type##__descriptor, answer)

static void assert_refused(enum code code, const char *reason, const char *field)
{
    assert_int_equal(fixture.failed, code);
    assert_string_equal(fixture.reason, reason);
    assert_string_equal(fixture.field, field);
}

static int log_in(const char *email, const char *password)
{
    Usher__V1__LogInRequest wish = USHER__V1__LOG_IN_REQUEST__INIT;
    wish.email = (char *)email;
    wish.password = (char *)password;
    wish.device = (char *)"a laptop\n2026-11-30 login forged"; /* no line of the acts */
    return ask(auth_log_in, wish, session, &session);
}

static void be_session(void)
{
    fixture_be(&session);
}

static void open_account(const char *email, const char *password)
{
    fixture_open_account(email, password, &session);
}

/* ---- one's own account ---- */

static void sessions_are_listed_and_ended(void **state)
{
    Usher__V1__ListSessionsRequest list = USHER__V1__LIST_SESSIONS_REQUEST__INIT;
    Usher__V1__ListSessionsResponse answer;
    Usher__V1__EndSessionRequest end = USHER__V1__END_SESSION_REQUEST__INIT;
    Usher__V1__EndSessionResponse ended;
    char first[ID_TEXT_CHARS + 1];
    open_account("kim@example.org", PASSWORD);
    snprintf(first, sizeof(first), "%s", session.session_id);
    fixture_advance_ms(1000);
    assert_int_equal(log_in("kim@example.org", PASSWORD), 0);
    be_session();
    assert_int_equal(ask(auth_list_sessions, list, list_sessions_response, &answer), 0);
    assert_int_equal(answer.n_sessions, 2);
    assert_true(answer.sessions[0]->present && !answer.sessions[1]->present);
    assert_string_equal(answer.sessions[0]->device, "a laptop");
    assert_string_equal(answer.sessions[1]->session_id, first);
    end.session_id = (char *)"x";
    assert_int_not_equal(ask(auth_end_session, end, end_session_response, &ended), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "session_id");
    end.session_id = first;
    assert_int_equal(ask(auth_end_session, end, end_session_response, &ended), 0);
    assert_int_not_equal(ask(auth_end_session, end, end_session_response, &ended), 0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "session_id");
    open_account("lee@example.org", PASSWORD); /* another's cannot be ended */
    snprintf(first, sizeof(first), "%s", session.session_id);
    assert_int_equal(log_in("kim@example.org", PASSWORD), 0);
    be_session();
    assert_int_not_equal(ask(auth_end_session, end, end_session_response, &ended), 0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "session_id");
}

static void a_password_is_changed_by_who_knows_it(void **state)
{
    Usher__V1__ChangePasswordRequest wish = USHER__V1__CHANGE_PASSWORD_REQUEST__INIT;
    Usher__V1__RefreshRequest refresh = USHER__V1__REFRESH_REQUEST__INIT;
    Usher__V1__Session changed;
    char old[128];
    open_account("kim@example.org", PASSWORD);
    snprintf(old, sizeof(old), "%s", session.refresh_token);
    wish.old_password = (char *)"guessed wrong";
    wish.new_password = (char *)"another password";
    assert_int_not_equal(ask(auth_change_password, wish, session, &changed), 0);
    assert_refused(CODE_PERMISSION_DENIED, "LOGIN_FAILED", "password");
    wish.old_password = (char *)PASSWORD;
    wish.new_password = (char *)"short";
    assert_int_not_equal(ask(auth_change_password, wish, session, &changed), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "PASSWORD_REFUSED", "password");
    wish.new_password = (char *)"another password";
    assert_string_not_equal(fixture_template("kim@example.org"), "changed");
    assert_int_equal(ask(auth_change_password, wish, session, &changed), 0);
    assert_string_equal(fixture_template("kim@example.org"), "changed");
    refresh.refresh_token = old;
    assert_int_not_equal(ask(auth_refresh, refresh, session, &session), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
    assert_int_not_equal(log_in("kim@example.org", PASSWORD), 0);
    assert_int_equal(log_in("kim@example.org", "another password"), 0);
    assert_int_equal(fixture_acts("password.change"), 1);
}

static void who_has_a_token_alone_guesses_slowly(void **state)
{
    Usher__V1__DeleteAccountRequest wish = USHER__V1__DELETE_ACCOUNT_REQUEST__INIT;
    Usher__V1__DeleteAccountResponse answer;
    open_account("kim@example.org", PASSWORD);
    wish.password = (char *)"guessed wrong";
    for (int i = 0; i < 5; i++) {
        assert_int_not_equal(ask(auth_delete_account, wish, delete_account_response, &answer), 0);
        assert_refused(CODE_PERMISSION_DENIED, "LOGIN_FAILED", "password");
    }
    wish.password = (char *)PASSWORD;
    assert_int_not_equal(ask(auth_delete_account, wish, delete_account_response, &answer), 0);
    assert_refused(CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "");
}

static void ones_data_are_given_out_and_go(void **state)
{
    Usher__V1__ExportAccountRequest list = USHER__V1__EXPORT_ACCOUNT_REQUEST__INIT;
    Usher__V1__ExportAccountResponse data;
    Usher__V1__DeleteAccountRequest wish = USHER__V1__DELETE_ACCOUNT_REQUEST__INIT;
    Usher__V1__DeleteAccountResponse answer;
    open_account("kim@example.org", PASSWORD);
    assert_int_equal(ask(auth_export_account, list, export_account_response, &data), 0);
    const struct view json = view_of(data.json.data, data.json.len);
    static const char *const parts[] = {
        "\"email\":\"kim@example.org\"", "\"name\":\"Kim\"",        "\"sessions\":[{",
        "\"what\":\"register\"",         "\"template\":\"verify\"", "\"memberships\":[]"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        assert_non_null(memmem(json.at, json.len, parts[i], strlen(parts[i])));
    assert_null(memmem(json.at, json.len, "argon2", 6)); /* a secret is no datum to be given out */
    wish.password = (char *)PASSWORD;
    assert_int_equal(ask(auth_delete_account, wish, delete_account_response, &answer), 0);
    assert_int_not_equal(ask(auth_delete_account, wish, delete_account_response, &answer), 0);
    assert_refused(CODE_UNAUTHENTICATED, "SESSION_ENDED", "");
    assert_int_not_equal(log_in("kim@example.org", PASSWORD), 0);
    assert_refused(CODE_UNAUTHENTICATED, "LOGIN_FAILED", "");
    open_account("kim@example.org", PASSWORD); /* the address is free again */
}

struct kept_job {
    struct sql_job job;
    uint8_t text[KEPT_BYTES_MAX];
    size_t len;
    int64_t ends_at_ms;
};

static int run_kept(struct sql_job *base, struct sql_txn *txn)
{
    struct kept_job *job = (struct kept_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT sealed, ends_at_ms FROM kept", SQL_NONE, &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err < 0)
        return err;
    assert_int_equal(err, 1);
    const struct view sealed = sql_get_view(rows, 0);
    job->ends_at_ms = sql_get_int(rows, 1);
    job->len = sealed.len - crypto_secretbox_NONCEBYTES - crypto_secretbox_MACBYTES;
    assert_null(memmem(sealed.at, sealed.len, "kim", 3));
    assert_int_equal(crypto_secretbox_open_easy(
                         job->text, (const uint8_t *)sealed.at + crypto_secretbox_NONCEBYTES,
                         sealed.len - crypto_secretbox_NONCEBYTES, (const uint8_t *)sealed.at,
                         fixture.auth.kept_key),
                     0);
    sql_done(rows);
    return 0;
}

static void what_the_law_wants_is_kept_under_a_key_of_its_own(void **state)
{
    Usher__V1__DeleteAccountRequest wish = USHER__V1__DELETE_ACCOUNT_REQUEST__INIT;
    Usher__V1__DeleteAccountResponse answer;
    struct kept_job job = {.job.run = run_kept};
    open_account("kim@example.org", PASSWORD);
    wish.password = (char *)PASSWORD;
    assert_int_equal(ask(auth_delete_account, wish, delete_account_response, &answer), 0);
    assert_int_equal(sql_read(fixture.sql, &job.job, DEADLINE_NEVER), 0);
    assert_non_null(memmem(job.text, job.len, "kim@example.org", 15));
    assert_int_equal(job.ends_at_ms, clock_wall_ms(&fixture.now.clock) + KEPT_MS);
}

/* ---- teams ---- */

static uint32_t create_organiser(const char *name, const char *owner)
{
    Usher__V1__CreateOrganiserRequest wish = USHER__V1__CREATE_ORGANISER_REQUEST__INIT;
    Usher__V1__Organiser answer;
    wish.name = (char *)name;
    wish.owner_email = (char *)owner;
    return ask(auth_create_organiser, wish, organiser, &answer) ? 0 : answer.organiser_id;
}

static int set_member(uint32_t organiser_id, const char *email, uint32_t role)
{
    Usher__V1__SetMemberRequest wish = USHER__V1__SET_MEMBER_REQUEST__INIT;
    wish.organiser_id = organiser_id;
    wish.email = (char *)email;
    wish.role = (Usher__V1__Role)role;
    return ask(auth_set_member, wish, member, &member);
}

static size_t count_members(uint32_t organiser_id)
{
    Usher__V1__ListMembersRequest wish = USHER__V1__LIST_MEMBERS_REQUEST__INIT;
    Usher__V1__ListMembersResponse answer;
    wish.organiser_id = organiser_id;
    return ask(auth_list_members, wish, list_members_response, &answer) ? 0 : answer.n_members;
}

static void an_organiser_begins_with_its_owner(void **state)
{
    Usher__V1__ListOrganisersRequest list = USHER__V1__LIST_ORGANISERS_REQUEST__INIT;
    Usher__V1__ListOrganisersResponse answer;
    fixture.caller = the_operator;
    const uint32_t opera = create_organiser("Opera", "Owner@example.org");
    assert_true(opera > 1);
    assert_int_equal(create_organiser("Opera", "other@example.org"), 0);
    assert_refused(CODE_ALREADY_EXISTS, "NAME_TAKEN", "name");
    assert_int_equal(create_organiser("", "other@example.org"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name");
    assert_int_equal(create_organiser("Ballet", "other"), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "email");
    assert_int_equal(ask(auth_list_organisers, list, list_organisers_response, &answer), 0);
    assert_int_equal(answer.n_organisers, 2);
    assert_int_equal(answer.organisers[0]->organiser_id, 1);
    assert_string_equal(answer.organisers[1]->name, "Opera");
    assert_int_equal(count_members(opera), 1);
    open_account("owner@example.org", "a password of fifteen"); /* waited for */
    assert_int_equal(session.account->n_memberships, 1);
    assert_string_equal(session.account->memberships[0]->organiser_name, "Opera");
    assert_true(identity_has_for(&fixture.caller, opera, ROLE_OWNER));
    assert_false(identity_has_for(&fixture.caller, 1, ROLE_OWNER));
    assert_int_equal(count_members(opera), 1);
    assert_int_equal(count_members(1), 0);
    assert_refused(CODE_PERMISSION_DENIED, "", "");
}

/* An address that was invited may be mistyped, and nobody's. */
static void an_owner_who_is_invited_is_none_yet(void **state)
{
    Usher__V1__DeleteAccountRequest leave = USHER__V1__DELETE_ACCOUNT_REQUEST__INIT;
    Usher__V1__DeleteAccountResponse left;
    fixture.caller = the_operator;
    const uint32_t opera = create_organiser("Opera", "owner@example.org");
    open_account("owner@example.org", PASSWORD);
    const struct identity owner = fixture.caller;
    assert_int_equal(set_member(opera, "ower@example.org", ROLE_OWNER), 0);
    assert_int_not_equal(set_member(opera, "owner@example.org", 0), 0);
    assert_refused(CODE_FAILED_PRECONDITION, "LAST_OWNER", "email");
    leave.password = (char *)PASSWORD;
    assert_int_not_equal(ask(auth_delete_account, leave, delete_account_response, &left), 0);
    assert_refused(CODE_FAILED_PRECONDITION, "LAST_OWNER", "");
    open_account("ower@example.org", PASSWORD); /* it is somebody after all */
    fixture.caller = owner;
    assert_int_equal(set_member(opera, "owner@example.org", 0), 0);
}

static void a_short_password_alone_acts_for_nobody(void **state)
{
    fixture.caller = the_operator;
    const uint32_t opera = create_organiser("Opera", "owner@example.org");
    open_account("owner@example.org", "fourteen chars");
    assert_int_equal(session.account->n_memberships, 1);
    assert_false(identity_has(&fixture.caller, ROLE_OWNER));
    assert_int_equal(count_members(opera), 0);
    assert_refused(CODE_PERMISSION_DENIED, "", "");
}

static void who_may_give_which_role(void **state)
{
    fixture.caller = the_operator;
    const uint32_t opera = create_organiser("Opera", "owner@example.org");
    open_account("owner@example.org", "a password of fifteen");
    assert_int_equal(set_member(opera, "manager@example.org", ROLE_MANAGER), 0);
    assert_string_equal(member.account_id, "");
    assert_int_not_equal(set_member(opera, "x@example.org", ROLE_OPERATOR), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "role");
    assert_int_not_equal(set_member(opera, "x@example.org", ROLE_DOOR | ROLE_MANAGER), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "role");
    assert_int_not_equal(set_member(1, "x@example.org", ROLE_DOOR), 0);
    assert_refused(CODE_PERMISSION_DENIED, "", "");
    assert_int_not_equal(set_member(opera, "owner@example.org", 0), 0);
    assert_refused(CODE_FAILED_PRECONDITION, "LAST_OWNER", "email");
    assert_int_not_equal(set_member(opera, "nobody@example.org", 0), 0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "organiser_id");
    Usher__V1__DeleteAccountRequest go = USHER__V1__DELETE_ACCOUNT_REQUEST__INIT;
    Usher__V1__DeleteAccountResponse gone;
    go.password = (char *)"a password of fifteen";
    assert_int_not_equal(ask(auth_delete_account, go, delete_account_response, &gone), 0);
    assert_refused(CODE_FAILED_PRECONDITION, "LAST_OWNER", "");

    open_account("manager@example.org", "a password of fifteen");
    assert_int_equal(set_member(opera, "door@example.org", ROLE_DOOR), 0);
    assert_int_not_equal(set_member(opera, "friend@example.org", ROLE_MANAGER), 0);
    assert_refused(CODE_PERMISSION_DENIED, "", "");
    assert_int_not_equal(set_member(opera, "owner@example.org", ROLE_DOOR), 0);
    assert_refused(CODE_PERMISSION_DENIED, "", "");
    assert_int_equal(set_member(opera, "door@example.org", 0), 0);
    assert_int_equal(count_members(opera), 2);

    fixture.caller = the_operator;
    assert_int_equal(set_member(opera, "owner@example.org", 0), 0);
    assert_int_not_equal(set_member(99, "owner@example.org", ROLE_OWNER), 0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "organiser_id");
    assert_true(fixture_acts("member.set") >= 4);
}

/* ---- machines ---- */

static int create_token(uint32_t organiser_id, uint32_t role, int64_t expires_at_ms)
{
    Usher__V1__CreateApiTokenRequest wish = USHER__V1__CREATE_API_TOKEN_REQUEST__INIT;
    wish.organiser_id = organiser_id;
    wish.name = (char *)"the till";
    wish.role = (Usher__V1__Role)role;
    wish.expires_at_ms = expires_at_ms;
    return ask(auth_create_api_token, wish, api_token, &api_token);
}

static int identify_token(const char *token, struct identity *ret)
{
    char header[160];
    snprintf(header, sizeof(header), "Bearer %s", token);
    return fixture_identify(header, ret);
}

static void a_token_acts_for_its_organiser_until_it_is_revoked(void **state)
{
    Usher__V1__ListApiTokensRequest list = USHER__V1__LIST_API_TOKENS_REQUEST__INIT;
    Usher__V1__ListApiTokensResponse tokens;
    Usher__V1__RevokeApiTokenRequest revoke = USHER__V1__REVOKE_API_TOKEN_REQUEST__INIT;
    Usher__V1__RevokeApiTokenResponse revoked;
    struct identity who;
    char text[128], id[ID_TEXT_CHARS + 1];
    fixture.caller = the_operator;
    assert_int_equal(create_token(1, ROLE_BOX_OFFICE, 0), 0);
    snprintf(text, sizeof(text), "%s", api_token.token);
    snprintf(id, sizeof(id), "%s", api_token.token_id);
    assert_int_equal(identify_token(text, &who), 0);
    assert_true(identity_has_for(&who, 1, ROLE_BOX_OFFICE));
    assert_false(identity_has_for(&who, 2, ROLE_BOX_OFFICE) || identity_has(&who, ROLE_BUYER));
    list.organiser_id = 1;
    assert_int_equal(ask(auth_list_api_tokens, list, list_api_tokens_response, &tokens), 0);
    assert_int_equal(tokens.n_tokens, 1);
    assert_string_equal(tokens.tokens[0]->token, ""); /* told once */
    assert_int_equal(tokens.tokens[0]->used_at_ms, clock_wall_ms(&fixture.now.clock));
    list.organiser_id = 2;
    assert_int_equal(ask(auth_list_api_tokens, list, list_api_tokens_response, &tokens), 0);
    assert_int_equal(tokens.n_tokens, 0);
    revoke.token_id = id;
    revoke.organiser_id = 2; /* not its organiser */
    assert_int_not_equal(ask(auth_revoke_api_token, revoke, revoke_api_token_response, &revoked),
                         0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "token_id");
    revoke.organiser_id = 1;
    assert_int_equal(ask(auth_revoke_api_token, revoke, revoke_api_token_response, &revoked), 0);
    assert_int_equal(identify_token(text, &who), ERR_DENIED);
    revoke.token_id = (char *)"x";
    assert_int_not_equal(ask(auth_revoke_api_token, revoke, revoke_api_token_response, &revoked),
                         0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "token_id");
}

static void a_token_ends_and_gives_no_more_than_its_maker_has(void **state)
{
    struct identity who;
    const int64_t now_ms = clock_wall_ms(&fixture.now.clock);
    fixture.caller = the_operator;
    assert_int_not_equal(create_token(1, ROLE_OWNER, 0), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "role");
    assert_int_not_equal(create_token(99, ROLE_DOOR, 0), 0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "organiser_id");
    assert_int_not_equal(create_token(1, ROLE_DOOR, now_ms), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "expires_at_ms");
    assert_int_equal(create_token(1, ROLE_DOOR, now_ms + 5), 0);
    assert_int_equal(identify_token(api_token.token, &who), 0);
    fixture_advance_ms(5);
    assert_int_equal(identify_token(api_token.token, &who), ERR_DENIED);
    fixture.caller =
        (struct identity){.tenant_count = 1, .tenants = {{.tenant_id = 1, .roles = ROLE_MANAGER}}};
    assert_int_equal(create_token(1, ROLE_MANAGER, 0), 0);
    assert_int_not_equal(create_token(2, ROLE_DOOR, 0), 0);
    assert_refused(CODE_PERMISSION_DENIED, "", "");
    fixture.caller.tenants[0].roles = ROLE_BOX_OFFICE;
    assert_int_not_equal(create_token(1, ROLE_DOOR, 0), 0);
    assert_refused(CODE_PERMISSION_DENIED, "", "");
}

/* ---- the operator ---- */

static int block(Usher__V1__BlockKind kind, const char *value, const char *reason, int64_t until_ms)
{
    Usher__V1__BlockRequest wish = USHER__V1__BLOCK_REQUEST__INIT;
    wish.kind = kind;
    wish.value = (char *)value;
    wish.reason = (char *)reason;
    wish.until_ms = until_ms;
    return ask(auth_block, wish, block_entry, &entry);
}
#define BLOCK(kind) USHER__V1__BLOCK_KIND__BLOCK_KIND_##kind

static int reset_password(const char *email)
{
    Usher__V1__RequestPasswordResetRequest begin = USHER__V1__REQUEST_PASSWORD_RESET_REQUEST__INIT;
    Usher__V1__RequestPasswordResetResponse begun;
    Usher__V1__ResetPasswordRequest wish = USHER__V1__RESET_PASSWORD_REQUEST__INIT;
    begin.email = wish.email = (char *)email;
    assert_int_equal(
        ask(auth_request_password_reset, begin, request_password_reset_response, &begun), 0);
    wish.request_id = begun.request_id;
    wish.code = (char *)fixture_code(email);
    wish.password = (char *)PASSWORD;
    return ask(auth_reset_password, wish, session, &session);
}

static void a_blocked_account_is_out_until_it_is_let_in(void **state)
{
    Usher__V1__UnblockRequest wish = USHER__V1__UNBLOCK_REQUEST__INIT;
    Usher__V1__UnblockResponse answer;
    Usher__V1__RefreshRequest refresh = USHER__V1__REFRESH_REQUEST__INIT;
    struct identity who;
    char id[ID_TEXT_CHARS + 1], access[ACCESS_TOKEN_MAX + 16], token[128];
    open_account("kim@example.org", PASSWORD);
    snprintf(id, sizeof(id), "%s", session.account->account_id);
    snprintf(token, sizeof(token), "%s", session.refresh_token);
    snprintf(access, sizeof(access), "Bearer %s", session.access_token);
    fixture.caller = the_operator;
    assert_int_equal(block(BLOCK(ACCOUNT), id, "resale", 0), 0);
    assert_string_equal(entry.value, id);
    assert_string_equal(entry.reason, "resale");
    assert_int_equal(fixture_identify(access, &who), ERR_DENIED);
    assert_int_not_equal(log_in("kim@example.org", PASSWORD), 0);
    assert_refused(CODE_PERMISSION_DENIED, "BLOCKED", "");
    refresh.refresh_token = token;
    assert_int_not_equal(ask(auth_refresh, refresh, session, &session), 0);
    assert_refused(CODE_PERMISSION_DENIED, "BLOCKED", "");
    /* Nor by a new password: others believe what is signed with our keys. */
    fixture.caller = (struct identity){0};
    assert_int_not_equal(reset_password("kim@example.org"), 0);
    assert_refused(CODE_PERMISSION_DENIED, "BLOCKED", "");
    fixture.caller = the_operator;
    wish.block_id = entry.block_id;
    assert_int_equal(ask(auth_unblock, wish, unblock_response, &answer), 0);
    assert_int_equal(fixture_identify(access, &who), 0);
    assert_int_not_equal(ask(auth_unblock, wish, unblock_response, &answer), 0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "block_id");
    /* With an end. */
    assert_int_equal(block(BLOCK(ACCOUNT), id, "resale", clock_wall_ms(&fixture.now.clock) + 1000),
                     0);
    assert_int_equal(fixture_identify(access, &who), ERR_DENIED);
    fixture_advance_ms(1000);
    assert_int_equal(fixture_identify(access, &who), 0);
}

struct foreign_job {
    struct sql_job job;
    struct view subject;
};

static int run_foreign(struct sql_job *base, struct sql_txn *txn)
{
    return sql_run(txn,
                   "INSERT INTO block (kind, subject, reason, created_at_ms, ends_at_ms)"
                   " VALUES (1, ?, 'elsewhere', 0, 0)",
                   SQL(sql_text(((struct foreign_job *)base)->subject)), NULL);
}

static void what_another_process_blocks_is_blocked_here(void **state)
{
    struct foreign_job job = {.job.run = run_foreign};
    struct identity who;
    char access[ACCESS_TOKEN_MAX + 16], id[ID_TEXT_CHARS + 1];
    open_account("kim@example.org", PASSWORD);
    snprintf(access, sizeof(access), "Bearer %s", session.access_token);
    snprintf(id, sizeof(id), "%s", session.account->account_id);
    job.subject = view_str(id);
    assert_int_equal(sql_write(fixture.sql, &job.job, DEADLINE_NEVER), 0);
    assert_int_equal(fixture_identify(access, &who), 0); /* nobody has looked */
    fixture_advance_ms(10000);
    open_account("lee@example.org", PASSWORD);
    assert_int_equal(fixture_identify(access, &who), ERR_DENIED);
}

static void blocks_are_one_a_subject_and_listed(void **state)
{
    Usher__V1__ListBlockedRequest list = USHER__V1__LIST_BLOCKED_REQUEST__INIT;
    Usher__V1__ListBlockedResponse answer;
    fixture.caller = the_operator;
    assert_int_equal(block(BLOCK(NETWORK), "192.0.2.9/24", "robots", 0), 0);
    assert_string_equal(entry.value, "192.0.2.0/24");
    assert_int_equal(block(BLOCK(NETWORK), "192.0.2.0/24", "more robots", 0), 0);
    assert_int_equal(block(BLOCK(ADDRESS), "2001:DB8::1", "a robot", 0), 0);
    assert_string_equal(entry.value, "2001:db8::1");
    assert_int_equal(ask(auth_list_blocked, list, list_blocked_response, &answer), 0);
    assert_int_equal(answer.n_entries, 2);
    assert_string_equal(answer.entries[0]->reason, "more robots");
    assert_true(roster_blocks_address(&fixture.auth.roster, VIEW_LIT("192.0.2.77"), 1));
    fixture.address = "192.0.2.77";
    assert_int_not_equal(log_in("kim@example.org", PASSWORD), 0);
    assert_refused(CODE_PERMISSION_DENIED, "BLOCKED", "");
    Usher__V1__CreateGuestRequest guest = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    Usher__V1__CreateGuestResponse guest_answer;
    assert_int_not_equal(ask(auth_create_guest, guest, create_guest_response, &guest_answer), 0);
    assert_refused(CODE_PERMISSION_DENIED, "BLOCKED", "");
    fixture.address = "192.0.3.77";
    assert_int_equal(ask(auth_create_guest, guest, create_guest_response, &guest_answer), 0);
    struct identity who;
    char bearer[GUEST_TOKEN_MAX + 16];
    snprintf(bearer, sizeof(bearer), "Bearer %s", guest_answer.token);
    assert_int_equal(fixture_identify(bearer, &who), 0);
    fixture.address = "192.0.2.77";
    assert_int_equal(fixture_identify(bearer, &who), ERR_DENIED);
    static const struct {
        Usher__V1__BlockKind kind;
        const char *value;
    } wrong[] = {{BLOCK(ACCOUNT), "kim@example.org"},
                 {BLOCK(ADDRESS), "192.0.2.0/24"},
                 {BLOCK(NETWORK), "192.0.2.1"},
                 {BLOCK(NETWORK), "192.0.2.1/33"},
                 {BLOCK(ADDRESS), ""},
                 {BLOCK(ACCOUNT), ""}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_not_equal(block(wrong[i].kind, wrong[i].value, "why", 0), 0);
        assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "value");
    }
    assert_int_not_equal(block(BLOCK(UNSPECIFIED), "192.0.2.1", "why", 0), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "kind");
    assert_int_not_equal(block(BLOCK(ADDRESS), "192.0.2.1", "", 0), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "reason");
    assert_int_not_equal(block(BLOCK(ADDRESS), "192.0.2.1", "why", 1), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "until_ms");
}

static void acts_and_accounts_are_looked_up(void **state)
{
    Usher__V1__ListActsRequest list = USHER__V1__LIST_ACTS_REQUEST__INIT;
    Usher__V1__ListActsResponse acts;
    Usher__V1__FindAccountRequest find = USHER__V1__FIND_ACCOUNT_REQUEST__INIT;
    Usher__V1__Account found;
    char id[ID_TEXT_CHARS + 1];
    open_account("kim@example.org", PASSWORD);
    snprintf(id, sizeof(id), "%s", session.account->account_id);
    open_account("lee@example.org", PASSWORD);
    fixture.caller = the_operator;
    list.account_id = id;
    assert_int_equal(ask(auth_list_acts, list, list_acts_response, &acts), 0);
    assert_int_equal(acts.n_acts, 1);
    assert_string_equal(acts.acts[0]->what, "register");
    assert_string_equal(acts.acts[0]->account_id, id);
    list.account_id = (char *)"";
    list.page_size = 1;
    assert_int_equal(ask(auth_list_acts, list, list_acts_response, &acts), 0);
    assert_int_equal(acts.n_acts, 1);
    list.before_act_id = acts.acts[0]->act_id;
    assert_int_equal(ask(auth_list_acts, list, list_acts_response, &acts), 0);
    assert_string_equal(acts.acts[0]->account_id, id);
    list.page_size = 101;
    assert_int_not_equal(ask(auth_list_acts, list, list_acts_response, &acts), 0);
    assert_refused(CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_size");
    find.account_id = id;
    assert_int_equal(ask(auth_find_account, find, account, &found), 0);
    assert_string_equal(found.email, "kim@example.org");
    find.account_id = (char *)"";
    find.email = (char *)"LEE@example.org";
    assert_int_equal(ask(auth_find_account, find, account, &found), 0);
    find.email = (char *)"park@example.org";
    assert_int_not_equal(ask(auth_find_account, find, account, &found), 0);
    assert_refused(CODE_NOT_FOUND, "NOT_FOUND", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sessions_are_listed_and_ended),
        TEST(a_password_is_changed_by_who_knows_it),
        TEST(who_has_a_token_alone_guesses_slowly),
        TEST(ones_data_are_given_out_and_go),
        TEST(what_the_law_wants_is_kept_under_a_key_of_its_own),
        TEST(an_organiser_begins_with_its_owner),
        TEST(an_owner_who_is_invited_is_none_yet),
        TEST(a_short_password_alone_acts_for_nobody),
        TEST(who_may_give_which_role),
        TEST(a_token_acts_for_its_organiser_until_it_is_revoked),
        TEST(a_token_ends_and_gives_no_more_than_its_maker_has),
        TEST(a_blocked_account_is_out_until_it_is_let_in),
        TEST(what_another_process_blocks_is_blocked_here),
        TEST(blocks_are_one_a_subject_and_listed),
        TEST(acts_and_accounts_are_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
