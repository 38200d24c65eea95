#include "codec/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "err/err.h"

#define BLOCK_BYTES 64

static EVP_MD *algorithm;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local EVP_MD_CTX *context;

static void end_thread(void *of_thread)
{
    EVP_MD_CTX_free(of_thread);
}

/* Fetched once: an implicit fetch would take OpenSSL's locks in every call. */
static void prepare(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    const int err = pthread_key_create(&key, end_thread);
    assert(algorithm && err == 0);
}

void sha256_begin(void)
{
    if (!context) {
        pthread_once(&once, prepare);
        context = EVP_MD_CTX_new();
        const int err = context ? pthread_setspecific(key, context) : ERR_NO_MEMORY;
        assert(err == 0);
    }
    const int begun = EVP_DigestInit_ex2(context, algorithm, NULL);
    assert(begun == 1);
}

void sha256_add(struct view bytes)
{
    const int added = EVP_DigestUpdate(context, bytes.at, bytes.len);
    assert(added == 1);
}

void sha256_end(uint8_t ret_hash[SHA256_BYTES])
{
    unsigned len = 0;
    const int ended = EVP_DigestFinal_ex(context, ret_hash, &len);
    assert(ended == 1 && len == SHA256_BYTES);
}

void sha256(struct view bytes, uint8_t ret_hash[SHA256_BYTES])
{
    sha256_begin();
    sha256_add(bytes);
    sha256_end(ret_hash);
}

/* A pass over a block of the key, with a pattern laid over it, and over the bytes (RFC 2104, 2). */
static void pass(const uint8_t secret[SHA256_KEY_BYTES], uint8_t pattern, struct view bytes,
                 uint8_t ret_hash[SHA256_BYTES])
{
    uint8_t block[BLOCK_BYTES];
    memset(block, pattern, sizeof(block));
    for (int i = 0; i < SHA256_KEY_BYTES; i++)
        block[i] ^= secret[i];
    sha256_begin();
    sha256_add(view_of(block, sizeof(block)));
    sha256_add(bytes);
    sha256_end(ret_hash);
    OPENSSL_cleanse(block, SHA256_KEY_BYTES);
}

void sha256_mac(const uint8_t secret[SHA256_KEY_BYTES], struct view bytes,
                uint8_t ret_mac[SHA256_BYTES])
{
    uint8_t inner[SHA256_BYTES];
    pass(secret, 0x36, bytes, inner);
    pass(secret, 0x5c, view_of(inner, sizeof(inner)), ret_mac);
}
