#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"

struct net_tls {
    pthread_rwlock_t lock; /* of context, which net_tls_reload replaces */
    SSL_CTX *context;
    bool server;
};

/* Of TLS 1.2, only what encrypts and authenticates in one (AEAD) with a key for the session alone;
 * TLS 1.3 has no other. */
#define AEAD_SUITES "ECDHE+AESGCM:ECDHE+CHACHA20"

static const unsigned char protocols[] = "\x02h2\x08http/1.1";

static int choose_protocol(SSL *session, const unsigned char **ret_name, unsigned char *ret_len,
                           const unsigned char *offered, unsigned offered_len, void *user)
{
    unsigned char *name;
    int found = SSL_select_next_proto(&name, ret_len, protocols, sizeof(protocols) - 1, offered,
                                      offered_len);
    if (found != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret_name = name;
    return SSL_TLSEXT_ERR_OK;
}

static int new_context(const SSL_METHOD *method, bool server, struct net_tls **ret_tls)
{
    struct net_tls *tls = calloc(1, sizeof(*tls));
    if (!tls)
        return ERR_NO_MEMORY;
    tls->server = server;
    tls->context = SSL_CTX_new(method);
    if (!tls->context) {
        free(tls);
        return ERR_NO_MEMORY;
    }
    pthread_rwlock_init(&tls->lock, NULL);
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
    int known = SSL_CTX_set_cipher_list(tls->context, AEAD_SUITES);
    assert(known == 1);
    SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                          SSL_OP_CIPHER_SERVER_PREFERENCE);
    /* A write may be tried again from another place and with more behind it; idle sessions give
     * their buffers back. */
    SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
    *ret_tls = tls;
    return 0;
}

int net_tls_show(struct net_tls *tls, const char *cert_path, const char *key_path)
{
    const bool fits = SSL_CTX_use_certificate_chain_file(tls->context, cert_path) == 1 &&
                      SSL_CTX_use_PrivateKey_file(tls->context, key_path, SSL_FILETYPE_PEM) == 1 &&
                      SSL_CTX_check_private_key(tls->context) == 1;
    ERR_clear_error();
    return fits ? 0 : ERR_INVALID;
}

/* Nobody is sent away for the certificate that he shows: who has to have one is for the calls to
 * say, in words. What was wrong with it stays the session's verify result. */
static int let_pass(int fine, X509_STORE_CTX *chain)
{
    return 1;
}

/* Asks clients for a certificate. Browsers are told whose, so that they do not ask their users. */
static bool ask_clients(SSL_CTX *context, const char *ca_path)
{
    static const unsigned char name[] = "usher"; /* without one no session is resumed */
    STACK_OF(X509_NAME) *const names = SSL_load_client_CA_file(ca_path);
    if (!names)
        return false;
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, let_pass);
    return SSL_CTX_load_verify_file(context, ca_path) == 1 &&
           SSL_CTX_set_session_id_context(context, name, sizeof(name) - 1) == 1;
}

int net_tls_new_server(const char *cert_path, const char *key_path, const char *client_ca_path,
                       struct net_tls **ret_tls)
{
    struct net_tls *tls;
    int err = new_context(TLS_server_method(), true, &tls);
    if (err)
        return err;
    if (net_tls_show(tls, cert_path, key_path) != 0 ||
        (client_ca_path && !ask_clients(tls->context, client_ca_path))) {
        ERR_clear_error();
        net_tls_free(tls);
        return ERR_INVALID;
    }
    SSL_CTX_set_alpn_select_cb(tls->context, choose_protocol, NULL);
    *ret_tls = tls;
    return 0;
}

int net_tls_new_client(const char *ca_path, struct net_tls **ret_tls)
{
    struct net_tls *tls;
    int err = new_context(TLS_client_method(), false, &tls);
    if (err)
        return err;
    int known = ca_path ? SSL_CTX_load_verify_file(tls->context, ca_path)
                        : SSL_CTX_set_default_verify_paths(tls->context);
    /* Zero is success here, of all places. */
    if (known != 1 || SSL_CTX_set_alpn_protos(tls->context, protocols, 3)) {
        ERR_clear_error();
        net_tls_free(tls);
        return ERR_INVALID;
    }
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    *ret_tls = tls;
    return 0;
}

