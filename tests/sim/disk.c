#include "sim/disk.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "chance/chance.h"

#define FILES_MAX     8
#define FILE_NAME_MAX 32
#define SECTOR        512
#define REGION        32768 /* of shared memory, which SQLite asks for in pieces of this size */
#define REGIONS_MAX   16

struct bytes {
    uint8_t *at;
    size_t len, room;
};

/* A write, or a new size, that no sync has covered. */
struct change {
    size_t at, len; /* of a new size: at alone */
    uint8_t *bytes; /* owned; NULL: a new size */
};

struct file {
    char name[FILE_NAME_MAX];
    bool exists, kept;         /* kept: a sync has made its name durable */
    struct bytes now, durable; /* what a reader sees; what a power cut leaves at least */
    struct change *changes;
    size_t change_count, change_room;
    uint32_t shared;         /* handles that read */
    struct handle *reserved; /* who is to write, or writes alone */
    bool exclusive;
    uint8_t *regions[REGIONS_MAX];
    uint32_t region_shared[SQLITE_SHM_NLOCK];
    struct handle *region_alone[SQLITE_SHM_NLOCK];
};

struct handle {
    sqlite3_file base;
    struct file *file;
    int level; /* SQLITE_LOCK_… */
    bool region_shared[SQLITE_SHM_NLOCK];
    uint64_t life; /* of the disk, when it was opened */
};

static struct {
    struct file files[FILES_MAX];
    struct chance_seeded chance;
    struct disk_weather weather;
    struct disk_counts counts;
    int64_t hung_ns;
    uint64_t life;                     /* grows with each power cut */
    uint64_t cut_in;                   /* writes and syncs until the power is cut; 0: it is not */
    uint64_t fail_in[DISK_OPERATIONS]; /* those until one fails; 0: none does */
} disk;

static uint64_t below(uint64_t limit)
{
    return chance_below(&disk.chance.chance, limit);
}

static bool happens(uint32_t ppm)
{
    return ppm > 0 && below(1000000) < ppm;
}

/* Whether this one is to fail: by the weather, or as the n-th. */
static bool fails(enum disk_operation operation, uint32_t ppm)
{
    const bool now = disk.fail_in[operation] > 0 && --disk.fail_in[operation] == 0;
    return happens(ppm) || now;
}

/* ---- bytes ---- */

static void resize(struct bytes *b, size_t len)
{
    if (len > b->room) {
        b->room = len + len / 2 + 4096;
        b->at = realloc(b->at, b->room);
        assert(b->at);
    }
    if (len > b->len)
        memset(b->at + b->len, 0, len - b->len);
    b->len = len;
}

static void put(struct bytes *b, size_t at, const uint8_t *from, size_t len)
{
    if (at + len > b->len)
        resize(b, at + len);
    if (len > 0)
        memcpy(b->at + at, from, len);
}

/* Without content; its room is the next world's. */
static struct bytes emptied(struct bytes b)
{
    return (struct bytes){.at = b.at, .room = b.room};
}

static void apply(struct bytes *b, const struct change *c)
{
    if (c->bytes)
        put(b, c->at, c->bytes, c->len);
    else
        resize(b, c->at);
}

static void forget_changes(struct file *f)
{
    for (size_t i = 0; i < f->change_count; i++)
        free(f->changes[i].bytes);
    f->change_count = 0;
}

static void add_change(struct file *f, size_t at, const uint8_t *from, size_t len)
{
    struct change c = {.at = at, .len = len};
    if (f->change_count == f->change_room) {
        f->change_room = 2 * f->change_room + 16;
        f->changes = realloc(f->changes, f->change_room * sizeof(*f->changes));
        assert(f->changes);
    }
    if (from) {
        c.bytes = malloc(len);
        assert(c.bytes);
        memcpy(c.bytes, from, len);
    }
    apply(&f->now, &c);
    f->changes[f->change_count++] = c;
}

/* ---- the power ---- */

/* A write of which each sector that it touches is there or not. */
static void tear(struct bytes *b, const struct change *c)
{
    size_t done = 0, kept = 0, sectors = 0;
    while (done < c->len) {
        const size_t room = SECTOR - (c->at + done) % SECTOR;
        const size_t len = room < c->len - done ? room : c->len - done;
        sectors++;
        if (below(2)) {
            put(b, c->at + done, c->bytes + done, len);
            kept++;
        }
        done += len;
    }
    disk.counts.torn_writes += kept > 0 && kept < sectors;
    disk.counts.lost_writes += kept == 0;
    disk.counts.kept_writes += kept == sectors;
}

enum fate { FATE_LOST, FATE_KEPT, FATE_PREFIX, FATE_TORN, FATES };

