/* help: what a user is told about a table, and about a word that is in none. */
#include "conf/conf.h"
#include "conf/unit.h"
#include "err/err.h"

#define WORD_MAX 32 /* letters; longer words are nobody's typing error */

#define COLUMNS_MAX 100 /* of the whole text */
#define HELP_COLUMN 29  /* where what an option is begins */

/* Words from the column onwards, and a line end. */
static void put_wrapped(const char *text, size_t column, FILE *out)
{
    size_t at = column;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (at > column && at + 1 + len > COLUMNS_MAX) {
            fprintf(out, "\n%*s", (int)column, "");
            at = column;
        }
        fprintf(out, "%s%.*s", at > column ? " " : "", (int)len, text);
        at += len + (at > column);
        text += len + (text[len] == ' ');
    }
    fputc('\n', out);
}

static void option_line(const char *head, const char *text, FILE *out)
{
    size_t len = strlen(head);
    fprintf(out, "  %s", head);
    if (len + 3 > HELP_COLUMN)
        fprintf(out, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(out, "%*s", HELP_COLUMN - 2 - (int)len, "");
    put_wrapped(text, HELP_COLUMN, out);
}

/* A length of a text, or all that 32 bits hold, tells nobody anything. */
static bool range_says_something(const struct conf_option *option)
{
    bool counts = option->type == CONF_INT || option->type == CONF_MS ||
                  option->type == CONF_SIZE || option->type == CONF_REAL;
    return counts && (option->min != 0 || option->max != 0) &&
           !(option->type == CONF_INT && option->max >= UINT32_MAX);
}

/* " (required)", " (default 5s; 0 to 10m)", " (default yes; --no-order)", or nothing. */
static void put_limits(const struct conf_option *option, char *ret_text, size_t size)
{
    char min[UNIT_TEXT_MAX], max[UNIT_TEXT_MAX], standard[160] = "",
                                                 range[2 * UNIT_TEXT_MAX + 4] = "";
    if (option->type == CONF_BOOL) {
        if (option->standard && strcmp(option->standard, "yes") == 0)
            snprintf(standard, sizeof(standard), "default yes; --no-%s", option->name);
    } else if (option->required) {
        snprintf(standard, sizeof(standard), "required");
    } else if (option->standard && *option->standard) {
        snprintf(standard, sizeof(standard), "default %.140s", option->standard);
    }
    if (range_says_something(option)) {
        unit_format(option->type, option->min, min);
        unit_format(option->type, option->max, max);
        snprintf(range, sizeof(range), "%s to %s", option->min == 0 ? "0" : min, max);
    }
    *ret_text = '\0';
    if (*standard || *range)
        snprintf(ret_text, size, " (%s%s%s)", standard, *standard && *range ? "; " : "", range);
}

static void option_help(const struct conf_option *option, FILE *out)
{
    char head[128], limits[256], text[1024];
    const char *word = conf_type_word(option);
    snprintf(head, sizeof(head), "--%s%s%s", option->name, *word ? " " : "", word);
    put_limits(option, limits, sizeof(limits));
    snprintf(text, sizeof(text), "%s%s", option->help, limits);
    option_line(head, text, out);
}

/* "usage: usher event create --hall N [options] …" */
static void usage(const struct conf_table *table, FILE *out)
{
    bool others = false;
    fprintf(out, "usage: %s", table->command);
    for (size_t i = 0; i < table->option_count; i++) {
        const struct conf_option *option = &table->options[i];
        if (option->required)
            fprintf(out, " --%s %s", option->name, conf_type_word(option));
        others = others || !option->required;
    }
    fprintf(out, "%s%s%s\n", others ? " [options]" : "", table->positional ? " " : "",
            table->positional ? table->positional : "");
}

void conf_help(const struct conf_table *table, FILE *out)
{
    usage(table, out);
    fprintf(out, "\n%s\n", table->summary);
    if (table->option_count) {
        fprintf(out, "\noptions:\n");
        for (size_t i = 0; i < table->option_count; i++)
            option_help(&table->options[i], out);
        option_line("--config FILE", "read options from a file, \"name = value\" a line", out);
        option_line("--help", "this text", out);
        fprintf(out,
                "\nAn option may also be set in the environment: --some-name is USHER_SOME_NAME.\n"
                "A flag wins over the environment, the environment over the file.\n");
    }
    if (table->notes)
        fprintf(out, "\n%s\n", table->notes);
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Letters to insert, drop, change or swap with a neighbour (optimal string alignment, Damerau
 * 1964). Both words have at most WORD_MAX letters. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);
    for (unsigned j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned *row = rows[i % 3], *before = rows[(i - 1) % 3], *two_before = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_len; j++) {
            row[j] = least(row[j - 1] + 1, before[j] + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_before[j - 2] + 1, row[j]);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *conf_nearest(const char *word, const char *const *names, size_t count)
{
    size_t len = strlen(word);
    return conf_nearest_within(word, names, count, len / 3 > 2 ? (unsigned)(len / 3) : 2);
}

const char *conf_nearest_within(const char *word, const char *const *names, size_t count,
                                unsigned changes_max)
{
    size_t len = strlen(word);
    const char *nearest = NULL;
    unsigned nearest_distance = changes_max + 1;
    if (len == 0 || len > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) > WORD_MAX)
            continue;
        unsigned d = distance(word, names[i]);
        if (d < nearest_distance && d < len) {
            nearest_distance = d;
            nearest = names[i];
        }
    }
    return nearest;
}
