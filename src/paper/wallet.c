#include "paper/wallet.h"

#include <cairo.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "err/err.h"
#include "paper/archive.h"
#include "paper/words.h"

#define NAME_MAX_BYTES 128 /* of an identifier in the certificate */
#define ICONS          3
#define FILES_MAX      (ICONS + 3)

struct wallet_signer {
    X509 *certificate;
    EVP_PKEY *key;
    STACK_OF(X509) * chain;
    char type[NAME_MAX_BYTES]; /* passTypeIdentifier */
    char team[NAME_MAX_BYTES]; /* teamIdentifier */
};

/* ---- the signer ---- */

static BIO *bio_of(struct view text)
{
    return BIO_new_mem_buf(text.at, (int)text.len);
}

static X509 *read_certificate(BIO *bio)
{
    return bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
}

static int read_chain(struct view text, STACK_OF(X509) * chain)
{
    BIO *bio = bio_of(text);
    X509 *one;
    int err = bio ? 0 : ERR_NO_MEMORY;
    while (err == 0 && (one = read_certificate(bio))) {
        if (sk_X509_push(chain, one) == 0) {
            X509_free(one);
            err = ERR_NO_MEMORY;
        }
    }
    BIO_free(bio);
    return err == 0 && sk_X509_num(chain) == 0 ? ERR_INVALID : err;
}

static bool read_name(const X509 *certificate, int nid, char ret_text[NAME_MAX_BYTES])
{
    return X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), nid, ret_text,
                                     NAME_MAX_BYTES) > 0;
}

int wallet_signer_new(struct view certificate, struct view key, struct view chain,
                      struct wallet_signer **ret_signer)
{
    struct wallet_signer *signer = calloc(1, sizeof(*signer));
    BIO *certificate_bio = bio_of(certificate), *key_bio = bio_of(key);
    if (signer && certificate_bio && key_bio) {
        signer->certificate = read_certificate(certificate_bio);
        signer->key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
        signer->chain = sk_X509_new_null();
    }
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    if (!signer || !signer->chain) {
        wallet_signer_free(signer);
        return ERR_NO_MEMORY;
    }
    int err = signer->certificate && signer->key &&
                      X509_check_private_key(signer->certificate, signer->key) == 1 &&
                      read_name(signer->certificate, NID_userId, signer->type) &&
                      read_name(signer->certificate, NID_organizationalUnitName, signer->team)
                  ? read_chain(chain, signer->chain)
                  : ERR_INVALID;
    if (err != 0)
        wallet_signer_free(signer);
    else
        *ret_signer = signer;
    return err;
}

void wallet_signer_free(struct wallet_signer *signer)
{
    if (!signer)
        return;
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
    sk_X509_pop_free(signer->chain, X509_free);
    free(signer);
}

/* The detached signature, as DER. */
static int sign(const struct wallet_signer *signer, struct view manifest, struct buf *out)
{
    BIO *data = bio_of(manifest);
    CMS_ContentInfo *cms = data ? CMS_sign(signer->certificate, signer->key, signer->chain, data,
                                           CMS_DETACHED | CMS_BINARY)
                                : NULL;
    unsigned char *der = NULL;
    const int len = cms ? i2d_CMS_ContentInfo(cms, &der) : 0;
    int err = len > 0 ? buf_append(out, der, (size_t)len) : ERR_NO_MEMORY;
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(data);
    return err;
}

/* ---- what a pass says ---- */

static json_t *field(const char *key, const char *label, const char *value, size_t len)
{
    json_t *made = json_pack("{s:s, s:s%}", "key", key, "value", value, len);
    if (made && label)
        json_object_set_new(made, "label", json_string(label));
    return made;
}

static json_t *field_view(const char *key, const char *label, struct view value)
{
    return field(key, label, value.len ? value.at : "", value.len);
}

/* When the phone shows the pass by itself: ISO 8601 with the hall's offset. */
static void relevant_date(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX])
{
    const int32_t offset = order->utc_offset_known ? order->utc_offset_minutes : 0;
    const int32_t size = offset < 0 ? -offset : offset;
    const struct paper_clock c = paper_clock_at(order->starts_at_ms, offset);
    snprintf(ret_text, PAPER_TEXT_MAX, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year,
             c.month, c.day, c.hour, c.minute, c.second, offset < 0 ? '-' : '+', (int)(size / 60),
             (int)(size % 60));
}

