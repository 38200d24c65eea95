#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "err/err.h"
#include "svc/auth/breached.h"

#define PASSWORDS 1000

static char path[] = "/tmp/usher-breached-XXXXXX";

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void write_text(const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* Lines as the downloader writes them, of the passwords "pw0", "pw1", …, in order. */
static void write_lines(int count, const char *line_end)
{
    static char lines[PASSWORDS][64];
    char password[16];
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned len;
    for (int i = 0; i < count; i++) {
        snprintf(password, sizeof(password), "pw%d", i);
        assert_int_equal(EVP_Digest(password, strlen(password), sum, &len, EVP_sha1(), NULL), 1);
        for (unsigned k = 0; k < len; k++)
            snprintf(lines[i] + 2 * k, sizeof(lines[i]) - 2 * k, "%02X", sum[k]);
        snprintf(lines[i] + 40, sizeof(lines[i]) - 40, ":%d%s", i % 7 ? i : 1234567 + i, line_end);
    }
    qsort(lines, (size_t)count, sizeof(lines[0]), by_text);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (int i = 0; i < count; i++)
        fputs(lines[i], file);
    assert_int_equal(fclose(file), 0);
}

static void look_for_all(int count)
{
    struct breached *breached;
    char password[16];
    bool found;
    assert_int_equal(breached_open(path, &breached), 0);
    for (int i = 0; i < 2 * count; i++) {
        snprintf(password, sizeof(password), "pw%d", i);
        assert_int_equal(breached_look(breached, view_str(password), &found), 0);
        assert_int_equal(found, i < count);
    }
    breached_close(breached);
}

static void every_password_of_the_file_is_found_and_no_other(void **state)
{
    static const int counts[] = {1, 2, 3, 5, 64, PASSWORDS};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        write_lines(counts[i], "\n");
        look_for_all(counts[i]);
        write_lines(counts[i], "\r\n");
        look_for_all(counts[i]);
    }
}

static void another_file_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "password\n123456\n",
        "21bd12dc183f740ee76f27b78eb39c8ad972a757:1\n", /* small letters */
        /* not in order: as the downloader writes them by count */
        "F000000000000000000000000000000000000000:9\nA000000000000000000000000000000000000000:8\n",
    };
    struct breached *breached;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        write_text(wrong[i]);
        assert_int_equal(breached_open(path, &breached), ERR_CORRUPT);
    }
    assert_int_equal(breached_open("/nowhere/at-all", &breached), ERR_IO);
}

/* What is broken in the middle is told, and not taken for "not there". */
static void a_broken_middle_is_told(void **state)
{
    struct breached *breached;
    bool found;
    int broken = 0;
    write_lines(PASSWORDS, "\n");
    FILE *file = fopen(path, "r+e");
    assert_non_null(file);
    assert_int_equal(fseek(file, 20000, SEEK_SET), 0);
    for (int i = 0; i < 4000; i++)
        fputc('?', file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(breached_open(path, &breached), 0);
    for (int i = 0; i < 40; i++) {
        char password[16];
        snprintf(password, sizeof(password), "pw%d", i);
        broken += breached_look(breached, view_str(password), &found) == ERR_CORRUPT;
    }
    assert_true(broken > 0);
    breached_close(breached);
}

static int setup(void **state)
{
    const int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int teardown(void **state)
{
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_password_of_the_file_is_found_and_no_other),
        cmocka_unit_test(another_file_is_refused),
        cmocka_unit_test(a_broken_middle_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
