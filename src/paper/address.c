#include "paper/address.h"

#include "err/err.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool local_valid(struct view local)
{
    if (local.len == 0 || local.len > ADDRESS_LOCAL_MAX)
        return false;
    bool point = true; /* none at the beginning, none after another */
    for (size_t i = 0; i < local.len; i++) {
        const char c = local.at[i];
        if (c == '.' ? point : !is_alnum(c) && (!c || !strchr("!#$%&'*+-/=?^_`{|}~", c)))
            return false;
        point = c == '.';
    }
    return !point;
}

/* Labels of 1 to 63 letters, digits and inner hyphens (RFC 1035, 2.3.1; RFC 1123, 2.1). */
static bool domain_valid(struct view domain)
{
    size_t label = 0;
    if (domain.len == 0)
        return false;
    for (size_t i = 0; i < domain.len; i++) {
        const char c = domain.at[i];
        const bool last = i + 1 == domain.len || domain.at[i + 1] == '.';
        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            continue;
        }
        if (!is_alnum(c) && (c != '-' || label == 0 || last))
            return false;
        if (++label > 63)
            return false;
    }
    return label > 0;
}

static size_t at_sign(struct view text)
{
    const char *at = text.len ? memrchr(text.at, '@', text.len) : NULL;
    return at ? (size_t)(at - text.at) : text.len;
}

bool address_valid(struct view text)
{
    const size_t at = at_sign(text);
    return text.len <= ADDRESS_MAX && at < text.len && local_valid(view_of(text.at, at)) &&
           domain_valid(view_of(text.at + at + 1, text.len - at - 1));
}

struct view address_domain(struct view text)
{
    const size_t at = at_sign(text);
    assert(at < text.len);
    return view_of(text.at + at + 1, text.len - at - 1);
}
