#include "http/body.h"

void body_done(struct body *body)
{
    void (*release)(void *) = body->release;
    void *owner = body->owner;

    *body = (struct body){0};
    if (release)
        release(owner);
}
