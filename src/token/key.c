#include "token/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/base64.h"
#include "err/err.h"

#define PATH_BYTES 4096

void key_format(const uint8_t key[KEY_BYTES], char ret_text[KEY_TEXT_CHARS + 1])
{
    char text[BASE64_TEXT_MAX(KEY_BYTES)];
    size_t len = base64_write(view_of(key, KEY_BYTES), BASE64_URL, text);
    assert(len == KEY_TEXT_CHARS);
    memcpy(ret_text, text, len);
    ret_text[len] = '\0';
}

/* ERR_INVALID for what key_format does not write. */
static int key_parse(struct view text, uint8_t ret_key[KEY_BYTES])
{
    uint8_t bytes[BASE64_BYTES_MAX(KEY_TEXT_CHARS)];
    size_t len;
    if (text.len != KEY_TEXT_CHARS || base64_read(text, bytes, &len) || len != KEY_BYTES)
        return ERR_INVALID;
    memcpy(ret_key, bytes, KEY_BYTES);
    sodium_memzero(bytes, sizeof(bytes));
    return 0;
}

void key_derive(const uint8_t master[KEY_BYTES], enum key_purpose purpose,
                uint8_t ret_key[KEY_BYTES])
{
    static_assert(crypto_kdf_KEYBYTES == KEY_BYTES, "the master is a kdf key");
    int err = crypto_kdf_derive_from_key(ret_key, KEY_BYTES, (uint64_t)purpose, "usherkey", master);
    assert(!err);
}

/* ---- files ---- */

bool key_file_is_private(const struct stat *status)
{
    if (!(status->st_mode & (S_IRWXG | S_IRWXO)))
        return true;
    return (status->st_mode & 07777) == (S_IRUSR | S_IRGRP) && status->st_uid == 0 &&
           status->st_gid == 0 && getenv("CREDENTIALS_DIRECTORY");
}

static int read_key(int fd, uint8_t ret_key[KEY_BYTES])
{
    char text[KEY_TEXT_CHARS + 2]; /* one more than there should be */
    struct stat status;
    if (fstat(fd, &status))
        return ERR_IO;
    if (!S_ISREG(status.st_mode))
        return ERR_CORRUPT;
    if (!key_file_is_private(&status))
        return ERR_DENIED;
    ssize_t len = pread(fd, text, sizeof(text), 0);
    if (len < 0)
        return ERR_IO;
    if (len != KEY_TEXT_CHARS + 1 || text[KEY_TEXT_CHARS] != '\n')
        return ERR_CORRUPT;
    int err = key_parse(view_of(text, KEY_TEXT_CHARS), ret_key);
    sodium_memzero(text, sizeof(text));
    return err ? ERR_CORRUPT : 0;
}

int key_load(const char *path, uint8_t ret_key[KEY_BYTES])
{
    /* A pipe in its place must not be waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    int err = read_key(fd, ret_key);
    int errno_kept = errno;
    close(fd);
    errno = errno_kept;
    return err;
}

/* Flushes the folder that path lies in, so that the name survives a power cut like the bytes. */
static int sync_folder_of(const char *path)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int len = slash ? (int)(slash - path) : 1;
    if (snprintf(folder, sizeof(folder), "%.*s", len ? len : 1, slash ? path : ".") < 0)
        return ERR_IO;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    int err = fsync(fd) ? ERR_IO : 0;
    close(fd);
    return err;
}

/* Puts a whole key file at the name beside, which must not exist. */
static int write_beside(const char *beside, struct chance *chance)
{
    uint8_t key[KEY_BYTES];
    char text[KEY_TEXT_CHARS + 2];
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return ERR_IO;
    chance->fill(chance, key, sizeof(key));
    key_format(key, text);
    text[KEY_TEXT_CHARS] = '\n';
    bool fine = write(fd, text, KEY_TEXT_CHARS + 1) == KEY_TEXT_CHARS + 1 && fsync(fd) == 0;
    fine = close(fd) == 0 && fine;
    sodium_memzero(key, sizeof(key));
    sodium_memzero(text, sizeof(text));
    return fine ? 0 : ERR_IO;
}

static int make(const char *path, struct chance *chance)
{
    char beside[PATH_BYTES];
    int len = snprintf(beside, sizeof(beside), "%s.%016llx", path,
                       (unsigned long long)chance_u64(chance));
    if (len < 0 || (size_t)len >= sizeof(beside))
        return ERR_FULL;
    int err = write_beside(beside, chance);
    /* link, unlike rename, never puts a second key in the place of a first. */
    if (!err && link(beside, path) && errno != EEXIST)
        err = ERR_IO;
    int errno_kept = errno;
    unlink(beside);
    errno = errno_kept;
    return err ? err : sync_folder_of(path);
}

int key_open(const char *path, struct chance *chance, uint8_t ret_key[KEY_BYTES])
{
    int err = key_load(path, ret_key);
    if (err != ERR_NOT_FOUND)
        return err;
    err = make(path, chance);
    return err ? err : key_load(path, ret_key);
}
