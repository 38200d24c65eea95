/*
 * usher hall: brings halls to a running server and lists those it has.
 *
 * Reads the one file it is given; everything else happens on the server, which checks the plan and
 * either stores all of it or nothing.
 */
#include "cmd/hall.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/session.h"
#include "err/err.h"
#include "hall/hall.h"
#include "mem/buf.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/ticket.pb-c.h"

/* Bytes: as much as a server takes, 48 MiB, with room for the name. */
#define PLAN_MAX   ((48u << 20) - 512)
#define CHUNK      65536
#define EXPORT_MAX (256u << 20)

#define STAGE_FAR 400000.0 /* units */

struct hall_values {
    struct session_values session;
    const char *name;
    int64_t capacity;
    int64_t sections;
    int64_t rows;
    int64_t standing;
    const char *stage;
    bool check;
    const char *format;
    const char *path;
    struct buf plan;
};

/* ---- what people see ---- */

static void put_hall(struct sheet *sheet, const Usher__V1__Hall *hall)
{
    char places[MONEY_TEXT_MAX], categories[200] = "";
    size_t at = 0;
    for (size_t i = 0; i < hall->n_categories && at < sizeof(categories); i++)
        at += (size_t)snprintf(categories + at, sizeof(categories) - at, "%s%s", i ? ", " : "",
                               hall->categories[i]->name);
    money_group(hall->place_count, places);
    sheet_put(sheet, "%u", hall->hall_id);
    sheet_put(sheet, "%s", hall->name);
    sheet_put(sheet, "%s", places);
    sheet_put(sheet, "%u", hall->section_count);
    sheet_put(sheet, "%s", categories);
    sheet_put(sheet, "%.12s", hall->layout_hash);
}

