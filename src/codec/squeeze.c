#include "codec/squeeze.h"

#include <zlib.h>
#include <zstd.h>

#include "err/err.h"

#define STEP       (16u << 10) /* bytes of room that are asked for at once */
#define GZIP       (15 + 16)   /* zlib's word for a gzip header */
#define ZSTD_LEVEL 3
#define ZSTD_FAST  1
#define WINDOW_LOG 23 /* 8 MiB: what RFC 8878, 3.1.1.1.2, has every decoder take, and no more */

struct view squeeze_name(enum squeeze how)
{
    return how == SQUEEZE_GZIP   ? VIEW_LIT("gzip")
           : how == SQUEEZE_ZSTD ? VIEW_LIT("zstd")
                                 : VIEW_LIT("identity");
}

bool squeeze_find(struct view name, enum squeeze *ret_how)
{
    *ret_how = SQUEEZE_NONE;
    for (int how = SQUEEZE_NONE; how < SQUEEZE_KINDS && name.len; how++) {
        if (view_eq_nocase(name, squeeze_name((enum squeeze)how))) {
            *ret_how = (enum squeeze)how;
            return true;
        }
    }
    return name.len == 0;
}

/* Room for a step, or what is left of out; NULL where nothing is, with *ret_err. */
static uint8_t *step_of(struct buf *out, size_t *ret_room, int *ret_err)
{
    const size_t left = out->max - out->len;
    *ret_room = left < STEP ? left : STEP;
    uint8_t *at = left ? buf_reserve(out, *ret_room) : NULL;
    *ret_err = at ? 0 : left ? ERR_NO_MEMORY : ERR_FULL;
    return at;
}

/* ---- gzip ---- */

static int pack_gzip(struct view bytes, struct buf *out)
{
    z_stream z = {.next_in = (Bytef *)bytes.at, .avail_in = (uInt)bytes.len};
    int err = 0, done = Z_OK;
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return ERR_NO_MEMORY;
    while (!err && done != Z_STREAM_END) {
        size_t room;
        z.next_out = step_of(out, &room, &err);
        z.avail_out = (uInt)room;
        if (err)
            break;
        done = deflate(&z, Z_FINISH);
        buf_commit(out, room - z.avail_out);
    }
    deflateEnd(&z);
    return err;
}

/* One byte more would be too many: so a full out is looked behind. */
static int end_of_gzip(z_stream *z)
{
    Bytef spare;
    z->next_out = &spare;
    z->avail_out = 1;
    const int done = inflate(z, Z_NO_FLUSH);
    if (z->avail_out == 0)
        return ERR_FULL;
    return done == Z_STREAM_END && z->avail_in == 0 ? 0 : ERR_INVALID;
}

static int unpack_gzip(struct view bytes, struct buf *out)
{
    z_stream z = {.next_in = (Bytef *)bytes.at, .avail_in = (uInt)bytes.len};
    int err = 0, done = Z_OK;
    if (inflateInit2(&z, GZIP) != Z_OK)
        return ERR_NO_MEMORY;
    while (!err && done != Z_STREAM_END) {
        size_t room;
        z.next_out = step_of(out, &room, &err);
        if (err == ERR_FULL) {
            err = end_of_gzip(&z);
            break;
        }
        if (err)
            break;
        z.avail_out = (uInt)room;
        done = inflate(&z, Z_NO_FLUSH);
        buf_commit(out, room - z.avail_out);
        if (done == Z_MEM_ERROR)
            err = ERR_NO_MEMORY;
        else if ((done != Z_OK && done != Z_STREAM_END) || (done == Z_STREAM_END && z.avail_in > 0))
            err = ERR_INVALID;
    }
    inflateEnd(&z);
    return err;
}

/* ---- Zstandard ---- */

static int pack_zstd(struct view bytes, int level, struct buf *out)
{
    const size_t most = ZSTD_compressBound(bytes.len);
    uint8_t *at = buf_reserve(out, most);
    if (!at)
        return most > out->max - out->len ? ERR_FULL : ERR_NO_MEMORY;
    const size_t len = ZSTD_compress(at, most, bytes.at, bytes.len, level);
    if (ZSTD_isError(len))
        return ERR_NO_MEMORY;
    buf_commit(out, len);
    return 0;
}

static int unpack_zstd(struct view bytes, struct buf *out)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_inBuffer in = {.src = bytes.at, .size = bytes.len};
    size_t more = 1;
    int err = context ? 0 : ERR_NO_MEMORY;
    if (!err)
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG);
    while (!err && more != 0) {
        uint8_t spare;
        size_t room;
        uint8_t *at = step_of(out, &room, &err);
        const bool full = err == ERR_FULL;
        if (err && !full)
            break;
        ZSTD_outBuffer to = {.dst = full ? &spare : at, .size = full ? 1 : room};
        more = ZSTD_decompressStream(context, &to, &in);
        err = ZSTD_isError(more)                              ? ERR_INVALID
              : full && to.pos > 0                            ? ERR_FULL
              : more == 0 && in.pos < in.size                 ? ERR_INVALID
              : more != 0 && to.pos == 0 && in.pos == in.size ? ERR_INVALID
                                                              : 0;
        if (!full && !ZSTD_isError(more))
            buf_commit(out, to.pos);
    }
    ZSTD_freeDCtx(context);
    return err;
}

int squeeze_pack(enum squeeze how, struct view bytes, struct buf *out)
{
    assert(how != SQUEEZE_NONE && bytes.len <= UINT32_MAX);
    return how == SQUEEZE_GZIP ? pack_gzip(bytes, out) : pack_zstd(bytes, ZSTD_LEVEL, out);
}

int squeeze_pack_fast(struct view bytes, struct buf *out)
{
    assert(bytes.len <= UINT32_MAX);
    return pack_zstd(bytes, ZSTD_FAST, out);
}

int squeeze_unpack(enum squeeze how, struct view bytes, struct buf *out)
{
    assert(how != SQUEEZE_NONE);
    if (bytes.len == 0 || bytes.len > UINT32_MAX)
        return ERR_INVALID;
    return how == SQUEEZE_GZIP ? unpack_gzip(bytes, out) : unpack_zstd(bytes, out);
}
