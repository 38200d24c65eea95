/* The data folder: its keys, its room, its kind, and how long a write to the disk takes. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "clock/clock.h"
#include "cmd/check.h"

#define PATH_BYTES  4096
#define WRITES      64   /* enough for a median, and for the worst to be seen */
#define WRITE_BYTES 4096 /* a small commit */
#define SLOW_US     5000
#define TOO_SLOW_US 50000
#define ROOM_LEAST  (256ull << 20)
#define ROOM_WANTED (4096ull << 20)
#define CIFS_MAGIC  0xFF534D42

/* The folder, or the nearest above it that is there. */
static void nearest_folder(const char *data, char path[PATH_BYTES])
{
    struct stat stat_of;
    snprintf(path, PATH_BYTES, "%s", data);
    while (stat(path, &stat_of) != 0 && strcmp(path, "/") != 0 && strcmp(path, ".") != 0) {
        const char *parent = dirname(path);
        memmove(path, parent, strlen(parent) + 1);
    }
}

static void check_kind(struct checks *checks, const char *path)
{
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return;
    const long kind = (long)fs.f_type;
    if (kind == TMPFS_MAGIC || kind == RAMFS_MAGIC)
        check_note(checks, CHECK_BAD, "file system", "name a folder on a disk with --data",
                   "%s is in memory: all is lost when the power goes", path);
    else if (kind == NFS_SUPER_MAGIC || kind == (long)CIFS_MAGIC || kind == FUSE_SUPER_MAGIC)
        check_note(checks, CHECK_LOOK, "file system",
                   "a local disk, or --store mariadb://…: locks and syncs of network file systems "
                   "differ",
                   "%s is on a network or user-space file system", path);
    else
        check_note(checks, CHECK_FINE, "file system", NULL, "a local one (type %lx)", kind);
}

static void check_room(struct checks *checks, const char *path)
{
    struct statvfs disk;
    if (statvfs(path, &disk) != 0)
        return;
    const uint64_t bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    check_note(checks,
               bytes < ROOM_LEAST    ? CHECK_BAD
               : bytes < ROOM_WANTED ? CHECK_LOOK
                                     : CHECK_FINE,
               "disk space",
               bytes < ROOM_WANTED ? "make room: nothing is sold on a full disk" : NULL,
               "%" PRIu64 " MiB are free at %s", bytes >> 20, path);
    if (disk.f_flag & ST_RDONLY)
        check_note(checks, CHECK_BAD, "disk space", "mount it to be written", "%s is read-only",
                   path);
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Microseconds of WRITES synced writes, in order. errno where it fails. */
static bool time_writes(const char *folder, int64_t us[WRITES])
{
    char path[PATH_BYTES];
    const uint8_t bytes[WRITE_BYTES] = {0};
    if (snprintf(path, sizeof(path), "%s/.usher-check-XXXXXX", folder) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    const int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return false;
    unlink(path);
    bool written = true;
    for (int i = 0; i < WRITES && written; i++) {
        const int64_t began_ns = clock_mono_ns(clock_system());
        written = write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes) && fdatasync(fd) == 0;
        us[i] = (clock_mono_ns(clock_system()) - began_ns) / 1000;
    }
    const int why = errno;
    close(fd);
    errno = why;
    qsort(us, WRITES, sizeof(us[0]), by_size);
    return written;
}

static void check_writes(struct checks *checks, const char *folder)
{
    int64_t us[WRITES];
    if (!time_writes(folder, us)) {
        check_note(checks, CHECK_BAD, "writing", "look at its owner and mode, and at the disk",
                   "%s: %s", folder, strerrordesc_np(errno));
        return;
    }
    const int64_t median = us[WRITES / 2], worst = us[WRITES - 1];
    check_note(checks,
               median > TOO_SLOW_US ? CHECK_BAD
               : median > SLOW_US   ? CHECK_LOOK
                                    : CHECK_FINE,
               "writing",
               median > SLOW_US ? "a disk that syncs faster (a local NVMe): every buyer waits for "
                                  "one sync"
                                : NULL,
               "a synced write takes %" PRId64 ".%" PRId64 " ms (median of %d), %" PRId64
               " ms at worst",
               median / 1000, median % 1000 / 100, WRITES, worst / 1000);
}

/* A store without its key, or the other way round, does not start. */
static void check_keys(struct checks *checks, const char *data)
{
    static const char *const files[] = {"secret.key", "operator.key", "usher.db"};
    char path[PATH_BYTES];
    struct stat stat_of;
    bool there[3];
    for (int i = 0; i < 3; i++) {
        const int len = snprintf(path, sizeof(path), "%s/%s", data, files[i]);
        there[i] = len < (int)sizeof(path) && stat(path, &stat_of) == 0;
        if (i < 2 && there[i] && (stat_of.st_mode & 077))
            check_note(checks, CHECK_BAD, "keys", "chmod 600", "%s may be read by others", path);
    }
    if (there[2] && !there[0])
        check_note(checks, CHECK_LOOK, "keys",
                   "bring secret.key back from your copy, or name its folder with --keys",
                   "%s/usher.db is there, and secret.key is not beside it", data);
    else if (there[2])
        check_note(checks, CHECK_FINE, "store", NULL, "%s/usher.db is there, with its key", data);
    else
        check_note(checks, CHECK_FINE, "store", NULL, "none yet in %s: the first start makes it",
                   data);
}

void check_disk(struct checks *checks, const char *data)
{
    char folder[PATH_BYTES];
    nearest_folder(data, folder);
    check_kind(checks, folder);
    check_room(checks, folder);
    check_writes(checks, folder);
    check_keys(checks, data);
}
