#include "svc/gateway/poster.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"
#include "store/pictures.h"

struct kept {
    char name[POSTER_CHARS]; /* "" : free */
    char *bytes;
    size_t len;
    uint64_t used; /* grows */
};

struct posters {
    struct sql *sql;
    pthread_mutex_t lock; /* held for a copy, never while waiting */
    struct kept kept[POSTERS_KEPT];
    size_t bytes;
    uint64_t uses;
};

int posters_new(struct sql *sql, struct posters **ret_posters)
{
    struct posters *posters = calloc(1, sizeof(*posters));
    if (!posters)
        return ERR_NO_MEMORY;
    posters->sql = sql;
    pthread_mutex_init(&posters->lock, NULL);
    *ret_posters = posters;
    return 0;
}

void posters_free(struct posters *posters)
{
    if (!posters)
        return;
    for (size_t i = 0; i < POSTERS_KEPT; i++)
        free(posters->kept[i].bytes);
    pthread_mutex_destroy(&posters->lock);
    free(posters);
}

/* "HASH-600.jpg" taken apart. False: it is no name of a picture. A picture has one name. */
static bool read_name(struct view name, struct view *ret_hash, uint32_t *ret_width)
{
    static const struct {
        const char *end;
        uint32_t width;
    } sizes[] = {{"-300.jpg", 300}, {"-600.jpg", 600}, {"-1200.jpg", 1200}};
    if (name.len < PICTURE_HASH_CHARS)
        return false;
    for (size_t i = 0; i < PICTURE_HASH_CHARS; i++) {
        if (!memchr("0123456789abcdef", name.at[i], 16))
            return false;
    }
    *ret_hash = view_of(name.at, PICTURE_HASH_CHARS);
    const struct view end = view_of(name.at + PICTURE_HASH_CHARS, name.len - PICTURE_HASH_CHARS);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        *ret_width = sizes[i].width;
        if (view_eq(end, view_str(sizes[i].end)))
            return true;
    }
    return false;
}

/* ---- what is kept ---- */

static struct kept *find(struct posters *posters, struct view name)
{
    for (size_t i = 0; i < POSTERS_KEPT; i++) {
        if (view_eq(view_str(posters->kept[i].name), name))
            return &posters->kept[i];
    }
    return NULL;
}

static bool take_kept(struct posters *posters, struct view name, struct arena *arena,
                      struct view *ret_bytes)
{
    const char *copy = NULL;
    size_t len = 0;
    pthread_mutex_lock(&posters->lock);
    struct kept *kept = find(posters, name);
    if (kept) {
        kept->used = ++posters->uses;
        len = kept->len;
        copy = arena_copy(arena, view_of(kept->bytes, len));
    }
    pthread_mutex_unlock(&posters->lock);
    *ret_bytes = view_of(copy, len);
    return copy != NULL;
}

static void forget(struct posters *posters, struct kept *kept)
{
    posters->bytes -= kept->len;
    free(kept->bytes);
    *kept = (struct kept){0};
}

/* The one not asked for longest, or one that is free. */
static struct kept *oldest(struct posters *posters)
{
    struct kept *found = &posters->kept[0];
    for (size_t i = 1; i < POSTERS_KEPT; i++) {
        if (posters->kept[i].used < found->used)
            found = &posters->kept[i];
    }
    return found;
}

static struct kept *largest_age(struct posters *posters)
{
    struct kept *found = NULL;
    for (size_t i = 0; i < POSTERS_KEPT; i++) {
        struct kept *one = &posters->kept[i];
        if (one->bytes && (!found || one->used < found->used))
            found = one;
    }
    return found;
}

static void keep(struct posters *posters, struct view name, struct view bytes)
{
    char *copy = malloc(bytes.len);
    if (!copy)
        return;
    memcpy(copy, bytes.at, bytes.len);
    pthread_mutex_lock(&posters->lock);
    struct kept *kept = find(posters, name) ? NULL : oldest(posters);
    if (kept) {
        if (kept->bytes)
            forget(posters, kept);
        for (struct kept *old;
             posters->bytes + bytes.len > POSTERS_KEPT_MAX && (old = largest_age(posters));)
            forget(posters, old);
        memcpy(kept->name, name.at, name.len);
        kept->bytes = copy;
        kept->len = bytes.len;
        kept->used = ++posters->uses;
        posters->bytes += bytes.len;
        copy = NULL;
    }
    pthread_mutex_unlock(&posters->lock);
    free(copy);
}

/* ---- the page ---- */

static void refuse(int status, const char *text, struct page *ret_page)
{
    *ret_page = (struct page){.status = status,
                              .type = "text/plain; charset=utf-8",
                              .cache = "no-store",
                              .body = view_str(text)};
}

void posters_page(void *state, const struct plain_request *ask, struct page *ret_page)
{
    struct posters *posters = state;
    const size_t prefix = sizeof(POSTER_PATH) - 1;
    const struct view name = view_of(ask->path.at + prefix, ask->path.len - prefix);
    struct view hash, bytes = {0};
    uint32_t width;
    if (!view_eq(ask->method, VIEW_LIT("GET")) && !view_eq(ask->method, VIEW_LIT("HEAD"))) {
        refuse(405, "GET is wanted\n", ret_page);
        return;
    }
    int err = read_name(name, &hash, &width) ? 0 : ERR_NOT_FOUND;
    if (err == 0 && !take_kept(posters, name, ask->arena, &bytes)) {
        err = picture_get(posters->sql, hash, width, ask->arena, &bytes, ask->deadline_ns);
        if (err == 0)
            keep(posters, name, bytes);
    }
    if (err != 0) {
        refuse(err == ERR_NOT_FOUND ? 404 : 503, "no such picture\n", ret_page);
        return;
    }
    *ret_page = (struct page){.status = 200,
                              .type = "image/jpeg",
                              .cache = "public, max-age=31536000, immutable",
                              .headers = "X-Content-Type-Options: nosniff\r\n"
                                         "Content-Security-Policy: default-src 'none'\r\n",
                              .body = bytes};
}
