/*
 * usher clock accept: takes the store (no server may have it) and writes, for every ledger that is
 * ahead of this machine's clock, that time runs anew.
 */
#include "cmd/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "clock/clock.h"
#include "cmd/object.h"
#include "cmd/when.h"
#include "err/err.h"
#include "owner/clock.h"

int clock_check(struct store *store, const char *data)
{
    const int64_t now_ms = clock_wall_ms(clock_system());
    struct owner_clock_found found;
    char now[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];
    int err = owner_clock_latest(store, &found);
    if (err != 0)
        return CMD_OK; /* what is wrong with the store is said where it is loaded */
    if (found.last_ms == INT64_MIN || found.last_ms - now_ms <= OWNER_CLOCK_AHEAD_MS)
        return CMD_OK;
    when_format(now_ms, now);
    when_format(found.last_ms, last);
    return cmd_fail("serve", CMD_FALSE,
                    "the clock says %s, but the ledger of performance %" PRIu32
                    " ends at %s: if the clock is wrong, set it; if it was wrong then, usher clock "
                    "accept --data %s lets time run anew from now, and ends all holds",
                    now, found.performance_id, last, data);
}

struct clock_values {
    const char *data;
    bool json;
};

static const struct conf_option options[] = {
    {"data", CONF_PATH, offsetof(struct clock_values, data), "run",
     .help = "the folder of the store; no server may be running on it"},
    {"json", CONF_BOOL, offsetof(struct clock_values, json), "no",
     .help = "one JSON object instead of text, for machines"},
};

static const struct conf_table accept_table = {
    .command = "usher clock accept",
    .summary =
        "Accepts this machine's clock for every ledger that is ahead of it; time goes on from now.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "For a store that was served while the clock was wrong. Look at the clock first. Orders\n"
        "stay; holds end, and idempotency keys are forgotten. The ledger keeps both times.\n",
};

static int fail(const char *data, int err)
{
    const char *why = err_text(err);
    if (err == ERR_BUSY)
        why = "a server is running on it; stop it first";
    return cmd_fail("clock accept", CMD_FALSE, "%s: %s", data, why);
}

static int accept_command(int argc, char **argv)
{
    struct clock_values values = {0};
    struct store *store = NULL;
    struct conf conf;
    char path[4096], now[WHEN_TEXT_MAX];
    uint32_t count = 0;
    int code = cmd_options(&accept_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    const int64_t now_ms = clock_wall_ms(clock_system());
    when_format(now_ms, now);
    snprintf(path, sizeof(path), "%s/usher.db", values.data);
    int err = access(path, F_OK) == 0 ? store_sqlite_open_made(values.data, &store) : ERR_NOT_FOUND;
    if (err == 0)
        err = owner_clock_accept(store, now_ms, &count);
    store_free(store);
    if (err == ERR_NOT_FOUND)
        code = cmd_fail("clock accept", CMD_USAGE,
                        "%s: there is no usher.db in it, or one without tables", values.data);
    else if (err != 0)
        code = fail(values.data, err);
    else
        code = CMD_OK;
    if (code == CMD_OK && values.json)
        code = object_print("clock accept", json_pack("{s:I, s:I}", "nowMs", (json_int_t)now_ms,
                                                      "ledgers", (json_int_t)count));
    else if (code == CMD_OK && count == 0)
        printf("no ledger is ahead of the clock, %s: nothing was changed\n", now);
    else if (code == CMD_OK)
        printf("time runs anew from %s in %" PRIu32 " ledger%s\n", now, count,
               count == 1 ? "" : "s");
    conf_release(&conf);
    return code;
}

const struct cmd clock_commands[CLOCK_COMMANDS] = {
    {"accept", "let time run anew in ledgers that are ahead of the clock", accept_command,
     .table = &accept_table},
};
