#include "token/es256.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdio.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "err/err.h"

#define POINT_BYTES   65 /* uncompressed: 4, x, y */
#define DER_BYTES_MAX 80 /* of a signature */

/* ---- keys ---- */

/* Builds a key of its parts; scalar NULL: a public one. */
static int build(const uint8_t point[POINT_BYTES], const BIGNUM *scalar, EVP_PKEY **ret_key)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    bool fine =
        builder && ctx &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_BYTES) &&
        (!scalar || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar)) &&
        (params = OSSL_PARAM_BLD_to_param(builder)) != NULL;
    const bool ready = fine && EVP_PKEY_fromdata_init(ctx) == 1;
    if (ready)
        fine = EVP_PKEY_fromdata(ctx, &key, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                                 params) == 1;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    if (!ready)
        return ERR_NO_MEMORY;
    if (!fine)
        return ERR_INVALID;
    *ret_key = key;
    return 0;
}

/* point = scalar × generator, uncompressed. */
static int multiply(const BIGNUM *scalar, uint8_t ret_point[POINT_BYTES])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = group ? EC_POINT_new(group) : NULL;
    int err = point ? 0 : ERR_NO_MEMORY;
    if (!err && (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0))
        err = ERR_INVALID;
    if (!err && (!EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) ||
                 EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret_point,
                                    POINT_BYTES, NULL) != POINT_BYTES))
        err = ERR_NO_MEMORY;
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return err;
}

int es256_private(const uint8_t scalar[ES256_SCALAR_BYTES], EVP_PKEY **ret_key,
                  struct es256_point *ret_point)
{
    uint8_t point[POINT_BYTES];
    BIGNUM *number = BN_bin2bn(scalar, ES256_SCALAR_BYTES, NULL);
    int err = number ? multiply(number, point) : ERR_NO_MEMORY;
    if (!err)
        err = build(point, number, ret_key);
    if (!err) {
        memcpy(ret_point->x, point + 1, ES256_SCALAR_BYTES);
        memcpy(ret_point->y, point + 1 + ES256_SCALAR_BYTES, ES256_SCALAR_BYTES);
    }
    BN_clear_free(number);
    return err;
}

int es256_public(const struct es256_point *point, EVP_PKEY **ret_key)
{
    uint8_t bytes[POINT_BYTES] = {4};
    memcpy(bytes + 1, point->x, ES256_SCALAR_BYTES);
    memcpy(bytes + 1 + ES256_SCALAR_BYTES, point->y, ES256_SCALAR_BYTES);
    return build(bytes, NULL, ret_key);
}

void es256_thumbprint(const struct es256_point *point, char ret_text[ES256_THUMBPRINT_CHARS + 1])
{
    char x[BASE64_TEXT_MAX(ES256_SCALAR_BYTES) + 1] = {0}, y[sizeof(x)] = {0}, jwk[160];
    uint8_t hash[SHA256_BYTES];
    base64_write(view_of(point->x, ES256_SCALAR_BYTES), BASE64_URL, x);
    base64_write(view_of(point->y, ES256_SCALAR_BYTES), BASE64_URL, y);
    const int len = snprintf(jwk, sizeof(jwk),
                             "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
    assert(len > 0 && (size_t)len < sizeof(jwk));
    sha256(view_of(jwk, (size_t)len), hash);
    const size_t chars = base64_write(view_of(hash, sizeof(hash)), BASE64_URL, ret_text);
    assert(chars == ES256_THUMBPRINT_CHARS);
    ret_text[chars] = '\0';
}

/* ---- signatures ---- */

/* OpenSSL signs in DER; JOSE wants the two numbers. */
static int bare(const uint8_t *der, size_t len, uint8_t ret_signature[ES256_SIGNATURE_BYTES])
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    const bool fine = pair &&
                      BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret_signature, ES256_SCALAR_BYTES) ==
                          ES256_SCALAR_BYTES &&
                      BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret_signature + ES256_SCALAR_BYTES,
                                   ES256_SCALAR_BYTES) == ES256_SCALAR_BYTES;
    ECDSA_SIG_free(pair);
    return fine ? 0 : ERR_NO_MEMORY;
}

int es256_sign(EVP_PKEY *key, struct view said, uint8_t ret_signature[ES256_SIGNATURE_BYTES])
{
    uint8_t der[DER_BYTES_MAX], signature[ES256_SIGNATURE_BYTES];
    size_t len = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool fine = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                      EVP_DigestSign(ctx, der, &len, (const unsigned char *)said.at, said.len) == 1;
    EVP_MD_CTX_free(ctx);
    int err = fine ? bare(der, len, signature) : ERR_NO_MEMORY;
    if (!err)
        memcpy(ret_signature, signature, sizeof(signature));
    return err;
}

/* The DER of two numbers; its length, or 0. */
static size_t dress(const uint8_t signature[ES256_SIGNATURE_BYTES], uint8_t ret_der[DER_BYTES_MAX])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, ES256_SCALAR_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(signature + ES256_SCALAR_BYTES, ES256_SCALAR_BYTES, NULL);
    int len = 0;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s)) {
        r = s = NULL; /* the pair's now */
        len = i2d_ECDSA_SIG(pair, &ret_der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

int es256_verify(EVP_PKEY *key, struct view said, const uint8_t signature[ES256_SIGNATURE_BYTES])
{
    uint8_t der[DER_BYTES_MAX];
    const size_t len = dress(signature, der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool fine =
        ctx && len && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(ctx, der, len, (const unsigned char *)said.at, said.len) == 1;
    EVP_MD_CTX_free(ctx);
    return fine ? 0 : ERR_DENIED;
}
