#include "call/identity.h"

#include <stdio.h>

#include "err/err.h"

void identity_format(const struct identity *identity, char ret_text[IDENTITY_TEXT_MAX])
{
    char account[ID_TEXT_CHARS + 1] = "", session[ID_TEXT_CHARS + 1] = "";
    if (!id_is_zero(identity->account_id))
        id_format(identity->account_id, account);
    if (!id_is_zero(identity->session_id))
        id_format(identity->session_id, session);
    size_t len = (size_t)snprintf(ret_text, IDENTITY_TEXT_MAX, "%x;%s;%s;", identity->roles,
                                  account, session);
    for (uint32_t i = 0; i < identity->tenant_count; i++)
        len += (size_t)snprintf(ret_text + len, IDENTITY_TEXT_MAX - len, "%s%x:%x", i ? "," : "",
                                identity->tenants[i].tenant_id, identity->tenants[i].roles);
}

/* What stands before the next such character, or the end; *rest becomes what stands behind it. */
static struct view take_part(struct view *rest, char end)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] != end)
        len++;
    const struct view part = view_of(rest->at, len);
    const size_t skip = len < rest->len ? len + 1 : len;
    *rest = view_of(rest->at + skip, rest->len - skip);
    return part;
}

static int read_number(struct view text, uint32_t *ret_number)
{
    uint32_t number = 0;
    if (text.len == 0 || text.len > 8)
        return ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return ERR_INVALID;
        number = number << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret_number = number;
    return 0;
}

static int read_id(struct view text, struct id *ret_id)
{
    *ret_id = (struct id){0};
    return text.len == 0 ? 0 : id_parse(text, ret_id);
}

static int read_tenants(struct view text, struct identity *identity)
{
    int err = 0;
    while (text.len && !err) {
        struct view part = take_part(&text, ',');
        if (identity->tenant_count == IDENTITY_TENANTS_MAX)
            return ERR_INVALID;
        struct identity_tenant *tenant = &identity->tenants[identity->tenant_count++];
        err = read_number(take_part(&part, ':'), &tenant->tenant_id);
        if (!err)
            err = read_number(part, &tenant->roles);
    }
    return err;
}

int identity_parse(struct view text, struct identity *ret_identity)
{
    struct identity identity = {0};
    char again[IDENTITY_TEXT_MAX];
    const struct view whole = text;
    int err = read_number(take_part(&text, ';'), &identity.roles);
    if (!err)
        err = read_id(take_part(&text, ';'), &identity.account_id);
    if (!err)
        err = read_id(take_part(&text, ';'), &identity.session_id);
    if (!err)
        err = read_tenants(text, &identity);
    if (err)
        return err;
    identity_format(&identity, again);
    if (!view_eq(whole, view_str(again)))
        return ERR_INVALID;
    *ret_identity = identity;
    return 0;
}
