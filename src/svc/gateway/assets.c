#include "svc/gateway/assets.h"

static int compare(struct view a, struct view b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static const struct web_asset *exactly(struct view path)
{
    size_t low = 0, high = web_asset_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(path, view_str(web_assets[middle].path));
        if (order == 0)
            return &web_assets[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Whether it names a file, or a service (usher.v1.TicketService): then it is there by that name or
 * not at all. The page's own addresses have no dot, and none lies under /assets. */
static bool is_file(struct view path)
{
    static const struct view assets = {"/assets", 7};
    return memchr(path.at, '.', path.len) ||
           (view_starts(path, assets) && (path.len == assets.len || path.at[assets.len] == '/'));
}

const struct web_asset *web_asset_find(struct view path)
{
    if (path.len == 0 || path.at[0] != '/')
        return NULL;
    const struct web_asset *asset = exactly(path);
    if (asset)
        return asset;
    return is_file(path) ? NULL : exactly(VIEW_LIT("/index.html"));
}
