#include "token/access.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/base64.h"
#include "err/err.h"

#define HEADER_BEFORE "{\"alg\":\"ES256\",\"kid\":\""
#define HEADER_AFTER  "\",\"typ\":\"at+jwt\"}"
#define HEADER_BYTES  (sizeof(HEADER_BEFORE HEADER_AFTER) - 1 + ES256_THUMBPRINT_CHARS)
#define PAYLOAD_MAX   512 /* bytes of the claims as JSON */
/* How every header begins: whole groups of three bytes. */
#define PREFIX "eyJhbGciOiJFUzI1NiIsImtpZCI6"

/* ---- writing ---- */

static size_t write_payload(struct view issuer, const struct access_claims *claims,
                            char ret_payload[PAYLOAD_MAX])
{
    char account[ID_TEXT_CHARS + 1], session[ID_TEXT_CHARS + 1], token[ID_TEXT_CHARS + 1];
    id_format(claims->account_id, account);
    id_format(claims->session_id, session);
    id_format(claims->token_id, token);
    int len = snprintf(ret_payload, PAYLOAD_MAX,
                       "{\"iss\":\"%.*s\",\"aud\":\"usher\",\"client_id\":\"usher\",\"sub\":\"%s\","
                       "\"sid\":\"%s\",\"jti\":\"%s\",\"iat\":%" PRId64 ",\"exp\":%" PRId64
                       ",\"roles\":%" PRIu32 ",\"organisers\":[",
                       VIEW_ARG(issuer), account, session, token, claims->issued_at_s,
                       claims->expires_at_s, claims->roles);
    for (uint32_t i = 0; i < claims->organiser_count; i++)
        len +=
            snprintf(ret_payload + len, PAYLOAD_MAX - (size_t)len, "%s[%" PRIu32 ",%" PRIu32 "]",
                     i ? "," : "", claims->organisers[i].organiser_id, claims->organisers[i].roles);
    len += snprintf(ret_payload + len, PAYLOAD_MAX - (size_t)len, "]}");
    static_assert(sizeof("{'iss':'','aud':'usher','client_id':'usher','sub':'','sid':'','jti':'',"
                         "'iat':,'exp':,'roles':,'organisers':[]}") +
                          ACCESS_ISSUER_MAX + 3 * ID_TEXT_CHARS + 2 * 11 + 5 +
                          ACCESS_ORGANISERS_MAX * sizeof("[4294967295,65535],") <=
                      PAYLOAD_MAX,
                  "the largest payload fits");
    return (size_t)len;
}

/* What is signed: header and payload. */
static size_t write_said(struct view issuer, const char kid[ES256_THUMBPRINT_CHARS + 1],
                         const struct access_claims *claims, char ret_text[ACCESS_TOKEN_MAX])
{
    char header[HEADER_BYTES + 1], payload[PAYLOAD_MAX];
    static_assert(BASE64_TEXT_MAX(HEADER_BYTES) + 1 + BASE64_TEXT_MAX(PAYLOAD_MAX) + 1 +
                          ACCESS_SECRET_CHARS <
                      ACCESS_TOKEN_MAX,
                  "the largest token fits");
    snprintf(header, sizeof(header), HEADER_BEFORE "%s" HEADER_AFTER, kid);
    const size_t payload_len = write_payload(issuer, claims, payload);
    size_t len = base64_write(view_of(header, HEADER_BYTES), BASE64_URL, ret_text);
    ret_text[len++] = '.';
    return len + base64_write(view_of(payload, payload_len), BASE64_URL, ret_text + len);
}

static bool claims_fit(const struct access_claims *claims)
{
    bool fit = claims->issued_at_s >= 0 && claims->issued_at_s < claims->expires_at_s &&
               claims->expires_at_s - claims->issued_at_s <= KEYSET_AFTER_S &&
               claims->expires_at_s <= ACCESS_TIME_MAX && claims->roles <= ACCESS_ROLES_MAX &&
               claims->organiser_count <= ACCESS_ORGANISERS_MAX && !id_is_zero(claims->account_id);
    for (uint32_t i = 0; fit && i < claims->organiser_count; i++)
        fit = claims->organisers[i].roles <= ACCESS_ROLES_MAX;
    return fit;
}

