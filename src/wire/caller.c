#include "wire/caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "observe/log.h"
#include "wire/proxy.h"
#include "wire/shard.h"

#define COOKIE_SECURE "__Host-usher-session"
#define COOKIE_PLAIN  "usher-session"

#define WANTS_CERTIFICATE "a peer has to show a certificate that our --peer-ca signed"

/* ---- the address ---- */

static struct view trim(struct view v)
{
    while (v.len && (v.at[0] == ' ' || v.at[0] == '\t'))
        v = view_of(v.at + 1, v.len - 1);
    while (v.len && (v.at[v.len - 1] == ' ' || v.at[v.len - 1] == '\t'))
        v.len--;
    return v;
}

/* What stands behind the last comma: each proxy adds whom it sees at the end, and what stands
 * before was said by somebody further away. */
static struct view last_member(struct view list)
{
    const char *comma = list.len ? memrchr(list.at, ',', list.len) : NULL;
    return trim(comma ? view_of(comma + 1, list.len - (size_t)(comma + 1 - list.at)) : list);
}

/* The last field of that name: a proxy may add one of its own instead of a member. */
static struct view last_field(const struct head *head, struct view name)
{
    struct view value = {0};
    for (size_t i = 0; i < head->field_count; i++) {
        if (view_eq_nocase(head->fields[i].name, name))
            value = head->fields[i].value;
    }
    return last_member(value);
}

static struct view forwarded_for(const struct head *head, char text[CALLER_ADDRESS_MAX])
{
    const struct view said = last_field(head, VIEW_LIT("x-forwarded-for"));
    struct in6_addr bytes;
    if (said.len == 0 || said.len >= CALLER_ADDRESS_MAX)
        return (struct view){0};
    memcpy(text, said.at, said.len);
    text[said.len] = '\0';
    const bool fine =
        inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1;
    return fine ? view_of(text, said.len) : (struct view){0};
}

struct view caller_address(struct conn *conn, const struct head *head,
                           char text[CALLER_ADDRESS_MAX])
{
    if (conn->shard->options->behind_proxy)
        return forwarded_for(head, text);
    if (conn->proxied)
        return proxy_read(conn->shard->options, head, conn_host(conn), text).address;
    return conn_host(conn);
}

bool caller_secure(const struct conn *conn, const struct head *head)
{
    const struct server_options *options = conn->shard->options;
    if (options->behind_proxy)
        return view_eq_nocase(last_field(head, VIEW_LIT("x-forwarded-proto")), VIEW_LIT("https"));
    if (conn->proxied) {
        char text[CALLER_ADDRESS_MAX];
        const struct view scheme = proxy_read(options, head, (struct view){0}, text).scheme;
        if (scheme.len)
            return view_eq_nocase(scheme, VIEW_LIT("https"));
    }
    return options->tls_cert_path != NULL || conn->secure_before;
}

/* ---- the certificate ---- */

const char *caller_flaw(struct exchange *exchange, const struct head *head)
{
    const struct server_options *options = exchange->shard->options;
    struct conn *conn = exchange->conn;
    char why[NET_TLS_WHY_MAX];
    if (!options->peer_ca_path || conn->certified)
        return NULL;
    if (!options->peers_only && !head_get(head, VIEW_LIT(IDENTITY_FIELD)).at)
        return NULL;
    conn->certified = net_certified(&conn->stream, why);
    if (conn->certified)
        return NULL;
    log_event(LOG_WARN, "peer.refuse", log_view("client.ip", conn_host(conn)),
              log_str("error.message", why));
    const char *said = arena_printf(&exchange->arena, "%s: %s", WANTS_CERTIFICATE, why);
    return said ? said : WANTS_CERTIFICATE;
}

/* ---- the cookie ---- */

/* Whether a page of this origin asks (Fetch Metadata; RFC 6454, 7). */
static bool is_same_origin(const struct head *head, bool secure)
{
    struct view site, origin;
    const struct view scheme = secure ? VIEW_LIT("https://") : VIEW_LIT("http://");
    if (head_find(head, VIEW_LIT("sec-fetch-site"), &site))
        return view_eq(site, VIEW_LIT("same-origin"));
    return head_find(head, VIEW_LIT("origin"), &origin) && view_starts(origin, scheme) &&
           view_eq_nocase(view_of(origin.at + scheme.len, origin.len - scheme.len),
                          head->authority);
}

/* The value of a cookie in a Cookie header; the empty view where it is not there. */
static struct view find_cookie(struct view list, struct view name)
{
    while (list.len) {
        const char *end = memchr(list.at, ';', list.len);
        const struct view pair = trim(view_of(list.at, end ? (size_t)(end - list.at) : list.len));
        if (pair.len > name.len && view_starts(pair, name) && pair.at[name.len] == '=')
            return view_of(pair.at + name.len + 1, pair.len - name.len - 1);
        list = end ? view_of(end + 1, list.len - (size_t)(end + 1 - list.at)) : (struct view){0};
    }
    return (struct view){0};
}

struct view caller_cookie(const struct head *head, bool secure)
{
    const struct view name = secure ? VIEW_LIT(COOKIE_SECURE) : VIEW_LIT(COOKIE_PLAIN);
    struct view value = {0};
    /* Over HTTP/2 cookies may come in several fields (RFC 9113, 8.2.3). */
    for (size_t i = 0; i < head->cookie_count && value.len == 0; i++)
        value = find_cookie(head->cookies[i], name);
    return value.len && is_same_origin(head, secure) ? value : (struct view){0};
}

struct view caller_set_cookie(struct exchange *exchange)
{
    const struct metadata *answered = exchange->call.answered;
    const bool secure = exchange->secure;
    for (uint32_t i = 0; answered && i < answered->count; i++) {
        if (!view_eq(answered->fields[i].name, CALLER_SESSION))
            continue;
        const struct view value = answered->fields[i].value;
        const char *blank = value.len ? memchr(value.at, ' ', value.len) : NULL;
        const size_t token_len = blank ? (size_t)(blank - value.at) : 0;
        return view_str(arena_printf(&exchange->arena,
                                     "%s=%.*s; Path=/; Max-Age=%.*s; %sHttpOnly; SameSite=Strict",
                                     secure ? COOKIE_SECURE : COOKIE_PLAIN, (int)token_len,
                                     value.at, blank ? (int)(value.len - token_len - 1) : 1,
                                     blank ? blank + 1 : "0", secure ? "Secure; " : ""));
    }
    return (struct view){0};
}
