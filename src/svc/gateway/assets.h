/*
 * assets: the browser client, inside the binary.
 *
 * The table is written at build time from web/dist, each file as it is and, where that is smaller,
 * by gzip and by Zstandard. All of it is constant and lives as long as the process.
 */
#ifndef USHER_SVC_GATEWAY_ASSETS_H
#define USHER_SVC_GATEWAY_ASSETS_H

#include "codec/squeeze.h"
#include "mem/view.h"

struct web_form {
    const char *etag; /* quoted, from the content; each form has its own (RFC 9110, 8.8.3) */
    const uint8_t *bytes;
    size_t len; /* 0: there is no such form, for it gains nothing */
};

struct web_asset {
    const char *path;                     /* as asked for, "/assets/index-4f2a.js" */
    const char *type;                     /* Content-Type */
    struct web_form forms[SQUEEZE_KINDS]; /* by enum squeeze; SQUEEZE_NONE is always there */
};

/* All of them, by path in ascending order; written by embed.py. */
extern const struct web_asset web_assets[];
extern const size_t web_asset_count;

/* The asset at a path; /index.html for a path that the page's own router may know: without a dot,
 * and not under /assets. NULL: there is none. */
const struct web_asset *web_asset_find(struct view path);

#endif
