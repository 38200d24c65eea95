#include "wire/server.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "err/err.h"
#include "net/tls.h"
#include "wire/health.h"
#include "wire/limits.h"
#include "wire/shard.h"

struct server {
    struct server_options options;
    struct service *services; /* the caller's, and health */
    struct routes routes;
    struct net_tls *tls;
    uint16_t port;
    char path[NET_HOST_MAX + 1];  /* of a Unix socket; empty: none */
    _Atomic uint32_t shard_count; /* the first ones accept while the others start */
    struct shard shards[];
};

static void fill_defaults(struct server_options *o)
{
    if (!o->connections_max)
        o->connections_max = WIRE_CONNECTIONS_MAX;
    if (!o->calls_max)
        o->calls_max = WIRE_CALLS_MAX;
    if (!o->streams_max)
        o->streams_max = o->peers_only ? WIRE_PEER_STREAMS : WIRE_STREAMS_MAX;
    if (!o->call_max_ms)
        o->call_max_ms = WIRE_CALL_MAX_MS;
    if (!o->header_max_ms)
        o->header_max_ms = WIRE_HEADER_MAX_MS;
    if (!o->idle_max_ms)
        o->idle_max_ms = WIRE_IDLE_MAX_MS;
    if (!o->stall_max_ms)
        o->stall_max_ms = WIRE_STALL_MAX_MS;
}

static int make_routes(struct server *server)
{
    const struct server_options *o = &server->options;
    server->services = calloc(o->service_count + 1, sizeof(*server->services));
    if (!server->services)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < o->service_count; i++)
        server->services[i] = o->services[i];
    server->services[o->service_count] = health_service;
    return routes_init(&server->routes, server->services, o->service_count + 1);
}

static int make_tls(struct server *server)
{
    const struct server_options *o = &server->options;
    if (!o->tls_cert_path && !o->tls_key_path)
        return o->peer_ca_path ? ERR_INVALID : 0;
    if (!o->tls_cert_path || !o->tls_key_path)
        return ERR_INVALID;
    return net_tls_new_server(o->tls_cert_path, o->tls_key_path, o->peer_ca_path, &server->tls);
}

struct start {
    struct shard *shard;
    int fd;
    int err;
};

static void start_shard(void *arg)
{
    struct start *start = arg;
    start->err = shard_start(start->shard, start->fd);
}

/* Listens for one shard; the first bind decides the port of all. */
static int add_shard(struct server *server, struct worker *worker, struct view host)
{
    struct net_address address;
    struct shard *shard = &server->shards[server->shard_count];
    struct start start = {.shard = shard};
    int err = net_address_find(host, server->port, &address);
    if (err)
        return ERR_INVALID;
    if (server->path[0]) {
        /* No two can be bound to one path: the workers share the socket. */
        start.fd = fcntl(server->shards[0].listener.io.fd, F_DUPFD_CLOEXEC, 0);
        err = start.fd < 0 ? ERR_IO : 0;
    } else {
        err = server->shard_count == 0 ? net_port_free(&address) : 0;
        if (!err)
            err = net_listen(&address, &start.fd);
    }
    if (!err && net_address_path(&address))
        snprintf(server->path, sizeof(server->path), "%s", net_address_path(&address));
    if (!err)
        err = net_bound(start.fd, &address);
    if (err)
        return err;
    server->port = net_address_port(&address);
    *shard = (struct shard){
        .server = server,
        .worker = worker,
        .options = &server->options,
        .routes = &server->routes,
        .tls = server->tls,
    };
    err = worker_call(worker, start_shard, &start);
    if (err)
        close(start.fd);
    else
        err = start.err;
    server->shard_count += !err;
    return err;
}

static void free_server(struct server *server)
{
    if (server->path[0])
        unlink(server->path);
    for (uint32_t i = 0; i < server->shard_count; i++)
        free(server->shards[i].methods); /* others may have read them until now */
    routes_release(&server->routes);
    net_tls_free(server->tls);
    free(server->services);
    free(server);
}

