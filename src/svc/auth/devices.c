/* AuthService: devices that scan at the doors, from their making to their end. */
#include "store/devices.h"
#include "codec/base32.h"
#include "err/err.h"
#include "mem/utf8.h"
#include "svc/auth/handlers.h"
#include "token/api.h"
#include "token/roles.h"

CALL_HANDLER(auth_change_own_device);
CALL_HANDLER(auth_create_device);
CALL_HANDLER(auth_get_own_device);
CALL_HANDLER(auth_initialize_device);
CALL_HANDLER(auth_list_devices);
CALL_HANDLER(auth_revoke_device);

#define TOKEN_LIFE_MS (10 * 365 * INT64_C(86400000)) /* a device ends when it is revoked */
#define SETUP_BYTES   15
#define SETUP_CHARS   BASE32_CHARS(SETUP_BYTES)

static char *copy(struct call *call, struct view text)
{
    return arena_copy(call_arena(call), text);
}

static int answer_about(struct call *call, const struct device_about *about,
                        Usher__V1__Device *answer)
{
    Usher__V1__DeviceAbout *a = arena_alloc(call_arena(call), sizeof(*a));
    if (!a)
        return ERR_NO_MEMORY;
    usher__v1__device_about__init(a);
    a->hardware_brand = copy(call, about->hardware_brand);
    a->hardware_model = copy(call, about->hardware_model);
    a->os_name = copy(call, about->os_name);
    a->os_version = copy(call, about->os_version);
    a->software_brand = copy(call, about->software_brand);
    a->software_version = copy(call, about->software_version);
    answer->about = a;
    return a->hardware_brand && a->hardware_model && a->os_name && a->os_version &&
                   a->software_brand && a->software_version
               ? 0
               : ERR_NO_MEMORY;
}

static int answer_device(struct call *call, const struct device *device, Usher__V1__Device *answer)
{
    answer->device_id = device->device_id;
    answer->organiser_id = device->organiser_id;
    answer->organiser_name = copy(call, device->organiser_name);
    answer->name = copy(call, device->name);
    answer->gate = copy(call, device->gate.len > 0 ? device->gate : device->name);
    answer->serial = auth_format_id(call_arena(call), device->serial);
    answer->created_at_ms = device->created_at_ms;
    answer->initialized_at_ms = device->initialized_at_ms;
    answer->revoked = device->revoked;
    if (!id_is_zero(device->token_id))
        answer->used_at_ms = roster_token_used(&auth_of(call)->roster, device->token_id);
    return answer->organiser_name && answer->name && answer->gate && answer->serial
               ? answer_about(call, &device->about, answer)
               : ERR_NO_MEMORY;
}

/* ---- managers ---- */

int auth_create_device(struct call *call, const void *request, void *response)
{
    const Usher__V1__CreateDeviceRequest *wish = request;
    Usher__V1__Device *answer = response;
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "device.create", wish->name);
    struct device device = {.organiser_id = wish->organiser_id,
                            .created_at_ms = clock_wall_ms(auth->clock)};
    uint8_t secret[SETUP_BYTES], hash[SHA256_BYTES];
    device.serial = chance_id_at(auth->chance, device.created_at_ms);
    if (!auth_may_give(call_identity(call), wish->organiser_id))
        return auth_fail_team(call);
    if (auth_read_name(call, wish->name, &device.name))
        return 1;
    if (wish->gate[0] && auth_read_name(call, wish->gate, &device.gate))
        return 1;
    auth->chance->fill(auth->chance, secret, sizeof(secret));
    answer->setup_token = arena_alloc(call_arena(call), SETUP_CHARS + 1);
    if (!answer->setup_token)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    base32_write(view_of((const char *)secret, sizeof(secret)), answer->setup_token);
    sha256(view_str(answer->setup_token), hash);
    int err = device_add(auth->sql, &device, hash, &act, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "organiser_id",
                         "there is no such organiser");
    if (err == ERR_FULL)
        return auth_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "there are as many devices as there may be: revoke some");
    if (!err)
        err = answer_device(call, &device, answer);
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_list_devices(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListDevicesRequest *wish = request;
    Usher__V1__ListDevicesResponse *answer = response;
    struct arena *arena = call_arena(call);
    struct device *devices;
    size_t count;
    if (!auth_may_give(call_identity(call), wish->organiser_id))
        return auth_fail_team(call);
    int err = device_list(auth_of(call)->sql, wish->organiser_id, arena, &devices, &count,
                          call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    Usher__V1__Device *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->devices = arena_alloc(arena, count * sizeof(*answer->devices));
    if (!rows || !answer->devices)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count && !err; i++) {
        usher__v1__device__init(&rows[i]);
        err = answer_device(call, &devices[i], &rows[i]);
        answer->devices[answer->n_devices++] = &rows[i];
    }
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_revoke_device(struct call *call, const void *request, void *response)
{
    const Usher__V1__RevokeDeviceRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    const char *about = arena_printf(arena, "%u", wish->device_id);
    struct device device;
    if (!auth_may_give(call_identity(call), wish->organiser_id))
        return auth_fail_team(call);
    if (!about)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    const struct act act = auth_act(call, "device.revoke", about);
    int err = device_revoke(auth->sql, wish->organiser_id, wish->device_id, &act, arena, &device,
                            call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "device_id",
                         "this organiser has no such device, or none any more");
    if (!err)
        err = auth_load_roster(auth, arena, call_deadline_ns(call));
    if (!err)
        err = answer_device(call, &device, response);
    return err ? auth_fail_by_err(call, err) : 0;
}

/* ---- devices ---- */

/* 0, or a refusal. */
static int read_about(struct call *call, const Usher__V1__DeviceAbout *wish,
                      struct device_about *ret_about)
{
    const char *const texts[] = {wish->hardware_brand, wish->hardware_model,
                                 wish->os_name,        wish->os_version,
                                 wish->software_brand, wish->software_version};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strlen(texts[i]) > DEVICE_ABOUT_MAX)
            return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "about",
                             "each word about a device has at most 190 bytes");
    }
    *ret_about = (struct device_about){
        .hardware_brand = view_str(texts[0]),
        .hardware_model = view_str(texts[1]),
        .os_name = view_str(texts[2]),
        .os_version = view_str(texts[3]),
        .software_brand = view_str(texts[4]),
        .software_version = view_str(texts[5]),
    };
    return 0;
}

