#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/plain.h"
#include "term/sheet.h"

static void a_cell_is_one_line(void **state)
{
    struct sheet sheet;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    sheet_init(&sheet, "ll");
    sheet_put(&sheet, "%s", "login");
    sheet_put(&sheet, "%s", "a phone\r\nlogout\tforged");
    sheet_print(&sheet, out);
    sheet_release(&sheet);
    fclose(out);
    assert_string_equal(text, "login  a phone  logout forged\n");
    free(text);
}

static void a_cell_steers_no_terminal(void **state)
{
    struct sheet sheet;
    char *text = NULL, long_text[2000];
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    sheet_init(&sheet, "ll");
    sheet_put(&sheet, "%s", "a\033[2J\xc2\x9b\xe2\x80\xae\xff");
    sheet_put(&sheet, "%s", "\xec\xa2\x8c\xec\x84\x9d");
    for (size_t i = 0; i < sizeof(long_text); i++)
        long_text[i] = '\033';
    long_text[sizeof(long_text) - 1] = '\0';
    sheet_put(&sheet, "%s", "b");
    sheet_put(&sheet, "%s", long_text);
    sheet_print(&sheet, out);
    sheet_release(&sheet);
    fclose(out);
    const char *first = "a<U+001B>[2J<U+009B><U+202E><FF>  \xec\xa2\x8c\xec\x84\x9d\n";
    assert_memory_equal(text, first, strlen(first));
    assert_true(len < strlen(first) + 1100 && !memchr(text, '\033', len));
    free(text);
}

static void json_of_others_stays_the_same_value(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    plain_put_json(VIEW_LIT("{\"a\":\"\033[2J\xc2\x9b\n\t\xec\xa2\x8c\xff\"}"), out);
    fclose(out);
    assert_string_equal(text, "{\"a\":\"\\u001b[2J\\u009b\\u000a\\u0009\xec\xa2\x8c\\ufffd\"}");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_is_one_line),
        cmocka_unit_test(a_cell_steers_no_terminal),
        cmocka_unit_test(json_of_others_stays_the_same_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
