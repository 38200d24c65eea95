#include "token/id_token.h"

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "codec/base64.h"
#include "codec/tree.h"
#include "err/err.h"
#include "token/es256.h"

#define RSA_BYTES_MIN    256 /* RFC 7518, 3.3: 2,048 bits or more */
#define RSA_BYTES_MAX    1024
#define EXPONENT_MAX     8
#define KEYS_MAX         64 /* of a set that are looked at */
#define CLAIM_TEXT_MAX   1024
#define TOKEN_PART_COUNT 3

enum kind { KIND_RSA, KIND_EC };
struct algorithm {
    const char *name;
    const char *kty;
    enum kind kind;
    bool pss;
};
static const struct algorithm algorithms[] = {
    {"RS256", "RSA", KIND_RSA, false},
    {"PS256", "RSA", KIND_RSA, true},
    {"ES256", "EC", KIND_EC, false},
};

/* ---- JSON ---- */

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool is_text(const json_t *object, const char *name, struct view wanted)
{
    const char *text = text_of(object, name);
    return text && view_eq(view_str(text), wanted);
}

static json_t *read_object(struct view text)
{
    json_t *json = tree_read(text, JSON_REJECT_DUPLICATES, NULL);
    if (json && !json_is_object(json)) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

/* A part of the token as bytes in the arena. */
static int read_part(struct view part, struct arena *arena, struct view *ret_bytes)
{
    uint8_t *bytes = arena_alloc(arena, BASE64_BYTES_MAX(part.len));
    size_t len;
    if (!bytes)
        return ERR_NO_MEMORY;
    if (base64_read(part, bytes, &len))
        return ERR_DENIED;
    *ret_bytes = view_of(bytes, len);
    return 0;
}

/* ---- keys ---- */

/* A member of a JWK that is bytes, at most max of them; 0: it is none. */
static size_t read_member(const json_t *jwk, const char *name, size_t max, uint8_t *ret_bytes)
{
    const char *text = text_of(jwk, name);
    size_t len;
    if (!text || BASE64_BYTES_MAX(strlen(text)) > max ||
        base64_read(view_str(text), ret_bytes, &len))
        return 0;
    return len;
}

static EVP_PKEY *read_rsa(const json_t *jwk)
{
    uint8_t n[BASE64_BYTES_MAX(BASE64_TEXT_MAX(RSA_BYTES_MAX))],
        e[BASE64_BYTES_MAX(EXPONENT_MAX * 2)];
    const size_t n_len = read_member(jwk, "n", sizeof(n), n);
    const size_t e_len = read_member(jwk, "e", sizeof(e), e);
    if (n_len < RSA_BYTES_MIN || n[0] == 0 || e_len == 0 || e_len > EXPONENT_MAX)
        return NULL;
    BIGNUM *modulus = BN_bin2bn(n, (int)n_len, NULL), *exponent = BN_bin2bn(e, (int)e_len, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;
    const bool ready = modulus && exponent && builder && ctx &&
                       OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
                       OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) &&
                       (params = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
                       EVP_PKEY_fromdata_init(ctx) == 1;
    if (ready && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

static EVP_PKEY *read_ec(const json_t *jwk)
{
    uint8_t x[BASE64_BYTES_MAX(BASE64_TEXT_MAX(ES256_SCALAR_BYTES))], y[sizeof(x)];
    struct es256_point point;
    EVP_PKEY *key = NULL;
    if (!is_text(jwk, "crv", VIEW_LIT("P-256")) ||
        read_member(jwk, "x", sizeof(x), x) != ES256_SCALAR_BYTES ||
        read_member(jwk, "y", sizeof(y), y) != ES256_SCALAR_BYTES)
        return NULL;
    memcpy(point.x, x, ES256_SCALAR_BYTES);
    memcpy(point.y, y, ES256_SCALAR_BYTES);
    return es256_public(&point, &key) ? NULL : key;
}

/* Whether the key is one for this algorithm, and, where the token names one, that one. */
static bool key_fits(const json_t *jwk, const struct algorithm *algorithm, const char *kid)
{
    const char *use = text_of(jwk, "use"), *alg = text_of(jwk, "alg");
    return is_text(jwk, "kty", view_str(algorithm->kty)) && (!use || strcmp(use, "sig") == 0) &&
           (!alg || strcmp(alg, algorithm->name) == 0) &&
           (!kid || is_text(jwk, "kid", view_str(kid)));
}

/* The only key that fits; two that fit are none. */
static EVP_PKEY *find_key(const json_t *set, const struct algorithm *algorithm, const char *kid)
{
    const json_t *keys = json_object_get(set, "keys"), *found = NULL;
    const size_t count = json_array_size(keys);
    for (size_t i = 0; i < count && i < KEYS_MAX; i++) {
        const json_t *jwk = json_array_get(keys, i);
        if (!key_fits(jwk, algorithm, kid))
            continue;
        if (found)
            return NULL;
        found = jwk;
    }
    if (!found)
        return NULL;
    return algorithm->kind == KIND_RSA ? read_rsa(found) : read_ec(found);
}

/* ---- the signature ---- */

static int verify_rsa(EVP_PKEY *key, bool pss, struct view said, struct view signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey = NULL; /* the context's */
    bool fine = ctx && EVP_DigestVerifyInit(ctx, &pkey, EVP_sha256(), NULL, key) == 1;
    if (fine && pss)
        fine = EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, RSA_PSS_SALTLEN_DIGEST) == 1;
    fine = fine && EVP_DigestVerify(ctx, (const unsigned char *)signature.at, signature.len,
                                    (const unsigned char *)said.at, said.len) == 1;
    EVP_MD_CTX_free(ctx);
    return fine ? 0 : ERR_DENIED;
}

static int verify(EVP_PKEY *key, const struct algorithm *algorithm, struct view said,
                  struct view signature)
{
    if (algorithm->kind == KIND_RSA)
        return verify_rsa(key, algorithm->pss, said, signature);
    return signature.len == ES256_SIGNATURE_BYTES
               ? es256_verify(key, said, (const uint8_t *)signature.at)
               : ERR_DENIED;
}

/* The header names an algorithm that is taken, and nothing that would have to be understood. */
static const struct algorithm *read_header(const json_t *header)
{
    const char *typ = text_of(header, "typ");
    if (!header || json_object_get(header, "crit") || json_object_get(header, "b64") ||
        (typ && strcasecmp(typ, "JWT") != 0))
        return NULL;
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (is_text(header, "alg", view_str(algorithms[i].name)))
            return &algorithms[i];
    }
    return NULL;
}

static int check_signature(struct view said, struct view header_text, struct view signature,
                           struct view jwks)
{
    json_t *header = read_object(header_text), *set = read_object(jwks);
    const struct algorithm *algorithm = read_header(header);
    const char *kid = text_of(header, "kid");
    EVP_PKEY *key = algorithm ? find_key(set, algorithm, kid) : NULL;
    int err = !algorithm ? ERR_DENIED
              : !key     ? ERR_NOT_FOUND
                         : verify(key, algorithm, said, signature);
    EVP_PKEY_free(key);
    json_decref(set);
    json_decref(header);
    return err;
}

/* ---- the claims ---- */

static bool is_for(const json_t *claims, struct view client_id)
{
    const json_t *aud = json_object_get(claims, "aud");
    const json_t *azp = json_object_get(claims, "azp");
    bool among = json_is_string(aud) && is_text(claims, "aud", client_id);
    const size_t count = json_array_size(aud);
    for (size_t i = 0; i < count; i++) {
        const char *one = json_string_value(json_array_get(aud, i));
        among = among || (one && view_eq(view_str(one), client_id));
    }
    /* Who it was given to is said where others may have it too (Core, 3.1.3.7, 4 and 5). */
    if (azp || count > 1)
        among = among && is_text(claims, "azp", client_id);
    return among;
}

static bool is_now(const json_t *claims, int64_t now_s)
{
    const json_t *exp = json_object_get(claims, "exp"), *iat = json_object_get(claims, "iat");
    const json_t *nbf = json_object_get(claims, "nbf");
    return json_is_integer(exp) && json_is_integer(iat) &&
           json_integer_value(exp) > now_s - ID_TOKEN_SKEW_S &&
           json_integer_value(iat) < now_s + ID_TOKEN_SKEW_S &&
           (!nbf || (json_is_integer(nbf) && json_integer_value(nbf) < now_s + ID_TOKEN_SKEW_S));
}

static int copy_claim(const json_t *claims, const char *name, struct arena *arena,
                      struct view *ret_text)
{
    const char *text = text_of(claims, name);
    *ret_text = (struct view){0};
    if (!text || strlen(text) > CLAIM_TEXT_MAX)
        return 0;
    const char *copy = arena_copy(arena, view_str(text));
    if (!copy)
        return ERR_NO_MEMORY;
    *ret_text = view_str(copy);
    return 0;
}

static int read_claims(struct view payload, const struct id_token_wants *wants, struct arena *arena,
                       struct id_token_claims *ret_claims)
{
    struct id_token_claims said;
    json_t *claims = read_object(payload);
    const char *name = arena_copy(arena, wants->name_claim);
    const char *subject = text_of(claims, "sub");
    int err = name ? 0 : ERR_NO_MEMORY;
    if (!claims || !is_text(claims, "iss", wants->issuer) || !is_for(claims, wants->client_id) ||
        !is_text(claims, "nonce", wants->nonce) || !is_now(claims, wants->now_s) || !subject ||
        !subject[0] || strlen(subject) > ID_TOKEN_SUBJECT_MAX)
        err = ERR_DENIED;
    if (!err)
        err = copy_claim(claims, "sub", arena, &said.subject);
    if (!err)
        err = copy_claim(claims, "email", arena, &said.email);
    if (!err)
        err = copy_claim(claims, name, arena, &said.name);
    json_decref(claims);
    if (!err)
        *ret_claims = said;
    return err;
}

int id_token_check(struct view token, struct view jwks, const struct id_token_wants *wants,
                   struct arena *arena, struct id_token_claims *ret_claims)
{
    struct view parts[TOKEN_PART_COUNT], bytes[TOKEN_PART_COUNT], rest = token;
    if (token.len == 0 || token.len > ID_TOKEN_MAX)
        return ERR_DENIED;
    for (int i = 0; i < TOKEN_PART_COUNT; i++) {
        const char *dot = rest.len ? memchr(rest.at, '.', rest.len) : NULL;
        if (!dot != (i == TOKEN_PART_COUNT - 1))
            return ERR_DENIED;
        parts[i] = view_of(rest.at, dot ? (size_t)(dot - rest.at) : rest.len);
        rest = view_of(rest.at + parts[i].len + !!dot, rest.len - parts[i].len - !!dot);
        int err = read_part(parts[i], arena, &bytes[i]);
        if (err)
            return err;
    }
    const struct view said = view_of(token.at, parts[0].len + 1 + parts[1].len);
    int err = check_signature(said, bytes[0], bytes[2], jwks);
    return err ? err : read_claims(bytes[1], wants, arena, ret_claims);
}
