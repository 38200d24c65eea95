#include "paper/google.h"

#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/tree.h"
#include "err/err.h"
#include "paper/words.h"
#include "sale/currency.h"

#define ADDRESS     "https://pay.google.com/gp/v/save/"
#define ISSUER_MAX  32
#define EMAIL_MAX   256
#define JSON_MAX    (16u << 10) /* of a pass */
#define TAIL_CHARS  8           /* of a code: other ones whenever the ticket changes hands */
#define DIGITS_MAX  6           /* Google counts in millionths of a currency's unit */
#define SIGNATURE_B 1024

struct google_signer {
    EVP_PKEY *key;
    char issuer[ISSUER_MAX];
    char email[EMAIL_MAX];
};

/* ---- the signer ---- */

static bool is_number(const char *text)
{
    const size_t len = strlen(text);
    return len > 0 && len < ISSUER_MAX && strspn(text, "0123456789") == len;
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (key && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

int google_signer_new(const char *issuer, struct view account, struct google_signer **ret_signer)
{
    json_t *json = tree_read(account, 0, NULL);
    const char *email = json_string_value(json_object_get(json, "client_email"));
    const char *pem = json_string_value(json_object_get(json, "private_key"));
    struct google_signer *signer = calloc(1, sizeof(*signer));
    int err = signer ? 0 : ERR_NO_MEMORY;
    if (err == 0 && (!is_number(issuer) || !email || strlen(email) >= EMAIL_MAX || !pem ||
                     !(signer->key = read_key(pem))))
        err = ERR_INVALID;
    if (err == 0) {
        snprintf(signer->issuer, sizeof(signer->issuer), "%s", issuer);
        snprintf(signer->email, sizeof(signer->email), "%s", email);
        *ret_signer = signer;
    } else {
        google_signer_free(signer);
    }
    json_decref(json);
    return err;
}

void google_signer_free(struct google_signer *signer)
{
    if (!signer)
        return;
    EVP_PKEY_free(signer->key);
    free(signer);
}

/* ---- what a pass says ---- */

static json_t *text(struct view value)
{
    return json_stringn(value.len ? value.at : "", value.len);
}

static json_t *localized(const struct paper_order *order, struct view value)
{
    return json_pack("{s:{s:s, s:o}}", "defaultValue", "language",
                     order->language == PAPER_KOREAN ? "ko" : "en", "value", text(value));
}

/* ISO 8601, with the hall's offset where it is known. */
static void start(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX])
{
    const int32_t offset = order->utc_offset_known ? order->utc_offset_minutes : 0;
    const int32_t size = offset < 0 ? -offset : offset;
    const struct paper_clock c = paper_clock_at(order->starts_at_ms, offset);
    snprintf(ret_text, PAPER_TEXT_MAX, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year,
             c.month, c.day, c.hour, c.minute, c.second, offset < 0 ? '-' : '+', (int)(size / 60),
             (int)(size % 60));
}

/* ISO 8601, as start writes it. */
static void doors(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX])
{
    struct paper_order at = *order;
    at.starts_at_ms = order->doors_at_ms;
    start(&at, ret_text);
}

static json_t *class_of(const struct paper_order *order, const char *id)
{
    char when[PAPER_TEXT_MAX], open[PAPER_TEXT_MAX];
    const struct view place = order->address.len ? order->address : order->hall;
    start(order, when);
    json_t *class =
        json_pack("{s:s, s:s, s:s, s:o, s:{s:o, s:o}, s:{s:s}}", "id", id, "issuerName", "Usher",
                  "reviewStatus", "UNDER_REVIEW", "eventName", localized(order, order->event),
                  "venue", "name", localized(order, order->hall), "address",
                  localized(order, place), "dateTime", "start", when);
    if (class && order->doors_at_ms != 0) {
        doors(order, open);
        json_object_set_new(json_object_get(class, "dateTime"), "doorsOpen", json_string(open));
    }
    return class;
}

