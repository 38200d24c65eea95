#include "http/head.h"

#include <arpa/inet.h>
#include <ctype.h>

enum { IS_LOWER = 1, IS_TOKEN = 2, IS_BREAK = 4, IS_HOST = 8 };

#define IS_NAME (IS_TOKEN | IS_LOWER)

/* Every answer's fields pass through here. IS_HOST: what may stand in a host with a port (RFC 3986,
 * 3.2); user information may not (RFC 9110, 4.2.4). */
static const uint8_t classes[256] = {
    ['a' ... 'z'] = IS_NAME | IS_HOST,
    ['0' ... '9'] = IS_NAME | IS_HOST,
    ['A' ... 'Z'] = IS_TOKEN | IS_HOST,
    ['!'] = IS_NAME | IS_HOST,
    ['#'] = IS_NAME,
    ['$' ... '\''] = IS_NAME | IS_HOST,
    ['(' ... ')'] = IS_HOST,
    ['*' ... '+'] = IS_NAME | IS_HOST,
    [','] = IS_HOST,
    ['-' ... '.'] = IS_NAME | IS_HOST,
    [':' ... ';'] = IS_HOST,
    ['='] = IS_HOST,
    ['['] = IS_HOST,
    [']'] = IS_HOST,
    ['^'] = IS_NAME,
    ['_'] = IS_NAME | IS_HOST,
    ['`'] = IS_NAME,
    ['|'] = IS_NAME,
    ['~'] = IS_NAME | IS_HOST,
    ['\r'] = IS_BREAK,
    ['\n'] = IS_BREAK,
    ['\0'] = IS_BREAK,
};

static bool is_blank(char b)
{
    return b == ' ' || b == '\t';
}

static struct view trim(struct view v)
{
    while (v.len && is_blank(v.at[0])) {
        v.at++;
        v.len--;
    }
    while (v.len && is_blank(v.at[v.len - 1]))
        v.len--;
    return v;
}

bool head_find(const struct head *head, struct view name, struct view *ret_value)
{
    for (size_t i = 0; i < head->field_count; i++) {
        if (view_eq_nocase(head->fields[i].name, name)) {
            *ret_value = head->fields[i].value;
            return true;
        }
    }
    return false;
}

struct view head_get(const struct head *head, struct view name)
{
    struct view value = {0};

    head_find(head, name, &value);
    return value;
}

/* What stands before the first stop, taken off *v with it; the rest of *v if there is none. */
static struct view split(struct view *v, char stop)
{
    const char *found = v->len ? memchr(v->at, stop, v->len) : NULL;
    struct view part = view_of(v->at, found ? (size_t)(found - v->at) : v->len);
    size_t used = part.len + (found ? 1 : 0);

    v->at = v->len ? v->at + used : v->at;
    v->len -= used;
    return trim(part);
}

/* "q=0", "q=0.", "q=0.000" */
static bool is_zero_weight(struct view parameter)
{
    if (parameter.len < 3 || (parameter.at[0] | 0x20) != 'q' || parameter.at[1] != '=')
        return false;
    for (size_t i = 2; i < parameter.len; i++) {
        if (parameter.at[i] != '0' && parameter.at[i] != '.')
            return false;
    }
    return true;
}

static bool member_is(struct view member, struct view token)
{
    if (!view_eq_nocase(split(&member, ';'), token))
        return false;
    while (member.len) {
        if (is_zero_weight(split(&member, ';')))
            return false;
    }
    return true;
}

/* "[::1]" or "[v1.x]", by RFC 3986, 3.2.2; v begins with '['. The length, or 0. */
static size_t literal(struct view v)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    const char *end = memchr(v.at, ']', v.len);
    const size_t len = end ? (size_t)(end - v.at) - 1 : 0;
    if (len == 0 || len >= sizeof(text))
        return 0;
    memcpy(text, v.at + 1, len);
    text[len] = '\0';
    const char *dot = strchr(text, '.');
    const bool future = (text[0] == 'v' || text[0] == 'V') && dot && dot > text + 1 && dot[1] &&
                        strspn(text + 1, "0123456789abcdefABCDEF") == (size_t)(dot - text) - 1;
    return future || inet_pton(AF_INET6, text, &address) == 1 ? len + 2 : 0;
}

