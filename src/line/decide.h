/*
 * decide: what is to happen in a line next. Each function looks at the line and fills an entry, or
 * says why there is none; line_apply then does it.
 *
 * Unless a function says otherwise: 1: *ret_entry is to be applied; 0: there is nothing to do.
 */
#ifndef USHER_LINE_DECIDE_H
#define USHER_LINE_DECIDE_H

#include "line/line.h"

/* The account joins the draw or the line. 0: it is in already. ERR_BUSY: nobody can join now. */
int line_decide_join(const struct line *line, struct id account_id, int64_t now_ms,
                     struct line_entry *ret_entry);
/* The account's turn. The entry gives a pass with the next serial. ERR_NOT_FOUND: it is not in the
 * line; ERR_BUSY: it is not called yet; ERR_TIMEOUT: its turn, or its time inside, is over. */
int line_decide_enter(const struct line *line, struct id account_id, int64_t now_ms,
                      struct line_entry *ret_entry);
/* The account gives up its place, wherever it is. 0: it has none. */
int line_decide_leave(const struct line *line, struct id account_id, int64_t now_ms,
                      struct line_entry *ret_entry);
/* The account has paid. 0: it is not inside. */
int line_decide_paid(const struct line *line, struct id account_id, int64_t now_ms,
                     struct line_entry *ret_entry);
/* Whether the pass with that number and serial is good at now_ms: its account is inside, its time
 * is not over, and no newer pass was given. */
bool line_pass_good(const struct line *line, struct id account_id, uint32_t number, uint32_t serial,
                    int64_t now_ms);
/* When a pass of the person INSIDE ends; when the turn of one CALLED does; as it looks at now_ms:
 * while the line is stopped both move away with the time. */
int64_t line_pass_end_ms(const struct line *line, const struct person *person, int64_t now_ms);
int64_t line_claim_end_ms(const struct line *line, const struct person *person, int64_t now_ms);

/* What is due by time: who did not come, whose pass is over, and who is called into the room that
 * is free. places_left 0: nothing is left to sell, so nobody is called. Ask again until 0. */
int line_decide_due(const struct line *line, uint32_t places_left, int64_t now_ms,
                    struct line_entry *ret_entry);
/* When line_decide_due may have something that it has not now, by the passing of time alone;
 * INT64_MAX: never. */
int64_t line_due_at_ms(const struct line *line);

/* The beacon is named: 0 where it is that one already. ERR_BUSY: people can come already, or
 * another was named. chain has LINE_HASH_BYTES. */
int line_decide_name_beacon(const struct line *line, const uint8_t *chain, uint32_t round,
                            int64_t now_ms, struct line_entry *ret_entry);
/* Its randomness is given: 0 where it is that already. ERR_NOT_FOUND: no such round was named;
 * ERR_BUSY: the draw has not begun, or is over; ERR_CONFLICT: something else was given. */
int line_decide_give_beacon(const struct line *line, const uint8_t *randomness, uint32_t round,
                            int64_t now_ms, struct line_entry *ret_entry);

#endif
