#include "svc/auth/email.h"

#include <ctype.h>

#include "err/err.h"

#define MAILBOX_MAX 64
#define LABEL_MAX   63

/* A dot stands between two others: mail servers refuse the rest, and so does our post. */
static bool is_mailbox(struct view text)
{
    if (text.len == 0 || text.len > MAILBOX_MAX || text.at[text.len - 1] == '.')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c == '.' && (i == 0 || text.at[i - 1] == '.'))
            return false;
        if (c >= 0x80 || (!isalnum(c) && !strchr(".!#$%&'*+/=?^_`{|}~-", c)) || c == 0)
            return false;
    }
    return true;
}

static bool is_label(struct view text)
{
    if (text.len == 0 || text.len > LABEL_MAX || text.at[0] == '-' || text.at[text.len - 1] == '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c >= 0x80 || (!isalnum(c) && c != '-'))
            return false;
    }
    return true;
}

static bool is_domain(struct view text)
{
    size_t labels = 0;
    for (;;) {
        const char *dot = text.len ? memchr(text.at, '.', text.len) : NULL;
        const size_t len = dot ? (size_t)(dot - text.at) : text.len;
        if (!is_label(view_of(text.at, len)))
            return false;
        labels++;
        if (!dot)
            return labels >= 2;
        text = view_of(dot + 1, text.len - len - 1);
    }
}

int email_normalise(struct view text, char ret_email[ACCOUNT_EMAIL_MAX + 1])
{
    const char *at =
        text.len && text.len <= ACCOUNT_EMAIL_MAX ? memchr(text.at, '@', text.len) : NULL;
    if (!at || !is_mailbox(view_of(text.at, (size_t)(at - text.at))) ||
        !is_domain(view_of(at + 1, text.len - (size_t)(at + 1 - text.at))))
        return ERR_INVALID;
    for (size_t i = 0; i < text.len; i++)
        ret_email[i] = (char)tolower((unsigned char)text.at[i]);
    ret_email[text.len] = '\0';
    return 0;
}
