#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "err/err.h"
#include "psp/book.h"

static char path[64];

static int make_path(void **state)
{
    snprintf(path, sizeof(path), "%s", "/tmp/usher-book-XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int remove_path(void **state)
{
    return unlink(path);
}

static void open_payment(struct book *book, const char *key, const char *order, int64_t amount)
{
    assert_int_equal(
        book_note(book, 1000, "open",
                  json_pack("{s:s, s:s, s:s, s:I, s:s, s:I}", "dialect", "toss", "payment", key,
                            "order", order, "amount", (json_int_t)amount, "currency", "KRW",
                            "until_ms", (json_int_t)9000)),
        0);
}

static void note(struct book *book, const char *kind, const char *key, int64_t amount)
{
    assert_int_equal(book_note(book, 2000, kind,
                               json_pack("{s:s, s:I, s:s, s:s}", "payment", key, "amount",
                                         (json_int_t)amount, "transaction", "t", "reason", "r")),
                     0);
}

static void check(struct book *book)
{
    struct psp_payment *a = book_find(book, VIEW_LIT("a")), *b = book_find(book, VIEW_LIT("b"));
    assert_non_null(a);
    assert_int_equal(a->status, PSP_PARTIAL);
    assert_int_equal(a->left, 60);
    assert_int_equal(a->cancel_count, 2);
    assert_int_equal(a->cancels[0].left, 70);
    assert_int_equal(a->cancels[1].amount, 10);
    assert_int_equal(b->status, PSP_CANCELED);
    assert_ptr_equal(book_find_order(book, PSP_TOSS, VIEW_LIT("order b")), b);
    assert_null(book_find_order(book, PSP_STRIPE, VIEW_LIT("order b")));
    assert_null(book_find(book, VIEW_LIT("c")));
    assert_int_equal(book_key(book, "POST /x k")->status, 200);
    assert_string_equal(book_key(book, "POST /x k")->body, "yes");
    assert_null(book_key(book, "POST /y k"));
}

static void a_book_is_what_its_lines_say_again(void **state)
{
    struct book *book;
    assert_int_equal(book_open(path, &book), 0);
    open_payment(book, "a", "order a", 100);
    open_payment(book, "b", "order b", 50);
    note(book, "charge", "a", 100);
    note(book, "cancel", "a", 30);
    note(book, "charge", "b", 50);
    note(book, "cancel", "b", 50);
    note(book, "cancel", "a", 10);
    assert_int_equal(book_key_begin(book, "POST /x k"), 0);
    assert_int_equal(book_key(book, "POST /x k")->status, 0);
    assert_int_equal(book_key_end(book, 3000, "POST /x k", 200, "yes", NULL), 0);
    assert_int_equal(book_write(book), 0);
    check(book);
    /* What was not written when the process died was never there. */
    open_payment(book, "c", "order c", 1);
    book_free(book);
    assert_int_equal(book_open(path, &book), 0);
    check(book);
    book_free(book);
}

static void a_line_that_was_cut_off_is_dropped(void **state)
{
    struct book *book;
    const int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "{\"kind\":\"charge\",\"pay", 21), 21);
    close(fd);
    assert_int_equal(book_open(path, &book), 0);
    check(book);
    open_payment(book, "d", "order d", 5);
    assert_int_equal(book_write(book), 0);
    book_free(book);
    assert_int_equal(book_open(path, &book), 0);
    assert_int_equal(book_find(book, VIEW_LIT("d"))->amount, 5);
    book_free(book);
}

static void what_is_no_ledger_is_said_to_be_none(void **state)
{
    struct book *book = NULL;
    const int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "nonsense\n", 9), 9);
    close(fd);
    assert_int_equal(book_open(path, &book), ERR_CORRUPT);
    assert_null(book);
}

static void many_are_found(void **state)
{
    struct book *book;
    char key[16];
    assert_int_equal(book_open(NULL, &book), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        open_payment(book, key, key, i);
    }
    assert_int_equal(book_write(book), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        assert_int_equal(book_find(book, view_str(key))->amount, i);
        assert_ptr_equal(book_at(book, (size_t)i), book_find(book, view_str(key)));
    }
    char *text;
    size_t len;
    assert_int_equal(book_text(book, 100, &text, &len), ERR_FULL);
    assert_int_equal(book_text(book, 16u << 20, &text, &len), 0);
    free(text);
    book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_book_is_what_its_lines_say_again),
        cmocka_unit_test(a_line_that_was_cut_off_is_dropped),
        cmocka_unit_test(what_is_no_ledger_is_said_to_be_none),
        cmocka_unit_test(many_are_found),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
