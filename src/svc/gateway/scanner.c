#include "svc/gateway/scanner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/percent.h"
#include "codec/tree.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "fiber/loop.h"
#include "paper/words.h"
#include "svc/gateway/scanning.h"

/* The release whose API this is, as the app asks for it: it does less with an older one. */
#define SPOKEN_VERSION "2026.8.0"
#define SPOKEN_NUMERIC INT64_C(20260080005000)

#define TYPE   "application/json"
#define GUARDS "X-Content-Type-Options: nosniff\r\nAllow: GET, POST, HEAD, OPTIONS\r\n"
#define ASKS   GUARDS "WWW-Authenticate: Device\r\n"

/* ---- what the files of the scanner share ---- */

void visit_answer(struct visit *v, int status, json_t *answer)
{
    json_decref(v->answer);
    v->status = answer ? status : 500;
    v->answer = answer;
}

void visit_refuse(struct visit *v, int status, const char *detail)
{
    visit_answer(v, status, json_pack("{s:s}", "detail", detail));
}

void visit_not_found(struct visit *v)
{
    visit_refuse(v, 404, "Not found.");
}

void visit_failed(struct visit *v, const struct call_status *status)
{
    if (status->code == CODE_NOT_FOUND)
        visit_not_found(v);
    else if (status->code == CODE_PERMISSION_DENIED || status->code == CODE_UNAUTHENTICATED)
        visit_refuse(v, 403, "You do not have permission to perform this action.");
    else
        visit_refuse(v, code_http(status->code), status->message);
}

void visit_answer_list(struct visit *v, json_t *results)
{
    visit_answer(v, 200,
                 json_pack("{s:I,s:n,s:n,s:o}", "count", (json_int_t)json_array_size(results),
                           "next", "previous", "results", results));
}

struct client visit_client(const struct visit *v, const ProtobufCServiceDescriptor *service)
{
    struct client client;
    client_init(&client, v->scanner->services, service, v->ask->arena);
    client.identity = &v->identity;
    client.metadata = v->ask->metadata;
    client.deadline_ns = v->ask->deadline_ns;
    return client;
}

bool visit_is_post(const struct visit *v)
{
    return view_eq(v->ask->method, VIEW_LIT("POST"));
}

const char *visit_query(const struct visit *v, const char *name)
{
    struct view value;
    if (!query_find(v->ask->query, view_str(name), &value))
        return "";
    size_t len;
    char *text = arena_alloc(v->ask->arena, value.len + 1);
    if (!text || query_read(value, text, &len) != 0)
        return "";
    text[len] = '\0';
    return text;
}

const char *visit_text(const struct visit *v, const char *name)
{
    const char *text = json_string_value(json_object_get(v->body, name));
    return text ? text : "";
}

int64_t scanning_now_ms(void)
{
    return clock_wall_ms(loop_clock(sched_loop(sched_current())));
}

