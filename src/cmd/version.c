/*
 * usher version: says which usher this is, so that a report of a fault can name it.
 */
#include "cmd/version.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/commit.h"

#define TEXT_OF(x)      #x
#define DOTTED(a, b, c) TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)
#ifdef __clang__ /* its __clang_version__ says more than a version */
#define COMPILER "clang " DOTTED(__clang_major__, __clang_minor__, __clang_patchlevel__)
#else
#define COMPILER "gcc " __VERSION__
#endif

#ifdef USHER_SANITIZE
#define SANITIZED true
#else
#define SANITIZED false
#endif

struct version_values {
    bool json;
};

static const struct conf_option options[] = {
    {"json", CONF_BOOL, offsetof(struct version_values, json), "no",
     .help = "one JSON object instead of text, for machines"},
};

const struct conf_table version_table = {
    .command = "usher version",
    .summary = "Says which usher this is: version, commit, compiler.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
};

int version_command(int argc, char **argv)
{
    struct version_values values = {0};
    struct conf conf;
    int code = cmd_options(&version_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    conf_release(&conf);
    if (values.json)
        printf("{\"version\":\"%s\",\"commit\":\"%s\",\"compiler\":\"%s\",\"sanitized\":%s}\n",
               USHER_VERSION, usher_commit, COMPILER, SANITIZED ? "true" : "false");
    else
        printf("usher %s, commit %s, %s%s\n", USHER_VERSION, usher_commit, COMPILER,
               SANITIZED ? ", sanitized" : "");
    return CMD_OK;
}
