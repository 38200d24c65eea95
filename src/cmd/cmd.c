#include "cmd/cmd.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "err/err.h"

int cmd_options(const struct conf_table *table, int argc, char **argv, struct conf *c, void *values)
{
    int err = conf_read(c, table, argc, argv, 1, environ, values);
    if (!err && !c->help)
        return CMD_GO_ON;
    if (err)
        fprintf(stderr, "%s: %s\n", table->command, c->error);
    else
        conf_help(table, stdout);
    conf_release(c);
    return err ? CMD_USAGE : CMD_OK;
}

int cmd_fail(const char *name, int code, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "usher %s: ", name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return code;
}

#define ROWS_MAX 16

static void list_rows(const char *name, const char *summary, const struct cmd *rows, size_t count,
                      FILE *out)
{
    fprintf(out, "usage: usher %s COMMAND [options]\n\n%s\n\ncommands:\n", name, summary);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-10s %s\n", rows[i].name, rows[i].summary);
    fprintf(out, "\nusher %s COMMAND --help tells a command's options.\n", name);
}

int cmd_dispatch(const char *name, const char *summary, const struct cmd *rows, size_t count,
                 int argc, char **argv)
{
    const char *names[ROWS_MAX];
    assert(count <= ROWS_MAX);
    if (argc < 2) {
        list_rows(name, summary, rows, count, stderr);
        return CMD_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        list_rows(name, summary, rows, count, stdout);
        return CMD_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, word) == 0)
            return rows[i].run(argc - 1, argv + 1);
        names[i] = rows[i].name;
    }
    const char *nearest = conf_nearest(word, names, count);
    return cmd_fail(name, CMD_USAGE, "no command \"%s\"%s%s%s; usher help %s lists them", word,
                    nearest ? ", did you mean \"" : "", nearest ? nearest : "",
                    nearest ? "\"?" : "", name);
}
