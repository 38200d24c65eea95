#include "cmd/ready.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/object.h"
#include "cmd/target.h"
#include "mem/utf8.h"

#define ASK_MS 3000

struct ready_values {
    const char *url;
    const char *tls_ca;
    bool json;
};

static const struct conf_option options[] = {
    {"url", CONF_STR, offsetof(struct ready_values, url), NULL,
     .help = "the process, http://HOST:PORT or https://HOST:PORT; without it, port 8080 of this "
             "machine, then "
             "9090"},
    {"tls-ca", CONF_PATH, offsetof(struct ready_values, tls_ca), NULL,
     .help = "roots to trust (PEM) instead of the system's, for https"},
    {"json", CONF_BOOL, offsetof(struct ready_values, json), "no",
     .help = "one JSON object instead of text, for machines"},
};

const struct conf_table ready_table = {
    .command = "usher ready",
    .summary = "Says whether a process serves: every role of it, every performance.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "Exit codes: 0 it serves, 1 it answers and does not serve, 3 nobody answers.",
};

struct answer {
    char *text; /* READY_TEXT_MAX bytes */
    size_t len;
};

/* What is longer than the room is cut: it is no answer of ours. */
static size_t keep(char *bytes, size_t size, size_t count, void *arg)
{
    struct answer *answer = arg;
    const size_t room = READY_TEXT_MAX - 1 - answer->len;
    const size_t len = size * count < room ? size * count : room;
    memcpy(answer->text + answer->len, bytes, len);
    answer->len += len;
    return size * count;
}

long ready_status(const char *url, const char *tls_ca, char ret_text[READY_TEXT_MAX])
{
    char path[1024];
    long status = 0;
    struct answer answer = {.text = ret_text};
    CURL *curl = curl_easy_init();
    memset(ret_text, 0, READY_TEXT_MAX);
    if (!curl || snprintf(path, sizeof(path), "%s/readyz", url) >= (int)sizeof(path))
        goto out;
    curl_easy_setopt(curl, CURLOPT_URL, path);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ASK_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    if (tls_ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, tls_ca);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    ret_text[strcspn(ret_text, "\r\n")] = '\0';
out:
    curl_easy_cleanup(curl);
    return status;
}

/* What the process said, as an enum cmd_exit. */
static int tell(const struct ready_values *values, const char *url, long status, const char *text)
{
    const bool serves = status == 200;
    if (status == 0)
        return target_explain("ready", url, values->tls_ca, "nobody answers there");
    if (values->json) {
        const int code =
            object_print("ready", json_pack("{s:s, s:b, s:I, s:s%}", "url", url, "serves", serves,
                                            "status", (json_int_t)status, "text", text,
                                            utf8_valid(view_str(text)) ? strlen(text) : 0));
        return code != CMD_OK || serves ? code : CMD_FALSE;
    }
    if (serves)
        printf("%s serves\n", url);
    return serves ? CMD_OK
                  : cmd_fail("ready", CMD_FALSE, "%s answers, and does not serve: %s", url, text);
}

int ready_command(int argc, char **argv)
{
    /* The ports of the README and of deploy/compose.yaml. */
    const char *usual[] = {"http://127.0.0.1:8080", "http://127.0.0.1:9090"};
    struct ready_values values = {0};
    char text[READY_TEXT_MAX];
    struct conf conf;
    long status = 0;
    int code = cmd_options(&ready_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    if (values.url && (code = target_check("ready", values.url, values.tls_ca)) != CMD_OK) {
        conf_release(&conf);
        return code;
    }
    const size_t count = values.url ? 1 : sizeof(usual) / sizeof(usual[0]);
    const char *url = values.url;
    for (size_t i = 0; i < count && status == 0; i++) {
        url = values.url ? values.url : usual[i];
        status = ready_status(url, values.tls_ca, text);
    }
    code = tell(&values, url, status, text);
    conf_release(&conf);
    return code;
}
