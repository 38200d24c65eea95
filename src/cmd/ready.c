#include "cmd/ready.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/target.h"

#define ANSWER_MAX 128
#define ASK_MS     3000

struct ready_values {
    const char *url;
    const char *tls_ca;
};

static const struct conf_option options[] = {
    {"url", CONF_STR, offsetof(struct ready_values, url), NULL,
     .help = "the process, http://HOST:PORT or https://HOST:PORT; without it, port 8080 of this "
             "machine, then "
             "9090"},
    {"tls-ca", CONF_PATH, offsetof(struct ready_values, tls_ca), NULL,
     .help = "roots to trust (PEM) instead of the system's, for https"},
};

const struct conf_table ready_table = {
    .command = "usher ready",
    .summary = "Says whether a process serves: every role of it, every performance.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "Exit codes: 0 it serves, 1 it answers and does not serve, 3 nobody answers.",
};

struct answer {
    char text[ANSWER_MAX];
    size_t len;
};

/* What is longer than the room is cut: it is no answer of ours. */
static size_t keep(char *bytes, size_t size, size_t count, void *arg)
{
    struct answer *answer = arg;
    const size_t room = sizeof(answer->text) - 1 - answer->len;
    const size_t len = size * count < room ? size * count : room;
    memcpy(answer->text + answer->len, bytes, len);
    answer->len += len;
    answer->text[answer->len] = '\0';
    return size * count;
}

/* The status of url/readyz, 0 where nobody answers; the body's first words. */
static long ask(const struct ready_values *values, const char *url, struct answer *ret_answer)
{
    char path[1024];
    long status = 0;
    CURL *curl = curl_easy_init();
    *ret_answer = (struct answer){0};
    if (!curl || snprintf(path, sizeof(path), "%s/readyz", url) >= (int)sizeof(path))
        goto out;
    curl_easy_setopt(curl, CURLOPT_URL, path);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ASK_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_answer);
    if (values->tls_ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, values->tls_ca);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
out:
    curl_easy_cleanup(curl);
    return status;
}

int ready_command(int argc, char **argv)
{
    /* The ports of the README and of deploy/compose.yaml. */
    const char *usual[] = {"http://127.0.0.1:8080", "http://127.0.0.1:9090"};
    struct ready_values values = {0};
    struct answer answer;
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
        status = ask(&values, url, &answer);
    }
    if (status == 200) {
        printf("%s serves\n", url);
        code = CMD_OK;
    } else if (status != 0) {
        answer.text[strcspn(answer.text, "\r\n")] = '\0';
        code = cmd_fail("ready", CMD_FALSE, "%s answers, and does not serve: %s", url, answer.text);
    } else {
        code = target_explain("ready", url, values.tls_ca, "nobody answers there");
    }
    conf_release(&conf);
    return code;
}
