/*
 * bench: the figures of this machine, each beside the limit it is measured against, in one run.
 */
#ifndef USHER_BENCH_BENCH_H
#define USHER_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* Whoever measures tells its figures to this. Names and units are literals or live on. */
typedef void bench_row_fn(void *state, const char *name, double value, const char *unit);

/* Each starts what it needs, measures once and takes everything down. 0; ERR_IO, ERR_UNAVAILABLE,
 * ERR_NO_MEMORY: it could not be measured. The process has one thread. */
int bench_order(bench_row_fn *row, void *state); /* durable hold + order through gRPC */
/* The same of two programs, one after the other: what a change costs shows in the ratios alone. */
int bench_beside(bench_row_fn *row, void *state);
/* The same with the role monitor and without it. */
int bench_monitor(bench_row_fn *row, void *state);
int bench_dressed(bench_row_fn *row, void *state);
int bench_window(bench_row_fn *row,
                 void *state); /* the monitor's window beside what it is made of */
/* Says which two, before each run; of every pair the one that goes first is the other than last
 * time. NULL: as bench_server_program. */
void bench_beside_next(const char *ours, const char *other);
/* Whether, of a pair in this run, the other goes first. */
bool bench_other_first(void);
int bench_line(bench_row_fn *row, void *state); /* joins: in the engine, and through gRPC */
/* Durable joins a second alone, of 2,048 people at once, through the port of the next server. */
int bench_line_joins(double *ret_joins_s);
int bench_json(bench_row_fn *row, void *state);    /* unary JSON beside a bare epoll responder */
int bench_grpc(bench_row_fn *row, void *state);    /* unary gRPC beside the same */
int bench_watch(bench_row_fn *row, void *state);   /* 10,000 streams beside a bare broadcaster */
int bench_serving(bench_row_fn *row, void *state); /* the same of a line's status */
int bench_hot(bench_row_fn *row, void *state);     /* 1,000 people, 10 seats, 100 ms */
int bench_paper(bench_row_fn *row, void *state);   /* a mail with tickets beside cairo alone */
int bench_money(bench_row_fn *row, void *state);   /* by card, at a provider that takes 50 ms */
int bench_rush(bench_row_fn *row, void *state);    /* 100,000 people, 20,000 seats, one second */
/* The p99 of those 100,000 alone, at the next server. */
int bench_rush_p99(double *ret_ms);

#endif
