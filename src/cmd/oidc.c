#include "cmd/oidc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "err/err.h"
#include "store/externals.h"
#include "token/key.h"

#define SECRET_MAX 8192 /* bytes of a file */
#define WORDS      3    /* of a service */

static int fail_form(const char *option, const char *words)
{
    return cmd_fail("serve", CMD_USAGE,
                    "--%s %s: write NAME=URL,CLIENT,SECRET_FILE (no file: a client without a "
                    "secret, the comma stays)",
                    option, words);
}

/* The file's text, in the arena: others must not be able to read it. */
static int read_file(const char *option, const char *path, struct arena *arena, char **ret_text)
{
    struct stat status;
    char text[SECRET_MAX + 1];
    FILE *file = fopen(path, "re");
    if (!file)
        return cmd_fail("serve", CMD_FALSE, "--%s %s: %s", option, path, strerrordesc_np(errno));
    const size_t len = fread(text, 1, SECRET_MAX, file);
    const bool known = fstat(fileno(file), &status) == 0;
    fclose(file);
    if (known && !key_file_is_private(&status))
        return cmd_fail("serve", CMD_FALSE,
                        "--%s %s may be read by others than its owner: chmod 600 %s", option, path,
                        path);
    *ret_text = arena_copy(arena, view_of(text, len));
    explicit_bzero(text, sizeof(text));
    return *ret_text ? CMD_OK : cmd_fail("serve", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
}

/* "KEY_ID TEAM_ID", a line end, and the key. */
static int split_key(const char *path, char *text, struct auth_provider *provider)
{
    char *end = strchr(text, '\n'), *blank = strchr(text, ' ');
    if (!end || !blank || blank > end || !strstr(end, "PRIVATE KEY"))
        return cmd_fail("serve", CMD_FALSE,
                        "--oidc %s: the first line is KEY_ID TEAM_ID, the others are the key (the "
                        ".p8 file)",
                        path);
    *end = *blank = '\0';
    provider->key_id = text;
    provider->team_id = blank + 1;
    provider->secret = end + 1;
    return CMD_OK;
}

static int read_secret(const char *option, const char *path, struct arena *arena,
                       struct auth_provider *provider)
{
    char *text;
    if (!path[0])
        return CMD_OK;
    int code = read_file(option, path, arena, &text);
    if (code != CMD_OK)
        return code;
    if (auth_provider_signs(provider->name))
        return split_key(path, text, provider);
    text[strcspn(text, "\r\n")] = '\0';
    provider->secret = text;
    return text[0]
               ? CMD_OK
               : cmd_fail("serve", CMD_FALSE, "--%s %s: its first line is no secret", option, path);
}

static bool is_name(const char *name)
{
    const size_t len = strlen(name);
    return len > 0 && len <= EXTERNAL_PROVIDER_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool is_issuer(const char *issuer)
{
    return (strncmp(issuer, "https://", 8) == 0 && issuer[8]) ||
           (strncmp(issuer, "http://", 7) == 0 && issuer[7]);
}

/* One service: three words. */
static int read_one(const char *option, char *words[WORDS], struct arena *arena,
                    struct auth_provider *ret_provider)
{
    char *equals = strchr(words[0], '=');
    if (!equals)
        return fail_form(option, words[0]);
    *equals = '\0';
    *ret_provider =
        (struct auth_provider){.name = words[0], .issuer = equals + 1, .client_id = words[1]};
    if (!is_name(words[0]) || !is_issuer(equals + 1) || !words[1][0])
        return fail_form(option, words[0]);
    return read_secret(option, words[2], arena, ret_provider);
}

int oidc_read(const char *option, const char *words, struct arena *arena,
              struct auth_provider ret_providers[AUTH_PROVIDERS_MAX], uint32_t *ret_count)
{
    char *rest = words ? arena_copy(arena, view_str(words)) : NULL;
    *ret_count = 0;
    if (words && !rest)
        return cmd_fail("serve", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    while (rest) {
        char *three[WORDS] = {NULL};
        for (int i = 0; i < WORDS; i++)
            three[i] = strsep(&rest, ",");
        if (!three[WORDS - 1])
            return fail_form(option, words);
        if (*ret_count == AUTH_PROVIDERS_MAX)
            return cmd_fail("serve", CMD_USAGE, "--%s: at most %d services", option,
                            AUTH_PROVIDERS_MAX);
        int code = read_one(option, three, arena, &ret_providers[(*ret_count)++]);
        if (code != CMD_OK)
            return code;
    }
    return CMD_OK;
}
