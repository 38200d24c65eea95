#include "token/keyset.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/base64.h"
#include "err/err.h"

#define SCALAR_CHARS 43
#define TIME_MAX     INT64_C(99999999999)
#define FILE_MAX     ((size_t)KEYSET_KEYS_MAX * (SCALAR_CHARS + 16))

struct keyset_key {
    int64_t made_at_s;
    uint8_t scalar[ES256_SCALAR_BYTES];
    struct es256_point point;
    EVP_PKEY *pair;
    char kid[ES256_THUMBPRINT_CHARS + 1];
};

struct keyset {
    pthread_rwlock_t lock; /* of what follows; held by signers and checkers for reading */
    struct keyset_key keys[KEYSET_KEYS_MAX]; /* the oldest first */
    size_t count;                            /* at least 1 */
    char *path;                              /* NULL: in memory */
    struct chance *chance;
};

/* ---- one key ---- */

static void key_drop(struct keyset_key *key)
{
    EVP_PKEY_free(key->pair);
    sodium_memzero(key, sizeof(*key));
}

static int key_from(const uint8_t scalar[ES256_SCALAR_BYTES], int64_t made_at_s,
                    struct keyset_key *ret_key)
{
    struct keyset_key key = {.made_at_s = made_at_s};
    int err = es256_private(scalar, &key.pair, &key.point);
    if (err)
        return err;
    memcpy(key.scalar, scalar, ES256_SCALAR_BYTES);
    es256_thumbprint(&key.point, key.kid);
    *ret_key = key;
    return 0;
}

static int key_make(struct chance *chance, int64_t now_s, struct keyset_key *ret_key)
{
    uint8_t scalar[ES256_SCALAR_BYTES];
    int err;
    /* One in four billion draws is not below the order of the group. */
    do {
        chance->fill(chance, scalar, sizeof(scalar));
        err = key_from(scalar, now_s, ret_key);
    } while (err == ERR_INVALID);
    sodium_memzero(scalar, sizeof(scalar));
    return err;
}

/* ---- the file ---- */

/* A line: "1764355200 <43 characters>". Takes it off the front of *text. */
static int read_line(struct view *text, struct keyset_key *ret_key)
{
    uint8_t scalar[BASE64_BYTES_MAX(SCALAR_CHARS)];
    uint64_t made_at_s;
    size_t len;
    const char *end = memchr(text->at, '\n', text->len);
    const char *blank = memchr(text->at, ' ', text->len);
    if (!end || !blank || end - blank != 1 + SCALAR_CHARS ||
        !view_to_u64(view_of(text->at, (size_t)(blank - text->at)), TIME_MAX, &made_at_s) ||
        base64_read(view_of(blank + 1, SCALAR_CHARS), scalar, &len) || len != ES256_SCALAR_BYTES)
        return ERR_CORRUPT;
    int err = key_from(scalar, (int64_t)made_at_s, ret_key);
    sodium_memzero(scalar, sizeof(scalar));
    *text = view_of(end + 1, text->len - (size_t)(end + 1 - text->at));
    return err == ERR_INVALID ? ERR_CORRUPT : err;
}

static int read_lines(struct keyset *keyset, struct view text)
{
    while (text.len) {
        if (keyset->count == KEYSET_KEYS_MAX)
            return ERR_CORRUPT;
        int err = read_line(&text, &keyset->keys[keyset->count]);
        if (err)
            return err;
        keyset->count++;
        if (keyset->count > 1 &&
            keyset->keys[keyset->count - 1].made_at_s < keyset->keys[keyset->count - 2].made_at_s)
            return ERR_CORRUPT;
    }
    return keyset->count ? 0 : ERR_CORRUPT;
}

