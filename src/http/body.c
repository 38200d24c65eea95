#include "http/body.h"

static void keep(void *owner)
{
    (void)owner;
}

struct body body_static(struct view bytes)
{
    return body_lent(bytes, keep, NULL);
}

void body_done(struct body *body)
{
    void (*release)(void *) = body->release;
    void *owner = body->owner;

    *body = (struct body){0};
    if (release)
        release(owner);
}
