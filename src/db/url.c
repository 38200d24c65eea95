#include "db/url.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "codec/percent.h"
#include "err/err.h"

/* What stands before the first c; text moves behind it. Without c: false, and text stays. */
static bool cut(struct view *text, char c, struct view *ret_before)
{
    const char *at = text->len ? memchr(text->at, c, text->len) : NULL;
    if (!at)
        return false;
    *ret_before = view_of(text->at, (size_t)(at - text->at));
    *text = view_of(at + 1, text->len - ret_before->len - 1);
    return true;
}

/* HOST, HOST:PORT, [IPv6], [IPv6]:PORT, or nothing. */
static int split_place(struct view place, struct view *ret_host, uint16_t *ret_port)
{
    uint64_t port = 0;
    struct view host = place, rest = {0};
    if (place.len > 0 && place.at[0] == '[') {
        place = view_of(place.at + 1, place.len - 1);
        if (!cut(&place, ']', &host) || (place.len > 0 && place.at[0] != ':'))
            return ERR_INVALID;
        rest = place;
    } else if (cut(&place, ':', &host)) {
        rest = view_of(place.at - 1, place.len + 1);
    }
    if (rest.len > 0) {
        if (!view_to_u64(view_of(rest.at + 1, rest.len - 1), UINT16_MAX, &port) || port == 0)
            return ERR_INVALID;
    }
    *ret_host = host;
    *ret_port = (uint16_t)port;
    return 0;
}

/* The first of several, separated by commas, comes off. */
static int next_place(struct view *places, struct view *ret_host, uint16_t *ret_port)
{
    struct view place = *places;
    if (!cut(places, ',', &place))
        *places = (struct view){0};
    else if (place.len == 0 || places->len == 0)
        return ERR_INVALID;
    return split_place(place, ret_host, ret_port);
}

bool url_place(struct view *places, struct view *ret_host, uint16_t *ret_port)
{
    return places->len > 0 && next_place(places, ret_host, ret_port) == 0;
}

int url_split(const char *text, const char *scheme, struct url *ret_url)
{
    struct view rest = view_str(text), place, host;
    struct url url = {0};
    uint16_t port;
    if (!view_starts(rest, view_str(scheme)))
        return ERR_INVALID;
    rest = view_of(rest.at + strlen(scheme), rest.len - strlen(scheme));
    struct view before = rest;
    if (cut(&rest, '?', &before))
        url.query = rest;
    place = before;
    if (cut(&before, '/', &place))
        url.name = before;
    (void)cut(&place, '@', &url.user);
    if (url.user.len && memchr(url.user.at, ':', url.user.len))
        return ERR_INVALID;
    url.places = place;
    int err = next_place(&place, &url.host, &url.port);
    while (err == 0 && place.len > 0)
        err = next_place(&place, &host, &port);
    if (err == 0)
        *ret_url = url;
    return err;
}

bool url_option(struct view *query, struct view *ret_name, struct view *ret_value)
{
    struct view option;
    if (query->len == 0)
        return false;
    if (!cut(query, '&', &option)) {
        option = *query;
        query->len = 0;
    }
    *ret_value = option;
    if (!cut(ret_value, '=', ret_name)) {
        *ret_name = option;
        ret_value->len = 0;
    }
    return true;
}

int url_decode(struct view text, char *field, size_t size)
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

int url_read_password(struct view coded, char *field, size_t size, char ret_why[URL_WHY_MAX])
{
    char path[PATH_MAX];
    if (url_decode(coded, path, sizeof(path))) {
        snprintf(ret_why, URL_WHY_MAX, "password-file: its name cannot be read");
        return ERR_INVALID;
    }
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(ret_why, URL_WHY_MAX, "password-file %.300s: %s", path, strerrordesc_np(errno));
        return ERR_INVALID;
    }
    const bool any = fgets(field, (int)size, file);
    const bool whole = any && (strchr(field, '\n') || feof(file));
    fclose(file);
    if (!whole) {
        explicit_bzero(field, size);
        snprintf(ret_why, URL_WHY_MAX,
                 "password-file %.300s: it must hold one line of at most %zu bytes", path,
                 size - 2);
        return ERR_INVALID;
    }
    field[strcspn(field, "\r\n")] = '\0';
    return 0;
}