/* ERR_NOT_FOUND where there is no file. */
static int read_file(struct keyset *keyset)
{
    char text[FILE_MAX + 1];
    struct stat status;
    int fd = open(keyset->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    int err = fstat(fd, &status) ? ERR_IO : S_ISREG(status.st_mode) ? 0 : ERR_CORRUPT;
    if (!err && (status.st_mode & (S_IRWXG | S_IRWXO)))
        err = ERR_DENIED;
    const ssize_t len = err ? 0 : pread(fd, text, sizeof(text), 0);
    if (!err)
        err = len < 0                       ? ERR_IO
              : (size_t)len == sizeof(text) ? ERR_CORRUPT
                                            : read_lines(keyset, view_of(text, (size_t)len));
    sodium_memzero(text, sizeof(text));
    close(fd);
    return err;
}

static size_t write_lines(const struct keyset *keyset, char text[FILE_MAX + 1])
{
    size_t len = 0;
    for (size_t i = 0; i < keyset->count; i++) {
        const struct keyset_key *key = &keyset->keys[i];
        len += (size_t)snprintf(text + len, FILE_MAX + 1 - len, "%" PRId64 " ", key->made_at_s);
        len += base64_write(view_of(key->scalar, ES256_SCALAR_BYTES), BASE64_URL, text + len);
        text[len++] = '\n';
    }
    return len;
}

static int write_file(const struct keyset *keyset)
{
    char text[FILE_MAX + 1], beside[4096];
    if (!keyset->path)
        return 0;
    const int path_len = snprintf(beside, sizeof(beside), "%s.new", keyset->path);
    if (path_len < 0 || (size_t)path_len >= sizeof(beside))
        return ERR_IO;
    const size_t len = write_lines(keyset, text);
    unlink(beside); /* of a process that died here */
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool fine = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    if (fd >= 0)
        fine = close(fd) == 0 && fine;
    sodium_memzero(text, sizeof(text));
    return fine && rename(beside, keyset->path) == 0 ? 0 : ERR_IO;
}

/* ---- the set ---- */

int keyset_open(const char *path, struct chance *chance, int64_t now_s, struct keyset **ret_keyset)
{
    struct keyset *keyset = calloc(1, sizeof(*keyset));
    if (!keyset)
        return ERR_NO_MEMORY;
    pthread_rwlock_init(&keyset->lock, NULL);
    keyset->chance = chance;
    keyset->path = path ? strdup(path) : NULL;
    int err = path && !keyset->path ? ERR_NO_MEMORY : path ? read_file(keyset) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND) {
        err = key_make(chance, now_s, &keyset->keys[0]);
        if (!err) {
            keyset->count = 1;
            err = write_file(keyset);
        }
    }
    if (err) {
        const int errno_kept = errno;
        keyset_free(keyset);
        errno = errno_kept;
        return err;
    }
    *ret_keyset = keyset;
    return 0;
}

void keyset_free(struct keyset *keyset)
{
    if (!keyset)
        return;
    for (size_t i = 0; i < keyset->count; i++)
        key_drop(&keyset->keys[i]);
    pthread_rwlock_destroy(&keyset->lock);
    free(keyset->path);
    free(keyset);
}

/* When key i begins to sign. */
static int64_t signs_from(const struct keyset *keyset, size_t i)
{
    return i == 0 ? INT64_MIN : keyset->keys[i].made_at_s + KEYSET_AHEAD_S;
}

static size_t signer(const struct keyset *keyset, int64_t now_s)
{
    size_t i = keyset->count - 1;
    while (i > 0 && now_s < signs_from(keyset, i))
        i--;
    return i;
}

/* With the lock: forgets the oldest keys that check nothing any more. True where there were any. */
static bool forget(struct keyset *keyset, int64_t now_s)
{
    const size_t before = keyset->count;
    while (keyset->count > 1 && now_s >= signs_from(keyset, 1) + KEYSET_AFTER_S) {
        key_drop(&keyset->keys[0]);
        memmove(&keyset->keys[0], &keyset->keys[1], --keyset->count * sizeof(keyset->keys[0]));
    }
    return keyset->count != before;
}

