#include "psp/book.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/tree.h"
#include "err/err.h"
#include "mem/buf.h"
#include "mem/table.h"

#define PENDING_MAX (4u << 20) /* bytes noted and not yet written */
#define LEDGER_LINE (1u << 20) /* bytes of a line that is read back */

struct book {
    int fd; /* -1: in memory alone */
    uint64_t seq;
    struct buf pending;
    struct buf all; /* everything, where there is no file */
    struct psp_payment **payments;
    size_t count;
    struct psp_keyed *keyed;
    size_t keyed_count;
    struct table by_key;   /* hash of paymentKey or session → payment */
    struct table by_order; /* hash of dialect and order → payment */
    struct table by_name;  /* hash of an idempotency key's name → keyed */
    json_t *lines;         /* owns every text */
};

static struct id hash_of(unsigned char space, struct view text)
{
    uint8_t bytes[ID_BYTES];
    struct id id;
    crypto_generichash(bytes, sizeof(bytes), (const uint8_t *)text.at, text.len, NULL, 0);
    id_from_bytes(view_of(bytes, sizeof(bytes)), &id);
    id.lo += space;
    return id;
}

static int put(struct table *table, struct id key, size_t value)
{
    int err = table_reserve(table, table->count + 1);
    return err ? err : table_put(table, key, (uint32_t)value);
}

/* Room for one more of size bytes, at every power of two. */
static int grow(void **array, size_t count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return 0;
    void *larger = realloc(*array, (count ? 2 * count : 1) * size);
    if (!larger)
        return ERR_NO_MEMORY;
    *array = larger;
    return 0;
}

struct psp_payment *book_at(struct book *book, size_t i)
{
    return i < book->count ? book->payments[i] : NULL;
}

struct psp_payment *book_find(struct book *book, struct view key)
{
    uint32_t i;
    return table_get(&book->by_key, hash_of(0, key), &i) ? book->payments[i] : NULL;
}

struct psp_payment *book_find_order(struct book *book, enum psp_dialect dialect, struct view order)
{
    uint32_t i;
    return table_get(&book->by_order, hash_of((unsigned char)dialect, order), &i)
               ? book->payments[i]
               : NULL;
}

/* ---- lines ---- */

static const char *text(const json_t *line, const char *name)
{
    return json_string_value(json_object_get(line, name));
}

static int64_t number(const json_t *line, const char *name)
{
    return json_integer_value(json_object_get(line, name));
}

static int apply_open(struct book *book, const json_t *line)
{
    static const char *const dialects[PSP_DIALECTS] = {"toss", "stripe", "nicepay"};
    struct psp_payment *p = calloc(1, sizeof(*p));
    const char *dialect = text(line, "dialect");
    int err = grow((void **)&book->payments, book->count, sizeof(struct psp_payment *));
    if (!p || err) {
        free(p);
        return ERR_NO_MEMORY;
    }
    *p = (struct psp_payment){
        .key = text(line, "payment"),
        .session = text(line, "session"),
        .order = text(line, "order"),
        .name = text(line, "name"),
        .success_url = text(line, "success"),
        .fail_url = text(line, "fail"),
        .currency = text(line, "currency"),
        .bank = text(line, "bank"),
        .account = text(line, "account"),
        .secret = text(line, "secret"),
        .tax_free = number(line, "tax_free"),
        .easy = text(line, "easy"),
        .method = text(line, "method"),
        .whole = number(line, "whole") != 0,
        .mark = text(line, "mark"),
        .amount = number(line, "amount"),
        .opened_at_ms = number(line, "at_ms"),
        .until_ms = number(line, "until_ms"),
    };
    book->payments[book->count++] = p;
    if (!p->key || !p->order || !p->currency || !dialect)
        return ERR_CORRUPT;
    while (p->dialect < PSP_DIALECTS && strcmp(dialects[p->dialect], dialect) != 0)
        p->dialect++;
    if (p->dialect == PSP_DIALECTS)
        return ERR_CORRUPT;
    err = put(&book->by_key, hash_of(0, view_str(p->key)), book->count - 1);
    if (!err && p->session)
        err = put(&book->by_key, hash_of(0, view_str(p->session)), book->count - 1);
    if (!err && p->account)
        err = put(&book->by_key, hash_of(0, view_str(p->account)), book->count - 1);
    return err ? err
               : put(&book->by_order, hash_of((unsigned char)p->dialect, view_str(p->order)),
                     book->count - 1);
}

