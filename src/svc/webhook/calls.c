/* CreateWebhook, ListWebhooks, RotateWebhookSecret, TestWebhook, ReplayWebhook, DeleteWebhook,
 * ListWebhookEvents: an organiser's webhooks. */
#include <inttypes.h>
#include <string.h>

#include "call/tenant.h"
#include "svc/webhook/post.h"
#include "token/roles.h"
#include "token/seal.h"

#define DAY_S       86400
#define OVERLAP_MAX (30 * DAY_S)
#define EVENTS_PAGE 20

/* ---- answers ---- */

static int failed(struct call *call, int err)
{
    return err == ERR_NOT_FOUND
               ? call_refuse(call, CODE_NOT_FOUND, 0, "NOT_FOUND", "webhook_id", "no such webhook")
               : call_refuse_stored(call, err);
}

static int fill_types(struct arena *arena, uint32_t types, Usher__V1__Webhook *answer)
{
    answer->types = arena_alloc(arena, (HOOK_TYPE_LAST + 1) * sizeof(char *));
    for (uint32_t type = 1; answer->types && type <= HOOK_TYPE_LAST; type++) {
        if (types & 1u << type)
            answer->types[answer->n_types++] = (char *)hook_type_name(type);
    }
    return answer->types ? 0 : ERR_NO_MEMORY;
}

static int fill(struct call *call, const struct hook *hook, Usher__V1__Webhook *answer)
{
    struct arena *arena = call_arena(call);
    answer->webhook_id = hook->hook_id;
    answer->organiser_id = hook->organiser_id;
    answer->state = (Usher__V1__WebhookState)hook->state;
    answer->told_up_to = hook->position;
    answer->last_sequence = hook->last_seq;
    answer->tries = hook->tries;
    answer->next_try_at_ms = hook->tries > 0 ? hook->next_try_at_ms : 0;
    answer->failing_since_ms = hook->failing_since_ms;
    answer->taken_at_ms = hook->taken_at_ms;
    answer->created_at_ms = hook->created_at_ms;
    answer->old_secret_ends_at_ms =
        hook->old_secret.len > 0 && hook->old_until_ms > post_now_ms() ? hook->old_until_ms : 0;
    answer->address = arena_copy(arena, hook->address);
    answer->last_error = arena_copy(arena, hook->last_error);
    return answer->address && answer->last_error ? fill_types(arena, hook->types, answer)
                                                 : ERR_NO_MEMORY;
}

/* The hook of that number, if it is one of the caller's. 0, or what a handler returns. */
static int find(struct call *call, uint64_t hook_id, struct hook *ret_hook)
{
    struct webhook_role *role = call_state(call);
    int err =
        hook_get(role->options.sql, hook_id, call_arena(call), ret_hook, call_deadline_ns(call));
    if (err == 0 && !identity_has_for(call_identity(call), ret_hook->organiser_id, ROLES_MANAGE))
        err = ERR_NOT_FOUND; /* nobody learns of another's */
    return err == 0 ? 0 : failed(call, err);
}

/* The answer after a change: the hook as it is now. */
static int answer_hook(struct call *call, uint64_t hook_id, void *response)
{
    struct hook hook;
    int err = find(call, hook_id, &hook);
    if (err == 0 && (err = fill(call, &hook, response)) != 0)
        err = failed(call, err);
    return err;
}

static struct act act_of(struct call *call, const char *what, uint32_t organiser_id,
                         uint64_t hook_id)
{
    const char *about = arena_printf(call_arena(call), "organiser %" PRIu32 ", webhook %" PRIu64,
                                     organiser_id, hook_id);
    return (struct act){.at_ms = post_now_ms(),
                        .what = view_str(what),
                        .account_id = call_identity(call)->account_id,
                        .address = call_metadata(call, VIEW_LIT("usher-address")),
                        .about = about ? view_str(about) : (struct view){0}};
}

/* ---- making ---- */

