#include "svc/auth/fixture_test.h"

#include "db/faulty_test.h"

#include <stdio.h>

#include <sodium.h>

#include "err/err.h"

struct fixture fixture;
static struct arena arenas[2]; /* in turns: an answer is read while the next is made */
static unsigned turn;
static struct arena looked;

int fixture_set_up(void **state)
{
    static const uint8_t master[KEY_BYTES] = {1}, operator_key[KEY_BYTES] = {2};
    if (sodium_init() < 0)
        return 1;
    fixture = (struct fixture){.arena_max = 1 << 20, .address = "", .cookie = ""};
    clock_virtual_init(&fixture.now, INT64_C(1782000000123));
    chance_seed(&fixture.seeded, 7);
    arena_init(&looked, 16 << 20);
    for (int i = 0; i < 2; i++)
        arena_init(&arenas[i], 0);
    int err = sql_faulty_new(NULL, &fixture.sql);
    if (!err)
        err = keyset_open(master, clock_wall_ms(&fixture.now.clock) / 1000, &fixture.keyset);
    const struct auth_options options = {.master = master,
                                         .operator_key = operator_key,
                                         .clock = &fixture.now.clock,
                                         .chance = &fixture.seeded.chance,
                                         .guest_ttl_ms = 86400000,
                                         .issuer = FIXTURE_ISSUER,
                                         .sql = fixture.sql,
                                         .keyset = fixture.keyset};
    return err ? err : auth_init(&fixture.auth, &options);
}

int fixture_tear_down(void **state)
{
    for (int i = 0; i < 2; i++)
        arena_release(&arenas[i]);
    arena_release(&looked);
    auth_release(&fixture.auth);
    keyset_free(fixture.keyset);
    sql_free(fixture.sql);
    return 0;
}

int fixture_call(int (*handle)(struct call *call, const void *request, void *response),
                 const void *request, const ProtobufCMessageDescriptor *answer, void *response)
{
    struct arena *arena = &arenas[turn++ % 2];
    const struct service service = {.state = &fixture.auth};
    const struct route route = {.service = &service};
    struct call call = {
        .route = &route, .arena = arena, .identity = fixture.caller, .deadline_ns = DEADLINE_NEVER};
    arena_release(arena);
    arena_init(arena, fixture.arena_max);
    protobuf_c_message_init(answer, response);
    if (fixture.address[0])
        (void)metadata_add(&call.received, arena, AUTH_ADDRESS, view_str(fixture.address));
    if (fixture.cookie[0])
        (void)metadata_add(&call.received, arena, AUTH_SESSION, view_str(fixture.cookie));
    int err = handle(&call, request, response);
    const struct view cookie = metadata_find(call.answered, AUTH_SESSION);
    snprintf(fixture.set_cookie, sizeof(fixture.set_cookie), "%.*s",
             cookie.at ? (int)cookie.len : 4, cookie.at ? cookie.at : "none");
    fixture.failed = call.code;
    snprintf(fixture.reason, sizeof(fixture.reason), "%s", call.detail ? call.detail->reason : "");
    snprintf(fixture.field, sizeof(fixture.field), "%s", call.detail ? call.detail->field : "");
    fixture.retry_after_ms = call.detail ? call.detail->retry_after_ms : 0;
    return err;
}

static bool newest_mail(const char *to, struct mail *ret_mail)
{
    struct mail *mails;
    size_t count = 0;
    int err = mail_list(fixture.sql, 0, view_str(to), 1, &looked, &mails, &count, DEADLINE_NEVER);
    assert(err == 0);
    if (count)
        *ret_mail = mails[0];
    return count != 0;
}

const char *fixture_code(const char *to)
{
    static char code[9];
    struct mail mail;
    code[0] = '\0';
    if (newest_mail(to, &mail) && view_starts(mail.params, VIEW_LIT("{\"code\":\"")))
        snprintf(code, sizeof(code), "%.8s", mail.params.at + 9);
    return code;
}

size_t fixture_mails(const char *to)
{
    struct mail *mails;
    size_t count = 0;
    int err = mail_list(fixture.sql, 0, view_str(to), 50, &looked, &mails, &count, DEADLINE_NEVER);
    assert(err == 0);
    return count;
}

const char *fixture_template(const char *to)
{
    struct mail mail;
    return newest_mail(to, &mail) ? mail.template.at : "";
}

size_t fixture_acts(const char *what)
{
    struct act *acts;
    size_t count, found = 0;
    int err = act_list(fixture.sql, 0, (struct id){0}, ACT_PAGE_MAX, &looked, &acts, &count,
                       DEADLINE_NEVER);
    assert(err == 0);
    for (size_t i = 0; i < count; i++)
        found += view_eq(acts[i].what, view_str(what));
    return found;
}

void fixture_advance_ms(int64_t ms)
{
    clock_virtual_advance(&fixture.now, ms * NS_PER_MS);
}

int fixture_identify(const char *header, struct identity *ret_identity)
{
    *ret_identity = (struct identity){0};
    const struct credentials shown = {.authorization = view_str(header),
                                      .address = view_str(fixture.address)};
    int err = auth_identify(&fixture.auth, &shown, ret_identity);
    return err == ERR_BUSY ? auth_identify_slowly(&fixture.auth, &shown, ret_identity) : err;
}

void fixture_be(const Usher__V1__Session *session)
{
    char header[ACCESS_TOKEN_MAX + 16];
    snprintf(header, sizeof(header), "Bearer %s", session->access_token);
    int err = fixture_identify(header, &fixture.caller);
    assert(err == 0);
}

void fixture_open_account(const char *email, const char *password, Usher__V1__Session *ret_session)
{
    Usher__V1__CreateAccountRequest begin = USHER__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Usher__V1__CreateAccountResponse answer;
    Usher__V1__VerifyEmailRequest wish = USHER__V1__VERIFY_EMAIL_REQUEST__INIT;
    fixture.caller = (struct identity){0};
    begin.email = wish.email = (char *)email;
    begin.password = (char *)password;
    begin.name = (char *)"Kim";
    begin.terms = true;
    int err = fixture_call(auth_create_account, &begin,
                           &usher__v1__create_account_response__descriptor, &answer);
    assert(err == 0);
    wish.code = (char *)fixture_code(email);
    wish.request_id = answer.request_id;
    err = fixture_call(auth_verify_email, &wish, &usher__v1__session__descriptor, ret_session);
    assert(err == 0);
    fixture_be(ret_session);
}
