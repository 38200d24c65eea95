#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "call/client.h"
#include "call/local.h"
#include "err/err.h"
#include "svc/auth/auth.h"
#include "svc/auth/verified.h"
#include "token/roles.h"
#include "usher/v1/auth.pb-c.h"

#define DAY_MS INT64_C(86400000)

static struct clock_virtual now;
static struct chance_seeded seeded;
static struct auth auth;
static struct service service;
static struct routes routes;
static struct channel *channel;
static struct client client;
static struct arena arena;
static const Usher__V1__CreateGuestResponse *guest;
static char header[GUEST_TOKEN_MAX + 16];

/* Calls CreateGuest as a function. */
static int begin(size_t arena_max)
{
    Usher__V1__CreateGuestRequest request = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    arena_release(&arena);
    arena_init(&arena, arena_max);
    int err = client_call(&client, Usher__V1__AuthService, create_guest, &request, &guest);
    if (!err)
        snprintf(header, sizeof(header), "Bearer %s", guest->token);
    return err;
}

static int identify(const char *text, struct identity *ret)
{
    *ret = (struct identity){0};
    return auth_identify(&auth, view_str(text), ret);
}

static void a_guest_is_known_until_the_end(void **state)
{
    struct identity who;
    char account[ID_TEXT_CHARS + 1];
    assert_int_equal(begin(4096), 0);
    assert_int_equal(guest->expires_at_ms, clock_wall_ms(&now.clock) / 1000 * 1000 + DAY_MS);
    for (int times = 0; times < 2; times++) { /* checked, then remembered */
        assert_int_equal(identify(header, &who), 0);
        assert_int_equal(who.roles, ROLE_GUEST);
        id_format(who.account_id, account);
        assert_string_equal(account, guest->account_id);
    }
    memcpy(header, "bEARER", 6);
    assert_int_equal(identify(header, &who), 0);
    clock_virtual_advance(&now, (DAY_MS + 1000) * NS_PER_MS);
    assert_int_equal(identify(header, &who), ERR_DENIED);
    assert_int_equal(who.roles, 0);
}

static void guests_differ(void **state)
{
    char first[ID_TEXT_CHARS + 1];
    assert_int_equal(begin(4096), 0);
    snprintf(first, sizeof(first), "%s", guest->account_id);
    assert_int_equal(begin(4096), 0);
    assert_string_not_equal(first, guest->account_id);
}

static void every_byte_counts_remembered_or_not(void **state)
{
    struct identity who;
    assert_int_equal(begin(4096), 0);
    for (int times = 0; times < 2; times++) {
        for (size_t i = 0; header[i]; i++) {
            char was = header[i];
            header[i] ^= 1;
            if (!(i < 6 && (header[i] ^ was) == 0x20))
                assert_int_equal(identify(header, &who), ERR_DENIED);
            header[i] = was;
        }
        assert_int_equal(identify(header, &who), 0);
    }
}

static void the_organiser_shows_the_key(void **state)
{
    struct identity who;
    char text[64] = "Bearer ";
    memcpy(text + 7, auth.operator_text, KEY_TEXT_CHARS + 1);
    assert_int_equal(identify(text, &who), 0);
    assert_int_equal(who.roles, ROLE_OPERATOR);
    assert_true(id_is_zero(who.account_id));
    for (size_t i = 7; text[i]; i++) {
        text[i] ^= 1;
        assert_int_equal(identify(text, &who), ERR_DENIED);
        text[i] ^= 1;
    }
    text[7 + KEY_TEXT_CHARS - 1] = '\0';
    assert_int_equal(identify(text, &who), ERR_DENIED);
}

static void nobody_and_nonsense(void **state)
{
    static const char *const wrong[] = {
        "Bearer", "Bearer ", "Bearer  ", "Basic dXNoZXI6", "x", "Bearer eyJhbGciOiJub25lIn0.e30."};
    struct identity who;
    assert_int_equal(identify("", &who), 0);
    assert_int_equal(who.roles, 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(identify(wrong[i], &who), ERR_DENIED);
}

static void no_memory_is_said(void **state)
{
    assert_int_not_equal(begin(32), 0);
    assert_int_equal(client.status.code, CODE_RESOURCE_EXHAUSTED);
}

static void memory_of_tokens_is_bounded_and_exact(void **state)
{
    static struct verified v;
    struct guest_claims claims = {.issued_at_s = 1, .expires_at_s = 100}, found;
    char text[GUEST_TOKEN_MAX];
    int kept = 0;
    for (uint64_t i = 1; i <= 2 * VERIFIED_SLOTS; i++) {
        claims.account_id.lo = i;
        size_t len = guest_token_write(auth.guest_key, &claims, text);
        assert_false(verified_find(&v, view_of(text, len), 1, &found));
        verified_keep(&v, view_of(text, len), &claims);
        assert_true(verified_find(&v, view_of(text, len), 99, &found));
        assert_int_equal(found.account_id.lo, i);
        assert_false(verified_find(&v, view_of(text, len), 100, &found));
    }
    for (uint64_t i = 1; i <= 2 * VERIFIED_SLOTS; i++) {
        claims.account_id.lo = i;
        size_t len = guest_token_write(auth.guest_key, &claims, text);
        kept += verified_find(&v, view_of(text, len), 1, &found);
    }
    /* Two tokens a place: 1 − e⁻² of the places are taken if they spread evenly. */
    assert_in_range(kept, VERIFIED_SLOTS * 80 / 100, VERIFIED_SLOTS);
    assert_false(verified_find(&v, VIEW_LIT("abc"), 1, &found));
}

static int setup(void **state)
{
    static uint8_t master[KEY_BYTES] = {1}, operator_key[KEY_BYTES] = {2};
    if (sodium_init() < 0)
        return 1;
    clock_virtual_init(&now, INT64_C(1782000000123));
    chance_seed(&seeded, 7);
    int err = auth_init(&auth, &(struct auth_options){.master = master,
                                                      .operator_key = operator_key,
                                                      .clock = &now.clock,
                                                      .chance = &seeded.chance,
                                                      .guest_ttl_ms = DAY_MS});
    service = auth_service(&auth);
    if (!err)
        err = routes_init(&routes, &service, 1);
    if (!err)
        err = local_new(&routes, &(struct identity){0}, &channel);
    client_init(&client, channel, &usher__v1__auth_service__descriptor, &arena);
    client.timeout_ms = 0; /* no fiber, no clock */
    return err;
}

static int teardown(void **state)
{
    channel_free(channel);
    routes_release(&routes);
    arena_release(&arena);
    auth_release(&auth);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_known_until_the_end),
        cmocka_unit_test(guests_differ),
        cmocka_unit_test(every_byte_counts_remembered_or_not),
        cmocka_unit_test(the_organiser_shows_the_key),
        cmocka_unit_test(nobody_and_nonsense),
        cmocka_unit_test(no_memory_is_said),
        cmocka_unit_test(memory_of_tokens_is_bounded_and_exact),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
