/* AuthService.CreateAccount and VerifyEmail: how an account begins. */
#include "err/err.h"
#include "svc/auth/handlers.h"
#include "token/roles.h"

static int read_wish(struct call *call, const Usher__V1__CreateAccountRequest *wish,
                     struct proof *ret_proof)
{
    struct view language = view_str(wish->language);
    *ret_proof = (struct proof){.kind = PROOF_OF_REGISTRATION,
                                .account_id = call_identity(call)->account_id};
    if (!identity_has(call_identity(call), ROLE_GUEST)) /* an account becomes no other one */
        ret_proof->account_id = (struct id){0};
    if (auth_read_email(call, wish->email, &ret_proof->email) ||
        auth_read_name(call, wish->name, &ret_proof->name) ||
        (wish->proven[0] && auth_read_proven(call, wish->proven, &ret_proof->external)))
        return 1;
    /* Who signs in by a service needs no password. */
    if ((!wish->proven[0] || wish->password[0]) &&
        auth_read_new_password(call, wish->password, ret_proof->email, ret_proof->name,
                               &ret_proof->password_chars))
        return 1;
    if (language.len == 0)
        language = VIEW_LIT("en");
    if (!view_eq(language, VIEW_LIT("en")) && !view_eq(language, VIEW_LIT("ko")))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "language",
                         "\"ko\" or \"en\"");
    if (!wish->terms)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "terms",
                         "the terms have to be accepted");
    ret_proof->language = language;
    return 0;
}

int auth_create_account(struct call *call, const void *request, void *response)
{
    const Usher__V1__CreateAccountRequest *wish = request;
    Usher__V1__CreateAccountResponse *answer = response;
    char text[PASSWORD_TEXT_BYTES];
    struct proof proof;
    if (auth_check_address(call) || read_wish(call, wish, &proof) || auth_charge_mail(call))
        return 1;
    int err = wish->password[0]
                  ? password_hash(auth_of(call)->hashing, view_str(wish->password), text)
                  : 0;
    if (err)
        return auth_fail_by_err(call, err);
    proof.password = view_str(wish->password[0] ? text : "");
    return auth_begin_proof(call, &proof, wish->proven[0] ? "connect" : "known", "verify",
                            &answer->request_id);
}

int auth_verify_email(struct call *call, const void *request, void *response)
{
    const Usher__V1__VerifyEmailRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct session session = auth_fresh_session(call, wish->device);
    struct id guest_id = {0};
    struct proof_showing showing = {.kind = PROOF_OF_REGISTRATION,
                                    .fresh_account_id =
                                        chance_id_at(auth->chance, session.created_at_ms),
                                    .terms = auth->terms,
                                    .session = &session,
                                    .ret_guest_id = &guest_id};
    struct account account;
    if (auth_read_email(call, wish->email, &showing.email) ||
        auth_read_proof(call, wish->request_id, wish->code, &showing.proof_id, showing.code_hash) ||
        auth_show_proof(call, &showing, wish->second_factor, &account))
        return 1;
    auth_end_guest(auth, guest_id, session.created_at_ms);
    return auth_answer_session(call, &session, &account, wish->cookie, response);
}
