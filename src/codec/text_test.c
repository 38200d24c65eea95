#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/text.h"
#include "err/err.h"
#include "mem/utf8.h"
#include "usher/v1/ticket.pb-c.h"

static struct arena arena;
static struct json_error error;

static int normalize_name(const char *name, char **ret_name)
{
    Usher__V1__CreateEventRequest wish = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    error = (struct json_error){0};
    wish.name = (char *)name;
    int err = text_normalize(&wish.base, &arena, &error);
    *ret_name = wish.name;
    return err;
}

static void what_steers_is_refused(void **state)
{
    static const char *const refused[] = {
        "\x1b[31m",
        "a\x07",
        "\x7f",
        "\xc2\x80",
        ("\xc2\x9b"
         "31m"), /* C0, DEL, C1 */
        ("\xe2\x80\xae"
         "gpj"),
        "\xe2\x81\xa6x",
        "\xd8\x9c",
        "\xe2\x80\x8f", /* directions */
        "\xe2\x80\xa8", /* a line separator */
    };
    char *name;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(normalize_name(refused[i], &name), ERR_INVALID);
        assert_string_equal(error.path, "name");
        assert_non_null(strstr(error.text, "control"));
    }
    static const char *const taken[] = {"", "a\n\tb", "한국어 공연",
                                        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x8e\xa4"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        assert_int_equal(normalize_name(taken[i], &name), 0);
        assert_string_equal(name, taken[i]);
    }
}

static void text_is_composed(void **state)
{
    char *name;
    assert_int_equal(normalize_name("Cafe\xcc\x81", &name), 0);
    assert_string_equal(name, "Caf\xc3\xa9");
    assert_int_equal(normalize_name("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", &name),
                     0); /* three jamo */
    assert_string_equal(name, "\xed\x95\x9c");
}

static void the_place_inside_is_told(void **state)
{
    Usher__V1__PlaceOrderRequest wish = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    Usher__V1__Contact contact = USHER__V1__CONTACT__INIT;
    contact.name = (char *)"\x1b";
    wish.contact = &contact;
    assert_int_equal(text_normalize(&wish.base, &arena, &error), ERR_INVALID);
    assert_string_equal(error.path, "contact.name");
}

static void what_cannot_be_seen_is_told(void **state)
{
    static const char *const unseen[] = {"",
                                         " ",
                                         "\xe3\x85\xa4",
                                         "\xe2\x80\x8b\xe2\x80\x8d",
                                         "\xc2\xa0",
                                         "\xef\xbb\xbf",
                                         "\xe2\xa0\x80",
                                         "\xf0\x9d\x85\xb3", /* U+1D173, a format */
                                         "\xf0\x9b\xb2\xa0", /* U+1BCA0, another */
                                         "\xf0\x9d\x85\x99", /* U+1D159, a note without a head */
                                         "\xf0\x96\xbf\xa4", /* U+16FE4, a filler */
                                         "\xf0\x93\x91\x81", /* U+13441, a blank */
                                         "\xcd\xb8",         /* U+0378, not assigned */
                                         "\xef\xbf\xbe\xf3\xbf\xbf\xbf", /* noncharacters */
                                         "\xee\x80\x80",                 /* private use */
                                         "\xcc\x81\xe0\xa4\xbe",         /* marks alone */
                                         "\xf3\xa0\x81\xa1\xef\xb8\x8f"};
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
        assert_false(utf8_visible(view_str(unseen[i])));
    assert_true(utf8_visible(VIEW_LIT("\xe2\x80\x8b"
                                      "a")));
    assert_true(utf8_line(VIEW_LIT("Stalls, row C")));
    assert_false(utf8_line(VIEW_LIT("a\nb")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_steers_is_refused),
        cmocka_unit_test(text_is_composed),
        cmocka_unit_test(the_place_inside_is_told),
        cmocka_unit_test(what_cannot_be_seen_is_told),
    };
    arena_init(&arena, 1 << 20);
    int failed = cmocka_run_group_tests_name("codec/text", tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
