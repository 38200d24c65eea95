#include "crowd/claims.h"

#include <stdbool.h>
#include <stdlib.h>

#include "err/err.h"

static int compare(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    if (x->seat != y->seat)
        return x->seat < y->seat ? -1 : 1;
    if (x->from_version != y->from_version)
        return x->from_version < y->from_version ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

/* Whether a, which began no later, still stood when b was given. */
static bool overlaps(const struct claim *a, const struct claim *b)
{
    return a->person != b->person && a->to_version > b->from_version && a->until_ms > b->acked_ms;
}

int claims_check(struct claim *claims, size_t count, struct claims_conflict *conflicts,
                 size_t conflicts_max, size_t *ret_conflict_count)
{
    size_t live_count = 0, found = 0;
    const struct claim **live = malloc((count ? count : 1) * sizeof(*live));
    if (!live)
        return ERR_NO_MEMORY;
    qsort(claims, count, sizeof(*claims), compare);
    for (size_t i = 0; i < count; i++) {
        const struct claim *claim = &claims[i];
        const struct claim *other = NULL;
        if (i > 0 && claims[i - 1].seat != claim->seat)
            live_count = 0;
        size_t kept = 0;
        for (size_t k = 0; k < live_count; k++) {
            if (!other && overlaps(live[k], claim))
                other = live[k];
            /* Versions only grow: what has ended here is done with. */
            if (live[k]->to_version > claim->from_version)
                live[kept++] = live[k];
        }
        live_count = kept;
        live[live_count++] = claim;
        if (other && found++ < conflicts_max)
            conflicts[found - 1] = (struct claims_conflict){.first = *other, .second = *claim};
    }
    free(live);
    *ret_conflict_count = found;
    return 0;
}