static void cut_file(struct file *f)
{
    const enum fate fate = (enum fate)below(FATES);
    const size_t prefix = (size_t)below(f->change_count + 1);
    for (size_t i = 0; i < f->change_count; i++) {
        const struct change *c = &f->changes[i];
        const bool kept = fate == FATE_KEPT || (fate == FATE_PREFIX && i < prefix);
        if (fate == FATE_TORN && c->bytes)
            tear(&f->durable, c);
        else if (kept || (fate == FATE_TORN && below(2)))
            apply(&f->durable, c);
        if (fate != FATE_TORN && c->bytes)
            *(kept ? &disk.counts.kept_writes : &disk.counts.lost_writes) += 1;
    }
    forget_changes(f);
    if (f->exists && !f->kept && below(2)) { /* its name was never synced */
        f->exists = false;
        f->durable.len = 0;
    }
    resize(&f->now, 0);
    put(&f->now, 0, f->durable.at, f->durable.len);
    for (uint32_t i = 0; i < REGIONS_MAX; i++) {
        free(f->regions[i]);
        f->regions[i] = NULL;
    }
    f->shared = 0;
    f->reserved = NULL;
    f->exclusive = false;
    memset(f->region_shared, 0, sizeof(f->region_shared));
    memset(f->region_alone, 0, sizeof(f->region_alone));
}

void disk_cut_power(void)
{
    disk.counts.cuts++;
    disk.life++;
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        if (disk.files[i].name[0])
            cut_file(&disk.files[i]);
    }
}

void disk_cut_soon(uint64_t steps)
{
    disk.cut_in = steps;
}

void disk_fail_nth(enum disk_operation operation, uint64_t nth)
{
    disk.fail_in[operation] = nth;
}

/* Whether the power goes with this write or sync. */
static bool cuts_now(void)
{
    return disk.cut_in > 0 && --disk.cut_in == 0;
}

/* ---- files ---- */

static struct handle *handle_of(sqlite3_file *base)
{
    return (struct handle *)base;
}

/* NULL: the power was cut since it was opened. */
static struct file *file_of(sqlite3_file *base)
{
    const struct handle *h = handle_of(base);
    return h->life == disk.life ? h->file : NULL;
}

static int disk_unlock(sqlite3_file *base, int level);

static int disk_close(sqlite3_file *base)
{
    (void)disk_unlock(base, SQLITE_LOCK_NONE);
    return SQLITE_OK;
}

static int disk_read(sqlite3_file *base, void *bytes, int amount, sqlite3_int64 from)
{
    const struct file *f = file_of(base);
    const size_t at = (size_t)from, len = (size_t)amount;
    if (!f)
        return SQLITE_IOERR_READ;
    if (fails(DISK_READ, disk.weather.read_ppm)) {
        disk.counts.failed_reads++;
        return SQLITE_IOERR_READ;
    }
    const size_t there = at >= f->now.len ? 0 : f->now.len - at < len ? f->now.len - at : len;
    if (there > 0)
        memcpy(bytes, f->now.at + at, there);
    memset((uint8_t *)bytes + there, 0, len - there);
    return there == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *base, const void *bytes, int amount, sqlite3_int64 to)
{
    struct file *f = file_of(base);
    size_t len = (size_t)amount;
    if (!f)
        return SQLITE_IOERR_WRITE;
    const bool cut = cuts_now(), bad = cut || fails(DISK_WRITE, disk.weather.write_ppm);
    if (bad)
        len = (size_t)below(len);
    if (len > 0)
        add_change(f, (size_t)to, bytes, len);
    if (cut)
        disk_cut_power();
    disk.counts.failed_writes += bad && !cut;
    return !bad ? SQLITE_OK : below(2) ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct file *f = file_of(base);
    if (!f || happens(disk.weather.write_ppm))
        return SQLITE_IOERR_TRUNCATE;
    add_change(f, (size_t)size, NULL, 0);
    return SQLITE_OK;
}

/* What a failed sync has not made durable may be taken for written by the system: no later sync
 * writes it. */
static int fail_sync(struct file *f)
{
    size_t left = 0;
    disk.counts.failed_syncs++;
    for (size_t i = 0; i < f->change_count; i++) {
        if (below(2))
            f->changes[left++] = f->changes[i];
        else
            free(f->changes[i].bytes);
    }
    f->change_count = left;
    return SQLITE_IOERR_FSYNC;
}

static int disk_sync(sqlite3_file *base, int flags)
{
    struct file *f = file_of(base);
    if (!f)
        return SQLITE_IOERR_FSYNC;
    disk.counts.syncs++;
    if (cuts_now()) {
        disk_cut_power();
        return SQLITE_IOERR_FSYNC;
    }
    if (happens(disk.weather.hang_ppm)) {
        disk.counts.hangs++;
        disk.hung_ns += (int64_t)below((uint64_t)disk.weather.hang_max_ns);
    }
    if (fails(DISK_SYNC, disk.weather.sync_ppm))
        return fail_sync(f);
    for (size_t i = 0; i < f->change_count; i++)
        apply(&f->durable, &f->changes[i]);
    forget_changes(f);
    f->kept = true;
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
    const struct file *f = file_of(base);
    if (!f)
        return SQLITE_IOERR_FSTAT;
    *ret_size = (sqlite3_int64)f->now.len;
    return SQLITE_OK;
}

