/*
 * AuthService: the second factor of people who act for an organiser: one-time passwords by time
 * (RFC 6238), six digits, as every authenticator makes them.
 */
#include "svc/auth/second_factor.h"

#include <sodium.h>
#include <stdio.h>

#include "err/err.h"
#include "token/seal.h"

#define STEPS_AROUND 1 /* steps of TOTP_STEP_S that a clock may be wrong, either way */
#define SEALED_BYTES (TOTP_KEY_BYTES + SEAL_MORE)
static_assert(SEALED_BYTES == ACCOUNT_TOTP_BYTES, "what the store keeps");

/* ---- base32 (RFC 4648, 6), of whole groups: 20 bytes are 32 characters ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static_assert(TOTP_KEY_BYTES % 5 == 0, "no padding");

static void write_base32(const uint8_t key[TOTP_KEY_BYTES], char ret_text[SECRET_CHARS + 1])
{
    for (unsigned i = 0; i < SECRET_CHARS; i++) {
        const unsigned bit = 5 * i, byte = bit / 8, rest = bit % 8;
        const unsigned next = byte + 1 < TOTP_KEY_BYTES ? key[byte + 1] : 0;
        const unsigned pair = (unsigned)key[byte] << 8 | next;
        ret_text[i] = alphabet[pair >> (11 - rest) & 31];
    }
    ret_text[SECRET_CHARS] = '\0';
}

static int read_base32(const char *text, uint8_t ret_key[TOTP_KEY_BYTES])
{
    if (strlen(text) != SECRET_CHARS)
        return ERR_INVALID;
    memset(ret_key, 0, TOTP_KEY_BYTES);
    for (unsigned i = 0; i < SECRET_CHARS; i++) {
        const char *at = strchr(alphabet, text[i]);
        if (!at)
            return ERR_INVALID;
        const unsigned value = (unsigned)(at - alphabet) << (11 - 5 * i % 8);
        ret_key[5 * i / 8] |= (uint8_t)(value >> 8);
        if (5 * i / 8 + 1 < TOTP_KEY_BYTES)
            ret_key[5 * i / 8 + 1] |= (uint8_t)value;
    }
    return 0;
}

/* ---- codes ---- */

/* The step that six digits are of, later than after_step; 0: of none around now. */
static int64_t find_step(const uint8_t key[TOTP_KEY_BYTES], const char *code, int64_t now_s,
                         int64_t after_step)
{
    char text[TOTP_DIGITS + 1];
    const int64_t now_step = now_s / TOTP_STEP_S;
    int64_t found = 0;
    if (strlen(code) != SECOND_FACTOR_DIGITS)
        return 0;
    for (int64_t step = now_step - STEPS_AROUND; step <= now_step + STEPS_AROUND; step++) {
        totp_write(key, step * TOTP_STEP_S, text);
        /* Six digits are the last six of eight. */
        const char *digits = text + TOTP_DIGITS - SECOND_FACTOR_DIGITS;
        if (step > after_step && sodium_memcmp(digits, code, SECOND_FACTOR_DIGITS) == 0)
            found = step;
    }
    return found;
}

int second_factor_check(struct call *call, const struct account *account, const char *code)
{
    struct auth *auth = auth_of(call);
    uint8_t key[TOTP_KEY_BYTES];
    /* Sealed: a copy of the store has no second factor. */
    int err = account->totp.len == SEALED_BYTES ? seal_open(auth->factor_key, account->totp, key)
                                                : ERR_CORRUPT;
    if (err)
        return err;
    const int64_t step =
        find_step(key, code, clock_wall_ms(auth->clock) / 1000, account->totp_step);
    sodium_memzero(key, sizeof(key));
    return step ? account_take_totp(auth->sql, account->account_id, step, call_deadline_ns(call))
                : ERR_DENIED;
}

/* ---- the calls ---- */

int auth_begin_second_factor(struct call *call, const void *request, void *response)
{
    Usher__V1__SecondFactor *answer = response;
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    struct account account;
    uint8_t key[TOTP_KEY_BYTES];
    char *secret = arena_alloc(arena, SECRET_CHARS + 1);
    if (auth_read_account(call, &account))
        return 1;
    if (!secret)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    auth->chance->fill(auth->chance, key, sizeof(key));
    write_base32(key, secret);
    sodium_memzero(key, sizeof(key));
    answer->secret = secret;
    /* '@' is the only character of an address that an authenticator's label must not have bare. */
    const char *at = memchr(account.email.at, '@', account.email.len);
    answer->uri = arena_printf(arena, "otpauth://totp/Usher:%.*s%%40%s?secret=%s&issuer=Usher",
                               (int)(at - account.email.at), account.email.at, at + 1, secret);
    return answer->uri ? 0 : auth_fail_by_err(call, ERR_NO_MEMORY);
}

static int fail_code(struct call *call)
{
    return auth_fail(call, CODE_INVALID_ARGUMENT, "CODE_REFUSED", "code",
                     "these are not the six digits of now, or they were used");
}

int auth_confirm_second_factor(struct call *call, const void *request, void *response)
{
    const Usher__V1__ConfirmSecondFactorRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "factor.set", "");
    struct account account;
    uint8_t key[TOTP_KEY_BYTES], sealed[SEALED_BYTES];
    if (auth_confirm_owner(call, wish->password, &account))
        return 1;
    if (read_base32(wish->secret, key))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "secret",
                         "the secret of BeginSecondFactor");
    const int64_t step = find_step(key, wish->code, clock_wall_ms(auth->clock) / 1000, 0);
    if (!step)
        return fail_code(call);
    seal_write(auth->factor_key, auth->chance, view_of(key, sizeof(key)), sealed);
    sodium_memzero(key, sizeof(key));
    int err = account_set_totp(auth->sql, account.account_id, view_of(sealed, SEALED_BYTES), step,
                               call_identity(call)->session_id, &act, call_deadline_ns(call));
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_remove_second_factor(struct call *call, const void *request, void *response)
{
    const Usher__V1__RemoveSecondFactorRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "factor.remove", "");
    struct account account;
    if (auth_confirm_owner(call, wish->password, &account))
        return 1;
    if (account.totp.len == 0)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", NULL, "there is no second factor");
    int err = second_factor_check(call, &account, wish->code);
    if (err == ERR_DENIED)
        return fail_code(call);
    if (!err)
        err = account_set_totp(auth->sql, account.account_id, (struct view){0}, 0, (struct id){0},
                               &act, call_deadline_ns(call));
    return err ? auth_fail_by_err(call, err) : 0;
}
