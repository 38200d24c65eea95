#include "db/http.h"

#include <stdlib.h>

#include "db/transfers.h"
#include "err/err.h"
#include "fiber/waitlist.h"
#include "mem/buf.h"
#include "mem/list.h"

struct http_client {
    struct http http;
    struct transfers *transfers;
    char *ca_path;
    bool (*may)(void *state, const struct sockaddr *address); /* NULL: any */
    void *may_state;
    uint32_t calls;
    uint32_t waiting;
    struct waitlist room; /* for one more call */
};

struct exchange {
    CURL *easy;
    struct buf head;
    struct buf body;
    CURLcode code;
    bool too_large;
    const struct http_client *client;
    bool denied; /* an address was */
};

/* ---- a call ---- */

static size_t take(struct exchange *x, struct buf *into, const char *bytes, size_t len)
{
    if (buf_append(into, bytes, len) == 0)
        return len;
    x->too_large = true;
    return 0; /* ends the exchange */
}

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    struct exchange *x = user;
    return take(x, &x->body, bytes, size * count);
}

/* A status line begins a head anew: what came before was an interim answer. */
static size_t take_head(char *bytes, size_t size, size_t count, void *user)
{
    struct exchange *x = user;
    const struct view line = view_of(bytes, size * count);
    if (view_starts(line, VIEW_LIT("HTTP/"))) {
        buf_clear(&x->head);
        return line.len;
    }
    return take(x, &x->head, bytes, line.len);
}

/* A socket to an address that the client may call, or none. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct exchange *x = user;
    if (!x->client->may(x->client->may_state, &to->addr)) {
        x->denied = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static struct curl_slist *fields_of(const struct http_ask *ask)
{
    /* No "Expect: 100-continue": requests are small. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; list && i < HTTP_FIELDS_MAX && ask->fields[i]; i++) {
        struct curl_slist *more = curl_slist_append(list, ask->fields[i]);
        if (!more)
            curl_slist_free_all(list);
        list = more;
    }
    return list;
}

static void set_up(struct http_client *client, struct exchange *x, const struct http_ask *ask,
                   struct curl_slist *fields)
{
    CURL *easy = x->easy;
    curl_easy_setopt(easy, CURLOPT_URL, ask->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask->method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    if (ask->once)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    if (client->ca_path)
        curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_path);
    if (client->may) {
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
    }
    if (ask->body.len > 0 || strcmp(ask->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)ask->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, ask->body.len ? ask->body.at : "");
    }
}

static int err_of(const struct exchange *x)
{
    curl_off_t sending_us = 0;
    curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &sending_us);
    if (x->code == CURLE_OUT_OF_MEMORY)
        return ERR_NO_MEMORY;
    if (x->denied && sending_us == 0)
        return ERR_DENIED;
    if (x->code == CURLE_URL_MALFORMAT || x->code == CURLE_UNSUPPORTED_PROTOCOL)
        return ERR_INVALID;
    return sending_us == 0 ? ERR_UNAVAILABLE : ERR_UNKNOWN;
}

static int keep(struct arena *arena, const struct buf *b, struct view *ret_view)
{
    const char *copy = arena_copy(arena, buf_view(b));
    *ret_view = view_of(copy, b->len);
    return copy ? 0 : ERR_NO_MEMORY;
}

static int finish(const struct exchange *x, struct arena *arena, struct http_answer *ret_answer)
{
    struct http_answer answer = {0};
    long status = 0;
    if (x->too_large)
        return ERR_UNKNOWN;
    if (x->code != CURLE_OK)
        return err_of(x);
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = (int)status;
    int err = keep(arena, &x->head, &answer.head);
    if (err == 0)
        err = keep(arena, &x->body, &answer.body);
    if (err == 0)
        *ret_answer = answer;
    return err;
}

/* Whether anything of the request may have reached the other side. */
static bool is_sent(const struct exchange *x)
{
    curl_off_t sending_us = 0;
    curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &sending_us);
    return sending_us > 0;
}

static int run(struct http_client *client, struct exchange *x, int64_t deadline_ns)
{
    const int err = transfers_run(client->transfers, x->easy, &x->code, deadline_ns);
    return err == 0 || err == ERR_NO_MEMORY || is_sent(x) ? err : ERR_UNAVAILABLE;
}

