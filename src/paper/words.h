/*
 * words: dates, places and amounts as people read them, in Korean and English.
 */
#ifndef USHER_PAPER_WORDS_H
#define USHER_PAPER_WORDS_H

#include "paper/paper.h"

/* A time as a clock on a wall shows it (proleptic Gregorian calendar). */
struct paper_clock {
    int64_t year;
    int month; /* 1 … 12 */
    int day;   /* 1 … 31 */
    int hour, minute, second;
    int weekday; /* 0: Sunday */
};
/* offset_minutes east of UTC. */
struct paper_clock paper_clock_at(int64_t ms, int32_t offset_minutes);
/* "Sun" … and "Jan" …, as RFC 5322 has them. */
const char *paper_weekday(int weekday);
const char *paper_month(int month);

/* What a seat is, "Wheelchair place"; empty for an ordinary one. */
struct view paper_seat_kind(enum paper_language language, enum paper_seat kind);

/* The start by the hall's clock: "Thu 24 December 2026, 19:00", "2026년 12월 24일(목) 오후 7:00";
 * with " UTC" behind it where nobody said what the hall's clock is. */
void paper_start(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX]);
/* The day and the time of it, for a page that shows them apart. */
void paper_start_day(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX]);
void paper_start_time(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX]);
/* When people are let in, by the hall's clock: "18:00", "오후 6:00", with the day where that is
 * another than the start's. */
void paper_doors(const struct paper_order *order, char ret_text[PAPER_TEXT_MAX]);
/* "165,000 KRW", "165,000원", "1,650.00 EUR". */
void paper_amount(enum paper_language language, int64_t amount, struct view currency,
                  char ret_text[PAPER_TEXT_MAX]);
/* "Stalls, row C, seat 12", "Stalls, C열 12번", "Floor". */
void paper_place(enum paper_language language, const struct paper_ticket *ticket,
                 char ret_text[PAPER_TEXT_MAX]);

#endif