/* One that was asked for and is under way, or NULL. */
static struct psp_cancel *asked(struct psp_payment *p, const char *transaction)
{
    for (uint32_t i = 0; transaction && i < p->cancel_count; i++) {
        struct psp_cancel *c = &p->cancels[i];
        if (c->state == PSP_CANCEL_ASKED && strcmp(c->transaction, transaction) == 0)
            return c;
    }
    return NULL;
}

static int apply_cancel(struct psp_payment *p, const json_t *line, enum psp_cancel_state state)
{
    struct psp_cancel *known = asked(p, text(line, "transaction"));
    int err = known ? 0 : grow((void **)&p->cancels, p->cancel_count, sizeof(*p->cancels));
    if (err)
        return err;
    if (state == PSP_CANCEL_REFUSED) {
        if (known)
            known->state = state;
        return known ? 0 : ERR_CORRUPT;
    }
    if (state == PSP_CANCEL_DONE) {
        p->left -= number(line, "amount");
        p->status = p->left == 0 ? PSP_CANCELED : PSP_PARTIAL;
    }
    *(known ? known : &p->cancels[p->cancel_count++]) = (struct psp_cancel){
        .transaction = text(line, "transaction"),
        .reason = text(line, "reason"),
        .amount = number(line, "amount"),
        .left = p->left,
        .at_ms = number(line, "at_ms"),
        .state = state,
    };
    return p->left < 0 ? ERR_CORRUPT : 0;
}

static int apply_key(struct book *book, const json_t *line)
{
    const char *name = text(line, "name");
    uint32_t i = 0;
    if (!name)
        return ERR_CORRUPT;
    if (!table_get(&book->by_name, hash_of(0, view_str(name)), &i)) {
        int err = grow((void **)&book->keyed, book->keyed_count, sizeof(*book->keyed));
        i = (uint32_t)book->keyed_count;
        if (!err)
            err = put(&book->by_name, hash_of(0, view_str(name)), i);
        if (err)
            return err;
        book->keyed_count++;
    }
    book->keyed[i] = (struct psp_keyed){.status = (int)number(line, "status"),
                                        .body = text(line, "body"),
                                        .request = text(line, "request"),
                                        .at_ms = number(line, "at_ms")};
    return 0;
}

static int apply(struct book *book, const json_t *line)
{
    const char *kind = text(line, "kind"), *key = text(line, "payment");
    if (!kind)
        return ERR_CORRUPT;
    if (strcmp(kind, "open") == 0)
        return apply_open(book, line);
    if (strcmp(kind, "key") == 0)
        return apply_key(book, line);
    struct psp_payment *p = key ? book_find(book, view_str(key)) : NULL;
    if (!p)
        return ERR_CORRUPT;
    if (strcmp(kind, "cancel") == 0)
        return apply_cancel(p, line, PSP_CANCEL_DONE);
    if (strcmp(kind, "ask") == 0)
        return apply_cancel(p, line, PSP_CANCEL_ASKED);
    if (strcmp(kind, "refuse") == 0)
        return apply_cancel(p, line, PSP_CANCEL_REFUSED);
    if (strcmp(kind, "auth") == 0) {
        p->status = PSP_AUTHED;
        p->slow = p->dialect == PSP_STRIPE; /* where a card's yes is the charge */
        p->until_ms = number(line, "until_ms");
    } else if (strcmp(kind, "charge") == 0) {
        p->status = PSP_DONE;
        p->left = number(line, "amount");
        p->charged_at_ms = number(line, "at_ms");
    } else if (strcmp(kind, "undo") == 0) {
        p->status = PSP_READY;
        p->left = 0;
        p->charged_at_ms = 0;
    } else if (strcmp(kind, "dispute") == 0) {
        p->dispute = text(line, "status");
        p->disputed = number(line, "amount");
    } else if (strcmp(kind, "end") == 0) {
        p->failure = text(line, "code");
        const char *status = text(line, "status");
        p->status = status && strcmp(status, "EXPIRED") == 0    ? PSP_EXPIRED
                    : status && strcmp(status, "CANCELED") == 0 ? PSP_CANCELED
                                                                : PSP_ABORTED;
    } else {
        return ERR_CORRUPT;
    }
    return 0;
}

