#include "call/identity.h"

#include <stdio.h>

#include "err/err.h"

void identity_format(const struct identity *identity, char ret_text[IDENTITY_TEXT_MAX])
{
    char account[ID_TEXT_CHARS + 1] = "", tenant[ID_TEXT_CHARS + 1] = "";
    if (!id_is_zero(identity->account_id))
        id_format(identity->account_id, account);
    if (!id_is_zero(identity->tenant_id))
        id_format(identity->tenant_id, tenant);
    snprintf(ret_text, IDENTITY_TEXT_MAX, "%x;%s;%s", identity->roles, account, tenant);
}

/* What stands before the next semicolon, or the end; *rest becomes what stands behind it. */
static struct view take_part(struct view *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] != ';')
        len++;
    const struct view part = view_of(rest->at, len);
    const size_t skip = len < rest->len ? len + 1 : len;
    *rest = view_of(rest->at + skip, rest->len - skip);
    return part;
}

static int read_roles(struct view text, uint32_t *ret_roles)
{
    uint32_t roles = 0;
    if (text.len == 0 || text.len > 8)
        return ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return ERR_INVALID;
        roles = roles << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret_roles = roles;
    return 0;
}

static int read_id(struct view text, struct id *ret_id)
{
    *ret_id = (struct id){0};
    return text.len == 0 ? 0 : id_parse(text, ret_id);
}

int identity_parse(struct view text, struct identity *ret_identity)
{
    struct identity identity;
    size_t semicolons = 0;
    for (size_t i = 0; i < text.len; i++)
        semicolons += text.at[i] == ';';
    if (semicolons != 2)
        return ERR_INVALID;
    int err = read_roles(take_part(&text), &identity.roles);
    if (!err)
        err = read_id(take_part(&text), &identity.account_id);
    if (!err)
        err = read_id(take_part(&text), &identity.tenant_id);
    if (!err)
        *ret_identity = identity;
    return err;
}
