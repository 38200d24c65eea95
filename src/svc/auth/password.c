#include "svc/auth/password.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>

#include "err/err.h"
#include "mem/utf8.h"
#include "svc/auth/commonest.h"

#define OPERATIONS   2
#define MEMORY_BYTES (19456u << 10)

/* ---- which are taken ---- */

static size_t count_chars(struct view text)
{
    size_t chars = 0;
    for (size_t at = 0, n; at < text.len; at += n, chars++) {
        n = utf8_char(view_of(text.at + at, text.len - at));
        if (n == 0)
            return 0;
    }
    return chars;
}

static int compare(const void *key, const void *element)
{
    return strcmp(key, *(const char *const *)element);
}

static bool is_common(struct view password)
{
    char lower[64]; /* longer than any in the list */
    if (password.len >= sizeof(lower))
        return false;
    for (size_t i = 0; i < password.len; i++)
        lower[i] = (char)tolower((unsigned char)password.at[i]);
    lower[password.len] = '\0';
    return bsearch(lower, commonest_passwords, commonest_passwords_count, sizeof(char *),
                   compare) != NULL;
}

static bool is_one_char(struct view password)
{
    for (size_t i = 1; i < password.len; i++) {
        if (password.at[i] != password.at[0])
            return false;
    }
    return true;
}

const char *password_refusal(struct view password, struct view email, struct view name,
                             uint32_t *ret_chars)
{
    const size_t chars = count_chars(password);
    const char *at = email.len ? memchr(email.at, '@', email.len) : NULL;
    const struct view mailbox = view_of(email.at, at ? (size_t)(at - email.at) : 0);
    *ret_chars = (uint32_t)chars;
    if (chars < PASSWORD_CHARS_MIN)
        return "a password has at least 8 characters";
    if (chars > PASSWORD_CHARS_MAX)
        return "a password has at most 256 characters";
    if (memchr(password.at, '\0', password.len))
        return "a password has no NUL";
    if (is_common(password) || is_one_char(password))
        return "this password is one of those that are guessed first";
    if (view_eq_nocase(password, email) || view_eq_nocase(password, mailbox) ||
        view_eq_nocase(password, name))
        return "a password is not one's own name or address";
    return NULL;
}

/* ---- Argon2id ---- */

struct hashing {
    struct view password;
    char text[PASSWORD_TEXT_BYTES];
    int err;
};

static void run_hash(void *arg)
{
    struct hashing *hashing = arg;
    static_assert(PASSWORD_TEXT_BYTES == crypto_pwhash_argon2id_STRBYTES, "libsodium's own");
    hashing->err = crypto_pwhash_argon2id_str(hashing->text, hashing->password.at,
                                              hashing->password.len, OPERATIONS, MEMORY_BYTES)
                       ? ERR_NO_MEMORY
                       : 0;
}

static void run_check(void *arg)
{
    struct hashing *hashing = arg;
    hashing->err = crypto_pwhash_argon2id_str_verify(hashing->text, hashing->password.at,
                                                     hashing->password.len)
                       ? ERR_DENIED
                       : 0;
}

static int run_on(struct offload *pool, void (*job)(void *), struct hashing *hashing)
{
    if (!pool)
        job(hashing);
    int err = pool ? offload_run(pool, job, hashing) : 0;
    return err ? err : hashing->err;
}

int password_hash(struct offload *pool, struct view password, char ret_text[PASSWORD_TEXT_BYTES])
{
    struct hashing hashing = {.password = password};
    int err = run_on(pool, run_hash, &hashing);
    if (!err)
        memcpy(ret_text, hashing.text, PASSWORD_TEXT_BYTES);
    return err;
}

int password_check(struct offload *pool, struct view password, struct view text)
{
    /* Random bytes in the place of a hash: nobody has a password for it. */
    static const struct view nobody =
        VIEW_LIT("$argon2id$v=19$m=19456,t=2,p=1$q83vEjRWeJCrze8SNFZ4kA$"
                 "WkBq1l2dM7x0v8n3sS5yT9hUeJcRfGpLaZiQoKwXbYE");
    struct hashing hashing = {.password = password};
    const bool known = text.len > 0 && text.len < PASSWORD_TEXT_BYTES;
    const struct view against = known ? text : nobody;
    memcpy(hashing.text, against.at, against.len);
    int err = run_on(pool, run_check, &hashing);
    return err == 0 && !known ? ERR_DENIED : err;
}