void net_tls_free(struct net_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    pthread_rwlock_destroy(&tls->lock);
    free(tls);
}

int net_tls_reload(struct net_tls *tls, const char *cert_path, const char *key_path,
                   const char *client_ca_path)
{
    struct net_tls *fresh;
    int err = net_tls_new_server(cert_path, key_path, client_ca_path, &fresh);
    if (err)
        return err;
    SSL_CTX *old = tls->context;
    pthread_rwlock_wrlock(&tls->lock);
    tls->context = fresh->context;
    pthread_rwlock_unlock(&tls->lock);
    fresh->context = old; /* which sessions under way keep for themselves */
    net_tls_free(fresh);
    return 0;
}

/* A name is sent (SNI) and verified; an address is only verified (RFC 6066, 3). */
static bool expect_name(SSL *session, const char *name)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name) == 1;
    return SSL_set_tlsext_host_name(session, name) == 1 && SSL_set1_host(session, name) == 1;
}

int net_tls_start(struct net_tls *tls, int fd, const char *server_name, struct ssl_st **ret_session)
{
    pthread_rwlock_rdlock(&tls->lock);
    SSL *session = SSL_new(tls->context);
    pthread_rwlock_unlock(&tls->lock);
    if (!session)
        return ERR_NO_MEMORY;
    bool ready = SSL_set_fd(session, fd) == 1;
    if (tls->server)
        SSL_set_accept_state(session);
    else
        ready = ready && expect_name(session, server_name);
    if (!tls->server)
        SSL_set_connect_state(session);
    if (!ready) {
        ERR_clear_error();
        SSL_free(session);
        return ERR_NO_MEMORY;
    }
    *ret_session = session;
    return 0;
}

/* ---- what is wrong ---- */

__attribute__((format(printf, 2, 3))) static int because(char ret_why[NET_TLS_WHY_MAX],
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ret_why, NET_TLS_WHY_MAX, format, arguments);
    va_end(arguments);
    ERR_clear_error();
    return ERR_INVALID;
}

/* Whether the file can be read at all, and has a block of that kind ("CERTIFICATE"). */
static int check_file(const char *path, const char *kind, char ret_why[NET_TLS_WHY_MAX])
{
    char line[256];
    bool found = false;
    FILE *file = fopen(path, "re");
    if (!file)
        return because(ret_why, "%s: %s", path, strerrordesc_np(errno));
    errno = 0;
    while (!found && fgets(line, sizeof(line), file))
        found = strncmp(line, "-----BEGIN ", 11) == 0 && strstr(line, kind);
    int why = ferror(file) ? errno : 0; /* a folder can be opened, but not read */
    fclose(file);
    if (why)
        return because(ret_why, "%s: %s", path, strerrordesc_np(why));
    return found ? 0 : because(ret_why, "%s: it has no %s in PEM", path, kind);
}

/* Nobody is asked for a passphrase: a server starts without a person beside it. */
static int no_passphrase(char *text, int size, int writing, void *asked)
{
    *(bool *)asked = true;
    return -1;
}

int net_tls_time_left(const char *cert_path, int64_t *ret_seconds)
{
    int days = 0, seconds = 0;
    FILE *file = fopen(cert_path, "re");
    X509 *cert = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    if (file)
        fclose(file);
    const bool read = cert && ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1;
    X509_free(cert);
    *ret_seconds = (int64_t)days * 86400 + seconds;
    return read ? 0 : ERR_INVALID;
}

