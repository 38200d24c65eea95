/* AuthService.RequestPasswordReset and ResetPassword: for who has forgotten it. */
#include "err/err.h"
#include "svc/auth/handlers.h"

int auth_request_password_reset(struct call *call, const void *request, void *response)
{
    const Usher__V1__RequestPasswordResetRequest *wish = request;
    Usher__V1__RequestPasswordResetResponse *answer = response;
    struct proof proof = {.kind = PROOF_OF_RESET, .language = VIEW_LIT("en")};
    if (auth_check_address(call) || auth_read_email(call, wish->email, &proof.email) ||
        auth_charge_mail(call))
        return 1;
    return auth_begin_proof(call, &proof, "reset", NULL, &answer->request_id);
}

int auth_reset_password(struct call *call, const void *request, void *response)
{
    const Usher__V1__ResetPasswordRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct session session = auth_fresh_session(call, wish->device);
    struct proof_showing showing = {.kind = PROOF_OF_RESET, .session = &session};
    struct account account;
    char text[PASSWORD_TEXT_BYTES];
    if (auth_read_email(call, wish->email, &showing.email) ||
        auth_read_new_password(call, wish->password, showing.email, (struct view){0},
                               &showing.password_chars) ||
        auth_read_proof(call, wish->request_id, wish->code, &showing.proof_id, showing.code_hash))
        return 1;
    int err = password_hash(auth->hashing, view_str(wish->password), text);
    if (err)
        return auth_fail_by_err(call, err);
    showing.password = view_str(text);
    if (auth_show_proof(call, &showing, wish->second_factor, &account))
        return 1;
    return auth_answer_session(call, &session, &account, wish->cookie, response);
}
