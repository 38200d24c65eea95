#include "term/plain.h"

#include <unistd.h>

#include "mem/utf8.h"

void plain_put(struct view text, FILE *out)
{
    while (text.len > 0) {
        size_t len = utf8_char(text);
        const uint32_t point = len ? utf8_point(text) : 0;
        if (len == 0)
            fprintf(out, "<%02X>", (unsigned char)text.at[0]);
        else if (point != '\n' && point != '\t' && utf8_is_control(point))
            fprintf(out, "<U+%04X>", point);
        else
            fwrite(text.at, 1, len, out);
        len = len ? len : 1;
        view_skip(&text, len);
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
