#include "db/mariadb_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/percent.h"
#include "err/err.h"

static const char shape[] = "mariadb://USER@HOST[:PORT]/DATABASE[?password-file=PATH&…]";

/* Decodes text into field, NUL-terminated. ERR_INVALID: too long, or a broken escape. */
static int decode(struct view text, char *field, size_t size)
{
    char bytes[PATH_MAX];
    size_t len = 0;
    if (text.len > sizeof(bytes) || query_read(text, bytes, &len) != 0 || len >= size ||
        memchr(bytes, '\0', len))
        return ERR_INVALID;
    memcpy(field, bytes, len);
    field[len] = '\0';
    return 0;
}

/* What stands before the first c; text moves behind it. Without c: nothing, and text stays. */
static bool cut(struct view *text, char c, struct view *ret_before)
{
    const char *at = text->len ? memchr(text->at, c, text->len) : NULL;
    if (!at)
        return false;
    *ret_before = view_of(text->at, (size_t)(at - text->at));
    *text = view_of(at + 1, text->len - ret_before->len - 1);
    return true;
}

/* The first line of a file. */
static int read_password(const char *path, struct mariadb_target *target, char *why)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(why, MARIADB_WHY_MAX, "password-file %.300s: %s", path, strerrordesc_np(errno));
        return ERR_INVALID;
    }
    const bool any = fgets(target->password, sizeof(target->password), file);
    const bool whole = any && (strchr(target->password, '\n') || feof(file));
    fclose(file);
    if (!whole) {
        snprintf(why, MARIADB_WHY_MAX,
                 "password-file %.300s: it must hold one line of at most %zu bytes", path,
                 sizeof(target->password) - 2);
        return ERR_INVALID;
    }
    target->password[strcspn(target->password, "\r\n")] = '\0';
    return 0;
}

static int set_tls(struct view value, struct mariadb_target *target)
{
    if (view_eq(value, VIEW_LIT("off")))
        target->tls = MARIADB_TLS_OFF;
    else if (view_eq(value, VIEW_LIT("require")))
        target->tls = MARIADB_TLS_REQUIRE;
    else if (view_eq(value, VIEW_LIT("verify")))
        target->tls = MARIADB_TLS_VERIFY;
    else
        return ERR_INVALID;
    return 0;
}

static int set_option(struct view name, struct view value, struct mariadb_target *target, char *why)
{
    char path[PATH_MAX];
    uint64_t number = 0;
    int err = ERR_INVALID;
    if (view_eq(name, VIEW_LIT("socket")))
        err = decode(value, target->socket, sizeof(target->socket));
    else if (view_eq(name, VIEW_LIT("tls")))
        err = set_tls(value, target);
    else if (view_eq(name, VIEW_LIT("tls-ca")))
        err = decode(value, target->tls_ca, sizeof(target->tls_ca));
    else if (view_eq(name, VIEW_LIT("connections"))) {
        if (view_to_u64(value, MARIADB_CONNECTIONS_MAX, &number) && number > 0)
            err = 0;
        target->connections = (uint32_t)number;
    } else if (view_eq(name, VIEW_LIT("password-file"))) {
        err = decode(value, path, sizeof(path));
        if (err == 0)
            return read_password(path, target, why);
    }
    if (err)
        snprintf(why, MARIADB_WHY_MAX,
                 "%.*s=%.*s: the options are socket=PATH, password-file=PATH, "
                 "tls=off|require|verify, tls-ca=PATH, connections=1…%d",
                 VIEW_ARG(name), VIEW_ARG(value), MARIADB_CONNECTIONS_MAX);
    return err;
}

static int read_options(struct view query, struct mariadb_target *target, char *why)
{
    int err = 0;
    while (err == 0 && query.len > 0) {
        struct view option, name;
        if (!cut(&query, '&', &option)) {
            option = query;
            query.len = 0;
        }
        if (!cut(&option, '=', &name)) {
            name = option;
            option.len = 0;
        }
        err = set_option(name, option, target, why);
    }
    return err;
}

/* HOST, HOST:PORT, [IPv6] or [IPv6]:PORT, or nothing. */
static int read_place(struct view place, struct mariadb_target *target)
{
    struct view host = place, before;
    uint64_t port = MARIADB_PORT;
    if (place.len > 0 && place.at[0] == '[') {
        place = view_of(place.at + 1, place.len - 1);
        if (!cut(&place, ']', &host) || (place.len > 0 && place.at[0] != ':'))
            return ERR_INVALID;
        before = host;
        place = view_of(place.at + (place.len > 0), place.len - (place.len > 0));
        if (place.len > 0 && !view_to_u64(place, UINT16_MAX, &port))
            return ERR_INVALID;
    } else if (cut(&place, ':', &before)) {
        host = before;
        if (!view_to_u64(place, UINT16_MAX, &port))
            return ERR_INVALID;
    }
    target->port = (uint16_t)port;
    return port == 0 ? ERR_INVALID : decode(host, target->host, sizeof(target->host));
}

int mariadb_target_read(const char *url, struct mariadb_target *ret_target,
                        char ret_why[MARIADB_WHY_MAX])
{
    const struct view scheme = VIEW_LIT("mariadb://");
    struct mariadb_target target = {.connections = MARIADB_CONNECTIONS_DEFAULT};
    struct view rest = view_str(url), user = {0}, place, database;
    snprintf(ret_why, MARIADB_WHY_MAX, "write %s", shape);
    if (!view_starts(rest, scheme))
        return ERR_INVALID;
    rest = view_of(rest.at + scheme.len, rest.len - scheme.len);
    if (!cut(&rest, '/', &place))
        return ERR_INVALID;
    if (!cut(&rest, '?', &database)) {
        database = rest;
        rest.len = 0;
    }
    if (!cut(&place, '@', &user) || user.len == 0 || database.len == 0)
        return ERR_INVALID;
    if (memchr(user.at, ':', user.len)) {
        snprintf(ret_why, MARIADB_WHY_MAX,
                 "a password does not belong into an address, which others can see; put it into a "
                 "file and say password-file=PATH");
        return ERR_INVALID;
    }
    int err = decode(user, target.user, sizeof(target.user));
    if (err == 0)
        err = decode(database, target.database, sizeof(target.database));
    if (err == 0)
        err = read_place(place, &target);
    if (err == 0)
        err = read_options(rest, &target, ret_why);
    if (err == 0 && !target.host[0] == !target.socket[0])
        err = ERR_INVALID; /* one of both */
    if (err == 0)
        *ret_target = target;
    explicit_bzero(target.password, sizeof(target.password));
    return err;
}
