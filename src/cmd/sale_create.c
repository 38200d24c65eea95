/*
 * usher sale create: a line in front of one performance or several.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/sale.h"
#include "cmd/when.h"

#define PERFORMANCES_MAX 60

struct create_values {
    struct session_values session;
    const char *name, *performances;
    const char *draw_opens_at, *opens_at, *closes_at;
    const char *time_zone;
    bool guests;
    int64_t capacity_min, capacity_max;
    int64_t claim_ms, pass_ms;
};

static const struct conf_option options[] = {
    {"name", CONF_STR, offsetof(struct create_values, name), NULL, 1, 200,
     .help = "the sale's name", .required = true},
    {"performances", CONF_STR, offsetof(struct create_values, performances), NULL, 1, 400,
     .help = "the performances that it sells, 1,2,3; one pass is good for all of them",
     .required = true},
    {"draw-opens-at", CONF_STR, offsetof(struct create_values, draw_opens_at), NULL, 2, 40,
     .help = "when people can enter the draw, which gives the first numbers at the opening; left "
             "out: there is no draw"},
    {"opens-at", CONF_STR, offsetof(struct create_values, opens_at), "+0s", 2, 40,
     .help = "ISO 8601, 2026-12-24T20:00+09:00, or +2h; the performances open with it"},
    {"closes-at", CONF_STR, offsetof(struct create_values, closes_at), NULL, 2, 40,
     .help = "left out: when the last performance begins"},
    {"time-zone", CONF_STR, offsetof(struct create_values, time_zone), NULL, 1, 64,
     .help = "by which its times are written here and told, a name of tzdata, Asia/Seoul; left "
             "out: they are told by the hall's"},
    {"guests", CONF_BOOL, offsetof(struct create_values, guests), "no",
     .help = "guests may join, too; then anybody can make several accounts, as they cost nothing"},
    {"capacity-min", CONF_INT, offsetof(struct create_values, capacity_min), "50", 1, 1000000,
     .help = "the number inside begins here, and never shrinks below"},
    {"capacity-max", CONF_INT, offsetof(struct create_values, capacity_max), "2000", 1, 1000000,
     .help = "and grows up to here while holds are quick"},
    {"claim", CONF_MS, offsetof(struct create_values, claim_ms), "2m", 1000, 86400000,
     .help = "how long somebody who was called has to come in"},
    {"pass", CONF_MS, offsetof(struct create_values, pass_ms), "10m", 1000, 86400000,
     .help = "how long somebody who came in may buy"},
    SESSION_OPTIONS(struct create_values, session),
};

const struct conf_table sale_create_table = {
    .command = "usher sale create",
    .summary = "Puts a line in front of performances. Buyers then need a pass from it.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
};

/* "1,2,3". How many; 0: it is no such list. */
static size_t read_list(const char *text, uint32_t ret_ids[PERFORMANCES_MAX])
{
    size_t count = 0;
    struct view rest = view_str(text);
    for (;;) {
        uint64_t id;
        const char *comma = memchr(rest.at, ',', rest.len);
        const size_t len = comma ? (size_t)(comma - rest.at) : rest.len;
        if (count == PERFORMANCES_MAX || !view_to_u64(view_of(rest.at, len), UINT32_MAX, &id))
            return 0;
        ret_ids[count++] = (uint32_t)id;
        if (!comma)
            return count;
        rest = view_of(comma + 1, rest.len - len - 1);
    }
}

/* A time, 0 where the word was left out. False: it is none. */
static bool read_time(const char *zone, const char *word, int64_t *ret_ms)
{
    int32_t offset;
    *ret_ms = 0;
    return !word || when_parse_in(zone, word, clock_wall_ms(clock_system()), ret_ms, &offset) == 0;
}

static int create(struct session *session, void *arg)
{
    const struct create_values *values = arg;
    uint32_t ids[PERFORMANCES_MAX];
    Usher__V1__CreateSaleRequest request = USHER__V1__CREATE_SALE_REQUEST__INIT;
    const Usher__V1__Sale *sale;
    request.performance_ids = ids;
    request.n_performance_ids = read_list(values->performances, ids);
    if (request.n_performance_ids == 0)
        return cmd_fail("sale create", CMD_USAGE,
                        "--performances %s: write the performances' numbers, 1,2,3",
                        values->performances);
    const char *const words[] = {values->draw_opens_at, values->opens_at, values->closes_at};
    int64_t *const times[] = {&request.draw_opens_at_ms, &request.opens_at_ms,
                              &request.closes_at_ms};
    for (int i = 0; i < 3; i++) {
        if (!read_time(values->time_zone, words[i], times[i]))
            return cmd_fail("sale create", CMD_USAGE,
                            "%s is no time: write 2026-12-24T20:00+09:00, or +2h", words[i]);
    }
    request.name = (char *)values->name;
    if (values->time_zone)
        request.time_zone = (char *)values->time_zone;
    request.guests = values->guests;
    request.capacity_min = (uint32_t)values->capacity_min;
    request.capacity_max = (uint32_t)values->capacity_max;
    request.claim_ms = (uint32_t)values->claim_ms;
    request.pass_ms = (uint32_t)values->pass_ms;
    const int code = sale_call(session, create_sale, &request, &sale);
    return code == CMD_OK ? sale_show(session, &values->session, sale) : code;
}

int sale_create_command(int argc, char **argv)
{
    struct create_values values = {0};
    struct conf conf;
    int code = cmd_options(&sale_create_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("sale create", &values.session, SESSION_ORGANISER, create, &values);
    conf_release(&conf);
    return code;
}