int net_tls_check_server(const char *cert_path, const char *key_path, char ret_why[NET_TLS_WHY_MAX])
{
    struct net_tls *tls;
    bool asked = false;
    int err = check_file(cert_path, "CERTIFICATE", ret_why);
    if (!err)
        err = check_file(key_path, "PRIVATE KEY", ret_why);
    if (err)
        return err;
    if (new_context(TLS_server_method(), true, &tls))
        return because(ret_why, "%s", err_text(ERR_NO_MEMORY));
    SSL_CTX_set_default_passwd_cb(tls->context, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(tls->context, &asked);
    if (SSL_CTX_use_certificate_chain_file(tls->context, cert_path) != 1) {
        err = because(ret_why, "%s: the certificate cannot be used (%s); is the file whole?",
                      cert_path, ERR_reason_error_string(ERR_peek_error()));
    } else {
        /* The key first by itself: putting it into the context compares it as well. */
        EVP_PKEY *key = NULL;
        FILE *file = fopen(key_path, "re");
        if (file) {
            key = PEM_read_PrivateKey(file, NULL, no_passphrase, &asked);
            fclose(file);
        }
        if (!key && asked)
            err = because(ret_why, "%s: the key is encrypted; openssl pkey -in %s takes that away",
                          key_path, key_path);
        else if (!key)
            err = because(ret_why, "%s: the private key is damaged", key_path);
        else if (SSL_CTX_use_PrivateKey(tls->context, key) != 1 ||
                 SSL_CTX_check_private_key(tls->context) != 1)
            err =
                because(ret_why, "%s is not the key of the certificate in %s", key_path, cert_path);
        EVP_PKEY_free(key);
    }
    net_tls_free(tls);
    return err;
}

int net_tls_check_client(const char *ca_path, char ret_why[NET_TLS_WHY_MAX])
{
    struct net_tls *tls;
    int err = check_file(ca_path, "CERTIFICATE", ret_why);
    if (err)
        return err;
    err = net_tls_new_client(ca_path, &tls);
    if (err)
        return because(ret_why, "%s: the certificates cannot be used", ca_path);
    net_tls_free(tls);
    return 0;
}

enum net_tls_fault net_tls_explain(const struct ssl_st *session, int reason,
                                   const char *server_name, char ret_why[NET_TLS_WHY_MAX])
{
    const long verdict = SSL_get_verify_result(session);
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        (void)because(ret_why, "its certificate is for another name than %s", server_name);
        return NET_TLS_NAME;
    }
    if (verdict != X509_V_OK) {
        (void)because(ret_why, "its certificate is not trusted (%s)",
                      X509_verify_cert_error_string(verdict));
        return NET_TLS_TRUST;
    }
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        (void)because(ret_why, "it does not speak TLS");
        return NET_TLS_PLAIN;
    }
    (void)because(ret_why, "the TLS handshake failed: %s",
                  reason ? ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, reason))
                         : "the connection broke");
    return NET_TLS_OTHER;
}

bool net_tls_certified(const struct ssl_st *session, char ret_why[NET_TLS_WHY_MAX])
{
    const X509 *cert = SSL_get0_peer_certificate(session);
    const long verdict = SSL_get_verify_result(session);
    if (!cert)
        return because(ret_why, "none was shown") == 0;
    if (verdict != X509_V_OK)
        return because(ret_why, "%s", X509_verify_cert_error_string(verdict)) == 0;
    /* A session that is resumed was looked at when it began. */
    if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
        return because(ret_why, "certificate has expired") == 0;
    return true;
}

/* Why a handshake that returned `done` failed, at the client's end. */
static int explain_handshake(SSL *session, int done, const char *server_name,
                             char ret_why[NET_TLS_WHY_MAX])
{
    static const char *const advice[] = {
        [NET_TLS_TRUST] = "; --tls-ca FILE names a root to trust",
        [NET_TLS_PLAIN] = "; try http:// instead of https://",
        [NET_TLS_OTHER] = NULL,
    };
    const int how = SSL_get_error(session, done), reason = ERR_GET_REASON(ERR_peek_last_error());
    if (how == SSL_ERROR_WANT_READ || how == SSL_ERROR_WANT_WRITE)
        return because(ret_why, "it takes connections but says nothing");
    const char *more = advice[net_tls_explain(session, reason, server_name, ret_why)];
    const size_t len = strlen(ret_why);
    snprintf(ret_why + len, NET_TLS_WHY_MAX - len, "%s", more ? more : "");
    return ERR_INVALID;
}

int net_tls_check_peer(const char *ca_path, const char *server_name, int fd,
                       char ret_why[NET_TLS_WHY_MAX])
{
    struct net_tls *tls;
    SSL *session;
    if (net_tls_new_client(ca_path, &tls))
        return because(ret_why, "the roots to trust cannot be read");
    int err = net_tls_start(tls, fd, server_name, &session);
    if (err) {
        net_tls_free(tls);
        return because(ret_why, "%s", err_text(err));
    }
    ERR_clear_error();
    int done = SSL_do_handshake(session);
    if (done != 1)
        err = explain_handshake(session, done, server_name, ret_why);
    SSL_free(session);
    net_tls_free(tls);
    return err;
}
