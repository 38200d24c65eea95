#include "conf/conf.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>

#include "conf/unit.h"
#include "err/err.h"

#define ARENA_MAX  (64u << 10)
#define NAME_BYTES 64

/* One reading under way. */
struct reading {
    struct conf *conf;
    const struct conf_table *table;
    void *values;
    const char *path; /* of the file being read */
    FILE *file;
    unsigned line;                  /* read last */
    bool flagged[CONF_OPTIONS_MAX]; /* options that were given as flags */
};

__attribute__((format(printf, 2, 3))) static int complain(struct conf *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->error, sizeof(c->error), format, arguments);
    va_end(arguments);
    return ERR_INVALID;
}

static const struct conf_option *find(const struct conf_table *table, struct view name)
{
    for (size_t i = 0; i < table->option_count; i++) {
        if (view_eq(view_str(table->options[i].name), name))
            return &table->options[i];
    }
    return NULL;
}

/* Sets an option and says where a bad value came from. */
static int set(struct reading *r, const struct conf_option *option, const char *text,
               const char *source)
{
    char why[384];
    if (conf_set(option, text, r->values, why, sizeof(why)) != 0)
        return complain(r->conf, "%s: %s", source, why);
    r->conf->given[option - r->table->options] = true;
    return 0;
}

static size_t size_of(enum conf_type type)
{
    switch (type) {
    case CONF_BOOL:
        return sizeof(bool);
    case CONF_INT:
    case CONF_MS:
    case CONF_SIZE:
        return sizeof(int64_t);
    case CONF_REAL:
        return sizeof(double);
    case CONF_STR:
    case CONF_PATH:
    case CONF_ADDRESS:
    case CONF_CHOICE:
        break;
    }
    return sizeof(const char *);
}

/* Every field is set, also one without a default: the struct may come from the stack. */
static int set_standards(struct reading *r)
{
    for (size_t i = 0; i < r->table->option_count; i++) {
        const struct conf_option *option = &r->table->options[i];
        memset((char *)r->values + option->offset, 0, size_of(option->type));
        if (option->standard) {
            int err = set(r, option, option->standard, option->name);
            assert(!err); /* a default of ours that is out of its own range */
        }
    }
    memset(r->conf->given, 0, sizeof(r->conf->given));
    return 0;
}

static int check_required(struct reading *r)
{
    for (size_t i = 0; i < r->table->option_count; i++) {
        const struct conf_option *option = &r->table->options[i];
        if (option->required && !r->conf->given[i])
            return complain(r->conf, "--%s %s is missing: %s", option->name, conf_type_word(option),
                            option->help);
    }
    return 0;
}

/* The option's name that a mistyped word most likely meant, or NULL. */
static const char *nearest_option(const struct conf_table *table, const char *word)
{
    const char *names[CONF_OPTIONS_MAX + 2];
    size_t count = 0;
    for (size_t i = 0; i < table->option_count; i++)
        names[count++] = table->options[i].name;
    names[count++] = "config";
    names[count++] = "help";
    return conf_nearest(word, names, count);
}

/* ---- the file ---- */

static int on_file_line(void *arg, const char *section, const char *name, const char *text)
{
    struct reading *r = arg;
    const struct conf_option *option = find(r->table, view_str(name));
    char source[340];
    if (*r->conf->error)
        return 1; /* libinih goes on behind an error; the first one is what is told */
    snprintf(source, sizeof(source), "%.200s, line %u: %.64s", r->path, r->line, name);
    if (*section)
        complain(r->conf, "%s, line %u: there are no sections, yet [%.64s] is one", r->path,
                 r->line, section);
    else if (!option) {
        const char *nearest = nearest_option(r->table, name);
        complain(r->conf, nearest ? "%s: no such option; did you mean %s?" : "%s: no such option%s",
                 source, nearest ? nearest : "");
    } else {
        const char *copy = arena_copy(&r->conf->arena, view_str(text));
        if (!copy)
            complain(r->conf, "%s: the file is too large", r->path);
        else
            set(r, option, copy, source);
    }
    return 1;
}

