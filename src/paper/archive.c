#include "paper/archive.h"

#include <zip.h>

#include "err/err.h"

/* The archive's bytes, once it is closed. */
static int copy_out(zip_source_t *source, struct buf *out)
{
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
        return ERR_NO_MEMORY;
    int err = stat.size > out->max - out->len ? ERR_FULL : 0;
    uint8_t *room = err == 0 ? buf_reserve(out, stat.size) : NULL;
    if (err == 0 && !room)
        err = ERR_NO_MEMORY;
    if (err == 0 && zip_source_read(source, room, stat.size) != (zip_int64_t)stat.size)
        err = ERR_NO_MEMORY;
    if (err == 0)
        buf_commit(out, stat.size);
    zip_source_close(source);
    return err;
}

static int add_all(zip_t *zip, const struct archive_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zip_source_t *content =
            zip_source_buffer(zip, files[i].content.at, files[i].content.len, 0);
        zip_int64_t index =
            content ? zip_file_add(zip, files[i].name, content, ZIP_FL_ENC_UTF_8) : -1;
        if (index < 0) {
            if (content)
                zip_source_free(content);
            return ERR_NO_MEMORY;
        }
        /* One date for all, so that the same files make the same archive. */
        if (zip_file_set_dostime(zip, (zip_uint64_t)index, 0, 0x21, 0) != 0)
            return ERR_NO_MEMORY;
    }
    return 0;
}

int archive_write(const struct archive_file *files, size_t count, struct buf *out)
{
    zip_error_t error;
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    if (!zip) {
        if (source)
            zip_source_free(source);
        return ERR_NO_MEMORY;
    }
    zip_source_keep(source); /* closing the archive lets go of it */
    int err = add_all(zip, files, count);
    if (err != 0)
        zip_discard(zip);
    else if (zip_close(zip) != 0) {
        zip_discard(zip);
        err = ERR_NO_MEMORY;
    }
    if (err == 0)
        err = copy_out(source, out);
    zip_source_free(source);
    return err;
}
