#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "conf/conf.h"
#include "err/err.h"

struct values {
    const char *listen;
    const char *data;
    const char *form;
    const char *name;
    const char *list;
    int64_t ttl_ms;
    int64_t cache;
    int64_t users;
    double abandon;
    bool demo;
    bool colour;
};

static const struct conf_option options[] = {
    {"listen", CONF_ADDRESS, offsetof(struct values, listen), "127.0.0.1:8080",
     .help = "where to answer"},
    {"data", CONF_PATH, offsetof(struct values, data), NULL, .help = "folder of the store"},
    {"form", CONF_CHOICE, offsetof(struct values, form), "text", .help = "of the report",
     .choices = "text|json"},
    {"name", CONF_STR, offsetof(struct values, name), NULL, 1, 8, .help = "of the event"},
    {"hold-ttl", CONF_MS, offsetof(struct values, ttl_ms), "7m", 1000, 3600000,
     .help = "how long a hold lasts"},
    {"cache", CONF_SIZE, offsetof(struct values, cache), "8m", 4096, INT64_C(1) << 32,
     .help = "of pages"},
    {"users", CONF_INT, offsetof(struct values, users), "1000", 1, 1000000,
     .help = "people in the crowd"},
    {"abandon", CONF_REAL, offsetof(struct values, abandon), "0.2", 0, 1,
     .help = "share that walks away"},
    {"demo", CONF_BOOL, offsetof(struct values, demo), "no", .help = "create a demo event"},
    {"colour", CONF_BOOL, offsetof(struct values, colour), "yes", .help = "in the report"},
    {"list", CONF_STR, offsetof(struct values, list), NULL, .help = "of names", .repeats = true},
};
static const struct conf_table table = {
    .command = "usher try",
    .summary = "Tries the options.",
    .positional = "HALL [FILE]",
    .positional_max = 2,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
};

static struct conf conf;
static struct values values;

#define WORDS_MAX 16
/* Reads a command line of words; environment is a list that ends with NULL, or NULL. */
static int read_words(char *const *environment, const char *first, ...)
{
    char *argv[WORDS_MAX] = {"usher", "try"};
    int argc = 2;
    va_list arguments;
    conf_release(&conf);
    memset(&values, 0xa5, sizeof(values)); /* a command's struct lies on the stack */
    va_start(arguments, first);
    for (const char *word = first; word; word = va_arg(arguments, const char *))
        argv[argc++] = (char *)word;
    va_end(arguments);
    return conf_read(&conf, &table, argc, argv, 2, environment, &values);
}
#define READ(...) read_words(NULL, __VA_ARGS__ __VA_OPT__(, ) NULL)

static void expect_error(int err, const char *text)
{
    assert_int_equal(err, ERR_INVALID);
    if (!strstr(conf.error, text))
        fail_msg("\"%s\" does not say \"%s\"", conf.error, text);
}

static void what_has_no_default_is_empty(void **state)
{
    assert_int_equal(read_words(NULL, NULL), 0);
    assert_null(values.data);
    assert_null(values.name);
}

static void defaults_hold(void **state)
{
    assert_int_equal(read_words(NULL, NULL), 0);
    assert_string_equal(values.listen, "127.0.0.1:8080");
    assert_null(values.data);
    assert_string_equal(values.form, "text");
    assert_int_equal(values.ttl_ms, 420000);
    assert_int_equal(values.cache, 8 << 20);
    assert_int_equal(values.users, 1000);
    assert_true(values.abandon == 0.2);
    assert_false(values.demo);
    assert_true(values.colour);
}

static void flags_come_in_both_forms(void **state)
{
    assert_int_equal(READ("--listen", "[::1]:0", "--hold-ttl=90s", "main hall", "--demo",
                          "--no-colour", "--users", "7", "--cache=64k", "--", "--file"),
                     0);
    assert_string_equal(values.listen, "[::1]:0");
    assert_int_equal(values.ttl_ms, 90000);
    assert_true(values.demo);
    assert_false(values.colour);
    assert_int_equal(values.users, 7);
    assert_int_equal(values.cache, 65536);
    assert_int_equal(conf.positional_count, 2);
    assert_string_equal(conf.positional[0], "main hall");
    assert_string_equal(conf.positional[1], "--file");
    assert_int_equal(READ("--demo=yes", "--colour=off", "--abandon", "1", "--form=json"), 0);
    assert_true(values.demo && !values.colour);
    assert_true(values.abandon == 1);
}