/* As far as a name or an address in digits goes: to the port's colon, or the end. False: a
 * character that is none there. */
static bool host_of(struct view v, size_t *ret_len)
{
    size_t len = 0;
    if (v.len > 0 && v.at[0] == '[') {
        *ret_len = literal(v);
        return *ret_len > 0;
    }
    for (; len < v.len && v.at[len] != ':'; len++) {
        const uint8_t c = (uint8_t)v.at[len];
        if (!(classes[c] & IS_HOST) || c == '[' || c == ']' ||
            (c == '%' && (v.len - len < 3 || !isxdigit((uint8_t)v.at[len + 1]) ||
                          !isxdigit((uint8_t)v.at[len + 2]))))
            return false;
    }
    *ret_len = len;
    return true;
}

static bool is_authority(struct view v)
{
    uint64_t port = 0;
    size_t len;
    if (!host_of(v, &len))
        return false;
    if (len == v.len)
        return true;
    return v.at[len] == ':' &&
           (len + 1 == v.len ||
            view_to_u64(view_of(v.at + len + 1, v.len - len - 1), UINT16_MAX, &port));
}

bool head_names_one(const struct head *head)
{
    unsigned hosts = 0, authorizations = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        const struct head_field *field = &head->fields[i];
        if (view_eq_nocase(field->name, VIEW_LIT("host"))) {
            if (++hosts > 1 || !view_eq_nocase(field->value, head->authority))
                return false;
        } else if (view_eq_nocase(field->name, VIEW_LIT("authorization"))) {
            authorizations++;
        }
    }
    return authorizations <= 1 && is_authority(head->authority);
}

bool head_lists(const struct head *head, struct view name, struct view token)
{
    for (size_t i = 0; i < head->field_count; i++) {
        if (!view_eq_nocase(head->fields[i].name, name))
            continue;
        struct view rest = head->fields[i].value;
        while (rest.len) {
            if (member_is(split(&rest, ','), token))
                return true;
        }
    }
    return false;
}

enum head_method head_method_of(struct view name)
{
    static const struct {
        struct view name;
        enum head_method method;
    } known[] = {
        {VIEW_LIT("GET"), HEAD_METHOD_GET},         {VIEW_LIT("POST"), HEAD_METHOD_POST},
        {VIEW_LIT("HEAD"), HEAD_METHOD_HEAD},       {VIEW_LIT("PUT"), HEAD_METHOD_PUT},
        {VIEW_LIT("DELETE"), HEAD_METHOD_DELETE},   {VIEW_LIT("PATCH"), HEAD_METHOD_PATCH},
        {VIEW_LIT("OPTIONS"), HEAD_METHOD_OPTIONS},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (view_eq(known[i].name, name))
            return known[i].method;
    }
    return HEAD_METHOD_OTHER;
}

bool head_is_token_byte(char b)
{
    return classes[(uint8_t)b] & IS_TOKEN;
}

bool head_is_target(struct view v)
{
    bool bad = false;

    for (size_t i = 0; i < v.len; i++) {
        uint8_t b = (uint8_t)v.at[i];
        bad |= b <= ' ' || b >= 0x7f || b == '#';
    }
    return !bad;
}

static bool field_clean(const struct head_field *field)
{
    uint8_t name = IS_LOWER, value = 0;

    for (size_t i = 0; i < field->name.len; i++)
        name &= classes[(uint8_t)field->name.at[i]];
    for (size_t i = 0; i < field->value.len; i++)
        value |= classes[(uint8_t)field->value.at[i]];
    return field->name.len && name && !(value & IS_BREAK);
}

bool head_fields_clean(const struct head_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!field_clean(&fields[i]))
            return false;
    }
    return true;
}
