#include "cmd/persons.h"

#include <string.h>

#include "cmd/cmd.h"
#include "err/err.h"

#define STAND_IN_SECRET "test_sk_usher" /* of usher psp, where nobody says otherwise */

static int no_memory(void)
{
    return cmd_fail("serve", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
}

/* Both dialects of usher psp. */
static int stand_in(const struct providers_values *pay, struct arena *arena,
                    struct auth_person_service *ret_services, uint32_t *ret_count)
{
    static const char *const names[] = {"portone", "twilio"};
    const char *pages = pay->psp_public_url ? pay->psp_public_url : pay->psp;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct auth_person_service *service = &ret_services[(*ret_count)++];
        *service = (struct auth_person_service){
            .name = names[i],
            .base_url = arena_printf(arena, "%s/%s", pay->psp, names[i]),
            .client = "usher",
            .secret = i == 0 ? STAND_IN_SECRET : "usher:" STAND_IN_SECRET,
            .messages_url = arena_printf(arena, "%s/messages", pages)};
        if (!service->base_url || !service->messages_url)
            return no_memory();
    }
    return CMD_OK;
}

/* One kind is proved by one service. */
static bool has_kind(const struct auth_person_service *services, uint32_t count, uint32_t kind)
{
    for (uint32_t i = 0; i < count; i++) {
        if (auth_person_kind(services[i].name) == kind)
            return true;
    }
    return false;
}

int persons_read(const struct serve_values *values, struct arena *arena,
                 struct auth_person_service ret_services[AUTH_PERSONS_MAX], uint32_t *ret_count)
{
    struct auth_provider named[AUTH_PROVIDERS_MAX];
    uint32_t count = 0;
    *ret_count = 0;
    int code = oidc_read("person", values->person, arena, named, &count);
    for (uint32_t i = 0; code == CMD_OK && i < count; i++) {
        const uint32_t kind = auth_person_kind(named[i].name);
        if (kind == 0)
            return cmd_fail("serve", CMD_USAGE, "--person %s: the service is portone or twilio",
                            named[i].name);
        if (has_kind(ret_services, *ret_count, kind))
            return cmd_fail("serve", CMD_USAGE, "--person %s: it is there twice", named[i].name);
        if (!named[i].secret)
            return cmd_fail("serve", CMD_USAGE, "--person %s: its secret is missing",
                            named[i].name);
        ret_services[(*ret_count)++] = (struct auth_person_service){.name = named[i].name,
                                                                    .base_url = named[i].issuer,
                                                                    .client = named[i].client_id,
                                                                    .secret = named[i].secret};
    }
    if (code == CMD_OK && count == 0 && values->pay.psp)
        code = stand_in(&values->pay, arena, ret_services, ret_count);
    return code;
}
