#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>

#include "err/err.h"

struct net_tls {
    SSL_CTX *context;
    bool server;
};

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
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
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

int net_tls_new_server(const char *cert_path, const char *key_path, struct net_tls **ret_tls)
{
    struct net_tls *tls;
    int err = new_context(TLS_server_method(), true, &tls);
    if (err)
        return err;
    if (SSL_CTX_use_certificate_chain_file(tls->context, cert_path) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls->context, key_path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls->context) != 1) {
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
    free(tls);
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
    SSL *session = SSL_new(tls->context);
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
