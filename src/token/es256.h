/*
 * es256: ECDSA on P-256 with SHA-256 (RFC 7518, 3.4), by OpenSSL.
 *
 * A signature is 64 bytes, R and S one after the other, not DER. Keys may be used by several
 * threads at once.
 */
#ifndef USHER_TOKEN_ES256_H
#define USHER_TOKEN_ES256_H

#include <openssl/types.h>

#include "mem/view.h"

#define ES256_SCALAR_BYTES     32
#define ES256_SIGNATURE_BYTES  64
#define ES256_THUMBPRINT_CHARS 43

/* The coordinates of a public key, big-endian. */
struct es256_point {
    uint8_t x[ES256_SCALAR_BYTES];
    uint8_t y[ES256_SCALAR_BYTES];
};

/* The pair of a private scalar, big-endian. ERR_INVALID: it is zero or not below the order of the
 * group; ERR_NO_MEMORY. The caller frees it with EVP_PKEY_free. */
int es256_private(const uint8_t scalar[ES256_SCALAR_BYTES], EVP_PKEY **ret_key,
                  struct es256_point *ret_point);
/* The public key of a point. ERR_INVALID: it is not on the curve; ERR_NO_MEMORY. */
int es256_public(const struct es256_point *point, EVP_PKEY **ret_key);

/* ERR_NO_MEMORY. */
int es256_sign(EVP_PKEY *key, struct view said, uint8_t ret_signature[ES256_SIGNATURE_BYTES]);
/* ERR_DENIED: it is not this key's signature of that. */
int es256_verify(EVP_PKEY *key, struct view said, const uint8_t signature[ES256_SIGNATURE_BYTES]);

/* The key's name: the thumbprint of its JWK (RFC 7638), and a NUL. */
void es256_thumbprint(const struct es256_point *point, char ret_text[ES256_THUMBPRINT_CHARS + 1]);

#endif
