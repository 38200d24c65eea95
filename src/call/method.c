#include "call/method.h"

#include <stdlib.h>

#include "call/limits.h"
#include "err/err.h"

#define PATHS_MAX (64u << 10) /* bytes of all paths */

const char *method_refusal(enum code code)
{
    return code == CODE_UNAUTHENTICATED ? "this needs a valid token"
                                        : "none of the caller's roles may do this";
}

static uint32_t hash_of(struct view path)
{
    /* FNV-1a. The keys are ours: nobody can choose colliding ones. */
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < path.len; i++)
        hash = (hash ^ (uint8_t)path.at[i]) * 16777619u;
    return hash;
}

static struct route *slot_for(const struct routes *r, struct view path)
{
    uint32_t i = hash_of(path) & r->mask;
    while (r->slots[i].service && !view_eq(r->slots[i].path, path))
        i = (i + 1) & r->mask;
    return &r->slots[i];
}

static const struct method *row_of(const struct service *service, const char *name)
{
    for (size_t i = 0; i < service->method_count; i++) {
        if (strcmp(service->methods[i].name, name) == 0)
            return &service->methods[i];
    }
    return NULL;
}

static int add_service(struct routes *r, const struct service *service)
{
    assert(service->method_count == service->descriptor->n_methods);
    for (unsigned i = 0; i < service->descriptor->n_methods; i++) {
        const ProtobufCMethodDescriptor *descriptor = &service->descriptor->methods[i];
        const struct method *method = row_of(service, descriptor->name);
        assert(method && method->handle);
        assert(!method->safe || method->kind == METHOD_UNARY);
        const char *path =
            arena_printf(&r->arena, "/%s/%s", service->descriptor->name, descriptor->name);
        if (!path)
            return ERR_NO_MEMORY;
        struct route *slot = slot_for(r, view_str(path));
        assert(!slot->service);
        *slot = (struct route){
            .path = view_str(path),
            .service = service,
            .method = method,
            .descriptor = descriptor,
            .number = r->count,
            .immutable = method->cache && strstr(method->cache, "immutable"),
            .request_max = method->request_max ? method->request_max : CALL_REQUEST_MAX,
        };
        if (slot->request_max > r->request_max)
            r->request_max = slot->request_max;
        slot->arena_max = CALL_ARENA_MAX + 8 * slot->request_max;
        r->rows[r->count++] = slot;
    }
    return 0;
}

int routes_init(struct routes *r, const struct service *services, size_t service_count)
{
    size_t methods = 0, slots = 8;
    for (size_t i = 0; i < service_count; i++)
        methods += services[i].method_count;
    while (slots < methods * 2)
        slots *= 2;
    *r = (struct routes){.services = services, .service_count = service_count};
    arena_init(&r->arena, PATHS_MAX);
    r->mask = (uint32_t)slots - 1;
    r->slots = calloc(slots, sizeof(*r->slots));
    r->rows = calloc(methods + 1, sizeof(struct route *));
    int err = r->slots && r->rows ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; i < service_count && !err; i++)
        err = add_service(r, &services[i]);
    if (err)
        routes_release(r);
    return err;
}

void routes_release(struct routes *r)
{
    free(r->slots);
    free(r->rows);
    arena_release(&r->arena);
    *r = (struct routes){0};
}

const struct route *routes_find(const struct routes *r, struct view path)
{
    const struct route *slot = slot_for(r, path);
    return slot->service ? slot : NULL;
}

const struct route *routes_find_method(const struct routes *r,
                                       const ProtobufCServiceDescriptor *service,
                                       const ProtobufCMethodDescriptor *method)
{
    /* Of another service, or of none: then it is not within these, wherever it lies. */
    const size_t at =
        ((uintptr_t)method - (uintptr_t)service->methods) / sizeof(ProtobufCMethodDescriptor);
    size_t first = 0, i = 0;
    while (i < r->service_count && r->services[i].descriptor != service)
        first += r->services[i++].method_count;
    return i < r->service_count && at < service->n_methods ? r->rows[first + at] : NULL;
}

bool routes_has_service(const struct routes *r, struct view name)
{
    for (size_t i = 0; i < r->service_count; i++) {
        if (view_eq(view_str(r->services[i].descriptor->name), name))
            return true;
    }
    return false;
}
