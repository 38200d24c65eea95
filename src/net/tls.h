/*
 * tls: contexts of OpenSSL 3, for one side each; shared by all threads once made.
 *
 * TLS 1.2 and 1.3 only, and of their suites those with AEAD. A server chooses h2, else http/1.1, of
 * what a client offers by ALPN (RFC 7301); a client that offers neither is refused
 * (no_application_protocol), one that offers nothing gets what its first bytes say. A client offers
 * h2 and verifies certificate and name.
 */
#ifndef USHER_NET_TLS_H
#define USHER_NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

struct net_tls;
struct ssl_st;

/* The certificate chain and its key, both PEM. client_ca_path: roots (PEM) of the certificates that
 * clients are asked for; whoever shows none, or another's, is let in all the same, and
 * net_tls_certified tells. NULL: none is asked for. ERR_INVALID: unreadable, or they do not belong
 * together; ERR_NO_MEMORY. */
int net_tls_new_server(const char *cert_path, const char *key_path, const char *client_ca_path,
                       struct net_tls **ret_tls);
/* ca_path: a PEM file of trusted roots; NULL: the system's. ERR_INVALID, ERR_NO_MEMORY. */
int net_tls_new_client(const char *ca_path, struct net_tls **ret_tls);
/* What a client shows of itself where it is asked for it: a chain and its key, both PEM. Before any
 * session. ERR_INVALID: unreadable, or they do not belong together. */
int net_tls_show(struct net_tls *tls, const char *cert_path, const char *key_path);
/* Takes another certificate, key and roots into use, for sessions that begin from now on. As
 * net_tls_new_server; where it fails, the present ones stay. Any thread. */
int net_tls_reload(struct net_tls *tls, const char *cert_path, const char *key_path,
                   const char *client_ca_path);
void net_tls_free(struct net_tls *tls);

/* What is wrong, for people: each of these returns 0 where nothing is, or ERR_INVALID and a
 * sentence that names the file or what the other side did. They block. */
#define NET_TLS_WHY_MAX 512
int net_tls_check_server(const char *cert_path, const char *key_path,
                         char ret_why[NET_TLS_WHY_MAX]);
int net_tls_check_client(const char *ca_path, char ret_why[NET_TLS_WHY_MAX]);
/* When the first certificate of the file ends, in seconds from now, negative where it has.
 * ERR_INVALID: there is none. */
int net_tls_time_left(const char *cert_path, int64_t *ret_seconds);
/* Shakes hands as a client on fd, a connected socket that blocks, to find out why that fails. */
int net_tls_check_peer(const char *ca_path, const char *server_name, int fd,
                       char ret_why[NET_TLS_WHY_MAX]);

/* For net_stream: why a client's session failed; reason is OpenSSL's, 0: the connection broke. */
enum net_tls_fault { NET_TLS_NAME, NET_TLS_TRUST, NET_TLS_PLAIN, NET_TLS_OTHER };
enum net_tls_fault net_tls_explain(const struct ssl_st *session, int reason,
                                   const char *server_name, char ret_why[NET_TLS_WHY_MAX]);

/* For net_stream: whether a server's client has shown a certificate that the roots of
 * net_tls_new_server have signed, and that has not ended; ret_why: why it counts for nothing. */
bool net_tls_certified(const struct ssl_st *session, char ret_why[NET_TLS_WHY_MAX]);

/* For net_stream: a session on fd (which stays the caller's). server_name: whom a client expects;
 * NULL on a server. ERR_NO_MEMORY. */
int net_tls_start(struct net_tls *tls, int fd, const char *server_name,
                  struct ssl_st **ret_session);

#endif
