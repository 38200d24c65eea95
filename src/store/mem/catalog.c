/* Halls, events and performances: small lists that are appended to. */
#include "store/mem/mem.h"

/* The maximum of each list is small, so looking through all of it is fine. */
static uint32_t find_hall(const struct mem_store *m, const struct store_hall *hall)
{
    for (size_t i = 0; i < m->hall_count; i++)
        if (view_eq(m->halls[i].name, hall->name) &&
            memcmp(m->halls[i].layout_hash, hall->layout_hash, STORE_HASH_BYTES) == 0)
            return m->halls[i].hall_id;
    return 0;
}

static int add_hall(struct mem_store *m, const struct store_hall *hall, uint32_t *ret_hall_id)
{
    struct store_hall kept = *hall;
    if (m->hall_count == STORE_HALLS_MAX)
        return ERR_FULL;
    int rc = mem_reserve((void **)&m->halls, &m->hall_cap, m->hall_count + 1, sizeof(*m->halls));
    if (rc == 0)
        rc = mem_keep(&m->kept, hall->name, &kept.name);
    if (rc == 0)
        rc = mem_keep(&m->kept, hall->layout, &kept.layout);
    if (rc < 0)
        return rc;
    kept.hall_id = (uint32_t)m->hall_count + 1;
    m->halls[m->hall_count++] = kept;
    *ret_hall_id = kept.hall_id;
    return 0;
}

int mem_hall_put(struct store *store, const struct store_hall *hall, uint32_t *ret_hall_id,
                 int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    int rc = store_hall_check(hall);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&m->lock);
    uint32_t known = find_hall(m, hall);
    if (known)
        *ret_hall_id = known;
    else
        rc = add_hall(m, hall, ret_hall_id);
    pthread_mutex_unlock(&m->lock);
    return rc;
}

static int copy_hall(const struct store_hall *hall, bool with_layout, struct arena *arena,
                     struct store_hall *ret_hall)
{
    struct store_hall copy = *hall;
    copy.layout = (struct view){0};
    int rc = mem_keep(arena, hall->name, &copy.name);
    if (rc == 0 && with_layout)
        rc = mem_keep(arena, hall->layout, &copy.layout);
    if (rc == 0)
        *ret_hall = copy;
    return rc;
}

int mem_hall_get(struct store *store, uint32_t hall_id, struct arena *arena,
                 struct store_hall *ret_hall, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    int rc = ERR_NOT_FOUND;
    pthread_mutex_lock(&m->lock);
    if (hall_id > 0 && hall_id <= m->hall_count)
        rc = copy_hall(&m->halls[hall_id - 1], true, arena, ret_hall);
    pthread_mutex_unlock(&m->lock);
    return rc;
}

int mem_hall_list(struct store *store, struct arena *arena, struct store_hall **ret_halls,
                  size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    size_t count = m->hall_count;
    struct store_hall *halls = arena_alloc(arena, count * sizeof(*halls));
    int rc = halls ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = copy_hall(&m->halls[i], false, arena, &halls[i]);
    pthread_mutex_unlock(&m->lock);
    if (rc < 0)
        return rc;
    *ret_halls = halls;
    *ret_count = count;
    return 0;
}

int mem_event_list(struct store *store, struct arena *arena, struct store_event **ret_events,
                   size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    size_t count = m->event_count;
    struct store_event *events = arena_alloc(arena, count * sizeof(*events));
    int rc = events ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        events[i] = m->events[i];
        rc = mem_keep(arena, m->events[i].name, &events[i].name);
        if (rc == 0)
            rc = mem_keep(arena, m->events[i].description, &events[i].description);
    }
    pthread_mutex_unlock(&m->lock);
    if (rc < 0)
        return rc;
    *ret_events = events;
    *ret_count = count;
    return 0;
}

static int add_performance(struct mem_store *m, const struct store_performance *performance,
                           uint32_t *ret_performance_id)
{
    struct store_performance kept = *performance;
    if (kept.event_id == 0 || kept.event_id > m->event_count || kept.hall_id == 0 ||
        kept.hall_id > m->hall_count)
        return ERR_NOT_FOUND;
    if (m->sale_count == STORE_PERFORMANCES_MAX)
        return ERR_FULL;
    kept.performance_id = (uint32_t)m->sale_count + 1;
    kept.first_sale_state = kept.sale_state;
    kept.epoch = kept.version = kept.seq = 0;
    int rc = mem_reserve((void **)&m->sales, &m->sale_cap, m->sale_count + 1, sizeof(*m->sales));
    if (rc == 0)
        rc = mem_keep(&m->kept, performance->currency, &kept.currency);
    if (rc == 0)
        rc = mem_keep(&m->kept, performance->prices, &kept.prices);
    if (rc < 0)
        return rc;
    store_genesis_hash(&kept, &m->halls[kept.hall_id - 1], m->events[kept.event_id - 1].name,
                       kept.head_hash);
    m->sales[m->sale_count++] = (struct mem_sale){.head = kept};
    *ret_performance_id = kept.performance_id;
    return 0;
}

