#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "svc/auth/peer.h"
#include "token/roles.h"

static const uint8_t key[KEY_BYTES] = {7};

static int identify(const struct peers *peers, const char *authorization, const char *identity,
                    bool local, struct identity *ret)
{
    const struct credentials shown = {
        .authorization = view_str(authorization), .identity = view_str(identity), .local = local};
    *ret = (struct identity){0};
    return peers_identify(peers, &shown, ret);
}

static void without_a_key_who_is_on_this_machine_is_a_peer(void **state)
{
    struct peers peers;
    struct identity who;
    peers_init(&peers, NULL);
    assert_string_equal(peers.authorization, "");
    assert_int_equal(identify(&peers, NULL, NULL, true, &who), 0);
    assert_int_equal(who.roles, ROLE_PEER);
    assert_int_equal(identify(&peers, NULL, NULL, false, &who), ERR_DENIED);
    assert_int_equal(identify(&peers, "Bearer ", "1;;;", false, &who), ERR_DENIED);
}

static void with_a_key_only_who_shows_it_is_a_peer(void **state)
{
    struct peers peers;
    struct identity who;
    char text[PEER_AUTHORIZATION_MAX];
    peers_init(&peers, key);
    assert_int_equal(identify(&peers, peers.authorization, NULL, false, &who), 0);
    assert_int_equal(who.roles, ROLE_PEER);
    assert_int_equal(identify(&peers, NULL, "1;;;", true, &who), ERR_DENIED);
    memcpy(text, peers.authorization, sizeof(text));
    for (size_t i = 0; text[i]; i++) {
        text[i] ^= 1;
        assert_int_equal(identify(&peers, text, "1;;;", true, &who), ERR_DENIED);
        text[i] ^= 1;
    }
    text[sizeof(text) - 2] = '\0';
    assert_int_equal(identify(&peers, text, NULL, true, &who), ERR_DENIED);
}

static void a_peer_speaks_for_others(void **state)
{
    struct peers peers;
    struct identity who, guest = {.roles = ROLE_GUEST,
                                  .account_id = {1, 2},
                                  .tenant_count = 1,
                                  .tenants = {{.tenant_id = 3, .roles = ROLE_DOOR}}};
    char text[IDENTITY_TEXT_MAX];
    peers_init(&peers, NULL);
    identity_format(&guest, text);
    assert_int_equal(identify(&peers, NULL, text, true, &who), 0);
    assert_int_equal(who.roles, guest.roles);
    assert_true(id_eq(who.account_id, guest.account_id));
    assert_true(identity_has_for(&who, 3, ROLE_DOOR));
    /* Nobody is somebody, too. */
    identity_format(&(struct identity){0}, text);
    assert_string_equal(text, "0;;;");
    assert_int_equal(identify(&peers, NULL, text, true, &who), 0);
    assert_int_equal(who.roles, 0);
}

static void nonsense_is_denied(void **state)
{
    static const char *const wrong[] = {"1", ";;;", "1;;", "x;;;", "1;0;;", " 1;;;", "1;;; "};
    struct peers peers;
    struct identity who;
    peers_init(&peers, NULL);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(identify(&peers, NULL, wrong[i], true, &who), ERR_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_key_who_is_on_this_machine_is_a_peer),
        cmocka_unit_test(with_a_key_only_who_shows_it_is_a_peer),
        cmocka_unit_test(a_peer_speaks_for_others),
        cmocka_unit_test(nonsense_is_denied),
    };
    return cmocka_run_group_tests_name("svc/peer", tests, NULL, NULL);
}
