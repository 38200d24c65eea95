/*
 * handlers: the methods of AuthService, and what they have in common. Inside src/svc/auth only.
 */
#ifndef USHER_SVC_AUTH_HANDLERS_H
#define USHER_SVC_AUTH_HANDLERS_H

#include "store/organisers.h"
#include "store/proofs.h"
#include "svc/auth/auth.h"
#include "svc/auth/email.h"
#include "svc/auth/password.h"
#include "usher/v1/auth.pb-c.h"

/* Each as its rpc line in auth.proto says. */
int auth_create_guest(struct call *call, const void *request, void *response);
int auth_request_order_code(struct call *call, const void *request, void *response);
int auth_open_order(struct call *call, const void *request, void *response);
int auth_request_reminder(struct call *call, const void *request, void *response);
int auth_confirm_reminder(struct call *call, const void *request, void *response);
int auth_cancel_reminder(struct call *call, const void *request, void *response);
int auth_list_reminders(struct call *call, const void *request, void *response);
int auth_create_account(struct call *call, const void *request, void *response);
int auth_verify_email(struct call *call, const void *request, void *response);
int auth_log_in(struct call *call, const void *request, void *response);
int auth_refresh(struct call *call, const void *request, void *response);
int auth_log_out(struct call *call, const void *request, void *response);
int auth_request_password_reset(struct call *call, const void *request, void *response);
int auth_reset_password(struct call *call, const void *request, void *response);
int auth_list_person_services(struct call *call, const void *request, void *response);
int auth_begin_person(struct call *call, const void *request, void *response);
int auth_prove_person(struct call *call, const void *request, void *response);
int auth_get_account(struct call *call, const void *request, void *response);
int auth_change_password(struct call *call, const void *request, void *response);
int auth_begin_second_factor(struct call *call, const void *request, void *response);
int auth_confirm_second_factor(struct call *call, const void *request, void *response);
int auth_remove_second_factor(struct call *call, const void *request, void *response);
int auth_list_sign_in_providers(struct call *call, const void *request, void *response);
int auth_begin_provider(struct call *call, const void *request, void *response);
int auth_finish_provider(struct call *call, const void *request, void *response);
int auth_unlink_provider(struct call *call, const void *request, void *response);
int auth_list_sessions(struct call *call, const void *request, void *response);
int auth_end_session(struct call *call, const void *request, void *response);
int auth_export_account(struct call *call, const void *request, void *response);
int auth_delete_account(struct call *call, const void *request, void *response);
int auth_list_members(struct call *call, const void *request, void *response);
int auth_set_member(struct call *call, const void *request, void *response);
int auth_create_api_token(struct call *call, const void *request, void *response);
int auth_list_api_tokens(struct call *call, const void *request, void *response);
int auth_revoke_api_token(struct call *call, const void *request, void *response);
int auth_find_account(struct call *call, const void *request, void *response);
int auth_list_accounts(struct call *call, const void *request, void *response);
int auth_open_kept(struct call *call, const void *request, void *response);
int auth_create_organiser(struct call *call, const void *request, void *response);
int auth_list_organisers(struct call *call, const void *request, void *response);
int auth_block(struct call *call, const void *request, void *response);
int auth_unblock(struct call *call, const void *request, void *response);
int auth_list_blocked(struct call *call, const void *request, void *response);
int auth_list_acts(struct call *call, const void *request, void *response);

/* Metadata by which the edge hands in, and takes back, what only it sees (wire/caller.h). */
#define AUTH_ADDRESS VIEW_LIT("usher-address")
#define AUTH_SESSION VIEW_LIT("usher-session")
/* Where the caller is, at most SESSION_ADDRESS_MAX bytes; empty: not known. */
struct view auth_address(const struct call *call);
/* 0, or a refusal where the caller's address is blocked. */
int auth_check_address(struct call *call);

/* ---- refusals (refusals.c): each ends the call, and returns a non-zero value ---- */

/* reason and field as in docs/errors.md; field may be NULL. */
#define auth_fail(call, code, ...)                                                                 \
    call_refuse(call, code, (code) == CODE_UNAVAILABLE ? AUTH_RETRY_AFTER_MS : 0, __VA_ARGS__)
#define AUTH_RETRY_AFTER_MS 1000
/* TOO_MANY_REQUESTS, with when to try again. */
int auth_fail_later(struct call *call, int64_t retry_after_ms, const char *what);
/* What an err code of the store or of the hashing pool means to a caller. */
int auth_fail_by_err(struct call *call, int err);

/* The call is a manager's or an owner's of that organiser. */
int auth_fail_team(struct call *call);
/* The call's account is blocked. */
int auth_fail_blocked(struct call *call);
/* Why a proof was not taken. */
int auth_fail_proof(struct call *call, int err);

/* ---- what was asked (asked.c): 0, or a refusal ---- */

