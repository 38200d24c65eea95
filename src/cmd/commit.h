/*
 * commit: which commit this binary was built from.
 */
#ifndef USHER_CMD_COMMIT_H
#define USHER_CMD_COMMIT_H

/* 12 hexadecimal digits, or "unknown" where it was built outside of a checkout. */
extern const char usher_commit[];

#endif
