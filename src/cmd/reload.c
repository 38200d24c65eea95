#include "cmd/reload.h"

#include <unistd.h>

#include "call/remote.h"
#include "cmd/serve.h"
#include "conf/conf.h"
#include "err/err.h"
#include "net/tls.h"
#include "observe/log.h"

static void note_reload(const char *path, int err, const char *why)
{
    if (err)
        log_event(LOG_ERROR, "tls.reload", log_err(err), log_str("error.message", why));
    else
        log_event(LOG_INFO, "tls.reload", log_str("file.path", path));
}

/* What is shown to who connects, and whose certificates are taken of peers. */
static void reload_certificate(struct house *house)
{
    const struct serve_values *values = &house->values;
    char why[NET_TLS_WHY_MAX] = "";
    if (!values->tls_cert)
        return;
    int err = net_tls_check_server(values->tls_cert, values->tls_key, why);
    if (!err && values->peer_verify)
        err = net_tls_check_client(values->peer_ca, why);
    if (!err)
        err = server_reload_tls(house->server);
    note_reload(values->tls_cert, err, why);
}

/* What is shown to peers and trusted of them is read at each connection: further calls take new
 * ones, unless these could not be made. */
static void reload_peer_certificate(const struct serve_values *values)
{
    char why[NET_TLS_WHY_MAX] = "";
    int err = 0;
    if (!values->peer_cert && !values->peer_ca)
        return;
    if (values->peer_cert)
        err = net_tls_check_server(values->peer_cert, values->peer_cert_key, why);
    if (!err && values->peer_ca)
        err = net_tls_check_client(values->peer_ca, why);
    if (!err)
        remote_renew();
    note_reload(values->peer_cert ? values->peer_cert : values->peer_ca, err, why);
}

/* Of the file of options (--config) alone: flags and environment of a process do not change. */
static void reload_level(const struct words *words)
{
    struct serve_values values;
    struct conf conf;
    enum log_level level;
    if (conf_read(&conf, &serve_table, words->argc, words->argv, 1, environ, &values) != 0) {
        log_event(LOG_ERROR, "log.reload", log_str("error.message", conf.error));
    } else if (log_level_parse(values.log_level, &level)) {
        log_set_level(level);
        log_event(LOG_INFO, "log.reload", log_str("log.level_least", values.log_level));
    }
    conf_release(&conf);
}

void reload(struct house *house, const struct words *words)
{
    reload_level(words);
    reload_certificate(house);
    reload_peer_certificate(&house->values);
}
