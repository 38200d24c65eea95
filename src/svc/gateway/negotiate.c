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

#define WHOLE 1000 /* the weight of what has none, in thousandths */

/* "q=0.25": 250. What is no weight counts as none: a browser that says something else takes it. */
static uint32_t weight_of(struct view text)
{
    uint32_t weight = 0, unit = WHOLE;
    if (!view_starts(text, VIEW_LIT("q=0")) && !view_starts(text, VIEW_LIT("Q=0")))
        return WHOLE;
    for (size_t i = 3; i < text.len; i++) {
        if (text.at[i] == '.' && i == 3)
            continue;
        if (text.at[i] < '0' || text.at[i] > '9')
            return WHOLE;
        unit /= 10;
        weight += unit * (uint32_t)(text.at[i] - '0');
    }
    return weight;
}

enum squeeze negotiate_form(struct view accept_encoding, const size_t len[SQUEEZE_KINDS])
{
    uint32_t weight[SQUEEZE_KINDS] = {0}, any = 0;
    bool named[SQUEEZE_KINDS] = {false};
    while (accept_encoding.len) {
        struct view item = part(&accept_encoding, ',');
        struct view coding = part(&item, ';');
        const uint32_t says = weight_of(trim(item));
        enum squeeze how;
        if (view_eq(coding, VIEW_LIT("*")))
            any = says;
        else if (coding.len && squeeze_find(coding, &how) && !named[how]) {
            named[how] = true;
            weight[how] = says;
        }
    }
    enum squeeze best = SQUEEZE_NONE; /* which "*" does not speak of: it is what there is anyway */
    for (int how = SQUEEZE_NONE + 1; how < SQUEEZE_KINDS; how++) {
        if (!named[how])
            weight[how] = any;
        if (len[how] > 0 && weight[how] > 0 &&
            (weight[how] > weight[best] ||
             (weight[how] == weight[best] && (best == SQUEEZE_NONE || len[how] <= len[best]))))
            best = (enum squeeze)how;
    }
    return best;
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