/* ---- locks (sqlite.org/lockingv3.html) ---- */

static int disk_lock(sqlite3_file *base, int level)
{
    struct handle *h = handle_of(base);
    struct file *f = file_of(base);
    if (!f)
        return SQLITE_IOERR_LOCK;
    if (level <= h->level)
        return SQLITE_OK;
    if (f->reserved && f->reserved != h && (f->exclusive || level > SQLITE_LOCK_SHARED))
        return SQLITE_BUSY;
    if (h->level == SQLITE_LOCK_NONE) {
        f->shared++;
        h->level = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_SHARED)
        return SQLITE_OK;
    f->reserved = h;
    if (level == SQLITE_LOCK_EXCLUSIVE && f->shared > 1) {
        h->level = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    f->exclusive = level == SQLITE_LOCK_EXCLUSIVE;
    h->level = level;
    return SQLITE_OK;
}

static int disk_unlock(sqlite3_file *base, int level)
{
    struct handle *h = handle_of(base);
    struct file *f = file_of(base);
    if (f && h->level > SQLITE_LOCK_SHARED && f->reserved == h) {
        f->reserved = NULL;
        f->exclusive = false;
    }
    if (f && h->level >= SQLITE_LOCK_SHARED && level == SQLITE_LOCK_NONE)
        f->shared--;
    if (level < h->level)
        h->level = level;
    return SQLITE_OK;
}

static int disk_check_lock(sqlite3_file *base, int *ret_locked)
{
    const struct file *f = file_of(base);
    *ret_locked = f && f->reserved;
    return SQLITE_OK;
}

static int disk_control(sqlite3_file *base, int what, void *arg)
{
    return SQLITE_NOTFOUND;
}

static int disk_sector(sqlite3_file *base)
{
    return SECTOR;
}

/* A torn write changes no byte beside it. */
static int disk_traits(sqlite3_file *base)
{
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- the log's index, in memory that connections share ---- */

static int shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret_at)
{
    struct file *f = file_of(base);
    *ret_at = NULL;
    if (!f)
        return SQLITE_IOERR_SHMMAP;
    assert(region < REGIONS_MAX && size <= REGION);
    if (!f->regions[region] && extend) {
        f->regions[region] = calloc(1, REGION);
        assert(f->regions[region]);
    }
    *ret_at = f->regions[region];
    return SQLITE_OK;
}

static bool may_lock(const struct file *f, const struct handle *h, int i, bool alone)
{
    const uint32_t others = f->region_shared[i] - (h->region_shared[i] ? 1 : 0);
    return (!f->region_alone[i] || f->region_alone[i] == h) && !(alone && others > 0);
}

static int shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    struct handle *h = handle_of(base);
    struct file *f = file_of(base);
    const bool alone = flags & SQLITE_SHM_EXCLUSIVE;
    if (!f)
        return flags & SQLITE_SHM_UNLOCK ? SQLITE_OK : SQLITE_IOERR_SHMLOCK;
    for (int i = offset; i < offset + count; i++) {
        if ((flags & SQLITE_SHM_LOCK) && !may_lock(f, h, i, alone))
            return SQLITE_BUSY;
    }
    for (int i = offset; i < offset + count; i++) {
        if (alone) {
            f->region_alone[i] = flags & SQLITE_SHM_LOCK ? h : NULL;
        } else if (h->region_shared[i] != !!(flags & SQLITE_SHM_LOCK)) {
            h->region_shared[i] = flags & SQLITE_SHM_LOCK;
            f->region_shared[i] += h->region_shared[i] ? 1 : UINT32_MAX;
        }
    }
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *base)
{
}

static int shm_unmap(sqlite3_file *base, int delete)
{
    struct handle *h = handle_of(base);
    struct file *f = file_of(base);
    for (int i = 0; f && i < SQLITE_SHM_NLOCK; i++) {
        if (f->region_alone[i] == h)
            f->region_alone[i] = NULL;
        f->region_shared[i] -= h->region_shared[i];
        h->region_shared[i] = false;
    }
    for (int i = 0; f && delete &&i < REGIONS_MAX; i++) {
        free(f->regions[i]);
        f->regions[i] = NULL;
    }
    return SQLITE_OK;
}

/* ---- the layer ---- */

