/*
 * cmd: what every command of `usher` has in common.
 *
 * A command is a function in a file of its own and a row in a table. The tables are a tree, with
 * main.c's at its root: a row is a command, or a group of further rows (usher hall import). Help,
 * hints for mistyped words and the check of the environment are all made from that tree. A command
 * gets its words with its own name first, reads them through conf, and returns an exit code that
 * scripts can trust.
 */
#ifndef USHER_CMD_CMD_H
#define USHER_CMD_CMD_H

#include "conf/conf.h"

/* Exit codes; docs/operations.md lists them for users. */
enum cmd_exit {
    CMD_OK = 0,       /* done; what was claimed is true */
    CMD_FALSE = 1,    /* what was claimed is false, or it could not be done */
    CMD_USAGE = 2,    /* the words were wrong; nothing was done */
    CMD_UNREACHED = 3 /* no server answered at the url */
};

/* Not an exit code: the command is to go on. */
#define CMD_GO_ON (-1)

struct cmd {
    const char *name;
    const char *summary; /* one line, for the list */
    /* argv[0] is the name. Returns an enum cmd_exit. NULL: a group. */
    int (*run)(int argc, char **argv);
    const struct conf_table *table; /* a command's words */
    const struct cmd *rows;         /* a group's */
    size_t row_count;
    const char *about; /* a group's: a sentence above its list; its name's line where it is NULL */
    const char *notes; /* below its list, or NULL */
};

/* Reads a command's words against its table into *values, with the environment and the file. Shows
 * help on standard output or a mistake on standard error by itself; a text that is no UTF-8 is one.
 * CMD_GO_ON, then *c is to be released; or the exit code to return (*c is released). */
int cmd_options(const struct conf_table *table, int argc, char **argv, struct conf *c,
                void *values);

/* Finds the command that argv[1…] names below the root, "usher", and runs it with its own name
 * first; tells what there is for help, --help and -h at any place, and what is near to an unknown
 * word. */
int cmd_dispatch(const struct cmd *root, int argc, char **argv);

/* "usher NAME: what" and a line end on standard error. */
void cmd_say(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline int cmd_code(int code)
{
    return code;
}
/* The same, and gives the code: cmd_fail(name, code, format, …). Not a function, so that an
 * analyzer sees which code it is. */
#define cmd_fail(name, code, ...) (cmd_say((name), __VA_ARGS__), cmd_code(code))

#endif
