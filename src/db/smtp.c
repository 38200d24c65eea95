#include "db/smtp.h"

#include <stdio.h>
#include <stdlib.h>

#include "db/transfers.h"
#include "err/err.h"
#include "mem/list.h"

struct smtp_client {
    struct smtp smtp;
    struct transfers *transfers;
    char *url; /* with our name as its path, which libcurl says in EHLO */
    char *user, *secret, *ca_path;
};

/* A mail under way; on its fiber's stack. */
struct posting {
    CURL *easy;
    struct view left; /* of the message */
    bool whole;       /* all of it was handed over */
    char error[CURL_ERROR_SIZE];
};

static size_t give(char *into, size_t size, size_t count, void *user)
{
    struct posting *p = user;
    const size_t room = size * count;
    const size_t len = p->left.len < room ? p->left.len : room;
    memcpy(into, p->left.at, len);
    p->left = view_of(p->left.at + len, p->left.len - len);
    p->whole = p->left.len == 0; /* it may not ask again where it was told the size */
    return len;
}

static void set_up(struct smtp_client *client, struct posting *p, const char *from,
                   struct curl_slist *to)
{
    CURL *easy = p->easy;
    curl_easy_setopt(easy, CURLOPT_URL, client->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)SMTP_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, p->error);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(client->user ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)p->left.len);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy, CURLOPT_READDATA, p);
    if (client->user) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, client->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, client->secret);
    }
    if (client->ca_path)
        curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_path);
}

/* What an ended, or given up, transfer means. */
static int judge(const struct posting *p, int err, CURLcode code, struct smtp_answer *answer)
{
    long reply = 0;
    curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &reply);
    answer->code = (int)reply;
    if (err == 0 && code == CURLE_OK)
        return 0;
    snprintf(answer->text, sizeof(answer->text), "%s",
             p->error[0] ? p->error
             : err       ? err_text(err)
                         : curl_easy_strerror(code));
    if (err == ERR_NO_MEMORY || (err == 0 && code == CURLE_OUT_OF_MEMORY))
        return ERR_NO_MEMORY;
    /* 354 is the reply to DATA: the last one we have is from before the mail's end. */
    if (p->whole && (reply == 354 || reply == 0))
        return ERR_UNKNOWN;
    if (err == ERR_CANCELLED)
        return err;
    if (err == 0 && code == CURLE_LOGIN_DENIED)
        return ERR_UNAVAILABLE; /* a mistake of ours, not of the mail */
    return reply >= 500 && reply < 600 ? ERR_DENIED : ERR_UNAVAILABLE;
}

static int send_mail(struct smtp *smtp, const struct smtp_mail *mail,
                     struct smtp_answer *ret_answer, int64_t deadline_ns)
{
    struct smtp_client *client = list_of(smtp, struct smtp_client, smtp);
    struct posting p = {.easy = curl_easy_init(), .left = mail->message};
    char from[SMTP_ADDRESS_MAX + 2], to[SMTP_ADDRESS_MAX + 2];
    CURLcode code = CURLE_OK;
    snprintf(from, sizeof(from), "<%s>", mail->from);
    snprintf(to, sizeof(to), "<%s>", mail->to);
    struct curl_slist *list = curl_slist_append(NULL, to);
    int err = p.easy && list ? 0 : ERR_NO_MEMORY;
    *ret_answer = (struct smtp_answer){0};
    if (err == 0) {
        set_up(client, &p, from, list);
        err = transfers_run(client->transfers, p.easy, &code, deadline_ns);
        err = judge(&p, err, code, ret_answer);
    }
    if (p.easy)
        curl_easy_cleanup(p.easy);
    curl_slist_free_all(list);
    return err;
}

/* ---- life ---- */

static char *copy_of(const char *text, int *err)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy)
        *err = ERR_NO_MEMORY;
    return copy;
}

int smtp_client_new(struct loop *loop, const struct smtp_options *options,
                    struct smtp_client **ret_client)
{
    struct smtp_client *client = calloc(1, sizeof(*client));
    int err = 0;
    if (!client)
        return ERR_NO_MEMORY;
    assert(smtp_url_valid(view_str(options->url)));
    client->smtp.send = send_mail;
    client->user = copy_of(options->user, &err);
    client->secret = copy_of(options->secret, &err);
    client->ca_path = copy_of(options->ca_path, &err);
    if (asprintf(&client->url, "%s/%s", options->url, options->name) < 0) {
        client->url = NULL;
        err = ERR_NO_MEMORY;
    }
    if (err == 0)
        err = transfers_new(loop, SMTP_KEPT_MAX, &client->transfers);
    if (err != 0) {
        smtp_client_free(client);
        return err;
    }
    *ret_client = client;
    return 0;
}

struct smtp *smtp_client(struct smtp_client *client)
{
    return &client->smtp;
}

void smtp_client_free(struct smtp_client *client)
{
    if (!client)
        return;
    transfers_free(client->transfers);
    if (client->secret)
        explicit_bzero(client->secret, strlen(client->secret));
    free(client->url);
    free(client->user);
    free(client->secret);
    free(client->ca_path);
    free(client);
}

bool smtp_url_valid(struct view url)
{
    static const struct view schemes[] = {{"smtp://", 7}, {"smtps://", 8}};
    for (size_t i = 0; i < 2; i++) {
        if (!view_starts(url, schemes[i]))
            continue;
        const struct view rest = view_of(url.at + schemes[i].len, url.len - schemes[i].len);
        for (size_t k = 0; k < rest.len; k++) {
            const char c = rest.at[k];
            const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || (c && strchr(".-:[]", c));
            if (!fine)
                return false;
        }
        return rest.len > 0 && rest.at[0] != ':';
    }
    return false;
}