/* fgets for libinih, which would take the rest of a line that is too long for the next line. */
static char *read_line(char *ret_line, int size, void *arg)
{
    struct reading *r = arg;
    char *line = fgets(ret_line, size, r->file);
    r->line++;
    if (line && !strchr(line, '\n') && !feof(r->file)) {
        complain(r->conf, "%s, line %u: longer than %d bytes", r->path, r->line, size - 2);
        return NULL;
    }
    return line;
}

static int set_from_file(struct reading *r, const char *path)
{
    r->path = path;
    r->file = fopen(path, "re");
    if (!r->file)
        return complain(r->conf, "%s: %s", path, strerrordesc_np(errno));
    errno = 0;
    int line = ini_parse_stream(read_line, r, on_file_line, r);
    int why = ferror(r->file) ? errno : 0; /* a folder can be opened, but not read */
    fclose(r->file);
    if (*r->conf->error)
        return ERR_INVALID;
    if (why)
        return complain(r->conf, "%s: %s", path, strerrordesc_np(why));
    if (line)
        return complain(r->conf, "%s, line %d: not of the form name = value", path, line);
    return 0;
}

/* ---- the environment ---- */

/* "hold-ttl" → "USHER_HOLD_TTL" */
static void environment_name(const char *name, char ret_name[NAME_BYTES])
{
    int len = snprintf(ret_name, NAME_BYTES, "USHER_%s", name);
    assert(len < NAME_BYTES);
    for (char *c = ret_name; *c; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

static const char *from_environment(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (; environment && *environment; environment++) {
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    }
    return NULL;
}

static int set_from_environment(struct reading *r, char *const *environment)
{
    for (size_t i = 0; i < r->table->option_count; i++) {
        char name[NAME_BYTES];
        environment_name(r->table->options[i].name, name);
        const char *text = from_environment(environment, name);
        int err = text ? set(r, &r->table->options[i], text, name) : 0;
        if (err)
            return err;
    }
    return 0;
}

static bool is_variable(const char *name, struct view variable)
{
    char expected[NAME_BYTES];
    environment_name(name, expected);
    return view_eq(view_str(expected), variable);
}

int conf_check_environment(const struct conf_table *const *tables, size_t count,
                           char *const *environment, char *error, size_t error_size)
{
    for (; environment && *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        struct view variable = view_of(*environment, equals ? (size_t)(equals - *environment) : 0);
        const char *nearest = NULL;
        char word[NAME_BYTES], meant[NAME_BYTES];
        if (!view_starts(variable, VIEW_LIT("USHER_")) || variable.len >= sizeof(word))
            continue;
        snprintf(word, sizeof(word), "%.*s", (int)variable.len - 6, variable.at + 6);
        for (char *c = word; *c; c++)
            *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
        bool known = is_variable("config", variable);
        for (size_t t = 0; t < count && !known; t++) {
            for (size_t i = 0; i < tables[t]->option_count && !known; i++) {
                const char *name = tables[t]->options[i].name;
                known = is_variable(name, variable);
                nearest = nearest
                              ? nearest
                              : conf_nearest_within(word, &name, 1, 1 + (unsigned)strlen(word) / 6);
            }
        }
        if (known || !nearest)
            continue;
        environment_name(nearest, meant);
        snprintf(error, error_size, "%.*s in the environment is no option; did you mean %s?",
                 VIEW_ARG(variable), meant);
        return ERR_INVALID;
    }
    return 0;
}

/* ---- the command line ---- */

/* A word of the command line, taken apart. */
struct flag {
    struct view name;  /* without the hyphens */
    const char *value; /* behind "=", or NULL */
};

static struct flag take_apart(const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    return (struct flag){.name = view_of(word + 2, len - 2), .value = equals ? equals + 1 : NULL};
}

static int unknown_flag(struct reading *r, struct flag flag)
{
    char word[NAME_BYTES];
    snprintf(word, sizeof(word), "%.*s", VIEW_ARG(flag.name));
    const char *nearest = nearest_option(r->table, word);
    if (nearest)
        return complain(r->conf, "unknown option --%s; did you mean --%s?", word, nearest);
    return complain(r->conf, "unknown option --%s; see %s --help", word, r->table->command);
}

/* Sets an option that may have been given as a flag before. */
static int set_again(struct reading *r, const struct conf_option *option, const char *text,
                     const char *source)
{
    bool *flagged = &r->flagged[option - r->table->options];
    if (option->repeats && *flagged) {
        const char *const *before = (const void *)((const char *)r->values + option->offset);
        text = arena_printf(&r->conf->arena, "%s,%s", *before, text);
        if (!text)
            return complain(r->conf, "%s: it is given too often", source);
    }
    *flagged = true;
    return set(r, option, text, source);
}

/* Handles the flag at *at, which moves on if its value is the next word. The file's name is not set
 * here: it had to be known before. */
static int set_flag(struct reading *r, int argc, char *const *argv, int *at)
{
    struct flag flag = take_apart(argv[*at]);
    char source[NAME_BYTES + 4];
    const struct conf_option *option = find(r->table, flag.name);
    bool is_config = !option && view_eq(flag.name, VIEW_LIT("config"));
    if (is_config && flag.value && !*flag.value)
        return complain(r->conf, "--config wants a value: FILE");
    if (!option && !is_config && view_starts(flag.name, VIEW_LIT("no-"))) {
        option = find(r->table, view_of(flag.name.at + 3, flag.name.len - 3));
        if (option && option->type == CONF_BOOL && !flag.value)
            return set(r, option, "no", option->name);
        option = NULL;
    }
    if (!option && !is_config)
        return unknown_flag(r, flag);
    if (option && option->type == CONF_BOOL && !flag.value)
        return set(r, option, "yes", option->name);
    if (!flag.value) {
        if (*at + 1 >= argc)
            return complain(r->conf, "--%.*s wants a value: %s", VIEW_ARG(flag.name),
                            option ? conf_type_word(option) : "FILE");
        flag.value = argv[++*at];
    }
    snprintf(source, sizeof(source), "--%.*s", VIEW_ARG(flag.name));
    return option ? set_again(r, option, flag.value, source) : 0;
}

static int set_from_flags(struct reading *r, int argc, char *const *argv, int first)
{
    struct conf *c = r->conf;
    bool only_positional = false;
    for (int at = first; at < argc; at++) {
        const char *word = argv[at];
        int err = 0;
        if (!only_positional && strcmp(word, "--") == 0)
            only_positional = true;
        else if (!only_positional && word[0] == '-' && word[1] == '-')
            err = set_flag(r, argc, argv, &at);
        else if (!only_positional && word[0] == '-' && word[1])
            err = complain(c, "options have two hyphens: %.64s", word);
        else if (c->positional_count >= r->table->positional_max)
            err = complain(c, "\"%.80s\" is one argument too many", word);
        else
            c->positional[c->positional_count++] = word;
        if (err)
            return err;
    }
    if (c->positional_count < r->table->positional_min)
        return complain(c, "missing argument; usage: %s %s", r->table->command,
                        r->table->positional);
    return 0;
}

/* What must be known before all else: is help asked for, and which file is to be read? */
static void look_ahead(struct conf *c, int argc, char *const *argv, int first, const char **config)
{
    for (int at = first; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
            c->help = true;
        else if (strcmp(argv[at], "--config") == 0 && at + 1 < argc)
            *config = argv[at + 1];
        else if (strncmp(argv[at], "--config=", 9) == 0)
            *config = argv[at] + 9;
    }
}

int conf_read(struct conf *c, const struct conf_table *table, int argc, char *const *argv,
              int first, char *const *environment, void *values)
{
    assert(table->positional_max <= CONF_POSITIONAL_MAX);
    assert(table->option_count <= CONF_OPTIONS_MAX);
    struct reading r = {.conf = c, .table = table, .values = values};
    const char *config = from_environment(environment, "USHER_CONFIG");
    *c = (struct conf){0};
    arena_init(&c->arena, ARENA_MAX);
    look_ahead(c, argc, argv, first, &config);
    int err = set_standards(&r);
    if (c->help)
        return 0;
    if (!err && config && *config)
        err = set_from_file(&r, config);
    if (!err)
        err = set_from_environment(&r, environment);
    if (!err)
        err = set_from_flags(&r, argc, argv, first);
    return err ? err : check_required(&r);
}

void conf_release(struct conf *c)
{
    arena_release(&c->arena);
}
