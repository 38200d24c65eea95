/* Both protocols under TLS: by ALPN, with certificates that are right and wrong. */
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call/client.h"
#include "call/remote.h"
#include "err/err.h"
#include "usher/v1/ticket.pb-c.h"
#include "wire/fixture_test.h"

#define TICKET    "/usher.v1.TicketService/"
#define HEADER_MS 1000

static struct fixture f;
static char cert_path[] = "/tmp/usher-cert-XXXXXX", key_path[] = "/tmp/usher-key-XXXXXX",
            other_path[] = "/tmp/usher-other-XXXXXX";

static FILE *new_file(char *path)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    return fdopen(fd, "w");
}

/* A certificate for 127.0.0.1, signed by itself. */
static void make_cert(char *to_cert, char *to_key)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *file = new_file(to_cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"usher test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(cert, names, -1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509(file, cert), 1);
    fclose(file);
    if (to_key) {
        file = new_file(to_key);
        assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
        fclose(file);
    }
    X509_EXTENSION_free(names);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static int start(void **state)
{
    make_cert(cert_path, key_path);
    make_cert(other_path, NULL);
    fixture_start(&f, (struct server_options){.tls_cert_path = cert_path,
                                              .tls_key_path = key_path,
                                              .header_max_ms = HEADER_MS});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    unlink(cert_path);
    unlink(key_path);
    unlink(other_path);
    return 0;
}

static bool reached, read_all, refused, told_why;

static void call_over_tls(void *arg)
{
    const struct remote_options options = {.url = f.url, .tls_ca_path = cert_path};
    struct channel *channel;
    struct client client;
    struct arena arena;
    if (remote_new(&options, &channel))
        return;
    arena_init(&arena, 64u << 20);
    client_init(&client, channel, &usher__v1__ticket_service__descriptor, &arena);
    client.timeout_ms = 5000;
    Usher__V1__GetPerformanceRequest r = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    r.performance_id = 7;
    reached =
        client_call(&client, Usher__V1__TicketService, get_performance, &r, &performance) == 0 &&
        performance->performance_id == 7;
    /* Megabytes, through partial records. */
    Usher__V1__GetSeatMapRequest wish = USHER__V1__GET_SEAT_MAP_REQUEST__INIT;
    const Usher__V1__SeatMap *map;
    wish.layout_hash = "50000";
    read_all = client_call(&client, Usher__V1__TicketService, get_seat_map, &wish, &map) == 0 &&
               map->n_categories == 50000;
    channel_free(channel);
    arena_release(&arena);
}

static void grpc_works_under_tls(void **state)
{
    reached = read_all = false;
    assert_int_equal(fiber_main(call_over_tls, NULL), 0);
    assert_true(reached);
    assert_true(read_all);
}

static void distrust(void *arg)
{
    const struct remote_options options = {.url = f.url, .tls_ca_path = other_path};
    struct channel *channel;
    if (remote_new(&options, &channel))
        return;
    refused = remote_connect(channel, deadline_after_ms(fiber_now_ns(), 5000)) == ERR_IO;
    struct client client;
    struct arena arena;
    arena_init(&arena, 65536);
    client_init(&client, channel, &usher__v1__ticket_service__descriptor, &arena);
    Usher__V1__GetPerformanceRequest r = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    const int err =
        client_call(&client, Usher__V1__TicketService, get_performance, &r, &performance);
    told_why = err == ERR_UNAVAILABLE && client.status.code == CODE_UNAVAILABLE &&
               strstr(client.status.message, "certificate");
    arena_release(&arena);
    channel_free(channel);
}

static void a_stranger_is_not_trusted(void **state)
{
    refused = told_why = false;
    assert_int_equal(fiber_main(distrust, NULL), 0);
    assert_true(refused);
    assert_true(told_why);
}

/* HTTP/1.1 as a browser would: offered by ALPN, or not offered at all. */
static void speak_http1(const unsigned char *offer, unsigned offer_len, int version)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, version);
    SSL *session = SSL_new(context);
    char answer[4096];
    int fd = client_connect(&f), len = 0, n;
    if (offer)
        SSL_set_alpn_protos(session, offer, offer_len);
    SSL_set_fd(session, fd);
    assert_int_equal(SSL_connect(session), 1);
    assert_int_equal(SSL_write(session, request, sizeof(request) - 1), sizeof(request) - 1);
    while ((n = SSL_read(session, answer + len, (int)sizeof(answer) - 1 - len)) > 0)
        len += n;
    answer[len] = '\0';
    assert_non_null(strstr(answer, "HTTP/1.1 200 "));
    assert_non_null(strstr(answer, "<h1>Usher</h1>"));
    SSL_free(session);
    SSL_CTX_free(context);
    close(fd);
}