/* When people are let in, and where that is, if the organiser says so. */
static void add_entrance(const struct paper_order *order, json_t *fields)
{
    const bool korean = order->language == PAPER_KOREAN;
    char doors[PAPER_TEXT_MAX];
    if (order->doors_at_ms != 0) {
        paper_doors(order, doors);
        json_array_append_new(
            json_object_get(fields, "secondaryFields"),
            field("doors", korean ? "입장 시작" : "Doors open", doors, strlen(doors)));
    }
    if (order->address.len)
        json_array_append_new(json_object_get(fields, "backFields"),
                              field_view("address", korean ? "주소" : "Address", order->address));
}

/* The fields of an event ticket; NULL where there is no memory. */
static json_t *ticket_fields(const struct paper_order *order, const struct paper_ticket *ticket)
{
    const bool korean = order->language == PAPER_KOREAN;
    char start[PAPER_TEXT_MAX], amount[PAPER_TEXT_MAX];
    paper_start(order, start);
    paper_amount(order->language, ticket->amount, order->currency, amount);
    json_t *seat =
        json_pack("[o]", field_view("section", korean ? "구역" : "Section", ticket->section));
    if (ticket->row_label.len)
        json_array_append_new(seat, field_view("row", NULL, ticket->row_label));
    else if (ticket->row.len)
        json_array_append_new(seat, field_view("row", korean ? "열" : "Row", ticket->row));
    if (ticket->seat_label.len)
        json_array_append_new(seat, field_view("seat", NULL, ticket->seat_label));
    else if (ticket->number.len)
        json_array_append_new(seat, field_view("seat", korean ? "좌석" : "Seat", ticket->number));
    const struct view kind = paper_seat_kind(order->language, ticket->kind);
    if (kind.len)
        json_array_append_new(seat, field_view("kind", NULL, kind));
    if (order->gate.len)
        json_array_append_new(seat, field_view("gate", korean ? "입구" : "Gate", order->gate));
    json_t *fields = json_pack(
        "{s:[o], s:[o,o], s:o, s:[o,o,o,o]}", "primaryFields",
        field_view("event", NULL, order->event), "secondaryFields",
        field("start", korean ? "일시" : "Starts", start, strlen(start)),
        field_view("hall", korean ? "장소" : "Hall", order->hall), "auxiliaryFields", seat,
        "backFields", field_view("order", korean ? "주문번호" : "Order", order->order_number),
        field_view("category", korean ? "등급" : "Category", ticket->category),
        field("price", korean ? "가격" : "Price", amount, strlen(amount)),
        field_view("name", korean ? "예매자" : "Name", order->name));
    add_entrance(order, fields);
    return fields;
}

static int write_pass(const struct paper_order *order, size_t index,
                      const struct wallet_signer *signer, struct buf *out)
{
    const struct paper_ticket *ticket = &order->tickets[index];
    char serial[PAPER_TEXT_MAX], date[PAPER_TEXT_MAX];
    /* The code is another one whenever the ticket changes hands, and so is the pass. */
    snprintf(serial, sizeof(serial), "%.*s-%zu-%.*s", VIEW_ARG(order->order_id), index + 1, 8,
             ticket->code.at + (ticket->code.len > 8 ? ticket->code.len - 8 : 0));
    relevant_date(order, date);
    json_t *pass = json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s%, s:s, s:[{s:s, s:s%, s:s, s:s%}], s:s, s:s, s:s, s:o}",
        "formatVersion", 1, "passTypeIdentifier", signer->type, "teamIdentifier", signer->team,
        "organizationName", "Usher", "serialNumber", serial, "description", order->event.at,
        order->event.len, "relevantDate", date, "barcodes", "format", "PKBarcodeFormatQR",
        "message", ticket->code.at, ticket->code.len, "messageEncoding", "iso-8859-1", "altText",
        order->order_number.at, order->order_number.len, "foregroundColor", "rgb(17,17,17)",
        "labelColor", "rgb(100,100,100)", "backgroundColor", "rgb(255,255,255)", "eventTicket",
        ticket_fields(order, ticket));
    char *text = pass ? json_dumps(pass, JSON_COMPACT) : NULL;
    int err = text ? buf_append_view(out, view_str(text)) : ERR_NO_MEMORY;
    free(text);
    json_decref(pass);
    return err;
}

/* ---- the pictures ---- */

struct picture {
    struct buf *out;
    int err;
};

