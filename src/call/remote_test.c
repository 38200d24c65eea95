/* A remote channel whose server comes, goes, and hangs up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call/client.h"
#include "call/limits.h"
#include "call/remote.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/ticket.pb-c.h"

/* A server that hangs up as soon as it has heard something. */
struct rude {
    int listener;
    uint16_t port;
    char url[64];
    atomic_uint accepted;
    pthread_t thread;
};

static void *serve(void *arg)
{
    struct rude *rude = arg;
    char bytes[4096];
    for (;;) {
        int fd = accept(rude->listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        atomic_fetch_add(&rude->accepted, 1);
        (void)!recv(fd, bytes, sizeof(bytes), 0);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
}

static void rude_start(struct rude *rude)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    *rude = (struct rude){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(bind(rude->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(rude->listener, 8), 0);
    assert_int_equal(getsockname(rude->listener, (struct sockaddr *)&address, &len), 0);
    rude->port = ntohs(address.sin_port);
    snprintf(rude->url, sizeof(rude->url), "http://127.0.0.1:%u", rude->port);
    assert_int_equal(pthread_create(&rude->thread, NULL, serve, rude), 0);
}

static void rude_stop(struct rude *rude)
{
    shutdown(rude->listener, SHUT_RDWR);
    pthread_join(rude->thread, NULL);
    close(rude->listener);
}

struct attempt {
    const char *url;
    bool idempotent;
    uint32_t calls;  /* how many, one after another */
    uint32_t tries;  /* option */
    uint32_t opened; /* connections */
    int64_t last_ns; /* how long the last call took */
    struct call_status status;
    int err;
};

static void try_it(void *arg)
{
    struct attempt *attempt = arg;
    const struct remote_options options = {.url = attempt->url, .tries = attempt->tries};
    Usher__V1__GetPerformanceRequest wish = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const ProtobufCMessage *answer;
    struct channel *channel;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    attempt->err = remote_new(&options, &channel);
    if (attempt->err)
        return;
    for (uint32_t i = 0; i < attempt->calls; i++) {
        const int64_t begin_ns = fiber_now_ns();
        const struct channel_request request = {
            .service = &usher__v1__ticket_service__descriptor,
            .method = channel_method(&usher__v1__ticket_service__descriptor, "GetPerformance"),
            .message = &wish.base,
            .idempotent = attempt->idempotent,
            .deadline_ns = deadline_after_ms(begin_ns, 5000),
        };
        attempt->err = channel_call(channel, &request, &arena, &answer, &attempt->status);
        attempt->last_ns = fiber_now_ns() - begin_ns;
    }
    attempt->opened = remote_opened(channel);
    channel_free(channel);
    arena_release(&arena);
}

static struct attempt attempt_at(struct attempt attempt)
{
    attempt.calls = attempt.calls ? attempt.calls : 1;
    assert_int_equal(fiber_main(try_it, &attempt), 0);
    return attempt;
}

static void what_may_have_been_done_is_not_done_again(void **state)
{
    struct rude rude;
    rude_start(&rude);
    struct attempt a = attempt_at((struct attempt){.url = rude.url});
    assert_int_equal(a.err, ERR_UNAVAILABLE);
    assert_int_equal(a.status.code, CODE_UNAVAILABLE);
    assert_int_equal(a.opened, 1);
    /* A call of its own opens another connection. */
    a = attempt_at((struct attempt){.url = rude.url, .calls = 3});
    assert_int_equal(a.opened, 3);
    rude_stop(&rude);
    assert_int_equal(atomic_load(&rude.accepted), 4);
}

static void what_is_idempotent_is_tried_again_but_not_for_ever(void **state)
{
    struct rude rude;
    rude_start(&rude);
    struct attempt a = attempt_at((struct attempt){.url = rude.url, .idempotent = true});
    assert_int_equal(a.status.code, CODE_UNAVAILABLE);
    assert_int_equal(a.opened, REMOTE_TRIES_MAX);
    a = attempt_at((struct attempt){.url = rude.url, .idempotent = true, .tries = 1});
    assert_int_equal(a.opened, 1);
    rude_stop(&rude);
}

static void a_server_that_is_gone_costs_nothing(void **state)
{
    struct rude rude;
    rude_start(&rude);
    rude_stop(&rude); /* nobody listens there any more */
    struct attempt a = attempt_at((struct attempt){.url = rude.url, .calls = 200});
    assert_int_equal(a.status.code, CODE_UNAVAILABLE);
    assert_int_equal(a.opened, 0);
    assert_non_null(strstr(a.status.message, "is not tried yet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_have_been_done_is_not_done_again),
        cmocka_unit_test(what_is_idempotent_is_tried_again_but_not_for_ever),
        cmocka_unit_test(a_server_that_is_gone_costs_nothing),
    };
    return cmocka_run_group_tests_name("call/remote", tests, NULL, NULL);
}
