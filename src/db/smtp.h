/*
 * smtp: a mail handed to a mail server (RFC 5321), as fibers see it; libcurl does the talking.
 *
 * What sends mails takes a struct smtp, so that a test or the simulation can answer instead.
 */
#ifndef USHER_DB_SMTP_H
#define USHER_DB_SMTP_H

#include "fiber/loop.h"
#include "mem/view.h"

#define SMTP_TEXT_MAX    256 /* bytes of what a server said */
#define SMTP_CONNECT_MS  10000
#define SMTP_KEPT_MAX    4 /* connections kept for the next mail */
#define SMTP_ADDRESS_MAX 256

struct smtp_mail {
    const char *from; /* an address, without angle brackets */
    const char *to;
    struct view message; /* RFC 5322, lines ended by CR LF */
};

struct smtp_answer {
    int code;                 /* of the server's last reply; 0: there was none */
    char text[SMTP_TEXT_MAX]; /* what went wrong, for people */
};

struct smtp {
    /* 0: the server has taken the mail. *ret_answer is always filled.
     *   ERR_UNAVAILABLE  it has not, but may at another time: no connection, a reply of 4xx, a
     *                    connection that broke before the end of the mail, a certificate or a
     *                    password that is not taken
     *   ERR_DENIED       it never will: 5xx to this mail or its addresses
     *   ERR_UNKNOWN      the whole mail went out and no reply came: it may have been taken
     *   ERR_NO_MEMORY, ERR_CANCELLED: it has not */
    int (*send)(struct smtp *smtp, const struct smtp_mail *mail, struct smtp_answer *ret_answer,
                int64_t deadline_ns);
};

static inline int smtp_send(struct smtp *smtp, const struct smtp_mail *mail,
                            struct smtp_answer *ret_answer, int64_t deadline_ns)
{
    return smtp->send(smtp, mail, ret_answer, deadline_ns);
}

struct smtp_options {
    const char *url;     /* smtp://HOST[:PORT] or smtps://HOST[:PORT] */
    const char *name;    /* what we call ourselves (EHLO) */
    const char *user;    /* NULL: without authentication */
    const char *secret;  /* the password */
    const char *ca_path; /* roots to trust (PEM); NULL: the system's */
};

struct smtp_client;

/* Strings are copied. Over smtp:// TLS is taken where the server offers it (STARTTLS, RFC 3207),
 * and a must where a password is sent. On the loop's thread. ERR_NO_MEMORY, ERR_IO. */
int smtp_client_new(struct loop *loop, const struct smtp_options *options,
                    struct smtp_client **ret_client);
/* What to send with; lives as long as the client. */
struct smtp *smtp_client(struct smtp_client *client);
/* On the loop's thread; no mail may be under way. NULL is harmless. */
void smtp_client_free(struct smtp_client *client);

/* Whether that is such a url: scheme, host and, if it is there, port; no path, user or password. */
bool smtp_url_valid(struct view url);

#endif
