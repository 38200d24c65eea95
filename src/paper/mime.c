#include "paper/mime.h"

#include <inttypes.h>

#include "codec/base64.h"
#include "err/err.h"
#include "mem/utf8.h"
#include "paper/address.h"
#include "paper/words.h"

#define LINE_BYTES 57 /* of content: 76 characters of base64 (RFC 2045, 6.8) */
#define WORD_BYTES 42 /* of an encoded word: 56 characters, 68 with its frame (RFC 2047, 2) */

/* Stops at the first error. */
#define TRY(step)                                                                                  \
    do {                                                                                           \
        const int err_ = (step);                                                                   \
        if (err_ != 0)                                                                             \
            return err_;                                                                           \
    } while (0)

/* ---- what may stand in a header ---- */

static bool header_valid(struct view text)
{
    if (text.len > MIME_HEADER_MAX || !utf8_valid(text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c < ' ' || c == 127)
            return false;
    }
    return true;
}

static bool id_valid(struct view id)
{
    const char *at = id.len ? memchr(id.at, '@', id.len) : NULL;
    return at && address_valid(id);
}

static bool name_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._";
    return *name && strspn(name, allowed) == strlen(name);
}

static bool valid(const struct mime_message *m)
{
    assert(m->part_count <= MIME_PARTS_MAX);
    for (size_t i = 0; i < m->part_count; i++)
        assert(name_valid(m->parts[i].name));
    return address_valid(m->from) && address_valid(m->to) && header_valid(m->from_name) &&
           header_valid(m->to_name) && header_valid(m->subject) && id_valid(m->message_id);
}

static bool is_plain(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] >= 127)
            return false;
    }
    /* What looks like an encoded word is encoded, so that it is read as it was written. */
    return text.len == 0 || !memmem(text.at, text.len, "=?", 2);
}

/* One encoded word a line, each whole characters (RFC 2047, 5). */
static int write_encoded(struct view text, struct buf *out)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = 0;
        while (at + len < text.len) {
            const size_t next = utf8_char(view_of(text.at + at + len, text.len - at - len));
            if (len + next > WORD_BYTES)
                break;
            len += next;
        }
        TRY(buf_printf(out, "%s=?UTF-8?B?", at == 0 ? "" : "\r\n "));
        TRY(base64_append(out, view_of(text.at + at, len), BASE64_PADDED));
        TRY(buf_append(out, "?=", 2));
        at += len;
    }
    return 0;
}

/* Unstructured text. What does not fit one line of 78 is encoded, which folds it. */
static int write_text(struct view text, struct buf *out)
{
    return is_plain(text) && text.len <= 65 ? buf_append_view(out, text) : write_encoded(text, out);
}

/* `Name: "A. Kim" <a@b>`: a phrase is quoted or encoded, never both (RFC 2047, 5). */
static int write_mailbox(const char *field, struct view name, struct view address, struct buf *out)
{
    TRY(buf_printf(out, "%s: ", field));
    if (name.len == 0)
        return buf_printf(out, "%.*s\r\n", VIEW_ARG(address));
    if (!is_plain(name) || name.len > 60) {
        TRY(write_encoded(name, out));
    } else {
        TRY(buf_append_byte(out, '"'));
        for (size_t i = 0; i < name.len; i++) {
            if (name.at[i] == '"' || name.at[i] == '\\')
                TRY(buf_append_byte(out, '\\'));
            TRY(buf_append_byte(out, (uint8_t)name.at[i]));
        }
        TRY(buf_append_byte(out, '"'));
    }
    return buf_printf(out, "\r\n <%.*s>\r\n", VIEW_ARG(address));
}

/* ---- bodies ---- */

static int write_content(struct view content, struct buf *out)
{
    for (size_t at = 0; at < content.len; at += LINE_BYTES) {
        const size_t left = content.len - at;
        TRY(base64_append(out, view_of(content.at + at, left < LINE_BYTES ? left : LINE_BYTES),
                          BASE64_PADDED));
        TRY(buf_append(out, "\r\n", 2));
    }
    return 0;
}

static int write_part(const char *boundary, const char *media_type, const char *name,
                      struct view content, struct buf *out)
{
    TRY(buf_printf(out, "\r\n--%s\r\nContent-Type: %s", boundary, media_type));
    if (name)
        TRY(buf_printf(out,
                       ";\r\n name=\"%s\"\r\nContent-Disposition: attachment;\r\n filename=\"%s\"",
                       name, name));
    TRY(buf_printf(out, "\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
    return write_content(content, out);
}

static int write_head(const struct mime_message *m, struct buf *out)
{
    const struct paper_clock c = paper_clock_at(m->date_ms, 0);
    TRY(buf_printf(out, "Date: %s, %d %s %04" PRId64 " %02d:%02d:%02d +0000\r\n",
                   paper_weekday(c.weekday), c.day, paper_month(c.month), c.year, c.hour, c.minute,
                   c.second));
    TRY(write_mailbox("From", m->from_name, m->from, out));
    TRY(write_mailbox("To", m->to_name, m->to, out));
    TRY(buf_printf(out, "Subject: "));
    TRY(write_text(m->subject, out));
    /* No robot answers this (RFC 3834, 5). */
    return buf_printf(out,
                      "\r\nMessage-ID: <%.*s>\r\nAuto-Submitted: auto-generated\r\n"
                      "Content-Language: %s\r\nMIME-Version: 1.0\r\n",
                      VIEW_ARG(m->message_id), m->language);
}

#define OUTER "=_usher_mixed"
#define INNER "=_usher_text"

int mime_write(const struct mime_message *m, struct buf *out)
{
    if (!valid(m))
        return ERR_INVALID;
    TRY(write_head(m, out));
    /* "=_" is in no line of base64 (RFC 2045, 6.7). */
    TRY(buf_printf(out, "Content-Type: multipart/mixed; boundary=\"" OUTER "\"\r\n\r\n"
                        "--" OUTER "\r\n"
                        "Content-Type: multipart/alternative; boundary=\"" INNER "\"\r\n"));
    TRY(write_part(INNER, "text/plain; charset=utf-8", NULL, m->text, out));
    if (m->html.len)
        TRY(write_part(INNER, "text/html; charset=utf-8", NULL, m->html, out));
    TRY(buf_printf(out, "\r\n--" INNER "--\r\n"));
    for (size_t i = 0; i < m->part_count; i++)
        TRY(write_part(OUTER, m->parts[i].media_type, m->parts[i].name, m->parts[i].content, out));
    return buf_printf(out, "\r\n--" OUTER "--\r\n");
}