json_t *scanning_time(int64_t at_ms)
{
    if (at_ms == 0)
        return json_null();
    const struct paper_clock c = paper_clock_at(at_ms, 0);
    return json_sprintf("%04" PRId64 "-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour,
                        c.minute, c.second);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible
 * low-level date algorithms", days_from_civil). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* So many digits at *at, which moves behind them and the character that follows. -1: they are not
 * there. */
static int64_t take_number(struct view *at, size_t digits, char follows)
{
    uint64_t number;
    if (at->len < digits + (follows != 0) || (follows && at->at[digits] != follows) ||
        !view_to_u64(view_of(at->at, digits), 9999, &number))
        return -1;
    view_skip(at, digits + (follows != 0));
    return (int64_t)number;
}

/* "Z", "+09:00" in seconds. False: neither. */
static bool take_away(struct view at, int64_t *ret_s)
{
    const bool west = at.len > 0 && at.at[0] == '-';
    *ret_s = 0;
    if (view_eq(at, VIEW_LIT("Z")))
        return true;
    if (at.len != 6 || (!west && at.at[0] != '+'))
        return false;
    view_skip(&at, 1);
    const int64_t hours = take_number(&at, 2, ':'), minutes = take_number(&at, 2, 0);
    *ret_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

/* "2026-12-24T19:30:00.123456+09:00" */
int64_t scanning_read_time(const char *text)
{
    struct view at = view_str(text);
    int64_t away;
    const int64_t year = take_number(&at, 4, '-'), month = take_number(&at, 2, '-'),
                  day = take_number(&at, 2, 'T'), hour = take_number(&at, 2, ':'),
                  minute = take_number(&at, 2, ':'), second = take_number(&at, 2, 0);
    if (at.len > 0 && at.at[0] == '.') {
        view_skip(&at, 1);
        while (at.len > 0 && at.at[0] >= '0' && at.at[0] <= '9')
            view_skip(&at, 1);
    }
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60 || !take_away(at, &away))
        return 0;
    return (days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - away) * 1000;
}

const char *visit_url(const struct visit *v, const char *path)
{
    const char *site = v->scanner->public_url;
    const struct view host = plain_field(v->ask, VIEW_LIT("host"));
    const char *url = site ? arena_printf(v->ask->arena, "%s%s", site, path)
                           : arena_printf(v->ask->arena, "http://%.*s%s", VIEW_ARG(host), path);
    return url ? url : path;
}

/* ---- a device ---- */

static json_t *device_json(const Usher__V1__Device *device)
{
    json_t *gate = strcmp(device->gate, device->name) == 0
                       ? json_null()
                       : json_pack("{s:I,s:s,s:s}", "id", (json_int_t)device->device_id, "name",
                                   device->gate, "identifier", device->gate);
    return json_pack("{s:o,s:I,s:s,s:s*,s:s,s:s,s:o}", "organizer",
                     json_sprintf("%" PRIu32, device->organiser_id), "device_id",
                     (json_int_t)device->device_id, "unique_serial", device->serial, "api_token",
                     device->api_token[0] ? device->api_token : NULL, "name", device->name,
                     "security_profile", "pretixscan", "gate", gate);
}

/* With the token that it shows, which we do not keep. */
static void answer_device(struct visit *v, const Usher__V1__Device *device, struct view token)
{
    json_t *json = device_json(device);
    if (json && !device->api_token[0])
        json_object_set_new(json, "api_token", json_stringn(token.at, token.len));
    visit_answer(v, 200, json);
}

/* What it says of itself. False: a field is missing, as the answer says. */
static bool read_about(struct visit *v, bool initializing, Usher__V1__DeviceAbout *about)
{
    static const char *const wanted[] = {"token", "hardware_brand", "hardware_model",
                                         "software_brand", "software_version"};
    json_t *missing = json_object();
    for (size_t i = initializing ? 0 : 1; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        const json_t *value = json_object_get(v->body, wanted[i]);
        const char *why = !value                       ? "This field is required."
                          : json_is_null(value)        ? "This field may not be null."
                          : !json_string_length(value) ? "This field may not be blank."
                          : json_string_length(value) > 190
                              ? "Ensure this field has no more than 190 characters."
                              : NULL;
        if (why)
            json_object_set_new(missing, wanted[i], json_pack("[s]", why));
    }
    usher__v1__device_about__init(about);
    about->hardware_brand = (char *)visit_text(v, "hardware_brand");
    about->hardware_model = (char *)visit_text(v, "hardware_model");
    about->os_name = (char *)visit_text(v, "os_name");
    about->os_version = (char *)visit_text(v, "os_version");
    about->software_brand = (char *)visit_text(v, "software_brand");
    about->software_version = (char *)visit_text(v, "software_version");
    if (json_object_size(missing) == 0) {
        json_decref(missing);
        return true;
    }
    visit_answer(v, 400, missing);
    return false;
}

static void initialize(struct visit *v)
{
    Usher__V1__InitializeDeviceRequest ask = USHER__V1__INITIALIZE_DEVICE_REQUEST__INIT;
    Usher__V1__DeviceAbout about;
    const Usher__V1__Device *device;
    struct client auth = visit_client(v, &usher__v1__auth_service__descriptor);
    if (!read_about(v, true, &about))
        return;
    ask.setup_token = (char *)visit_text(v, "token");
    ask.about = &about;
    if (client_call(&auth, Usher__V1__AuthService, initialize_device, &ask, &device) == 0)
        visit_answer(v, 200, device_json(device));
    else if (auth.status.detail && strcmp(auth.status.detail->field, "setup_token") == 0)
        visit_answer(v, 400, json_pack("{s:[s]}", "token", auth.status.message));
    else
        visit_failed(v, &auth.status);
}

static void change(struct visit *v, struct view token, bool about_it, bool roll, bool revoke)
{
    Usher__V1__ChangeOwnDeviceRequest ask = USHER__V1__CHANGE_OWN_DEVICE_REQUEST__INIT;
    Usher__V1__DeviceAbout about;
    const Usher__V1__Device *device;
    struct client auth = visit_client(v, &usher__v1__auth_service__descriptor);
    if (about_it && !read_about(v, false, &about))
        return;
    ask.about = about_it ? &about : NULL;
    ask.roll = roll;
    ask.revoke = revoke;
    if (client_call(&auth, Usher__V1__AuthService, change_own_device, &ask, &device) == 0)
        answer_device(v, device, token);
    else
        visit_failed(v, &auth.status);
}

static json_t *version_json(void)
{
    return json_pack("{s:s,s:I}", "pretix", SPOKEN_VERSION, "pretix_numeric",
                     (json_int_t)SPOKEN_NUMERIC);
}

static void inform(struct visit *v, struct view token)
{
    json_t *device = device_json(v->device);
    if (device)
        json_object_set_new(device, "api_token", json_stringn(token.at, token.len));
    visit_answer(v, 200,
                 json_pack("{s:o,s:{s:o},s:[]}", "device", device, "server", "version",
                           version_json(), "medium_key_sets"));
}

/* Finds out which device asks. False: the answer says why it is none. */
static bool find_device(struct visit *v, struct view *ret_token)
{
    static const struct view scheme = {.at = "Device ", .len = 7};
    const struct view shown = plain_field(v->ask, VIEW_LIT("authorization"));
    const Usher__V1__GetOwnDeviceRequest ask = USHER__V1__GET_OWN_DEVICE_REQUEST__INIT;
    struct client auth = visit_client(v, &usher__v1__auth_service__descriptor);
    if (shown.len <= scheme.len || !view_eq_nocase(view_of(shown.at, scheme.len), scheme)) {
        visit_refuse(v, 401, "Authentication credentials were not provided.");
        return false;
    }
    *ret_token = view_of(shown.at + scheme.len, shown.len - scheme.len);
    const char *bearer = arena_printf(v->ask->arena, "Bearer %.*s", VIEW_ARG(*ret_token));
    const struct credentials credentials = {.authorization = view_str(bearer ? bearer : ""),
                                            .address = v->ask->address};
    if (v->scanner->identify(v->scanner->state, &credentials, &v->identity) != 0) {
        visit_refuse(v, 401, "Invalid token.");
        return false;
    }
    if (client_call(&auth, Usher__V1__AuthService, get_own_device, &ask, &v->device) != 0) {
        if (auth.status.code == CODE_NOT_FOUND)
            visit_refuse(v, 401, "Invalid token.");
        else
            visit_failed(v, &auth.status);
        return false;
    }
    if (v->device->revoked)
        visit_refuse(v, 401, "Device access has been revoked.");
    return !v->device->revoked;
}

/* ---- which ---- */

static bool is_part(const struct visit *v, size_t i, const char *word)
{
    return i < v->part_count && view_eq(v->parts[i], view_str(word));
}

static void split_path(struct visit *v)
{
    struct view rest = v->ask->path;
    view_skip(&rest, sizeof(SCANNER_PATH) - 1);
    while (rest.len > 0 && v->part_count < SCANNING_PARTS_MAX) {
        const char *slash = memchr(rest.at, '/', rest.len);
        const size_t len = slash ? (size_t)(slash - rest.at) : rest.len;
        struct view *part = &v->parts[v->part_count++];
        char *text = arena_alloc(v->ask->arena, len + 1);
        *part = view_of(text, text ? percent_read(view_of(rest.at, len), text) : 0);
        view_skip(&rest, slash ? len + 1 : len);
    }
}

static void answer_device_path(struct visit *v, struct view token)
{
    const bool post = visit_is_post(v);
    if (is_part(v, 1, "info") && !post)
        inform(v, token);
    else if (is_part(v, 1, "eventselection") && !post)
        visit_select(v);
    else if (is_part(v, 1, "update") && post)
        change(v, token, true, false, false);
    else if (is_part(v, 1, "roll") && post)
        change(v, token, false, true, false);
    else if (is_part(v, 1, "revoke") && post)
        change(v, token, false, false, true);
    else
        visit_not_found(v);
}

/* checkinrpc/search: list=1&search=kim */
static void search(struct visit *v)
{
    const Usher__V1__Performance *p = visit_performance(v, view_str(visit_query(v, "list")));
    if (p)
        visit_search(v, p);
    else
        visit_answer(v, 403,
                     json_pack("{s:o}", "detail",
                               json_sprintf("You requested lists that do not exist or that you do "
                                            "not have access to: %s",
                                            visit_query(v, "list"))));
}

static void answer_organizer_path(struct visit *v)
{
    char own[16];
    snprintf(own, sizeof(own), "%" PRIu32, v->device->organiser_id);
    if (v->part_count > 1 && !is_part(v, 1, own))
        visit_refuse(v, 403, "You do not have permission to perform this action.");
    else if (is_part(v, 2, "checkinrpc") && is_part(v, 3, "redeem") && visit_is_post(v))
        visit_redeem(v, (struct view){0}, (struct view){0});
    else if (is_part(v, 2, "checkinrpc") && is_part(v, 3, "search") && !visit_is_post(v))
        search(v);
    else if (!visit_events(v))
        visit_not_found(v);
}

static void answer(struct visit *v)
{
    struct view token;
    split_path(v);
    if (is_part(v, 0, "device") && is_part(v, 1, "initialize") && visit_is_post(v))
        initialize(v);
    else if (!find_device(v, &token))
        return;
    else if (is_part(v, 0, "version"))
        visit_answer(v, 200, version_json());
    else if (is_part(v, 0, "device"))
        answer_device_path(v, token);
    else if (is_part(v, 0, "organizers"))
        answer_organizer_path(v);
    else
        visit_not_found(v);
}

static void fill_page(struct visit *v, struct page *ret_page)
{
    char *text = v->answer ? json_dumps(v->answer, JSON_COMPACT) : NULL;
    const char *body = text ? arena_copy(v->ask->arena, view_str(text)) : NULL;
    *ret_page = (struct page){.status = v->status,
                              .type = body ? TYPE : NULL,
                              .headers = v->status == 401 ? ASKS : GUARDS,
                              .body = view_str(body ? body : "")};
    if (v->answer && !body)
        ret_page->status = 500;
    free(text);
}

void scanner_page(void *scanner, const struct plain_request *ask, struct page *ret_page)
{
    const bool post = view_eq(ask->method, VIEW_LIT("POST"));
    json_t *body = post ? tree_read(ask->body, 0, NULL) : NULL;
    struct visit v = {
        .scanner = scanner, .ask = ask, .body = json_is_object(body) ? body : NULL, .status = 500};
    if (!post && !view_eq(ask->method, VIEW_LIT("GET")) && !view_eq(ask->method, VIEW_LIT("HEAD")))
        visit_answer(
            &v, 405,
            json_pack("{s:o}", "detail",
                      json_sprintf("Method \"%.*s\" not allowed.", VIEW_ARG(ask->method))));
    else if (post && ask->body.len > 0 && !v.body)
        visit_refuse(&v, 400, "JSON parse error");
    else
        answer(&v);
    fill_page(&v, ret_page);
    json_decref(v.answer);
    json_decref(body);
}
