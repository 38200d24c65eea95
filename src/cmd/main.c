/*
 * usher: one binary, a table of commands.
 *
 * main finds the row and calls it; each command says in its own file whom it talks to and what it
 * may touch.
 */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cmd/audit/audit.h"
#include "cmd/bench/bench.h"
#include "cmd/cmd.h"
#include "cmd/event.h"
#include "cmd/hall.h"
#include "cmd/serve.h"
#include "cmd/stampede/stampede.h"
#include "err/err.h"

static int help_command(int argc, char **argv);
static int version_command(int argc, char **argv);

static const struct cmd commands[] = {
    {"serve", "the server: the page, gRPC and Connect on one port", serve_command},
    {"audit", "does the store keep its promises? replays the ledger and compares", audit_command},
    {"hall", "halls: import a plan, generate one, list them", hall_command},
    {"event", "events: create, open, pause, report, list", event_command},
    {"stampede", "a crowd at the public port, and the proof that no seat was sold twice",
     stampede_command},
    {"bench", "this machine's figures, each beside its limit", bench_command},
    {"version", "which usher this is", version_command},
    {"help", "this list, or the help of a command: usher help COMMAND", help_command},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct cmd *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static void list(FILE *out)
{
    fprintf(out, "usage: usher COMMAND [options]\n\n"
                 "Usher seats a crowd: a ticketing system for on-sales.\n\ncommands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(out,
            "\nusher COMMAND --help tells a command's options.\n"
            "Exit codes: 0 done and true, 1 false or failed, 2 wrong words, 3 no server there.\n");
}

static int unknown(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *nearest = conf_nearest(name, names, COMMANDS);
    if (nearest)
        fprintf(stderr, "usher: no command \"%s\"; did you mean \"%s\"?\n", name, nearest);
    else
        fprintf(stderr, "usher: no command \"%s\"; usher help lists them\n", name);
    return CMD_USAGE;
}

static int help_command(int argc, char **argv)
{
    if (argc > 2)
        return cmd_fail("help", CMD_USAGE, "one command at a time");
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        list(stdout);
        return CMD_OK;
    }
    const struct cmd *cmd = find(argv[1]);
    if (!cmd)
        return unknown(argv[1]);
    char *words[] = {argv[1], "--help", NULL};
    return cmd->run(2, words);
}

static int version_command(int argc, char **argv)
{
    static const struct conf_table table = {
        .command = "usher version",
        .summary = "Says which usher this is, and what it was built with.",
    };
    struct conf conf;
    int code = cmd_options(&table, argc, argv, &conf, NULL);
    if (code != CMD_GO_ON)
        return code;
    conf_release(&conf);
    printf("usher %s (%s%s)\n", USHER_VERSION, __VERSION__,
#ifdef USHER_SANITIZE
           ", sanitized"
#else
           ""
#endif
    );
    return CMD_OK;
}

int main(int argc, char **argv)
{
    /* A reader that went away is an error of one write, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return cmd_fail("start", CMD_FALSE, "libsodium finds no source of randomness");
    if (argc < 2) {
        list(stderr);
        return CMD_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    const struct cmd *cmd = find(name);
    if (!cmd)
        return unknown(argv[1]);
    int code = cmd->run(argc - 1, argv + 1);
    /* What was printed and did not reach its reader was not done. */
    if (fflush(stdout) != 0 && code == CMD_OK)
        return cmd_fail(name, CMD_FALSE, "standard output could not be written");
    return code;
}
