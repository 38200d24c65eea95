#include "bench/peers/front.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench/wire.h"
#include "clock/clock.h"
#include "err/err.h"
#include "observe/log.h"
#include "wire/server.h"

#define METHODS_MAX 96

static int not_here(struct call *call, const void *request, void *response)
{
    return call_fail(call, CODE_UNIMPLEMENTED, NULL, "the peer has no such method");
}

static const struct method *find_method(const struct front_service *service, const char *name)
{
    for (size_t i = 0; i < service->count; i++)
        if (strcmp(service->methods[i].name, name) == 0)
            return &service->methods[i];
    return NULL;
}

/* A row for every method of the descriptor, as the table of routes wants it. */
static int fill_rows(const struct front_service *service, struct method rows[METHODS_MAX])
{
    const ProtobufCServiceDescriptor *descriptor = service->descriptor;
    if (descriptor->n_methods > METHODS_MAX)
        return ERR_FULL;
    for (unsigned i = 0; i < descriptor->n_methods; i++) {
        const char *name = descriptor->methods[i].name;
        const struct method *method = find_method(service, name);
        rows[i] = method ? *method : (struct method){.name = name, .handle = not_here};
    }
    return 0;
}

static int identify(void *state, const struct credentials *credentials,
                    struct identity *ret_identity)
{
    static const struct view bearer = VIEW_LIT("Bearer ");
    const struct view shown = credentials->authorization;
    *ret_identity = (struct identity){0};
    if (shown.len == 0)
        return 0;
    if (!view_starts(shown, bearer) ||
        id_parse(view_of(shown.at + bearer.len, shown.len - bearer.len), &ret_identity->account_id))
        return ERR_DENIED;
    ret_identity->roles = FRONT_BUYER;
    return 0;
}

static int start_workers(uint32_t wanted, struct worker *workers[FRONT_WORKERS_MAX],
                         uint32_t *ret_count)
{
    const long most = wanted ? wanted : sysconf(_SC_NPROCESSORS_ONLN);
    int err = 0;
    for (*ret_count = 0; err == 0 && *ret_count < most && *ret_count < FRONT_WORKERS_MAX;) {
        err = worker_start(*ret_count, &SCHED_LIMITS_DEFAULT, &workers[*ret_count]);
        ++*ret_count;
    }
    return err;
}

static int serve(const struct front_wish *wish, uint16_t *ret_port)
{
    static struct method rows[FRONT_SERVICES_MAX][METHODS_MAX];
    static struct service services[FRONT_SERVICES_MAX];
    static struct worker *workers[FRONT_WORKERS_MAX];
    struct server *server;
    uint32_t count;
    void *state = NULL;
    log_setup(
        &(struct log_options){.level = LOG_WARN, .fd = STDERR_FILENO, .clock = clock_system()});
    int err = start_workers(wish->workers, workers, &count);
    if (err == 0 && wish->open)
        err = wish->open(wish->open_wish, workers, count, &state);
    for (uint32_t i = 0; err == 0 && i < wish->service_count; i++) {
        const ProtobufCServiceDescriptor *descriptor = wish->services[i].descriptor;
        err = fill_rows(&wish->services[i], rows[i]);
        services[i] = (struct service){.descriptor = descriptor,
                                       .methods = rows[i],
                                       .method_count = descriptor->n_methods,
                                       .state = state};
    }
    const struct server_options options = {.listen = "127.0.0.1:0",
                                           .services = services,
                                           .service_count = wish->service_count,
                                           .identify = identify};
    err = err ? err : server_start(workers, count, &options, &server);
    if (err == 0)
        *ret_port = server_port(server);
    return err;
}

int front_start(const struct front_wish *wish, struct front *ret_front)
{
    int ends[2];
    uint16_t port = 0;
    fflush(NULL);
    if (pipe(ends) != 0)
        return ERR_IO;
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        const int err = serve(wish, &port);
        if (err != 0)
            fprintf(stderr, "usher-bench: a peer did not start: %s\n", err_text(err));
        if (err != 0 || write(ends[1], &port, sizeof(port)) != sizeof(port))
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    const bool serves = pid > 0 && read(ends[0], &port, sizeof(port)) == sizeof(port);
    close(ends[0]);
    *ret_front = (struct front){.pid = pid};
    snprintf(ret_front->url, sizeof(ret_front->url), "http://127.0.0.1:%u", port);
    if (!serves && pid > 0)
        wire_end(pid);
    return serves ? 0 : ERR_UNAVAILABLE;
}
