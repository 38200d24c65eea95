/* help: what a user is told about a table, and about a word that is in none. */
#include "conf/conf.h"
#include "conf/unit.h"
#include "err/err.h"

#define WORD_MAX 32 /* letters; longer words are nobody's typing error */

static void option_help(const struct conf_option *option, FILE *out)
{
    char head[128], min[UNIT_TEXT_MAX], max[UNIT_TEXT_MAX];
    const char *word = conf_type_word(option);
    snprintf(head, sizeof(head), "--%s%s%s", option->name, *word ? " " : "", word);
    fprintf(out, "  %-26s %s", head, option->help);
    bool ranged = option->min != 0 || option->max != 0;
    bool standard = option->standard && option->type != CONF_BOOL;
    if (ranged || standard) {
        unit_format(option->type, option->min, min);
        unit_format(option->type, option->max, max);
        fprintf(out, " (%s%s%s", standard ? "default " : "", standard ? option->standard : "",
                standard && ranged ? "; " : "");
        if (ranged)
            fprintf(out, "%s to %s", min, max);
        fprintf(out, ")");
    }
    fprintf(out, "\n");
}

void conf_help(const struct conf_table *table, FILE *out)
{
    fprintf(out, "usage: %s%s%s%s\n\n%s\n", table->command, table->option_count ? " [options]" : "",
            table->positional ? " " : "", table->positional ? table->positional : "",
            table->summary);
    if (table->option_count) {
        fprintf(out, "\noptions:\n");
        for (size_t i = 0; i < table->option_count; i++)
            option_help(&table->options[i], out);
        fprintf(out, "  %-26s %s\n", "--config FILE",
                "read options from a file, \"name = value\" a line");
        fprintf(out, "  %-26s %s\n", "--help", "this text");
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
    const char *nearest = NULL;
    unsigned nearest_distance = len / 3 > 2 ? (unsigned)(len / 3) + 1 : 3;
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
