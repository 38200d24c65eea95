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
    unsigned line; /* read last */
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
    if (conf_set(option, text, r->values, why, sizeof(why)) == 0)
        return 0;
    return complain(r->conf, "%s: %s", source, why);
}

static int set_standards(struct reading *r)
{
    for (size_t i = 0; i < r->table->option_count; i++) {
        const struct conf_option *option = &r->table->options[i];
        if (option->standard) {
            int err = set(r, option, option->standard, option->name);
            assert(!err); /* a default of ours that is out of its own range */
        }
    }
    return 0;
}

/* ---- the file ---- */

static int on_file_line(void *arg, const char *section, const char *name, const char *text)
{
    struct reading *r = arg;
    const struct conf_option *option = find(r->table, view_str(name));
    char source[320];
    if (*r->conf->error)
        return 1; /* libinih goes on behind an error; the first one is what is told */
    snprintf(source, sizeof(source), "%.200s, %.64s", r->path, name);
    if (*section)
        complain(r->conf, "%s: there are no sections, yet [%.64s] is one", r->path, section);
    else if (!option)
        complain(r->conf, "%s: no such option", source);
    else {
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
    int line = ini_parse_stream(read_line, r, on_file_line, r);
    fclose(r->file);
    if (*r->conf->error)
        return ERR_INVALID;
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
    const char *names[128];
    char word[NAME_BYTES];
    size_t count = 0;
    for (; count < r->table->option_count && count < 126; count++)
        names[count] = r->table->options[count].name;
    names[count++] = "config";
    names[count++] = "help";
    snprintf(word, sizeof(word), "%.*s", VIEW_ARG(flag.name));
    const char *nearest = conf_nearest(word, names, count);
    if (nearest)
        return complain(r->conf, "unknown option --%s; did you mean --%s?", word, nearest);
    return complain(r->conf, "unknown option --%s; see %s --help", word, r->table->command);
}

/* Handles the flag at *at, which moves on if its value is the next word. The file's name is not set
 * here: it had to be known before. */
static int set_flag(struct reading *r, int argc, char *const *argv, int *at)
{
    struct flag flag = take_apart(argv[*at]);
    char source[NAME_BYTES + 4];
    const struct conf_option *option = find(r->table, flag.name);
    bool is_config = !option && view_eq(flag.name, VIEW_LIT("config"));
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
    return option ? set(r, option, flag.value, source) : 0;
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
    return err;
}

void conf_release(struct conf *c)
{
    arena_release(&c->arena);
}
