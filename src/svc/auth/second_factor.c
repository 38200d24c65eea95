/*
 * AuthService: the second factor of people who act for an organiser: one-time passwords by time
 * (RFC 6238), six digits, as every authenticator makes them, and ten codes for whoever loses it.
 */
#include "svc/auth/second_factor.h"

#include <sodium.h>
#include <stdio.h>

#include "codec/sha256.h"
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

/* ---- recovery codes: they follow from the sealed secret, so a new one has new codes ---- */

#define RECOVERY_GROUP  4 /* digits, between dashes */
#define RECOVERY_DIGITS (3 * RECOVERY_GROUP)

/* "0123-4567-8901": of 40 bits, which nobody has without secret.key. */
static void write_recovery(const struct auth *auth, struct id account_id, struct view sealed,
                           uint32_t number, char ret_text[RECOVERY_CHARS + 1])
{
    uint8_t said[ID_BYTES + SEALED_BYTES + 1], mac[SHA256_BYTES];
    uint64_t drawn = 0;
    assert(sealed.len == SEALED_BYTES);
    id_to_bytes(account_id, said);
    memcpy(said + ID_BYTES, sealed.at, SEALED_BYTES);
    said[ID_BYTES + SEALED_BYTES] = (uint8_t)number;
    sha256_mac(auth->recovery_key, view_of(said, sizeof(said)), mac);
    for (int i = 0; i < 8; i++)
        drawn = drawn << 8 | mac[i];
    for (int i = RECOVERY_CHARS - 1; i >= 0; i--) {
        const bool dash = i % (RECOVERY_GROUP + 1) == RECOVERY_GROUP;
        ret_text[i] = dash ? '-' : (char)('0' + drawn % 10);
        drawn = dash ? drawn : drawn / 10;
    }
    ret_text[RECOVERY_CHARS] = '\0';
}

/* As people type it: with dashes, blanks, or neither. False: it cannot be one. */
static bool read_recovery(const char *typed, char ret_text[RECOVERY_CHARS + 1])
{
    size_t digits = 0, len = 0;
    for (; *typed; typed++) {
        if (*typed == '-' || *typed == ' ')
            continue;
        if (digits == RECOVERY_DIGITS)
            return false;
        if (digits > 0 && digits % RECOVERY_GROUP == 0)
            ret_text[len++] = '-';
        ret_text[len++] = *typed;
        digits++;
    }
    ret_text[len] = '\0';
    return digits == RECOVERY_DIGITS;
}

static int take_recovery(struct call *call, const struct account *account, const char *code)
{
    const struct auth *auth = auth_of(call);
    struct act act = auth_act(call, "factor.recovery", "");
    char typed[RECOVERY_CHARS + 1], right[RECOVERY_CHARS + 1];
    uint32_t found = ACCOUNT_RECOVERY_CODES;
    if (!read_recovery(code, typed))
        return ERR_DENIED;
    for (uint32_t i = 0; i < ACCOUNT_RECOVERY_CODES; i++) {
        write_recovery(auth, account->account_id, account->totp, i, right);
        if (sodium_memcmp(typed, right, RECOVERY_CHARS) == 0)
            found = i;
    }
    act.account_id = account->account_id; /* who signs in is nobody yet */
    return found < ACCOUNT_RECOVERY_CODES
               ? account_take_recovery(auth->sql, found, &act, call_deadline_ns(call))
               : ERR_DENIED;
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
    if (strlen(code) != SECOND_FACTOR_DIGITS) {
        sodium_memzero(key, sizeof(key));
        return take_recovery(call, account, code);
    }
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

/* Otherwise who has the password alone would put his own in the place of the owner's. */
static int fail_set(struct call *call)
{
    return auth_fail(call, CODE_FAILED_PRECONDITION, "SECOND_FACTOR_SET", NULL,
                     "there is a second factor already: take it off first, by its code");
}

static int tell_recovery(struct call *call, struct id account_id, struct view sealed,
                         Usher__V1__ConfirmSecondFactorResponse *answer)
{
    struct arena *arena = call_arena(call);
    char **codes = arena_alloc(arena, ACCOUNT_RECOVERY_CODES * sizeof(*codes));
    for (uint32_t i = 0; codes && i < ACCOUNT_RECOVERY_CODES; i++) {
        codes[i] = arena_alloc(arena, RECOVERY_CHARS + 1);
        if (!codes[i])
            return ERR_NO_MEMORY;
        write_recovery(auth_of(call), account_id, sealed, i, codes[i]);
    }
    answer->recovery_codes = codes;
    answer->n_recovery_codes = codes ? ACCOUNT_RECOVERY_CODES : 0;
    return codes ? 0 : ERR_NO_MEMORY;
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
    if (account.totp.len > 0)
        return fail_set(call);
    if (read_base32(wish->secret, key))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "secret",
                         "the secret of BeginSecondFactor");
    const int64_t step = find_step(key, wish->code, clock_wall_ms(auth->clock) / 1000, 0);
    if (!step)
        return fail_code(call);
    seal_write(auth->factor_key, auth->chance, view_of(key, sizeof(key)), sealed);
    sodium_memzero(key, sizeof(key));
    int err = tell_recovery(call, account.account_id, view_of(sealed, SEALED_BYTES), response);
    if (!err)
        err = account_set_totp(auth->sql, account.account_id, view_of(sealed, SEALED_BYTES), step,
                               call_identity(call)->session_id, &act, call_deadline_ns(call));
    if (err == ERR_EXISTS)
        return fail_set(call);
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_remove_second_factor(struct call *call, const void *request, void *response)
{
    const Usher__V1__RemoveSecondFactorRequest *wish = request;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "factor.remove", "");
    struct account account;
    bool right;
    if (auth_confirm_owner(call, wish->password, &account))
        return 1;
    if (account.totp.len == 0)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", NULL, "there is no second factor");
    if (auth_try_factor(call, &account, wish->code, &right))
        return 1;
    if (!right)
        return fail_code(call);
    int err = account_set_totp(auth->sql, account.account_id, (struct view){0}, 0, (struct id){0},
                               &act, call_deadline_ns(call));
    return err ? auth_fail_by_err(call, err) : 0;
}