static struct file *find(const char *name, bool make)
{
    struct file *free_one = NULL;
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        struct file *f = &disk.files[i];
        if (strcmp(f->name, name) == 0)
            return f;
        if (!f->name[0] && !free_one)
            free_one = f;
    }
    if (!make)
        return NULL;
    assert(free_one && strlen(name) < FILE_NAME_MAX);
    memcpy(free_one->name, name, strlen(name) + 1);
    return free_one;
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                     int *ret_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = disk_close,
        .xRead = disk_read,
        .xWrite = disk_write,
        .xTruncate = disk_truncate,
        .xSync = disk_sync,
        .xFileSize = disk_size,
        .xLock = disk_lock,
        .xUnlock = disk_unlock,
        .xCheckReservedLock = disk_check_lock,
        .xFileControl = disk_control,
        .xSectorSize = disk_sector,
        .xDeviceCharacteristics = disk_traits,
        .xShmMap = shm_map,
        .xShmLock = shm_lock,
        .xShmBarrier = shm_barrier,
        .xShmUnmap = shm_unmap,
    };
    assert(name); /* temporary files are kept in memory */
    struct file *f = find(name, flags & SQLITE_OPEN_CREATE);
    *handle_of(base) = (struct handle){0};
    if (!f || (!f->exists && !(flags & SQLITE_OPEN_CREATE)))
        return SQLITE_CANTOPEN;
    if (!f->exists) {
        f->exists = true;
        f->kept = false;
        resize(&f->now, 0);
        resize(&f->durable, 0);
        forget_changes(f);
    }
    *handle_of(base) = (struct handle){.base.pMethods = &methods, .file = f, .life = disk.life};
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

/* A name that is gone stays so. */
static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct file *f = find(name, false);
    if (!f || !f->exists)
        return SQLITE_IOERR_DELETE_NOENT;
    f->exists = false;
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there)
{
    const struct file *f = find(name, false);
    *ret_there = f && f->exists;
    return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int room, char *ret_name)
{
    sqlite3_snprintf(room, ret_name, "%s", name);
    return SQLITE_OK;
}

static int disk_random(sqlite3_vfs *vfs, int len, char *ret_bytes)
{
    for (int i = 0; i < len; i++)
        ret_bytes[i] = (char)below(256);
    return len;
}

static int disk_sleep(sqlite3_vfs *vfs, int us)
{
    return us;
}

static int disk_time(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms)
{
    *ret_ms = INT64_C(212345678901234);
    return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *vfs, int len, char *ret_text)
{
    return 0;
}

void disk_begin(uint64_t seed)
{
    static sqlite3_vfs layer = {
        .iVersion = 2,
        .szOsFile = sizeof(struct handle),
        .mxPathname = 512,
        .zName = "simulated",
        .xOpen = disk_open,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_full_name,
        .xRandomness = disk_random,
        .xSleep = disk_sleep,
        .xCurrentTimeInt64 = disk_time,
        .xGetLastError = disk_last_error,
    };
    /* There is one thread, and nobody asks how much memory is used, so no lock is needed. SQLite
     * refuses both once it runs. */
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int code = sqlite3_vfs_register(&layer, 1);
    assert(code == SQLITE_OK);
    chance_seed(&disk.chance, seed);
    disk.weather = (struct disk_weather){0};
    disk.counts = (struct disk_counts){0};
    disk.hung_ns = 0;
    disk.cut_in = 0;
    memset(disk.fail_in, 0, sizeof(disk.fail_in));
    disk.life++;
    /* SQLite's own numbers begin with the seed, too. */
    sqlite3_randomness(0, NULL);
}

void disk_copy_file(const char *name, uint8_t **ret_bytes, size_t *ret_len)
{
    const struct file *f = find(name, false);
    assert(f && f->exists && f->change_count == 0);
    *ret_len = f->now.len;
    *ret_bytes = malloc(f->now.len + 1);
    assert(*ret_bytes);
    memcpy(*ret_bytes, f->now.at, f->now.len);
}

void disk_put_file(const char *name, const uint8_t *bytes, size_t len)
{
    struct file *f = find(name, true);
    f->exists = f->kept = true;
    put(&f->now, 0, bytes, len);
    put(&f->durable, 0, bytes, len);
}

void disk_end(void)
{
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        struct file *f = &disk.files[i];
        forget_changes(f);
        for (uint32_t k = 0; k < REGIONS_MAX; k++)
            free(f->regions[k]);
        *f = (struct file){.now = emptied(f->now),
                           .durable = emptied(f->durable),
                           .changes = f->changes,
                           .change_room = f->change_room};
    }
}

void disk_set_weather(const struct disk_weather *weather)
{
    disk.weather = *weather;
}

int64_t disk_take_hang(void)
{
    const int64_t hung_ns = disk.hung_ns;
    disk.hung_ns = 0;
    return hung_ns;
}

const struct disk_counts *disk_counts(void)
{
    return &disk.counts;
}
