/* A mail server that takes mails, refuses them for now, or takes them without saying so. */
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "sim/money/money.h"

struct server {
    struct smtp smtp;
    struct usher *usher;
};

static void take(struct money_world *world, struct view message)
{
    static const char name[] = "Message-ID: <";
    const char *at = memmem(message.at, message.len, name, sizeof(name) - 1);
    char id[sizeof(world->mails[0].message_id)];
    size_t len = 0;
    if (!at) {
        money_fail(world, "a mail without a Message-ID");
        return;
    }
    at += sizeof(name) - 1;
    while (at[len] != '>' && len + 1 < sizeof(id)) {
        id[len] = at[len];
        len++;
    }
    id[len] = '\0';
    world->coverage->mails++;
    uint32_t i = 0;
    while (i < world->mail_count && strcmp(world->mails[i].message_id, id) != 0)
        i++;
    assert(i < MONEY_MAILS_MAX);
    if (i == world->mail_count)
        world->mail_count++;
    else
        world->coverage->mails_twice++;
    memcpy(world->mails[i].message_id, id, len + 1);
    world->mails[i].count++;
    money_say(world, "mail %s is taken", id);
}

static int send_mail(struct smtp *smtp, const struct smtp_mail *mail, struct smtp_answer *answer,
                     int64_t deadline_ns)
{
    struct usher *usher = ((struct server *)smtp)->usher;
    struct money_world *world = usher->party.world;
    *answer = (struct smtp_answer){0};
    if (usher->party.stormy)
        money_wait(world, world->weather.latency_ms);
    money_step(world);
    if (usher->party.dead || fiber_cancelled() ||
        (usher->party.stormy && money_happens(world, world->weather.mail_ppm)))
        return ERR_UNAVAILABLE;
    take(world, mail->message);
    money_step(world);
    if (usher->party.stormy)
        money_wait(world, world->weather.latency_ms);
    if (usher->party.dead ||
        (usher->party.stormy && money_happens(world, world->weather.mail_ppm))) {
        world->coverage->mails_unclear++;
        return ERR_UNKNOWN;
    }
    return 0;
}

struct smtp *mails_new(struct usher *usher)
{
    struct server *server = calloc(1, sizeof(*server));
    assert(server);
    *server = (struct server){.smtp = {.send = send_mail}, .usher = usher};
    return &server->smtp;
}
