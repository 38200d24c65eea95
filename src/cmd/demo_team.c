/*
 * The demo's team: one account that may do everything for the demo's organiser, so that whoever
 * tries Usher can sign in at /organiser and /door. Its password is derived from the store's own
 * secret key: no two stores have the same one, and none is written down.
 */
#include <string.h>

#include "call/client.h"
#include "cmd/demo.h"
#include "codec/base32.h"
#include "err/err.h"
#include "observe/log.h"
#include "token/key.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/door.pb-c.h"

#define TEAM_ARENA          (1u << 20)
#define ORGANISER           1 /* the first, to whom the demo's events belong */
#define CODE_DIGITS         8
#define PASSWORD_BYTES      10
#define PASSWORD_GROUP      4
#define PASSWORD_BARE_CHARS BASE32_CHARS(PASSWORD_BYTES)

_Static_assert(PASSWORD_BARE_CHARS + PASSWORD_BARE_CHARS / PASSWORD_GROUP == DEMO_PASSWORD_MAX,
               "a dash after each group but the last, and a NUL");

void demo_password(const uint8_t secret[KEY_BYTES], char ret_password[DEMO_PASSWORD_MAX])
{
    char bare[PASSWORD_BARE_CHARS + 1];
    uint8_t key[KEY_BYTES];
    char *out = ret_password;
    key_derive(secret, KEY_FOR_DEMO, key);
    base32_write((struct view){(const char *)key, PASSWORD_BYTES}, bare);
    for (size_t i = 0; i < PASSWORD_BARE_CHARS; i++) {
        if (i > 0 && i % PASSWORD_GROUP == 0)
            *out++ = '-';
        *out++ = bare[i];
    }
    *out = '\0';
}

/* The code of the newest mail to the demo's account: its first eight digits, of which blanks are no
 * part. NULL where there is none. */
static const char *code_of(struct client *mails, struct arena *arena)
{
    Usher__V1__ListMailsRequest list = USHER__V1__LIST_MAILS_REQUEST__INIT;
    const Usher__V1__ListMailsResponse *there;
    list.to = (char *)DEMO_EMAIL;
    list.page_size = 1;
    int err = client_call(mails, Usher__V1__DoorService, list_mails, &list, &there);
    if (demo_check(mails, "ListMails", err) || there->n_mails == 0)
        return NULL;
    Usher__V1__GetMailRequest get = USHER__V1__GET_MAIL_REQUEST__INIT;
    const Usher__V1__Mail *mail;
    get.mail_id = there->mails[0]->mail_id;
    err = client_call(mails, Usher__V1__DoorService, get_mail, &get, &mail);
    if (demo_check(mails, "GetMail", err))
        return NULL;
    char *code = arena_alloc(arena, CODE_DIGITS + 1);
    size_t digits = 0;
    for (const char *at = mail->text; code && *at && digits < CODE_DIGITS; at++) {
        if (*at >= '0' && *at <= '9')
            code[digits++] = *at;
        else if (*at != ' ')
            digits = 0;
    }
    if (!code || digits < CODE_DIGITS)
        return NULL;
    code[digits] = '\0';
    return code;
}

/* Registers the account and proves its address by the mail that this server itself keeps. */
static int register_account(struct client *auth, struct client *mails, struct arena *arena,
                            const char *password)
{
    Usher__V1__CreateAccountRequest wish = USHER__V1__CREATE_ACCOUNT_REQUEST__INIT;
    const Usher__V1__CreateAccountResponse *asked;
    wish.email = (char *)DEMO_EMAIL;
    wish.password = (char *)password;
    wish.name = (char *)"Demo";
    wish.language = (char *)"en";
    wish.terms = true;
    int err = client_call(auth, Usher__V1__AuthService, create_account, &wish, &asked);
    if (demo_check(auth, "CreateAccount", err))
        return err;
    Usher__V1__VerifyEmailRequest proof = USHER__V1__VERIFY_EMAIL_REQUEST__INIT;
    const Usher__V1__Session *session;
    proof.email = (char *)DEMO_EMAIL;
    proof.request_id = asked->request_id;
    proof.device = (char *)"the demo";
    proof.code = (char *)code_of(mails, arena);
    if (!proof.code)
        return ERR_NOT_FOUND;
    err = client_call(auth, Usher__V1__AuthService, verify_email, &proof, &session);
    return demo_check(auth, "VerifyEmail", err);
}

/* A store that knows the account has the team already, whatever its owner has made of it since. */
static int ensure(struct client *auth, struct client *mails, struct arena *arena,
                  const char *password)
{
    Usher__V1__FindAccountRequest find = USHER__V1__FIND_ACCOUNT_REQUEST__INIT;
    const Usher__V1__Account *account;
    find.email = (char *)DEMO_EMAIL;
    int err = client_call(auth, Usher__V1__AuthService, find_account, &find, &account);
    if (!err)
        return 0;
    if (auth->status.code != CODE_NOT_FOUND)
        return demo_check(auth, "FindAccount", err);
    err = register_account(auth, mails, arena, password);
    if (err)
        return err;
    Usher__V1__SetMemberRequest member = USHER__V1__SET_MEMBER_REQUEST__INIT;
    const Usher__V1__Member *made;
    member.organiser_id = ORGANISER;
    member.email = (char *)DEMO_EMAIL;
    member.role = USHER__V1__ROLE__ROLE_OWNER;
    err = client_call(auth, Usher__V1__AuthService, set_member, &member, &made);
    return demo_check(auth, "SetMember", err);
}

int demo_create_team(struct channel *channel, const uint8_t secret[KEY_BYTES])
{
    char password[DEMO_PASSWORD_MAX];
    struct client auth, mails;
    struct arena arena;
    demo_password(secret, password);
    arena_init(&arena, TEAM_ARENA);
    client_init(&auth, channel, &usher__v1__auth_service__descriptor, &arena);
    client_init(&mails, channel, &usher__v1__door_service__descriptor, &arena);
    int err = ensure(&auth, &mails, &arena, password);
    arena_release(&arena);
    return err;
}