int keyset_rotate(struct keyset *keyset, int64_t now_s)
{
    struct keyset_key fresh;
    int err = key_make(keyset->chance, now_s, &fresh);
    if (err)
        return err;
    pthread_rwlock_wrlock(&keyset->lock);
    forget(keyset, now_s);
    if (keyset->count == KEYSET_KEYS_MAX || signer(keyset, now_s) != keyset->count - 1)
        err = ERR_BUSY;
    if (!err) {
        keyset->keys[keyset->count++] = fresh;
        err = write_file(keyset);
        if (err)
            keyset->count--;
    }
    pthread_rwlock_unlock(&keyset->lock);
    if (err)
        key_drop(&fresh);
    return err;
}

int keyset_tend(struct keyset *keyset, int64_t now_s)
{
    pthread_rwlock_wrlock(&keyset->lock);
    const struct keyset_key *newest = &keyset->keys[keyset->count - 1];
    const bool old = now_s >= newest->made_at_s + KEYSET_AHEAD_S + KEYSET_AGE_S;
    int err = forget(keyset, now_s) ? write_file(keyset) : 0;
    pthread_rwlock_unlock(&keyset->lock);
    if (!err && old)
        err = keyset_rotate(keyset, now_s);
    return err == ERR_BUSY ? 0 : err;
}

void keyset_signer(struct keyset *keyset, int64_t now_s, char ret_kid[ES256_THUMBPRINT_CHARS + 1])
{
    pthread_rwlock_rdlock(&keyset->lock);
    memcpy(ret_kid, keyset->keys[signer(keyset, now_s)].kid, ES256_THUMBPRINT_CHARS + 1);
    pthread_rwlock_unlock(&keyset->lock);
}

/* The key of that name, held for the caller, who frees it; NULL where there is none. */
static EVP_PKEY *find(struct keyset *keyset, struct view kid)
{
    EVP_PKEY *pair = NULL;
    pthread_rwlock_rdlock(&keyset->lock);
    for (size_t i = 0; i < keyset->count && !pair; i++) {
        if (view_eq(kid, view_str(keyset->keys[i].kid)))
            pair = keyset->keys[i].pair;
    }
    if (pair)
        EVP_PKEY_up_ref(pair);
    pthread_rwlock_unlock(&keyset->lock);
    return pair;
}

int keyset_sign(struct keyset *keyset, struct view kid, struct view said,
                uint8_t ret_signature[ES256_SIGNATURE_BYTES])
{
    EVP_PKEY *pair = find(keyset, kid);
    int err = pair ? es256_sign(pair, said, ret_signature) : ERR_NOT_FOUND;
    EVP_PKEY_free(pair);
    return err;
}

int keyset_verify(struct keyset *keyset, struct view kid, struct view said,
                  const uint8_t signature[ES256_SIGNATURE_BYTES])
{
    EVP_PKEY *pair = find(keyset, kid);
    int err = pair ? es256_verify(pair, said, signature) : ERR_NOT_FOUND;
    EVP_PKEY_free(pair);
    return err;
}

/* ---- publishing ---- */

static int publish_key(const struct keyset_key *key, struct buf *out)
{
    int err = buf_printf(out,
                         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\","
                         "\"kid\":\"%s\",\"x\":\"",
                         key->kid);
    if (!err)
        err = base64_append(out, view_of(key->point.x, ES256_SCALAR_BYTES), BASE64_URL);
    if (!err)
        err = buf_printf(out, "\",\"y\":\"");
    if (!err)
        err = base64_append(out, view_of(key->point.y, ES256_SCALAR_BYTES), BASE64_URL);
    return err ? err : buf_printf(out, "\"}");
}

int keyset_publish(struct keyset *keyset, struct buf *out)
{
    int err = buf_printf(out, "{\"keys\":[");
    pthread_rwlock_rdlock(&keyset->lock);
    for (size_t i = keyset->count; i > 0 && !err; i--) {
        err = publish_key(&keyset->keys[i - 1], out);
        if (!err && i > 1)
            err = buf_append_byte(out, ',');
    }
    pthread_rwlock_unlock(&keyset->lock);
    return err ? err : buf_printf(out, "]}");
}
