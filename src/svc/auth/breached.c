#include "svc/auth/breached.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err/err.h"

#define HASH_BYTES 20
#define HASH_CHARS (2 * HASH_BYTES)
#define ROW_MAX    64 /* bytes of a line, its end included: a hash, a colon, a count */

struct breached {
    int fd;
    int64_t bytes;
};

/* A line's hash, and where the next line begins. */
struct line {
    char hash[HASH_CHARS];
    int64_t at, next;
};

static bool is_hash(const char *text)
{
    for (int i = 0; i < HASH_CHARS; i++) {
        if (!memchr("0123456789ABCDEF", text[i], 16))
            return false;
    }
    return true;
}

/* Reads the line that begins at `at`, or (begins is false) the first one that begins behind the
 * byte there. ERR_NOT_FOUND: there is none. */
static int read_line(const struct breached *breached, int64_t at, bool begins,
                     struct line *ret_line)
{
    char bytes[2 * ROW_MAX];
    const ssize_t got = pread(breached->fd, bytes, sizeof(bytes), at);
    if (got < 0)
        return ERR_IO;
    const char *from = bytes, *const end = bytes + got;
    if (!begins) {
        const char *line_end = got ? memchr(bytes, '\n', (size_t)got) : NULL;
        from = line_end ? line_end + 1 : end;
    }
    if (from == end)
        return at + got >= breached->bytes ? ERR_NOT_FOUND : ERR_CORRUPT;
    const char *line_end = memchr(from, '\n', (size_t)(end - from));
    const char *next = line_end ? line_end + 1 : end;
    if (next - from < HASH_CHARS || next - from > ROW_MAX || !is_hash(from))
        return ERR_CORRUPT;
    memcpy(ret_line->hash, from, HASH_CHARS);
    ret_line->at = at + (from - bytes);
    ret_line->next = at + (next - bytes);
    return 0;
}

/* By halves: the line, where there is one, begins at low or later, and before high; a line begins
 * at low. */
static int search(const struct breached *breached, const char *hash, bool *ret_found)
{
    int64_t low = 0, high = breached->bytes;
    *ret_found = false;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        struct line line = {.at = high};
        const bool begins = middle == low;
        const int err = read_line(breached, begins ? middle : middle - 1, begins, &line);
        if (err != 0 && err != ERR_NOT_FOUND)
            return err;
        const int order = line.at < high ? memcmp(line.hash, hash, HASH_CHARS) : 1;
        if (order == 0) {
            *ret_found = true;
            return 0;
        }
        if (order < 0)
            low = line.next;
        else
            high = middle;
    }
    return 0;
}

int breached_look(const struct breached *breached, struct view password, bool *ret_found)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t sum[EVP_MAX_MD_SIZE];
    char hash[HASH_CHARS];
    unsigned len = 0;
    if (!EVP_Digest(password.at, password.len, sum, &len, EVP_sha1(), NULL) || len != HASH_BYTES)
        return ERR_NO_MEMORY;
    for (int i = 0; i < HASH_BYTES; i++) {
        hash[2 * i] = digits[sum[i] >> 4];
        hash[2 * i + 1] = digits[sum[i] & 15];
    }
    return search(breached, hash, ret_found);
}

/* Enough to tell a wrong file, or one in another order, from a right one. */
static int look_at_ends(const struct breached *breached)
{
    const int64_t near_end = breached->bytes > 2 * ROW_MAX ? breached->bytes - 2 * ROW_MAX : 0;
    struct line first = {0}, last = {0};
    int err = read_line(breached, 0, true, &first);
    int64_t at = first.next;
    if (err == 0 && near_end > at) {
        err = read_line(breached, near_end, false, &last);
        at = last.at;
    }
    while (err == 0 && at < breached->bytes) {
        err = read_line(breached, at, true, &last);
        if (err == 0 && memcmp(first.hash, last.hash, HASH_CHARS) >= 0)
            err = ERR_CORRUPT;
        at = last.next;
    }
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

int breached_open(const char *path, struct breached **ret_breached)
{
    struct breached *breached = calloc(1, sizeof(*breached));
    struct stat status;
    if (!breached)
        return ERR_NO_MEMORY;
    breached->fd = open(path, O_RDONLY | O_CLOEXEC);
    int err = breached->fd >= 0 && fstat(breached->fd, &status) == 0 ? 0 : ERR_IO;
    if (err == 0) {
        breached->bytes = status.st_size;
        err = look_at_ends(breached);
    }
    if (err != 0) {
        const int why = errno;
        breached_close(breached);
        errno = why;
        return err;
    }
    *ret_breached = breached;
    return 0;
}

void breached_close(struct breached *breached)
{
    if (!breached)
        return;
    if (breached->fd >= 0)
        close(breached->fd);
    free(breached);
}
