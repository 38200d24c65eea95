#include "svc/gateway/negotiate.h"

static struct view trim(struct view v)
{
    while (v.len && (*v.at == ' ' || *v.at == '\t')) {
        v.at++;
        v.len--;
    }
    while (v.len && (v.at[v.len - 1] == ' ' || v.at[v.len - 1] == '\t'))
        v.len--;
    return v;
}

/* Cuts *v at the first separator: the part before it, trimmed; *v goes on behind it. */
static struct view part(struct view *v, char separator)
{
    const char *at = v->len ? memchr(v->at, separator, v->len) : NULL;
    size_t len = at ? (size_t)(at - v->at) : v->len;
    struct view before = view_of(v->at, len);
    size_t skipped = at ? len + 1 : len;
    *v = view_of(v->at + skipped, v->len - skipped);
    return trim(before);
}

/* "q=0", "q=0.", "q=0.000": not at all. Anything else of a weight is more than that. */
static bool refuses(struct view weight)
{
    if (!view_starts(weight, VIEW_LIT("q=0")) && !view_starts(weight, VIEW_LIT("Q=0")))
        return false;
    for (size_t i = 3; i < weight.len; i++) {
        if (weight.at[i] != '0' && weight.at[i] != '.')
            return false;
    }
    return true;
}

bool negotiate_takes_gzip(struct view accept_encoding)
{
    bool any = false;
    while (accept_encoding.len) {
        struct view item = part(&accept_encoding, ',');
        struct view coding = part(&item, ';');
        bool taken = !refuses(trim(item));
        if (view_eq_nocase(coding, VIEW_LIT("gzip")))
            return taken;
        if (view_eq(coding, VIEW_LIT("*")))
            any = taken;
    }
    return any;
}

bool negotiate_has_tag(struct view if_none_match, struct view tag)
{
    if (view_eq(trim(if_none_match), VIEW_LIT("*")))
        return true;
    /* Our tags have no comma, so a tag that is cut in two by one is none of ours. */
    while (if_none_match.len) {
        struct view item = part(&if_none_match, ',');
        if (view_starts(item, VIEW_LIT("W/")))
            item = view_of(item.at + 2, item.len - 2);
        if (view_eq(item, tag))
            return true;
    }
    return false;
}