static cairo_status_t take_png(void *state, const unsigned char *bytes, unsigned len)
{
    struct picture *picture = state;
    if (picture->err == 0)
        picture->err = buf_append(picture->out, bytes, len);
    return picture->err == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* A dark square with a U in it, of so many points a side. */
static int draw_icon(int side, struct buf *out)
{
    struct picture picture = {.out = out};
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, side, side);
    cairo_t *cairo = cairo_create(surface);
    const double unit = side / 29.0;
    cairo_set_source_rgb(cairo, 0.07, 0.07, 0.07);
    cairo_paint(cairo);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_set_line_width(cairo, 4 * unit);
    cairo_move_to(cairo, 8.5 * unit, 6 * unit);
    cairo_line_to(cairo, 8.5 * unit, 16 * unit);
    cairo_arc_negative(cairo, 14.5 * unit, 16 * unit, 6 * unit, 3.14159265358979, 0);
    cairo_line_to(cairo, 20.5 * unit, 6 * unit);
    cairo_stroke(cairo);
    const cairo_status_t status = cairo_surface_write_to_png_stream(surface, take_png, &picture);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    if (picture.err != 0)
        return picture.err;
    return status == CAIRO_STATUS_SUCCESS ? 0 : ERR_NO_MEMORY;
}

/* ---- the package ---- */

/* {"pass.json":"…","icon.png":"…"} */
static int write_manifest(const struct archive_file *files, size_t count, struct buf *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned len;
    int err = buf_append_byte(out, '{');
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (EVP_Digest(files[i].content.at, files[i].content.len, digest, &len, EVP_sha1(), NULL) !=
            1)
            return ERR_NO_MEMORY;
        hex_write(view_of(digest, len), hex);
        err = buf_printf(out, "%s\"%s\":\"%s\"", i ? "," : "", files[i].name, hex);
    }
    return err == 0 ? buf_append_byte(out, '}') : err;
}

static int write_package(const struct paper_order *order, size_t index,
                         const struct wallet_signer *signer, struct buf *out)
{
    static const char *const icons[ICONS] = {"icon.png", "icon@2x.png", "icon@3x.png"};
    struct buf parts[FILES_MAX];
    struct archive_file files[FILES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < FILES_MAX; i++)
        buf_init(&parts[i], PAPER_FILE_MAX);
    int err = write_pass(order, index, signer, &parts[count]);
    files[count++].name = "pass.json";
    for (int i = 0; err == 0 && i < ICONS; i++) {
        err = draw_icon(29 * (i + 1), &parts[count]);
        files[count++].name = icons[i];
    }
    for (size_t i = 0; i < count; i++)
        files[i].content = buf_view(&parts[i]);
    if (err == 0)
        err = write_manifest(files, count, &parts[count]);
    if (err == 0)
        err = sign(signer, buf_view(&parts[count]), &parts[count + 1]);
    if (err == 0) {
        files[count] = (struct archive_file){"manifest.json", buf_view(&parts[count])};
        files[count + 1] = (struct archive_file){"signature", buf_view(&parts[count + 1])};
        err = archive_write(files, count + 2, out);
    }
    for (size_t i = 0; i < FILES_MAX; i++)
        buf_release(&parts[i]);
    return err;
}

static int write_bundle(const struct paper_order *order, const struct wallet_signer *signer,
                        struct buf *parts, struct archive_file *files, char (*names)[32],
                        struct buf *out)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < order->ticket_count; i++) {
        err = write_package(order, i, signer, &parts[i]);
        snprintf(names[i], sizeof(names[i]), "%zu.pkpass", i + 1);
        files[i] = (struct archive_file){names[i], buf_view(&parts[i])};
    }
    return err == 0 ? archive_write(files, order->ticket_count, out) : err;
}

int wallet_write(const struct paper_order *order, const struct wallet_signer *signer,
                 struct buf *out)
{
    const size_t count = order->ticket_count;
    if (count == 0 || count > PAPER_TICKETS_MAX)
        return ERR_INVALID;
    if (count == 1)
        return write_package(order, 0, signer, out);
    struct buf *parts = calloc(count, sizeof(*parts));
    struct archive_file *files = calloc(count, sizeof(*files));
    char(*names)[32] = calloc(count, sizeof(*names));
    int err = parts && files && names ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; parts && i < count; i++)
        buf_init(&parts[i], PAPER_FILE_MAX);
    if (err == 0)
        err = write_bundle(order, signer, parts, files, names, out);
    for (size_t i = 0; parts && i < count; i++)
        buf_release(&parts[i]);
    free(parts);
    free(files);
    free(names);
    return err;
}
