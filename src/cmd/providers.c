#include "cmd/providers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "err/err.h"

#define TOSS_URL       "https://api.tosspayments.com"
#define PSP_SECRET_KEY "test_sk_usher" /* of usher psp, where nobody says otherwise */
#define KEY_LINE_MAX   512

/* The file's one line. */
static int read_key(const char *option, const char *path, struct arena *arena, const char **ret_key)
{
    char line[KEY_LINE_MAX];
    FILE *file = fopen(path, "re");
    if (!file)
        return cmd_fail("serve", CMD_FALSE, "--%s %s: %s", option, path, strerrordesc_np(errno));
    const bool read = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    line[read ? strcspn(line, "\r\n \t") : 0] = '\0';
    if (line[0] == '\0')
        return cmd_fail("serve", CMD_FALSE, "--%s %s: the file's first line is no key", option,
                        path);
    *ret_key = arena_copy(arena, view_str(line));
    return *ret_key ? CMD_OK : cmd_fail("serve", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
}

static int add_psp(const char *url, struct arena *arena, struct payment_provider *provider)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return cmd_fail("serve", CMD_USAGE, "--psp %s: write http://HOST:PORT", url);
    const size_t len = strlen(url);
    *provider = (struct payment_provider){
        .name = "toss",
        .base_url =
            arena_printf(arena, "%.*s/toss", (int)(url[len - 1] == '/' ? len - 1 : len), url),
        .secret_key = PSP_SECRET_KEY,
        .test_money = true,
    };
    return provider->base_url ? CMD_OK
                              : cmd_fail("serve", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
}

int providers_read(const struct providers_values *values, struct arena *arena,
                   struct payment_provider *ret_providers, uint32_t *ret_count)
{
    int code = CMD_OK;
    *ret_count = 0;
    if (values->psp && values->toss_key)
        return cmd_fail("serve", CMD_USAGE,
                        "--psp is test money, --toss-key is real: give one of them");
    if (values->psp)
        code = add_psp(values->psp, arena, &ret_providers[(*ret_count)++]);
    if (code == CMD_OK && values->toss_key) {
        struct payment_provider *toss = &ret_providers[(*ret_count)++];
        *toss = (struct payment_provider){
            .name = "toss", .base_url = TOSS_URL, .public_key = values->toss_client_key};
        if (!values->toss_client_key)
            return cmd_fail("serve", CMD_USAGE, "--toss-key needs --toss-client-key");
        code = read_key("toss-key", values->toss_key, arena, &toss->secret_key);
    }
    return code;
}
