#include "paper/csv.h"

#include <inttypes.h>
#include <string.h>

static bool is_formula(struct view text)
{
    return text.len > 0 && strchr("=+-@\t\r", text.at[0]);
}

static bool wants_quotes(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr(",\"\r\n\t", text.at[i]))
            return true;
    }
    return text.len > 0 && (text.at[0] == ' ' || text.at[text.len - 1] == ' ');
}

static int put_quoted(struct buf *out, struct view text)
{
    int err = buf_append_byte(out, '"');
    if (err == 0 && is_formula(text))
        err = buf_append_byte(out, '\'');
    for (size_t i = 0; err == 0 && i < text.len; i++) {
        if (text.at[i] == '"')
            err = buf_append_byte(out, '"');
        if (err == 0)
            err = buf_append_byte(out, text.at[i]);
    }
    return err == 0 ? buf_append_byte(out, '"') : err;
}

int csv_text(struct buf *out, bool first, struct view text)
{
    int err = first ? 0 : buf_append_byte(out, ',');
    if (err == 0 && wants_quotes(text))
        return put_quoted(out, text);
    if (err == 0 && is_formula(text))
        err = buf_append_byte(out, '\'');
    return err == 0 ? buf_append_view(out, text) : err;
}

int csv_amount(struct buf *out, bool first, int64_t amount, uint32_t digits)
{
    uint64_t unit = 1, size = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    int err = first ? 0 : buf_append_byte(out, ',');
    for (uint32_t i = 0; i < digits; i++)
        unit *= 10;
    if (err == 0)
        err = buf_printf(out, "%s%" PRIu64, amount < 0 ? "-" : "", size / unit);
    return err == 0 && digits > 0 ? buf_printf(out, ".%0*" PRIu64, (int)digits, size % unit) : err;
}

int csv_end(struct buf *out)
{
    return buf_append(out, "\r\n", 2);
}
