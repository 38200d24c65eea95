#include "wire/proxy.h"

#include <arpa/inet.h>

#include "err/err.h"
#include "net/range.h"

bool proxy_is_trusted(const struct server_options *options, struct view address)
{
    struct in6_addr bytes;
    if (options->proxy_count == 0 || net_range_address(address, &bytes))
        return false;
    for (size_t i = 0; i < options->proxy_count; i++) {
        if (net_range_has(&options->proxies[i], &bytes))
            return true;
    }
    return false;
}

/* ---- header fields ---- */

static struct view trim(struct view v)
{
    while (v.len && (v.at[0] == ' ' || v.at[0] == '\t'))
        v = view_of(v.at + 1, v.len - 1);
    while (v.len && (v.at[v.len - 1] == ' ' || v.at[v.len - 1] == '\t'))
        v.len--;
    return v;
}

/* Cuts the last member off a list. */
static struct view last_member(struct view *list)
{
    const char *comma = list->len ? memrchr(list->at, ',', list->len) : NULL;
    const size_t before = comma ? (size_t)(comma - list->at) : 0, from = comma ? before + 1 : 0;
    const struct view member = view_of(list->at + from, list->len - from);
    list->len = before;
    return trim(member);
}

/* The members of all fields of one name, from the right. */
struct hops {
    const struct head *head;
    struct view name;
    size_t field;     /* of those not looked at, how many are left */
    struct view rest; /* of the one being looked at */
};

static bool next_hop(struct hops *hops, struct view *ret_hop)
{
    while (hops->rest.len == 0) {
        if (hops->field == 0)
            return false;
        const struct head_field *field = &hops->head->fields[--hops->field];
        if (view_eq_nocase(field->name, hops->name))
            hops->rest = field->value;
    }
    *ret_hop = last_member(&hops->rest);
    return true;
}

/* The value of a parameter of a Forwarded element, without its quotes; the empty view. */
static struct view parameter(struct view element, struct view name)
{
    while (element.len) {
        const char *end = memchr(element.at, ';', element.len);
        const size_t len = end ? (size_t)(end - element.at) : element.len;
        const struct view pair = trim(view_of(element.at, len));
        element = end ? view_of(end + 1, element.len - len - 1) : (struct view){0};
        if (pair.len <= name.len || pair.at[name.len] != '=' ||
            !view_eq_nocase(view_of(pair.at, name.len), name))
            continue;
        struct view value = view_of(pair.at + name.len + 1, pair.len - name.len - 1);
        if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
            value = view_of(value.at + 1, value.len - 2);
        return value;
    }
    return (struct view){0};
}

/* Without a port, and without the brackets of IPv6. */
static struct view without_port(struct view node)
{
    if (node.len && node.at[0] == '[') {
        const char *end = memchr(node.at, ']', node.len);
        return end ? view_of(node.at + 1, (size_t)(end - node.at) - 1) : (struct view){0};
    }
    const char *colon = node.len ? memchr(node.at, ':', node.len) : NULL;
    if (colon && !memchr(colon + 1, ':', node.len - (size_t)(colon + 1 - node.at)))
        node.len = (size_t)(colon - node.at);
    return node;
}

/* In its one spelling. False where it is no address. */
static bool write_host(struct view said, char text[CONN_HOST_MAX])
{
    struct in6_addr bytes;
    if (net_range_address(said, &bytes))
        return false;
    const bool is4 = net_range_is4(&bytes);
    return inet_ntop(is4 ? AF_INET : AF_INET6, is4 ? bytes.s6_addr + 12 : bytes.s6_addr, text,
                     CONN_HOST_MAX);
}

struct proxy_said proxy_read(const struct server_options *options, const struct head *head,
                             struct view peer, char text[CONN_HOST_MAX])
{
    const bool forwarded = options->proxy_forwarded;
    struct proxy_said said = {.address = peer};
    struct hops hops = {.head = head,
                        .name = forwarded ? VIEW_LIT("forwarded") : VIEW_LIT("x-forwarded-for"),
                        .field = head->field_count};
    struct view hop;
    while (next_hop(&hops, &hop)) {
        char found[CONN_HOST_MAX];
        const struct view node = forwarded ? parameter(hop, VIEW_LIT("for")) : hop;
        if (forwarded)
            said.scheme = parameter(hop, VIEW_LIT("proto"));
        if (!write_host(without_port(node), found))
            break;
        memcpy(text, found, sizeof(found));
        said.address = view_str(text);
        if (!proxy_is_trusted(options, said.address))
            break;
    }
    if (!forwarded) {
        hops = (struct hops){
            .head = head, .name = VIEW_LIT("x-forwarded-proto"), .field = head->field_count};
        if (!next_hop(&hops, &said.scheme))
            said.scheme = (struct view){0};
    }
    return said;
}

/* ---- the PROXY protocol (haproxy.org, proxy-protocol.txt, 2.2) ---- */

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";

#define SIGNATURE_BYTES 12
#define FIXED_BYTES     16
#define TLV_SSL         0x20
#define SSL_CLIENT      0x01 /* of the flags in front of a TLV_SSL's value */

/* Whether the values behind the addresses say that the client came over TLS. */
static bool says_secure(const uint8_t *at, size_t len)
{
    while (len >= 3) {
        const size_t value = (size_t)at[1] << 8 | at[2];
        if (value + 3 > len)
            return false;
        if (at[0] == TLV_SSL && value >= 1)
            return at[3] & SSL_CLIENT;
        at += value + 3;
        len -= value + 3;
    }
    return false;
}

int proxy_header_read(struct view bytes, struct proxy_header *ret_header)
{
    const size_t seen = bytes.len < SIGNATURE_BYTES ? bytes.len : SIGNATURE_BYTES;
    const uint8_t *at = (const uint8_t *)bytes.at;
    if (seen && memcmp(at, signature, seen) != 0)
        return ERR_NOT_FOUND;
    if (bytes.len < FIXED_BYTES)
        return ERR_BUSY;
    const size_t len = (size_t)at[14] << 8 | at[15];
    const uint8_t command = at[12], family = at[13] >> 4;
    struct proxy_header header = {.len = FIXED_BYTES + len};
    if (command != 0x20 && command != 0x21)
        return ERR_INVALID;
    if (header.len > PROXY_HEADER_MAX)
        return ERR_INVALID;
    if (bytes.len < header.len)
        return ERR_BUSY;
    const size_t addresses = family == 1 ? 12 : family == 2 ? 36 : 0;
    if (addresses > len)
        return ERR_INVALID;
    if (command == 0x21 && addresses) {
        struct in6_addr from = {0};
        memcpy(&from, at + FIXED_BYTES, family == 1 ? 4 : 16);
        const bool mapped = family == 2 && net_range_is4(&from);
        inet_ntop(family == 1 || mapped ? AF_INET : AF_INET6, from.s6_addr + (mapped ? 12 : 0),
                  header.host, sizeof(header.host));
        header.secure = says_secure(at + FIXED_BYTES + addresses, len - addresses);
    }
    *ret_header = header;
    return 0;
}