/* https://HOST…, one line of printable ASCII without a user. */
static bool is_address(const struct webhook_role *role, const char *text)
{
    const bool secure = strncmp(text, "https://", 8) == 0;
    const bool plain = strncmp(text, "http://", 7) == 0 && role->options.allowed_count > 0;
    if (!secure && !plain)
        return false;
    const char *host = text + (secure ? 8 : 7);
    const size_t host_len = strcspn(host, "/?#");
    for (const char *at = text; *at; at++) {
        if (*at <= ' ' || *at > '~')
            return false;
    }
    return host_len > 0 && !memchr(host, '@', host_len) && strlen(text) <= HOOK_ADDRESS_MAX;
}

/* Bits of the types that were named. False: one is unknown. */
static bool read_types(char **names, size_t count, uint32_t *ret_types)
{
    *ret_types = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t type = 1;
        while (type <= HOOK_TYPE_LAST && strcmp(hook_type_name(type), names[i]) != 0)
            type++;
        if (type > HOOK_TYPE_LAST)
            return false;
        *ret_types |= 1u << type;
    }
    return true;
}

/* A fresh secret: its text for the answer, and sealed for the store, both in the arena. */
static int make_secret(struct call *call, char **ret_text, struct view *ret_sealed)
{
    struct webhook_role *role = call_state(call);
    uint8_t secret[SECRET_BYTES];
    uint8_t *sealed = arena_alloc(call_arena(call), SECRET_BYTES + SEAL_MORE);
    char *text = arena_alloc(call_arena(call), SECRET_TEXT_CHARS + 1);
    if (!sealed || !text)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < SECRET_BYTES; i += 8) {
        const uint64_t bits = chance_u64(role->options.chance);
        memcpy(secret + i, &bits, 8);
    }
    message_secret_text(secret, text);
    seal_write(role->seal_key, role->options.chance, view_of(secret, SECRET_BYTES), sealed);
    explicit_bzero(secret, sizeof(secret));
    *ret_text = text;
    *ret_sealed = view_of(sealed, SECRET_BYTES + SEAL_MORE);
    return 0;
}

CALL_HANDLER(webhook_create)
{
    const Usher__V1__CreateWebhookRequest *wish = request;
    Usher__V1__Webhook *answer = response;
    struct webhook_role *role = call_state(call);
    struct hook hook = {.address = view_str(wish->address), .created_at_ms = post_now_ms()};
    uint64_t hook_id = 0;
    char *secret = NULL;
    if (call_tenant(call, wish->organiser_id, ROLES_MANAGE, &hook.organiser_id))
        return 1;
    if (!is_address(role, wish->address))
        return call_refuse(call, CODE_INVALID_ARGUMENT, 0, "BAD_ARGUMENT", "address",
                           "https://HOST/PATH is wanted, of %d bytes at most, without a user",
                           HOOK_ADDRESS_MAX);
    if (!read_types(wish->types, wish->n_types, &hook.types))
        return call_refuse(call, CODE_INVALID_ARGUMENT, 0, "BAD_ARGUMENT", "types",
                           "order.made, order.paid, order.reduced, order.cancelled, "
                           "order.refunded, ticket.passed_on, ticket.checked_in, sale.opened, "
                           "sale.paused, sale.closed or line.opened");
    struct act act = act_of(call, "webhook.create", hook.organiser_id, 0);
    const char *about = arena_printf(call_arena(call), "organiser %" PRIu32 ", to %s",
                                     hook.organiser_id, wish->address);
    act.about = about ? view_str(about) : act.about;
    int err = make_secret(call, &secret, &hook.secret);
    if (err == 0)
        err = hook_put(role->options.sql, &hook, &act, &hook_id, call_deadline_ns(call));
    if (err == ERR_FULL)
        return call_refuse(call, CODE_RESOURCE_EXHAUSTED, 0, "TOO_MANY_REQUESTS", NULL,
                           "an organiser has %d webhooks at most: delete one first", HOOKS_MAX);
    if (err == ERR_NOT_FOUND)
        return call_refuse(call, CODE_NOT_FOUND, 0, "NOT_FOUND", "organiser_id",
                           "there is no such organiser");
    if (err != 0)
        return failed(call, err);
    err = answer_hook(call, hook_id, response);
    answer->secret = err == 0 ? secret : answer->secret;
    return err;
}

