#include <sodium.h>

#include "err/err.h"
#include "mem/utf8.h"
#include "svc/auth/breached.h"
#include "svc/auth/handlers.h"

#define CODE_DIGITS 8

int auth_read_email(struct call *call, const char *text, struct view *ret_email)
{
    char *email = arena_alloc(call_arena(call), ACCOUNT_EMAIL_MAX + 1);
    if (!email)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    if (email_normalise(view_str(text), email))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "email",
                         "an e-mail address, as in kim@example.org");
    *ret_email = view_str(email);
    return 0;
}

static bool is_line(struct view text, size_t max)
{
    return text.len <= max && utf8_line(text) && utf8_visible(text);
}

int auth_read_name(struct call *call, const char *text, struct view *ret_name)
{
    const struct view name = view_str(text);
    if (!is_line(name, ACCOUNT_NAME_MAX))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                         "1 to %d bytes that can be seen, without control characters",
                         ACCOUNT_NAME_MAX);
    *ret_name = name;
    return 0;
}

int auth_read_reason(struct call *call, const char *text, struct view *ret_reason)
{
    const struct view reason = view_str(text);
    if (!is_line(reason, BLOCK_REASON_MAX))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "reason",
                         "1 to %d bytes that can be seen, without control characters",
                         BLOCK_REASON_MAX);
    *ret_reason = reason;
    return 0;
}

struct view auth_read_device(const char *text)
{
    const struct view device = view_str(text);
    size_t len = 0;
    for (size_t n; len < device.len; len += n) {
        n = utf8_char(view_of(device.at + len, device.len - len));
        const struct view one = view_of(device.at + len, n);
        if (n == 0 || len + n > SESSION_DEVICE_MAX || utf8_is_control(utf8_point(one)))
            break;
    }
    return view_of(device.at, len);
}

/* ---- passwords that others have lost already ---- */

struct looking {
    const struct breached *breached;
    struct view password;
    bool found;
    int err;
};

static void look(void *arg)
{
    struct looking *looking = arg;
    looking->err = breached_look(looking->breached, looking->password, &looking->found);
}

/* The file is on a disk: on the pool. ERR_FULL; as breached_look. */
static int look_beside(struct offload *pool, struct looking *looking)
{
    if (!pool)
        look(looking);
    const int err = pool ? offload_run(pool, look, looking) : 0;
    return err ? err : looking->err;
}

int auth_read_new_password(struct call *call, const char *text, struct view email, struct view name,
                           uint32_t *ret_chars)
{
    const char *why = password_refusal(view_str(text), email, name, ret_chars);
    struct looking looking = {.breached = auth_of(call)->breached, .password = view_str(text)};
    if (!why && looking.breached) {
        const int err = look_beside(auth_of(call)->hashing, &looking);
        if (err)
            return auth_fail_by_err(call, err);
        why = looking.found ? "this password stood in a breach of another site" : NULL;
    }
    return why ? auth_fail(call, CODE_INVALID_ARGUMENT, "PASSWORD_REFUSED", "password", "%s", why)
               : 0;
}

/* The digits of a code, which people type with blanks between. False unless there are as many as
 * there should be. */
static bool read_code(const char *text, char ret_digits[CODE_DIGITS + 1])
{
    size_t len = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        if (*text < '0' || *text > '9' || len == CODE_DIGITS)
            return false;
        ret_digits[len++] = *text;
    }
    ret_digits[len] = '\0';
    return len == CODE_DIGITS;
}

int auth_read_proof(struct call *call, const char *request_id, const char *code,
                    struct id *ret_proof_id, uint8_t ret_hash[PROOF_HASH_BYTES])
{
    char digits[CODE_DIGITS + 1];
    struct id proof_id;
    if (id_parse(view_str(request_id), &proof_id) || id_is_zero(proof_id))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "request_id",
                         "the request_id that was answered when the code was mailed");
    if (!read_code(code, digits))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "code",
                         "the %d digits of the mail", CODE_DIGITS);
    auth_hash_code(auth_of(call), proof_id, digits, ret_hash);
    *ret_proof_id = proof_id;
    return 0;
}