int access_token_write(struct keyset *keyset, struct view issuer,
                       const struct access_claims *claims, char ret_text[ACCESS_TOKEN_MAX],
                       size_t *ret_len)
{
    char kid[ES256_THUMBPRINT_CHARS + 1];
    uint8_t signature[ES256_SIGNATURE_BYTES];
    assert(claims_fit(claims) && issuer.len <= ACCESS_ISSUER_MAX);
    int err = keyset_signer(keyset, claims->issued_at_s, kid);
    if (err)
        return err;
    size_t len = write_said(issuer, kid, claims, ret_text);
    err = keyset_sign(keyset, view_str(kid), view_of(ret_text, len), signature);
    if (err)
        return err;
    ret_text[len++] = '.';
    len += base64_write(view_of(signature, sizeof(signature)), BASE64_URL, ret_text + len);
    ret_text[len] = '\0';
    *ret_len = len;
    return 0;
}

/* ---- reading ---- */

/* Takes text off the front of *v. False where it does not stand there. */
static bool take(struct view *v, struct view text)
{
    if (!view_starts(*v, text))
        return false;
    *v = view_of(v->at + text.len, v->len - text.len);
    return true;
}

/* Takes the digits at the front of *v. */
static bool take_number(struct view *v, uint64_t max, uint64_t *ret)
{
    size_t digits = 0;
    while (digits < v->len && v->at[digits] >= '0' && v->at[digits] <= '9')
        digits++;
    if (!view_to_u64(view_of(v->at, digits), max, ret))
        return false;
    *v = view_of(v->at + digits, v->len - digits);
    return true;
}

static bool take_id(struct view *v, struct id *ret)
{
    if (v->len < ID_TEXT_CHARS || id_parse(view_of(v->at, ID_TEXT_CHARS), ret))
        return false;
    *v = view_of(v->at + ID_TEXT_CHARS, v->len - ID_TEXT_CHARS);
    return true;
}

static bool take_organisers(struct view *v, struct access_claims *claims)
{
    uint64_t organiser_id, roles;
    claims->organiser_count = 0;
    while (!take(v, VIEW_LIT("]"))) {
        if (claims->organiser_count == ACCESS_ORGANISERS_MAX ||
            (claims->organiser_count > 0 && !take(v, VIEW_LIT(","))) || !take(v, VIEW_LIT("[")) ||
            !take_number(v, UINT32_MAX, &organiser_id) || !take(v, VIEW_LIT(",")) ||
            !take_number(v, ACCESS_ROLES_MAX, &roles) || !take(v, VIEW_LIT("]")))
            return false;
        claims->organisers[claims->organiser_count++] = (struct access_organiser){
            .organiser_id = (uint32_t)organiser_id, .roles = (uint32_t)roles};
    }
    return true;
}

/* Reads the claims out of a payload in our own form; what is not quite so is seen when it is
 * written again. */
static bool read_payload(struct view payload, struct view issuer, struct access_claims *claims)
{
    uint64_t issued_at_s, expires_at_s, roles;
    if (!take(&payload, VIEW_LIT("{\"iss\":\"")) || !take(&payload, issuer) ||
        !take(&payload, VIEW_LIT("\",\"aud\":\"usher\",\"client_id\":\"usher\",\"sub\":\"")) ||
        !take_id(&payload, &claims->account_id) || !take(&payload, VIEW_LIT("\",\"sid\":\"")) ||
        !take_id(&payload, &claims->session_id) || !take(&payload, VIEW_LIT("\",\"jti\":\"")) ||
        !take_id(&payload, &claims->token_id) || !take(&payload, VIEW_LIT("\",\"iat\":")) ||
        !take_number(&payload, ACCESS_TIME_MAX, &issued_at_s) ||
        !take(&payload, VIEW_LIT(",\"exp\":")) ||
        !take_number(&payload, ACCESS_TIME_MAX, &expires_at_s) ||
        !take(&payload, VIEW_LIT(",\"roles\":")) ||
        !take_number(&payload, ACCESS_ROLES_MAX, &roles) ||
        !take(&payload, VIEW_LIT(",\"organisers\":[")) || !take_organisers(&payload, claims) ||
        !view_eq(payload, VIEW_LIT("}")))
        return false;
    claims->issued_at_s = (int64_t)issued_at_s;
    claims->expires_at_s = (int64_t)expires_at_s;
    claims->roles = (uint32_t)roles;
    return claims_fit(claims);
}