static void http1_works_under_tls(void **state)
{
    speak_http1((const unsigned char *)"\x08http/1.1", 9, TLS1_3_VERSION);
    speak_http1(NULL, 0, TLS1_3_VERSION);
    speak_http1(NULL, 0, TLS1_2_VERSION);
}

static void old_versions_and_other_protocols_are_refused(void **state)
{
    for (int i = 0; i < 2; i++) {
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        if (i == 0)
            SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
        SSL *session = SSL_new(context);
        int fd = client_connect(&f);
        if (i == 1)
            SSL_set_alpn_protos(session, (const unsigned char *)"\x06spdy/3", 7);
        SSL_set_fd(session, fd);
        assert_int_not_equal(SSL_connect(session), 1);
        SSL_free(session);
        SSL_CTX_free(context);
        close(fd);
    }
}

static void plain_text_is_not_answered(void **state)
{
    struct buf in;
    int fd = client_connect(&f);
    buf_init(&in, 65536);
    client_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client_read_all(fd, &in);
    struct view v = buf_view(&in);
    assert_true(v.len < 100 && (v.len == 0 || !memmem(v.at, v.len, "HTTP", 4)));
    close(fd);
    buf_release(&in);
}

/* The time for the first head begins before the handshake, whoever lets it pass. */
static void who_asks_nothing_is_sent_away(void **state)
{
    struct buf in;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *session = SSL_new(context);
    int silent = client_connect(&f), halfway = client_connect(&f), done = client_connect(&f);
    buf_init(&in, 65536);
    client_send(halfway, "\x16\x03\x01\x02");
    SSL_set_alpn_protos(session, (const unsigned char *)"\x02h2", 3);
    SSL_set_fd(session, done);
    assert_int_equal(SSL_connect(session), 1);
    /* Each of these fails after five seconds; an idle connection has 120. */
    client_read_all(silent, &in);
    client_read_all(halfway, &in);
    client_read_all(done, &in);
    SSL_free(session);
    SSL_CTX_free(context);
    close(silent);
    close(halfway);
    close(done);
    buf_release(&in);
}

static void a_bad_certificate_is_told_at_once(void **state)
{
    struct server *server;
    struct server_options options = {.listen = "127.0.0.1:0", .tls_cert_path = cert_path};
    assert_int_equal(server_start(&f.worker, 1, &options, &server), ERR_INVALID);
    options.tls_key_path = "/no/such/key";
    assert_int_equal(server_start(&f.worker, 1, &options, &server), ERR_INVALID);
    options.tls_key_path = key_path;
    options.tls_cert_path = other_path;
    assert_int_equal(server_start(&f.worker, 1, &options, &server), ERR_INVALID);
    options.tls_cert_path = options.tls_key_path = NULL;
    options.listen = "127.0.0.1";
    assert_int_equal(server_start(&f.worker, 1, &options, &server), ERR_INVALID);
    options.listen = "192.0.2.1:0";
    assert_int_equal(server_start(&f.worker, 1, &options, &server), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grpc_works_under_tls),
        cmocka_unit_test(a_stranger_is_not_trusted),
        cmocka_unit_test(http1_works_under_tls),
        cmocka_unit_test(old_versions_and_other_protocols_are_refused),
        cmocka_unit_test(plain_text_is_not_answered),
        cmocka_unit_test(who_asks_nothing_is_sent_away),
        cmocka_unit_test(a_bad_certificate_is_told_at_once),
    };
    return cmocka_run_group_tests_name("wire/tls", tests, start, stop);
}