/* Millionths of the currency's unit, as text. */
static json_t *micros(const struct paper_order *order, int64_t amount)
{
    char number[32];
    for (uint32_t i = currency_digits(order->currency); i < DIGITS_MAX; i++)
        amount *= 10;
    snprintf(number, sizeof(number), "%" PRId64, amount);
    return json_string(number);
}

static json_t *object_of(const struct paper_order *order, const struct paper_ticket *ticket,
                         const char *id, const char *class_id)
{
    json_t *seat = json_pack("{s:o}", "section", localized(order, ticket->section));
    if (seat && ticket->row.len)
        json_object_set_new(
            seat, "row", localized(order, ticket->row_label.len ? ticket->row_label : ticket->row));
    if (seat && ticket->number.len)
        json_object_set_new(
            seat, "seat",
            localized(order, ticket->seat_label.len ? ticket->seat_label : ticket->number));
    if (seat && order->gate.len)
        json_object_set_new(seat, "gate", localized(order, order->gate));
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:{s:o}, s:{s:o, s:o}, s:{s:s, s:o, s:o}}", "id", id,
        "classId", class_id, "state", "ACTIVE", "ticketHolderName", text(order->name), "ticketType",
        localized(order, ticket->category), "seatInfo", seat, "reservationInfo", "confirmationCode",
        text(order->order_number), "faceValue", "micros", micros(order, ticket->amount),
        "currencyCode", text(order->currency), "barcode", "type", "QR_CODE", "value",
        text(ticket->code), "alternateText", text(order->order_number));
}

static json_t *claims(const struct paper_order *order, size_t index, int64_t now_ms,
                      const struct google_signer *signer)
{
    const struct paper_ticket *ticket = &order->tickets[index];
    const size_t tail = ticket->code.len < TAIL_CHARS ? ticket->code.len : TAIL_CHARS;
    char class_id[PAPER_TEXT_MAX], id[PAPER_TEXT_MAX + TAIL_CHARS + 2];
    snprintf(class_id, sizeof(class_id), "%s.%.*s", signer->issuer, VIEW_ARG(order->order_id));
    snprintf(id, sizeof(id), "%s-%.*s", class_id, (int)tail,
             ticket->code.at + ticket->code.len - tail);
    return json_pack("{s:s, s:s, s:s, s:I, s:[], s:{s:[o], s:[o]}}", "iss", signer->email, "aud",
                     "google", "typ", "savetowallet", "iat", (json_int_t)(now_ms / 1000), "origins",
                     "payload", "eventTicketClasses", class_of(order, class_id),
                     "eventTicketObjects", object_of(order, ticket, id, class_id));
}

/* ---- the link ---- */

static int sign(const struct google_signer *signer, struct view said, struct buf *out)
{
    unsigned char signature[SIGNATURE_B];
    size_t len = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool done =
        context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, signer->key) == 1 &&
        EVP_DigestSign(context, signature, &len, (const unsigned char *)said.at, said.len) == 1;
    EVP_MD_CTX_free(context);
    return done ? base64_append(out, view_of(signature, len), BASE64_URL) : ERR_NO_MEMORY;
}

int google_write(const struct paper_order *order, size_t index, int64_t now_ms,
                 const struct google_signer *signer, struct buf *out)
{
    static const struct view head = VIEW_LIT("{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    struct buf token;
    if (index >= order->ticket_count)
        return ERR_INVALID;
    json_t *json = claims(order, index, now_ms, signer);
    char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    buf_init(&token, JSON_MAX);
    int err = body ? base64_append(&token, head, BASE64_URL) : ERR_NO_MEMORY;
    if (err == 0)
        err = buf_append_byte(&token, '.');
    if (err == 0)
        err = base64_append(&token, view_str(body), BASE64_URL);
    if (err == 0)
        err = buf_append_view(out, VIEW_LIT(ADDRESS));
    if (err == 0)
        err = buf_append_view(out, buf_view(&token));
    if (err == 0)
        err = buf_append_byte(out, '.');
    if (err == 0)
        err = sign(signer, buf_view(&token), out);
    buf_release(&token);
    free(body);
    return err;
}
