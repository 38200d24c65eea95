#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/base64.h"
#include "err/err.h"
#include "token/key.h"

static char folder[64], path[128];

static void write_file(const char *text, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int files_in_folder(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void is_made_once_and_read_again(void **state)
{
    uint8_t first[KEY_BYTES], second[KEY_BYTES];
    struct stat status;
    struct chance_seeded seeded;
    chance_seed(&seeded, 1);
    assert_int_equal(key_load(path, first), ERR_NOT_FOUND);
    assert_int_equal(key_open(path, &seeded.chance, first), 0);
    assert_int_equal(key_open(path, &seeded.chance, second), 0);
    assert_memory_equal(first, second, KEY_BYTES);
    assert_false(sodium_is_zero(first, KEY_BYTES));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, KEY_TEXT_CHARS + 1);
    assert_int_equal(files_in_folder(), 1);
}

static void others_may_not_read_it(void **state)
{
    uint8_t key[KEY_BYTES];
    write_file("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", 0600);
    assert_int_equal(key_load(path, key), 0);
    for (int i = 0; i < KEY_BYTES; i++)
        assert_int_equal(key[i], i);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(key_load(path, key), ERR_DENIED);
    assert_int_equal(key_open(path, chance_system(), key), ERR_DENIED);
}

static void damage_is_seen_and_never_replaced(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", /* no line end */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n\n",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9\n", /* stray bits */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\n\n",
    };
    uint8_t key[KEY_BYTES];
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct stat status;
        write_file(wrong[i], 0600);
        assert_int_equal(key_open(path, chance_system(), key), ERR_CORRUPT);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size, strlen(wrong[i]));
    }
}

static void a_credential_of_systemd_is_private(void **state)
{
    struct stat file = {.st_mode = S_IFREG | 0440}, others = {.st_mode = S_IFREG | 0444},
                grouped = {.st_mode = S_IFREG | 0440, .st_gid = 7},
                own = {.st_mode = S_IFREG | 0600};
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_false(key_file_is_private(&file));
    assert_true(key_file_is_private(&own));
    setenv("CREDENTIALS_DIRECTORY", "/run/credentials/usher.service", 1);
    assert_true(key_file_is_private(&file));
    assert_false(key_file_is_private(&others));
    assert_false(key_file_is_private(&grouped));
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    uint8_t key[KEY_BYTES];
    assert_int_equal(key_open("/nowhere/at/all.key", chance_system(), key), ERR_IO);
}

static void each_purpose_has_its_own(void **state)
{
    uint8_t master[KEY_BYTES], guest[KEY_BYTES], ticket[KEY_BYTES];
    char text[2 * KEY_BYTES + 1];
    for (int i = 0; i < KEY_BYTES; i++)
        master[i] = (uint8_t)i;
    key_derive(master, KEY_FOR_GUEST_TOKEN, guest);
    key_derive(master, KEY_FOR_TICKET_CODE, ticket);
    /* Python: hashlib.blake2b(b'', key=master, salt=purpose, person=b'usherkey', digest_size=32) */
    hex_write(view_of(guest, KEY_BYTES), text);
    assert_string_equal(text, "126b2e26f93949a52e4b7f7cef89eca6f85bb7c477b43edc7bd69bfe39e47ed3");
    hex_write(view_of(ticket, KEY_BYTES), text);
    assert_string_equal(text, "338a5579d601d3b8ffede0a3bbda8a3d6cba1aac983a4faa6bb4afdaa56e9424");
}

static int setup(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/usher-key-test-XXXXXX");
    if (!mkdtemp(folder) || sodium_init() < 0)
        return 1;
    snprintf(path, sizeof(path), "%s/some.key", folder);
    return 0;
}

static int teardown(void **state)
{
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_made_once_and_read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(others_may_not_read_it, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_seen_and_never_replaced, setup, teardown),
        cmocka_unit_test(a_credential_of_systemd_is_private),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
        cmocka_unit_test(each_purpose_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
