#include "codec/any.h"

/* Set before threads start, then only read. */
static const ProtobufCMessageDescriptor *known_any;
static const ProtobufCMessageDescriptor *const *known_types;
static size_t known_count;

void any_know(const ProtobufCMessageDescriptor *any, const ProtobufCMessageDescriptor *const *types,
              size_t type_count)
{
    known_any = any;
    known_types = types;
    known_count = type_count;
}

bool any_is(const ProtobufCMessageDescriptor *descriptor)
{
    return descriptor == known_any && known_any;
}

const ProtobufCMessageDescriptor *any_type(struct view url)
{
    size_t start = url.len;
    while (start > 0 && url.at[start - 1] != '/')
        start--;
    if (start == 0) /* a URL has a slash */
        return NULL;
    const struct view name = view_of(url.at + start, url.len - start);
    for (size_t i = 0; i < known_count; i++) {
        if (view_eq(name, view_str(known_types[i]->name)))
            return known_types[i];
    }
    return NULL;
}
