/* The client against a small server on a thread of its own, which does what the recipient's name
 * says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/smtp.h"
#include "err/err.h"
#include "fiber/fiber.h"

/* ---- the server: one connection at a time, until it is told "stop" ---- */

static struct {
    int fd;
    uint16_t port;
    pthread_t thread;
    char envelope[512]; /* the lines of the last mail's envelope */
    char mail[4096];    /* the last mail, as it came */
    _Atomic uint32_t taken;
} server;

static bool read_line(FILE *in, char *line, int size)
{
    return fgets(line, size, in) != NULL;
}

static void say(int fd, const char *text)
{
    send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* The mail after DATA. False: the connection is to be closed. */
static bool take_mail(int fd, FILE *in, const char *to)
{
    char line[1100];
    size_t len = 0;
    say(fd, "354 go on\r\n");
    while (read_line(in, line, sizeof(line))) {
        if (strstr(to, "half@"))
            return false;
        if (strcmp(line, ".\r\n") == 0) {
            if (strstr(to, "lost@"))
                return false;
            if (strstr(to, "spam@")) {
                say(fd, "554 no\r\n");
            } else {
                server.taken++;
                say(fd, "250 taken\r\n");
            }
            return true;
        }
        len += (size_t)snprintf(server.mail + len, sizeof(server.mail) - len, "%s", line);
    }
    return false;
}

static void talk(int fd)
{
    FILE *in = fdopen(dup(fd), "r");
    char line[1100], to[300] = "";
    say(fd, "220 here\r\n");
    server.envelope[0] = '\0';
    while (in && read_line(in, line, sizeof(line))) {
        snprintf(server.envelope + strlen(server.envelope),
                 sizeof(server.envelope) - strlen(server.envelope), "%.100s", line);
        if (strncmp(line, "EHLO", 4) == 0) {
            say(fd, "250-here\r\n250 SIZE 100000\r\n");
        } else if (strncmp(line, "MAIL", 4) == 0) {
            say(fd, "250 ok\r\n");
        } else if (strncmp(line, "RCPT", 4) == 0) {
            snprintf(to, sizeof(to), "%.200s", line);
            say(fd, strstr(to, "never@")  ? "550 nobody here\r\n"
                    : strstr(to, "full@") ? "452 full\r\n"
                                          : "250 ok\r\n");
        } else if (strncmp(line, "DATA", 4) == 0) {
            if (!take_mail(fd, in, to))
                break;
        } else if (strncmp(line, "QUIT", 4) == 0) {
            say(fd, "221 bye\r\n");
            break;
        } else {
            say(fd, "500 what\r\n");
        }
    }
    if (in)
        fclose(in);
}

static void *run_server(void *arg)
{
    for (;;) {
        const int fd = accept(server.fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        talk(fd);
        close(fd);
    }
}

static int start(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server.fd, 16), 0);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&address, &len), 0);
    server.port = ntohs(address.sin_port);
    return pthread_create(&server.thread, NULL, run_server, NULL);
}

static int stop(void **state)
{
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    return close(server.fd);
}

/* ---- tests ---- */

#define MESSAGE "Subject: x\r\n\r\nline\r\n.dot\r\n"

struct trial {
    const char *url, *to, *user;
    int err;
    struct smtp_answer answer;
};

static void run_trial(void *arg)
{
    struct trial *trial = arg;
    const struct smtp_options options = {
        .url = trial->url, .name = "usher.test", .user = trial->user, .secret = "s"};
    const struct smtp_mail mail = {
        .from = "from@example.org", .to = trial->to, .message = VIEW_LIT(MESSAGE)};
    struct smtp_client *client;
    assert_int_equal(smtp_client_new(sched_loop(sched_current()), &options, &client), 0);
    trial->err = smtp_send(smtp_client(client), &mail, &trial->answer,
                           deadline_after_ms(fiber_now_ns(), 10000));
    smtp_client_free(client);
    fiber_sleep_until(fiber_now_ns() + NS_PER_MS); /* what it posted to the loop runs */
}

static struct trial try(const char *to)
{
    char url[64];
    snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", server.port);
    struct trial trial = {.url = url, .to = to};
    assert_int_equal(fiber_main(run_trial, &trial), 0);
    trial.url = NULL;
    return trial;
}

static void hands_a_mail_over(void **state)
{
    const uint32_t before = server.taken;
    const struct trial trial = try("kim@example.com");
    assert_int_equal(trial.err, 0);
    assert_int_equal(trial.answer.code, 250);
    assert_int_equal(server.taken, before + 1);
    assert_non_null(strstr(server.envelope, "EHLO usher.test\r\n"));
    assert_non_null(strstr(server.envelope, "MAIL FROM:<from@example.org>"));
    assert_non_null(strstr(server.envelope, "RCPT TO:<kim@example.com>\r\n"));
    assert_string_equal(server.mail, "Subject: x\r\n\r\nline\r\n..dot\r\n");
}

static void tells_never_from_not_now(void **state)
{
    struct trial trial = try("never@example.com");
    assert_int_equal(trial.err, ERR_DENIED);
    assert_int_equal(trial.answer.code, 550);
    assert_true(trial.answer.text[0] != '\0');
    trial = try("spam@example.com");
    assert_int_equal(trial.err, ERR_DENIED);
    trial = try("full@example.com");
    assert_int_equal(trial.err, ERR_UNAVAILABLE);
    assert_int_equal(trial.answer.code, 452);
    struct trial nobody = {.url = "smtp://127.0.0.1:1", .to = "a@b"};
    assert_int_equal(fiber_main(run_trial, &nobody), 0);
    assert_int_equal(nobody.err, ERR_UNAVAILABLE);
    assert_int_equal(nobody.answer.code, 0);
}

/* Only where the whole mail is out may it have been taken. */
static void knows_when_it_does_not_know(void **state)
{
    struct trial trial = try("lost@example.com");
    assert_int_equal(trial.err, ERR_UNKNOWN);
}

/* The server offers no TLS: a password is not shown to it. */
static void keeps_a_password_from_an_open_line(void **state)
{
    char url[64];
    snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", server.port);
    struct trial trial = {.url = url, .to = "kim@example.com", .user = "u"};
    assert_int_equal(fiber_main(run_trial, &trial), 0);
    assert_int_equal(trial.err, ERR_UNAVAILABLE);
    assert_null(strstr(server.envelope, "AUTH"));
}

static void urls(void **state)
{
    static const char *const good[] = {"smtp://a", "smtps://mail.example.org:465",
                                       "smtp://[::1]:25", "smtp://127.0.0.1:1025"};
    static const char *const bad[] = {"",           "smtp://",      "smtp://:25",
                                      "http://a",   "smtp://u:p@a", "smtp://a/b",
                                      "smtp://a b", "smtp://a\r\n"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(smtp_url_valid(view_str(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(smtp_url_valid(view_str(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_a_mail_over),
        cmocka_unit_test(tells_never_from_not_now),
        cmocka_unit_test(knows_when_it_does_not_know),
        cmocka_unit_test(keeps_a_password_from_an_open_line),
        cmocka_unit_test(urls),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
