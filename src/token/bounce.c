#include "token/bounce.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "codec/base32.h"
#include "codec/sha256.h"

#define MAC_BYTES  10
#define MAC_CHARS  16
#define SAID_MAX   (8 + 512)
#define NUMBER_MAX 20 /* digits */

static void write_mac(const uint8_t key[KEY_BYTES], uint64_t mail_id, struct view message_id,
                      char ret_text[MAC_CHARS + 1])
{
    uint8_t said[SAID_MAX], mac[SHA256_BYTES];
    const size_t len = message_id.len < SAID_MAX - 8 ? message_id.len : SAID_MAX - 8;
    static_assert(BASE32_CHARS(MAC_BYTES) == MAC_CHARS, "nothing is left over");
    for (int i = 0; i < 8; i++)
        said[i] = (uint8_t)(mail_id >> (56 - 8 * i));
    memcpy(said + 8, message_id.at, len);
    sha256_mac(key, view_of(said, 8 + len), mac);
    base32_write(view_of(mac, MAC_BYTES), ret_text);
}

void bounce_write(const uint8_t key[KEY_BYTES], const char *base, uint64_t mail_id,
                  struct view message_id, char ret_address[BOUNCE_ADDRESS_MAX])
{
    char mac[MAC_CHARS + 1];
    const char *at = strchr(base, '@');
    write_mac(key, mail_id, message_id, mac);
    snprintf(ret_address, BOUNCE_ADDRESS_MAX, "%.*s+%" PRIu64 "-%s%s", (int)(at - base), base,
             mail_id, mac, at);
}

/* "17-6QSKJ2E6V5H0NW2T" of an address; the empty view: it has none. */
static struct view tag_of(struct view address)
{
    const char *at = address.len ? memchr(address.at, '@', address.len) : NULL;
    const char *plus = at ? memrchr(address.at, '+', (size_t)(at - address.at)) : NULL;
    return plus ? view_of(plus + 1, (size_t)(at - plus) - 1) : (struct view){0};
}

bool bounce_names(struct view address, uint64_t *ret_mail_id)
{
    const struct view tag = tag_of(address);
    const char *dash = tag.len ? memchr(tag.at, '-', tag.len) : NULL;
    const size_t digits = dash ? (size_t)(dash - tag.at) : 0;
    return digits > 0 && digits <= NUMBER_MAX && tag.len - digits - 1 == MAC_CHARS &&
           view_to_u64(view_of(tag.at, digits), INT64_MAX, ret_mail_id);
}

bool bounce_check(const uint8_t key[KEY_BYTES], struct view address, uint64_t mail_id,
                  struct view message_id)
{
    char right[MAC_CHARS + 1], said[MAC_CHARS];
    uint64_t named;
    if (!bounce_names(address, &named) || named != mail_id)
        return false;
    const struct view tag = tag_of(address);
    memcpy(said, tag.at + tag.len - MAC_CHARS, MAC_CHARS);
    for (size_t i = 0; i < MAC_CHARS; i++)
        said[i] = said[i] >= 'a' && said[i] <= 'z' ? (char)(said[i] - 'a' + 'A') : said[i];
    write_mac(key, mail_id, message_id, right);
    return sodium_memcmp(said, right, MAC_CHARS) == 0;
}
