/* usher device: scanning devices of the doors: made, listed, ended. */
#include "cmd/device.h"

#include <stdio.h>

#include "cmd/session.h"
#include "cmd/when.h"
#include "codec/json.h"
#include "err/err.h"
#include "mem/buf.h"
#include "term/sheet.h"
#include "usher/v1/auth.pb-c.h"

#define HANDSHAKE_MAX 2048 /* bytes */

#define ask(session, method, request, ret_response)                                                \
    session_call_of(session, &usher__v1__auth_service__descriptor, Usher__V1__AuthService, method, \
                    request, ret_response)

struct device_values {
    struct session_values session;
    int64_t organiser;
    const char *gate;
    const char *what; /* positional */
};

/* What the app reads as a QR code: where to go, and with which token. */
static int print_handshake(const char *url, const char *token)
{
    struct buf out;
    buf_init(&out, HANDSHAKE_MAX);
    int err = buf_append_view(&out, VIEW_LIT("{\"handshake_version\":1,\"url\":"));
    if (err == 0)
        err = json_write_string(view_str(url), &out);
    if (err == 0)
        err = buf_append_view(&out, VIEW_LIT(",\"token\":"));
    if (err == 0)
        err = json_write_string(view_str(token), &out);
    if (err == 0)
        printf("%.*s}\n", VIEW_ARG(buf_view(&out)));
    buf_release(&out);
    return err == 0 ? CMD_OK : cmd_fail("device create", CMD_FALSE, "%s", err_text(err));
}

static int device_create(struct session *session, void *arg)
{
    struct device_values *values = arg;
    Usher__V1__CreateDeviceRequest request = USHER__V1__CREATE_DEVICE_REQUEST__INIT;
    const Usher__V1__Device *device;
    request.organiser_id = (uint32_t)values->organiser;
    request.name = (char *)values->what;
    request.gate = (char *)values->gate;
    int code = ask(session, create_device, &request, &device);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, device) : code;
    fprintf(stderr,
            "Device %u. Set it up once: type the address and the token into the app, or show it "
            "this line as a QR code.\n",
            device->device_id);
    return print_handshake(values->session.url, device->setup_token);
}

static int device_list(struct session *session, void *arg)
{
    static const char *const heads[] = {"id", "name", "gate", "set up", "runs", "last used"};
    struct device_values *values = arg;
    Usher__V1__ListDevicesRequest request = USHER__V1__LIST_DEVICES_REQUEST__INIT;
    const Usher__V1__ListDevicesResponse *answer;
    struct sheet sheet;
    request.organiser_id = (uint32_t)values->organiser;
    int code = ask(session, list_devices, &request, &answer);
    if (code != CMD_OK || values->session.json)
        return code == CMD_OK ? session_print_json(session, answer) : code;
    sheet_init(&sheet, "rlllll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_devices; i++) {
        const Usher__V1__Device *device = answer->devices[i];
        char set_up[WHEN_TEXT_MAX] = "not yet", used[WHEN_TEXT_MAX] = "not since the start";
        if (device->initialized_at_ms)
            when_format(device->initialized_at_ms, set_up);
        if (device->used_at_ms)
            when_format(device->used_at_ms, used);
        sheet_put(&sheet, "%u", device->device_id);
        sheet_put(&sheet, "%s", device->name);
        sheet_put(&sheet, "%s", device->gate);
        sheet_put(&sheet, "%s", device->revoked ? "revoked" : set_up);
        sheet_put(&sheet, "%s %s", device->about->software_brand, device->about->software_version);
        sheet_put(&sheet, "%s", used);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static int device_revoke(struct session *session, void *arg)
{
    struct device_values *values = arg;
    Usher__V1__RevokeDeviceRequest request = USHER__V1__REVOKE_DEVICE_REQUEST__INIT;
    const Usher__V1__Device *device;
    uint64_t id;
    if (!view_to_u64(view_str(values->what), UINT32_MAX, &id))
        return cmd_fail("device revoke", CMD_USAGE,
                        "%s: write the number of a device, as usher "
                        "device list tells it",
                        values->what);
    request.organiser_id = (uint32_t)values->organiser;
    request.device_id = (uint32_t)id;
    int code = ask(session, revoke_device, &request, &device);
    return code == CMD_OK && values->session.json ? session_print_json(session, device) : code;
}

/* ---- the words ---- */

#define ORGANISER_OPTION                                                                           \
    {                                                                                              \
        "organiser", CONF_INT, offsetof(struct device_values, organiser), "1", 1, UINT32_MAX,      \
            .help = "the organiser's number; 1 is there from the beginning"                        \
    }
#define TABLE(options_)                                                                            \
    .options = (options_), .option_count = sizeof(options_) / sizeof(options_[0])
#define ONE(name_) .positional = (name_), .positional_min = 1, .positional_max = 1

static const struct conf_option create_options[] = {
    {"gate", CONF_STR, offsetof(struct device_values, gate), "",
     .help = "the gate under which its scans are counted; without this option, the device's name"},
    ORGANISER_OPTION,
    SESSION_OPTIONS(struct device_values, session),
};
static const struct conf_option list_options[] = {ORGANISER_OPTION,
                                                  SESSION_OPTIONS(struct device_values, session)};

static const struct conf_table create_table = {
    .command = "usher device create",
    .summary = "Makes a scanning device of the doors, and prints what sets it up: for pretixSCAN, "
               "and what\nelse speaks the device API of pretix.",
    ONE("NAME"),
    TABLE(create_options)};
static const struct conf_table list_table = {.command = "usher device list",
                                             .summary = "Lists an organiser's scanning devices.",
                                             TABLE(list_options)};
static const struct conf_table revoke_table = {.command = "usher device revoke",
                                               .summary = "Ends a scanning device at once.",
                                               ONE("ID"),
                                               TABLE(list_options)};

static int run(const struct conf_table *table, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct device_values values = {0};
    return session_command(table, argc, argv, &values, &values.session, &values.what, body);
}

#define COMMAND(name)                                                                              \
    static int name##_command(int argc, char **argv)                                               \
    {                                                                                              \
        return run(&name##_table, argc, argv, device_##name);                                      \
    }
COMMAND(create)
COMMAND(list)
COMMAND(revoke)

const struct cmd device_commands[DEVICE_COMMANDS] = {
    {"create", "make one, and print what sets it up", create_command, .table = &create_table},
    {"list", "an organiser's devices", list_command, .table = &list_table},
    {"revoke", "end one at once", revoke_command, .table = &revoke_table},
};
