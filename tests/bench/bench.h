/*
 * Speed as ratios measured in one run: each candidate and its yardstick take turns, round by round, so that whatever else the machine does
 * meets both. Reported, never a gate.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_ROUNDS_MAX = 201, BENCH_CONTESTANTS_MAX = 8 };

struct bench_contestant {
    const char *name;
    void (*work)(void *user); /* one unit of work; called often enough to fill a round */
    void *user;
};

/*
 * Run contestants in turns and print one JSON object a contestant: {"bench","case","name","unit_ns","rounds","ratio","against"}; unit_ns is the median over
 * rounds, ratio the median of the rounds' own ratios to the first contestant. `per` divides the time of one work() call (cells, frames).
 */
void bench_run(const char *bench, const char *which, const struct bench_contestant *contestants, size_t n, double per,
               unsigned rounds);

/* One number that is not a time. */
void bench_value(const char *bench, const char *which, const char *name, double value, const char *unit);

uint64_t bench_now_ns(void);
double bench_median(double *values, size_t n);
/* p in 0..1; sorts. */
double bench_quantile(double *values, size_t n, double p);

#endif
