/*
 * disk: files in memory for SQLite (a VFS, sqlite.org/vfs.html), which forget what was not synced.
 *
 *     written ──sync──▶ durable      power cut: of what was written since the last sync any part
 *        │                           may be on the disk, in any order, by sectors of 512 bytes:
 *        └──────power cut──▶ ?       pages are torn, a log ends in the middle of a frame
 *
 * Writes, syncs and reads fail by chance, a failed write having written a part of itself, and after
 * a failed sync some of what it was to make durable never will be ("fsyncgate"). A sync may hang.
 * One disk, one thread.
 */
#ifndef USHER_TESTS_SIM_DISK_H
#define USHER_TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_DATABASE "sim.db"

/* How the disk behaves, in a million. */
struct disk_weather {
    uint32_t write_ppm, sync_ppm, read_ppm, hang_ppm;
    int64_t hang_max_ns;
};

/* What happened on it. */
struct disk_counts {
    uint64_t syncs, failed_writes, failed_syncs, failed_reads, hangs;
    uint64_t cuts, lost_writes, torn_writes, kept_writes;
};

/* An empty disk, SQLite's default layer from then on. All that it does is drawn from the seed. */
void disk_begin(uint64_t seed);
/* Frees all files. No database may be open. */
void disk_end(void);
/* From now on. Zeroes: a disk without faults. */
void disk_set_weather(const struct disk_weather *weather);
/* Takes the power away and gives it back: what is open is good for being closed alone. */
void disk_cut_power(void);
/* The same in the middle of the work: with the write or sync of that number from now on. */
void disk_cut_soon(uint64_t steps);
/* The n-th read, write or sync from now on fails, alone; 0: none does. */
enum disk_operation { DISK_READ, DISK_WRITE, DISK_SYNC, DISK_OPERATIONS };
void disk_fail_nth(enum disk_operation operation, uint64_t nth);
/* A file's bytes, which are the caller's and durable; and a file of those bytes, on a new disk. */
void disk_copy_file(const char *name, uint8_t **ret_bytes, size_t *ret_len);
void disk_put_file(const char *name, const uint8_t *bytes, size_t len);
/* How long the syncs since the last question hung, in ns. */
int64_t disk_take_hang(void);
const struct disk_counts *disk_counts(void);

#endif
