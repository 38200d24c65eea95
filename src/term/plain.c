#include "term/plain.h"

#include <string.h>
#include <unistd.h>

#include "mem/utf8.h"

size_t plain_next(struct view *text, char ret_shown[PLAIN_SHOWN_MAX])
{
    size_t len = utf8_char(*text);
    const uint32_t point = len ? utf8_point(*text) : 0;
    int shown = (int)len;
    if (len == 0)
        shown = snprintf(ret_shown, PLAIN_SHOWN_MAX, "<%02X>", (unsigned char)text->at[0]);
    else if (point != '\n' && point != '\t' && utf8_is_control(point))
        shown = snprintf(ret_shown, PLAIN_SHOWN_MAX, "<U+%04X>", point);
    else
        memcpy(ret_shown, text->at, len);
    view_skip(text, len ? len : 1);
    return (size_t)shown;
}

void plain_put(struct view text, FILE *out)
{
    char shown[PLAIN_SHOWN_MAX];
    while (text.len > 0) {
        const size_t len = plain_next(&text, shown);
        fwrite(shown, 1, len, out);
    }
}

void plain_put_json(struct view json, FILE *out)
{
    while (json.len > 0) {
        size_t len = utf8_char(json);
        const uint32_t point = len ? utf8_point(json) : 0xfffd;
        if (len == 0 || utf8_is_control(point)) /* all of them are below U+10000 */
            fprintf(out, "\\u%04x", point);
        else
            fwrite(json.at, 1, len, out);
        view_skip(&json, len ? len : 1);
    }
}

/* ---- standard output ---- */

/* What is left of a character whose rest comes with the next write. */
static char begun[4];
static size_t begun_len;
static FILE *terminal;

/* How many bytes of a character are missing at the end of the text; 0: none. */
static size_t cut_off(struct view text)
{
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        const unsigned char c = (unsigned char)text.at[text.len - back];
        if ((c & 0xc0) == 0x80)
            continue;
        const size_t wants = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return wants > back ? back : 0;
    }
    return 0;
}

static ssize_t put(void *state, const char *bytes, size_t len)
{
    char joined[BUFSIZ + sizeof(begun)];
    size_t done = 0;
    while (done < len) {
        const size_t piece = len - done < BUFSIZ ? len - done : BUFSIZ;
        for (size_t i = 0; i < begun_len; i++)
            joined[i] = begun[i];
        for (size_t i = 0; i < piece; i++)
            joined[begun_len + i] = bytes[done + i];
        const struct view whole = view_of(joined, begun_len + piece);
        begun_len = cut_off(whole);
        for (size_t i = 0; i < begun_len; i++)
            begun[i] = whole.at[whole.len - begun_len + i];
        plain_put(view_of(whole.at, whole.len - begun_len), terminal);
        done += piece;
    }
    return fflush(terminal) == 0 ? (ssize_t)len : 0;
}

void plain_standard_output(void)
{
    const cookie_io_functions_t ways = {.write = put};
    if (!isatty(STDOUT_FILENO))
        return;
    FILE *shown = fopencookie(NULL, "w", ways);
    if (!shown)
        return;
    setvbuf(shown, NULL, _IOLBF, BUFSIZ);
    terminal = stdout;
    stdout = shown;
}
