#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double round_ns = 3e6; /* long against the clock, short against the noise */

uint64_t bench_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t n, double p)
{
    qsort(values, n, sizeof *values, by_value);
    return values[(size_t)(p * (double)(n - 1) + 0.5)];
}

double bench_median(double *values, size_t n)
{
    return bench_quantile(values, n, 0.5);
}

static unsigned calibrate(const struct bench_contestant *c)
{
    unsigned calls = 1;

    for (;;) {
        uint64_t from = bench_now_ns();

        for (unsigned i = 0; i < calls; i++)
            c->work(c->user);
        double took = (double)(bench_now_ns() - from);
        if (took >= round_ns || calls >= 1u << 24)
            return calls;
        calls = took < round_ns / 16 ? calls * 8 : calls * 2;
    }
}

static double one_round(const struct bench_contestant *c, unsigned calls)
{
    uint64_t from = bench_now_ns();

    for (unsigned i = 0; i < calls; i++)
        c->work(c->user);
    return (double)(bench_now_ns() - from) / calls;
}

void bench_run(const char *bench, const char *which, const struct bench_contestant *c, size_t n, double per,
               unsigned rounds)
{
    static double ns[BENCH_CONTESTANTS_MAX][BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
    unsigned calls[BENCH_CONTESTANTS_MAX];

    if (n > BENCH_CONTESTANTS_MAX || rounds > BENCH_ROUNDS_MAX)
        abort();
    for (size_t i = 0; i < n; i++)
        calls[i] = calibrate(&c[i]);
    for (unsigned r = 0; r < rounds; r++)
        for (size_t i = 0; i < n; i++)
            ns[i][r] = one_round(&c[i], calls[i]);
    for (size_t i = n; i-- > 0;) { /* the yardstick last: its median sorts it */
        for (unsigned r = 0; r < rounds; r++)
            ratio[r] = ns[i][r] / ns[0][r];
        double of = bench_median(ratio, rounds);
        printf("{\"bench\": \"%s\", \"case\": \"%s\", \"name\": \"%s\", \"unit_ns\": %.4g, \"ratio\": %.4g, "
               "\"against\": \"%s\", \"rounds\": %u}\n",
               bench, which, c[i].name, bench_median(ns[i], rounds) / per, of, c[0].name, rounds);
    }
    fflush(stdout);
}

void bench_value(const char *bench, const char *which, const char *name, double value, const char *unit)
{
    printf("{\"bench\": \"%s\", \"case\": \"%s\", \"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"}\n", bench, which,
           name, value, unit);
    fflush(stdout);
}