CALL_HANDLER(webhook_list)
{
    const Usher__V1__ListWebhooksRequest *wish = request;
    Usher__V1__ListWebhooksResponse *answer = response;
    struct webhook_role *role = call_state(call);
    struct arena *arena = call_arena(call);
    struct hook *hooks;
    size_t count = 0;
    uint32_t organiser_id;
    if (call_tenant(call, wish->organiser_id, ROLES_MANAGE, &organiser_id))
        return 1;
    int err =
        hook_list(role->options.sql, organiser_id, arena, &hooks, &count, call_deadline_ns(call));
    Usher__V1__Webhook *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
    answer->webhooks = arena_alloc(arena, (count + 1) * sizeof(*answer->webhooks));
    if (!rows || !answer->webhooks)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        usher__v1__webhook__init(&rows[i]);
        answer->webhooks[answer->n_webhooks++] = &rows[i];
        err = fill(call, &hooks[i], &rows[i]);
    }
    return err == 0 ? 0 : failed(call, err);
}

/* ---- changing ---- */

CALL_HANDLER(webhook_rotate)
{
    const Usher__V1__RotateWebhookSecretRequest *wish = request;
    Usher__V1__Webhook *answer = response;
    struct webhook_role *role = call_state(call);
    const int64_t overlap_s = wish->overlap_s ? wish->overlap_s : DAY_S;
    struct hook hook;
    struct view sealed;
    char *secret = NULL;
    if (overlap_s > OVERLAP_MAX)
        return call_refuse(call, CODE_INVALID_ARGUMENT, 0, "BAD_ARGUMENT", "overlap_s",
                           "%d seconds at most", OVERLAP_MAX);
    if (find(call, wish->webhook_id, &hook))
        return 1;
    const struct act act = act_of(call, "webhook.rotate", hook.organiser_id, hook.hook_id);
    int err = make_secret(call, &secret, &sealed);
    if (err == 0)
        err = hook_rotate(role->options.sql, hook.hook_id, sealed, post_now_ms() + 1000 * overlap_s,
                          &act, call_deadline_ns(call));
    if (err != 0)
        return failed(call, err);
    err = answer_hook(call, hook.hook_id, response);
    answer->secret = err == 0 ? secret : answer->secret;
    return err;
}

CALL_HANDLER(webhook_test)
{
    const Usher__V1__TestWebhookRequest *wish = request;
    Usher__V1__TestWebhookResponse *answer = response;
    struct webhook_role *role = call_state(call);
    const int64_t began_ns = fiber_now_ns();
    const int64_t try_ns = deadline_after_ms(began_ns, POST_TRY_MS);
    struct hook hook;
    struct message message;
    struct said said;
    bool given_up;
    if (find(call, wish->webhook_id, &hook))
        return 1;
    /* One message to a receiver at a time, so nobody keeps more busy than his webhooks. */
    int err = hook_begin(role->options.sql, hook.hook_id, post_now_ms(),
                         post_now_ms() + POST_BUSY_MS, call_deadline_ns(call));
    if (err == ERR_BUSY)
        return call_refuse(call, CODE_RESOURCE_EXHAUSTED, 1000, "TOO_MANY_REQUESTS", NULL,
                           "a message is on its way to this webhook: try again in a moment");
    if (err != 0)
        return failed(call, err);
    message_of_test(&hook, post_now_ms(), &message);
    tell_one(role, &hook, &message, &said,
             try_ns < call_deadline_ns(call) ? try_ns : call_deadline_ns(call));
    const struct hook_outcome nothing = {.at_ms = post_now_ms()};
    err = hook_end(role->options.sql, hook.hook_id, &nothing, &given_up,
                   deadline_after_ms(fiber_now_ns(), POST_STORE_MS));
    answer->taken = said.err == 0;
    answer->status = (uint32_t)said.status;
    answer->took_ms = (uint32_t)((fiber_now_ns() - began_ns) / NS_PER_MS);
    answer->error = arena_copy(call_arena(call), view_str(said.text));
    if (err == ERR_NOT_FOUND) /* deleted meanwhile */
        err = 0;
    return err == 0 && answer->error ? 0 : failed(call, err == 0 ? ERR_NO_MEMORY : err);
}

