/* Where the monitor ships to: --elastic or --logstash, and what it shows there. */
#include <stdio.h>
#include <string.h>

#include "cmd/roles.h"
#include "codec/base64.h"
#include "svc/monitor/monitor.h"

static int read_credentials(struct house *house)
{
    const char *path = house->values.elastic_auth;
    char text[256] = "", encoded[400];
    FILE *file = fopen(path, "re");
    const bool read = file && fgets(text, sizeof(text), file);
    if (file)
        fclose(file);
    text[strcspn(text, "\r\n")] = '\0';
    if (!read || !text[0])
        return cmd_fail("serve", CMD_FALSE,
                        "--elastic-auth %s: it should hold one line, user:password or ApiKey KEY",
                        path);
    if (strncmp(text, "ApiKey ", 7) == 0) {
        snprintf(house->elastic_field, sizeof(house->elastic_field), "Authorization: %s", text);
        return CMD_OK;
    }
    encoded[base64_write(view_str(text), BASE64_PADDED, encoded)] = '\0';
    snprintf(house->elastic_field, sizeof(house->elastic_field), "Authorization: Basic %s",
             encoded);
    return CMD_OK;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

int shipping_check_url(const char *option, const char *url, const char *auth, bool may_be_tcp)
{
    const char *host = url && strstr(url, "://") ? strstr(url, "://") + 3 : "";
    const size_t len = strcspn(host, "/?#");
    if (!url)
        return CMD_OK;
    if (!begins(url, "http://") && !begins(url, "https://") &&
        !(may_be_tcp && begins(url, "tcp://")))
        return cmd_fail("serve", CMD_USAGE, "--%s %s: it should begin with http:// or https://%s",
                        option, url, may_be_tcp ? ", or with tcp://" : "");
    if (memchr(host, '@', len)) /* the sentence does not repeat it */
        return cmd_fail("serve", CMD_USAGE,
                        "--%s: who signs in stands in the file of --%s, not in the address, which "
                        "is logged",
                        option, auth);
    if (len == 0 || strpbrk(host, "?#") || url[strlen(url) - 1] == '/')
        return cmd_fail("serve", CMD_USAGE,
                        "--%s %s: it should be SCHEME://HOST:PORT and end there", option, url);
    return CMD_OK;
}

int shipping_options(struct house *house, struct monitor_options *options)
{
    const struct serve_values *values = &house->values;
    const char *url = values->elastic ? values->elastic : values->logstash;
    if (values->elastic && values->logstash)
        return cmd_fail("serve", CMD_USAGE,
                        "--elastic and --logstash: records are shipped to one of them; Logstash "
                        "passes them on to Elasticsearch");
    int code = shipping_check_url(values->elastic ? "elastic" : "logstash", url, "elastic-auth",
                                  values->logstash);
    if (code != CMD_OK)
        return code;
    if (values->elastic_auth && read_credentials(house) != CMD_OK)
        return CMD_FALSE;
    options->elastic_url = values->elastic;
    options->logstash_url = values->logstash;
    options->ship_authorization = house->elastic_field[0] ? house->elastic_field : NULL;
    options->ship_ca = values->elastic_ca;
    return CMD_OK;
}
