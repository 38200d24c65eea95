#include <sodium.h>

#include "codec/base64.h"
#include "codec/tree.h"
#include "err/err.h"
#include "svc/auth/provider.h"

#define MAC_BYTES  crypto_generichash_BYTES
#define NOTE_BYTES 2048 /* of its JSON */

static void mac(const struct auth *auth, const char *what, struct view said,
                uint8_t ret_mac[MAC_BYTES])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, auth->provider_key, KEY_BYTES, MAC_BYTES);
    /* With its NUL: nothing that is said can take part in the name. */
    crypto_generichash_update(&state, (const uint8_t *)what, strlen(what) + 1);
    crypto_generichash_update(&state, (const uint8_t *)said.at, said.len);
    crypto_generichash_final(&state, ret_mac, MAC_BYTES);
}

static const char *name_of(enum provider_note kind)
{
    return kind == NOTE_STATE ? "state" : kind == NOTE_PROVEN ? "proven" : "person";
}

/* base64url(JSON) "." base64url(mac) */
static const char *write_note(struct call *call, enum provider_note kind, struct view json)
{
    uint8_t tag[MAC_BYTES];
    char *text = arena_alloc(call_arena(call),
                             BASE64_TEXT_MAX(json.len) + 1 + BASE64_TEXT_MAX(MAC_BYTES) + 1);
    if (!text)
        return NULL;
    mac(auth_of(call), name_of(kind), json, tag);
    size_t len = base64_write(json, BASE64_URL, text);
    text[len++] = '.';
    base64_write(view_of(tag, MAC_BYTES), BASE64_URL, text + len);
    return text;
}

const char *provider_note_write(struct call *call, enum provider_note kind, json_t *said)
{
    const int64_t ends_at_ms = clock_wall_ms(auth_of(call)->clock) + PROVIDER_STATE_MS;
    char *json = NULL;
    if (said && json_object_set_new(said, "ends", json_integer(ends_at_ms)) == 0)
        json = json_dumps(said, JSON_COMPACT);
    const char *text = json ? write_note(call, kind, view_str(json)) : NULL;
    free(json);
    json_decref(said);
    return text;
}

static json_t *read_note(struct call *call, enum provider_note kind, struct view json,
                         struct view tag)
{
    uint8_t right[MAC_BYTES];
    mac(auth_of(call), name_of(kind), json, right);
    if (tag.len != MAC_BYTES || sodium_memcmp(right, tag.at, MAC_BYTES) != 0)
        return NULL;
    json_t *said = tree_read(json, 0, NULL);
    const json_int_t ends_at_ms = json_integer_value(json_object_get(said, "ends"));
    if (said && ends_at_ms <= clock_wall_ms(auth_of(call)->clock)) {
        json_decref(said);
        return NULL;
    }
    return said;
}

json_t *provider_note_read(struct call *call, enum provider_note kind, const char *text)
{
    uint8_t json[BASE64_BYTES_MAX(BASE64_TEXT_MAX(NOTE_BYTES))], tag[BASE64_BYTES_MAX(64)];
    size_t json_len, tag_len;
    const char *dot = strchr(text, '.');
    if (!dot || (size_t)(dot - text) > BASE64_TEXT_MAX(NOTE_BYTES) || strlen(dot + 1) > 64 ||
        base64_read(view_of(text, (size_t)(dot - text)), json, &json_len) ||
        base64_read(view_str(dot + 1), tag, &tag_len))
        return NULL;
    return read_note(call, kind, view_of(json, json_len), view_of(tag, tag_len));
}

void provider_secret(const struct auth *auth, const char *what, const char *state,
                     char ret_text[PROVIDER_SECRET_CHARS + 1])
{
    uint8_t bytes[MAC_BYTES];
    mac(auth, what, view_str(state), bytes);
    static_assert(MAC_BYTES == 32,
                  "43 characters, as a PKCE verifier has at least (RFC 7636, 4.1)");
    const size_t len = base64_write(view_of(bytes, sizeof(bytes)), BASE64_URL, ret_text);
    assert(len == PROVIDER_SECRET_CHARS);
    ret_text[len] = '\0';
}
