#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
