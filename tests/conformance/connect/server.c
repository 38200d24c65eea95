/*
 * server: what connectconformance starts and calls, once for each way of speaking: it reads from
 * standard input which way, says on standard output where it listens, and serves until SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/be.h"
#include "err/err.h"
#include "fiber/offload.h"
#include "server_compat.pb-c.h"
#include "service.h"
#include "wire/server.h"

#define ASK_MAX (1u << 20) /* bytes of what standard input says */

typedef Connectrpc__Conformance__V1__ServerCompatRequest Ask;
typedef Connectrpc__Conformance__V1__ServerCompatResponse Answer;

static __attribute__((noreturn)) void die(const char *what)
{
    fprintf(stderr, "connect_server: %s\n", what);
    exit(1);
}

/* One message behind its length. */
static Ask *read_ask(void)
{
    static uint8_t bytes[ASK_MAX];
    uint8_t head[4];
    if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
        die("nothing is asked");
    const size_t len =
        (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (len > sizeof(bytes) || fread(bytes, 1, len, stdin) != len)
        die("what is asked does not come whole");
    Ask *ask = connectrpc__conformance__v1__server_compat_request__unpack(NULL, len, bytes);
    if (!ask)
        die("what is asked is no ServerCompatRequest");
    return ask;
}

static void write_answer(const Answer *answer)
{
    uint8_t head[4];
    const size_t len = protobuf_c_message_get_packed_size(&answer->base);
    uint8_t *bytes = malloc(len);
    if (!bytes)
        die("no memory");
    protobuf_c_message_pack(&answer->base, bytes);
    be_put(head, len, sizeof(head));
    if (fwrite(head, 1, sizeof(head), stdout) != sizeof(head) ||
        fwrite(bytes, 1, len, stdout) != len || fflush(stdout))
        die("standard output takes nothing");
    free(bytes);
}

/* A file in the folder, of that content; its path in text. */
static void keep(const char *folder, const char *name, const ProtobufCBinaryData *content,
                 char text[64])
{
    snprintf(text, 64, "%s/%s", folder, name);
    FILE *file = fopen(text, "we");
    if (!file || fwrite(content->data, 1, content->len, file) != content->len || fclose(file))
        die("the certificate cannot be kept");
}

int main(void)
{
    char folder[] = "/tmp/connect-server-XXXXXX", cert[64], key[64];
    struct worker *worker;
    struct server *server;
    struct offload *offload;
    sigset_t ending;
    int signal;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, NULL);
    Ask *ask = read_ask();
    struct server_options options = {
        .listen = "127.0.0.1:0",
        .call_max_ms = SERVICE_CALL_MAX_MS,
        .services = service_make(ask->message_receive_limit),
        .service_count = 1,
    };
    Answer answer = CONNECTRPC__CONFORMANCE__V1__SERVER_COMPAT_RESPONSE__INIT;
    if (ask->use_tls) {
        if (!ask->server_creds || !mkdtemp(folder))
            die("there is no certificate");
        keep(folder, "cert.pem", &ask->server_creds->cert, cert);
        keep(folder, "key.pem", &ask->server_creds->key, key);
        options.tls_cert_path = cert;
        options.tls_key_path = key;
        answer.pem_cert = ask->server_creds->cert;
    }
    if (offload_new(2, 64, &offload) || worker_start(0, &SCHED_LIMITS_DEFAULT, &worker))
        die("no worker starts");
    options.offload = offload;
    if (server_start(&worker, 1, &options, &server))
        die("the server does not start");
    if (ask->use_tls) {
        unlink(cert);
        unlink(key);
        rmdir(folder);
    }
    answer.host = (char *)"127.0.0.1";
    answer.port = server_port(server);
    write_answer(&answer);
    sigwait(&ending, &signal);
    server_stop(server, 1000);
    worker_stop(worker);
    offload_free(offload);
    connectrpc__conformance__v1__server_compat_request__free_unpacked(ask, NULL);
    return 0;
}
