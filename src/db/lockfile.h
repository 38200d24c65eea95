/*
 * lockfile: one process at a time, by an advisory lock (flock(2)) that ends with the process.
 *
 * The file itself stays: removing it would let two processes lock two files of one name.
 */
#ifndef USHER_DB_LOCKFILE_H
#define USHER_DB_LOCKFILE_H

/* Takes the lock and gives the descriptor that holds it; close it to give the lock back. The file
 * says the holder's process id, for people. ERR_BUSY: another process has it; ERR_IO. */
int lockfile_take(const char *path, int *ret_fd);

#endif