int server_start(struct worker *const *workers, uint32_t worker_count,
                 const struct server_options *options, struct server **ret_server)
{
    assert(worker_count > 0);
    struct server *server = calloc(1, sizeof(*server) + worker_count * sizeof(server->shards[0]));
    struct view host;
    if (!server)
        return ERR_NO_MEMORY;
    server->options = *options;
    fill_defaults(&server->options);
    int err = net_split(view_str(options->listen), &host, &server->port);
    if (!err)
        err = make_tls(server);
    if (err) {
        free_server(server);
        return err;
    }
    err = make_routes(server);
    for (uint32_t i = 0; i < worker_count && !err; i++)
        err = add_shard(server, workers[i], host);
    if (err) {
        server_stop(server, 0);
        return err;
    }
    *ret_server = server;
    return 0;
}

int server_reload_tls(struct server *server)
{
    const struct server_options *options = &server->options;
    return server->tls ? net_tls_reload(server->tls, options->tls_cert_path, options->tls_key_path,
                                        options->peer_ca_path)
                       : 0;
}

uint16_t server_port(const struct server *server)
{
    return server->port;
}

bool server_has_room(const struct server *server)
{
    uint64_t open = 0;
    for (uint32_t i = 0; i < server->shard_count; i++)
        open += count_get(&server->shards[i].connections_open);
    return server->options.connections_all == 0 || open < server->options.connections_all;
}

struct stop {
    struct shard *shard;
    int64_t deadline_ns;
};

static void drain_shard(void *arg)
{
    struct stop *stop = arg;
    shard_drain(stop->shard);
}

static void stop_shard(void *arg)
{
    struct stop *stop = arg;
    shard_stop(stop->shard, stop->deadline_ns);
}

/* A worker that has no fiber left has calls to end first. */
static void call_surely(struct worker *worker, void (*job)(void *arg), void *arg)
{
    while (worker_call(worker, job, arg))
        poll(NULL, 0, 1);
}

void server_stop(struct server *server, int64_t grace_ms)
{
    if (!server)
        return;
    int64_t now_ns = clock_mono_ns(clock_system());
    struct stop stop = {.deadline_ns = deadline_after_ms(now_ns, grace_ms)};
    /* All of them first: none must go on accepting while another drains. */
    for (uint32_t i = 0; i < server->shard_count; i++) {
        stop.shard = &server->shards[i];
        call_surely(stop.shard->worker, drain_shard, &stop);
    }
    for (uint32_t i = 0; i < server->shard_count; i++) {
        stop.shard = &server->shards[i];
        call_surely(stop.shard->worker, stop_shard, &stop);
    }
    free_server(server);
}

void server_address(const struct server *server, char ret_text[SERVER_ADDRESS_MAX])
{
    const char *listen = server->options.listen, *colon = strrchr(listen, ':');
    if (server->path[0])
        snprintf(ret_text, SERVER_ADDRESS_MAX, "%s", listen);
    else
        snprintf(ret_text, SERVER_ADDRESS_MAX, "%.*s:%u", (int)(colon - listen), listen,
                 server->port);
}

void server_stats(const struct server *server, struct server_stats *ret_stats)
{
    struct server_stats sum = {0};
    for (uint32_t i = 0; i < server->shard_count; i++) {
        const struct shard *shard = &server->shards[i];
        sum.connections_open += count_get(&shard->connections_open);
        sum.connections_total += count_get(&shard->connections_total);
        sum.connections_refused += count_get(&shard->connections_refused);
        sum.streams_open += count_get(&shard->streams_open);
        sum.bytes_in += count_get(&shard->bytes_in);
        sum.bytes_out += count_get(&shard->bytes_out);
    }
    *ret_stats = sum;
}

int server_render_calls(const struct server *server, struct exposition *page)
{
    return stats_render(server->shards, server->shard_count, &server->routes, page);
}

void server_calls(const struct server *server, const char *method, struct server_calls *ret_calls)
{
    stats_sum(server->shards, server->shard_count, &server->routes, method, ret_calls);
}
