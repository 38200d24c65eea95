#include "token/totp.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "err/err.h"

void totp_write(const uint8_t key[TOTP_KEY_BYTES], int64_t at_s, char ret_text[TOTP_DIGITS + 1])
{
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    assert(at_s >= 0);
    const uint64_t step = (uint64_t)at_s / TOTP_STEP_S;
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)(step >> (56 - 8 * i));
    const uint8_t *done =
        HMAC(EVP_sha1(), key, TOTP_KEY_BYTES, counter, sizeof(counter), mac, &mac_len);
    assert(done && mac_len == 20);
    /* Dynamic truncation (RFC 4226, 5.3). */
    const uint8_t *at = mac + (mac[19] & 15);
    const uint32_t number =
        (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    snprintf(ret_text, TOTP_DIGITS + 1, "%08" PRIu32, number % 100000000);
}
