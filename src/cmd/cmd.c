#include "cmd/cmd.h"

#include <stdarg.h>
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
