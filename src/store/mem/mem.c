#include "store/mem/mem.h"

#include <stdlib.h>

int mem_reserve(void **items, size_t *cap, size_t count, size_t size)
{
    if (count <= *cap)
        return 0;
    size_t grown = *cap ? *cap : 8;
    while (grown < count)
        grown *= 2;
    void *moved = reallocarray(*items, grown, size);
    if (!moved)
        return ERR_NO_MEMORY;
    memset((char *)moved + *cap * size, 0, (grown - *cap) * size);
    *items = moved;
    *cap = grown;
    return 0;
}

int mem_keep(struct arena *arena, struct view v, struct view *ret_copy)
{
    char *copy = arena_copy(arena, v);
    if (!copy)
        return ERR_NO_MEMORY;
    *ret_copy = view_of(copy, v.len);
    return 0;
}

struct mem_sale *mem_find_sale(struct mem_store *m, uint32_t performance_id)
{
    if (performance_id == 0 || performance_id > m->sale_count)
        return NULL;
    return &m->sales[performance_id - 1];
}

static void mem_free(struct store *store)
{
    struct mem_store *m = mem_of(store);
    for (size_t i = 0; i < m->sale_count; i++) {
        free(m->sales[i].rows);
        free(m->sales[i].sold);
        free(m->sales[i].blocks);
        free(m->sales[i].prices);
        free(m->sales[i].plans);
        free(m->sales[i].wishes);
        free(m->sales[i].orders);
    }
    for (size_t i = 0; i < m->outbox_count; i++)
        free((void *)m->outbox[i].body.at);
    free(m->halls);
    free(m->events);
    free(m->sales);
    free(m->orders);
    free(m->outbox);
    table_release(&m->order_places);
    arena_release(&m->kept);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static const struct store_ops mem_ops = {
    .name = "mem",
    .free = mem_free,
#define OPERATION(name, decides, parameters, names) .name = mem_##name,
#include "store/operations.h"
};

int store_mem_new(struct store **ret_store)
{
    struct mem_store *m = calloc(1, sizeof(*m));
    if (!m)
        return ERR_NO_MEMORY;
    m->store.ops = &mem_ops;
    pthread_mutex_init(&m->lock, NULL);
    arena_init(&m->kept, MEM_BYTES_MAX);
    *ret_store = &m->store;
    return 0;
}
