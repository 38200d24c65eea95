/* Whose share a call is counted against: a stranger's own; and not that of a process of ours, which
 * calls for many, and says where each of them is. */
#include <stdio.h>
#include <unistd.h>

#include "call/identity.h"
#include "observe/log.h"
#include "token/quota.h"
#include "wire/fixture_test.h"
#include "wire/limits.h"

#define LIST     "/usher.v1.TicketService/ListEvents"
#define FROM     "X-Forwarded-For: 203.0.113.7\r\n"
#define FROM_TOO "X-Forwarded-For: 203.0.113.8\r\n"
#define FOR      IDENTITY_FIELD ": 0;;;\r\nUsher-Address: 198.51.100.9\r\n"
#define PEER     FROM "Authorization: Peer ours\r\n" FOR
#define STRANGER FROM_TOO "Authorization: Peer another\r\n" FOR
#define LOG_READ (256u << 10)

static struct fixture f;
static struct quota quota;
static FILE *lines;

static int start(void **state)
{
    static const uint8_t key[QUOTA_KEY_BYTES] = {7};
    lines = tmpfile();
    if (!lines)
        return -1;
    const struct log_options log = {
        .level = LOG_INFO, .form = LOG_JSON, .fd = fileno(lines), .clock = clock_system()};
    log_setup(&log);
    quota_init(&quota, key);
    fixture_start(
        &f, (struct server_options){
                .behind_proxy = true, .quota = &quota, .address_calls = 1, .access_log = true});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    quota_release(&quota);
    return 0;
}

/* How many of so many calls are answered. */
static uint32_t answered(const char *headers, uint32_t calls)
{
    uint32_t fine = 0;
    for (uint32_t i = 0; i < calls; i++) {
        struct buf in;
        client_post(&f, LIST, "application/json", headers, "{}", &in);
        fine += strncmp(buf_view(&in).at, "HTTP/1.1 200 ", 13) == 0;
        buf_release(&in);
    }
    return fine;
}

static bool log_has(const char *text)
{
    static char read[LOG_READ];
    log_flush();
    const ssize_t len = pread(fileno(lines), read, LOG_READ - 1, 0);
    assert_true(len >= 0);
    read[len] = '\0';
    return strstr(read, text) != NULL;
}

static void a_peer_calls_for_many(void **state)
{
    assert_int_equal(answered(PEER, 4 * WIRE_BURST_S), 4 * WIRE_BURST_S);
    assert_true(log_has("\"client.ip\":\"198.51.100.9\""));
    assert_false(log_has("\"client.ip\":\"203.0.113.7\""));
}

static void a_stranger_who_says_so_is_none(void **state)
{
    assert_true(answered(STRANGER, 4 * WIRE_BURST_S) < 2 * WIRE_BURST_S);
    assert_true(log_has("\"client.ip\":\"203.0.113.8\""));
}

static void who_has_had_his_share_waits(void **state)
{
    assert_true(answered(FROM, 4 * WIRE_BURST_S) < 2 * WIRE_BURST_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_calls_for_many),
        cmocka_unit_test(a_stranger_who_says_so_is_none),
        cmocka_unit_test(who_has_had_his_share_waits),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
