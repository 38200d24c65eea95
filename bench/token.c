#include "bench/token.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "chance/chance.h"
#include "clock/clock.h"
#include "err/err.h"
#include "svc/auth/verified.h"
#include "token/access.h"

#define ISSUER     "https://usher.example"
#define NOW_S      INT64_C(1800000000)
#define TOKENS     512 /* so that what is looked at is not in the first cache */
#define MEASURE_NS (NS_PER_S / 2)
#define ROUNDS     3 /* of both kinds in turns: the machine's mood is the same for both */

struct tokens {
    struct keyset *keyset;
    struct verified *verified;
    char texts[TOKENS][ACCESS_TOKEN_MAX];
    size_t lens[TOKENS];
    EVP_PKEY *key; /* of the bare check */
    uint8_t der[80];
    size_t der_len;
    char said[512]; /* as long as what a token signs */
    size_t said_len;
};

/* CPU time: neighbours change it least. */
static int64_t now_ns(void)
{
    return clock_cpu_ns();
}

static int make_tokens(struct tokens *t, struct chance *chance)
{
    uint8_t master[KEY_BYTES];
    chance->fill(chance, master, sizeof(master));
    int err = keyset_open(master, NOW_S, &t->keyset);
    for (size_t i = 0; err == 0 && i < TOKENS; i++) {
        const struct access_claims claims = {.account_id = chance_id(chance),
                                             .session_id = chance_id(chance),
                                             .token_id = chance_id(chance),
                                             .issued_at_s = NOW_S,
                                             .expires_at_s = NOW_S + 600,
                                             .roles = 2};
        err = access_token_write(t->keyset, VIEW_LIT(ISSUER), &claims, t->texts[i], &t->lens[i]);
        if (err == 0)
            verified_keep(t->verified, view_of(t->texts[i], t->lens[i]), &claims);
    }
    return err;
}

/* A key and a signature of OpenSSL's own making, of as many bytes as a token signs. */
static int make_bare(struct tokens *t)
{
    t->key = EVP_EC_gen("P-256");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    t->der_len = sizeof(t->der);
    t->said_len = t->lens[0] - 87; /* a dot and 86 characters are the signature */
    if (t->said_len > sizeof(t->said))
        t->said_len = sizeof(t->said);
    memset(t->said, 'x', t->said_len);
    const bool fine =
        t->key && ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, t->key) == 1 &&
        EVP_DigestSign(ctx, t->der, &t->der_len, (const unsigned char *)t->said, t->said_len) == 1;
    EVP_MD_CTX_free(ctx);
    return fine ? 0 : ERR_NO_MEMORY;
}

static bool see(struct tokens *t, size_t i)
{
    struct access_claims claims;
    return verified_find(t->verified, view_of(t->texts[i % TOKENS], t->lens[i % TOKENS]), NOW_S,
                         &claims);
}

static bool check(struct tokens *t, size_t i)
{
    struct access_claims claims;
    return access_token_check(t->keyset, VIEW_LIT(ISSUER),
                              view_of(t->texts[i % TOKENS], t->lens[i % TOKENS]), NOW_S,
                              &claims) == 0;
}

static bool check_bare(struct tokens *t, size_t i)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool fine =
        ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, t->key) == 1 &&
        EVP_DigestVerify(ctx, t->der, t->der_len, (const unsigned char *)t->said, t->said_len) == 1;
    EVP_MD_CTX_free(ctx);
    return fine;
}

/* Nanoseconds a call; a call that fails would be a figure of nothing. */
static double measure(struct tokens *t, bool (*call)(struct tokens *t, size_t i))
{
    const int64_t began_ns = now_ns();
    size_t done = 0;
    int64_t took_ns = 0;
    for (; took_ns < MEASURE_NS; took_ns = now_ns() - began_ns) {
        for (int i = 0; i < 64; i++, done++) {
            const bool fine = call(t, done);
            assert(fine);
        }
    }
    return (double)took_ns / (double)done;
}

/* How many of the tokens were pushed out by others of the same place: those are no seen ones. */
static void keep_seen(struct tokens *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < TOKENS; i++) {
        if (!see(t, i))
            continue;
        memcpy(t->texts[kept], t->texts[i], ACCESS_TOKEN_MAX);
        t->lens[kept++] = t->lens[i];
    }
    assert(kept > 0);
    for (size_t i = kept; i < TOKENS; i++) {
        memcpy(t->texts[i], t->texts[i % kept], ACCESS_TOKEN_MAX);
        t->lens[i] = t->lens[i % kept];
    }
}

static void tell(struct tokens *t, bench_row_fn *row, void *state)
{
    double bare = 0, fresh = 0;
    keep_seen(t);
    const double seen = measure(t, see);
    row(state, "tokens: one seen before", seen, "ns");
    for (int i = 0; i < ROUNDS; i++) {
        bare += measure(t, check_bare) / ROUNDS;
        fresh += measure(t, check) / ROUNDS;
    }
    row(state, "tokens: OpenSSL's bare check", bare / 1000, "µs");
    row(state, "tokens: a new one", fresh / 1000, "µs");
    row(state, "tokens: one seen before, times the bare check", seen / bare, "x");
    row(state, "tokens: a new one, times the bare check", fresh / bare, "x");
}

int bench_tokens(bench_row_fn *row, void *state)
{
    struct tokens *t = calloc(1, sizeof(*t));
    struct chance_seeded seeded;
    chance_seed(&seeded, 1);
    if (t)
        t->verified = calloc(1, sizeof(*t->verified));
    int err = t && t->verified ? make_tokens(t, &seeded.chance) : ERR_NO_MEMORY;
    if (err == 0)
        err = make_bare(t);
    if (err == 0)
        tell(t, row, state);
    if (t) {
        EVP_PKEY_free(t->key);
        keyset_free(t->keyset);
        free(t->verified);
    }
    free(t);
    return err;
}