static int exchange(struct http_client *client, const struct http_ask *ask, struct arena *arena,
                    struct http_answer *ret_answer, int64_t deadline_ns)
{
    struct exchange x = {.easy = curl_easy_init(), .client = client};
    struct curl_slist *fields = fields_of(ask);
    int err = x.easy && fields ? 0 : ERR_NO_MEMORY;
    buf_init(&x.head, HTTP_HEAD_MAX);
    buf_init(&x.body, HTTP_ANSWER_MAX);
    if (err == 0) {
        set_up(client, &x, ask, fields);
        err = run(client, &x, deadline_ns);
    }
    if (err == 0)
        err = finish(&x, arena, ret_answer);
    if (err != 0 && ask->ret_why && x.code != CURLE_OK)
        *ask->ret_why = x.too_large ? "its answer is too large" : curl_easy_strerror(x.code);
    if (x.easy)
        curl_easy_cleanup(x.easy);
    curl_slist_free_all(fields);
    buf_release(&x.head);
    buf_release(&x.body);
    return err;
}

/* libcurl sends a field as it is: with a line's end in it, it would be two. */
static bool is_one_line(const char *text, uint8_t least)
{
    for (const uint8_t *at = (const uint8_t *)text; *at; at++) {
        if (*at < least || *at == 0x7f)
            return false;
    }
    return true;
}

static bool is_one_request(const struct http_ask *ask)
{
    bool one = is_one_line(ask->method, '!') && is_one_line(ask->url, '!');
    for (size_t i = 0; one && i < HTTP_FIELDS_MAX && ask->fields[i]; i++)
        one = is_one_line(ask->fields[i], ' ');
    return one;
}

static int call(struct http *http, const struct http_ask *ask, struct arena *arena,
                struct http_answer *ret_answer, int64_t deadline_ns)
{
    if (!is_one_request(ask))
        return ERR_INVALID;
    struct http_client *client = list_of(http, struct http_client, http);
    int err = 0;
    if (client->waiting >= HTTP_WAITING_MAX)
        return ERR_FULL;
    client->waiting++;
    while (err == 0 && client->calls >= HTTP_CALLS_MAX)
        err = waitlist_wait(&client->room, deadline_ns);
    client->waiting--;
    if (err != 0)
        return err == ERR_TIMEOUT ? ERR_UNAVAILABLE : err;
    client->calls++;
    err = exchange(client, ask, arena, ret_answer, deadline_ns);
    client->calls--;
    waitlist_wake_one(&client->room);
    return err;
}

struct view http_field(const struct http_answer *answer, struct view name)
{
    struct view rest = answer->head;
    while (rest.len > 0) {
        const char *end = memchr(rest.at, '\n', rest.len);
        struct view line = view_of(rest.at, end ? (size_t)(end - rest.at) : rest.len);
        rest = end ? view_of(end + 1, rest.len - line.len - 1) : (struct view){0};
        const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
        if (!colon || !view_eq_nocase(view_of(line.at, (size_t)(colon - line.at)), name))
            continue;
        struct view value = view_of(colon + 1, (size_t)(line.at + line.len - colon) - 1);
        while (value.len > 0 && (value.at[0] == ' ' || value.at[0] == '\t'))
            value = view_of(value.at + 1, value.len - 1);
        while (value.len > 0 && strchr("\r \t", value.at[value.len - 1]))
            value.len--;
        return value;
    }
    return (struct view){0};
}

/* ---- life ---- */

int http_client_new(struct loop *loop, const char *ca_path, struct http_client **ret_client)
{
    struct http_client *client = calloc(1, sizeof(*client));
    if (!client)
        return ERR_NO_MEMORY;
    client->http.call = call;
    waitlist_init(&client->room);
    client->ca_path = ca_path ? strdup(ca_path) : NULL;
    int err = ca_path && !client->ca_path ? ERR_NO_MEMORY
                                          : transfers_new(loop, HTTP_CALLS_MAX, &client->transfers);
    if (err != 0) {
        http_client_free(client);
        return err;
    }
    *ret_client = client;
    return 0;
}

void http_client_guard(struct http_client *client,
                       bool (*may)(void *state, const struct sockaddr *address), void *state)
{
    client->may = may;
    client->may_state = state;
}

struct http *http_client(struct http_client *client)
{
    return &client->http;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    assert(client->calls == 0 && client->waiting == 0);
    transfers_free(client->transfers);
    free(client->ca_path);
    free(client);
}
