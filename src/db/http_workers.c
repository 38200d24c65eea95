#include "db/http_workers.h"

#include <assert.h>
#include <stdlib.h>

#include "err/err.h"
#include "fiber/fiber.h"

struct http_workers {
    struct worker *const *workers;
    uint32_t count;
    const char *ca_path;
    uint32_t turn; /* whose client is made or freed now */
    int err;
    struct http_client *clients[];
};

static void open_here(void *arg)
{
    struct http_workers *all = arg;
    all->err = http_client_new(worker_loop(all->workers[all->turn]), all->ca_path,
                               &all->clients[all->turn]);
}

static void close_here(void *arg)
{
    struct http_workers *all = arg;
    http_client_free(all->clients[all->turn]);
}

int http_workers_new(struct worker *const *workers, uint32_t worker_count, const char *ca_path,
                     struct http_workers **ret_clients)
{
    struct http_workers *all = calloc(1, sizeof(*all) + worker_count * sizeof(all->clients[0]));
    if (!all)
        return ERR_NO_MEMORY;
    *all = (struct http_workers){.workers = workers, .count = worker_count, .ca_path = ca_path};
    int err = 0;
    for (; err == 0 && all->turn < worker_count; all->turn++) {
        err = worker_call(workers[all->turn], open_here, all);
        err = err == 0 ? all->err : err;
    }
    if (err == 0)
        *ret_clients = all;
    else
        http_workers_free(all);
    return err;
}

void http_workers_guard(struct http_workers *clients,
                        bool (*may)(void *state, const struct sockaddr *address), void *state)
{
    for (uint32_t i = 0; i < clients->count; i++)
        http_client_guard(clients->clients[i], may, state);
}

struct http *http_workers_here(void *clients)
{
    const struct http_workers *all = clients;
    const struct loop *loop = sched_loop(sched_current());
    uint32_t i = 0;
    while (i < all->count && worker_loop(all->workers[i]) != loop)
        i++;
    assert(i < all->count);
    return http_client(all->clients[i]);
}

void http_workers_free(struct http_workers *clients)
{
    if (!clients)
        return;
    for (clients->turn = 0; clients->turn < clients->count; clients->turn++) {
        int err = worker_call(clients->workers[clients->turn], close_here, clients);
        assert(err == 0);
    }
    free(clients);
}
