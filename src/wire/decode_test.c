/* Large requests are decoded beside the loop: those who buy do not wait for who imports a plan. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "err/err.h"
#include "wire/fixture_test.h"
#include "wire/limits.h"

#define TICKET "/usher.v1.TicketService/"

static struct fixture f;
static struct offload *pool;

static int start(void **state)
{
    assert_int_equal(offload_new(1, 1, &pool), 0);
    fixture_start(&f, (struct server_options){.offload = pool});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    offload_free(pool);
    return 0;
}

/* ---- the pool's one thread, kept busy for as long as the test likes ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint32_t at_gate;

static void wait_at_gate(void *arg)
{
    atomic_fetch_add(&at_gate, 1);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    atomic_fetch_sub(&at_gate, 1);
}

static void occupy(void *arg)
{
    int err = offload_run(pool, wait_at_gate, NULL);
    assert(err == 0);
}

static void *occupy_thread(void *arg)
{
    int err = worker_call(f.worker, occupy, NULL);
    assert(err == 0);
    return NULL;
}

/* ImportHall as JSON whose plan is as large as that; the answer is read by the caller. */
static int send_import(size_t plan_len)
{
    struct buf request;
    int fd = client_connect(&f);
    buf_init(&request, 2u << 20);
    assert_int_equal(buf_printf(&request,
                                "POST " TICKET "ImportHall HTTP/1.1\r\nHost: localhost\r\n"
                                "Content-Type: application/json\r\n"
                                "Authorization: Bearer organiser\r\nContent-Length: %zu\r\n\r\n"
                                "{\"plan\":\"",
                                plan_len + 11),
                     0);
    for (size_t i = 0; i < plan_len; i++)
        assert_int_equal(buf_append_byte(&request, 'Q'), 0);
    assert_int_equal(buf_printf(&request, "\"}%c", '\0'), 0);
    client_send(fd, buf_view(&request).at);
    buf_release(&request);
    return fd;
}

static void assert_selling(void)
{
    struct buf in;
    client_post(&f, TICKET "GetPerformance", "application/json", "", "{\"performanceId\":7}", &in);
    assert_has(&in, "{\"performanceId\":7,");
    buf_release(&in);
}

static void assert_answer(int fd, const char *text)
{
    struct buf in;
    buf_init(&in, 65536);
    assert_true(client_read_until(fd, &in, text));
    buf_release(&in);
    close(fd);
}

static void sales_go_on_while_a_plan_is_read(void **state)
{
    pthread_t busy;
    pthread_mutex_lock(&gate);
    assert_int_equal(pthread_create(&busy, NULL, occupy_thread, NULL), 0);
    fixture_await(&at_gate, 1);
    /* A small request has no need of the pool. */
    assert_answer(send_import(100), "unimplemented");
    /* Of two large ones one takes the queue's only place; nobody knows which comes first. */
    struct pollfd large[2] = {{.events = POLLIN}, {.events = POLLIN}};
    for (int i = 0; i < 2; i++)
        large[i].fd = send_import(WIRE_DECODE_HERE_MAX);
    assert_int_equal(poll(large, 2, 5000), 1);
    const int refused = large[0].revents ? 0 : 1;
    assert_answer(large[refused].fd, "resource_exhausted");
    assert_selling();
    pthread_mutex_unlock(&gate);
    assert_answer(large[!refused].fd, "unimplemented");
    pthread_join(busy, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sales_go_on_while_a_plan_is_read),
    };
    return cmocka_run_group_tests_name("wire/decode", tests, start, stop);
}
