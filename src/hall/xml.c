#include "hall/xml.h"

#include <stdlib.h>

static void skip(struct xml *xml, size_t len)
{
    for (size_t i = 0; i < len; i++)
        xml->line += xml->rest.at[i] == '\n';
    xml->rest = view_of(xml->rest.at + len, xml->rest.len - len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct xml *xml)
{
    size_t len = 0;
    while (len < xml->rest.len && is_blank(xml->rest.at[len]))
        len++;
    skip(xml, len);
}

/* Up to and with the mark. False: it never comes. */
static bool skip_past(struct xml *xml, const char *mark)
{
    const char *at =
        xml->rest.len > 0 ? memmem(xml->rest.at, xml->rest.len, mark, strlen(mark)) : NULL;
    if (!at)
        return false;
    skip(xml, (size_t)(at - xml->rest.at) + strlen(mark));
    return true;
}

/* A document type may have a list in brackets. */
static bool skip_type(struct xml *xml)
{
    size_t len = 0;
    int depth = 0;
    for (; len < xml->rest.len; len++) {
        const char c = xml->rest.at[len];
        depth += c == '[';
        depth -= c == ']';
        if (c == '>' && depth <= 0)
            break;
    }
    if (len == xml->rest.len)
        return false;
    skip(xml, len + 1);
    return true;
}

static struct view read_name(struct xml *xml)
{
    size_t len = 0;
    while (len < xml->rest.len && !is_blank(xml->rest.at[len]) &&
           !memchr("<>=/\"'&", xml->rest.at[len], 7))
        len++;
    const struct view name = view_of(xml->rest.at, len);
    skip(xml, len);
    return name;
}

static bool read_attribute(struct xml *xml)
{
    struct xml_attribute attribute = {.name = read_name(xml)};
    skip_blanks(xml);
    if (attribute.name.len == 0 || xml->rest.len < 2 || xml->rest.at[0] != '=' ||
        xml->attribute_count == XML_ATTRIBUTES_MAX)
        return false;
    skip(xml, 1);
    skip_blanks(xml);
    if (xml->rest.len == 0 || (xml->rest.at[0] != '"' && xml->rest.at[0] != '\''))
        return false;
    const char *end = memchr(xml->rest.at + 1, xml->rest.at[0], xml->rest.len - 1);
    if (!end)
        return false;
    attribute.value = view_of(xml->rest.at + 1, (size_t)(end - xml->rest.at) - 1);
    skip(xml, attribute.value.len + 2);
    xml->attributes[xml->attribute_count++] = attribute;
    return true;
}

static enum xml_kind read_tag(struct xml *xml)
{
    const bool closes = xml->rest.len > 0 && xml->rest.at[0] == '/';
    skip(xml, closes);
    xml->attribute_count = 0;
    xml->name = read_name(xml);
    if (xml->name.len == 0)
        return XML_WRONG;
    for (;;) {
        skip_blanks(xml);
        if (xml->rest.len == 0)
            return XML_WRONG;
        if (xml->rest.at[0] == '>') {
            skip(xml, 1);
            return closes ? XML_CLOSE : XML_OPEN;
        }
        if (xml->rest.len > 1 && xml->rest.at[0] == '/' && xml->rest.at[1] == '>' && !closes) {
            skip(xml, 2);
            return XML_EMPTY;
        }
        if (closes || !read_attribute(xml))
            return XML_WRONG;
    }
}

enum xml_kind xml_next(struct xml *xml)
{
    static const struct view comment = VIEW_LIT("<!--"), data = VIEW_LIT("<![CDATA["),
                             instruction = VIEW_LIT("<?"), type = VIEW_LIT("<!");
    while (xml->rest.len > 0) {
        bool whole = true;
        if (xml->rest.at[0] != '<') {
            const char *end = memchr(xml->rest.at, '<', xml->rest.len);
            const size_t len = end ? (size_t)(end - xml->rest.at) : xml->rest.len;
            xml->text = view_of(xml->rest.at, len);
            skip(xml, len);
            return XML_TEXT;
        }
        if (view_starts(xml->rest, comment)) {
            skip(xml, comment.len);
            whole = skip_past(xml, "-->");
        } else if (view_starts(xml->rest, data)) {
            skip(xml, data.len);
            whole = skip_past(xml, "]]>");
        } else if (view_starts(xml->rest, instruction)) {
            whole = skip_past(xml, "?>");
        } else if (view_starts(xml->rest, type)) {
            whole = skip_type(xml);
        } else {
            skip(xml, 1);
            return read_tag(xml);
        }
        if (!whole)
            return XML_WRONG;
    }
    return XML_END;
}

struct view xml_attribute(const struct xml *xml, const char *name)
{
    for (uint32_t i = 0; i < xml->attribute_count; i++) {
        if (view_eq(xml->attributes[i].name, view_str(name)))
            return xml->attributes[i].value;
    }
    return (struct view){0};
}

/* The bytes of a code point, 1 to 4; 0 for one that is none. */
static size_t put_point(char *to, unsigned long point)
{
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return 0;
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    const size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, point >>= 6)
        to[i] = (char)(0x80 | (point & 0x3f));
    to[0] = (char)((len == 2 ? 0xc0 : len == 3 ? 0xe0 : 0xf0) | point);
    return len;
}

/* What an entity stands for, at most four bytes; 0: it is none. *ret_len is that of the entity. */
static size_t resolve(struct view text, char *to, size_t *ret_len)
{
    static const struct {
        struct view name;
        char c;
    } known[] = {{VIEW_LIT("&amp;"), '&'},
                 {VIEW_LIT("&lt;"), '<'},
                 {VIEW_LIT("&gt;"), '>'},
                 {VIEW_LIT("&quot;"), '"'},
                 {VIEW_LIT("&apos;"), '\''}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (view_starts(text, known[i].name)) {
            *ret_len = known[i].name.len;
            to[0] = known[i].c;
            return 1;
        }
    }
    const char *end = memchr(text.at, ';', text.len < 12 ? text.len : 12);
    if (!end || text.len < 4 || text.at[1] != '#')
        return 0;
    char digits[12] = "", *stop;
    const bool hex = text.at[2] == 'x';
    const size_t len = (size_t)(end - text.at) - 2 - hex;
    if (len == 0 || (end - text.at) < 3 + hex)
        return 0;
    memcpy(digits, text.at + 2 + hex, len);
    if (!memchr("0123456789abcdefABCDEF", digits[0], 22))
        return 0;
    const unsigned long point = strtoul(digits, &stop, hex ? 16 : 10);
    *ret_len = (size_t)(end - text.at) + 1;
    return *stop == '\0' ? put_point(to, point) : 0;
}

struct view xml_text(struct view written, struct arena *arena)
{
    if (written.len == 0 || !memchr(written.at, '&', written.len))
        return view_of(written.at ? written.at : "", written.len);
    char *copy = arena_alloc(arena, written.len + 4); /* no entity is shorter than what it is for */
    size_t to = 0;
    for (size_t i = 0; copy && i < written.len;) {
        size_t len = 1, put = 0;
        if (written.at[i] == '&')
            put = resolve(view_of(written.at + i, written.len - i), copy + to, &len);
        if (put == 0) {
            len = 1;
            copy[to] = written.at[i];
            put = 1;
        }
        to += put;
        i += len;
    }
    return view_of(copy, copy ? to : 0);
}
