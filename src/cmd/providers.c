#include "cmd/providers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "err/err.h"

#define PSP_SECRET_KEY     "test_sk_usher" /* of usher psp, where nobody says otherwise */
#define PSP_CLIENT_ID      "test_client_usher"
#define PSP_WEBHOOK_SECRET "whsec_usher"
#define KEY_LINE_MAX       512

/* The file's lines, at most max of them; the first must be there. */
static int read_lines(const char *option, const char *path, struct arena *arena, size_t max,
                      const char **ret_lines)
{
    char line[KEY_LINE_MAX];
    size_t count = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return cmd_fail("serve", CMD_FALSE, "--%s %s: %s", option, path, strerrordesc_np(errno));
    while (count < max && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\r\n \t")] = '\0';
        if (line[0] != '\0')
            ret_lines[count++] = arena_copy(arena, view_str(line));
    }
    fclose(file);
    if (count == 0)
        return cmd_fail("serve", CMD_FALSE, "--%s %s: the file's first line is no key", option,
                        path);
    return ret_lines[count - 1] ? CMD_OK
                                : cmd_fail("serve", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
}

/* "url/name" in the arena; NULL, with *ret_code set after saying why. */
static const char *dialect_url(const char *option, const char *url, const char *name,
                               struct arena *arena, int *ret_code)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        *ret_code = cmd_fail("serve", CMD_USAGE, "--%s %s: write http://HOST:PORT", option, url);
        return NULL;
    }
    const size_t len = strlen(url);
    const char *text =
        arena_printf(arena, "%.*s/%s", (int)(url[len - 1] == '/' ? len - 1 : len), url, name);
    if (!text)
        *ret_code = cmd_fail("serve", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    return text;
}

/* One of the dialects that the stand-in speaks. */
static int add_psp(const struct providers_values *values, const char *name, struct arena *arena,
                   struct payment_provider *provider)
{
    int code = CMD_OK;
    *provider = (struct payment_provider){
        .name = name,
        .base_url = dialect_url("psp", values->psp, name, arena, &code),
        .secret_key = PSP_SECRET_KEY,
        .webhook_secrets = {PSP_WEBHOOK_SECRET},
        .test_money = true,
        .stand_in = true,
        .public_key = strcmp(name, "nicepay") == 0 ? PSP_CLIENT_ID : NULL,
    };
    if (code == CMD_OK && values->psp_public_url)
        provider->pages_url =
            dialect_url("psp-public-url", values->psp_public_url, name, arena, &code);
    return code;
}

static bool is_for_tests(const char *key, const char *mark)
{
    return key && strstr(key, mark) == key;
}

bool providers_are_for_tests(const struct providers_values *values)
{
    return values->psp || is_for_tests(values->toss_client_key, "test_") ||
           (values->nicepay_client && strstr(values->nicepay_url, "sandbox"));
}

static int add_toss(const struct providers_values *values, struct arena *arena,
                    struct payment_provider *toss)
{
    const char *client = values->toss_client_key;
    *toss = (struct payment_provider){
        .name = "toss", .base_url = values->toss_url, .public_key = client};
    if (!client)
        return cmd_fail("serve", CMD_USAGE, "--toss-key needs --toss-client-key");
    toss->test_money = is_for_tests(client, "test_");
    return read_lines("toss-key", values->toss_key, arena, 1, &toss->secret_key);
}

static int add_stripe(const struct providers_values *values, struct arena *arena,
                      struct payment_provider *stripe)
{
    *stripe = (struct payment_provider){.name = "stripe", .base_url = values->stripe_url};
    if (!values->stripe_webhook)
        return cmd_fail("serve", CMD_USAGE, "--stripe-key needs --stripe-webhook");
    int code = read_lines("stripe-key", values->stripe_key, arena, 1, &stripe->secret_key);
    if (code == CMD_OK)
        code = read_lines("stripe-webhook", values->stripe_webhook, arena, PAYMENT_SECRETS_MAX,
                          stripe->webhook_secrets);
    if (code == CMD_OK)
        stripe->test_money = is_for_tests(stripe->secret_key, "sk_test_");
    return code;
}

static int add_nicepay(const struct providers_values *values, struct arena *arena,
                       struct payment_provider *nicepay)
{
    *nicepay = (struct payment_provider){
        .name = "nicepay", .base_url = values->nicepay_url, .public_key = values->nicepay_client};
    if (!values->nicepay_client)
        return cmd_fail("serve", CMD_USAGE, "--nicepay-key needs --nicepay-client");
    nicepay->test_money = strstr(values->nicepay_url, "sandbox") != NULL;
    return read_lines("nicepay-key", values->nicepay_key, arena, 1, &nicepay->secret_key);
}

