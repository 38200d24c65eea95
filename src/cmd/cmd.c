#include "cmd/cmd.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "err/err.h"
#include "mem/utf8.h"
#include "term/plain.h"

#define ROWS_MAX   48
#define TABLES_MAX 128
#define PATH_BYTES 64

void cmd_say(const char *name, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(stderr, "usher%s%s: ", *name ? " " : "", name);
    plain_put(view_str(text), stderr);
    fputc('\n', stderr);
}

/* ---- a command's words ---- */

/* What is sent has to be UTF-8; the server could only say that the whole message is none. */
static const char *find_foreign_text(const struct conf_table *table, const void *values)
{
    for (size_t i = 0; i < table->option_count; i++) {
        const struct conf_option *option = &table->options[i];
        if (option->type != CONF_STR)
            continue;
        const char *text = *(const char *const *)((const char *)values + option->offset);
        if (text && !utf8_valid(view_str(text)))
            return option->name;
    }
    return NULL;
}

int cmd_options(const struct conf_table *table, int argc, char **argv, struct conf *c, void *values)
{
    int err = conf_read(c, table, argc, argv, 1, environ, values);
    const char *foreign = err || c->help ? NULL : find_foreign_text(table, values);
    if (!err && !c->help && !foreign)
        return CMD_GO_ON;
    if (err)
        fprintf(stderr, "%s: %s\n", table->command, c->error);
    else if (foreign)
        fprintf(stderr, "%s: --%s: the text is not UTF-8; is the terminal set to another code?\n",
                table->command, foreign);
    else
        conf_help(table, stdout);
    conf_release(c);
    return err || foreign ? CMD_USAGE : CMD_OK;
}

/* ---- the tree ---- */

/* Where in the tree: the row, and the words that lead there, "hall import"; empty at the root. */
struct place {
    const struct cmd *row;
    char path[PATH_BYTES];
};

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static void list(const struct place *place, FILE *out)
{
    const struct cmd *group = place->row;
    const char *gap = *place->path ? " " : "";
    fprintf(out, "usage: usher %s%sCOMMAND [options]\n\n%s\n\ncommands:\n", place->path, gap,
            group->about ? group->about : group->summary);
    for (size_t i = 0; i < group->row_count; i++)
        fprintf(out, "  %-10s %s\n", group->rows[i].name, group->rows[i].summary);
    fprintf(out, "\nusher help %s%sCOMMAND tells a command's options.\n", place->path, gap);
    if (group->notes)
        fprintf(out, "%s\n", group->notes);
}

static int unknown(const struct place *place, const char *word)
{
    const char *names[ROWS_MAX];
    assert(place->row->row_count <= ROWS_MAX);
    for (size_t i = 0; i < place->row->row_count; i++)
        names[i] = place->row->rows[i].name;
    const char *nearest = conf_nearest(word, names, place->row->row_count);
    const char *gap = *place->path ? " " : "";
    if (word[0] == '-')
        return cmd_fail(place->path, CMD_USAGE,
                        "%s stands before a command, options come behind it; usher help%s%s lists "
                        "the commands",
                        word, gap, place->path);
    if (nearest)
        return cmd_fail(place->path, CMD_USAGE, "no command \"%s\"; did you mean \"%s\"?", word,
                        nearest);
    return cmd_fail(place->path, CMD_USAGE, "no command \"%s\"; usher help%s%s lists them", word,
                    gap, place->path);
}

/* Goes down to the row of a word. An enum cmd_exit. */
static int enter(struct place *place, const char *word)
{
    for (size_t i = 0; i < place->row->row_count; i++) {
        if (strcmp(place->row->rows[i].name, word) != 0)
            continue;
        size_t len = strlen(place->path);
        snprintf(place->path + len, PATH_BYTES - len, "%s%s", len ? " " : "", word);
        place->row = &place->row->rows[i];
        return CMD_OK;
    }
    return unknown(place, word);
}

/* "usher help hall import", and "usher hall help import" just as well. */
static int help(struct place *place, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (is_help(argv[i]))
            continue;
        if (place->row->table)
            return cmd_fail("help", CMD_USAGE, "\"%s\" is one word too many", argv[i]);
        int code = enter(place, argv[i]);
        if (code != CMD_OK)
            return code;
    }
    if (place->row->table)
        conf_help(place->row->table, stdout);
    else
        list(place, stdout);
    return CMD_OK;
}

static void gather_tables(const struct cmd *group, const struct conf_table **tables, size_t *count)
{
    for (size_t i = 0; i < group->row_count; i++) {
        const struct cmd *row = &group->rows[i];
        gather_tables(row, tables, count);
        if (row->table) {
            assert(*count < TABLES_MAX);
            tables[(*count)++] = row->table;
        }
    }
}

/* An enum cmd_exit. Help is given whatever the environment says. */
static int check_environment(const struct cmd *root, const char *path, int argc, char **argv)
{
    const struct conf_table *tables[TABLES_MAX];
    char error[200];
    size_t count = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return CMD_OK;
    }
    gather_tables(root, tables, &count);
    if (conf_check_environment(tables, count, environ, error, sizeof(error)))
        return cmd_fail(path, CMD_USAGE, "%s", error);
    return CMD_OK;
}

int cmd_dispatch(const struct cmd *root, int argc, char **argv)
{
    struct place place = {.row = root};
    int at = 1, code = CMD_OK;
    while (code == CMD_OK && !place.row->run) {
        if (at >= argc) {
            list(&place, stderr);
            return CMD_USAGE;
        }
        if (is_help(argv[at]))
            return help(&place, argc - at - 1, argv + at + 1);
        code = enter(&place, argv[at++]);
    }
    if (code == CMD_OK)
        code = check_environment(root, place.path, argc - at, argv + at);
    return code == CMD_OK ? place.row->run(argc - at + 1, argv + at - 1) : code;
}