static void print_halls(Usher__V1__Hall *const *halls, size_t count)
{
    static const char *const heads[] = {"id", "name", "places", "sections", "categories", "layout"};
    struct sheet sheet;
    sheet_init(&sheet, "rlrrll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < count; i++)
        put_hall(&sheet, halls[i]);
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static int show(struct session *session, const struct hall_values *values,
                const Usher__V1__Hall *hall)
{
    if (values->session.json)
        return session_print_json(session, hall);
    Usher__V1__Hall *const one = (Usher__V1__Hall *)hall;
    print_halls(&one, 1);
    return CMD_OK;
}

/* ---- import ---- */

/* "120,-35.5" in units. An enum cmd_exit. */
static int read_stage(const char *text, Usher__V1__PlanPoint *ret_stage)
{
    char *end;
    const double x = strtod(text, &end);
    bool good = end != text && *end == ',' && fabs(x) <= STAGE_FAR;
    const char *second = good ? end + 1 : text;
    const double y = strtod(second, &end);
    good = good && end != second && *end == '\0' && fabs(y) <= STAGE_FAR;
    if (!good)
        return cmd_fail("hall import", CMD_USAGE, "--stage is X,Y in the plan's units: 120,-35.5");
    ret_stage->x = (int32_t)lround(x * 100);
    ret_stage->y = (int32_t)lround(y * 100);
    return CMD_OK;
}

static void print_notes(const Usher__V1__Hall *hall)
{
    for (size_t i = 0; i < hall->n_notes; i++)
        printf("%s%s\n", i == 0 ? "\n" : "", hall->notes[i]->text);
}

static int show_import(struct session *session, const struct hall_values *values,
                       const Usher__V1__Hall *hall)
{
    const int code = show(session, values, hall);
    if (code == CMD_OK && !values->session.json)
        print_notes(hall);
    return code;
}

static int import(struct session *session, void *arg)
{
    struct hall_values *values = arg;
    struct view plan = buf_view(&values->plan);
    Usher__V1__ImportHallRequest request = USHER__V1__IMPORT_HALL_REQUEST__INIT;
    Usher__V1__PlanPoint stage = USHER__V1__PLAN_POINT__INIT;
    const Usher__V1__Hall *hall;
    const Usher__V1__HallPreview *preview;
    int code = values->stage ? read_stage(values->stage, &stage) : CMD_OK;
    if (code != CMD_OK)
        return code;
    request.name = (char *)(values->name ? values->name : "");
    request.plan = (ProtobufCBinaryData){.len = plan.len, .data = (uint8_t *)plan.at};
    request.stage = values->stage ? &stage : NULL;
    if (values->check) {
        code = session_call(session, preview_hall, &request, &preview);
        return code == CMD_OK ? show_import(session, values, preview->hall) : code;
    }
    code = session_call(session, import_hall, &request, &hall);
    return code == CMD_OK ? show_import(session, values, hall) : code;
}

/* The file into values->plan; "-" is standard input. An enum cmd_exit. */
static int read_plan(struct hall_values *values)
{
    const bool standard = strcmp(values->path, "-") == 0;
    FILE *file = standard ? stdin : fopen(values->path, "re");
    if (!file)
        return cmd_fail("hall import", CMD_FALSE, "%s: %s", values->path, strerrordesc_np(errno));
    uint8_t *at;
    size_t len = 0;
    do {
        at = buf_reserve(&values->plan, CHUNK);
        len = at ? fread(at, 1, CHUNK, file) : 0;
        buf_commit(&values->plan, len);
    } while (len > 0 && values->plan.len <= PLAN_MAX);
    int code = CMD_OK;
    if (!at)
        code = cmd_fail("hall import", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    else if (values->plan.len > PLAN_MAX)
        code = cmd_fail("hall import", CMD_FALSE, "%s is too large: a plan has at most 48 MiB",
                        values->path);
    else if (ferror(file))
        code = cmd_fail("hall import", CMD_FALSE, "%s: %s", values->path, strerrordesc_np(errno));
    else if (values->plan.len == 0)
        code = cmd_fail("hall import", CMD_FALSE, "%s is empty", values->path);
    if (!standard)
        fclose(file);
    return code;
}

static const struct conf_option import_options[] = {
    {"name", CONF_STR, offsetof(struct hall_values, name), NULL, 1, 200,
     .help = "the name of the hall; without this option, the plan's own name"},
    {"stage", CONF_STR, offsetof(struct hall_values, stage), NULL, 3, 60,
     .help = "X,Y: where the stage is, in the plan's units; as the plan says, or a guess, where "
             "it is not given"},
    {"check", CONF_BOOL, offsetof(struct hall_values, check), "false", 0, 0,
     .help = "say what would become of the plan, and store nothing"},
    SESSION_OPTIONS(struct hall_values, session),
};
static const struct conf_table import_table = {
    .command = "usher hall import",
    .summary = "Imports a seating plan: pretix's JSON, both revisions, a CSV table\n(section, "
               "row, seat, x, y, category) or an SVG drawing with ids; - reads\nstandard input. It "
               "says what was guessed or changed. A wrong plan changes\nnothing; the error names "
               "the place.",
    .positional = "FILE",
    .positional_min = 1,
    .positional_max = 1,
    .options = import_options,
    .option_count = sizeof(import_options) / sizeof(import_options[0]),
};

static int import_command(int argc, char **argv)
{
    struct hall_values values = {0};
    struct conf conf;
    int code = cmd_options(&import_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.path = conf.positional[0];
    buf_init(&values.plan, PLAN_MAX + 2 * CHUNK);
    code = read_plan(&values);
    if (code == CMD_OK)
        code = session_run("hall import", &values.session, SESSION_ORGANISER, import, &values);
    buf_release(&values.plan);
    conf_release(&conf);
    return code;
}

/* ---- generate ---- */

static int generate(struct session *session, void *arg)
{
    struct hall_values *values = arg;
    Usher__V1__GenerateHallRequest request = USHER__V1__GENERATE_HALL_REQUEST__INIT;
    const Usher__V1__Hall *hall;
    request.name = (char *)(values->name ? values->name : "");
    request.capacity = (uint32_t)values->capacity;
    request.sections = (uint32_t)values->sections;
    request.rows = (uint32_t)values->rows;
    request.standing = (uint32_t)values->standing;
    int code = session_call(session, generate_hall, &request, &hall);
    return code == CMD_OK ? show(session, values, hall) : code;
}

static const struct conf_option generate_options[] = {
    {"capacity", CONF_INT, offsetof(struct hall_values, capacity), "2000", 1, 100000,
     .help = "places in all, met exactly"},
    {"sections", CONF_INT, offsetof(struct hall_values, sections), "0", 0, 4096,
     .help = "seated sections; 0: chosen"},
    {"rows", CONF_INT, offsetof(struct hall_values, rows), "0", 0, 1000,
     .help = "rows a section; 0: chosen"},
    {"standing", CONF_INT, offsetof(struct hall_values, standing), "0", 0, 100000,
     .help = "of the capacity, places in a standing area before the stage"},
    {"name", CONF_STR, offsetof(struct hall_values, name), NULL, 1, 200,
     .help = "what to call it; \"Hall of 2,000\" where it is not given"},
    SESSION_OPTIONS(struct hall_values, session),
};
static const struct conf_table generate_table = {
    .command = "usher hall generate",
    .summary =
        "Makes a hall as real ones are: curved rows before a stage, tiers, aisles, categories.",
    .options = generate_options,
    .option_count = sizeof(generate_options) / sizeof(generate_options[0]),
};

static int generate_command(int argc, char **argv)
{
    struct hall_values values = {0};
    struct conf conf;
    int code = cmd_options(&generate_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("hall generate", &values.session, SESSION_ORGANISER, generate, &values);
    conf_release(&conf);
    return code;
}

/* ---- list ---- */

static int list(struct session *session, void *arg)
{
    const struct hall_values *values = arg;
    Usher__V1__ListHallsRequest request = USHER__V1__LIST_HALLS_REQUEST__INIT;
    const Usher__V1__ListHallsResponse *answer;
    int code = session_call(session, list_halls, &request, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    if (answer->n_halls == 0)
        printf("no halls yet: usher hall generate, or usher hall import FILE\n");
    else
        print_halls(answer->halls, answer->n_halls);
    return CMD_OK;
}

static const struct conf_option list_options[] = {SESSION_OPTIONS(struct hall_values, session)};
static const struct conf_table list_table = {
    .command = "usher hall list",
    .summary = "Lists the halls of a server.",
    .options = list_options,
    .option_count = sizeof(list_options) / sizeof(list_options[0]),
};

static int list_command(int argc, char **argv)
{
    struct hall_values values = {0};
    struct conf conf;
    int code = cmd_options(&list_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("hall list", &values.session, SESSION_ORGANISER, list, &values);
    conf_release(&conf);
    return code;
}

/* ---- export ---- */

/* The layout hash of the hall with this id, from the server's list; NULL: there is none. */
static const char *find_layout(const Usher__V1__ListHallsResponse *halls, uint64_t hall_id)
{
    for (size_t i = 0; i < halls->n_halls; i++) {
        if (halls->halls[i]->hall_id == hall_id)
            return halls->halls[i]->layout_hash;
    }
    return NULL;
}

static int write_out(const Usher__V1__SeatMap *map, enum hall_format format)
{
    const size_t len = usher__v1__seat_map__get_packed_size(map);
    uint8_t *layout = malloc(len + 1);
    struct buf out;
    buf_init(&out, EXPORT_MAX);
    int err = layout ? 0 : ERR_NO_MEMORY;
    if (err == 0) {
        usher__v1__seat_map__pack(map, layout);
        err = hall_export(view_of(layout, len), format, &out);
    }
    if (err == 0 && fwrite(buf_view(&out).at, 1, out.len, stdout) != out.len)
        err = ERR_UNAVAILABLE;
    buf_release(&out);
    free(layout);
    return err == 0 ? CMD_OK : cmd_fail("hall export", CMD_FALSE, "%s", err_text(err));
}

static int export(struct session *session, void *arg)
{
    struct hall_values *values = arg;
    static const char *const names[] = {"pretix", "csv", "svg"};
    uint64_t hall_id = 0;
    size_t format = 0;
    while (format < 3 && strcmp(values->format, names[format]) != 0)
        format++;
    if (format == 3)
        return cmd_fail("hall export", CMD_USAGE, "--format is pretix, csv or svg");
    if (!view_to_u64(view_str(values->path), UINT32_MAX, &hall_id))
        return cmd_fail("hall export", CMD_USAGE, "a hall is named by its id: usher hall list");
    Usher__V1__ListHallsRequest request = USHER__V1__LIST_HALLS_REQUEST__INIT;
    const Usher__V1__ListHallsResponse *halls;
    int code = session_call(session, list_halls, &request, &halls);
    if (code != CMD_OK)
        return code;
    const char *hash = find_layout(halls, hall_id);
    if (!hash)
        return cmd_fail("hall export", CMD_FALSE, "there is no hall %s", values->path);
    Usher__V1__GetSeatMapRequest wish = USHER__V1__GET_SEAT_MAP_REQUEST__INIT;
    const Usher__V1__SeatMap *map;
    wish.layout_hash = (char *)hash;
    code = session_call(session, get_seat_map, &wish, &map);
    return code == CMD_OK ? write_out(map, (enum hall_format)format) : code;
}

static const struct conf_option export_options[] = {
    {"format", CONF_STR, offsetof(struct hall_values, format), "pretix", 1, 10,
     .help = "pretix (JSON), csv or svg"},
    SESSION_OPTIONS(struct hall_values, session),
};
static const struct conf_table export_table = {
    .command = "usher hall export",
    .summary = "Writes a hall as a seating plan to standard output.\nImported again it is the same "
               "hall; a CSV has no drawings.",
    .positional = "ID",
    .positional_min = 1,
    .positional_max = 1,
    .options = export_options,
    .option_count = sizeof(export_options) / sizeof(export_options[0]),
};

static int export_command(int argc, char **argv)
{
    struct hall_values values = {0};
    struct conf conf;
    int code = cmd_options(&export_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.path = conf.positional[0];
    code = session_run("hall export", &values.session, SESSION_ORGANISER, export, &values);
    conf_release(&conf);
    return code;
}

const struct cmd hall_commands[HALL_COMMANDS] = {
    {"import", "a seating plan, JSON, CSV or SVG, from a file", import_command,
     .table = &import_table},
    {"generate", "a plausible hall of 1 to 100,000 places", generate_command,
     .table = &generate_table},
    {"list", "the halls of a server", list_command, .table = &list_table},
    {"export", "a hall as a seating plan, JSON, CSV or SVG", export_command,
     .table = &export_table},
};
