/*
 * conf: options as a table, one row an option.
 *
 * A row says all there is to an option: its name, type, default, range and help. From the table
 * come the flag (--hold-ttl 7m or --hold-ttl=7m), the environment variable (USHER_HOLD_TTL), the
 * line of the file (hold-ttl = 7m, INI without sections) and the help text. Later wins: default,
 * file, environment, flag. The values land in a struct of the command's own, by the row's offset:
 *
 *     struct serve { const char *listen; int64_t hold_ttl_ms; bool demo; };
 *     static const struct conf_option options[] = {
 *         {"listen", CONF_ADDRESS, offsetof(struct serve, listen), "127.0.0.1:8080",
 *          .help = "where to answer"},
 *         {"hold-ttl", CONF_MS, offsetof(struct serve, hold_ttl_ms), "7m", 1000, 3600000,
 *          .help = "how long a hold lasts"},
 *         {"demo", CONF_BOOL, offsetof(struct serve, demo), "no", .help = "create a demo event"},
 *     };
 */
#ifndef USHER_CONF_CONF_H
#define USHER_CONF_CONF_H

#include <stdio.h>

#include "mem/arena.h"

/* What a value looks like, and the C type of the field it lands in. */
enum conf_type {
    CONF_STR,     /* const char *: any text; min and max are its length in bytes */
    CONF_PATH,    /* const char *: a file or folder, as a STR */
    CONF_ADDRESS, /* const char *: HOST:PORT, [IPv6]:PORT; port 0 … 65535 */
    CONF_CHOICE,  /* const char *: one of choices, "text|json" */
    CONF_BOOL,    /* bool: yes, true, on, 1, no, false, off, 0; --NAME is yes, --no-NAME no */
    CONF_INT,     /* int64_t: 12, 100000 */
    CONF_MS,      /* int64_t, in ms: 100ms, 2s, 5m, 1h, 1d; a bare 0 is 0 */
    CONF_SIZE,    /* int64_t, in bytes: 512, 64k, 8m, 1g (powers of 1024) */
    CONF_REAL     /* double: 0.25; min and max are whole numbers */
};

struct conf_option {
    const char *name; /* lower case and hyphens */
    enum conf_type type;
    size_t offset;        /* of the field */
    const char *standard; /* the default, as a user would write it; NULL: zero, NULL, false */
    int64_t min, max;     /* both inclusive; both 0: no range */
    const char *help;     /* what it is, in one line */
    const char *choices;  /* of a CONF_CHOICE */
    bool required;        /* must be given, as a flag, in the environment or in the file */
    bool repeats;         /* a CONF_STR that is a list: a flag given again adds, after a comma */
};

/* A command line's shape. */
struct conf_table {
    const char *command;    /* "usher serve", for help and errors */
    const char *summary;    /* one or two lines, for help */
    const char *positional; /* "HALL FILE", for help; NULL: none are taken */
    uint32_t positional_min, positional_max;
    const struct conf_option *options;
    size_t option_count;
    const char *notes; /* after the options, for help; or NULL */
};

#define CONF_POSITIONAL_MAX 16
#define CONF_OPTIONS_MAX    96 /* rows of a table */

/* What came of reading. */
struct conf {
    struct arena arena; /* owns strings that came from a file */
    const char *positional[CONF_POSITIONAL_MAX];
    uint32_t positional_count;
    bool given[CONF_OPTIONS_MAX]; /* options that were set by anything but their default */
    bool help;       /* --help or -h was there: nothing else was checked, show conf_help */
    char error[512]; /* what is wrong, a sentence without a full stop */
};

/* Reads argv[first…argc-1] against the table into *values, a struct of which every field named by a
 * row is set. Every table also has --config FILE (USHER_CONFIG) and --help. environment is like
 * environ, NULL for none. A line of the file has at most 198 bytes (libinih's limit). Strings point
 * into argv, environment, the table or c->arena, which live on until conf_release. ERR_INVALID:
 * c->error says which option, from where (a file with its line), and what its range is, or which
 * required one is missing; *values may be half filled. */
int conf_read(struct conf *c, const struct conf_table *table, int argc, char *const *argv,
              int first, char *const *environment, void *values);
void conf_release(struct conf *c);

/* Looks for misspelt variables: USHER_LISEN is refused where there is a USHER_LISTEN. A variable
 * may belong to any of the tables (a program's commands share one environment); one that is near to
 * nothing is somebody else's and left alone. ERR_INVALID: error says which, and what was meant. */
int conf_check_environment(const struct conf_table *const *tables, size_t count,
                           char *const *environment, char *error, size_t error_size);

/* The help text: usage, summary, one paragraph an option with its default and range, wrapped to 100
 * columns. */
void conf_help(const struct conf_table *table, FILE *out);

/* One value of an option's type into its field. ERR_INVALID: error (of error_size bytes) says what
 * it should be. */
int conf_set(const struct conf_option *option, const char *text, void *values, char *error,
             size_t error_size);

/* The name in names (count of them) that a mistyped word most likely meant, or NULL where none is
 * near: at most a third of its letters (but two always) inserted, dropped, changed or swapped with
 * a neighbour. */
const char *conf_nearest(const char *word, const char *const *names, size_t count);
/* The same with at most changes_max of those. */
const char *conf_nearest_within(const char *word, const char *const *names, size_t count,
                                unsigned changes_max);

#endif
