#include "cmd/target.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "err/err.h"
#include "net/address.h"
#include "net/tls.h"

#define WAIT_S 3 /* for each step on the way */

struct target {
    bool secure;
    struct view host;
    uint16_t port;
};

/* NULL, or what is wrong with the url. */
static const char *take_apart(const char *url, struct target *ret_target)
{
    struct view rest = view_str(url), http = VIEW_LIT("http://"), https = VIEW_LIT("https://");
    struct target target = {.secure = view_starts(rest, https)};
    if (!target.secure && !view_starts(rest, http))
        return "it begins with http:// or https://";
    size_t skip = target.secure ? https.len : http.len;
    rest = view_of(rest.at + skip, rest.len - skip);
    if (rest.len > 0 && rest.at[rest.len - 1] == '/')
        rest.len--;
    if (memchr(rest.at, '@', rest.len))
        return "a user has no place in it; the operator's key is --key FILE";
    for (size_t i = 0; i < rest.len; i++) {
        if (strchr("/?#", rest.at[i]))
            return "nothing may follow the port, no path and no query";
    }
    if (net_split(rest, &target.host, &target.port) || target.port == 0)
        return "a host and a port are wanted, as in http://127.0.0.1:8080 or http://[::1]:8080";
    *ret_target = target;
    return NULL;
}

int target_check(const char *command, const char *url, const char *tls_ca)
{
    char why[NET_TLS_WHY_MAX];
    struct target target;
    const char *wrong = take_apart(url, &target);
    if (wrong)
        return cmd_fail(command, CMD_USAGE, "--url %s: %s", url, wrong);
    if (tls_ca && !target.secure)
        return cmd_fail(command, CMD_USAGE, "--tls-ca is for https, but --url is %s", url);
    if (tls_ca && net_tls_check_client(tls_ca, why))
        return cmd_fail(command, CMD_USAGE, "--tls-ca %s", why);
    return CMD_OK;
}

/* A connected socket that blocks for WAIT_S at most; -1: errno says why. */
static int connect_to(const struct net_address *address)
{
    const struct timeval wait = {.tv_sec = WAIT_S};
    int fd = socket(address->sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)); /* connect's, too (Linux) */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    if (connect(fd, (const struct sockaddr *)&address->sockaddr, address->len) == 0)
        return fd;
    int why = errno == EINPROGRESS ? ETIMEDOUT : errno;
    close(fd);
    errno = why;
    return -1;
}

/* What a server that is not ours, or that speaks TLS, answers to the first words of HTTP/2 (RFC
 * 9113, 3.4). NULL: what ours would. */
static const char *listen_to(int fd)
{
    static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
    unsigned char answer[9];
    if (send(fd, hello, sizeof(hello), MSG_NOSIGNAL) < 0)
        return "it closed the connection; does it speak TLS? then try https://";
    ssize_t len = recv(fd, answer, sizeof(answer), MSG_WAITALL);
    if (len > 0 && answer[0] == 0x15) /* an alert (RFC 8446, 5.1) */
        return "it speaks TLS; try https:// instead of http://";
    if (len >= 4 && memcmp(answer, "HTTP", 4) == 0)
        return "it is no usher: it speaks HTTP/1 only";
    if (len <= 0)
        return len == 0 || errno == ECONNRESET
                   ? "it closed the connection; does it speak TLS? then try https://"
                   : "it takes connections but says nothing";
    return len == 9 && answer[3] == 4 ? NULL : "it is no usher: it does not speak HTTP/2";
}

void target_reason(const char *url, const char *tls_ca, const char *fallback,
                   char ret_why[TARGET_WHY_MAX])
{
    struct net_address address;
    struct target target;
    char host[NET_HOST_MAX + 1], why[NET_TLS_WHY_MAX];
    const char *wrong = take_apart(url, &target);
    assert(!wrong); /* it was checked */
    snprintf(host, sizeof(host), "%.*s", VIEW_ARG(target.host));
    if (net_address_find(target.host, target.port, &address)) {
        snprintf(ret_why, TARGET_WHY_MAX, "%.200s: there is no host called %s", url, host);
        return;
    }
    int fd = connect_to(&address);
    if (fd < 0 && errno == ECONNREFUSED)
        wrong = "nothing listens there; is usher serve running, and is this its port?";
    else if (fd < 0)
        wrong = strerrordesc_np(errno);
    else if (target.secure)
        wrong = net_tls_check_peer(tls_ca, host, fd, why) ? why : NULL;
    else
        wrong = listen_to(fd);
    const bool unconnected = fd < 0 && errno != ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    snprintf(ret_why, TARGET_WHY_MAX, "%.200s: %s%s", url, unconnected ? "no connection: " : "",
             wrong ? wrong : fallback);
}

int target_explain(const char *command, const char *url, const char *tls_ca, const char *fallback)
{
    char why[TARGET_WHY_MAX];
    target_reason(url, tls_ca, fallback, why);
    return cmd_fail(command, CMD_UNREACHED, "%s", why);
}