/* One line of --provider-accounts. */
static int add_account(const char *path, int line_number, char *line, struct arena *arena,
                       struct payment_provider *provider)
{
    char *rest = NULL, *words[6] = {0};
    struct providers_values values = {.toss_url = "https://api.tosspayments.com",
                                      .nicepay_url = "https://api.nicepay.co.kr"};
    uint64_t organiser_id = 0;
    size_t count = 0;
    for (char *word = strtok_r(line, " \t\r\n", &rest); word && count < 6;
         word = strtok_r(NULL, " \t\r\n", &rest))
        words[count++] = (char *)arena_copy(arena, view_str(word));
    if (count < 4 || count > 5 || !view_to_u64(view_str(words[0]), UINT32_MAX, &organiser_id) ||
        organiser_id == 0)
        return cmd_fail("serve", CMD_USAGE,
                        "--provider-accounts %s, line %d: write ORGANISER PROVIDER KEY-FILE "
                        "CLIENT-OR-WEBHOOK-FILE [URL]",
                        path, line_number);
    values.toss_key = values.stripe_key = values.nicepay_key = words[2];
    values.toss_client_key = values.stripe_webhook = values.nicepay_client = words[3];
    if (count == 5)
        values.toss_url = values.nicepay_url = words[4];
    int code = strcmp(words[1], "toss") == 0      ? add_toss(&values, arena, provider)
               : strcmp(words[1], "stripe") == 0  ? add_stripe(&values, arena, provider)
               : strcmp(words[1], "nicepay") == 0 ? add_nicepay(&values, arena, provider)
                                                  : cmd_fail("serve", CMD_USAGE,
                                                             "--provider-accounts %s, line %d: the "
                                                             "provider is toss, stripe or nicepay",
                                                             path, line_number);
    provider->organiser_id = (uint32_t)organiser_id;
    if (count == 5)
        provider->base_url = words[4];
    return code;
}

/* Whether an organiser has two accounts at one provider. */
static bool is_double(const struct payment_provider *providers, uint32_t count)
{
    const struct payment_provider *last = &providers[count - 1];
    for (uint32_t i = 0; i + 1 < count; i++) {
        if (providers[i].organiser_id == last->organiser_id &&
            strcmp(providers[i].name, last->name) == 0)
            return true;
    }
    return false;
}

static int read_accounts(const char *path, struct arena *arena,
                         struct payment_provider *ret_providers, uint32_t *ret_count)
{
    char line[KEY_LINE_MAX];
    int code = CMD_OK;
    FILE *file = fopen(path, "re");
    if (!file)
        return cmd_fail("serve", CMD_FALSE, "--provider-accounts %s: %s", path,
                        strerrordesc_np(errno));
    for (int number = 1; code == CMD_OK && fgets(line, sizeof(line), file); number++) {
        const size_t blank = strspn(line, " \t\r\n");
        if (line[blank] == '\0' || line[blank] == '#')
            continue;
        if (*ret_count == PAYMENT_PROVIDERS_MAX)
            code = cmd_fail("serve", CMD_USAGE, "--provider-accounts %s: %d accounts at most", path,
                            PAYMENT_PROVIDERS_MAX);
        else
            code = add_account(path, number, line, arena, &ret_providers[(*ret_count)++]);
        if (code == CMD_OK && is_double(ret_providers, *ret_count))
            code = cmd_fail("serve", CMD_USAGE,
                            "--provider-accounts %s, line %d: the organiser has an account there "
                            "already",
                            path, number);
    }
    fclose(file);
    return code;
}

int providers_read(const struct providers_values *values, struct arena *arena,
                   struct payment_provider *ret_providers, uint32_t *ret_count)
{
    int code = CMD_OK;
    *ret_count = 0;
    if (values->psp && (values->toss_key || values->stripe_key || values->nicepay_key))
        return cmd_fail("serve", CMD_USAGE,
                        "--psp is test money, --toss-key, --stripe-key and --nicepay-key are real: "
                        "not both");
    if (values->psp)
        code = add_psp(values, "toss", arena, &ret_providers[(*ret_count)++]);
    if (values->psp && code == CMD_OK)
        code = add_psp(values, "stripe", arena, &ret_providers[(*ret_count)++]);
    if (values->psp && code == CMD_OK)
        code = add_psp(values, "nicepay", arena, &ret_providers[(*ret_count)++]);
    if (values->toss_key)
        code = add_toss(values, arena, &ret_providers[(*ret_count)++]);
    if (code == CMD_OK && values->stripe_key)
        code = add_stripe(values, arena, &ret_providers[(*ret_count)++]);
    if (code == CMD_OK && values->nicepay_key)
        code = add_nicepay(values, arena, &ret_providers[(*ret_count)++]);
    return code == CMD_OK && values->accounts
               ? read_accounts(values->accounts, arena, ret_providers, ret_count)
               : code;
}
