/* What the two files that read pedar texts share. */
#ifndef FORMATS_PEDAR_H
#define FORMATS_PEDAR_H

#include "text.h"

/* Total forces of one foot, from the .fgt beside a recording; by rising frame number. */
struct pedar_total {
    uint32_t number;
    double force_N;
};

struct pedar_totals {
    struct pedar_total *total; /* freed by whoever asked for them */
    size_t n;
};

/** A time as the number of its frame. Returns 0; -EINVAL with err. */
int pedar_number(const struct formats_text *text, const struct formats_line *line, double t_s, double rate_hz,
                 uint32_t *ret, struct gait_error *err);

/** Returns 0; -EINVAL with err; -ENOMEM. */
int pedar_totals_read(const struct formats_text *text, double rate_hz, bool both, bool right, struct pedar_totals *ret,
                      struct gait_error *err);

/** The total of a frame, or NaN. */
double pedar_total_of(const struct pedar_totals *totals, uint32_t number);

#endif
