#include "db/redis_target.h"

#include <stdio.h>
#include <string.h>

#include "db/url.h"
#include "err/err.h"
#include "net/tls.h"

#define REDIS_PORT    6379
#define SENTINEL_PORT 26379
#define REDIS_NUMBERS 16384

#define OPTIONS                                                                                    \
    "password-file=PATH, tls-ca=PATH, tls-cert=PATH, tls-key=PATH, sentinel=MASTER, "              \
    "sentinel-user=NAME, sentinel-password-file=PATH, cluster=yes"

bool redis_place_eq(const struct redis_place *a, const struct redis_place *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

void redis_place_text(const struct redis_place *place, char text[REDIS_PLACE_TEXT_MAX])
{
    snprintf(text, REDIS_PLACE_TEXT_MAX, "%s:%u", place->host, place->port);
}

static int set_option(struct view name, struct view value, struct redis_target *t, char *why)
{
    const struct {
        struct view name;
        char *field;
        size_t size;
    } texts[] = {
        {VIEW_LIT("tls-ca"), t->tls_ca, sizeof(t->tls_ca)},
        {VIEW_LIT("tls-cert"), t->tls_cert, sizeof(t->tls_cert)},
        {VIEW_LIT("tls-key"), t->tls_key, sizeof(t->tls_key)},
        {VIEW_LIT("sentinel"), t->master, sizeof(t->master)},
        {VIEW_LIT("sentinel-user"), t->sentinels.user, sizeof(t->sentinels.user)},
    };
    struct redis_login *login = view_eq(name, VIEW_LIT("password-file"))            ? &t->login
                                : view_eq(name, VIEW_LIT("sentinel-password-file")) ? &t->sentinels
                                                                                    : NULL;
    if (login)
        return url_read_password(value, login->password, sizeof(login->password), why);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (view_eq(name, texts[i].name) && value.len > 0)
            return url_decode(value, texts[i].field, texts[i].size);
    if (view_eq(name, VIEW_LIT("cluster")) && view_eq(value, VIEW_LIT("yes"))) {
        t->kind = REDIS_CLUSTER;
        return 0;
    }
    snprintf(why, URL_WHY_MAX, "%.*s=%.*s: the options are " OPTIONS, VIEW_ARG(name),
             VIEW_ARG(value));
    return ERR_INVALID;
}

static int read_places(struct view places, struct redis_target *t)
{
    struct view host;
    uint16_t port;
    const uint16_t usual = t->kind == REDIS_SENTINEL ? SENTINEL_PORT : REDIS_PORT;
    while (url_place(&places, &host, &port)) {
        struct redis_place *place = &t->places[t->place_count];
        if (t->place_count == REDIS_PLACES_MAX || host.len == 0 ||
            url_decode(host, place->host, sizeof(place->host)))
            return ERR_INVALID;
        place->port = port ? port : usual;
        t->place_count++;
    }
    return t->place_count > 0 ? 0 : ERR_INVALID;
}

static int wrong(char *why, const char *sentence)
{
    snprintf(why, URL_WHY_MAX, "%s", sentence);
    return ERR_INVALID;
}

/* What does not go together. */
static int check(const struct redis_target *t, char *why)
{
    if (t->master[0] && t->kind == REDIS_CLUSTER)
        return wrong(why, "sentinel= and cluster= exclude each other");
    if (!t->master[0] && (t->sentinels.user[0] || t->sentinels.password[0]))
        return wrong(why, "sentinel-user= and sentinel-password-file= need sentinel=MASTER");
    if (t->kind == REDIS_ONE && t->place_count > 1)
        return wrong(why, "several servers are sentinels (sentinel=MASTER) or a cluster "
                          "(cluster=yes); say which");
    if (t->kind == REDIS_CLUSTER && t->number > 0)
        return wrong(why, "a cluster has no database but 0");
    if (!t->secure && (t->tls_ca[0] || t->tls_cert[0] || t->tls_key[0]))
        return wrong(why, "tls-ca=, tls-cert= and tls-key= need rediss://");
    if (!t->tls_cert[0] != !t->tls_key[0])
        return wrong(why, "tls-cert= and tls-key= go together");
    if (t->sentinels.user[0] && !t->sentinels.password[0])
        return wrong(why, "sentinel-user= needs sentinel-password-file=PATH");
    if (t->login.user[0] && !t->login.password[0])
        return wrong(why, "a user needs password-file=PATH");
    int err = t->tls_ca[0] ? net_tls_check_client(t->tls_ca, why) : 0;
    return err == 0 && t->tls_cert[0] ? net_tls_check_server(t->tls_cert, t->tls_key, why) : err;
}

static void name_it(struct redis_target *t)
{
    int len = t->master[0] ? snprintf(t->name, sizeof(t->name), "%s of ", t->master) : 0;
    for (uint32_t i = 0; i < t->place_count && len < (int)sizeof(t->name); i++)
        len += snprintf(t->name + len, sizeof(t->name) - (size_t)len, "%s%s:%u", i ? "," : "",
                        t->places[i].host, t->places[i].port);
}

int redis_target_read(const char *url, struct redis_target *ret_target, char *ret_why)
{
    struct redis_target target = {0};
    struct url parts;
    struct view name, value;
    uint64_t number = 0;
    snprintf(ret_why, URL_WHY_MAX,
             "write redis://HOST[:PORT][,HOST[:PORT]…][/NUMBER][?password-file=PATH&…], or "
             "rediss://… for TLS; a password belongs into a file");
    int err = url_split(url, "redis://", &parts);
    if (err) {
        err = url_split(url, "rediss://", &parts);
        target.secure = true;
    }
    if (err || (parts.name.len > 0 && !view_to_u64(parts.name, REDIS_NUMBERS, &number)))
        return ERR_INVALID;
    target.number = (uint32_t)number;
    err = url_decode(parts.user, target.login.user, sizeof(target.login.user));
    while (err == 0 && url_option(&parts.query, &name, &value))
        err = set_option(name, value, &target, ret_why);
    if (err == 0 && target.master[0] && target.kind == REDIS_ONE)
        target.kind = REDIS_SENTINEL;
    if (err == 0)
        err = read_places(parts.places, &target);
    if (err == 0)
        err = check(&target, ret_why);
    if (err == 0) {
        name_it(&target);
        *ret_target = target;
    }
    explicit_bzero(&target, sizeof(target));
    return err;
}
