/*
 * post: what the files of the webhook role share. For this folder alone.
 */
#ifndef USHER_SVC_WEBHOOK_POST_H
#define USHER_SVC_WEBHOOK_POST_H

#include "db/http_workers.h"
#include "err/err.h"
#include "store/hooks.h"
#include "svc/webhook/webhook.h"
#include "usher/v1/webhook.pb-c.h"

#define POST_LANES       32 /* hooks that are told at once … */
#define POST_LANES_EACH  4  /* … of them an organiser's */
#define POST_EVENTS      16 /* of one look at the feed; and how many are told again after a crash */
#define POST_PAUSE_MS    250
#define POST_TRY_MS      15000 /* a receiver has so long to take a message */
#define POST_LANE_MS     20000 /* no further message is begun in a lane after this */
#define POST_STORE_MS    10000
#define POST_BUSY_MS     60000 /* what others wait for a lane whose process died */
#define POST_BACK_MAX_MS INT64_C(3600000)
#define POST_SWEEP_MS    INT64_C(60000)
#define POST_ARENA_MAX   (4u << 20)
#define POST_ANSWER_MAX  (HTTP_ANSWER_MAX + HTTP_HEAD_MAX + 65536)
#define POST_BODY_MAX    1024 /* bytes of a message */

#define SECRET_BYTES      32
#define SECRET_TEXT_CHARS (6 + 44) /* "whsec_" and base64 */

struct webhook_role {
    struct webhook_options options;
    uint8_t seal_key[KEY_BYTES];
    struct http_workers *clients;
    struct scope scope; /* the teller and its lanes, on worker 0 */
    uint32_t lane_count;
    uint32_t lanes[POST_LANES]; /* whose each is; 0: free */
};

/* ---- message.c ---- */

/* What is sent. */
struct message {
    char id[64];
    char body[POST_BODY_MAX];
    size_t body_len;
};
/* Writes the message of an event: the same one each time. */
void message_of_event(const struct hook_event *event, struct message *ret_message);
/* One that says nothing but that it is a test. */
void message_of_test(const struct hook *hook, int64_t now_ms, struct message *ret_message);
/* The text of a secret, with a NUL. */
void message_secret_text(const uint8_t secret[SECRET_BYTES], char ret_text[SECRET_TEXT_CHARS + 1]);
/* "v1,…" for each secret, with blanks between, and a NUL: HMAC-SHA256 over "id.timestamp.body". */
#define SIGNATURE_CHARS 47
void message_sign(const struct message *message, int64_t at_s,
                  const uint8_t secrets[][SECRET_BYTES], size_t count,
                  char ret_text[2 * (SIGNATURE_CHARS + 1)]);

/* ---- tell.c ---- */

/* What a receiver said to one message. */
struct said {
    int err;    /* 0: it was taken; ERR_DENIED: its address is not one that may be called; else why
                   not */
    int status; /* of HTTP; 0: none */
    char text[HOOK_ERROR_MAX];
};
/* Sends a message to a hook, signed now, and waits. ERR_CORRUPT in said->err: its secrets were
 * sealed with another key. */
void tell_one(struct webhook_role *role, const struct hook *hook, const struct message *message,
              struct said *ret_said, int64_t deadline_ns);
/* Body of the fiber that tells all hooks; arg: struct webhook_role. */
void tell_all(void *arg);
/* Whether an address may be called: for http_client_guard. state: struct webhook_role. */
bool tell_may(void *state, const struct sockaddr *address);

/* The wall clock of the loop that the caller's fiber is on. */
int64_t post_now_ms(void);

#endif