/* The address, normalised, in the call's arena. */
int auth_read_email(struct call *call, const char *text, struct view *ret_email);
/* A name that is shown to people: 1 to ACCOUNT_NAME_MAX bytes, no control characters. */
int auth_read_name(struct call *call, const char *text, struct view *ret_name);
/* Why somebody is blocked: 1 to BLOCK_REASON_MAX bytes, no control characters. */
int auth_read_reason(struct call *call, const char *text, struct view *ret_reason);
/* What the list of sessions calls a device: cut where it is long, or no longer one line. */
struct view auth_read_device(const char *text);
/* A password that may be used. */
int auth_read_new_password(struct call *call, const char *text, struct view email, struct view name,
                           uint32_t *ret_chars);
/* The id that CreateAccount and RequestPasswordReset gave, and a hash of it and the code. */
int auth_read_proof(struct call *call, const char *request_id, const char *code,
                    struct id *ret_proof_id, uint8_t ret_hash[PROOF_HASH_BYTES]);

/* ---- the caller (account.c): 0, or a refusal ---- */

/* The caller's account, which is no guest's. */
int auth_read_account(struct call *call, struct account *ret_account);
/* The same, where the caller shows its password once more. */
int auth_confirm_password(struct call *call, const char *password, struct account *ret_account);
/* The same, where an account without a password is its owner's by a sign-in of just now. */
int auth_confirm_owner(struct call *call, const char *password, struct account *ret_account);
/* Takes the six digits of the account's second factor. 0, or a refusal. */
int auth_show_factor(struct call *call, const struct account *account, const char *digits);
/* The same; digits that are wrong are no refusal, and are counted. */
int auth_try_factor(struct call *call, const struct account *account, const char *digits,
                    bool *ret_right);
/* Shows a mailed code, as proof_show, and with it the second factor, where the account has one that
 * is needed. 0, or a refusal. */
int auth_show_proof(struct call *call, struct proof_showing *showing, const char *digits,
                    struct account *ret_account);
/* What the account has proved of whose it is, into its answer. 0, or an error. */
int auth_answer_persons(struct call *call, struct id account_id, Usher__V1__Account *answer);
/* What FinishProvider proved. */
int auth_read_proven(struct call *call, const char *text, struct external *ret_external);
/* The act of the call, now; about is borrowed, and may be NULL. */
struct act auth_act(struct call *call, const char *what, const char *about);

/* ---- teams (team.c) ---- */

/* The roles that the caller may give and take there; 0: none. */
uint32_t auth_may_give(const struct identity *identity, uint32_t organiser_id);
/* Whether it is one role of a team, and nothing else. */
bool auth_is_team_role(uint32_t role);

#define AUTH_ROSTER_ARENA_MAX (32u << 20) /* bytes: all tokens and blocks while they are read */
/* Reads tokens and blocks anew, after a change. As grants_read and roster_load. */
int auth_load_roster(struct auth *auth, struct arena *arena, int64_t deadline_ns);

/* ---- guests who have become accounts (follow.c) ---- */

/* Reads what is new of them; one at a time. As ended_follow. */
int auth_read_ended(struct auth *auth, int64_t deadline_ns);
/* Refuses the tokens of such a guest from now on; zero: of nobody. Where there is no memory for it,
 * auth_follow tries again. */
void auth_end_guest(struct auth *auth, struct id guest_id, int64_t ended_at_ms);

/* ---- proofs (proof.c) ---- */

/* The hash that the store compares, of a code for that proof. */
void auth_hash_code(const struct auth *auth, struct id proof_id, const char *digits,
                    uint8_t ret_hash[PROOF_HASH_BYTES]);

/* The token of a guest's account, in the call's arena. 0, or a refusal. */
int auth_write_guest(struct call *call, struct id account_id, char **ret_account_id,
                     char **ret_token, int64_t *ret_expires_at_ms);

/* Counts a mail against the caller's address. 0, or a refusal. */
int auth_charge_mail(struct call *call);

/* Begins a proof: draws its id and code, and mails: template known where the address has an
 * account, fresh where it has none; NULL: nothing. Fills in proof_id, code_hash and created_at_ms,
 * and writes the id's text to *ret_request_id. */
int auth_begin_proof(struct call *call, struct proof *proof, const char *known, const char *fresh,
                     char **ret_request_id);

/* ---- answers (answers.c) ---- */

/* A session that begins now, on that device, with a fresh id. */
struct session auth_fresh_session(struct call *call, const char *device);
/* NULL where there is no memory. */
char *auth_format_id(struct arena *arena, struct id id);
/* Fills in the answer: both tokens and the account. cookie: the refresh token goes there. */
int auth_answer_session(struct call *call, const struct session *session,
                        const struct account *account, bool cookie, Usher__V1__Session *answer);
/* Fills in an account, ERR_NO_MEMORY. */
int auth_answer_account(struct arena *arena, const struct account *account,
                        Usher__V1__Account *answer);

static inline struct auth *auth_of(struct call *call)
{
    return call_state(call);
}

#endif