static struct api_token fresh_token(struct auth *auth)
{
    const int64_t now_ms = clock_wall_ms(auth->clock);
    return (struct api_token){.token_id = chance_id_at(auth->chance, now_ms),
                              .roles = ROLE_DOOR,
                              .created_at_ms = now_ms,
                              .expires_at_ms = now_ms + TOKEN_LIFE_MS};
}

/* Tells the device; with its API token, which holds from now on. */
static int answer_own(struct call *call, const struct device *device, bool fresh,
                      Usher__V1__Device *answer)
{
    struct auth *auth = auth_of(call);
    int err = answer_device(call, device, answer);
    if (!err)
        err = auth_load_roster(auth, call_arena(call), call_deadline_ns(call));
    if (err || !fresh)
        return err ? auth_fail_by_err(call, err) : 0;
    answer->api_token = arena_alloc(call_arena(call), API_TOKEN_CHARS + 1);
    if (!answer->api_token)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    api_token_write(auth->api_key, device->token_id, answer->api_token);
    return 0;
}

int auth_initialize_device(struct call *call, const void *request, void *response)
{
    static const Usher__V1__DeviceAbout nothing = USHER__V1__DEVICE_ABOUT__INIT;
    const Usher__V1__InitializeDeviceRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct api_token token = fresh_token(auth);
    struct act act = auth_act(call, "device.initialize", "");
    struct device_about about;
    struct device device;
    uint8_t hash[SHA256_BYTES];
    if (auth_check_address(call) || read_about(call, wish->about ? wish->about : &nothing, &about))
        return 1;
    sha256(view_str(wish->setup_token), hash);
    int err = device_set_up(auth->sql, hash, &token, &about, &act, call_arena(call), &device,
                            call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "setup_token",
                         "Unknown initialization token.");
    if (err == ERR_EXISTS)
        return auth_fail(call, CODE_FAILED_PRECONDITION, "SETUP_USED", "setup_token",
                         "This initialization token has already been used.");
    if (err == ERR_DENIED)
        return auth_fail(call, CODE_FAILED_PRECONDITION, "SETUP_USED", "setup_token",
                         "This initialization token has been revoked.");
    return err ? auth_fail_by_err(call, err) : answer_own(call, &device, true, response);
}

static int fail_no_device(struct call *call)
{
    return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", NULL, "this token is no device's");
}

/* An API token's id is the session of whoever shows it. */
static struct id own_token(struct call *call)
{
    const struct identity *identity = call_identity(call);
    return id_is_zero(identity->account_id) ? identity->session_id : (struct id){0};
}

int auth_get_own_device(struct call *call, const void *request, void *response)
{
    struct device device;
    (void)request;
    int err = device_of_token(auth_of(call)->sql, own_token(call), call_arena(call), &device,
                              call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return fail_no_device(call);
    if (!err)
        err = answer_device(call, &device, response);
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_change_own_device(struct call *call, const void *request, void *response)
{
    const Usher__V1__ChangeOwnDeviceRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct api_token token = fresh_token(auth);
    struct device_about about;
    struct device device;
    struct act act = auth_act(call,
                              wish->revoke ? "device.revoke"
                              : wish->roll ? "device.roll"
                                           : "device.update",
                              "");
    const bool roll = wish->roll && !wish->revoke;
    if (wish->about && read_about(call, wish->about, &about))
        return 1;
    const struct device_change change = {.about = wish->about ? &about : NULL,
                                         .token = roll ? &token : NULL,
                                         .revoke = wish->revoke};
    int err = device_change(auth->sql, own_token(call), &change, &act, call_arena(call), &device,
                            call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return fail_no_device(call);
    return err ? auth_fail_by_err(call, err) : answer_own(call, &device, roll, response);
}