CALL_HANDLER(webhook_replay)
{
    const Usher__V1__ReplayWebhookRequest *wish = request;
    struct webhook_role *role = call_state(call);
    struct hook hook;
    if (find(call, wish->webhook_id, &hook))
        return 1;
    const struct act act = act_of(call, "webhook.replay", hook.organiser_id, hook.hook_id);
    int err = hook_replay(role->options.sql, hook.hook_id, wish->from_sequence, post_now_ms(), &act,
                          call_deadline_ns(call));
    if (err == ERR_INVALID)
        return call_refuse(call, CODE_FAILED_PRECONDITION, 0, "BAD_ARGUMENT", "from_sequence",
                           "the feed has no event %" PRIu64
                           ", or none any more: ListWebhookEvents tells the oldest",
                           wish->from_sequence);
    return err == 0 ? answer_hook(call, hook.hook_id, response) : failed(call, err);
}

CALL_HANDLER(webhook_delete)
{
    const Usher__V1__DeleteWebhookRequest *wish = request;
    struct webhook_role *role = call_state(call);
    struct hook hook;
    if (find(call, wish->webhook_id, &hook))
        return 1;
    const struct act act = act_of(call, "webhook.delete", hook.organiser_id, hook.hook_id);
    int err = hook_delete(role->options.sql, hook.hook_id, &act, call_deadline_ns(call));
    return err == 0 ? 0 : failed(call, err);
}

/* ---- the feed ---- */

static int fill_event(struct arena *arena, const struct hook_event *event,
                      Usher__V1__WebhookEvent *answer)
{
    struct message message;
    const char *type = hook_type_name(event->type);
    message_of_event(event, &message);
    usher__v1__webhook_event__init(answer);
    answer->sequence = event->seq;
    answer->at_ms = event->at_ms;
    answer->type = (char *)(type ? type : "unknown");
    answer->body = arena_copy(arena, view_of(message.body, message.body_len));
    return answer->body ? 0 : ERR_NO_MEMORY;
}

CALL_HANDLER(webhook_list_events)
{
    const Usher__V1__ListWebhookEventsRequest *wish = request;
    Usher__V1__ListWebhookEventsResponse *answer = response;
    struct webhook_role *role = call_state(call);
    struct arena *arena = call_arena(call);
    const size_t page = wish->page_size ? wish->page_size : EVENTS_PAGE;
    struct hook_event *events;
    size_t count = 0;
    uint32_t organiser_id;
    if (page > HOOK_EVENTS_MAX)
        return call_refuse(call, CODE_INVALID_ARGUMENT, 0, "BAD_ARGUMENT", "page_size",
                           "a page has at most %d events", HOOK_EVENTS_MAX);
    if (call_tenant(call, wish->organiser_id, ROLES_MANAGE, &organiser_id))
        return 1;
    int err = hook_events(role->options.sql, organiser_id,
                          wish->before_sequence ? wish->before_sequence : UINT64_MAX, true, page,
                          arena, &events, &count, call_deadline_ns(call));
    if (err == 0)
        err = hook_oldest(role->options.sql, organiser_id, &answer->oldest_sequence,
                          call_deadline_ns(call));
    Usher__V1__WebhookEvent *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
    answer->events = arena_alloc(arena, (count + 1) * sizeof(*answer->events));
    if (!rows || !answer->events)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = fill_event(arena, &events[i], &rows[i]);
        answer->events[answer->n_events++] = &rows[i];
    }
    return err == 0 ? 0 : failed(call, err);
}
