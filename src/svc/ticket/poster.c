/* SetPoster: an event's picture, made ours (paper/picture.h) and kept by what it shows. */
#include <stdio.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "observe/log.h"
#include "paper/picture.h"
#include "store/pictures.h"
#include "svc/ticket/bills.h"

#define PATH_PREFIX "/posters/"
#define PATH_SUFFIX "-600.jpg"

bool desk_is_own_poster(const char *poster)
{
    const size_t prefix = sizeof(PATH_PREFIX) - 1;
    return strlen(poster) == prefix + PICTURE_HASH_CHARS + sizeof(PATH_SUFFIX) - 1 &&
           strncmp(poster, PATH_PREFIX, prefix) == 0 &&
           strcmp(poster + prefix + PICTURE_HASH_CHARS, PATH_SUFFIX) == 0 &&
           strspn(poster + prefix, "0123456789abcdef") == PICTURE_HASH_CHARS;
}

int desk_forget_pictures(struct call *call, uint32_t event_id)
{
    const struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    return sql ? pictures_forget(sql, event_id, call_deadline_ns(call)) : 0;
}

struct making {
    struct view file;
    struct picture pictures[PICTURE_SIZES];
    int err;
};

static void make(void *arg)
{
    struct making *m = arg;
    m->err = picture_make(m->file, m->pictures);
}

/* Of the event too: each has pictures of its own, which go with it. */
static void hash_of(uint32_t event_id, const struct picture *largest,
                    char ret_hash[PICTURE_HASH_CHARS + 1])
{
    uint8_t both[32 + 4], sum[32];
    sha256(buf_view(&largest->jpeg), both);
    for (int i = 0; i < 4; i++)
        both[32 + i] = (uint8_t)(event_id >> (8 * i));
    sha256(view_of(both, sizeof(both)), sum);
    hex_write(view_of(sum, PICTURE_HASH_CHARS / 2), ret_hash);
}

static int keep(struct call *call, uint32_t event_id, struct view hash,
                const struct picture *pictures)
{
    const struct ticket *ticket = call_state(call);
    struct stored_picture rows[PICTURE_SIZES];
    for (size_t i = 0; i < PICTURE_SIZES; i++)
        rows[i] = (struct stored_picture){picture_widths[i], buf_view(&pictures[i].jpeg)};
    return pictures_put(ticket->options.store->sql, event_id, hash, rows, PICTURE_SIZES,
                        clock_wall_ms(loop_clock(sched_loop(sched_current()))),
                        call_deadline_ns(call));
}

static int refuse_picture(struct call *call, int err)
{
    if (err == ERR_FULL)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "content",
                         "a poster has %d to %d pixels a side, %d at most in all, and %u bytes at "
                         "most",
                         PICTURE_SIDE_MIN, PICTURE_SIDE_MAX, PICTURE_PIXELS_MAX, PICTURE_FILE_MAX);
    if (err == ERR_INVALID)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "content",
                         "this is no PNG, JPEG (in RGB) or WebP, or a damaged one");
    return desk_store_failed(call, err);
}

/* Shows on the event's page what was kept. */
static int show(struct call *call, uint32_t event_id, struct view hash,
                const struct picture *pictures, void *response)
{
    char path[80];
    /* The catalog may have moved while this fiber waited. */
    const struct catalog_event *event = desk_managed(call, event_id);
    if (!event)
        return ERR_NOT_FOUND;
    struct playbill_event bill = *catalog_bill(event);
    snprintf(path, sizeof(path), PATH_PREFIX "%.*s" PATH_SUFFIX, VIEW_ARG(hash));
    bill.poster = view_str(path);
    int err = desk_set_bill(call, event, &bill, response);
    if (err != 0)
        return err;
    /* Another upload that was shown between these pictures and their bill has forgotten them. */
    err = keep(call, event_id, hash, pictures);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

CALL_HANDLER(ticket_set_poster)
{
    const Usher__V1__SetPosterRequest *wish = request;
    const struct ticket *ticket = call_state(call);
    struct making making = {.file = view_of(wish->content.data, wish->content.len)};
    char hash[PICTURE_HASH_CHARS + 1];
    if (!desk_managed(call, wish->event_id))
        return ERR_NOT_FOUND;
    if (!ticket->options.store->sql)
        return desk_store_failed(call, ERR_UNSUPPORTED);
    int err = offload_run(ticket->options.offload, make, &making);
    if (err != 0) /* it did not run */
        return desk_store_failed(call, err);
    err = making.err;
    if (err == 0) {
        hash_of(wish->event_id, &making.pictures[PICTURE_SIZES - 1], hash);
        err = keep(call, wish->event_id, view_str(hash), making.pictures);
    }
    if (err != 0)
        err = refuse_picture(call, err);
    else
        err = show(call, wish->event_id, view_str(hash), making.pictures, response);
    picture_release(making.pictures);
    /* The event may be deleted by now, or have another poster. */
    (void)desk_forget_pictures(call, wish->event_id);
    if (err == 0)
        log_event(LOG_INFO, "event.poster", log_uint("usher.event", wish->event_id),
                  log_uint("usher.bytes", wish->content.len));
    return err;
}
