/*
 * A disk that fails, and a wall clock that is wrong, when they are told to: put under a real server
 * with LD_PRELOAD.
 *
 * USHER_DISK names a folder. While it has a file of one of these names, every call about a file
 * called usher.db… (or as USHER_DISK_FILE says) does so: "full" (writes: ENOSPC), "write" (writes:
 * EIO), "sync" (syncs: EIO), "read" (reads: EIO), "hang" (syncs do not return). While it has a file
 * "clock", the wall clock is ahead by as many seconds as it says.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static bool told(const char *what)
{
    char path[512];
    struct stat status;
    const char *folder = getenv("USHER_DISK");
    snprintf(path, sizeof(path), "%s/%s", folder ? folder : "", what);
    return folder && stat(path, &status) == 0;
}

static bool is_of_the_store(int fd)
{
    char link[40], path[512];
    const int kept = errno;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const ssize_t len = readlink(link, path, sizeof(path) - 1);
    errno = kept;
    path[len > 0 ? len : 0] = '\0';
    const char *file = getenv("USHER_DISK_FILE");
    return strstr(path, file ? file : "/usher.db") != NULL;
}

/* The C library's own function of that name. */
#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static int fail_write(int fd)
{
    if (!is_of_the_store(fd))
        return 0;
    errno = told("full") ? ENOSPC : told("write") ? EIO : 0;
    return errno;
}

/* With files of 64 bits these are the pwrite64 and pread64 of what links to it. */
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return fail_write(fd) ? -1 : NEXT(pwrite)(fd, bytes, len, at);
}

static int fail_read(int fd)
{
    if (!is_of_the_store(fd) || !told("read"))
        return 0;
    errno = EIO;
    return errno;
}

ssize_t pread(int fd, void *bytes, size_t len, off_t at)
{
    return fail_read(fd) ? -1 : NEXT(pread)(fd, bytes, len, at);
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
    char path[512], text[32] = "";
    const int rc = NEXT(clock_gettime)(id, ret_time);
    if (rc != 0 || id != CLOCK_REALTIME || !told("clock"))
        return rc;
    snprintf(path, sizeof(path), "%s/clock", getenv("USHER_DISK"));
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && NEXT(read)(fd, text, sizeof(text) - 1) > 0)
        ret_time->tv_sec += strtol(text, NULL, 10);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int fail_sync(int fd)
{
    if (!is_of_the_store(fd))
        return 0;
    while (told("hang"))
        poll(NULL, 0, 10);
    errno = told("sync") ? EIO : 0;
    return errno;
}

int fsync(int fd)
{
    return fail_sync(fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    return fail_sync(fd) ? -1 : NEXT(fdatasync)(fd);
}
