#include "cmd/ground.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cmd/clock.h"
#include "cmd/cmd.h"
#include "db/sqlite_messages.h"
#include "err/err.h"

#define PATH_BYTES 4096

static int fail(const char *path, const char *what)
{
    return cmd_fail("serve", CMD_FALSE, "%s: %s", path, what);
}

/* mkdir -p; 0 or errno. */
static int make_folders(const char *data)
{
    char path[PATH_BYTES];
    size_t len = strlen(data);
    if (len == 0 || len >= sizeof(path))
        return len == 0 ? ENOENT : ENAMETOOLONG;
    memcpy(path, data, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        const char kept = path[i];
        path[i] = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return errno;
        path[i] = kept;
    }
    return 0;
}

/* An enum cmd_exit. */
static int open_folder(const char *data)
{
    struct stat status;
    if (stat(data, &status) != 0) {
        int why = make_folders(data);
        if (why == ENOTDIR)
            return fail(data, "a part of the path is a file, not a folder");
        if (why != 0)
            return cmd_fail("serve", CMD_FALSE, "%s: the data folder cannot be made: %s", data,
                            strerrordesc_np(why));
    } else if (!S_ISDIR(status.st_mode)) {
        return fail(data, "that is a file; --data names a folder");
    }
    if (access(data, R_OK | W_OK | X_OK) != 0)
        return cmd_fail("serve", CMD_FALSE, "%s: the data folder cannot be written: %s", data,
                        strerrordesc_np(errno));
    return CMD_OK;
}

/* What to do about a key that is none. */
static const char *new_key(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return strcmp(name, "secret.key") == 0
               ? "it holds no key; bring it back from your copy: with a new one all tokens and all "
                 "ticket codes already printed are void"
               : "it holds no key; delete it, and the next start makes a new one";
}

int ground_key(const char *path, uint8_t ret_key[KEY_BYTES])
{
    switch (key_open(path, chance_system(), ret_key)) {
    case 0:
        return CMD_OK;
    case ERR_DENIED:
        return cmd_fail("serve", CMD_FALSE, "%s may be read by others than its owner: chmod 600 %s",
                        path, path);
    case ERR_CORRUPT:
        return fail(path, new_key(path));
    case ERR_FULL:
        return fail(path, "the path is too long");
    default:
        return fail(path, strerrordesc_np(errno));
    }
}

static int open_key(const char *data, const char *name, uint8_t *ret_key)
{
    char path[PATH_BYTES];
    const int len = snprintf(path, sizeof(path), "%s/%s", data, name);
    return len > 0 && (size_t)len < sizeof(path) ? ground_key(path, ret_key)
                                                 : fail(data, "the path is too long");
}

/* SQLite says only that it could not read or write. */
static const char *why_not_written(const char *data)
{
    struct statvfs disk;
    if (statvfs(data, &disk) != 0)
        return strerrordesc_np(errno);
    if (disk.f_flag & ST_RDONLY)
        return "the file system is read-only";
    /* Less than the store's first pages and its log want. */
    if (disk.f_bavail < 1 + (1u << 20) / disk.f_frsize || (disk.f_files && disk.f_favail == 0))
        return "the disk is full";
    return "it cannot be read or written; look at its owner and mode, and at the disk";
}

/* The process that has the store, as it wrote into its lock; 0: nobody can tell. */
static int holder(const char *data)
{
    char path[PATH_BYTES], text[16] = "";
    int len = snprintf(path, sizeof(path), "%s/usher.lock", data);
    FILE *file = len > 0 && (size_t)len < sizeof(path) ? fopen(path, "re") : NULL;
    if (!file)
        return 0;
    int pid = fgets(text, sizeof(text), file) ? (int)strtol(text, NULL, 10) : 0;
    fclose(file);
    return pid;
}

static int open_shared(const char *url, struct store **ret_store)
{
    char why[STORE_WHY_MAX];
    int err = store_mariadb_open(url, false, why, ret_store);
    if (err == 0)
        return CMD_OK;
    return cmd_fail("serve", err == ERR_INVALID ? CMD_USAGE : CMD_FALSE, "--store: %s", why);
}