static void a_list_grows_with_each_flag(void **state)
{
    static char *const environment[] = {"USHER_LIST=environment", NULL};
    assert_int_equal(READ("--list", "a", "--list=b,c", "--list", "d"), 0);
    assert_string_equal(values.list, "a,b,c,d");
    assert_int_equal(read_words(environment, NULL), 0);
    assert_string_equal(values.list, "environment");
    assert_int_equal(read_words(environment, "--list", "a", NULL), 0);
    assert_string_equal(values.list, "a"); /* flags stand above the environment */
    assert_int_equal(READ("--name", "a", "--name", "b"), 0);
    assert_string_equal(values.name, "b"); /* which is no list */
}

static void bad_values_name_the_range(void **state)
{
    expect_error(READ("--hold-ttl", "2h"),
                 "--hold-ttl: \"2h\" is not a time such as 500ms, 2s, 5m or 1h, from 1s to 1h");
    expect_error(READ("--hold-ttl", "5"), "a time such as");
    expect_error(READ("--users=0"), "--users: \"0\" is not a whole number, from 1 to 1000000");
    expect_error(READ("--users=12x"), "a whole number");
    expect_error(READ("--users=99999999999999999999"), "a whole number");
    expect_error(READ("--users="), "a whole number");
    expect_error(READ("--cache", "4096g"), "from 4k to 4g");
    expect_error(READ("--cache=9223372036854775807g"), "a size");
    expect_error(READ("--abandon=1.5"), "a number, from 0 to 1");
    expect_error(READ("--abandon=nan"), "a number");
    expect_error(READ("--abandon=0x1"), "a number");
    expect_error(READ("--form=xml"), "one of text|json");
    expect_error(READ("--form=tex"), "one of text|json");
    expect_error(READ("--form="), "one of text|json");
    expect_error(READ("--data="), "--data: \"\" is not a path");
    expect_error(READ("--demo=maybe"), "yes or no");
    expect_error(READ("--name=far too long"), "a text of 1 to 8 bytes");
    static const char *const wrong[] = {"8080",   ":80",   "host:",  "host:65536",
                                        "::1:80", "[]:80", "host:8x"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        expect_error(READ("--listen", wrong[i]), "HOST:PORT");
}

static void mistakes_get_a_hint(void **state)
{
    expect_error(READ("--lisen", "a:1"), "did you mean --listen?");
    expect_error(READ("--hodl-ttl=1s"), "did you mean --hold-ttl?");
    expect_error(READ("--hlep"), "did you mean --help?");
    expect_error(READ("--zebra-crossing"), "see usher try --help");
    expect_error(READ("--no-users"), "unknown option --no-users");
    expect_error(READ("--users"), "--users wants a value: N");
    expect_error(READ("-u"), "two hyphens");
    expect_error(READ("a", "b", "c"), "\"c\" is one argument too many");
}

static void the_environment_stands_below_flags(void **state)
{
    char *environment[] = {"HOME=x", "USHER_USERS=5", "USHER_HOLD_TTL=2s", "USHER_DEMO=1", NULL};
    assert_int_equal(read_words(environment, "--users", "6", NULL), 0);
    assert_int_equal(values.users, 6);
    assert_int_equal(values.ttl_ms, 2000);
    assert_true(values.demo);
    environment[1] = "USHER_USERS=none";
    expect_error(read_words(environment, NULL), "USHER_USERS: \"none\" is not");
}

/* Writes a file, reads it with --config and the words, removes it. */
static int read_file(const char *text, char *const *environment, const char *flag)
{
    char path[] = "/tmp/usher-conf-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int err = read_words(environment, "--config", path, flag, NULL);
    unlink(path);
    return err;
}

static void a_file_stands_below_the_environment(void **state)
{
    char *environment[] = {"USHER_CACHE=1m", NULL};
    assert_int_equal(read_file("# ours\nusers = 9\ncache = 2m\ndata = /srv/usher\nhold-ttl = 3s\n",
                               environment, "--hold-ttl=4s"),
                     0);
    assert_int_equal(values.users, 9);
    assert_int_equal(values.cache, 1 << 20);
    assert_int_equal(values.ttl_ms, 4000);
    assert_string_equal(values.data, "/srv/usher");
    expect_error(read_file("\nusres = 9\n", NULL, NULL),
                 ", line 2: usres: no such option; did you mean users?");
    expect_error(read_file("zebra = 9\n", NULL, NULL), ", line 1: zebra: no such option");
    expect_error(read_file("# ours\n\nusers = 0\n", NULL, NULL),
                 ", line 3: users: \"0\" is not a whole number");
    expect_error(read_file("[server]\nusers = 1\n", NULL, NULL), "no sections");
    expect_error(read_file("users = 1\nnonsense\n", NULL, NULL), "line 2");
    char wide[400];
    snprintf(wide, sizeof(wide), "users = 3\ndata = %0250d\nusers = 4\n", 1);
    expect_error(read_file(wide, NULL, NULL), "line 2: longer than 198 bytes");
    expect_error(READ("--config", "/nowhere/usher.conf"), "/nowhere/usher.conf: No such file");
    expect_error(READ("--config"), "--config wants a value: FILE");
    expect_error(READ("--config="), "--config wants a value: FILE");
    expect_error(READ("--config", "/"), "/: Is a directory");
}

static void a_misspelt_variable_is_refused(void **state)
{
    static const struct conf_option others[] = {{"rows", CONF_INT, 0, "0", .help = "of a hall"}};
    static const struct conf_table other = {.options = others, .option_count = 1};
    const struct conf_table *const tables[] = {&table, &other};
    static const struct {
        const char *variable;
        const char *meant; /* NULL: left alone */
    } cases[] = {
        {"USHER_LISEN=a:1", "USHER_LISTEN"},
        {"USHER_HODL_TTL=1s", "USHER_HOLD_TTL"},
        {"USHER_listen=a:1", "USHER_LISTEN"},
        {"USHER_ROW=1", "USHER_ROWS"},
        {"USHER_LISTEN=a:1", NULL},
        {"USHER_ROWS=1", NULL},
        {"USHER_CONFIG=x", NULL},
        {"USHER_USERS", NULL},
        /* The test suites' own. */
        {"USHER=x", NULL},
        {"USHER_ASAN=x", NULL},
        {"USHER_BUILD=x", NULL},
        {"USHER_SOAK=1", NULL},
        {"USHER_SUITE_SECONDS=1", NULL},
        {"USHER_EXTRA_HALLS=1", NULL},
        {"ISTEN=x", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *environment[] = {"HOME=x", (char *)cases[i].variable, NULL};
        char error[200] = "", meant[100];
        int err = conf_check_environment(tables, 2, environment, error, sizeof(error));
        assert_int_equal(err, cases[i].meant ? ERR_INVALID : 0);
        snprintf(meant, sizeof(meant), "did you mean %s?", cases[i].meant ? cases[i].meant : "");
        if (cases[i].meant && !strstr(error, meant))
            fail_msg("%s: %s", cases[i].variable, error);
    }
    assert_int_equal(conf_check_environment(tables, 2, NULL, NULL, 0), 0);
}

static void an_option_can_be_required(void **state)
{
    struct conf_option rows[] = {options[3], options[6]};
    struct conf_table strict = {
        .command = "usher try", .summary = "Tries.", .options = rows, .option_count = 2};
    char *none[] = {"usher"}, *given[] = {"usher", "--users=2"},
         *environment[] = {"USHER_USERS=1", NULL};
    rows[1].required = true;
    conf_release(&conf);
    expect_error(conf_read(&conf, &strict, 1, none, 1, NULL, &values),
                 "--users N is missing: people in the crowd");
    conf_release(&conf);
    assert_int_equal(conf_read(&conf, &strict, 2, given, 1, NULL, &values), 0);
    conf_release(&conf);
    assert_int_equal(conf_read(&conf, &strict, 1, none, 1, environment, &values), 0);
}

/* The 65th row is another than the first, and so on. */
static void a_table_may_be_long(void **state)
{
    const char *texts[CONF_OPTIONS_MAX];
    struct conf_option rows[CONF_OPTIONS_MAX];
    char names[CONF_OPTIONS_MAX][8];
    struct conf_table wide = {.command = "usher try",
                              .summary = "Tries.",
                              .options = rows,
                              .option_count = CONF_OPTIONS_MAX};
    char *argv[] = {"usher", "--o0", "a", "--o64", "b", "--o64", "c"};
    for (size_t i = 0; i < CONF_OPTIONS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "o%zu", i);
        rows[i] = (struct conf_option){names[i], CONF_STR,      i * sizeof(texts[0]),
                                       "",       .help = "one", .repeats = true};
    }
    conf_release(&conf);
    assert_int_equal(conf_read(&conf, &wide, 7, argv, 1, NULL, texts), 0);
    assert_string_equal(texts[0], "a");
    assert_string_equal(texts[64], "b,c");
    assert_string_equal(texts[CONF_OPTIONS_MAX - 1], "");
    rows[1].required = true; /* and what is given is 64 behind it */
    argv[3] = argv[5] = "--o65";
    conf_release(&conf);
    expect_error(conf_read(&conf, &wide, 7, argv, 1, NULL, texts), "--o1 TEXT is missing: one");
}

static void arguments_can_be_demanded(void **state)
{
    struct conf_table strict = table;
    char *argv[] = {"usher", "try"};
    strict.positional_min = 1;
    conf_release(&conf);
    expect_error(conf_read(&conf, &strict, 2, argv, 2, NULL, &values),
                 "usage: usher try HALL [FILE]");
}

static void help_shows_every_row(void **state)
{
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(READ("--users", "wrong", "--help"), 0);
    assert_true(conf.help);
    FILE *out = open_memstream(&text, &len);
    conf_help(&table, out);
    fclose(out);
    assert_non_null(strstr(text, "usage: usher try [options] HALL [FILE]"));
    for (size_t i = 0; i < table.option_count; i++) {
        assert_non_null(strstr(text, options[i].name));
        assert_non_null(strstr(text, options[i].help));
    }
    assert_non_null(strstr(text, "--hold-ttl TIME"));
    assert_non_null(strstr(text, "(default 7m; 1s to 1h)"));
    assert_non_null(strstr(text, "--form text|json"));
    assert_non_null(strstr(text, "of the event\n")); /* a text's length is no news */
    assert_non_null(strstr(text, "in the report (default yes; --no-colour)"));
    assert_null(strstr(text, "default )"));
    free(text);
}

static char *help_of(const struct conf_option *rows, size_t count)
{
    const struct conf_table few = {
        .command = "usher try", .summary = "Tries.", .options = rows, .option_count = count};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    conf_help(&few, out);
    fclose(out);
    return text;
}

static void help_says_only_what_helps(void **state)
{
    static const struct conf_option rows[] = {
        {"hall", CONF_INT, 0, NULL, 1, UINT32_MAX, .help = "which", .required = true},
        {"currency", CONF_STR, 0, "KRW", 3, 3, .help = "the money"},
        {"about", CONF_STR, 0, "", 0, 4000, .help = "what it is"},
        {"grace", CONF_MS, 0, "5s", 0, 600000, .help = "how long"},
        {"level", CONF_CHOICE, 0, "info",
         .help = "of what is logged; a sentence that is so very "
                 "long that it goes on in a second line",
         .choices = "debug|info|warn|error"},
    };
    char *text = help_of(rows, 5);
    assert_non_null(strstr(text, "usage: usher try --hall N [options]\n"));
    assert_non_null(strstr(text, "which (required)\n"));
    assert_non_null(strstr(text, "the money (default KRW)\n"));
    assert_non_null(strstr(text, "what it is\n"));
    assert_non_null(strstr(text, "how long (default 5s; 0 to 10m)\n"));
    assert_non_null(strstr(text, "--level debug|info|warn|error\n                             of"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 100);
    free(text);
}

static void nearest_is_near(void **state)
{
    static const char *const names[] = {"serve", "stampede", "audit", "hall"};
    assert_string_equal(conf_nearest("sreve", names, 4), "serve");
    assert_string_equal(conf_nearest("stampde", names, 4), "stampede");
    assert_string_equal(conf_nearest("halls", names, 4), "hall");
    assert_null(conf_nearest("refund", names, 4));
    assert_null(conf_nearest("", names, 4));
    assert_null(conf_nearest("x", names, 4));
}

static int teardown(void **state)
{
    conf_release(&conf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_default_is_empty),
        cmocka_unit_test(defaults_hold),
        cmocka_unit_test(flags_come_in_both_forms),
        cmocka_unit_test(a_list_grows_with_each_flag),
        cmocka_unit_test(bad_values_name_the_range),
        cmocka_unit_test(mistakes_get_a_hint),
        cmocka_unit_test(the_environment_stands_below_flags),
        cmocka_unit_test(a_file_stands_below_the_environment),
        cmocka_unit_test(arguments_can_be_demanded),
        cmocka_unit_test(a_misspelt_variable_is_refused),
        cmocka_unit_test(an_option_can_be_required),
        cmocka_unit_test(a_table_may_be_long),
        cmocka_unit_test(help_shows_every_row),
        cmocka_unit_test(help_says_only_what_helps),
        cmocka_unit_test(nearest_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
