#include "token/keyset.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "err/err.h"

#define KDF_CONTEXT "accskeys" /* crypto_kdf takes eight characters */

struct keyset_key {
    int64_t period;
    struct es256_point point;
    EVP_PKEY *pair;
    char kid[ES256_THUMBPRINT_CHARS + 1];
};

struct keyset {
    uint8_t seed[KEY_BYTES]; /* what the keys of all periods come from */
    pthread_rwlock_t lock;   /* of what follows; held by signers and checkers for reading */
    struct keyset_key keys[KEYSET_KEYS_MAX]; /* of periods that follow each other */
    size_t count;
};

/* ---- the keys of a time ---- */

static int64_t first_period(int64_t now_s)
{
    return now_s > KEYSET_AFTER_S ? (now_s - KEYSET_AFTER_S) / KEYSET_AGE_S : 0;
}

static int64_t last_period(int64_t now_s)
{
    return (now_s + KEYSET_AHEAD_S) / KEYSET_AGE_S;
}

static int key_make(const struct keyset *keyset, int64_t period, struct keyset_key *ret_key)
{
    uint8_t scalar[ES256_SCALAR_BYTES];
    struct keyset_key key = {.period = period};
    int err = ERR_INVALID;
    /* One in four billion scalars is not below the order of the group: then the next is taken. */
    for (uint64_t again = 0; err == ERR_INVALID; again++) {
        crypto_kdf_derive_from_key(scalar, sizeof(scalar), again << 32 | (uint64_t)period,
                                   KDF_CONTEXT, keyset->seed);
        err = es256_private(scalar, &key.pair, &key.point);
    }
    sodium_memzero(scalar, sizeof(scalar));
    if (err != 0)
        return err;
    es256_thumbprint(&key.point, key.kid);
    *ret_key = key;
    return 0;
}

static void drop_keys(struct keyset_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        EVP_PKEY_free(keys[i].pair);
}

static bool are_those_of(const struct keyset *keyset, int64_t now_s)
{
    return keyset->count > 0 && keyset->keys[0].period == first_period(now_s) &&
           keyset->keys[keyset->count - 1].period == last_period(now_s);
}

static int make_keys(struct keyset *keyset, int64_t now_s)
{
    struct keyset_key fresh[KEYSET_KEYS_MAX] = {0};
    size_t count = 0;
    int err = 0;
    for (int64_t period = first_period(now_s); err == 0 && period <= last_period(now_s); period++) {
        assert(count < KEYSET_KEYS_MAX);
        err = key_make(keyset, period, &fresh[count]);
        count += err == 0;
    }
    if (err != 0) {
        drop_keys(fresh, count);
        return err;
    }
    drop_keys(keyset->keys, keyset->count);
    memcpy(keyset->keys, fresh, count * sizeof(*fresh));
    keyset->count = count;
    return 0;
}

/* Takes the lock for reading, with the keys of that time. ERR_NO_MEMORY: they are those of another
 * time; the lock is taken all the same. */
static int lock_keys(struct keyset *keyset, int64_t now_s)
{
    int err = 0;
    pthread_rwlock_rdlock(&keyset->lock);
    if (!are_those_of(keyset, now_s)) {
        pthread_rwlock_unlock(&keyset->lock);
        pthread_rwlock_wrlock(&keyset->lock);
        err = are_those_of(keyset, now_s) ? 0 : make_keys(keyset, now_s);
    }
    return err;
}

static void unlock_keys(struct keyset *keyset)
{
    pthread_rwlock_unlock(&keyset->lock);
}

int keyset_open(const uint8_t master[KEY_BYTES], int64_t now_s, struct keyset **ret_keyset)
{
    static_assert(crypto_kdf_CONTEXTBYTES == sizeof(KDF_CONTEXT) - 1 && KEYSET_KEYS_MAX == 2 &&
                      KEYSET_AHEAD_S + KEYSET_AFTER_S < KEYSET_AGE_S,
                  "one key signs, and one is new or old");
    struct keyset *keyset = calloc(1, sizeof(*keyset));
    if (!keyset)
        return ERR_NO_MEMORY;
    key_derive(master, KEY_FOR_ACCESS_TOKEN, keyset->seed);
    pthread_rwlock_init(&keyset->lock, NULL);
    int err = make_keys(keyset, now_s);
    if (err != 0)
        keyset_free(keyset);
    else
        *ret_keyset = keyset;
    return err;
}

void keyset_free(struct keyset *keyset)
{
    if (!keyset)
        return;
    drop_keys(keyset->keys, keyset->count);
    pthread_rwlock_destroy(&keyset->lock);
    sodium_memzero(keyset, sizeof(*keyset));
    free(keyset);
}

/* ---- signing and checking ---- */

int keyset_signer(struct keyset *keyset, int64_t now_s, char ret_kid[ES256_THUMBPRINT_CHARS + 1])
{
    int err = lock_keys(keyset, now_s);
    for (size_t i = 0; err == 0 && i < keyset->count; i++) {
        if (keyset->keys[i].period == now_s / KEYSET_AGE_S)
            memcpy(ret_kid, keyset->keys[i].kid, sizeof(keyset->keys[i].kid));
    }
    unlock_keys(keyset);
    return err;
}

/* With the lock: the key of that name, held for the caller, who frees it; NULL: there is none. */
static EVP_PKEY *find(struct keyset *keyset, struct view kid)
{
    for (size_t i = 0; i < keyset->count; i++) {
        struct keyset_key *key = &keyset->keys[i];
        if (view_eq(kid, view_str(key->kid)))
            return EVP_PKEY_up_ref(key->pair) == 1 ? key->pair : NULL;
    }
    return NULL;
}

int keyset_sign(struct keyset *keyset, struct view kid, struct view said,
                uint8_t ret_signature[ES256_SIGNATURE_BYTES])
{
    pthread_rwlock_rdlock(&keyset->lock);
    EVP_PKEY *pair = find(keyset, kid);
    unlock_keys(keyset);
    int err = pair ? es256_sign(pair, said, ret_signature) : ERR_NOT_FOUND;
    EVP_PKEY_free(pair);
    return err;
}

int keyset_verify(struct keyset *keyset, int64_t now_s, struct view kid, struct view said,
                  const uint8_t signature[ES256_SIGNATURE_BYTES])
{
    (void)lock_keys(keyset, now_s); /* where there is no memory, those that are there */
    EVP_PKEY *pair = find(keyset, kid);
    unlock_keys(keyset);
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

int keyset_publish(struct keyset *keyset, int64_t now_s, struct buf *out)
{
    int err = lock_keys(keyset, now_s);
    if (err == 0)
        err = buf_printf(out, "{\"keys\":[");
    for (size_t i = keyset->count; i > 0 && err == 0; i--) {
        err = publish_key(&keyset->keys[i - 1], out);
        if (err == 0 && i > 1)
            err = buf_append_byte(out, ',');
    }
    unlock_keys(keyset);
    return err ? err : buf_printf(out, "]}");
}
