#include "svc/monitor/vitals.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock/clock.h"
#include "err/err.h"

/* ---- measuring ---- */

/* How much more it is than before, a second; −1 where one of the two is not known. */
static int64_t rate(int64_t now, int64_t before, int64_t took_ns)
{
    if (now < 0 || before < 0 || now < before || took_ns <= 0)
        return -1;
    return (int64_t)((double)(now - before) * (double)NS_PER_S / (double)took_ns);
}

static int64_t host_cpu_permille(const struct machine *now, const struct machine *before)
{
    int64_t all = 0, idle = 0;
    for (int i = 0; i < 6; i++) {
        if (now->host_cpu_us[i] < 0 || before->host_cpu_us[i] < 0)
            return -1;
        const int64_t more = now->host_cpu_us[i] - before->host_cpu_us[i];
        all += more;
        idle += i == MACHINE_CPU_IDLE || i == MACHINE_CPU_IOWAIT ? more : 0;
    }
    return all > 0 ? (all - idle) * 1000 / all : -1;
}

void vitals_measure(struct vitals *vitals, int64_t now_ns, Usher__V1__ProcessFigures *ret_figures)
{
    struct machine m;
    const struct machine *last = &vitals->last;
    const bool first = vitals->last_ns == 0;
    const int64_t took_ns = first ? 0 : now_ns - vitals->last_ns;
    machine_read(vitals->data, &m);
    usher__v1__process_figures__init(ret_figures);
    ret_figures->node = (char *)vitals->node;
    ret_figures->roles = (char *)vitals->roles;
    ret_figures->version = (char *)vitals->version;
    ret_figures->started_ms = m.started_s < 0 ? -1 : m.started_s * 1000;
    const int64_t cpu_us_s = rate(m.cpu_us, last->cpu_us, took_ns);
    ret_figures->cpu_permille = cpu_us_s < 0 ? -1 : cpu_us_s / 1000;
    ret_figures->resident_bytes = m.resident_bytes;
    ret_figures->open_files = m.open_files;
    ret_figures->max_files = m.max_files;
    ret_figures->host_cpu_permille = first ? -1 : host_cpu_permille(&m, last);
    ret_figures->host_memory_bytes = m.memory_bytes;
    ret_figures->host_memory_free_bytes = m.memory_free_bytes;
    ret_figures->disk_bytes = m.disk_bytes;
    ret_figures->disk_free_bytes = m.disk_free_bytes;
    ret_figures->received_bytes_s = rate(m.received_bytes, last->received_bytes, took_ns);
    ret_figures->sent_bytes_s = rate(m.sent_bytes, last->sent_bytes, took_ns);
    vitals->last = m;
    vitals->last_ns = now_ns;
}

/* ---- hearing ---- */

void vitals_heard_init(struct vitals_heard *heard)
{
    pthread_mutex_init(&heard->mutex, NULL);
}

void vitals_heard_release(struct vitals_heard *heard)
{
    pthread_mutex_destroy(&heard->mutex);
}

/* Its row; or a free one, or that of who was silent for longest. */
static struct vitals_row *row_of(struct vitals_heard *heard, const char *node)
{
    struct vitals_row *spare = &heard->rows[0];
    for (size_t i = 0; i < VITALS_PROCESSES; i++) {
        struct vitals_row *row = &heard->rows[i];
        if (row->figures.heard_ms != 0 && strncmp(row->node, node, VITALS_NAME_MAX - 1) == 0)
            return row;
        if (row->figures.heard_ms < spare->figures.heard_ms)
            spare = row;
    }
    return spare;
}

void vitals_hear(struct vitals_heard *heard, const char *node,
                 const Usher__V1__ProcessFigures *figures, int64_t now_ms)
{
    pthread_mutex_lock(&heard->mutex);
    struct vitals_row *row = row_of(heard, node);
    snprintf(row->node, sizeof(row->node), "%s", node);
    snprintf(row->roles, sizeof(row->roles), "%s", figures->roles);
    snprintf(row->version, sizeof(row->version), "%s", figures->version);
    row->figures = *figures;
    row->figures.node = row->node;
    row->figures.roles = row->roles;
    row->figures.version = row->version;
    row->figures.heard_ms = now_ms;
    pthread_mutex_unlock(&heard->mutex);
}

static int by_node(const void *a, const void *b)
{
    const Usher__V1__ProcessFigures *const *one = a, *const *other = b;
    return strcmp((*one)->node, (*other)->node);
}

static Usher__V1__ProcessFigures *copy_of(const struct vitals_row *row, struct arena *arena)
{
    Usher__V1__ProcessFigures *copy = arena_alloc(arena, sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = row->figures;
    copy->node = arena_printf(arena, "%s", row->node);
    copy->roles = arena_printf(arena, "%s", row->roles);
    copy->version = arena_printf(arena, "%s", row->version);
    copy->base.n_unknown_fields = 0;
    copy->base.unknown_fields = NULL;
    return copy->node && copy->roles && copy->version ? copy : NULL;
}

int vitals_list(struct vitals_heard *heard, int64_t now_ms, struct arena *arena,
                Usher__V1__ProcessFigures ***ret_list, size_t *ret_count)
{
    Usher__V1__ProcessFigures **list = arena_alloc(arena, VITALS_PROCESSES * sizeof(*list));
    size_t count = 0;
    int err = list ? 0 : ERR_NO_MEMORY;
    pthread_mutex_lock(&heard->mutex);
    for (size_t i = 0; i < VITALS_PROCESSES && err == 0; i++) {
        const struct vitals_row *row = &heard->rows[i];
        if (row->figures.heard_ms == 0 || now_ms - row->figures.heard_ms > VITALS_KEPT_MS)
            continue;
        list[count] = copy_of(row, arena);
        err = list[count++] ? 0 : ERR_NO_MEMORY;
    }
    pthread_mutex_unlock(&heard->mutex);
    if (err != 0)
        return err;
    qsort(list, count, sizeof(*list), by_node);
    *ret_list = list;
    *ret_count = count;
    return 0;
}
