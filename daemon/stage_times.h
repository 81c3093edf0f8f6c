/* How long a stage takes: last, largest, and quantiles from a histogram of 8 buckets an octave. One writer, any reader. */
#ifndef GAITD_STAGE_TIMES_H
#define GAITD_STAGE_TIMES_H

#include <stdatomic.h>
#include <stdint.h>

enum { STAGE_BUCKETS = 320 };

struct stage_times {
    _Atomic uint64_t count, last_ns, max_ns;
    _Atomic uint64_t bucket[STAGE_BUCKETS];
};

struct stage_summary {
    uint64_t count;
    double last_us, p50_us, p99_us, max_us; /* quantiles are upper ends of buckets: at most an eighth too large */
};

void stage_times_add(struct stage_times *t, uint64_t ns);
struct stage_summary stage_times_summary(const struct stage_times *t);

#endif