static int open_embedded(const char *data, bool fresh, struct store **ret_store)
{
    char said[SQLITE_MESSAGE_MAX];
    int err =
        fresh ? store_sqlite_open(data, false, ret_store) : store_sqlite_open_made(data, ret_store);
    sqlite_messages_last(said);
    switch (err) {
    case ERR_NOT_FOUND:
        return cmd_fail(
            "serve", CMD_FALSE,
            "%s/usher.db has no tables, but secret.key beside it is of a store that had "
            "some: bring it back from your copy, with usher.db-wal if there is one; to "
            "begin with an empty store, move usher.db and secret.key away",
            data);
    case 0:
        return CMD_OK;
    case ERR_BUSY:
        return cmd_fail(
            "serve", CMD_FALSE,
            "%s is in use by another usher serve (process %d); --data DIR names another "
            "folder",
            data, holder(data));
    case ERR_CORRUPT:
        return cmd_fail("serve", CMD_FALSE,
                        "%s/usher.db is no database, or is damaged; bring it back from your copy",
                        data);
    case ERR_UNSUPPORTED:
        return cmd_fail("serve", CMD_FALSE,
                        "%s/usher.db was written by a newer usher; this is %s, and changes nothing",
                        data, USHER_VERSION);
    case ERR_IO:
    case ERR_UNKNOWN: /* a commit that failed half way */
    case ERR_DENIED:
        return cmd_fail("serve", CMD_FALSE, "%s/usher.db: %s%s%s%s", data, why_not_written(data),
                        *said ? " (" : "", said, *said ? ")" : "");
    default:
        return cmd_fail("serve", CMD_FALSE, "%s/usher.db: %s", data, err_text(err));
    }
}

static bool is_there(const char *data, const char *name)
{
    char path[PATH_BYTES];
    const int len = snprintf(path, sizeof(path), "%s/%s", data, name);
    return len > 0 && (size_t)len < sizeof(path) && access(path, F_OK) == 0;
}

/* A store and the key that signs for it belong together: one without the other is a mistake of
 * copying, which a silent new one would make worse. A first start makes the key as secret.key.new
 * and gives it its name once the store is there, so that one that dies on the way can begin anew.
 * An enum cmd_exit. */
static int check_pair(const char *data, const char *keys)
{
    static const char *const others[] = {"usher.db-wal", "usher.db-shm", "usher.lock", "monitor.db",
                                         "access.keys"};
    const bool store = is_there(data, "usher.db"), key = is_there(keys, "secret.key");
    const bool begun = is_there(keys, "secret.key.new"); /* a first start that died */
    for (size_t i = 0; !store && !key && !begun && i < sizeof(others) / sizeof(others[0]); i++) {
        if (is_there(data, others[i]))
            return cmd_fail(
                "serve", CMD_FALSE,
                "%s/usher.db and secret.key are missing beside %s: bring both back from "
                "your copy; to begin with an empty store, name a new folder, or move "
                "what is in this one away",
                data, others[i]);
    }
    if (store && !key && !begun)
        return cmd_fail("serve", CMD_FALSE,
                        "%s/secret.key is missing beside usher.db: bring it back from your copy; "
                        "with a new one all tokens and all ticket codes already printed are void",
                        keys);
    if (key && !store && data == keys)
        return cmd_fail("serve", CMD_FALSE,
                        "%s/usher.db is missing beside secret.key: bring it back from your copy, "
                        "with usher.db-wal if there is one; to begin with an empty store, move "
                        "secret.key away",
                        data);
    return CMD_OK;
}

/* The key of an embedded store; of a shared one the folder's, which other processes have as well.
 * An enum cmd_exit. */
static int open_secret(const struct ground_options *options, const char *keys, uint8_t *ret_key)
{
    const bool there = is_there(keys, "secret.key");
    int code = there ? open_key(keys, "secret.key", ret_key) : CMD_OK;
    if (code == CMD_OK && !options->store && options->keeps)
        code = check_pair(options->data, keys);
    if (code == CMD_OK && !there)
        code = open_key(keys, options->store ? "secret.key" : "secret.key.new", ret_key);
    return code;
}

/* An enum cmd_exit. */
static int name_key(const char *data)
{
    char fresh[PATH_BYTES], path[PATH_BYTES];
    if (!is_there(data, "secret.key.new") || is_there(data, "secret.key"))
        return CMD_OK;
    snprintf(fresh, sizeof(fresh), "%s/secret.key.new", data);
    snprintf(path, sizeof(path), "%s/secret.key", data);
    return rename(fresh, path) == 0 ? CMD_OK : fail(path, strerrordesc_np(errno));
}

int ground_open(const struct ground_options *options, struct ground *ret_ground)
{
    struct ground ground = {0};
    const char *keys = options->keys ? options->keys : options->data;
    int code = open_folder(options->data);
    if (code == CMD_OK && options->keys)
        code = open_folder(keys);
    if (code == CMD_OK)
        code = open_secret(options, keys, ground.secret);
    if (code == CMD_OK)
        code = open_key(keys, "operator.key", ground.operator_key);
    /* A key of its own that has its name is of a store that was made. */
    const bool fresh = options->keys || !is_there(keys, "secret.key");
    if (code == CMD_OK && options->keeps)
        code = options->store ? open_shared(options->store, &ground.store)
                              : open_embedded(options->data, fresh, &ground.store);
    if (code == CMD_OK && ground.store)
        code = clock_check(ground.store, options->data);
    if (code == CMD_OK)
        code = name_key(keys);
    if (code == CMD_OK)
        sqlite_messages_log();
    if (code == CMD_OK)
        *ret_ground = ground;
    else
        store_free(ground.store);
    return code;
}
