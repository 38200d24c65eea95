#include "db/mariadb_target.h"

#include <stdio.h>
#include <string.h>

#include "db/url.h"
#include "err/err.h"
#include "net/tls.h"

_Static_assert(MARIADB_WHY_MAX == URL_WHY_MAX, "sentences are handed through");

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
    uint64_t number = 0;
    int err = ERR_INVALID;
    if (view_eq(name, VIEW_LIT("password-file")))
        return url_read_password(value, target->password, sizeof(target->password), why);
    if (view_eq(name, VIEW_LIT("socket"))) {
        err = url_decode(value, target->socket, sizeof(target->socket));
    } else if (view_eq(name, VIEW_LIT("tls"))) {
        err = set_tls(value, target);
    } else if (view_eq(name, VIEW_LIT("tls-ca"))) {
        err = url_decode(value, target->tls_ca, sizeof(target->tls_ca));
    } else if (view_eq(name, VIEW_LIT("tls-cert"))) {
        err = url_decode(value, target->tls_cert, sizeof(target->tls_cert));
    } else if (view_eq(name, VIEW_LIT("tls-key"))) {
        err = url_decode(value, target->tls_key, sizeof(target->tls_key));
    } else if (view_eq(name, VIEW_LIT("semi-sync"))) {
        target->semi_sync = view_eq(value, VIEW_LIT("require"));
        err = target->semi_sync ? 0 : ERR_INVALID;
    } else if (view_eq(name, VIEW_LIT("connections"))) {
        if (view_to_u64(value, MARIADB_CONNECTIONS_MAX, &number) && number > 0)
            err = 0;
        target->connections = (uint32_t)number;
    }
    if (err)
        snprintf(why, MARIADB_WHY_MAX,
                 "%.*s=%.*s: the options are socket=PATH, password-file=PATH, "
                 "tls=off|require|verify, tls-ca=PATH, tls-cert=PATH, tls-key=PATH, "
                 "semi-sync=require, connections=1…%d",
                 VIEW_ARG(name), VIEW_ARG(value), MARIADB_CONNECTIONS_MAX);
    return err;
}

static int read_places(struct view places, struct mariadb_target *target)
{
    struct view host;
    uint16_t port;
    while (url_place(&places, &host, &port)) {
        struct mariadb_place *place = &target->places[target->place_count];
        if (target->place_count == MARIADB_PLACES_MAX || host.len == 0 ||
            url_decode(host, place->host, sizeof(place->host)))
            return ERR_INVALID;
        place->port = port ? port : MARIADB_PORT;
        target->place_count++;
    }
    if (!target->place_count == !target->socket[0])
        return ERR_INVALID; /* one of both */
    if (target->socket[0])
        target->place_count = 1;
    return 0;
}

/* What does not go together, and the files of TLS. */
static int check(const struct mariadb_target *t, char why[MARIADB_WHY_MAX])
{
    const char *wrong = NULL;
    if (t->tls == MARIADB_TLS_OFF && (t->tls_ca[0] || t->tls_cert[0]))
        wrong = "tls-ca=, tls-cert= and tls-key= need tls=verify or tls=require";
    else if (!t->tls_cert[0] != !t->tls_key[0])
        wrong = "tls-cert= and tls-key= go together";
    if (wrong) {
        snprintf(why, MARIADB_WHY_MAX, "%s", wrong);
        return ERR_INVALID;
    }
    int err = t->tls_ca[0] ? net_tls_check_client(t->tls_ca, why) : 0;
    return err == 0 && t->tls_cert[0] ? net_tls_check_server(t->tls_cert, t->tls_key, why) : err;
}

int mariadb_target_read(const char *url, struct mariadb_target *ret_target,
                        char ret_why[MARIADB_WHY_MAX])
{
    struct mariadb_target target = {.connections = MARIADB_CONNECTIONS_DEFAULT};
    struct url parts;
    struct view name, value;
    snprintf(ret_why, MARIADB_WHY_MAX,
             "write mariadb://USER@HOST[:PORT][,HOST[:PORT]…]/DATABASE[?password-file=PATH&…]; a "
             "password belongs into a file");
    if (url_split(url, "mariadb://", &parts) || parts.user.len == 0 || parts.name.len == 0)
        return ERR_INVALID;
    int err = url_decode(parts.user, target.user, sizeof(target.user));
    if (err == 0)
        err = url_decode(parts.name, target.database, sizeof(target.database));
    while (err == 0 && url_option(&parts.query, &name, &value))
        err = set_option(name, value, &target, ret_why);
    if (err == 0)
        err = read_places(parts.places, &target);
    if (err == 0)
        err = check(&target, ret_why);
    if (err == 0)
        *ret_target = target;
    explicit_bzero(target.password, sizeof(target.password));
    return err;
}
