#include "call/metadata.h"

#include "err/err.h"

/* Set before any worker starts, then only read. */
static const struct view *let_travel;
static size_t let_travel_count;

void metadata_let_travel(const struct view *prefixes, size_t count)
{
    let_travel = prefixes;
    let_travel_count = count;
}

bool metadata_travels(struct view name)
{
    if (view_starts(name, VIEW_LIT("usher-")) || view_eq(name, VIEW_LIT("traceparent")) ||
        view_eq(name, VIEW_LIT("x-request-id")) || view_eq(name, VIEW_LIT("tracestate")))
        return true;
    size_t i = 0;
    while (i < let_travel_count && !view_starts(name, let_travel[i]))
        i++;
    return i < let_travel_count;
}

/* What may stand in a header field, without tabs and bytes over 127 (RFC 9110, 5.5). */
static bool is_printable(struct view value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < ' ' || value.at[i] > '~')
            return false;
    }
    return true;
}

/* Room for one more. False: no memory. */
static bool make_room(struct metadata *m, struct arena *arena)
{
    if (m->count < m->room)
        return true;
    const uint32_t room = m->room ? 2 * m->room : 2;
    struct metadata_field *fields = arena_alloc(arena, room * sizeof(*fields));
    if (!fields)
        return false;
    if (m->count)
        memcpy(fields, m->fields, m->count * sizeof(*fields));
    m->fields = fields;
    m->room = room;
    return true;
}

static int add_field(struct metadata **metadata, struct arena *arena, struct view name,
                     struct view value, bool trailing)
{
    if (!metadata_travels(name) || !is_printable(value))
        return ERR_INVALID;
    struct metadata *m = *metadata ? *metadata : arena_alloc(arena, sizeof(*m));
    if (!m)
        return ERR_NO_MEMORY;
    *metadata = m;
    if (m->count == METADATA_FIELDS_MAX || value.len > METADATA_VALUE_MAX)
        return ERR_FULL;
    const char *name_copy = arena_copy(arena, name), *value_copy = arena_copy(arena, value);
    if (!name_copy || !value_copy || !make_room(m, arena))
        return ERR_NO_MEMORY;
    m->fields[m->count++] = (struct metadata_field){
        .name = view_of(name_copy, name.len),
        .value = view_of(value_copy, value.len),
        .trailing = trailing,
    };
    return 0;
}

int metadata_add(struct metadata **metadata, struct arena *arena, struct view name,
                 struct view value)
{
    return add_field(metadata, arena, name, value, false);
}

int metadata_put(struct metadata **metadata, struct arena *arena, struct view name,
                 struct view value)
{
    int err = add_field(metadata, arena, name, value, false);
    struct metadata *m = *metadata;
    for (uint32_t i = 0; err == 0 && i + 1 < m->count; i++) {
        if (!view_eq(m->fields[i].name, name))
            continue;
        m->fields[i].value = m->fields[--m->count].value;
        break;
    }
    return err;
}

int metadata_add_trailing(struct metadata **metadata, struct arena *arena, struct view name,
                          struct view value)
{
    return add_field(metadata, arena, name, value, true);
}

struct view metadata_find(const struct metadata *metadata, struct view name)
{
    for (uint32_t i = 0; metadata && i < metadata->count; i++) {
        if (view_eq(metadata->fields[i].name, name))
            return metadata->fields[i].value;
    }
    return (struct view){0};
}