/* The key's name in an encoded header. */
static bool read_header(struct view encoded, char ret_kid[ES256_THUMBPRINT_CHARS + 1])
{
    uint8_t header[BASE64_BYTES_MAX(BASE64_TEXT_MAX(HEADER_BYTES))];
    size_t len;
    if (encoded.len > BASE64_TEXT_MAX(HEADER_BYTES) || base64_read(encoded, header, &len) ||
        len != HEADER_BYTES || memcmp(header, HEADER_BEFORE, sizeof(HEADER_BEFORE) - 1) != 0)
        return false;
    memcpy(ret_kid, header + sizeof(HEADER_BEFORE) - 1, ES256_THUMBPRINT_CHARS);
    ret_kid[ES256_THUMBPRINT_CHARS] = '\0';
    return memchr(ret_kid, '\0', ES256_THUMBPRINT_CHARS) == NULL;
}

bool access_token_looks(struct view text)
{
    return view_starts(text, VIEW_LIT(PREFIX));
}

/* Reads all but the signature. False unless it is, to the letter, what write_said writes. */
static bool read_said(struct view said, struct view issuer, struct access_claims *ret_claims,
                      char ret_kid[ES256_THUMBPRINT_CHARS + 1])
{
    uint8_t payload[BASE64_BYTES_MAX(ACCESS_TOKEN_MAX)];
    char again[ACCESS_TOKEN_MAX];
    size_t payload_len;
    const char *dot = memchr(said.at, '.', said.len);
    if (!dot || !read_header(view_of(said.at, (size_t)(dot - said.at)), ret_kid))
        return false;
    const struct view encoded = view_of(dot + 1, said.len - (size_t)(dot + 1 - said.at));
    if (base64_read(encoded, payload, &payload_len) ||
        !read_payload(view_of(payload, payload_len), issuer, ret_claims))
        return false;
    return view_eq(said, view_of(again, write_said(issuer, ret_kid, ret_claims, again)));
}

int access_token_check(struct keyset *keyset, struct view issuer, struct view text, int64_t now_s,
                       struct access_claims *ret_claims)
{
    struct access_claims claims = {0};
    char kid[ES256_THUMBPRINT_CHARS + 1], again[BASE64_TEXT_MAX(ES256_SIGNATURE_BYTES)];
    uint8_t signature[BASE64_BYTES_MAX(ACCESS_SECRET_CHARS)];
    size_t len;
    if (!access_token_looks(text) || text.len >= ACCESS_TOKEN_MAX ||
        text.len < ACCESS_SECRET_CHARS + 2 || text.at[text.len - ACCESS_SECRET_CHARS - 1] != '.')
        return ERR_DENIED;
    const struct view said = view_of(text.at, text.len - ACCESS_SECRET_CHARS - 1);
    const struct view last = view_of(text.at + said.len + 1, ACCESS_SECRET_CHARS);
    if (base64_read(last, signature, &len) || len != ES256_SIGNATURE_BYTES ||
        !view_eq(last, view_of(again, base64_write(view_of(signature, len), BASE64_URL, again))))
        return ERR_DENIED;
    if (!read_said(said, issuer, &claims, kid) ||
        keyset_verify(keyset, now_s, view_str(kid), said, signature))
        return ERR_DENIED;
    if (now_s >= claims.expires_at_s)
        return ERR_TIMEOUT;
    *ret_claims = claims;
    return 0;
}
