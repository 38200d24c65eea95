#include "cmd/check.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/object.h"
#include "observe/log.h"

#define TEXT_MAX 512

struct checks {
    json_t *list; /* of objects, for --json; else NULL */
    bool colour;
    unsigned count[CHECK_BAD + 1];
};

static const char *const names[] = {
    [CHECK_FINE] = "fine", [CHECK_LOOK] = "look", [CHECK_BAD] = "bad"};

void check_note(struct checks *checks, enum check_level level, const char *what, const char *advice,
                const char *format, ...)
{
    static const char *const paint[] = {
        [CHECK_FINE] = "32", [CHECK_LOOK] = "33", [CHECK_BAD] = "31"};
    char text[TEXT_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    checks->count[level]++;
    if (checks->list) {
        json_array_append_new(checks->list,
                              json_pack("{s:s, s:s, s:s, s:s*}", "level", names[level], "what",
                                        what, "seen", text, "advice", advice));
        return;
    }
    if (checks->colour)
        printf("\033[%sm%-4s\033[0m  %-18s %s\n", paint[level], names[level], what, text);
    else
        printf("%-4s  %-18s %s\n", names[level], what, text);
    if (advice)
        printf("      %-18s → %s\n", "", advice);
}

int check_command(int argc, char **argv)
{
    struct serve_values values = {0};
    struct checks checks = {.colour = isatty(STDOUT_FILENO)};
    struct conf conf;
    int code = cmd_options(&check_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    log_set_level(LOG_ERROR); /* what connects says so to its operators, and is in the way here */
    if (values.check_json)
        checks.list = json_array();
    check_machine(&checks);
    check_disk(&checks, values.data);
    check_others(&checks, &values);
    check_pay(&checks, &values);
    code = checks.count[CHECK_BAD] ? CMD_FALSE : CMD_OK;
    if (checks.list) {
        const int printed =
            object_print("check", json_pack("{s:b, s:o}", "ready", !checks.count[CHECK_BAD],
                                            "checks", checks.list));
        code = printed == CMD_OK ? code : printed;
    } else {
        printf("\n%u fine, %u to look at, %u to change before a sale\n", checks.count[CHECK_FINE],
               checks.count[CHECK_LOOK], checks.count[CHECK_BAD]);
    }
    conf_release(&conf);
    return code;
}
