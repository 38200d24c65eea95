/*
 * fixture: halls for the tests of this folder, drawn by hand or by chance, without the importer.
 */
#ifndef USHER_SEATS_FIXTURE_TEST_H
#define USHER_SEATS_FIXTURE_TEST_H

#include "chance/chance.h"
#include "hall/hall.h"
#include "seats/seats.h"

/* What a hall of these tests can have. */
#define FIXTURE_PLACES   4096
#define FIXTURE_SECTIONS 64

/* An empty hall with four categories; release it with fixture_release. */
void fixture_init(struct hall *hall);
void fixture_release(struct hall *hall);

/* Adds to the hall; sections, rows and seats in their order. */
void fixture_section(struct hall *hall, enum hall_kind kind);
void fixture_row(struct hall *hall);
void fixture_seat(struct hall *hall, int32_t x, int32_t y, uint32_t remoteness, uint16_t category);

/* A seated section of rows as text: '.' is a seat, '|' an aisle. Seats stand 100 apart in a row,
 * rows 100 apart in y; the remoteness is 100 a row and 10 a seat from the row's middle. Category 0.
 */
void fixture_rows(struct hall *hall, const char *const *rows, uint32_t row_count);
/* A standing section, all at one point, category 0. */
void fixture_standing(struct hall *hall, uint32_t places);

/* One to four sections, seated and standing, with aisles, mixed categories and equal remoteness. */
void fixture_random(struct hall *hall, struct chance *chance);

/* A number as an id. */
struct id fixture_id(uint64_t number);

/* Limits that are never met. */
struct seats *fixture_engine(const struct hall *hall);
/* Sells each place with a chance of percent in 100. */
void fixture_fill(struct seats *s, const struct hall *hall, struct chance *chance,
                  unsigned percent);

/* Makes some seats of a hall something else than ordinary. */
void fixture_kinds(struct hall *hall, struct chance *chance);
/* The neighbour behind a seat, around a table too; UINT32_MAX: an aisle, the end, standing. */
uint32_t fixture_next(const struct hall *hall, uint32_t seat);

#endif