int book_note(struct book *book, int64_t now_ms, const char *kind, json_t *line)
{
    if (!line || json_array_append_new(book->lines, line) != 0)
        return ERR_NO_MEMORY;
    json_object_set_new(line, "seq", json_integer((json_int_t)++book->seq));
    json_object_set_new(line, "at_ms", json_integer(now_ms));
    json_object_set_new(line, "kind", json_string(kind));
    char *dumped = json_dumps(line, JSON_COMPACT);
    if (!dumped)
        return ERR_NO_MEMORY;
    int err = buf_printf(&book->pending, "%s\n", dumped);
    free(dumped);
    return err ? err : apply(book, line);
}

int book_write(struct book *book)
{
    struct view rest = buf_view(&book->pending);
    int err = book->fd < 0 ? buf_append_view(&book->all, rest) : 0;
    while (book->fd >= 0 && rest.len > 0) {
        const ssize_t n = write(book->fd, rest.at, rest.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        rest = view_of(rest.at + n, rest.len - (size_t)n);
    }
    buf_clear(&book->pending);
    return err;
}

/* ---- keys ---- */

const struct psp_keyed *book_key(struct book *book, const char *name)
{
    uint32_t i;
    return table_get(&book->by_name, hash_of(0, view_str(name)), &i) ? &book->keyed[i] : NULL;
}

int book_key_begin(struct book *book, const char *name)
{
    json_t *line = json_pack("{s:s}", "name", name);
    int err = line ? apply_key(book, line) : ERR_NO_MEMORY;
    json_decref(line);
    return err;
}

int book_key_end(struct book *book, int64_t now_ms, const char *name, int status, const char *body,
                 const char *request)
{
    if (status == 0) {
        table_remove(&book->by_name, hash_of(0, view_str(name)));
        return 0;
    }
    return book_note(book, now_ms, "key",
                     json_pack("{s:s, s:i, s:s, s:s*}", "name", name, "status", status, "body",
                               body, "request", request));
}

/* ---- life ---- */

int book_text(struct book *book, size_t max, char **ret_text, size_t *ret_len)
{
    const off_t size = book->fd < 0 ? (off_t)book->all.len : lseek(book->fd, 0, SEEK_END);
    if (size < 0)
        return ERR_IO;
    if ((size_t)size > max)
        return ERR_FULL;
    char *bytes = malloc((size_t)size + 1);
    if (!bytes)
        return ERR_NO_MEMORY;
    if (book->fd < 0)
        memcpy(bytes, buf_view(&book->all).len ? buf_view(&book->all).at : "", (size_t)size);
    else if (pread(book->fd, bytes, (size_t)size, 0) != size) {
        free(bytes);
        return ERR_IO;
    }
    *ret_text = bytes;
    *ret_len = (size_t)size;
    return 0;
}

/* Replays whole lines; what follows the last line end was being written when the process died. */
static int replay(struct book *book)
{
    FILE *file = fdopen(dup(book->fd), "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    off_t whole = 0;
    int err = file ? 0 : ERR_IO;
    while (!err && (len = getline(&line, &room, file)) > 0 && line[len - 1] == '\n') {
        json_t *read = len < LEDGER_LINE ? tree_read(view_of(line, (size_t)len), 0, NULL) : NULL;
        err =
            read && json_array_append_new(book->lines, read) == 0 ? apply(book, read) : ERR_CORRUPT;
        book->seq = (uint64_t)number(read, "seq");
        whole += len;
    }
    free(line);
    if (file)
        fclose(file);
    if (!err && ftruncate(book->fd, whole) != 0)
        err = ERR_IO;
    return err;
}

int book_open(const char *path, struct book **ret_book)
{
    struct book *book = calloc(1, sizeof(*book));
    if (!book)
        return ERR_NO_MEMORY;
    book->fd = -1;
    buf_init(&book->pending, PENDING_MAX);
    buf_init(&book->all, SIZE_MAX / 2);
    book->lines = json_array();
    int err = book->lines ? 0 : ERR_NO_MEMORY;
    if (!err && path) {
        book->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        err = book->fd < 0 ? ERR_IO : replay(book);
    }
    if (err) {
        book_free(book);
        return err;
    }
    *ret_book = book;
    return 0;
}

void book_free(struct book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->count; i++) {
        free(book->payments[i]->cancels);
        free(book->payments[i]);
    }
    free(book->payments);
    free(book->keyed);
    table_release(&book->by_key);
    table_release(&book->by_order);
    table_release(&book->by_name);
    buf_release(&book->pending);
    buf_release(&book->all);
    json_decref(book->lines);
    if (book->fd >= 0)
        close(book->fd);
    free(book);
}