static int add_event(struct mem_store *m, const struct store_event *event)
{
    struct store_event kept = *event;
    if (m->event_count == STORE_EVENTS_MAX)
        return ERR_FULL;
    int rc =
        mem_reserve((void **)&m->events, &m->event_cap, m->event_count + 1, sizeof(*m->events));
    if (rc == 0)
        rc = mem_keep(&m->kept, event->name, &kept.name);
    if (rc == 0)
        rc = mem_keep(&m->kept, event->description, &kept.description);
    if (rc < 0)
        return rc;
    kept.event_id = (uint32_t)m->event_count + 1;
    m->events[m->event_count++] = kept;
    return 0;
}

int mem_event_put(struct store *store, const struct store_event *event,
                  const struct store_performance *first, uint32_t *ret_event_id,
                  uint32_t *ret_performance_id, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    struct store_performance performance = first ? *first : (struct store_performance){0};
    int rc = store_event_check(event);
    if (rc == 0 && first)
        rc = store_performance_check(first);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&m->lock);
    rc = add_event(m, event);
    if (rc == 0 && first) {
        performance.event_id = (uint32_t)m->event_count;
        rc = add_performance(m, &performance, ret_performance_id);
        if (rc < 0)
            m->event_count--; /* nobody has seen it */
    }
    if (rc == 0)
        *ret_event_id = (uint32_t)m->event_count;
    pthread_mutex_unlock(&m->lock);
    return rc;
}

int mem_performance_put(struct store *store, const struct store_performance *performance,
                        uint32_t *ret_performance_id, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    int rc = store_performance_check(performance);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&m->lock);
    rc = add_performance(m, performance, ret_performance_id);
    pthread_mutex_unlock(&m->lock);
    return rc;
}

static int copy_performance(const struct store_performance *performance, struct arena *arena,
                            struct store_performance *ret_performance)
{
    struct store_performance copy = *performance;
    int rc = mem_keep(arena, performance->currency, &copy.currency);
    if (rc == 0)
        rc = mem_keep(arena, performance->prices, &copy.prices);
    if (rc == 0)
        *ret_performance = copy;
    return rc;
}

int mem_performance_list(struct store *store, struct arena *arena,
                         struct store_performance **ret_performances, size_t *ret_count,
                         int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    size_t count = m->sale_count;
    struct store_performance *list = arena_alloc(arena, count * sizeof(*list));
    int rc = list ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = copy_performance(&m->sales[i].head, arena, &list[i]);
    pthread_mutex_unlock(&m->lock);
    if (rc < 0)
        return rc;
    *ret_performances = list;
    *ret_count = count;
    return 0;
}

int mem_performance_get(struct store *store, uint32_t performance_id, struct arena *arena,
                        struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    struct mem_sale *sale = mem_find_sale(m, performance_id);
    int rc = sale ? copy_performance(&sale->head, arena, ret_performance) : ERR_NOT_FOUND;
    pthread_mutex_unlock(&m->lock);
    return rc;
}

int mem_claim(struct store *store, uint32_t performance_id, struct arena *arena,
              struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    int rc = ERR_NOT_FOUND;
    pthread_mutex_lock(&m->lock);
    struct mem_sale *sale = mem_find_sale(m, performance_id);
    if (sale) {
        sale->head.epoch++;
        rc = copy_performance(&sale->head, arena, ret_performance);
        if (rc < 0)
            sale->head.epoch--; /* nobody has seen it */
    }
    pthread_mutex_unlock(&m->lock);
    return rc;
}

/* Nothing is ever removed here, so only the catalog can mention a performance. */
int mem_performance_ids(struct store *store, struct arena *arena, uint32_t **ret_ids,
                        size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    size_t count = m->sale_count;
    uint32_t *ids = arena_alloc(arena, count * sizeof(*ids));
    for (size_t i = 0; ids && i < count; i++)
        ids[i] = m->sales[i].head.performance_id;
    pthread_mutex_unlock(&m->lock);
    if (!ids)
        return ERR_NO_MEMORY;
    *ret_ids = ids;
    *ret_count = count;
    return 0;
}
